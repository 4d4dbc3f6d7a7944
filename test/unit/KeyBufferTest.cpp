//===- KeyBufferTest.cpp - key vectors that stay in the RMMU ----------------===//

#include "dota/runtime/KeyBuffer.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Schedule.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace dota;

namespace {

/// Steps of keys, group by group.
using Groups = std::vector<std::vector<std::vector<uint32_t>>>;

uint64_t hitsOf(const Groups &groups, const KeyBuffer &buffer, unsigned group = 4) {
  KeyLoads loads;
  for (const auto &steps : groups) {
    loads.beginGroup();
    for (const auto &keys : steps)
      loads.addStep(keys);
  }
  return loads.hits(buffer, group);
}

TEST(KeyBuffer, ByHand) {
  // One group at a time: 1 2 | 3 1 | 2 3, in each step ascending: 1 2 1 3 2 3.
  const Groups one{{{2, 1}, {3, 1}, {2, 3}}};
  EXPECT_EQ(hitsOf(one, {.vectors = 0, .peRows = 4}), 0u);
  EXPECT_EQ(hitsOf(one, {.vectors = 1, .peRows = 4}), 0u);
  // 1 stays while 2 comes; 2 has gone when 3 came; 3 is the one before.
  EXPECT_EQ(hitsOf(one, {.vectors = 2, .peRows = 4}), 2u);
  EXPECT_EQ(hitsOf(one, {.vectors = 3, .peRows = 4}), 3u);
  // Two groups side by side: 1, 2 | 2, 3 | 1: the second finds 2, the third step nothing.
  const Groups two{{{1}, {2}, {1}}, {{2}, {3}}};
  EXPECT_EQ(hitsOf(two, {.vectors = 2, .peRows = 8}), 1u);
  EXPECT_EQ(hitsOf(two, {.vectors = 3, .peRows = 8}), 2u);
  // One after the other: 1 2 1 2 3.
  EXPECT_EQ(hitsOf(two, {.vectors = 2, .peRows = 7}), 2u);
  EXPECT_EQ(hitsOf({}, {.vectors = 2, .peRows = 8}), 0u);
}

struct MaskCase {
  size_t rows, keep, keys;
  std::vector<uint32_t> ids;
};

MaskCase random(unsigned seed) {
  std::mt19937 random(seed);
  MaskCase c{1 + random() % 40, 1 + random() % 8, 8 + random() % 24, {}};
  for (size_t row = 0; row < c.rows; ++row) {
    std::set<uint32_t> kept;
    const size_t count = random() % (c.keep + 1);
    while (kept.size() < count)
      kept.insert(random() % c.keys);
    c.ids.insert(c.ids.end(), kept.begin(), kept.end());
    c.ids.resize((row + 1) * c.keep, kNoKey);
  }
  return c;
}

OrderWork followed(const MaskCase &c, unsigned group, const std::vector<uint32_t> &words,
                   const KeyBuffer &buffer) {
  Schedule schedule(c.ids, words, c.rows, c.keep, c.keys, group, "schedule", std::nullopt, buffer);
  schedule.forEachRow([](size_t, auto, auto) {});
  return schedule.work();
}

TEST(KeyBuffer, WhatIsOrderedIsWhatIsFollowed) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const MaskCase c = random(seed);
    const unsigned group = 1 + seed % 8;
    const std::set<uint32_t> all(c.ids.begin(), c.ids.end());
    const uint64_t distinct = all.size() - all.count(kNoKey);
    std::vector<uint32_t> plain((c.rows + group - 1) / group * scheduleWords(group, c.keep));
    const OrderWork without = KeyOrder().order(c.ids, c.rows, c.keep, c.keys, group, plain.data());
    uint64_t previous = 0;
    for (unsigned vectors : {1u, 2u, 4u, 8u, 32u}) {
      const KeyBuffer buffer{.vectors = vectors, .peRows = 16};
      std::vector<uint32_t> words(plain.size());
      KeyOrder scheduler(OrderOptions{.buffer = buffer});
      const OrderWork work = scheduler.order(c.ids, c.rows, c.keep, c.keys, group, words.data());
      // The order of steps changes neither them nor the loads.
      EXPECT_EQ(work.loads, without.loads);
      EXPECT_EQ(work.steps, without.steps);
      EXPECT_EQ(scheduler.order(c.ids, c.rows, c.keep, c.keys, group), work);
      EXPECT_EQ(followed(c, group, words, buffer), work);
      // Never worse than without; a larger buffer holds what a smaller one does.
      const uint64_t asItWas = followed(c, group, plain, buffer).hits;
      EXPECT_GE(work.hits, asItWas);
      EXPECT_GE(asItWas, previous);
      previous = asItWas;
      EXPECT_LE(work.hits, work.loads - distinct);
      if (vectors == 32) {
        EXPECT_EQ(work.hits, work.loads - distinct) << "room for all keys";
      }
    }
  }
}

TEST(KeyBuffer, StepsOfManyGroupsMeet) {
  // Two groups of one row, side by side, want the same keys; the second's order is
  // that of its ids in any case, so they meet in every step.
  const std::vector<uint32_t> ids{1, 4, 6, 1, 4, 6};
  const OrderOptions options{.buffer = {.vectors = 1, .peRows = 2}};
  EXPECT_EQ(KeyOrder(options).order(ids, 2, 3, 8, 1).hits, 3u);
  // In groups of two, keys that both want come first: 5 | 2,3 and 2 | 3,5. Sorted by the
  // least key: 2,3 | 5 and 2 | 3,5 meet in 2.
  const std::vector<uint32_t> pairs{2, 5, 3, 5, 2, 3, 2, 5};
  const OrderOptions four{.buffer = {.vectors = 4, .peRows = 4}};
  const OrderOptions none{.buffer = {.vectors = 0, .peRows = 4}};
  EXPECT_GT(KeyOrder(four).order(pairs, 4, 2, 8, 2).hits, 0u);
  EXPECT_EQ(KeyOrder(none).order(pairs, 4, 2, 8, 2).hits, 0u);
}

} // namespace
