//===- KeyOrder.cpp - the order in which a group of rows visits its keys ----===//
//
// Each key of a group has a *pattern*: the set of rows that want it. Keys of one
// pattern are interchangeable, so a plan is made on the numbers of keys a pattern
// has, in runs of equal steps, and the keys are filled in afterwards. A row that is
// shorter than the longest has free idle slots, which count as keys of its own.
//
// A step serves every row once: it is a partition of the rows into patterns. A key
// may be split: some of its rows are served now, it returns under the pattern of
// the others and is loaded again later.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>

using namespace dota;

namespace {
/// Origin of a range of idle slots: no key has the empty pattern.
constexpr uint32_t kIdle = 0;

/// The patterns of groups of 0 to 8 rows: wide ones first, those of one width in
/// ascending order.
constexpr auto widestFirst = [] {
  std::array<std::array<uint8_t, 255>, kMaxGroup + 1> tables{};
  for (int group = 1; group <= int{kMaxGroup}; ++group) {
    size_t n = 0;
    for (int width = group; width >= 1; --width)
      for (unsigned p = 1; p < 1u << group; ++p)
        if (std::popcount(p) == width)
          tables[group][n++] = static_cast<uint8_t>(p);
  }
  return tables;
}();
} // namespace

/// Rows are `keep` slots each; sets the lengths and the longest.
void KeyOrder::check(const uint32_t *ids, size_t firstRow, size_t keep, size_t keys) {
  longest_ = 0;
  for (unsigned r = 0; r < rows_; ++r) {
    const uint32_t *row = ids + r * keep;
    size_t n = 0;
    uint32_t previous = 0;
    for (; n < keep && row[n] != kNoKey; ++n) {
      if (row[n] >= keys)
        throw Error(
            fmt::format("row {} keeps key {}; there are {} keys", firstRow + r, row[n], keys));
      if (n && row[n] <= previous)
        throw Error(fmt::format("row {} keeps key {} after key {}; ids must ascend", firstRow + r,
                                row[n], previous));
      previous = row[n];
    }
    for (size_t i = n; i < keep; ++i)
      if (row[i] != kNoKey)
        throw Error(fmt::format("row {} keeps key {} after an empty slot", firstRow + r, row[i]));
    lengths_[r] = static_cast<uint32_t>(n);
    longest_ = std::max(longest_, lengths_[r]);
  }
}

/// Sorts the keys into the lists of their patterns.
void KeyOrder::collect(const uint32_t *ids, size_t keep, bool positions) {
  const uint32_t patterns = 1u << rows_;
  for (unsigned r = 0; r < rows_; ++r) {
    const uint32_t *row = ids + r * keep;
    for (uint32_t i = 0; i < lengths_[r]; ++i)
      wantedBy_[row[i]] |= static_cast<uint8_t>(1u << r);
  }
  for (unsigned r = 0; r < rows_; ++r) {
    const uint32_t *row = ids + r * keep;
    std::fill_n(counts_[r], patterns, 0);
    for (uint32_t i = 0; i < lengths_[r]; ++i)
      ++counts_[r][wantedBy_[row[i]]];
    uint32_t start = 0;
    for (uint32_t p = 0; p < patterns; ++p) {
      starts_[r][p] = start;
      start += counts_[r][p];
    }
  }
  if (positions) {
    for (unsigned r = 0; r < rows_; ++r) {
      const uint32_t *row = ids + r * keep;
      uint32_t *sorted = positions_.data() + r * keep;
      uint32_t next[1 << kMaxGroup];
      std::copy_n(starts_[r], patterns, next);
      for (uint32_t i = 0; i < lengths_[r]; ++i)
        sorted[next[wantedBy_[row[i]]]++] = i;
    }
  }
  for (unsigned r = 0; r < rows_; ++r) {
    const uint32_t *row = ids + r * keep;
    for (uint32_t i = 0; i < lengths_[r]; ++i)
      wantedBy_[row[i]] = 0;
  }
}

