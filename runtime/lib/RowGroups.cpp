//===- RowGroups.cpp - which rows share their loads -------------------------===//
//
// What a group costs follows from how many keys each set of its rows has in common,
// which is a few ANDs of bits: cheap enough to look at any group that is tried.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/RowGroups.h"
#include "dota/runtime/Error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <fmt/format.h>
#include <numeric>
#include <type_traits>

using namespace dota;

KeyBits::KeyBits(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys)
    : words_((keys + 63) / 64), bits_(rows * words_) {
  if (ids.size() != rows * keep)
    throw Error(fmt::format("{} ids for {} rows of {}", ids.size(), rows, keep));
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint32_t key = ids[i];
    if (key == kNoKey)
      continue;
    if (key >= keys)
      throw Error(fmt::format("row {} keeps key {}; there are {} keys", i / keep, key, keys));
    bits_[i / keep * words_ + key / 64] |= uint64_t{1} << (key % 64);
  }
}

OrderWork dota::workOf(const KeyBits &bits, std::span<const uint32_t> rows) {
  if (rows.empty() || rows.size() > 4)
    throw Error(fmt::format("a group has {} rows; 1 to 4 are counted by their bits", rows.size()));
  // Keys that all rows of a set keep, for each set; then that just these rows keep.
  std::array<int64_t, 16> common{};
  std::array<const uint64_t *, 4> at{};
  const size_t words = bits.row(rows[0]).size();
  for (size_t r = 0; r < rows.size(); ++r)
    at[r] = bits.row(rows[r]).data();
  auto count = [&](auto fewer) {
    for (size_t w = 0; w < words; ++w) {
      std::array<uint64_t, 16> both;
      both[0] = ~uint64_t{0};
      for (unsigned set = 1; set < 1u << fewer; ++set) {
        both[set] = both[set & (set - 1)] & at[std::countr_zero(set)][w];
        common[set] += std::popcount(both[set]);
      }
    }
  };
  switch (rows.size()) {
  case 1:
    count(std::integral_constant<unsigned, 1>());
    break;
  case 2:
    count(std::integral_constant<unsigned, 2>());
    break;
  case 3:
    count(std::integral_constant<unsigned, 3>());
    break;
  default:
    count(std::integral_constant<unsigned, 4>());
  }
  OrderWork work{.groups = 1};
  for (unsigned r = 0; r < 4; ++r) {
    work.steps = std::max(work.steps, static_cast<uint64_t>(common[1u << r]));
    work.kept += static_cast<uint64_t>(common[1u << r]);
  }
  for (unsigned bit = 1; bit < 16; bit *= 2)
    for (unsigned set = 1; set < 16; ++set)
      if (!(set & bit))
        common[set] -= common[set | bit];
  // See KeyOrder::planOptimum.
  int64_t distinct = 0, excess = common[15] - static_cast<int64_t>(work.steps), imbalance = 0;
  for (unsigned set = 1; set < 16; ++set)
    distinct += common[set];
  for (unsigned triple : {7, 11, 13, 14})
    excess += common[triple];
  for (unsigned pair : {3, 5, 6}) {
    excess += std::max(common[pair], common[15 & ~pair]);
    imbalance += std::abs(common[pair] - common[15 & ~pair]);
  }
  excess = std::max<int64_t>(excess, 0);
  work.loads = static_cast<uint64_t>(distinct + excess + std::max<int64_t>(excess - imbalance, 0));
  return work;
}

namespace {
/// Groups that begin with the first row that is left and take the row that shares
/// most keys with them; the first of several.
std::vector<uint32_t> gather(const KeyBits &bits, size_t first, size_t count, unsigned group) {
  std::vector<uint32_t> left(count), order;
  std::iota(left.begin(), left.end(), static_cast<uint32_t>(first));
  order.reserve(count);
  std::vector<uint64_t> keys;
  while (!left.empty()) {
    keys.assign(bits.row(left[0]).begin(), bits.row(left[0]).end());
    order.push_back(left[0]);
    left.erase(left.begin());
    for (unsigned member = 1; member < group && !left.empty(); ++member) {
      size_t best = 0;
      int most = -1;
      for (size_t i = 0; i < left.size(); ++i) {
        const std::span<const uint64_t> row = bits.row(left[i]);
        int shared = 0;
        for (size_t w = 0; w < row.size(); ++w)
          shared += std::popcount(row[w] & keys[w]);
        if (shared > most) {
          most = shared;
          best = i;
        }
      }
      const std::span<const uint64_t> row = bits.row(left[best]);
      for (size_t w = 0; w < row.size(); ++w)
        keys[w] |= row[w];
      order.push_back(left[best]);
      left.erase(left.begin() + static_cast<ptrdiff_t>(best));
    }
  }
  return order;
}
} // namespace

RowGroups dota::groupRows(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys,
                          unsigned group, size_t tile) {
  KeyOrder scheduler;
  scheduler.order(ids, rows, keep, keys, group); // looks whether the ids are of their form
  const KeyBits bits(ids, rows, keep, keys);
  RowGroups result;
  tile = tile ? (tile + group - 1) / group * group : std::max<size_t>(rows, 1);

  std::vector<uint32_t> tileIds;
  auto work = [&](std::span<const uint32_t> order) {
    OrderWork sum;
    if (group <= 4) {
      for (size_t i = 0; i < order.size(); i += group)
        sum += workOf(bits, order.subspan(i, std::min<size_t>(group, order.size() - i)));
      return sum;
    }
    tileIds.clear();
    for (uint32_t row : order)
      tileIds.insert(tileIds.end(), ids.begin() + row * keep, ids.begin() + (row + 1) * keep);
    return scheduler.order(tileIds, order.size(), keep, keys, group);
  };
  for (size_t first = 0; first < rows; first += tile) {
    const size_t count = std::min(tile, rows - first);
    std::vector<uint32_t> natural(count);
    std::iota(natural.begin(), natural.end(), static_cast<uint32_t>(first));
    std::vector<uint32_t> gathered = gather(bits, first, count, group);
    const OrderWork before = work(natural), after = work(gathered);
    const bool better = after.loads < before.loads && after.steps <= before.steps;
    result.before += before;
    result.after += better ? after : before;
    const std::vector<uint32_t> &chosen = better ? gathered : natural;
    result.order.insert(result.order.end(), chosen.begin(), chosen.end());
  }
  return result;
}
