//===- LaneConflicts.cpp - lanes that meet in DRAM --------------------------===//

#include "LaneConflicts.h"

#include <algorithm>

using namespace dota;

namespace {

uint64_t endOf(const DramRectangle &r) { return r.base + (r.rows - 1) * r.stride + r.rowBytes; }

/// One row where rows touch, or lie on each other.
DramRectangle joined(DramRectangle r) {
  if (r.rows == 1 || r.stride == r.rowBytes || r.stride == 0)
    return {r.base, 1, endOf(r) - r.base, 0};
  return r;
}

/// Row i of a and row j of b meet iff (i - j) stride lies between
/// b.base - a.base - a.rowBytes and b.base - a.base + b.rowBytes, both excluded.
bool meetAtStride(const DramRectangle &a, const DramRectangle &b, uint64_t stride) {
  using Wide = __int128;
  Wide s = static_cast<Wide>(stride);
  Wide distance = static_cast<Wide>(b.base) - static_cast<Wide>(a.base);
  Wide above = distance - static_cast<Wide>(a.rowBytes),
       below = distance + static_cast<Wide>(b.rowBytes);
  Wide quotient = above / s - (above % s < 0);
  Wide first = std::max<Wide>(quotient + 1, 1 - static_cast<Wide>(b.rows));
  return first <= static_cast<Wide>(a.rows) - 1 && first * s < below;
}

constexpr uint64_t kMostRows = 4096;
constexpr uint64_t kMostPairs = 20'000'000;

struct Access {
  DramRectangle rectangle;
  size_t lane;
  bool write;
};

} // namespace

bool dota::meet(const DramRectangle &left, const DramRectangle &right) {
  DramRectangle a = joined(left), b = joined(right);
  if (endOf(a) <= b.base || endOf(b) <= a.base)
    return false;
  if (a.rows == 1 && b.rows == 1)
    return true;
  if (a.rows == 1)
    return meetAtStride(a, b, b.stride);
  if (b.rows == 1 || a.stride == b.stride)
    return meetAtStride(a, b, a.stride);
  if (a.rows > b.rows)
    std::swap(a, b);
  if (a.rows > kMostRows)
    return true;
  for (uint64_t row = 0; row < a.rows; ++row)
    if (meetAtStride({a.base + row * a.stride, 1, a.rowBytes, 0}, b, b.stride))
      return true;
  return false;
}

bool dota::lanesConflict(std::span<const std::vector<Instruction>> streams) {
  std::vector<size_t> next(streams.size());
  uint64_t pairs = 0;
  for (bool isLast = false; !isLast;) {
    // What the lanes do up to the next barrier.
    std::vector<Access> accesses;
    isLast = true;
    for (size_t lane = 0; lane < streams.size(); ++lane) {
      while (next[lane] < streams[lane].size()) {
        const Instruction &instruction = streams[lane][next[lane]++];
        auto add = [&](const auto &i, bool write) {
          if (i.rows && i.rowBytes)
            accesses.push_back({{i.dram, i.rows, i.rowBytes, i.dramStride}, lane, write});
        };
        if (auto *i = std::get_if<Load>(&instruction)) {
          add(*i, false);
        } else if (auto *i = std::get_if<Store>(&instruction)) {
          add(*i, true);
        } else if (std::holds_alternative<Barrier>(instruction)) {
          isLast = false;
          break;
        }
      }
    }
    std::sort(accesses.begin(), accesses.end(),
              [](const Access &a, const Access &b) { return a.rectangle.base < b.rectangle.base; });
    // Those that reach beyond the place where the sweep is.
    std::vector<const Access *> reads, writes;
    for (const Access &access : accesses) {
      auto meetsOneOf = [&](std::vector<const Access *> &others) {
        std::erase_if(others, [&](const Access *other) {
          return endOf(other->rectangle) <= access.rectangle.base;
        });
        pairs += others.size();
        return std::any_of(others.begin(), others.end(), [&](const Access *other) {
          return other->lane != access.lane && meet(other->rectangle, access.rectangle);
        });
      };
      if (meetsOneOf(writes) || (access.write && meetsOneOf(reads)) || pairs > kMostPairs)
        return true;
      (access.write ? writes : reads).push_back(&access);
    }
  }
  return false;
}
