//===- ScheduleWork.cpp - key orders followed without values ----------------===//

#include "ScheduleWork.h"
#include "Rectangle.h"
#include "dota/runtime/Error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

using namespace dota;

ScheduleWork::ScheduleWork(const Program &program,
                           std::span<const std::vector<Instruction>> streams,
                           const OrderOptions &options)
    : program_(program), used_(streams.size()), sram_(streams.size()), order_(options) {
  for (size_t lane = 0; lane < streams.size(); ++lane) {
    auto use = [&](const auto &i) {
      for (uint64_t g = 0; g < groups(i.rows, i.group); ++g)
        used_[lane].push_back(i.schedule + g * scheduleBytes(i.group, i.keep));
      partial_ |= i.partial;
    };
    for (const Instruction &instruction : streams[lane]) {
      if (auto *i = std::get_if<Sddmm>(&instruction))
        use(*i);
      else if (auto *i = std::get_if<Spmm>(&instruction))
        use(*i);
    }
    std::sort(used_[lane].begin(), used_[lane].end());
    used_[lane].erase(std::unique(used_[lane].begin(), used_[lane].end()), used_[lane].end());
  }
}

void ScheduleWork::erase(Slots &slots, uint64_t base, uint64_t rows, uint64_t rowBytes,
                         uint64_t stride) {
  auto at = slots.lower_bound(base);
  auto end = slots.lower_bound(base + extent(rows, rowBytes, stride));
  while (at != end)
    at = positionOf(at->first, base, rows, rowBytes, stride) ? slots.erase(at) : std::next(at);
}

void ScheduleWork::load(unsigned lane, const Load &i) {
  erase(sram_[lane], i.sram, i.rows, i.rowBytes, i.sramStride);
  const std::vector<uint64_t> &used = used_[lane];
  uint64_t end = i.sram + extent(i.rows, i.rowBytes, i.sramStride);
  for (auto at = std::lower_bound(used.begin(), used.end(), i.sram); at != used.end() && *at < end;
       ++at) {
    auto position = positionOf(*at, i.sram, i.rows, i.rowBytes, i.sramStride);
    if (!position)
      continue;
    uint64_t from = i.dram + position->row * i.dramStride + position->byte;
    auto known = dram_.find(from);
    sram_[lane][*at] = known != dram_.end() ? known->second : Slot{true, from, {}};
  }
}

void ScheduleWork::store(unsigned lane, const Store &i) {
  erase(dram_, i.dram, i.rows, i.rowBytes, i.dramStride);
  Slots &slots = sram_[lane];
  auto end = slots.lower_bound(i.sram + extent(i.rows, i.rowBytes, i.sramStride));
  for (auto at = slots.lower_bound(i.sram); at != end; ++at)
    if (auto position = positionOf(at->first, i.sram, i.rows, i.rowBytes, i.sramStride))
      dram_[i.dram + position->row * i.dramStride + position->byte] = at->second;
}

OrderWork ScheduleWork::readData(uint64_t dram, uint64_t keep, uint64_t group) const {
  for (const Program::Data &data : program_.data) {
    if (dram < data.address || dram - data.address >= data.bytes.size())
      continue;
    uint64_t offset = dram - data.address;
    if (data.bytes.size() - offset < scheduleBytes(group, keep))
      break;
    auto word = [&](uint64_t n) {
      uint32_t value;
      std::memcpy(&value, data.bytes.data() + offset + 4 * n, 4);
      return value;
    };
    OrderWork work{.groups = 1, .steps = word(0), .loads = word(1)};
    if (work.steps > keep)
      throw Error(fmt::format("schedule at {} in DRAM takes {} steps for {} kept keys", dram,
                              work.steps, keep));
    for (uint64_t n = 0; n < work.steps * group; ++n)
      work.kept += word(2 + group + n) != kNoKey;
    return work;
  }
  throw Error(fmt::format("timing alone cannot know the schedule from {} in DRAM: it is neither "
                          "ordered before nor the program's data",
                          dram));
}

