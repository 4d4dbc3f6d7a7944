//===- RowGroups.h - which rows share their loads ---------------------------===//
//
// Rows that want the same keys had best run in one group. Where the order of the
// rows of a mask is free, this finds a better one: within tiles, so that rows
// move little, and never one that costs more.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_ROWGROUPS_H
#define DOTA_RUNTIME_ROWGROUPS_H

#include "dota/runtime/KeyOrder.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dota {

/// The keys of rows as bits.
class KeyBits {
public:
  /// `ids` holds rows x keep ids below `keys`, the rest of a row kNoKey. Throws Error
  /// where one is not below `keys`.
  KeyBits(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys);

  size_t rows() const { return words_ ? bits_.size() / words_ : 0; }
  std::span<const uint64_t> row(size_t r) const {
    return std::span(bits_).subspan(r * words_, words_);
  }

private:
  size_t words_;
  std::vector<uint64_t> bits_;
};

/// What KeyOrder's best rule makes of a group of these rows (at most four), from
/// nothing but the numbers of keys that the sets of rows have in common.
OrderWork workOf(const KeyBits &bits, std::span<const uint32_t> rows);

struct RowGroups {
  /// Row `order[i]` of the mask comes `i`th; groups are taken of these.
  std::vector<uint32_t> order;
  /// Of the mask as it is, and of this order.
  OrderWork before, after;
};

/// Orders rows so that groups of `group` (1 to 8) take fewer loads. Every tile of
/// `tile` rows (rounded up to whole groups; 0: all rows) is ordered by itself: a
/// group begins with the first row that is left and takes, one after the other, the
/// row that shares most keys with the group so far. A tile whose loads that does
/// not lessen, or whose steps it adds to, stays as it is.
///
/// `ids` are as KeyOrder::order takes them; throws Error as it does.
RowGroups groupRows(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys,
                    unsigned group, size_t tile = 64);

} // namespace dota

#endif // DOTA_RUNTIME_ROWGROUPS_H
