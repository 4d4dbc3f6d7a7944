//===- SramPlacement.cpp - addresses for the buffers of a stream ------------===//
//
// Buffers whose lives form a chain of overlaps are a group; groups do not meet,
// and each is placed by the first policy whose result fits:
//
//   ring      short lives from a rolling position, long lives from the top. What
//             was freed last is used again last, so that an instruction seldom
//             waits for the one that still works on its space;
//   best fit  the smallest hole that is large enough;
//   by size   all lives being known, the largest buffers first, each at the
//             lowest address that is free throughout its life.
//
//===----------------------------------------------------------------------===//

#include "SramPlacement.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include <map>
#include <numeric>

using namespace mlir;
using namespace mlir::lane;

StreamLives::StreamLives(StreamOp stream) {
  llvm::DenseMap<Operation *, size_t> number;
  for (InstructionOpInterface op : stream.getBody().getOps<InstructionOpInterface>()) {
    auto at = static_cast<uint32_t>(instructions.size());
    instructions.push_back(op);
    for (Value operand : op->getOperands()) {
      BufferOp buffer = getSramPlace(operand).buffer;
      if (!buffer)
        continue;
      auto [known, fresh] = number.try_emplace(buffer, buffers.size());
      if (fresh)
        buffers.push_back({buffer, buffer.getBytes(), at, at});
      buffers[known->second].last = at;
    }
  }
}

namespace {

/// Lives longer than this many instructions are long: their buffers would stand
/// in the way of the ring.
constexpr uint32_t kLongLife = 256;

/// Free space of SRAM, without bounds above `capacity` where a policy may exceed it.
class FreeSpace {
public:
  explicit FreeSpace(uint64_t capacity) { holes[0] = capacity; }

  /// The first hole at or after `cursor`, going round.
  std::optional<uint64_t> takeNext(uint64_t bytes, uint64_t cursor) {
    // A hole that the cursor stands in counts from the cursor.
    auto it = holes.upper_bound(cursor);
    if (it != holes.begin()) {
      auto before = std::prev(it);
      uint64_t end = before->first + before->second;
      if (end > cursor && end - cursor >= bytes)
        return take(before, cursor, bytes);
    }
    for (auto hole = it; hole != holes.end(); ++hole)
      if (hole->second >= bytes)
        return take(hole, hole->first, bytes);
    for (auto hole = holes.begin(); hole != it; ++hole)
      if (hole->second >= bytes)
        return take(hole, hole->first, bytes);
    return std::nullopt;
  }

  /// The end of the highest hole.
  std::optional<uint64_t> takeHighest(uint64_t bytes) {
    for (auto hole = holes.end(); hole != holes.begin();) {
      --hole;
      if (hole->second >= bytes)
        return take(hole, hole->first + hole->second - bytes, bytes);
    }
    return std::nullopt;
  }

  /// The smallest hole, the lowest of equals.
  std::optional<uint64_t> takeBest(uint64_t bytes) {
    auto best = holes.end();
    for (auto hole = holes.begin(); hole != holes.end(); ++hole)
      if (hole->second >= bytes && (best == holes.end() || hole->second < best->second))
        best = hole;
    if (best == holes.end())
      return std::nullopt;
    return take(best, best->first, bytes);
  }

  void give(uint64_t begin, uint64_t bytes) {
    auto after = holes.lower_bound(begin);
    if (after != holes.end() && after->first == begin + bytes) {
      bytes += after->second;
      after = holes.erase(after);
    }
    if (after != holes.begin()) {
      auto before = std::prev(after);
      if (before->first + before->second == begin) {
        before->second += bytes;
        return;
      }
    }
    holes.emplace(begin, bytes);
  }

private:
  uint64_t take(std::map<uint64_t, uint64_t>::iterator hole, uint64_t begin, uint64_t bytes) {
    uint64_t holeBegin = hole->first, holeEnd = hole->first + hole->second;
    holes.erase(hole);
    if (begin > holeBegin)
      holes[holeBegin] = begin - holeBegin;
    if (begin + bytes < holeEnd)
      holes[begin + bytes] = holeEnd - begin - bytes;
    return begin;
  }

