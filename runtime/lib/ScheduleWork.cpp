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
    : program_(program), used_(streams.size()), sram_(streams.size()), ids_(streams.size()),
      visits_(options.buffer.vectors != 0), buffer_(options.buffer), order_(options) {
  for (size_t lane = 0; lane < streams.size(); ++lane) {
    auto use = [&](const auto &i) {
      for (uint64_t g = 0; g < groups(i.rows, i.group); ++g)
        used_[lane].push_back(i.schedule + g * scheduleBytes(i.group, i.keep));
      visits_ |= i.partial;
      if (buffer_.vectors)
        ids_[lane][i.ids] = std::nullopt;
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
  for (auto at = ids_[lane].lower_bound(i.sram); at != ids_[lane].end() && at->first < end; ++at)
    if (auto position = positionOf(at->first, i.sram, i.rows, i.rowBytes, i.sramStride))
      at->second = i.dram + position->row * i.dramStride + position->byte;
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

/// Words of the program's data.
std::vector<uint32_t> ScheduleWork::readWords(uint64_t dram, uint64_t count,
                                              std::string_view what) const {
  for (const Program::Data &data : program_.data) {
    if (dram < data.address || dram - data.address >= data.bytes.size())
      continue;
    uint64_t offset = dram - data.address;
    if (data.bytes.size() - offset < 4 * count)
      break;
    std::vector<uint32_t> words(count);
    if (count)
      std::memcpy(words.data(), data.bytes.data() + offset, 4 * count);
    return words;
  }
  throw Error(fmt::format("timing alone cannot know {} from {} in DRAM: it is neither ordered "
                          "before nor the program's data",
                          what, dram));
}

OrderWork ScheduleWork::readData(uint64_t dram, uint64_t keep, uint64_t group) const {
  const std::vector<uint32_t> words = readWords(dram, scheduleWords(group, keep), "the schedule");
  OrderWork work{.groups = 1, .steps = words[0], .loads = words[1]};
  if (work.steps > keep)
    throw Error(fmt::format("schedule at {} in DRAM takes {} steps for {} kept keys", dram,
                            work.steps, keep));
  for (uint64_t n = 0; n < work.steps * group; ++n)
    work.kept += words[2 + group + n] != kNoKey;
  return work;
}

/// What a group's slot says of the ids of its rows.
std::shared_ptr<ScheduleWork::Visits> ScheduleWork::visitsOf(std::span<const uint32_t> ids,
                                                             uint64_t keep, uint64_t group,
                                                             const uint32_t *slot) {
  auto visits = std::make_shared<Visits>();
  visits->ids = ids;
  visits->steps.resize(ids.size());
  for (uint64_t n = 0; n < slot[0] * group; ++n)
    if (uint32_t position = slot[2 + group + n]; position != kNoKey)
      visits->steps[n % group * keep + position] = static_cast<uint32_t>(n / group);
  return visits;
}

/// The same of a slot that is the program's data, for an instruction with ids of so
/// many rows.
std::shared_ptr<ScheduleWork::Visits> ScheduleWork::readVisits(unsigned lane, uint64_t ids,
                                                               uint64_t rows, uint64_t dram,
                                                               uint64_t keep,
                                                               uint64_t group) const {
  const std::vector<uint32_t> slot = readWords(dram, scheduleWords(group, keep), "the schedule");
  const std::optional<uint64_t> from = ids_[lane].at(ids);
  if (!from)
    throw Error(fmt::format("timing alone cannot know the ids at {} in SRAM: they are not loaded "
                            "before",
                            ids));
  const std::vector<uint32_t> all = readWords(*from, rows * keep, "the ids");
  std::vector<uint32_t> own;
  for (uint64_t member = 0; member < group; ++member)
    if (uint32_t row = slot[2 + member]; row < rows)
      own.insert(own.end(), all.begin() + static_cast<std::ptrdiff_t>(row * keep),
                 all.begin() + static_cast<std::ptrdiff_t>((row + 1) * keep));
  for (uint64_t n = 0; n < std::min<uint64_t>(slot[0], keep) * group; ++n)
    if (uint32_t position = slot[2 + group + n];
        position != kNoKey && n % group * keep + position >= own.size())
      throw Error(fmt::format("schedule at {} in DRAM visits position {} of row {}", dram, position,
                              n % group));
  auto visits = visitsOf(own, keep, group, slot.data());
  visits->own = std::move(own);
  visits->ids = visits->own;
  return visits;
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
  if (buffer_.vectors)
    loads_.beginGroup();
  stepKeys_.clear();
  for (size_t n = 0; n < found_.size(); ++n) {
    const bool isNew = n == 0 || found_[n] != found_[n - 1];
    const bool isLast = n + 1 == found_.size() || found_[n].first != found_[n + 1].first;
    work.steps += isLast;
    work.loads += isNew;
    if (isNew)
      stepKeys_.push_back(found_[n].second);
    if (!isLast)
      continue;
    if (buffer_.vectors)
      loads_.addStep(stepKeys_);
    stepKeys_.clear();
  }
  return work;
}

template <class I>
OrderWork ScheduleWork::used(unsigned lane, const I &i) {
  OrderWork total;
  loads_.clear();
  for (uint64_t g = 0; g < groups(i.rows, i.group); ++g) {
    uint64_t address = i.schedule + g * scheduleBytes(i.group, i.keep);
    auto slot = sram_[lane].find(address);
    if (slot == sram_[lane].end())
      throw Error(fmt::format("timing alone cannot know the schedule at {} in SRAM: it is neither "
                              "ordered nor loaded before",
                              address));
    Slot &known = slot->second;
    if (i.partial && !known.visits)
      throw Error(fmt::format("timing alone cannot know which keys the schedule at {} in SRAM "
                              "visits: it is not ordered before",
                              address));
    if (known.loaded) {
      const uint64_t from = known.dram;
      known = {false, 0, readData(from, i.keep, i.group)};
      if (buffer_.vectors)
        known.visits = readVisits(lane, i.ids, i.rows, from, i.keep, i.group);
    }
    OrderWork part = known.work;
    if (i.partial || buffer_.vectors)
      part = workOf(*known.visits, i.keep, i.partial ? i.firstKey : 0,
                    i.partial ? uint64_t{i.keys} : kNoKey);
    total += i.partial ? part : known.work;
  }
  total.hits = loads_.hits(buffer_, i.group);
  return total;
}

OrderWork ScheduleWork::order(unsigned lane, const Order &i, const Mask &mask) {
  const uint64_t words = scheduleWords(i.group, i.keep);
  std::span<const uint32_t> ids = mask.rowsOf(i.head, i.firstRow, i.rows);
  // Steps are put in order over all groups; otherwise each group is by itself.
  if (visits_) {
    schedule_.resize(groups(i.rows, i.group) * words);
    order_.order(ids, i.rows, i.keep, i.keys, i.group, schedule_.data());
  }
  OrderWork total;
  for (uint64_t g = 0; g < groups(i.rows, i.group); ++g) {
    const uint64_t first = g * i.group, rows = std::min<uint64_t>(i.group, i.rows - first);
    std::span<const uint32_t> own = ids.subspan(first * i.keep, rows * i.keep);
    OrderWork work;
    std::shared_ptr<Visits> visits;
    if (visits_) {
      const uint32_t *slot = &schedule_[g * words];
      visits = visitsOf(own, i.keep, i.group, slot);
      work = {.groups = 1, .steps = slot[0], .loads = slot[1]};
      work.kept = own.size() - static_cast<uint64_t>(std::count(own.begin(), own.end(), kNoKey));
    } else {
      work = order_.order(own, rows, i.keep, i.keys, i.group);
    }
    sram_[lane][i.schedule + 4 * g * words] = {false, 0, work, std::move(visits)};
    total += work;
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
    return order(lane, *i, masks.at(i->mask));
  } else if (!sram_[lane].empty()) {
    forEachRegion(instruction, [&](const Region &r) {
      if (r.write)
        erase(sram_[lane], r.base, r.rows, r.rowBytes, r.stride);
    });
  }
  return {};
}
