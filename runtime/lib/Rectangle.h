//===- Rectangle.h - addresses in rows of bytes -----------------------------===//
//
// What a transfer or an instruction names: rows of bytes, some bytes apart.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_RECTANGLE_H
#define DOTA_RUNTIME_RECTANGLE_H

#include <algorithm>
#include <cstdint>
#include <optional>

namespace dota {

/// Where `address` stands in rows of `rowBytes` bytes, `stride` apart from `base`
/// on: its row and its byte of the row.
struct Position {
  uint64_t row, byte;
};
inline std::optional<Position> positionOf(uint64_t address, uint64_t base, uint64_t rows,
                                          uint64_t rowBytes, uint64_t stride) {
  if (address < base || rows == 0)
    return std::nullopt;
  uint64_t offset = address - base;
  uint64_t row = stride ? std::min(offset / stride, rows - 1) : 0;
  uint64_t byte = offset - row * stride;
  if (byte >= rowBytes)
    return std::nullopt;
  return Position{row, byte};
}

/// Bytes from the first to the last.
inline uint64_t extent(uint64_t rows, uint64_t rowBytes, uint64_t stride) {
  return rows && rowBytes ? (rows - 1) * stride + rowBytes : 0;
}

} // namespace dota

#endif // DOTA_RUNTIME_RECTANGLE_H