/// Begins a plan: no step is taken, every key is in the list of its pattern. Fewer
/// than four rows are four of which some idle.
void KeyOrder::fillLists() {
  const unsigned rows = std::max(rows_, 4u);
  ranges_.clear();
  plan_.clear();
  step_ = loads_ = distinct_ = 0;
  for (uint32_t p = 0; p < 1u << rows; ++p)
    lists_[p] = {kNoKey, kNoKey, 0};
  // Each row of a pattern counts the same keys in it; the lowest speaks for all.
  for (unsigned r = 0; r < rows_; ++r)
    for (uint32_t p = 1u << r; p < 1u << rows_; p += 2u << r) {
      append(p, p, 0, counts_[r][p]);
      distinct_ += counts_[r][p];
    }
  for (unsigned r = 0; r < rows; ++r)
    append(1u << r, kIdle, 0, longest_ - (r < rows_ ? lengths_[r] : 0));
}

void KeyOrder::append(uint32_t pattern, uint32_t origin, uint32_t first, uint32_t count) {
  if (count == 0)
    return;
  List &list = lists_[pattern];
  list.count += count;
  if (list.tail != kNoKey) {
    Range &tail = ranges_[list.tail];
    if (tail.origin == origin && tail.first + tail.count == first) {
      tail.count += count;
      return;
    }
    tail.next = static_cast<uint32_t>(ranges_.size());
  } else {
    list.head = static_cast<uint32_t>(ranges_.size());
  }
  list.tail = static_cast<uint32_t>(ranges_.size());
  ranges_.push_back({origin, first, count, kNoKey});
}

/// The first keys of a list, at most so many, as far as they stand together.
KeyOrder::Range KeyOrder::take(uint32_t pattern, uint32_t atMost) {
  List &list = lists_[pattern];
  Range &head = ranges_[list.head];
  Range taken = head;
  taken.count = std::min(head.count, atMost);
  head.first += taken.count;
  head.count -= taken.count;
  list.count -= taken.count;
  if (head.count == 0) {
    list.head = head.next;
    if (list.head == kNoKey)
      list.tail = kNoKey;
  }
  return taken;
}

/// Splits keys of a pattern: they are wanted by `part` and, once more, by the rest.
void KeyOrder::split(uint32_t pattern, uint32_t part, uint32_t count) {
  while (count) {
    Range keys = take(pattern, count);
    append(part, keys.origin, keys.first, keys.count);
    append(pattern & ~part, keys.origin, keys.first, keys.count);
    count -= keys.count;
  }
}

/// Plans `count` steps that each serve one key of every given pattern.
void KeyOrder::serve(std::span<const uint32_t> patterns, uint32_t count) {
  while (count) {
    uint32_t steps = count;
    for (uint32_t p : patterns)
      steps = std::min(steps, ranges_[lists_[p].head].count);
    for (uint32_t p : patterns) {
      Range keys = take(p, steps);
      if (keys.origin == kIdle)
        continue;
      plan_.push_back({p, keys.origin, keys.first, step_, steps});
      loads_ += steps;
    }
    step_ += steps;
    count -= steps;
  }
}

void KeyOrder::planGreedy() {
  const uint32_t all = (1u << rows_) - 1;
  const auto patterns = std::span(widestFirst[rows_]).first(all);
  while (step_ < longest_) {
    uint32_t chosen[kMaxGroup];
    unsigned n = 0;
    uint32_t rest = all, steps = longest_ - step_;
    // What was too wide or did not fit stays so while the step fills.
    size_t next = 0;
    while (rest) {
      while (next < patterns.size() &&
             ((patterns[next] & ~rest) != 0 || lists_[patterns[next]].count == 0))
        ++next;
      if (next < patterns.size()) {
        uint32_t p = patterns[next];
        chosen[n++] = p;
        steps = std::min(steps, lists_[p].count);
        rest &= ~p;
        continue;
      }
      // Nothing fits: split the key that serves most of the waiting rows, of these
      // the one that leaves the fewest rows over.
      uint32_t best = 0;
      int bestServed = 0, bestLeft = 0;
      for (uint32_t p : patterns) {
        int served = std::popcount(p & rest), left = std::popcount(p & ~rest);
        if (lists_[p].count && (served > bestServed || (served == bestServed && left < bestLeft))) {
          best = p;
          bestServed = served;
          bestLeft = left;
        }
      }
      uint32_t part = best & rest;
      split(best, part, 1);
      chosen[n++] = part;
      steps = 1;
      rest &= ~part;
    }
    serve(std::span(chosen, n), steps);
  }
}

