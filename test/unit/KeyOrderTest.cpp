//===- KeyOrderTest.cpp - every pair once, and the bounds on loads ----------===//

#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Masks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <random>
#include <set>
#include <unordered_map>

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

/// Orders, and asserts what must hold of any schedule; with `more`, of one that may
/// take more steps.
OrderWork orderAndCheck(KeyOrder &order, const Group &g, bool more = false) {
  constexpr uint32_t kUntouched = 0x5a5a5a5a;
  size_t slot = scheduleWords(g.group, g.keep);
  size_t groups = (g.rows + g.group - 1) / g.group;
  std::vector<uint32_t> schedule(groups * slot, kUntouched);
  OrderWork work = order.order(g.ids, g.rows, g.keep, g.keys, g.group, schedule.data());
  EXPECT_EQ(order.order(g.ids, g.rows, g.keep, g.keys, g.group), work) << "counting only";

  OrderWork seen;
  seen.groups = groups;
  for (size_t i = 0; i < groups; ++i) {
    const uint32_t *s = schedule.data() + i * slot;
    uint64_t loads = 0;
    for (size_t r = 0; r < g.group; ++r)
      EXPECT_EQ(s[2 + r], i * g.group + r < g.rows ? i * g.group + r : kNoKey);
    std::set<std::pair<size_t, uint32_t>> visited;
    size_t longest = 0;
    for (uint32_t step = 0; step < s[0]; ++step) {
      std::set<uint32_t> keys;
      for (unsigned r = 0; r < g.group; ++r) {
        uint32_t position = s[2 + g.group + step * g.group + r];
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
    EXPECT_GE(s[0], longest);
    EXPECT_LE(s[0], more ? g.keep : longest);
    EXPECT_EQ(s[1], loads);
    seen.steps += s[0];
    seen.loads += loads;
    seen.kept += visited.size();
    for (size_t w = 2 + g.group + size_t{s[0]} * g.group; w < slot; ++w)
      EXPECT_EQ(s[w], kUntouched);
  }
  EXPECT_EQ(seen, work);
  Counts counts = countOf(g);
  EXPECT_EQ(work.kept, counts.kept);
  EXPECT_GE(work.steps, counts.steps);
  EXPECT_LE(counts.distinct, work.loads);
  EXPECT_LE(work.loads, counts.inOrder);
  EXPECT_LE(counts.inOrder, counts.kept);
  return work;
}

/// The fewest splits by trying everything. How many keys each pattern of four rows
/// has makes up a state: 4 bits a pattern. Splits may all come before the steps, so
/// from a state either a step is taken whose keys are all there, or a key is split.
class Exhaustive {
public:
  static uint64_t keys(unsigned pattern, uint64_t count) { return count << (4 * pattern); }

  unsigned splits(uint64_t state) {
    if (state == 0)
      return 0;
    if (auto it = known_.find(state); it != known_.end())
      return it->second;
    unsigned least = ~0u;
    serve(state, 15, least);
    for (unsigned p = 3; p < 16; ++p)
      if (has(state, p))
        for (unsigned part = (p - 1) & p; part; part = (part - 1) & p)
          if (part < (p & ~part))
            least = std::min(least,
                             1 + splits(state - keys(p, 1) + keys(part, 1) + keys(p & ~part, 1)));
    return known_[state] = least;
  }

private:
  static bool has(uint64_t state, unsigned pattern) { return state >> (4 * pattern) & 15; }
  void serve(uint64_t state, unsigned rest, unsigned &least) {
    if (!rest) {
      least = std::min(least, splits(state));
      return;
    }
    for (unsigned p = rest; p; p = (p - 1) & rest)
      if ((p & rest & (0 - rest)) && has(state, p))
        serve(state - keys(p, 1), rest & ~p, least);
  }
  std::unordered_map<uint64_t, unsigned> known_;
};

/// Calls f with the numbers of keys of the patterns of each group of four rows that
/// keep `keep` keys each.
template <class F>
void forEachHistogram(unsigned keep, F &&f) {
  static constexpr std::array<unsigned, 11> wide = {15, 7, 11, 13, 14, 3, 5, 6, 9, 10, 12};
  std::array<unsigned, 16> counts{};
  std::array<unsigned, 4> left{keep, keep, keep, keep};
  auto visit = [&](auto &self, size_t at) -> void {
    if (at == wide.size()) {
      for (unsigned r = 0; r < 4; ++r)
        counts[1u << r] = left[r];
      f(counts);
      return;
    }
    unsigned most = keep;
    for (unsigned r = 0; r < 4; ++r)
      if (wide[at] >> r & 1)
        most = std::min(most, left[r]);
    for (unsigned n = 0; n <= most; ++n) {
      counts[wide[at]] = n;
      for (unsigned r = 0; r < 4; ++r)
        left[r] -= (wide[at] >> r & 1) * n;
      self(self, at + 1);
      for (unsigned r = 0; r < 4; ++r)
        left[r] += (wide[at] >> r & 1) * n;
    }
  };
  visit(visit, 0);
}

Group groupOf(std::span<const unsigned> patterns, unsigned rows, size_t keep) {
  std::vector<std::vector<uint32_t>> ids(rows);
  uint32_t key = 0;
  for (unsigned p = 1; p < patterns.size(); ++p)
    for (unsigned n = 0; n < patterns[p]; ++n, ++key)
      for (unsigned r = 0; r < rows; ++r)
        if (p >> r & 1)
          ids[r].push_back(key);
  Group g{rows, rows, keep, key, {}};
  for (std::vector<uint32_t> &row : ids) {
    row.resize(keep, kNoKey);
    g.ids.insert(g.ids.end(), row.begin(), row.end());
  }
  return g;
}

Group groupsOf(const Mask &mask, size_t keys, unsigned group) {
  return {group, mask.rows, mask.keep, keys, mask.ids};
}
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
  Exhaustive exhaustive;
  KeyOrder best;
  for (unsigned keep = 1; keep <= 6; ++keep) {
    unsigned groups = 0, split = 0, wrong = 0;
    forEachHistogram(keep, [&](const std::array<unsigned, 16> &counts) {
      uint64_t state = 0;
      unsigned distinct = 0;
      for (unsigned p = 1; p < 16; ++p) {
        state += Exhaustive::keys(p, counts[p]);
        distinct += counts[p];
      }
      const unsigned splits = exhaustive.splits(state);
      const Group g = groupOf(counts, 4, keep);
      wrong += best.order(g.ids, 4, keep, g.keys, 4).loads != distinct + splits;
      if (keep < 5)
        orderAndCheck(best, g);
      ++groups;
      split += splits > 0;
    });
    EXPECT_EQ(wrong, 0u) << "of " << groups;
    constexpr std::array<unsigned, 7> all = {1, 15, 139, 862, 4079, 15791, 52450};
    EXPECT_EQ(groups, all[keep]);
    EXPECT_EQ(split > 0, keep > 1) << "some must need a split for this to say anything";
  }
}

TEST(KeyOrder, FewerRowsThanFourAreFourOfWhichSomeIdle) {
  // The optimum of ragged rows, and of groups that the last rows do not fill.
  std::mt19937 random(4);
  Exhaustive exhaustive;
  KeyOrder best;
  for (int i = 0; i < 1500; ++i) {
    const unsigned group = 1 + i % 8;
    const size_t rows = 1 + random() % std::min(group, 4u), keep = 1 + random() % 5;
    Group g = randomRows(random, group, rows, keep, keep + random() % (keep + 1), i % 3 == 0);
    std::map<uint32_t, unsigned> patterns;
    std::array<size_t, 4> lengths{};
    for (unsigned r = 0; r < rows; ++r)
      for (size_t j = 0; j < keep; ++j)
        if (uint32_t key = g.ids[r * keep + j]; key != kNoKey) {
          patterns[key] |= 1u << r;
          ++lengths[r];
        }
    uint64_t state = 0;
    for (auto [key, pattern] : patterns)
      state += Exhaustive::keys(pattern, 1);
    for (unsigned r = 0; r < 4; ++r)
      state += Exhaustive::keys(1u << r, *std::ranges::max_element(lengths) - lengths[r]);
    EXPECT_EQ(orderAndCheck(best, g).loads, patterns.size() + exhaustive.splits(state));
  }
}

TEST(KeyOrder, BalancedTriplesAreSplitInThree) {
  // Four keys, each wanted by three of four rows: 3 steps, D = 1 with nothing unbalanced.
  Group g{4, 4, 3, 4, {0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3}};
  KeyOrder best;
  EXPECT_EQ(orderAndCheck(best, g), (OrderWork{1, 3, 6, 12}));
}

TEST(KeyOrder, EachRuleIsNoWorseThanTheOneBefore) {
  std::mt19937 random(6);
  KeyOrder best, greedy(OrderRule::Greedy);
  uint64_t bestLoads = 0, greedyLoads = 0;
  auto check = [&](const Group &g) {
    const uint64_t loads = orderAndCheck(best, g).loads;
    const uint64_t others = orderAndCheck(greedy, g).loads;
    EXPECT_LE(loads, others);
    bestLoads += loads;
    greedyLoads += others;
  };
  for (unsigned group : {2, 4, 5, 8})
    for (int i = 0; i < 40; ++i) {
      const size_t keep = 1 + random() % 60;
      check(
          randomRows(random, group, 2 * group + 1, keep, keep + random() % (2 * keep), i % 4 == 0));
    }
  // Dense groups of 8 differ; where nothing need be split, they all find it.
  EXPECT_LT(bestLoads, greedyLoads);
  for (unsigned group : {2, 4, 8})
    for (std::string_view family : MaskFamily::names()) {
      SCOPED_TRACE(testing::Message() << family << " " << group);
      const MaskFamily made{std::string(family), 1};
      check(groupsOf(made.make(1, 128, 128, 26, std::nullopt, 0), 128, group));
      check(groupsOf(made.make(1, 50, 200, 40, 150, 0), 200, group));
      check(groupsOf(made.make(1, 16, 4096, 205, std::nullopt, 0), 4096, group));
    }
}

TEST(KeyOrder, BoundIsAtLeastThatOfAnyFourRows) {
  std::mt19937 random(8);
  KeyOrder best;
  for (int i = 0; i < 12; ++i) {
    const unsigned rows = 5 + i % 4;
    const size_t keep = 12 + random() % 12;
    const Group g = randomRows(random, rows, rows, keep, 2 * keep - i, i % 3 == 0);
    const uint64_t bound = leastLoads(g.ids, g.rows, g.keep, g.keys, g.group);
    EXPECT_LE(bound, orderAndCheck(best, g).loads);
    const uint64_t splits = bound - countOf(g).distinct;
    for (unsigned four = 15; four < 1u << rows; ++four) {
      if (std::popcount(four) != 4)
        continue;
      Group part{4, 4, keep, g.keys, {}};
      for (unsigned r = 0; r < rows; ++r)
        if (four >> r & 1)
          part.ids.insert(part.ids.end(), g.ids.begin() + r * keep, g.ids.begin() + (r + 1) * keep);
      // As many steps as the whole group takes.
      const uint64_t steps = countOf(g).steps;
      if (countOf(part).steps == steps)
        EXPECT_GE(splits,
                  KeyOrder().order(part.ids, 4, keep, g.keys, 4).loads - countOf(part).distinct);
    }
  }
}

TEST(KeyOrder, BoundIsExactForUpToFourRows) {
  std::mt19937 random(9);
  for (int i = 0; i < 50; ++i) {
    const Group g = randomRows(random, 1 + i % 4, 9, 8, 12, i % 2);
    EXPECT_EQ(leastLoads(g.ids, g.rows, g.keep, g.keys, g.group),
              KeyOrder().order(g.ids, g.rows, g.keep, g.keys, g.group).loads);
  }
}

TEST(KeyOrder, GroupsOfEightAreNearTheBound) {
  // Some groups of masks that keep a fifth of the keys; what is not here reaches its
  // distinct keys. And of masks that keep half, where splits are many.
  struct Near {
    const char *family;
    unsigned keys, keep, everyGroup, perMille;
  };
  for (const Near &near : {Near{"uniform", 1024, 205, 8, 0}, Near{"causal", 1024, 205, 8, 8},
                           Near{"lowrank", 1024, 205, 8, 0}, Near{"causal", 384, 77, 3, 10},
                           Near{"smooth", 384, 77, 12, 3}, Near{"uniform", 384, 192, 16, 40}}) {
    SCOPED_TRACE(testing::Message() << near.family << " " << near.keep << " of " << near.keys);
    const size_t keys = near.keys, keep = near.keep;
    const Mask mask = MaskFamily{near.family, 1}.make(1, keys, keys, keep, std::nullopt, 0);
    uint64_t loads = 0, bound = 0;
    KeyOrder best;
    for (size_t first = 0; first < keys; first += 8 * near.everyGroup) {
      const auto ids = mask.rowsOf(0, first, 8);
      loads += orderAndCheck(best, {8, 8, keep, keys, {ids.begin(), ids.end()}}).loads;
      bound += leastLoads(ids, 8, keep, keys, 8);
    }
    EXPECT_LE(bound, loads);
    EXPECT_LE(1000 * loads, (1000 + near.perMille) * bound);
  }
}

TEST(KeyOrder, WindowsAreOrderedByThemselves) {
  std::mt19937 random(7);
  for (OrderRule rule : {OrderRule::Greedy, OrderRule::Best})
    for (unsigned group : {1, 3, 4, 8})
      for (uint32_t window : {1, 2, 5, 12, 13}) {
        KeyOrder order(OrderOptions{.rule = rule, .window = window});
        Group g = randomRows(random, group, 2 * group - 1, 12, 30, window % 2);
        const OrderWork work = orderAndCheck(order, g);
        // Each window of the rows as if there were nothing else.
        uint64_t loads = 0;
        for (size_t from = 0; from < g.keep; from += window) {
          Group part{group, g.rows, std::min<size_t>(window, g.keep - from), g.keys, {}};
          for (size_t r = 0; r < g.rows; ++r)
            part.ids.insert(part.ids.end(), g.ids.begin() + r * g.keep + from,
                            g.ids.begin() + r * g.keep + from + part.keep);
          loads += KeyOrder(rule).order(part.ids, g.rows, part.keep, g.keys, group).loads;
        }
        EXPECT_EQ(work.loads, loads);
        if (window == 1)
          EXPECT_EQ(loads, countOf(g).inOrder);
      }
}

TEST(KeyOrder, MoreStepsWhereTheyPay) {
  // As above, four keys that three rows want each. Three steps take two splits; a
  // fourth takes none, and the schedule has room for it.
  const Group g{4, 4, 4, 4, {0, 1, 2, kNoKey, 0, 1, 3, kNoKey, 0, 2, 3, kNoKey, 1, 2, 3, kNoKey}};
  auto work = [](const Group &g, double reloadSteps, uint32_t window = 0) {
    KeyOrder order(OrderOptions{.window = window, .reloadSteps = reloadSteps});
    return orderAndCheck(order, g, true);
  };
  EXPECT_EQ(work(g, 0), (OrderWork{1, 3, 6, 12}));
  EXPECT_EQ(work(g, 0.5), (OrderWork{1, 3, 6, 12})) << "two reloads cost as much as a step";
  EXPECT_EQ(work(g, 0.51), (OrderWork{1, 4, 4, 12}));
  EXPECT_EQ(work(g, 2), (OrderWork{1, 4, 4, 12}));
  const Group full{4, 4, 3, 4, {0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3}};
  EXPECT_EQ(work(full, 2), (OrderWork{1, 3, 6, 12})) << "the schedule has no room";
  // Three rows that share a key two by two: a split, or a third step.
  const Group pairs{4, 4, 3, 9, {0, 1, kNoKey, 0, 2, kNoKey, 1, 2, kNoKey, 3, 4, kNoKey}};
  EXPECT_EQ(work(pairs, 0), (OrderWork{1, 2, 6, 8}));
  EXPECT_EQ(work(pairs, 1), (OrderWork{1, 2, 6, 8}));
  EXPECT_EQ(work(pairs, 1.01), (OrderWork{1, 3, 5, 8}));
  // What one window takes, the next has not.
  std::vector<uint32_t> twice;
  for (unsigned r = 0; r < 4; ++r) {
    for (uint32_t base : {0, 4})
      for (unsigned i = 0; i < 3; ++i)
        twice.push_back(base + full.ids[r * 3 + i]);
    twice.push_back(kNoKey);
  }
  EXPECT_EQ(work({4, 4, 7, 8, twice}, 2, 3), (OrderWork{1, 7, 10, 24}));
}

TEST(KeyOrder, DeterministicAndReusable) {
  std::mt19937 random(5);
  KeyOrder used;
  for (int i = 0; i < 20; ++i) {
    Group g = randomRows(random, 1 + i % 8, 9, 6 + i, 64, true);
    size_t words = (9 + g.group - 1) / g.group * scheduleWords(g.group, g.keep);
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
