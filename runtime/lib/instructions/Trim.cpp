//===- Trim.cpp - which of the selected keys stay ---------------------------===//
#include "../Execution.h"

#include "dota/runtime/Numerics.h"

#include <algorithm>

using namespace dota;

namespace {
/// One row of a tile while it is trimmed.
class TrimmedRow {
public:
  TrimmedRow(const Trim &i, const Execution &execution, uint64_t row)
      : address_(i.ids + row * 4 * i.keep), keep_(i.keep) {
    execution.load(address_, keep_, ids_);
    ids_.resize(std::find(ids_.begin(), ids_.end(), kNoKey) - ids_.begin());
    for (uint32_t id : ids_) {
      if (id >= i.keys)
        throw Error(fmt::format("trim has key {} in row {}; there are {}", id, row, i.keys));
      const uint64_t at = row * i.keys + id;
      scores_.push_back(i.probability ? execution.load<uint16_t>(i.scores + 2 * at)
                                      : execution.load<int64_t>(i.scores + 8 * at));
    }
    HostArithmetic arithmetic;
    Numerics<HostArithmetic> rules{arithmetic};
    const auto sum = i.probability ? execution.load<int64_t>(i.sum + 8 * row) : 0;
    for (int64_t score : scores_)
      passes_.push_back(i.probability ? rules.isProbable(score, sum, i.threshold)
                                      : rules.reaches(score, i.threshold));
  }

  int64_t passing() const { return std::count(passes_.begin(), passes_.end(), true); }

  /// Keeps what passes.
  void store(Execution &execution) const { write(execution, passes_); }

  /// Keeps the largest, as many as each row of a group gets.
  void storeShare(Execution &execution, int64_t total, int64_t rows) const {
    HostArithmetic arithmetic;
    Numerics<HostArithmetic> rules{arithmetic};
    std::vector<size_t> order(ids_.size());
    for (size_t n = 0; n < order.size(); ++n)
      order[n] = n;
    // Of equal scores the smaller id is ahead.
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return scores_[a] > scores_[b]; });
    std::vector<bool> stays(ids_.size());
    for (size_t rank = 0; rank < order.size(); ++rank)
      stays[order[rank]] = rules.isWithinShare(static_cast<int64_t>(rank), total, rows);
    write(execution, stays);
  }

private:
  void write(Execution &execution, const std::vector<bool> &stays) const {
    std::vector<uint32_t> result;
    for (size_t n = 0; n < ids_.size(); ++n)
      if (stays[n])
        result.push_back(ids_[n]);
    result.resize(keep_, kNoKey);
    if (keep_)
      std::memcpy(execution.sram + address_, result.data(), 4 * keep_);
  }

  uint64_t address_, keep_;
  std::vector<uint32_t> ids_;
  std::vector<int64_t> scores_;
  std::vector<bool> passes_;
};
} // namespace

void dota::run(const Trim &i, Execution &execution) {
  const uint64_t group = std::max<uint64_t>(i.balance, 1);
  for (uint64_t first = 0; first < i.rows; first += group) {
    std::vector<TrimmedRow> rows;
    int64_t total = 0;
    for (uint64_t row = first; row < std::min<uint64_t>(first + group, i.rows); ++row)
      total += rows.emplace_back(i, execution, row).passing();
    for (const TrimmedRow &row : rows)
      i.balance ? row.storeShare(execution, total, static_cast<int64_t>(rows.size()))
                : row.store(execution);
  }
}
