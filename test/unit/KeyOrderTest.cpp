//===- KeyOrderTest.cpp - every pair once, and the bounds on loads ----------===//

#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace dota;

namespace {
struct Group {
  unsigned group;
  size_t rows, keep, keys;
  std::vector<uint32_t> ids;
};

/// Rows keep up to `keep` of the first `spread` keys; `ragged` rows keep fewer.
Group randomRows(std::mt19937 &random, unsigned group, size_t rows, size_t keep, size_t keys,
                 bool ragged) {
  Group g{group, rows, keep, keys, {}};
  for (size_t r = 0; r < rows; ++r) {
    std::vector<uint32_t> all(keys);
    for (size_t k = 0; k < keys; ++k)
      all[k] = static_cast<uint32_t>(k);
    std::shuffle(all.begin(), all.end(), random);
    size_t n = std::min(keep, keys);
    if (ragged)
      n = random() % (n + 1);
    std::sort(all.begin(), all.begin() + n);
    for (size_t i = 0; i < keep; ++i)
      g.ids.push_back(i < n ? all[i] : kNoKey);
  }
  return g;
}

struct Counts {
  uint64_t distinct = 0, inOrder = 0, kept = 0, steps = 0;
};

/// What the ids themselves say, counted the slow way.
Counts countOf(const Group &g) {
  Counts counts;
  for (size_t first = 0; first < g.rows; first += g.group) {
    std::set<uint32_t> distinct;
    std::map<size_t, std::set<uint32_t>> steps;
    for (size_t r = first; r < std::min(g.rows, first + g.group); ++r)
      for (size_t i = 0; i < g.keep; ++i)
        if (uint32_t key = g.ids[r * g.keep + i]; key != kNoKey) {
          distinct.insert(key);
          steps[i].insert(key);
          ++counts.kept;
        }
    counts.distinct += distinct.size();
    counts.steps += steps.size();
    for (auto &[step, keys] : steps)
      counts.inOrder += keys.size();
  }
  return counts;
}

/// Orders, and asserts what must hold of any schedule.
OrderWork orderAndCheck(KeyOrder &order, const Group &g) {
  constexpr uint32_t kUntouched = 0x5a5a5a5a;
  size_t slot = 2 + g.group * g.keep;
  size_t groups = (g.rows + g.group - 1) / g.group;
  std::vector<uint32_t> schedule(groups * slot, kUntouched);
  OrderWork work = order.order(g.ids, g.rows, g.keep, g.keys, g.group, schedule.data());
  EXPECT_EQ(order.order(g.ids, g.rows, g.keep, g.keys, g.group), work) << "counting only";

  OrderWork seen;
  seen.groups = groups;
  for (size_t i = 0; i < groups; ++i) {
    const uint32_t *s = schedule.data() + i * slot;
    uint64_t loads = 0;
    std::set<std::pair<size_t, uint32_t>> visited;
    size_t longest = 0;
    for (uint32_t step = 0; step < s[0]; ++step) {
      std::set<uint32_t> keys;
      for (unsigned r = 0; r < g.group; ++r) {
        uint32_t position = s[2 + step * g.group + r];
        if (position == kNoKey)
          continue;
        size_t row = i * g.group + r;
        EXPECT_LT(row, g.rows);
        EXPECT_LT(position, g.keep);
        uint32_t key = g.ids[row * g.keep + position];
        EXPECT_NE(key, kNoKey);
        EXPECT_TRUE(visited.insert({row, key}).second) << "visited twice";
        keys.insert(key);
      }
      loads += keys.size();
    }
    for (size_t row = i * g.group; row < std::min(g.rows, (i + 1) * g.group); ++row) {
      auto begin = g.ids.begin() + row * g.keep;
      longest = std::max<size_t>(longest, g.keep - std::count(begin, begin + g.keep, kNoKey));
    }
    EXPECT_EQ(s[0], longest);
    EXPECT_EQ(s[1], loads);
    seen.steps += s[0];
    seen.loads += loads;
    seen.kept += visited.size();
    for (size_t w = 2 + size_t{s[0]} * g.group; w < slot; ++w)
      EXPECT_EQ(s[w], kUntouched);
  }
  EXPECT_EQ(seen, work);
  Counts counts = countOf(g);
  EXPECT_EQ(work.kept, counts.kept);
  EXPECT_EQ(work.steps, counts.steps);
  EXPECT_LE(counts.distinct, work.loads);
  EXPECT_LE(work.loads, counts.inOrder);
  EXPECT_LE(counts.inOrder, counts.kept);
  return work;
}

/// The fewest loads by trying everything: keys left to each pattern -> loads.
struct Exhaustive {
  using State = std::array<uint8_t, 16>;
  std::map<State, unsigned> known;

