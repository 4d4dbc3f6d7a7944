//===- KeyBuffer.h - key vectors that stay in the RMMU ----------------------===//
//
// A lane's RMMU may keep some of the key (or value) vectors that a sparse product
// loads: one that is wanted again while it is there takes no read of SRAM. What is
// there follows from the schedule alone, so that hits are counted exactly, with and
// without values. docs/key-order.md says which vectors stay.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_KEYBUFFER_H
#define DOTA_RUNTIME_KEYBUFFER_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dota {

struct KeyBuffer {
  unsigned vectors = 0; ///< that stay; 0 for none
  unsigned peRows = 1;  ///< of the RMMU: so many query rows run side by side, if none detect

  /// Groups that run side by side.
  unsigned beside(unsigned group) const { return group && peRows > group ? peRows / group : 1; }
};

/// The vectors that one instruction loads: of each group, step by step.
class KeyLoads {
public:
  void clear();
  void beginGroup() { groups_.push_back(steps_.size()); }
  /// The distinct keys of a step of the last group.
  void addStep(std::span<const uint32_t> keys);

  /// Loads that find their vector in the buffer, which is empty at first. Of the groups
  /// that run side by side each takes its first step, then each its second; a step
  /// loads its keys in ascending order. A vector that is not there takes the place of
  /// the one that was wanted longest ago.
  uint64_t hits(const KeyBuffer &buffer, unsigned group);

private:
  std::span<uint32_t> step(size_t number);

  std::vector<uint32_t> keys_;
  std::vector<size_t> steps_;  // first key of each
  std::vector<size_t> groups_; // first step of each
  std::vector<uint32_t> held_; // the latest first
};

/// Hits of schedules as KeyOrder writes them, for `rows` rows of `keep` ids.
class StepOrder {
public:
  uint64_t hits(std::span<const uint32_t> ids, size_t rows, size_t keep, unsigned group,
                const KeyBuffer &buffer, const uint32_t *schedule);
  /// The steps of a group may come in any order: where hits are more with those of
  /// every group in the order of their smallest keys, the schedule is rewritten so.
  uint64_t align(std::span<const uint32_t> ids, size_t rows, size_t keep, unsigned group,
                 const KeyBuffer &buffer, uint32_t *schedule);

private:
  KeyLoads loads_;
  std::vector<uint32_t> stepKeys_, sorted_;
  std::vector<std::pair<uint32_t, uint32_t>> order_; // smallest key and step
};

} // namespace dota

#endif // DOTA_RUNTIME_KEYBUFFER_H