/// A step takes one of the widest patterns, of these the one with most keys, and
/// covers the other rows with as few splits as can be, then with as few patterns,
/// then with the most uneven ones: the best of all covers. The step is repeated
/// until a list is empty.
void KeyOrder::planCovers() {
  constexpr uint32_t kBlock = 1 << 10, kSplit = 1 << 14, kNever = 1 << 30;
  const uint32_t all = (1u << rows_) - 1;
  const auto patterns = std::span(widestFirst[rows_]).first(all);
  while (step_ < longest_) {
    uint32_t widest = 0;
    for (uint32_t p : patterns) {
      if (widest && std::popcount(p) < std::popcount(widest))
        break;
      if (lists_[p].count > (widest ? lists_[widest].count : 0))
        widest = p;
    }

    // Keys of the patterns that hold each one: what a split could take from.
    uint32_t holding[1 << kMaxGroup];
    for (uint32_t p = 0; p <= all; ++p)
      holding[p] = lists_[p].count;
    --holding[widest];
    for (unsigned r = 0; r < rows_; ++r)
      for (uint32_t p = 0; p <= all; ++p)
        if (!(p >> r & 1))
          holding[p] += holding[p | 1u << r];

    // The best cover of each set of the other rows.
    const uint32_t others = all & ~widest;
    uint32_t cost[1 << kMaxGroup], part[1 << kMaxGroup];
    cost[0] = 0;
    for (uint32_t set = (0 - others) & others; set; set = (set - others) & others) {
      const uint32_t lowest = set & (0 - set), rest = set & ~lowest;
      cost[set] = kNever;
      for (uint32_t more = rest;; more = (more - 1) & rest) {
        const uint32_t p = lowest | more;
        const uint32_t width = static_cast<uint32_t>(std::popcount(p));
        const uint32_t block = lists_[p].count ? kBlock - width * width
                               : holding[p]    ? kBlock + kSplit
                                               : kNever;
        if (const uint32_t c = std::min(block + cost[set & ~p], kNever); c < cost[set]) {
          cost[set] = c;
          part[set] = p;
        }
        if (!more)
          break;
      }
    }

    uint32_t chosen[kMaxGroup], missing[kMaxGroup];
    unsigned n = 0, toSplit = 0;
    uint32_t steps = lists_[widest].count;
    chosen[n++] = widest;
    for (uint32_t set = others; set; set &= ~part[set]) {
      const uint32_t p = part[set];
      if (lists_[p].count) {
        chosen[n++] = p;
        steps = std::min(steps, lists_[p].count);
      } else {
        missing[toSplit++] = p;
      }
    }
    if (toSplit)
      steps = 1;
    while (toSplit) {
      const uint32_t p = missing[--toSplit];
      auto left = [&](uint32_t q) {
        return lists_[q].count - (std::find(chosen, chosen + n, q) != chosen + n);
      };
      // A key that leaves the fewest rows over, of these one there are most of.
      uint32_t from = 0;
      for (uint32_t q = p; q <= all; q = (q + 1) | p)
        if (left(q) && (!from || std::popcount(q) < std::popcount(from) ||
                        (std::popcount(q) == std::popcount(from) && left(q) > left(from))))
          from = q;
      if (!from) {
        // Splits before this one took what held it; a row by itself always has a key.
        missing[toSplit++] = p & (0 - p);
        missing[toSplit++] = p & (p - 1);
        continue;
      }
      if (from != p)
        split(from, p, 1);
      chosen[n++] = p;
    }
    serve(std::span(chosen, n), steps);
  }
}