  unsigned best(const State &state, unsigned steps) {
    if (steps == 0)
      return 0;
    if (auto it = known.find(state); it != known.end())
      return it->second;
    unsigned least = ~0u;
    serve(state, 15, 0, steps, least);
    return known[state] = least;
  }
  /// Serves the rows of `rest` in this step; `state` has what was served taken out.
  void serve(const State &state, unsigned rest, unsigned loads, unsigned steps, unsigned &least) {
    if (!rest) {
      least = std::min(least, loads + best(state, steps - 1));
      return;
    }
    unsigned lowest = rest & -rest;
    for (unsigned part = rest; part; part = (part - 1) & rest)
      if (part & lowest)
        for (unsigned p = part; p < 16; ++p)
          if ((p & part) == part && state[p]) {
            State next = state;
            --next[p];
            if (p != part)
              ++next[p & ~part];
            serve(next, rest & ~part, loads + 1, steps, least);
          }
  }
};
} // namespace

TEST(KeyOrder, VisitsEveryPairOnceWithinTheBounds) {
  std::mt19937 random(1);
  for (OrderRule rule : {OrderRule::InOrder, OrderRule::Greedy, OrderRule::Best}) {
    KeyOrder order(rule);
    for (unsigned group = 1; group <= kMaxGroup; ++group)
      for (size_t keep : {0, 1, 2, 7, 20, 40})
        for (bool ragged : {false, true})
          for (size_t keys : {keep + 1, 2 * keep + 3, 10 * keep + 8}) {
            SCOPED_TRACE(testing::Message() << "group " << group << " keep " << keep << " keys "
                                            << keys << " ragged " << ragged);
            orderAndCheck(order, randomRows(random, group, 3 * group - 1, keep, keys, ragged));
          }
  }
}

TEST(KeyOrder, InOrderIsCountedAsItIs) {
  std::mt19937 random(2);
  KeyOrder order(OrderRule::InOrder);
  for (int i = 0; i < 20; ++i) {
    Group g = randomRows(random, 4, 10, 12, 30, i % 2);
    EXPECT_EQ(orderAndCheck(order, g).loads, countOf(g).inOrder);
  }
}

TEST(KeyOrder, IdenticalRowsCostOneRow) {
  for (OrderRule rule : {OrderRule::InOrder, OrderRule::Greedy, OrderRule::Best}) {
    KeyOrder order(rule);
    for (unsigned group = 1; group <= kMaxGroup; ++group) {
      Group g{group, group, 5, 100, {}};
      for (unsigned r = 0; r < group; ++r)
        g.ids.insert(g.ids.end(), {3, 17, 18, 60, 99});
      EXPECT_EQ(orderAndCheck(order, g), (OrderWork{1, 5, 5, 5 * uint64_t{group}}));
    }
  }
}

TEST(KeyOrder, SharesAcrossPositions) {
  // In order: 1|2, 2|3, 3|4 make 6 loads; reordered 2 and 3 are shared.
  Group g{2, 2, 3, 8, {1, 2, 3, 2, 3, 4}};
  KeyOrder inOrder(OrderRule::InOrder), best;
  EXPECT_EQ(orderAndCheck(inOrder, g).loads, 6u);
  EXPECT_EQ(orderAndCheck(best, g).loads, 4u);
}

