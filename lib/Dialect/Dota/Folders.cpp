//===- Folders.cpp - folding and canonicalisation of dota ops ---------------===//
//
// What folds keeps fixed-point results to the bit. In f32 a zero that is added may
// turn the sign of a zero.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::dota;

Operation *DotaDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                            Location loc) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (tensor && getStoredBits(tensor.getElementType()))
    return ConstantOp::create(builder, loc, type, cast<ElementsAttr>(value));
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

//===----------------------------------------------------------------------===//
// Between float and fixed point
//===----------------------------------------------------------------------===//

OpFoldResult QuantizeOp::fold(FoldAdaptor adaptor) {
  // The other way round loses what the format cannot hold.
  if (auto source = getX().getDefiningOp<DequantizeOp>())
    if (source.getX().getType() == getType())
      return source.getX();
  if (auto value = dyn_cast_if_present<ElementsAttr>(adaptor.getX()))
    return quantizeConstant(value, cast<RankedTensorType>(getType()));
  return {};
}

OpFoldResult DequantizeOp::fold(FoldAdaptor adaptor) {
  if (auto stored = dyn_cast_if_present<ElementsAttr>(adaptor.getX()))
    return dequantizeConstant(stored, cast<RankedTensorType>(getX().getType()));
  return {};
}

//===----------------------------------------------------------------------===//
// Neutral elements
//===----------------------------------------------------------------------===//

/// Is every element of the constant, whose tensor type is `type`, that number?
static bool isAll(Attribute constant, Type type, float number) {
  Type element = cast<RankedTensorType>(type).getElementType();
  auto all = [&](auto data, auto stored) {
    return data && llvm::all_of(data->stored, [&](auto value) { return value == stored; });
  };
  if (element.isF32())
    return all(getConstantData<float>(constant), number);
  std::optional<FixedPoint> format = getFixedPoint(element);
  if (!format)
    return false;
  double stored = std::ldexp(static_cast<double>(number), format->exponent);
  if (format->bits == 32)
    return all(getConstantData<int32_t>(constant), stored);
  if (format->bits == 16)
    return all(getConstantData<int16_t>(constant), stored);
  return all(getConstantData<int8_t>(constant), stored);
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType() && isAll(adaptor.getY(), getY().getType(), 0.0f))
    return getX();
  if (getY().getType() == getType() && isAll(adaptor.getX(), getX().getType(), 0.0f))
    return getY();
  return {};
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType() && isAll(adaptor.getY(), getY().getType(), 1.0f))
    return getX();
  if (getY().getType() == getType() && isAll(adaptor.getX(), getX().getType(), 1.0f))
    return getY();
  return {};
}

//===----------------------------------------------------------------------===//
// Linear
//===----------------------------------------------------------------------===//

namespace {

struct DropZeroBias : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op, PatternRewriter &rewriter) const final {
    Attribute bias;
    if (!op.getBias() || !matchPattern(op.getBias(), m_Constant(&bias)) ||
        !isAll(bias, op.getBias().getType(), 0.0f))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getBiasMutable().clear();
      auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName);
      if (ranges && ranges.size() == 3)
        op->setAttr(DotaDialect::kOperandRangesAttrName,
                    rewriter.getDenseF32ArrayAttr(ranges.asArrayRef().drop_back()));
    });
    return success();
  }
};

} // namespace

void LinearOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropZeroBias>(context);
}
