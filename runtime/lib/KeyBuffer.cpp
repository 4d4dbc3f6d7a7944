//===- KeyBuffer.cpp - key vectors that stay in the RMMU --------------------===//
#include "dota/runtime/KeyBuffer.h"
#include "dota/runtime/KeyOrder.h"

#include <algorithm>

using namespace dota;

void KeyLoads::clear() {
  keys_.clear();
  steps_.clear();
  groups_.clear();
}

void KeyLoads::addStep(std::span<const uint32_t> keys) {
  steps_.push_back(keys_.size());
  keys_.insert(keys_.end(), keys.begin(), keys.end());
}

std::span<uint32_t> KeyLoads::step(size_t number) {
  const size_t end = number + 1 < steps_.size() ? steps_[number + 1] : keys_.size();
  return std::span(keys_).subspan(steps_[number], end - steps_[number]);
}

uint64_t KeyLoads::hits(const KeyBuffer &buffer, unsigned group) {
  if (buffer.vectors == 0)
    return 0;
  for (size_t s = 0; s < steps_.size(); ++s) {
    std::span<uint32_t> keys = step(s);
    std::sort(keys.begin(), keys.end());
  }
  const size_t beside = buffer.beside(group);
  auto endOf = [&](size_t g) { return g + 1 < groups_.size() ? groups_[g + 1] : steps_.size(); };
  uint64_t hits = 0;
  held_.clear();
  auto visit = [&](uint32_t key) {
    auto at = std::find(held_.begin(), held_.end(), key);
    const bool hit = at != held_.end();
    hits += hit;
    if (!hit) {
      if (held_.size() < buffer.vectors)
        held_.push_back(key);
      at = held_.end() - 1;
      *at = key;
    }
    std::rotate(held_.begin(), at, at + 1);
  };
  for (size_t first = 0; first < groups_.size(); first += beside) {
    const size_t last = std::min(first + beside, groups_.size());
    size_t longest = 0;
    for (size_t g = first; g < last; ++g)
      longest = std::max(longest, endOf(g) - groups_[g]);
    for (size_t s = 0; s < longest; ++s)
      for (size_t g = first; g < last; ++g)
        if (groups_[g] + s < endOf(g))
          for (uint32_t key : step(groups_[g] + s))
            visit(key);
  }
  return hits;
}

namespace {
/// One group's slot of a schedule.
struct Slot {
  const uint32_t *words;
  unsigned group;

  uint32_t steps() const { return words[0]; }
  const uint32_t *step(uint32_t s) const { return words + 2 + size_t{group} * (s + 1); }
  /// The distinct keys of a step.
  void keysOf(uint32_t s, std::span<const uint32_t> ids, size_t keep,
              std::vector<uint32_t> &keys) const {
    keys.clear();
    for (unsigned m = 0; m < group; ++m) {
      const uint32_t place = step(s)[m];
      if (place == kNoKey)
        continue;
      const uint32_t key = ids[words[2 + m] * keep + place];
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        keys.push_back(key);
    }
  }
};
} // namespace

uint64_t StepOrder::hits(std::span<const uint32_t> ids, size_t rows, size_t keep, unsigned group,
                         const KeyBuffer &buffer, const uint32_t *schedule) {
  loads_.clear();
  for (size_t first = 0; first < rows; first += group, schedule += scheduleWords(group, keep)) {
    const Slot slot{schedule, group};
    loads_.beginGroup();
    for (uint32_t s = 0; s < slot.steps(); ++s) {
      slot.keysOf(s, ids, keep, stepKeys_);
      loads_.addStep(stepKeys_);
    }
  }
  return loads_.hits(buffer, group);
}

uint64_t StepOrder::align(std::span<const uint32_t> ids, size_t rows, size_t keep, unsigned group,
                          const KeyBuffer &buffer, uint32_t *schedule) {
  const uint64_t before = hits(ids, rows, keep, group, buffer, schedule);
  const size_t words = scheduleWords(group, keep), groups = (rows + group - 1) / group;
  sorted_.assign(schedule, schedule + groups * words);
  for (size_t g = 0; g < groups; ++g) {
    const Slot slot{schedule + g * words, group};
    order_.clear();
    for (uint32_t s = 0; s < slot.steps(); ++s) {
      slot.keysOf(s, ids, keep, stepKeys_);
      auto least = std::min_element(stepKeys_.begin(), stepKeys_.end());
      order_.emplace_back(least == stepKeys_.end() ? kNoKey : *least, s);
    }
    std::sort(order_.begin(), order_.end());
    for (uint32_t s = 0; s < slot.steps(); ++s)
      std::copy_n(slot.step(order_[s].second), group,
                  sorted_.begin() +
                      static_cast<ptrdiff_t>(g * words + 2 + size_t{group} * (s + 1)));
  }
  const uint64_t after = hits(ids, rows, keep, group, buffer, sorted_.data());
  if (after > before)
    std::copy(sorted_.begin(), sorted_.end(), schedule);
  return std::max(before, after);
}