/// The part of a group's order that has keys firstKey to firstKey + keys - 1.
OrderWork ScheduleWork::workOf(const Visits &visits, uint64_t keep, uint64_t firstKey,
                               uint64_t keys) {
  found_.clear();
  for (size_t row = 0; row < visits.ids.size(); row += keep) {
    auto ids = visits.ids.subspan(row, keep);
    auto first = std::lower_bound(ids.begin(), ids.end(), firstKey);
    auto last = std::lower_bound(first, ids.end(), std::min<uint64_t>(firstKey + keys, kNoKey));
    for (auto at = first; at != last; ++at)
      found_.emplace_back(visits.steps[row + static_cast<size_t>(at - ids.begin())], *at);
  }
  std::sort(found_.begin(), found_.end());
  OrderWork work{.groups = 1, .kept = found_.size()};
  for (size_t n = 0; n < found_.size(); ++n) {
    work.steps += n == 0 || found_[n].first != found_[n - 1].first;
    work.loads += n == 0 || found_[n] != found_[n - 1];
  }
  return work;
}

template <class I>
OrderWork ScheduleWork::used(unsigned lane, const I &i) {
  OrderWork total;
  for (uint64_t g = 0; g < groups(i.rows, i.group); ++g) {
    uint64_t address = i.schedule + g * scheduleBytes(i.group, i.keep);
    auto slot = sram_[lane].find(address);
    if (slot == sram_[lane].end())
      throw Error(fmt::format("timing alone cannot know the schedule at {} in SRAM: it is neither "
                              "ordered nor loaded before",
                              address));
    if (i.partial) {
      if (!slot->second.visits)
        throw Error(fmt::format("timing alone cannot know which keys the schedule at {} in SRAM "
                                "visits: it is not ordered before",
                                address));
      total += workOf(*slot->second.visits, i.keep, i.firstKey, i.keys);
      continue;
    }
    if (slot->second.loaded)
      slot->second = {false, 0, readData(slot->second.dram, i.keep, i.group)};
    total += slot->second.work;
  }
  return total;
}

OrderWork ScheduleWork::follow(unsigned lane, const Instruction &instruction,
                               const std::map<uint32_t, Mask> &masks) {
  if (auto *i = std::get_if<Load>(&instruction)) {
    load(lane, *i);
  } else if (auto *i = std::get_if<Store>(&instruction)) {
    store(lane, *i);
  } else if (auto *i = std::get_if<Sddmm>(&instruction)) {
    OrderWork work = used(lane, *i);
    erase(sram_[lane], i->c, i->rows, uint64_t{8} * i->keep, uint64_t{8} * i->keep);
    return work;
  } else if (auto *i = std::get_if<Spmm>(&instruction)) {
    OrderWork work = used(lane, *i);
    erase(sram_[lane], i->c, i->rows, uint64_t{8} * i->cols, uint64_t{8} * i->cols);
    return work;
  } else if (auto *i = std::get_if<Order>(&instruction)) {
    const Mask &mask = masks.at(i->mask);
    OrderWork total;
    for (uint64_t row = 0, slot = i->schedule; row < i->rows;
         row += i->group, slot += scheduleBytes(i->group, i->keep)) {
      uint64_t count = std::min<uint64_t>(i->group, i->rows - row);
      std::span<const uint32_t> ids = mask.rowsOf(i->head, i->firstRow + row, count);
      if (partial_)
        schedule_.resize(scheduleWords(i->group, i->keep));
      OrderWork work = order_.order(ids, count, i->keep, i->keys, i->group,
                                    partial_ ? schedule_.data() : nullptr);
      std::shared_ptr<Visits> visits;
      if (partial_) {
        visits = std::make_shared<Visits>(Visits{ids, std::vector<uint32_t>(ids.size())});
        for (uint64_t n = 0; n < work.steps * i->group; ++n)
          if (uint32_t position = schedule_[2 + i->group + n]; position != kNoKey)
            visits->steps[n % i->group * i->keep + position] = static_cast<uint32_t>(n / i->group);
      }
      sram_[lane][slot] = {false, 0, work, std::move(visits)};
      total += work;
    }
    return total;
  } else if (!sram_[lane].empty()) {
    forEachRegion(instruction, [&](const Region &r) {
      if (r.write)
        erase(sram_[lane], r.base, r.rows, r.rowBytes, r.stride);
    });
  }
  return {};
}
