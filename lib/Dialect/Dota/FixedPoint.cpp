//===- FixedPoint.cpp - fixed-point element types ---------------------------===//

#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Numerics.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::dota;

int mlir::dota::getBits(Precision precision) {
  switch (precision) {
  case Precision::FX16:
    return 16;
  case Precision::FX8:
    return 8;
  case Precision::FX4:
  case Precision::INT4:
    return 4;
  case Precision::INT2:
    return 2;
  }
  llvm_unreachable("unknown precision");
}

Precision mlir::dota::getPrecision(int bits) {
  switch (bits) {
  case 8:
    return Precision::FX8;
  case 4:
    return Precision::INT4;
  case 2:
    return Precision::INT2;
  default:
    return Precision::FX16;
  }
}

/// The exponent of a power-of-two scale.
static std::optional<int> exponentOf(double scale) {
  int exponent;
  if (std::frexp(scale, &exponent) != 0.5)
    return std::nullopt;
  return 1 - exponent;
}

/// Signed storage of 2, 4, 8, 16 or 32 bits with a symmetric range, meaning f32.
static bool hasFixedPointStorage(quant::QuantizedType type) {
  int bits = type.getStorageTypeIntegralWidth();
  return llvm::is_contained({2, 4, 8, 16, 32}, bits) && type.isSigned() &&
         type.getStorageTypeMax() == ::dota::maxStored(bits) &&
         type.getStorageTypeMin() == -::dota::maxStored(bits) && type.getExpressedType().isF32();
}

std::optional<FixedPoint> mlir::dota::getFixedPoint(Type elementType) {
  auto type = dyn_cast<quant::UniformQuantizedType>(elementType);
  if (!type || type.getZeroPoint() != 0 || !hasFixedPointStorage(type))
    return std::nullopt;
  std::optional<int> exponent = exponentOf(type.getScale());
  if (!exponent)
    return std::nullopt;
  int bits = type.getStorageTypeIntegralWidth();
  return FixedPoint{*exponent, bits};
}

std::optional<PerColumnFixedPoint> mlir::dota::getPerColumnFixedPoint(Type elementType) {
  auto type = dyn_cast<quant::UniformQuantizedPerAxisType>(elementType);
  if (!type || !hasFixedPointStorage(type) ||
      llvm::any_of(type.getZeroPoints(), [](int64_t zero) { return zero != 0; }))
    return std::nullopt;
  int bits = type.getStorageTypeIntegralWidth();
  PerColumnFixedPoint result{type.getQuantizedDimension(), bits, {}};
  for (double scale : type.getScales()) {
    std::optional<int> exponent = exponentOf(scale);
    if (!exponent)
      return std::nullopt;
    result.exponents.push_back(*exponent);
  }
  return result;
}

int mlir::dota::getStoredBits(Type elementType) {
  if (auto fixed = getFixedPoint(elementType))
    return fixed->bits;
  if (auto fixed = getPerColumnFixedPoint(elementType))
    return fixed->bits;
  return 0;
}

Exponents::Exponents(Type elementType) {
  if (auto fixed = getFixedPoint(elementType))
    values.push_back(fixed->exponent);
  else
    values = getPerColumnFixedPoint(elementType)->exponents;
  if (llvm::all_equal(values))
    values.truncate(1);
}

Type mlir::dota::getFixedPointType(MLIRContext *context, int bits, int exponent) {
  int64_t max = ::dota::maxStored(bits);
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, bits), Float32Type::get(context),
      std::ldexp(1.0, -exponent), /*zeroPoint=*/0, -max, max);
}

Type mlir::dota::getFixedPointType(MLIRContext *context, Precision precision, int exponent) {
  return getFixedPointType(context, getBits(precision), exponent);
}

Type mlir::dota::getPerColumnFixedPointType(MLIRContext *context, int bits, int dimension,
                                            ArrayRef<int> exponents) {
  int64_t max = ::dota::maxStored(bits);
  SmallVector<double> scales;
  for (int exponent : exponents)
    scales.push_back(std::ldexp(1.0, -exponent));
  SmallVector<int64_t> zeros(exponents.size(), 0);
  return quant::UniformQuantizedPerAxisType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, bits), Float32Type::get(context),
      scales, zeros, dimension, -max, max);
}

int mlir::dota::chooseExponent(double range, int bits) {
  if (range == 0)
    return bits - 1;
  double max = static_cast<double>(::dota::maxStored(bits));
  int exponent = std::ilogb(max / range);
  return std::clamp(exponent, kMinExponent, kMaxExponent);
}

RankedTensorType mlir::dota::getStorageType(RankedTensorType fixedPoint) {
  int bits = std::max(8, getStoredBits(fixedPoint.getElementType()));
  return RankedTensorType::get(fixedPoint.getShape(),
                               IntegerType::get(fixedPoint.getContext(), bits));
}
