//===- LiveRows.cpp - live rows followed without values ---------------------===//

#include "LiveRows.h"
#include "Rectangle.h"
#include "dota/runtime/Error.h"

#include <fmt/format.h>

#include <algorithm>

using namespace dota;

LiveRows::LiveRows(const Program &program, std::span<const std::vector<Instruction>> streams)
    : program_(program), used_(streams.size()), sram_(streams.size()) {
  for (size_t lane = 0; lane < streams.size(); ++lane) {
    std::vector<std::pair<uint64_t, uint64_t>> all;
    for (const Instruction &instruction : streams[lane])
      if (auto *i = std::get_if<RowsMatmul>(&instruction))
        if (uint64_t bytes = extent(i->heads, i->rows, i->liveStride))
          all.emplace_back(i->live, i->live + bytes);
    std::sort(all.begin(), all.end());
    for (auto range : all)
      if (!used_[lane].empty() && range.first <= used_[lane].back().second)
        used_[lane].back().second = std::max(used_[lane].back().second, range.second);
      else
        used_[lane].push_back(range);
    any_ |= !all.empty();
  }
}

void LiveRows::erase(Marks &marks, uint64_t base, uint64_t rows, uint64_t rowBytes,
                     uint64_t stride) {
  auto at = marks.lower_bound(base), end = marks.lower_bound(base + extent(rows, rowBytes, stride));
  while (at != end)
    at = positionOf(at->first, base, rows, rowBytes, stride) ? marks.erase(at) : std::next(at);
}

std::optional<bool> LiveRows::inDram(uint64_t address) const {
  if (auto known = dram_.find(address); known != dram_.end())
    return known->second;
  for (const Program::Data &data : program_.data)
    if (address >= data.address && address - data.address < data.bytes.size())
      return data.bytes[address - data.address] != 0;
  return std::nullopt;
}

void LiveRows::load(unsigned lane, const Load &i) {
  erase(sram_[lane], i.sram, i.rows, i.rowBytes, i.sramStride);
  const uint64_t end = i.sram + extent(i.rows, i.rowBytes, i.sramStride);
  const auto &used = used_[lane];
  auto range = std::partition_point(used.begin(), used.end(),
                                    [&](const auto &other) { return other.second <= i.sram; });
  for (; range != used.end() && range->first < end; ++range)
    for (uint64_t at = std::max<uint64_t>(range->first, i.sram); at < std::min(range->second, end);
         ++at)
      if (auto position = positionOf(at, i.sram, i.rows, i.rowBytes, i.sramStride))
        if (auto live = inDram(i.dram + position->row * i.dramStride + position->byte))
          sram_[lane][at] = *live;
}

void LiveRows::store(unsigned lane, const Store &i) {
  erase(dram_, i.dram, i.rows, i.rowBytes, i.dramStride);
  const Marks &marks = sram_[lane];
  auto end = marks.lower_bound(i.sram + extent(i.rows, i.rowBytes, i.sramStride));
  for (auto at = marks.lower_bound(i.sram); at != end; ++at)
    if (auto position = positionOf(at->first, i.sram, i.rows, i.rowBytes, i.sramStride))
      dram_[i.dram + position->row * i.dramStride + position->byte] = at->second;
}

void LiveRows::mark(unsigned lane, const Mark &i, const Mask &mask) {
  Marks &marks = sram_[lane];
  if (!i.accumulate)
    for (uint64_t key = 0; key < i.keys; ++key)
      marks[i.live + key] = false;
  for (uint32_t id : mask.rowsOf(i.head, i.firstRow, i.rows))
    if (id != kNoKey)
      marks[i.live + id] = true;
}

uint64_t LiveRows::used(unsigned lane, const RowsMatmul &i) const {
  uint64_t rows = 0;
  for (uint64_t row = 0; row < i.rows; ++row) {
    bool live = false;
    for (uint64_t head = 0; head < i.heads; ++head) {
      const uint64_t address = i.live + head * i.liveStride + row;
      auto mark = sram_[lane].find(address);
      if (mark == sram_[lane].end())
        throw Error(
            fmt::format("timing alone cannot know whether the row at {} in SRAM is live: it "
                        "is neither marked nor loaded before",
                        address));
      live |= mark->second;
    }
    rows += live;
  }
  return rows;
}

uint64_t LiveRows::follow(unsigned lane, const Instruction &instruction,
                          const std::map<uint32_t, Mask> &masks) {
  if (!any_)
    return 0;
  if (auto *i = std::get_if<Load>(&instruction))
    load(lane, *i);
  else if (auto *i = std::get_if<Store>(&instruction))
    store(lane, *i);
  else if (auto *i = std::get_if<Mark>(&instruction))
    mark(lane, *i, masks.at(i->mask));
  else if (auto *i = std::get_if<RowsMatmul>(&instruction))
    return used(lane, *i);
  else if (!sram_[lane].empty())
    forEachRegion(instruction, [&](const Region &r) {
      if (r.write)
        erase(sram_[lane], r.base, r.rows, r.rowBytes, r.stride);
    });
  return 0;
}
