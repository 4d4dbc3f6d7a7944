//===- Schedule.cpp - the order of keys as it stands in SRAM ----------------===//
//
// See KeyOrder.h for what makes one.
//
//===----------------------------------------------------------------------===//
#include "Execution.h"

#include <algorithm>

using namespace dota;

Schedule::Schedule(const Execution &execution, uint64_t ids, uint64_t schedule, size_t rows,
                   size_t keep, size_t keys, unsigned group, bool partial, uint32_t firstKey)
    : execution_(execution), idsAddress_(ids), address_(schedule), rows_(rows), keep_(keep),
      keys_(keys), group_(group), partial_(partial), firstKey_(partial ? firstKey : 0) {
  if (rows && (group == 0 || group > kMaxGroup))
    throw Error(fmt::format("a group has {} rows; 1 to {} can share a load", group, kMaxGroup));
}

uint32_t Schedule::idOf(size_t row, uint32_t position) const {
  return execution_.load<uint32_t>(idsAddress_ + 4 * (row * keep_ + position));
}

uint32_t Schedule::step(size_t row, uint32_t step) const {
  const uint64_t slot = address_ + row / group_ * scheduleBytes(group_, keep_);
  return execution_.load<uint32_t>(slot + 8 + 4 * (uint64_t{step} * group_ + row % group_));
}

std::string Schedule::at(size_t row) const {
  return fmt::format("row {} of the schedule at {}", row, address_);
}

void Schedule::countLoads(size_t firstRow) {
  const uint64_t slot = address_ + firstRow / group_ * scheduleBytes(group_, keep_);
  steps_ = execution_.load<uint32_t>(slot);
  const auto stated = execution_.load<uint32_t>(slot + 4);
  if (steps_ > keep_)
    throw Error(fmt::format("{} has {} steps; {} keys a row are kept at most", at(firstRow), steps_,
                            keep_));
  uint64_t loads = 0, taken = 0, steps = 0;
  for (uint32_t s = 0; s < steps_; ++s) {
    uint32_t loaded[kMaxGroup];
    unsigned n = 0;
    for (size_t row = firstRow; row < firstRow + group_; ++row) {
      const uint32_t position = step(row, s);
      if (position == kNoKey)
        continue;
      if (row >= rows_)
        throw Error(fmt::format("{} visits a key; there are {} rows", at(row), rows_));
      if (position >= keep_)
        throw Error(
            fmt::format("{} visits position {}; {} keys are kept", at(row), position, keep_));
      const uint32_t id = idOf(row, position);
      if (std::find(loaded, loaded + n, id) == loaded + n)
        loaded[n++] = id;
    }
    loads += n;
    const auto here = std::count_if(loaded, loaded + n, [&](uint32_t id) { return takes(id); });
    taken += static_cast<uint64_t>(here);
    steps += !partial_ || here;
  }
  if (loads != stated)
    throw Error(fmt::format("{} says {} loads; its steps make {}", at(firstRow), stated, loads));
  work_.groups += 1;
  work_.steps += steps;
  work_.loads += taken;
}

void Schedule::readRow(size_t row) {
  if (row % group_ == 0)
    countLoads(row);
  positions_.clear();
  ids_.clear();
  visited_.assign(keep_, false);
  for (uint32_t s = 0; s < steps_; ++s) {
    const uint32_t position = step(row, s);
    if (position == kNoKey)
      continue;
    const uint32_t id = idOf(row, position);
    if (id == kNoKey || (!partial_ && id >= keys_))
      throw Error(
          id == kNoKey
              ? fmt::format("{} visits position {}, where no key is kept", at(row), position)
              : fmt::format("{} visits key {}; there are {} keys", at(row), id, keys_));
    if (visited_[position])
      throw Error(fmt::format("{} visits position {} twice", at(row), position));
    visited_[position] = true;
    if (!takes(id))
      continue;
    positions_.push_back(position);
    ids_.push_back(id - firstKey_);
  }
  for (uint32_t i = 0; i < keep_; ++i)
    if (!visited_[i] && idOf(row, i) != kNoKey)
      throw Error(fmt::format("{} leaves out position {}, key {}", at(row), i, idOf(row, i)));
  work_.kept += positions_.size();
}