  std::map<uint64_t, uint64_t> holes; // first byte to size
};

/// One attempt: addresses of a group, and how far they reach.
struct Attempt {
  SmallVector<uint64_t> addresses;
  uint64_t extent = 0;
  void add(uint64_t address, uint64_t bytes) {
    addresses.push_back(address);
    extent = std::max(extent, address + bytes);
  }
};

/// Places a group in order of first uses; `choose` takes space for one buffer.
std::optional<Attempt>
placeInOrder(ArrayRef<BufferLife> group, FreeSpace space,
             function_ref<std::optional<uint64_t>(FreeSpace &, const BufferLife &)> choose) {
  SmallVector<size_t> byLast(group.size());
  std::iota(byLast.begin(), byLast.end(), 0);
  llvm::sort(byLast, [&](size_t a, size_t b) { return group[a].last < group[b].last; });
  Attempt attempt;
  size_t expired = 0;
  for (const BufferLife &life : group) {
    // What is to be given back was placed: its life ended before this one's began.
    for (; group[byLast[expired]].last < life.first; ++expired)
      space.give(attempt.addresses[byLast[expired]], group[byLast[expired]].bytes);
    std::optional<uint64_t> address = choose(space, life);
    if (!address)
      return std::nullopt;
    attempt.add(*address, life.bytes);
  }
  return attempt;
}

std::optional<Attempt> placeRing(ArrayRef<BufferLife> group, uint64_t capacity) {
  uint64_t cursor = 0;
  return placeInOrder(group, FreeSpace(capacity), [&](FreeSpace &space, const BufferLife &life) {
    if (life.last - life.first > kLongLife)
      return space.takeHighest(life.bytes);
    std::optional<uint64_t> address = space.takeNext(life.bytes, cursor);
    if (address)
      cursor = *address + life.bytes;
    return address;
  });
}

Attempt placeBestFit(ArrayRef<BufferLife> group) {
  // Room without end: the hole above everything is the largest, so it is taken last.
  return *placeInOrder(
      group, FreeSpace(std::numeric_limits<uint64_t>::max() / 2),
      [](FreeSpace &space, const BufferLife &life) { return space.takeBest(life.bytes); });
}

Attempt placeBySize(ArrayRef<BufferLife> group) {
  SmallVector<size_t> order(group.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::pair(group[b].bytes, a) < std::pair(group[a].bytes, b);
  });
  SmallVector<uint64_t> addresses(group.size());
  SmallVector<size_t> placed; // by address
  for (size_t current : order) {
    const BufferLife &life = group[current];
    uint64_t address = 0;
    for (size_t other : placed) {
      if (group[other].last < life.first || life.last < group[other].first)
        continue;
      if (address + life.bytes <= addresses[other])
        break;
      address = std::max(address, addresses[other] + group[other].bytes);
    }
    addresses[current] = address;
    placed.insert(llvm::upper_bound(placed, address,
                                    [&](uint64_t a, size_t other) { return a < addresses[other]; }),
                  current);
  }
  Attempt attempt;
  for (auto [address, life] : llvm::zip_equal(addresses, group))
    attempt.add(address, life.bytes);
  return attempt;
}

/// The first policy that fits, or the one that comes nearest.
Attempt placeGroup(ArrayRef<BufferLife> group, uint64_t capacity) {
  if (std::optional<Attempt> ring = placeRing(group, capacity))
    return *ring;
  Attempt bestFit = placeBestFit(group);
  if (bestFit.extent <= capacity)
    return bestFit;
  Attempt bySize = placeBySize(group);
  return bySize.extent < bestFit.extent ? bySize : bestFit;
}

/// Most bytes alive at once in a group, and where.
std::pair<uint64_t, uint32_t> findPeak(ArrayRef<BufferLife> group) {
  SmallVector<std::pair<uint32_t, uint64_t>> ends;
  for (const BufferLife &life : group)
    ends.push_back({life.last, life.bytes});
  llvm::sort(ends);
  uint64_t alive = 0, peak = 0;
  uint32_t where = 0;
  size_t expired = 0;
  for (const BufferLife &life : group) {
    for (; ends[expired].first < life.first; ++expired)
      alive -= ends[expired].second;
    alive += life.bytes;
    if (alive > peak) {
      peak = alive;
      where = life.first;
    }
  }
  return {peak, where};
}

} // namespace

Placement lane::placeBuffers(ArrayRef<BufferLife> lives, uint64_t capacity) {
  Placement placement;
  bool fits = true;
  while (!lives.empty()) {
    size_t size = 0;
    uint32_t last = 0;
    do
      last = std::max(last, lives[size++].last);
    while (size < lives.size() && lives[size].first <= last);
    ArrayRef<BufferLife> group = lives.take_front(size);
    lives = lives.drop_front(size);

    if (auto [peak, where] = findPeak(group); peak > placement.peak) {
      placement.peak = peak;
      placement.peakInstruction = where;
    }
    // Where no placement can fit, the policies need not try.
    if (placement.peak > capacity) {
      fits = false;
      placement.extent = std::max(placement.extent, placement.peak);
      continue;
    }
    Attempt attempt = placeGroup(group, capacity);
    placement.extent = std::max(placement.extent, attempt.extent);
    fits &= attempt.extent <= capacity;
    placement.addresses.insert(placement.addresses.end(), attempt.addresses.begin(),
                               attempt.addresses.end());
  }
  if (!fits)
    placement.addresses.clear();
  return placement;
}
