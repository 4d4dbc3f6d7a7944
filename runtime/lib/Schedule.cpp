//===- Schedule.cpp - a written order of keys, read and checked -------------===//

#include "dota/runtime/Schedule.h"
#include "dota/runtime/Error.h"

#include <fmt/format.h>

#include <algorithm>

using namespace dota;

Schedule::Schedule(std::span<const uint32_t> ids, std::span<const uint32_t> words, size_t rows,
                   size_t keep, size_t keys, unsigned group, std::string name,
                   std::optional<uint32_t> partFrom, const KeyBuffer &buffer)
    : ids_(ids), words_(words), rows_(rows), keep_(keep), keys_(keys), group_(group),
      partial_(partFrom), firstKey_(partFrom.value_or(0)), name_(std::move(name)), named_(rows),
      buffer_(buffer) {
  if (rows && (group == 0 || group > kMaxGroup))
    throw Error(fmt::format("a group has {} rows; 1 to {} can share a load", group, kMaxGroup));
}

std::string Schedule::at(size_t row) const { return fmt::format("row {} of {}", row, name_); }

void Schedule::readGroup(size_t first) {
  slot_ = words_.data() + first / group_ * scheduleWords(group_, keep_);
  if (slot_[0] > keep_)
    throw Error(
        fmt::format("{} has {} steps; {} keys a row are kept at most", at(first), slot_[0], keep_));
  // A short last group has its rows first.
  const size_t count = std::min<size_t>(group_, rows_ - first);
  for (unsigned m = 0; m < group_; ++m) {
    const uint32_t row = members_[m] = slot_[2 + m];
    if (m >= count) {
      if (row != kNoKey)
        throw Error(fmt::format("{} is in a group of {}", at(row), count));
      continue;
    }
    if (row >= rows_)
      throw Error(fmt::format("group {} of {} has row {}; there are {} rows", first / group_, name_,
                              row, rows_));
    if (named_[row])
      throw Error(fmt::format("{} is in two groups", at(row)));
    named_[row] = true;
  }
  countLoads(first);
}

void Schedule::countLoads(size_t first) {
  uint64_t loads = 0, taken = 0, steps = 0;
  if (buffer_.vectors)
    loads_.beginGroup();
  for (uint32_t s = 0; s < slot_[0]; ++s) {
    uint32_t loaded[kMaxGroup];
    unsigned n = 0;
    for (unsigned m = 0; m < group_; ++m) {
      const uint32_t place = position(s, m);
      if (place == kNoKey)
        continue;
      if (members_[m] == kNoKey)
        throw Error(fmt::format("{} visits a key; there are {} rows", at(first + m), rows_));
      if (place >= keep_)
        throw Error(
            fmt::format("{} visits position {}; {} keys are kept", at(members_[m]), place, keep_));
      const uint32_t id = idOf(members_[m], place);
      if (std::find(loaded, loaded + n, id) == loaded + n)
        loaded[n++] = id;
    }
    loads += n;
    const auto here = std::partition(loaded, loaded + n, [&](uint32_t id) { return takes(id); }) -
                      std::begin(loaded);
    taken += static_cast<uint64_t>(here);
    steps += !partial_ || here;
    if (buffer_.vectors && here)
      loads_.addStep({loaded, static_cast<size_t>(here)});
  }
  if (loads != slot_[1])
    throw Error(
        fmt::format("{} says {} loads; its steps make {}", at(members_[0]), slot_[1], loads));
  work_.groups += 1;
  work_.steps += steps;
  work_.loads += taken;
}

void Schedule::readRow(unsigned member) {
  const size_t row = members_[member];
  positions_.clear();
  visitedIds_.clear();
  visited_.assign(keep_, false);
  for (uint32_t s = 0; s < slot_[0]; ++s) {
    const uint32_t place = position(s, member);
    if (place == kNoKey)
      continue;
    const uint32_t id = idOf(row, place);
    if (id == kNoKey || (!partial_ && id >= keys_))
      throw Error(id == kNoKey
                      ? fmt::format("{} visits position {}, where no key is kept", at(row), place)
                      : fmt::format("{} visits key {}; there are {} keys", at(row), id, keys_));
    if (visited_[place])
      throw Error(fmt::format("{} visits position {} twice", at(row), place));
    visited_[place] = true;
    if (!takes(id))
      continue;
    positions_.push_back(place);
    visitedIds_.push_back(id - firstKey_);
  }
  for (uint32_t i = 0; i < keep_; ++i)
    if (!visited_[i] && idOf(row, i) != kNoKey)
      throw Error(fmt::format("{} leaves out position {}, key {}", at(row), i, idOf(row, i)));
  work_.kept += positions_.size();
}