TEST(KeyOrder, GreedyIsOptimalWhereNothingIsSplit) {
  std::mt19937 random(3);
  KeyOrder greedy(OrderRule::Greedy), best(OrderRule::Best);
  for (int i = 0; i < 200; ++i) {
    Group g = randomRows(random, 1 + i % 4, 4, 10, 60, i % 3 == 0);
    uint64_t fewest = orderAndCheck(best, g).loads;
    EXPECT_LE(fewest, orderAndCheck(greedy, g).loads);
    if (fewest == countOf(g).distinct)
      EXPECT_EQ(orderAndCheck(greedy, g).loads, fewest);
  }
}

TEST(KeyOrder, BestIsTheOptimumOfUpToFourRows) {
  std::mt19937 random(4);
  KeyOrder best;
  Exhaustive exhaustive;
  unsigned split = 0;
  for (int i = 0; i < 1500; ++i) {
    unsigned rows = 1 + i % 4;
    size_t keep = 1 + random() % 5;
    Group g = randomRows(random, rows, rows, keep, keep + random() % (keep + 1), i % 3 == 0);
    size_t longest = 0;
    Exhaustive::State state{};
    std::map<uint32_t, unsigned> patterns;
    std::array<size_t, 4> lengths{};
    for (unsigned r = 0; r < rows; ++r)
      for (size_t j = 0; j < keep; ++j)
        if (uint32_t key = g.ids[r * keep + j]; key != kNoKey) {
          patterns[key] |= 1u << r;
          longest = std::max(longest, ++lengths[r]);
        }
    for (auto [key, pattern] : patterns)
      ++state[pattern];
    // Idle slots are keys that load nothing.
    uint64_t idle = 0;
    for (unsigned r = 0; r < 4; ++r) {
      state[1u << r] += static_cast<uint8_t>(longest - lengths[r]);
      idle += longest - lengths[r];
    }
    uint64_t loads = orderAndCheck(best, g).loads;
    EXPECT_EQ(loads + idle, exhaustive.best(state, static_cast<unsigned>(longest)));
    split += loads > patterns.size();
  }
  EXPECT_GT(split, 20u) << "some must have needed a split for this to say anything";
}

TEST(KeyOrder, BalancedTriplesAreSplitInThree) {
  // Four keys, each wanted by three of four rows: 3 steps, D = 1 with nothing unbalanced.
  Group g{4, 4, 3, 4, {0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3}};
  KeyOrder best;
  EXPECT_EQ(orderAndCheck(best, g), (OrderWork{1, 3, 6, 12}));
}

TEST(KeyOrder, DeterministicAndReusable) {
  std::mt19937 random(5);
  KeyOrder used;
  for (int i = 0; i < 20; ++i) {
    Group g = randomRows(random, 1 + i % 8, 9, 6 + i, 64, true);
    size_t words = (9 + g.group - 1) / g.group * (2 + g.group * g.keep);
    std::vector<uint32_t> a(words), b(words);
    used.order(g.ids, g.rows, g.keep, g.keys, g.group, a.data());
    KeyOrder().order(g.ids, g.rows, g.keep, g.keys, g.group, b.data());
    EXPECT_EQ(a, b);
  }
}

TEST(KeyOrder, RefusesBrokenIds) {
  KeyOrder order;
  auto message = [&](std::vector<uint32_t> ids, size_t rows, size_t keep, unsigned group) {
    try {
      order.order(ids, rows, keep, 10, group);
    } catch (const Error &error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message({1, 2, 3, 10}, 2, 2, 2), "row 1 keeps key 10; there are 10 keys");
  EXPECT_EQ(message({1, 2, 3, 3}, 2, 2, 2), "row 1 keeps key 3 after key 3; ids must ascend");
  EXPECT_EQ(message({kNoKey, 2}, 1, 2, 2), "row 0 keeps key 2 after an empty slot");
  EXPECT_EQ(message({1, 2}, 1, 2, 9), "a group has 9 rows; 1 to 8 can share a load");
  EXPECT_EQ(message({1, 2}, 1, 2, 0), "a group has 0 rows; 1 to 8 can share a load");
  EXPECT_EQ(message({1, 2, 3}, 1, 2, 1), "3 ids for 1 rows of 2");
  // The scheduler is as good as new afterwards.
  EXPECT_EQ(order.order(std::vector<uint32_t>{1, 2, 1, 2}, 2, 2, 10, 2), (OrderWork{1, 2, 2, 4}));
}