/// The fewest loads for up to four rows; fewer rows are four of which some idle.
///
/// With t the keys wanted by three rows, p and p' those of two complementary pairs,
/// q those of all and m steps, no key need be split iff D <= 0, where
///   D = sum t + sum over the 3 classes of max(p, p') - (m - q).
/// Splitting a key of the larger pair of a class lessens D by one; where every class
/// is balanced, a key of three rows is split in three, two splits for one of D. The
/// loads come to distinct keys + D + max(0, D - sum |p - p'|), and no schedule has
/// fewer: no split lessens D by more than one, and each that does not unbalance the
/// classes costs imbalance. A step more lessens D by one, too.
void KeyOrder::planOptimum(uint32_t spareSteps) {
  constexpr uint32_t triples[] = {7, 11, 13, 14};
  constexpr uint32_t classes[][2] = {{3, 12}, {5, 10}, {6, 9}};
  auto count = [&](uint32_t p) { return static_cast<int64_t>(lists_[p].count); };

  int64_t excess = count(15) - longest_;
  for (uint32_t t : triples)
    excess += count(t);
  int64_t imbalance = 0;
  for (auto [p, q] : classes) {
    excess += std::max(count(p), count(q));
    imbalance += std::abs(count(p) - count(q));
  }
  // The last of D costs a split each, what is before it two.
  const double reload = options_.reloadSteps;
  const int64_t pays = reload > 1 ? excess : 2 * reload > 1 ? excess - imbalance : 0;
  if (const int64_t more = std::min<int64_t>(pays, spareSteps); more > 0) {
    for (unsigned r = 0; r < 4; ++r)
      append(1u << r, kIdle, 0, static_cast<uint32_t>(more));
    longest_ += static_cast<uint32_t>(more);
    excess -= more;
  }
  for (auto [p, q] : classes) {
    int64_t n = std::clamp<int64_t>(excess, 0, std::abs(count(p) - count(q)));
    uint32_t larger = count(p) > count(q) ? p : q;
    split(larger, larger & (0 - larger), static_cast<uint32_t>(n));
    excess -= n;
  }
  if (excess > 0) {
    // Every pattern of three rows has at least `excess` keys now: the rows' sums.
    uint32_t n = static_cast<uint32_t>(excess);
    split(7, 4, n);
    split(3, 1, n);
  }

  auto single = [](uint32_t rows, unsigned nth) {
    for (; nth; --nth)
      rows &= rows - 1;
    return rows & (0 - rows);
  };
  auto serveAll = [&](std::initializer_list<uint32_t> patterns, uint32_t n) {
    serve(std::span(patterns.begin(), patterns.size()), n);
  };
  serveAll({15}, lists_[15].count);
  for (uint32_t t : triples)
    serveAll({t, 15 & ~t}, lists_[t].count);
  for (auto [p, q] : classes) {
    serveAll({p, q}, std::min(lists_[p].count, lists_[q].count));
    uint32_t larger = lists_[p].count ? p : q, others = 15 & ~larger;
    serveAll({larger, single(others, 0), single(others, 1)}, lists_[larger].count);
  }
  serveAll({1, 2, 4, 8}, longest_ - step_);
}

uint32_t KeyOrder::countInOrder(const uint32_t *ids, size_t keep) const {
  uint32_t loads = 0;
  for (uint32_t s = 0; s < longest_; ++s)
    for (unsigned r = 0; r < rows_; ++r) {
      uint32_t key = ids[r * keep + s];
      bool first = s < lengths_[r];
      for (unsigned other = 0; first && other < r; ++other)
        first = ids[other * keep + s] != key;
      loads += first;
    }
  return loads;
}

void KeyOrder::writeInOrder(uint32_t from, uint32_t *steps) const {
  for (uint32_t s = 0; s < longest_; ++s)
    for (unsigned r = 0; r < group_; ++r)
      steps[size_t{s} * group_ + r] = r < rows_ && s < lengths_[r] ? from + s : kNoKey;
}

void KeyOrder::writePlan(uint32_t from, uint32_t *steps) const {
  std::fill_n(steps, size_t{step_} * group_, kNoKey);
  if (spread_) {
    for (uint32_t step = 0; step < step_; ++step)
      for (unsigned r = 0; r < rows_; ++r)
        if (const uint32_t key = cells_[size_t{step} * kMaxGroup + r]; key != kNoKey)
          steps[size_t{step} * group_ + r] = from + positions_[placeOf(key, r)];
    return;
  }
  for (const Block &block : plan_)
    for (uint32_t left = block.rows; left; left &= left - 1) {
      unsigned r = static_cast<unsigned>(std::countr_zero(left));
      const uint32_t *sorted =
          positions_.data() + r * keep_ + starts_[r][block.origin] + block.first;
      uint32_t *to = steps + size_t{block.firstStep} * group_ + r;
      for (uint32_t i = 0; i < block.steps; ++i)
        to[size_t{i} * group_] = from + sorted[i];
    }
}

