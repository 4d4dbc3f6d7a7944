//===- MaskAttention.cpp - attention over a mask's keys ---------------------===//

#include "MaskAttention.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::dota;

MaskedAttentionOp mlir::dota::maskAttention(AttentionOp op, Value mask) {
  OpBuilder builder(op);
  auto sparse = MaskedAttentionOp::create(builder, op.getLoc(), op.getResult().getType(), op.getQ(),
                                          op.getK(), op.getV(), mask, op.getBias(), op.getHeads(),
                                          op.getKvHeads(), op.getScale(), op.getCausal());
  if (Attribute range = op->getAttr(DotaDialect::kRangeAttrName))
    sparse->setAttr(DotaDialect::kRangeAttrName, range);
  if (auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName)) {
    SmallVector<float> withMask(ranges.asArrayRef());
    withMask.insert(withMask.begin() + 3, 0.0f);
    sparse->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(withMask));
  }
  op.replaceAllUsesWith(sparse.getResult());
  return sparse;
}
