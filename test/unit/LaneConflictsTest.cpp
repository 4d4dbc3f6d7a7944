//===- LaneConflictsTest.cpp - lanes that meet in DRAM ----------------------===//

#include "../../runtime/lib/LaneConflicts.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace dota;

namespace {

std::set<uint64_t> bytesOf(const DramRectangle &r) {
  std::set<uint64_t> bytes;
  for (uint64_t row = 0; row < r.rows; ++row)
    for (uint64_t i = 0; i < r.rowBytes; ++i)
      bytes.insert(r.base + row * r.stride + i);
  return bytes;
}

TEST(LaneConflicts, RectanglesMeetWhereTheyShareAByte) {
  std::mt19937 random(3);
  auto pick = [&](uint64_t least, uint64_t most) {
    return std::uniform_int_distribution<uint64_t>(least, most)(random);
  };
  int met = 0;
  for (int i = 0; i < 20000; ++i) {
    DramRectangle a{pick(0, 60), pick(1, 6), pick(1, 8), pick(0, 20)};
    DramRectangle b{pick(0, 60), pick(1, 6), pick(1, 8), pick(0, 1) ? a.stride : pick(0, 20)};
    std::set<uint64_t> bytes = bytesOf(a);
    bool expected = false;
    for (uint64_t byte : bytesOf(b))
      expected |= bytes.count(byte) != 0;
    met += expected;
    ASSERT_EQ(meet(a, b), expected)
        << a.base << " " << a.rows << " " << a.rowBytes << " " << a.stride << ", " << b.base << " "
        << b.rows << " " << b.rowBytes << " " << b.stride;
    ASSERT_EQ(meet(b, a), expected);
  }
  EXPECT_GT(met, 1000);
  EXPECT_LT(met, 19000);
}

TEST(LaneConflicts, OfStreams) {
  auto store = [](uint64_t dram) {
    return Store{.dram = dram, .rows = 4, .rowBytes = 16, .dramStride = 64};
  };
  auto load = [](uint64_t dram) {
    return Load{.dram = dram, .rows = 4, .rowBytes = 16, .dramStride = 64};
  };
  auto conflict = [](std::vector<std::vector<Instruction>> streams) {
    return lanesConflict(streams);
  };
  // Slices of columns side by side.
  EXPECT_FALSE(conflict({{store(0), Halt{}}, {store(16), Halt{}}, {store(32), Halt{}}}));
  EXPECT_TRUE(conflict({{store(0), Halt{}}, {store(15), Halt{}}}));
  EXPECT_TRUE(conflict({{store(0), Halt{}}, {load(79), Halt{}}}));
  EXPECT_TRUE(conflict({{load(0), Halt{}}, {store(15), Halt{}}}));
  EXPECT_FALSE(conflict({{load(0), Halt{}}, {load(0), Halt{}}}));
  // A lane with itself, and across a barrier.
  EXPECT_FALSE(conflict({{store(0), load(0), store(0), Halt{}}, {Halt{}}}));
  EXPECT_FALSE(conflict({{store(0), Barrier{0}, Halt{}}, {Barrier{0}, load(0), Halt{}}}));
  EXPECT_TRUE(conflict({{store(0), Barrier{0}, store(64), Halt{}}, {Barrier{0}, load(0), Halt{}}}));
  EXPECT_FALSE(
      conflict({{Store{.dram = 0, .rows = 0, .rowBytes = 16}, Halt{}}, {load(0), Halt{}}}));
}

} // namespace
