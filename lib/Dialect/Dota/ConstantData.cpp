//===- ConstantData.cpp - constants between f32 and fixed point -------------===//

#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Numerics.h"

using namespace mlir;
using namespace mlir::dota;

/// Constants of more elements than this lie in resources, which are neither
/// compared nor hashed.
static constexpr int64_t kLargestAttribute = 4096;

/// A constant of `type` whose element i is `element(i)`; a splat has element 0.
template <typename T, typename F>
static ElementsAttr makeConstant(RankedTensorType type, bool splat, F element) {
  int64_t count = type.getNumElements();
  auto fill = [&](MutableArrayRef<T> values) {
    for (auto [index, value] : llvm::enumerate(values))
      value = element(index);
  };
  if (splat || count <= kLargestAttribute) {
    SmallVector<T> values(splat ? 1 : count);
    fill(values);
    return DenseElementsAttr::get(type, ArrayRef<T>(values));
  }
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(count * sizeof(T), alignof(int64_t));
  fill({reinterpret_cast<T *>(blob.getMutableData().data()), static_cast<size_t>(count)});
  return DenseResourceElementsAttr::get(type, "weight", std::move(blob));
}

namespace {

/// The exponent of each element of a fixed-point tensor, whose quantised dimension is
/// the last one.
struct ElementExponents {
  Exponents columns;

  explicit ElementExponents(Type element) : columns(element) {}
  bool isOne() const { return columns.isOne(); }
  int operator[](size_t index) const {
    return columns[static_cast<int64_t>(index) % columns.size()];
  }
};

} // namespace

ElementsAttr mlir::dota::makeConstantData(RankedTensorType type, ArrayRef<int32_t> elements) {
  return makeConstant<int32_t>(type, false, [&](size_t index) { return elements[index]; });
}
ElementsAttr mlir::dota::makeConstantData(RankedTensorType type, ArrayRef<float> elements) {
  return makeConstant<float>(type, false, [&](size_t index) { return elements[index]; });
}

ElementsAttr mlir::dota::quantizeConstant(ElementsAttr value, RankedTensorType type) {
  auto data = getConstantData<float>(value);
  if (!data)
    return {};
  ElementExponents exponents(type.getElementType());
  int bits = getStoredBits(type.getElementType());
  bool splat = data->splat && exponents.isOne();
  ::dota::HostArithmetic host;
  ::dota::Numerics<::dota::HostArithmetic> rules{host};
  auto round = [&](size_t index) { return rules.quantize((*data)[index], exponents[index], bits); };
  RankedTensorType storage = getStorageType(type);
  if (bits == 32)
    return makeConstant<int32_t>(storage, splat, round);
  if (bits == 16)
    return makeConstant<int16_t>(storage, splat, round);
  return makeConstant<int8_t>(storage, splat, round);
}

template <typename T>
static ElementsAttr dequantizeAs(ElementsAttr stored, RankedTensorType type) {
  auto data = getConstantData<T>(stored);
  if (!data)
    return {};
  ElementExponents exponents(type.getElementType());
  ::dota::HostArithmetic host;
  ::dota::Numerics<::dota::HostArithmetic> rules{host};
  bool splat = data->splat && exponents.isOne();
  return makeConstant<float>(
      RankedTensorType::get(type.getShape(), Float32Type::get(type.getContext())), splat,
      [&](size_t index) { return rules.dequantize((*data)[index], exponents[index]); });
}

ElementsAttr mlir::dota::dequantizeConstant(ElementsAttr stored, RankedTensorType type) {
  int bits = getStoredBits(type.getElementType());
  if (bits == 32)
    return dequantizeAs<int32_t>(stored, type);
  if (bits == 16)
    return dequantizeAs<int16_t>(stored, type);
  return dequantizeAs<int8_t>(stored, type);
}
