//===- Equalize.cpp - even out what products read with few bits -------------===//
//
// Fails on an operand precision that it does not know. Idempotent: what was evened out is read by
// products alone, and so has few bits from the start.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Passes.h"
#include "dota/Transforms/Observations.h"
#include "dota/Transforms/Precisions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include <algorithm>
#include <cmath>

namespace mlir::dota {
#define GEN_PASS_DEF_EQUALIZE
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

/// Features are scaled by 2^-7 to 2^7, which 16 bits hold side by side.
constexpr int kMostPlaces = 7;

std::optional<ConstantData<float>> weightOf(LinearOp op) {
  ElementsAttr weight;
  if (!matchPattern(op.getWeight(), m_Constant(&weight)))
    return std::nullopt;
  return getConstantData<float>(weight);
}

Value f32Constant(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape,
                  ArrayRef<float> values) {
  return arith::ConstantOp::create(
      builder, loc,
      cast<TypedAttr>(
          makeConstantData(RankedTensorType::get(shape, builder.getF32Type()), values)));
}

/// By how many places each feature of what `readers` read is scaled down.
std::optional<SmallVector<int>> placesOf(ArrayRef<LinearOp> readers) {
  DenseF32ArrayAttr ranges;
  for (LinearOp reader : readers)
    if (auto noted = reader->getAttrOfType<DenseF32ArrayAttr>(kFeatureRangesAttrName))
      ranges = noted;
  if (!ranges)
    return std::nullopt;
  const int64_t features = ranges.size();
  std::vector<float> weights(features, 0.0f);
  for (LinearOp reader : readers) {
    std::optional<ConstantData<float>> data = weightOf(reader);
    const int64_t columns = cast<RankedTensorType>(reader.getWeight().getType()).getDimSize(1);
    for (int64_t feature = 0; feature < features; ++feature)
      for (int64_t column = 0; column < columns; ++column)
        weights[feature] =
            std::max(weights[feature], std::fabs((*data)[feature * columns + column]));
  }
  // Half of what a feature is larger goes to its weights.
  auto isKnown = [&](int64_t feature) {
    return ranges[feature] > 0 && weights[feature] > 0 && std::isfinite(weights[feature]);
  };
  SmallVector<int> places(features, 0), known;
  for (int64_t feature = 0; feature < features; ++feature)
    if (isKnown(feature)) {
      places[feature] = static_cast<int>(
          std::lround((std::log2(ranges[feature]) - std::log2(weights[feature])) / 2));
      known.push_back(places[feature]);
    }
  if (known.empty())
    return std::nullopt;
  std::nth_element(known.begin(), known.begin() + known.size() / 2, known.end());
  const int median = known[known.size() / 2];
  for (int64_t feature = 0; feature < features; ++feature)
    if (isKnown(feature))
      places[feature] = std::clamp(places[feature] - median, -kMostPlaces, kMostPlaces);
  if (llvm::all_of(places, [](int place) { return place == 0; }))
    return std::nullopt;
  return places;
}

struct Equalize : mlir::dota::impl::EqualizeBase<Equalize> {
  using EqualizeBase::EqualizeBase;

  void runOnOperation() final {
    std::string error;
    std::optional<PrecisionOptions> chosen =
        parsePrecisions({"fx16", operandPrecision.getValue(), /*weights=*/"fx16"}, error);
    if (!chosen) {
      getOperation().emitError() << error;
      return signalPassFailure();
    }
    const Precisions precisions(getOperation(), *chosen);
    llvm::MapVector<Value, SmallVector<LinearOp>> readers;
    getOperation().walk([&](LinearOp op) {
      Operation *producer = op.getX().getDefiningOp();
      // Only what has to be narrowed anyway: then scaling costs nothing more.
      if (producer && isa<WorkOpInterface>(producer) && weightOf(op) &&
          getBits(precisions.ofOperand(op.getXMutable())) < getBits(precisions.ofResult(op.getX())))
        readers[op.getX()].push_back(op);
    });
    for (auto &[x, linears] : readers)
      if (std::optional<SmallVector<int>> places = placesOf(linears))
        scale(x, linears, *places);
    getOperation().walk([](LinearOp op) { op->removeAttr(kFeatureRangesAttrName); });
  }

  /// x / s in the place of x, and s W in that of W.
  static void scale(Value x, ArrayRef<LinearOp> linears, ArrayRef<int> places) {
    OpBuilder builder(x.getContext());
    builder.setInsertionPointAfterValue(x);
    const auto features = static_cast<int64_t>(places.size());
    std::vector<float> factors;
    for (int place : places)
      factors.push_back(std::ldexp(1.0f, -place));
    Value row = f32Constant(builder, x.getLoc(), {features}, factors);
    Value scaled = MulOp::create(builder, x.getLoc(), x.getType(), x, row);
    for (LinearOp linear : linears) {
      auto type = cast<RankedTensorType>(linear.getWeight().getType());
      std::optional<ConstantData<float>> data = weightOf(linear);
      std::vector<float> weights(type.getNumElements());
      for (size_t i = 0; i < weights.size(); ++i)
        weights[i] = std::ldexp((*data)[i], places[i / type.getDimSize(1)]);
      builder.setInsertionPoint(linear);
      linear.getXMutable().assign(scaled);
      linear.getWeightMutable().assign(
          f32Constant(builder, linear.getLoc(), type.getShape(), weights));
      // Of what it read before.
      linear->removeAttr(DotaDialect::kOperandRangesAttrName);
    }
  }
};

} // namespace
