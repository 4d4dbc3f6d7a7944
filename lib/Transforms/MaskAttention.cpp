//===- MaskAttention.cpp - attention over a mask's keys ---------------------===//

#include "MaskAttention.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;

SmallVector<AttentionOp> mlir::dota::floatAttentions(ModuleOp module) {
  SmallVector<AttentionOp> result;
  module.walk([&](AttentionOp op) {
    if (cast<RankedTensorType>(op.getQ().getType()).getElementType().isF32())
      result.push_back(op);
  });
  return result;
}

int64_t mlir::dota::keptKeys(double retain, int64_t keys) {
  // The small difference keeps 0.1 of 50 keys from being 6.
  return std::max<int64_t>(1, std::ceil(retain * static_cast<double>(keys) - 1e-9));
}

/// Rows of a matrix, or of each matrix of a batch.
static int64_t matrixRows(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().drop_back().back();
}
int64_t mlir::dota::rowsOf(AttentionOp op) { return matrixRows(op.getQ()); }
int64_t mlir::dota::keysOf(AttentionOp op) { return matrixRows(op.getK()); }

MaskType mlir::dota::maskTypeOf(AttentionOp op, int64_t heads, int64_t keep) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(op.getQ().getType()).getShape().drop_back(2));
  shape.append({heads, rowsOf(op), keysOf(op)});
  return MaskType::get(op.getContext(), shape, keep);
}

bool mlir::dota::namesFile(StringRef text) { return text.find_first_of("./") != StringRef::npos; }

MaskedAttentionOp mlir::dota::maskAttention(AttentionOp op, Value mask) {
  OpBuilder builder(op);
  auto sparse = MaskedAttentionOp::create(builder, op.getLoc(), op.getResult().getType(), op.getQ(),
                                          op.getK(), op.getV(), mask, op.getBias(), op.getHeads(),
                                          op.getKvHeads(), op.getScale(), op.getCausal());
  for (StringRef name : {DotaDialect::kRangeAttrName, DotaDialect::kPrecisionAttrName,
                         DotaDialect::kOperandPrecisionAttrName, DotaDialect::kNumberAttrName})
    if (Attribute attribute = op->getAttr(name))
      sparse->setAttr(name, attribute);
  if (auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName)) {
    SmallVector<float> withMask(ranges.asArrayRef());
    withMask.insert(withMask.begin() + 3, 0.0f);
    sparse->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(withMask));
  }
  op.replaceAllUsesWith(sparse.getResult());
  return sparse;
}
