//===- Schedule.h - a written order of keys, read and checked --------------===//
//
// KeyOrder.h makes schedules; this reads them, wherever they come from.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_SCHEDULE_H
#define DOTA_RUNTIME_SCHEDULE_H

#include "dota/runtime/KeyOrder.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dota {

/// The rows of a schedule and what they visit. Each slot is checked as it is read.
class Schedule {
public:
  /// `ids` are rows x keep key ids, `words` a slot of scheduleWords(group, keep) for
  /// each `group` of the rows; both must outlive this. `name` is the schedule's, for
  /// messages. With `partFrom` only the `keys` keys from that one on are visited, their
  /// ids counted from it. Throws Error where a group has no rows, or more than kMaxGroup.
  Schedule(std::span<const uint32_t> ids, std::span<const uint32_t> words, size_t rows, size_t keep,
           size_t keys, unsigned group, std::string name,
           std::optional<uint32_t> partFrom = std::nullopt, const KeyBuffer &buffer = {});

  /// Calls f(row, positions, ids) for each row: the positions in the row's ids in the
  /// order of the steps, and the ids at them. Throws Error where the ids or the
  /// schedule are not of their form, where not every row is in one group, or where a
  /// row does not visit each of its keys exactly once. Adds up the work.
  template <class F>
  void forEachRow(F &&f) {
    for (size_t first = 0; first < rows_; first += group_) {
      readGroup(first);
      for (unsigned member = 0; member < group_; ++member)
        if (members_[member] != kNoKey) {
          readRow(member);
          f(members_[member], std::span<const uint32_t>(positions_),
            std::span<const uint32_t>(visitedIds_));
        }
    }
    work_.hits = loads_.hits(buffer_, group_);
  }
  const OrderWork &work() const { return work_; }

private:
  void readGroup(size_t first);
  void countLoads(size_t first);
  void readRow(unsigned member);
  uint32_t idOf(size_t row, uint32_t position) const { return ids_[row * keep_ + position]; }
  /// A position in the ids of a row of the group at hand.
  uint32_t position(uint32_t step, unsigned member) const {
    return slot_[2 + group_ + size_t{step} * group_ + member];
  }
  /// Whether the key is of the part, or one to complain of.
  bool takes(uint32_t id) const { return !partial_ || (id >= firstKey_ && id - firstKey_ < keys_); }
  std::string at(size_t row) const;

  std::span<const uint32_t> ids_, words_;
  size_t rows_, keep_, keys_;
  unsigned group_;
  bool partial_;
  uint32_t firstKey_;
  std::string name_;
  std::vector<bool> named_;        // rows that a group has had
  const uint32_t *slot_ = nullptr; // of the group at hand
  uint32_t members_[kMaxGroup] = {};
  std::vector<uint32_t> positions_, visitedIds_;
  std::vector<bool> visited_;
  KeyBuffer buffer_;
  KeyLoads loads_; // where the buffer holds any
  OrderWork work_;
};

} // namespace dota

#endif // DOTA_RUNTIME_SCHEDULE_H
