//===- LiveRows.cpp - linears whose rows a mask may leave out ---------------===//

#include "LiveRows.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::dota;

bool mlir::dota::worksByRows(Operation *op, int64_t width) {
  if (auto rotate = dyn_cast<RotateOp>(op))
    return width % (2 * static_cast<int64_t>(rotate.getDistance())) == 0;
  return isa<ActivationOp, AddOp, MulOp>(op);
}

static void find(Value value, int64_t width, llvm::SetVector<LinearOp> &found) {
  Operation *def = value.getDefiningOp();
  if (auto linear = dyn_cast_if_present<LinearOp>(def)) {
    found.insert(linear);
    return;
  }
  if (!def || !worksByRows(def, width))
    return;
  // Not a row for all rows.
  auto shapeOf = [](Value x) { return cast<RankedTensorType>(x.getType()).getShape(); };
  for (Value operand : def->getOperands())
    if (shapeOf(operand) == shapeOf(value))
      find(operand, width, found);
}

SmallVector<LinearOp> mlir::dota::linearsOf(Value value, int64_t width) {
  llvm::SetVector<LinearOp> found;
  find(value, width, found);
  return found.takeVector();
}