/// Plans a window; false where the rows had best visit their keys in order.
bool KeyOrder::plan(const uint32_t *ids, size_t keep, bool positions, uint32_t spareSteps) {
  spread_ = false;
  if (options_.rule != OrderRule::InOrder) {
    collect(ids, keep, positions);
    fillLists();
    if (options_.rule == OrderRule::Best && rows_ <= 4) {
      planOptimum(spareSteps);
      return true;
    }
    planGreedy();
    if (loads_ == distinct_)
      return true;
    if (options_.rule == OrderRule::Best) {
      const uint32_t loads = loads_;
      std::swap(plan_, otherPlan_);
      fillLists();
      planCovers();
      if (loads < loads_) {
        std::swap(plan_, otherPlan_);
        loads_ = loads;
      }
      if (loads_ > distinct_)
        mergeSplits();
    }
  }
  // No rule but the optimum is bound to be better than none; the promise is.
  const uint32_t loads = countInOrder(ids, keep);
  if (options_.rule != OrderRule::InOrder && loads_ <= loads)
    return true;
  loads_ = loads;
  step_ = longest_;
  return false;
}

OrderWork KeyOrder::order(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys,
                          unsigned group, uint32_t *schedule) {
  if (group == 0 || group > kMaxGroup)
    throw Error(fmt::format("a group has {} rows; 1 to {} can share a load", group, kMaxGroup));
  if (ids.size() != rows * keep)
    throw Error(fmt::format("{} ids for {} rows of {}", ids.size(), rows, keep));
  if (!schedule && options_.buffer.vectors) {
    unwritten_.resize((rows + group - 1) / group * scheduleWords(group, keep));
    schedule = unwritten_.data();
  }
  if (wantedBy_.size() < keys)
    wantedBy_.resize(keys);
  group_ = group;
  keep_ = keep;
  // No group has more loads than rows times keys, and each split makes one.
  plan_.reserve(group * keep);
  otherPlan_.reserve(group * keep);
  ranges_.reserve((size_t{1} << group) + kMaxGroup + size_t{2} * group * keep);
  if (options_.rule == OrderRule::Best && group > 4) {
    patternOf_.reserve(group * keep);
    listed_.reserve(group * keep);
    splitKeys_.reserve(group * keep);
    cells_.reserve(kMaxGroup * keep);
    sharing_.reserve(kMaxGroup * keep);
    stepOf_.resize(std::max(stepOf_.size(), group * keep));
  }
  positions_.resize(std::max(positions_.size(), schedule ? group * keep : 0));
  const size_t window = options_.window ? std::min<size_t>(options_.window, keep) : keep;

  OrderWork work;
  for (size_t first = 0; first < rows; first += group) {
    const uint32_t *groupIds = ids.data() + first * keep;
    rows_ = static_cast<unsigned>(std::min<size_t>(group, rows - first));
    check(groupIds, first, keep, keys);
    uint32_t lengths[kMaxGroup];
    std::copy_n(lengths_, rows_, lengths);
    const uint32_t longest = longest_;

    uint32_t *slot = schedule ? schedule + first / group * scheduleWords(group, keep) : nullptr;
    uint32_t steps = 0, loads = 0, spare = static_cast<uint32_t>(keep) - longest;
    for (uint32_t from = 0; from < longest; from += static_cast<uint32_t>(window)) {
      longest_ = std::min(static_cast<uint32_t>(window), longest - from);
      spare += longest_;
      for (unsigned r = 0; r < rows_; ++r)
        lengths_[r] = std::min(longest_, lengths[r] - std::min(from, lengths[r]));
      const bool planned = plan(groupIds + from, keep, slot != nullptr, spare - longest_);
      if (slot) {
        uint32_t *at = slot + 2 + size_t{group} * (steps + 1);
        planned ? writePlan(from, at) : writeInOrder(from, at);
      }
      steps += step_;
      loads += loads_;
      spare -= step_;
    }
    if (slot) {
      slot[0] = steps;
      slot[1] = loads;
      for (unsigned r = 0; r < group; ++r)
        slot[2 + r] = r < rows_ ? static_cast<uint32_t>(first + r) : kNoKey;
    }
    work.groups += 1;
    work.steps += steps;
    work.loads += loads;
    for (unsigned r = 0; r < rows_; ++r)
      work.kept += lengths[r];
  }
  if (options_.buffer.vectors)
    // Steps of different windows keep their order.
    work.hits = window == keep ? stepOrder_.align(ids, rows, keep, group, options_.buffer, schedule)
                               : stepOrder_.hits(ids, rows, keep, group, options_.buffer, schedule);
  return work;
}
