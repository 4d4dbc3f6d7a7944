//===- Npy.h - arrays in NumPy's file format --------------------------------===//
//
// Format 1.0 to 3.0, little-endian, C order: f2, f4, f8, i4, i8, b1.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_NPY_H
#define DOTA_RUNTIME_NPY_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dota {

enum class NpyType : uint8_t { F16, F32, F64, I32, I64, Bool };

/// Bytes of an element.
uint64_t sizeOf(NpyType type);
/// As in the file's header: "<f4".
std::string_view descriptorOf(NpyType type);

/// An array: `bytes` holds the product of `shape` elements, row-major. A scalar has
/// an empty shape.
struct NpyArray {
  NpyType type = NpyType::F32;
  std::vector<uint64_t> shape;
  std::vector<uint8_t> bytes;

  uint64_t elements() const;
  /// "2x3xf4", for messages.
  std::string typeText() const;
  bool operator==(const NpyArray &) const = default;
};

/// `name` is what messages open with. Throws Error on anything but a whole, well
/// formed file; allocates no more than the file holds.
NpyArray readNpy(std::span<const uint8_t> file, std::string_view name);

std::vector<uint8_t> writeNpy(const NpyArray &array);

/// IEEE-754 binary16 by its bits, and back (half to even; NaN stays NaN).
float halfToFloat(uint16_t half);
uint16_t floatToHalf(float value);

} // namespace dota

#endif // DOTA_RUNTIME_NPY_H
