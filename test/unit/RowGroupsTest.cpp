//===- RowGroupsTest.cpp - grouping rows never loses ------------------------===//

#include "dota/runtime/RowGroups.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Masks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace dota;

namespace {
std::vector<uint32_t> permuted(const Mask &mask, std::span<const uint32_t> order) {
  std::vector<uint32_t> ids;
  for (uint32_t row : order) {
    const auto from = mask.rowsOf(0, row, 1);
    ids.insert(ids.end(), from.begin(), from.end());
  }
  return ids;
}
} // namespace

TEST(RowGroups, CountingBitsIsCountingLoads) {
  std::mt19937 random(1);
  KeyOrder scheduler;
  unsigned split = 0;
  for (int i = 0; i < 2000; ++i) {
    const size_t rows = 1 + i % 4, keys = 1 + random() % 150, keep = keys;
    std::vector<uint32_t> ids;
    const unsigned dense = 1 + random() % 8;
    for (size_t r = 0; r < rows; ++r) {
      for (uint32_t key = 0; key < keys; ++key)
        if (random() % 8 < dense)
          ids.push_back(key);
      ids.resize((r + 1) * keep, kNoKey);
    }
    const OrderWork work = scheduler.order(ids, rows, keep, keys, 4);
    const KeyBits bits(ids, rows, keep, keys);
    std::vector<uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(workOf(bits, all), work);
    std::ranges::sort(ids);
    split += work.loads > static_cast<size_t>(std::ranges::unique(ids).begin() - ids.begin());
  }
  EXPECT_GT(split, 20u) << "some must have needed a split for this to say anything";
}

TEST(RowGroups, PermutesAndNeverLoses) {
  for (std::string_view family : MaskFamily::names())
    for (unsigned group : {1, 3, 4, 8})
      for (size_t tile : {0, 8, 30, 64}) {
        SCOPED_TRACE(testing::Message() << family << " " << group << " " << tile);
        constexpr size_t kRows = 98, kKeys = 120, kKeep = 20;
        const Mask mask =
            MaskFamily{std::string(family), 2}.make(1, kRows, kKeys, kKeep, std::nullopt, 0);
        const RowGroups groups = groupRows(mask.ids, kRows, kKeep, kKeys, group, tile);
        const OrderWork before = KeyOrder().order(mask.ids, kRows, kKeep, kKeys, group);
        const OrderWork after =
            KeyOrder().order(permuted(mask, groups.order), kRows, kKeep, kKeys, group);
        EXPECT_EQ(groups.before, before);
        EXPECT_EQ(groups.after, after);
        EXPECT_LE(after.loads, before.loads);
        EXPECT_LE(after.steps, before.steps);
        EXPECT_EQ(groupRows(mask.ids, kRows, kKeep, kKeys, group, tile).order, groups.order);
        // Rows stay in their tile.
        const size_t size = tile ? (tile + group - 1) / group * group : kRows;
        std::vector<uint32_t> sorted = groups.order;
        for (size_t first = 0; first < kRows; first += size)
          std::sort(sorted.begin() + first, sorted.begin() + std::min(first + size, kRows));
        std::vector<uint32_t> all(kRows);
        std::iota(all.begin(), all.end(), 0);
        EXPECT_EQ(sorted, all);
      }
}

TEST(RowGroups, GainsWhereRowsAreAlike) {
  // Relative to the rows as they are: much where alike rows are apart, little where
  // they stand together already.
  auto gain = [](std::string_view family, size_t tile) {
    const Mask mask = MaskFamily{std::string(family), 1}.make(1, 1024, 1024, 102, std::nullopt, 0);
    const RowGroups groups = groupRows(mask.ids, 1024, 102, 1024, 4, tile);
    return 1 - double(groups.after.loads) / double(groups.before.loads);
  };
  EXPECT_GT(gain("lowrank", 64), 0.22);
  EXPECT_GT(gain("lowrank", 256), 0.30);
  EXPECT_GT(gain("clustered", 64), 0.08);
  EXPECT_LT(gain("bigbird", 64), 0.02);
}

TEST(RowGroups, TakesTheRowThatSharesMost) {
  // Rows 0 and 2 are the same, and so are 1 and 3.
  const std::vector<uint32_t> ids = {0, 1, 2, 3, 0, 1, 2, 3};
  const RowGroups groups = groupRows(ids, 4, 2, 4, 2);
  EXPECT_THAT(groups.order, testing::ElementsAre(0, 2, 1, 3));
  EXPECT_EQ(groups.before, (OrderWork{2, 4, 8, 8}));
  EXPECT_EQ(groups.after, (OrderWork{2, 4, 4, 8}));
  EXPECT_THAT(groupRows(ids, 4, 2, 4, 2, 2).order, testing::ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(groupRows({}, 0, 2, 4, 2).order.empty());
}

TEST(RowGroups, NoStepIsAdded) {
  // Each long row with the short one that it holds: 6 loads instead of 8, but 6 steps
  // instead of 4.
  const uint32_t no = kNoKey;
  const std::vector<uint32_t> ids = {0, 1, 2, 3, 4, 5, 0, no, no, 3, no, no};
  const RowGroups groups = groupRows(ids, 4, 3, 6, 2);
  EXPECT_THAT(groups.order, testing::ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(groups.after, (OrderWork{2, 4, 8, 8}));
}

TEST(RowGroups, RefusesWhatIsNoGroup) {
  const std::vector<uint32_t> ids = {0, 1, 2, 4};
  EXPECT_THROW(groupRows(ids, 2, 2, 4, 2), Error);
  EXPECT_THROW(groupRows(ids, 2, 2, 5, 9), Error);
  EXPECT_THROW(KeyBits(ids, 2, 2, 4), Error);
  const KeyBits bits(ids, 2, 2, 5);
  EXPECT_EQ(bits.rows(), 2u);
  const std::vector<uint32_t> five = {0, 1, 0, 1, 0};
  EXPECT_THROW(workOf(bits, five), Error);
}
