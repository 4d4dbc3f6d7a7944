//===- OrderBound.cpp - loads that no order of keys can go below ------------===//
//
// How often each partition of the rows serves as a step, and how many keys of each
// pattern are split in which two, are the numbers of a schedule; with fractions
// allowed, the fewest splits are a linear program. For each pattern P of h[P] keys
//
//   steps with P in their partition + splits of P - splits that make P = h[P]
//
// and the steps come to the longest row. By duality prices u of the patterns with
//
//   u[P] <= 1 + u[A] + u[B] for every split of P in A and B
//
// prove that there are at least sum h[P] u[P] - steps * z splits, z being the
// dearest partition. Good prices come from the simplex method, which makes its
// columns as it needs them: the dearest partition by dynamic programming over sets
// of rows, the best split by looking at all. The prices are made to fit exactly
// before anything is concluded from them, so rounding costs no more than tightness.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/KeyOrder.h"

#include <algorithm>
#include <bit>
#include <cmath>

using namespace dota;

namespace {
constexpr uint32_t kPatterns = 1 << kMaxGroup;

class SplitBound {
public:
  /// `counts` has how many keys of each pattern of `rows` rows there are; each row
  /// has as many keys as there are steps.
  SplitBound(const uint32_t *counts, unsigned rows, uint32_t steps)
      : counts_(counts), all_((1u << rows) - 1), steps_(steps) {
    // The sums over the rows' patterns all say how many steps there are, so of the
    // single rows one is enough.
    size_ = 0;
    for (uint32_t p = 1; p <= all_; ++p)
      if (p == 1 || std::popcount(p) > 1)
        place_[p] = size_++;
      else
        place_[p] = kNoKey;
  }

  /// Splits that there must be, at most `enough`.
  double splits(uint32_t enough) {
    begin();
    double best = 0;
    for (unsigned round = 0; round < 20000; ++round) {
      Column column;
      const bool more = enter(column);
      if (round % 64 == 0 || !more)
        best = std::max(best, proven());
      if (!more || best > enough - 1 + kTiny || !pivot(column))
        break;
    }
    return best;
  }

private:
  static constexpr double kTiny = 1e-7;
  struct Column {
    uint32_t patterns[kMaxGroup];
    double signs[kMaxGroup];
    unsigned entries = 0;
    double cost = 0;
    void add(uint32_t pattern, double sign) {
      patterns[entries] = pattern;
      signs[entries++] = sign;
    }
  };

  double *inverse(uint32_t row) { return inverse_.data() + size_t{row} * size_; }

  /// Every key is split into single rows, the lowest first.
  void begin() {
    inverse_.assign(size_t{size_} * size_, 0);
    values_.assign(size_, 0);
    // Column P of the inverse says what one key more of pattern P changes: it, its
    // rest, the rest of that, ... are split once more. Single rows cost nothing.
    for (uint32_t p = 1; p <= all_; ++p)
      if (place_[p] != kNoKey) {
        uint32_t left = p;
        for (; std::popcount(left) > 1; left &= left - 1)
          inverse(place_[left])[place_[p]] = 1;
        if (p & 1)
          inverse(place_[1])[place_[p]] = 1;
        prices_[p] = std::popcount(p) - 1;
      } else {
        prices_[p] = 0;
      }
    // As if there were a trace more of everything, no two ways to leave tie.
    uint64_t state = 1;
    for (uint32_t row = 0; row < size_; ++row) {
      double value = 0;
      for (uint32_t p = 1; p <= all_; ++p)
        if (place_[p] != kNoKey)
          value += inverse(row)[place_[p]] * counts_[p];
      state = state * 6364136223846793005 + 1442695040888963407;
      values_[row] = value + 1e-4 * (1 + static_cast<double>(state >> 40) / (1 << 24));
    }
  }

  /// The dearest partition of all rows, at these prices.
  double dearest(const double *prices, uint32_t *parts) const {
    double sums[kPatterns];
    sums[0] = 0;
    for (uint32_t set = 1; set <= all_; ++set) {
      const uint32_t lowest = set & (0 - set), rest = set & ~lowest;
      double best = -INFINITY;
      for (uint32_t more = rest;; more = (more - 1) & rest) {
        const double sum = prices[lowest | more] + sums[rest & ~more];
        if (sum > best) {
          best = sum;
          parts[set] = lowest | more;
        }
        if (!more)
          break;
      }
      sums[set] = best;
    }
    return sums[all_];
  }

