//===- OutlineLoops.cpp - a function for each loop nest of host code --------===//
//
// LLVM's passes take more than linear time in the size of a function, and the
// layers of a model are the same loops on other buffers. So each linalg op in
// memory becomes a function of its own, and equal functions become one. Does not
// fail; ops that are in such a function already are outlined once more, so run it
// once.
//
//===----------------------------------------------------------------------===//

#include "dota/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::dota {
#define GEN_PASS_DEF_OUTLINELOOPS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

struct OutlineLoops : mlir::dota::impl::OutlineLoopsBase<OutlineLoops> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<linalg::LinalgOp> loops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureBufferSemantics())
        loops.push_back(op);
    });
    for (linalg::LinalgOp op : loops)
      outline(op, symbols);
  }

  static void outline(linalg::LinalgOp op, SymbolTable &symbols) {
    SetVector<Value> captured(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    OpBuilder builder(op->getContext());
    SmallVector<Value> passed;
    SmallVector<Operation *> constants;
    for (Value value : captured) {
      if (matchPattern(value, m_Constant()))
        constants.push_back(value.getDefiningOp());
      else
        passed.push_back(value);
    }
    auto function = func::FuncOp::create(
        builder, op.getLoc(), "loops", builder.getFunctionType(ValueRange(passed).getTypes(), {}));
    function.setPrivate();
    // Inlined again it would be part of one large function.
    function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
    symbols.insert(function);

    builder.setInsertionPointToStart(function.addEntryBlock());
    IRMapping inside;
    inside.map(passed, function.getArguments());
    for (Operation *constant : constants)
      builder.clone(*constant, inside);
    builder.clone(*op, inside);
    func::ReturnOp::create(builder, op.getLoc());

    builder.setInsertionPoint(op);
    func::CallOp::create(builder, op.getLoc(), function, passed);
    op->erase();
  }
};

} // namespace
