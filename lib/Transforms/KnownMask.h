//===- KnownMask.h - masks that passes work on ------------------*- C++ -*-===//
//
// A `dota.constant_mask` read into plain memory, and made again.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_LIB_TRANSFORMS_KNOWNMASK_H
#define DOTA_LIB_TRANSFORMS_KNOWNMASK_H

#include "dota/Dialect/Dota/Dota.h"
#include <span>
#include <vector>

namespace mlir::dota {

/// Row-major, as the op has them. Empty where the op has none.
struct KnownMask {
  int64_t heads, rows, keys, keep;
  std::vector<uint32_t> ids;     ///< heads x rows x keep
  std::vector<float> scores;     ///< heads x rows x keep
  std::vector<int32_t> grouping; ///< heads x rows

  explicit KnownMask(ConstantMaskOp op);

  std::span<const uint32_t> idsOf(int64_t head) const {
    return std::span(ids).subspan(head * rows * keep, rows * keep);
  }
  /// The row of a head that stands `place`-th where groups are formed.
  int64_t rowAt(int64_t head, int64_t place) const {
    return grouping.empty() ? place : grouping[head * rows + place];
  }
  /// Keys that a row keeps.
  int64_t lengthOf(int64_t head, int64_t row) const;
  /// (row, key) pairs of all heads.
  int64_t pairs() const;

  /// Writes ids, scores and grouping to the op, whose order is gone with that.
  void writeTo(ConstantMaskOp op) const;
};

} // namespace mlir::dota

#endif // DOTA_LIB_TRANSFORMS_KNOWNMASK_H
