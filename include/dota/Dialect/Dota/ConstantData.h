//===- ConstantData.h - elements of constants without copies ----*- C++ -*-===//
//
// Weights are large: their elements are read where they lie, in a dense attribute
// or in the blob of a resource.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_DIALECT_DOTA_CONSTANTDATA_H
#define DOTA_DIALECT_DOTA_CONSTANTDATA_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <optional>

namespace mlir::dota {

/// Elements of a constant in row-major order; a splat holds one for all.
template <typename T>
struct ConstantData {
  ArrayRef<T> stored;
  bool splat;

  T operator[](size_t index) const { return stored[splat ? 0 : index]; }
};

/// The elements of a dense or resource attribute whose element type is as wide as
/// T, a number. Nothing for another attribute, and for a resource whose blob is
/// missing or too short.
template <typename T>
std::optional<ConstantData<T>> getConstantData(Attribute attribute) {
  auto elements = dyn_cast_if_present<ElementsAttr>(attribute);
  if (!elements || !elements.getElementType().isIntOrFloat() ||
      elements.getElementType().getIntOrFloatBitWidth() != 8 * sizeof(T))
    return std::nullopt;
  auto cast = [](ArrayRef<char> bytes) {
    return ArrayRef<T>(reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T));
  };
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    return ConstantData<T>{cast(dense.getRawData()), dense.isSplat()};
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return std::nullopt;
    ArrayRef<T> values = cast(blob->getData());
    if (values.size() < static_cast<size_t>(elements.getNumElements()) ||
        reinterpret_cast<uintptr_t>(values.data()) % alignof(T) != 0)
      return std::nullopt;
    return ConstantData<T>{values.take_front(elements.getNumElements()), false};
  }
  return std::nullopt;
}

/// A constant of `type`, i32 or f32, with the given elements; a large one lies in a
/// resource.
ElementsAttr makeConstantData(RankedTensorType type, ArrayRef<int32_t> elements);
ElementsAttr makeConstantData(RankedTensorType type, ArrayRef<float> elements);

/// The stored integers of an f32 constant in the format of `type` (per tensor or
/// per column), by the rules of `dota.quantize`; a large result lies in a resource.
/// Null where the constant's elements are not at hand.
ElementsAttr quantizeConstant(ElementsAttr value, RankedTensorType type);

/// The f32 values of stored integers that have the format of `type`. Null likewise.
ElementsAttr dequantizeConstant(ElementsAttr stored, RankedTensorType type);

} // namespace mlir::dota

#endif // DOTA_DIALECT_DOTA_CONSTANTDATA_H