  /// The column that gains most; false where none gains.
  bool enter(Column &column) const {
    uint32_t parts[kPatterns];
    const double partition = dearest(prices_, parts);
    double most = kTiny;
    uint32_t whole = 0, part = 0;
    for (uint32_t p = 3; p <= all_; ++p) {
      const uint32_t lowest = p & (0 - p), rest = p & ~lowest;
      for (uint32_t others = rest; others; others = (others - 1) & rest)
        if (const double gain = prices_[p] - prices_[others] - prices_[p & ~others] - 1;
            gain > most) {
          most = gain;
          whole = p;
          part = others;
        }
    }
    if (partition > most) {
      for (uint32_t set = all_; set; set &= ~parts[set])
        column.add(parts[set], 1);
    } else if (whole) {
      column.add(whole, 1);
      column.add(part, -1);
      column.add(whole & ~part, -1);
      column.cost = 1;
    } else {
      return false;
    }
    return true;
  }

  bool pivot(const Column &column) {
    double gain = -column.cost;
    change_.assign(size_, 0);
    for (unsigned e = 0; e < column.entries; ++e) {
      gain += column.signs[e] * prices_[column.patterns[e]];
      if (const uint32_t at = place_[column.patterns[e]]; at != kNoKey)
        for (uint32_t row = 0; row < size_; ++row)
          change_[row] += column.signs[e] * inverse(row)[at];
    }
    uint32_t leaves = kNoKey;
    for (uint32_t row = 0; row < size_; ++row)
      if (change_[row] > kTiny &&
          (leaves == kNoKey || values_[row] * change_[leaves] < values_[leaves] * change_[row]))
        leaves = row;
    if (leaves == kNoKey)
      return false;
    double *pivotRow = inverse(leaves);
    const double scale = 1 / change_[leaves];
    for (uint32_t i = 0; i < size_; ++i)
      pivotRow[i] *= scale;
    values_[leaves] *= scale;
    for (uint32_t row = 0; row < size_; ++row)
      if (const double by = change_[row]; row != leaves && by != 0) {
        double *other = inverse(row);
        for (uint32_t i = 0; i < size_; ++i)
          other[i] -= by * pivotRow[i];
        values_[row] -= by * values_[leaves];
      }
    for (uint32_t p = 1; p <= all_; ++p)
      if (place_[p] != kNoKey)
        prices_[p] -= gain * pivotRow[place_[p]];
    return true;
  }

  /// What the prices prove.
  double proven() const {
    double prices[kPatterns];
    std::copy_n(prices_, all_ + 1, prices);
    for (uint32_t p = 3; p <= all_; ++p) {
      const uint32_t lowest = p & (0 - p), rest = p & ~lowest;
      for (uint32_t others = rest; others; others = (others - 1) & rest)
        prices[p] = std::min(prices[p], 1 + prices[others] + prices[p & ~others]);
    }
    uint32_t parts[kPatterns];
    double sum = -dearest(prices, parts) * steps_;
    for (uint32_t p = 1; p <= all_; ++p)
      sum += prices[p] * counts_[p];
    return sum;
  }

  const uint32_t *counts_;
  uint32_t all_, steps_, size_;
  uint32_t place_[kPatterns];
  double prices_[kPatterns] = {};
  std::vector<double> inverse_, values_, change_;
};
} // namespace

uint64_t dota::leastLoads(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys,
                          unsigned group) {
  KeyOrder order;
  order.order(ids, rows, keep, keys, group); // looks whether the ids are of their form
  uint64_t total = 0;
  std::vector<uint8_t> wantedBy(keys);
  for (size_t first = 0; first < rows; first += group) {
    const auto count = static_cast<unsigned>(std::min<size_t>(group, rows - first));
    const std::span<const uint32_t> groupIds = ids.subspan(first * keep, count * keep);
    const OrderWork work = order.order(groupIds, count, keep, keys, group);
    std::ranges::fill(wantedBy, 0);
    uint32_t counts[kPatterns] = {}, distinct = 0;
    for (size_t i = 0; i < groupIds.size(); ++i)
      if (groupIds[i] != kNoKey)
        wantedBy[groupIds[i]] |= static_cast<uint8_t>(1u << i / keep);
    for (uint8_t pattern : wantedBy) {
      ++counts[pattern];
      distinct += pattern != 0;
    }
    if (count <= 4 || work.loads == distinct) {
      total += work.loads;
      continue;
    }
    for (unsigned r = 0; r < count; ++r) {
      uint32_t length = 0;
      for (uint32_t p = 1; p < 1u << count; ++p)
        length += (p >> r & 1) * counts[p];
      counts[1u << r] += static_cast<uint32_t>(work.steps) - length;
    }
    const auto found = static_cast<uint32_t>(work.loads) - distinct;
    const double splits =
        SplitBound(counts, count, static_cast<uint32_t>(work.steps)).splits(found);
    total += distinct + std::min(found, static_cast<uint32_t>(std::ceil(splits - 1e-6)));
  }
  return total;
}
