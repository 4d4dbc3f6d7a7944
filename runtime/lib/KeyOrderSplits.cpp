//===- KeyOrderSplits.cpp - bringing the parts of split keys together -------===//
//
// Two steps may exchange what some rows do in them: every row still visits all its
// keys. Where no row that changes shares a key with one that stays, in either step,
// that costs nothing. And where the rows that change hold one part of a split key,
// those that stay the other, and the two steps are those of the parts, the key is
// whole again: one load less.
//
// Where no such rows are, the part moves to another step, from which it is tried
// again; or it is made whole at the cost of another key, which is tried in its
// turn. So the number of loads never grows. It is a walk of limited length, with a
// random number generator that always begins the same.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/KeyOrder.h"

#include <algorithm>
#include <bit>
#include <utility>

using namespace dota;

/// Of a row's keys, sorted by pattern.
size_t KeyOrder::placeOf(uint32_t key, unsigned row) const {
  const uint32_t p = patternOf_[key];
  return row * keep_ + starts_[row][p] + (key - firstKey_[p]);
}

uint32_t KeyOrder::sharing(uint32_t step, unsigned row) const {
  return sharing_[size_t{step} * kMaxGroup + row];
}

/// Writes the plan out step by step.
void KeyOrder::spread() {
  spread_ = true;
  patternOf_.clear();
  for (uint32_t p = 1; p < 1u << rows_; ++p) {
    firstKey_[p] = static_cast<uint32_t>(patternOf_.size());
    patternOf_.resize(patternOf_.size() + counts_[std::countr_zero(p)][p], static_cast<uint8_t>(p));
  }
  cells_.assign(size_t{step_} * kMaxGroup, kNoKey);
  sharing_.resize(size_t{step_} * kMaxGroup);
  for (size_t cell = 0; cell < sharing_.size(); ++cell)
    sharing_[cell] = static_cast<uint8_t>(1u << cell % kMaxGroup);
  for (const Block &block : plan_)
    for (uint32_t i = 0; i < block.steps; ++i)
      for (uint32_t left = block.rows; left; left &= left - 1) {
        const auto r = static_cast<unsigned>(std::countr_zero(left));
        const uint32_t key = firstKey_[block.origin] + block.first + i;
        const size_t cell = size_t{block.firstStep + i} * kMaxGroup + r;
        cells_[cell] = key;
        sharing_[cell] = static_cast<uint8_t>(block.rows);
        stepOf_[placeOf(key, r)] = block.firstStep + i;
      }
}

uint32_t KeyOrder::loadsIn(uint32_t step) const {
  uint32_t loads = 0;
  for (unsigned r = 0; r < rows_; ++r)
    loads += cells_[size_t{step} * kMaxGroup + r] != kNoKey &&
             std::countr_zero(sharing(step, r)) == static_cast<int>(r);
  return loads;
}

/// The fewest rows, `rows` among them, of which none shares a key with any other row
/// in one of two steps. What rows of `loose` share in the one step, and those of
/// `otherLoose` in the other, does not count.
uint32_t KeyOrder::closure(uint32_t rows, uint32_t step, uint32_t other, uint32_t loose,
                           uint32_t otherLoose) const {
  uint32_t closed = rows, todo = rows;
  while (todo) {
    const auto r = static_cast<unsigned>(std::countr_zero(todo));
    const uint32_t with =
        (loose >> r & 1 ? 0 : sharing(step, r)) | (otherLoose >> r & 1 ? 0 : sharing(other, r));
    todo = (todo & (todo - 1)) | (with & ~closed);
    closed |= with;
  }
  return closed;
}

/// Exchanges what some rows do in two steps.
void KeyOrder::exchange(uint32_t rows, uint32_t step, uint32_t other) {
  loads_ -= loadsIn(step) + loadsIn(other);
  for (; rows; rows &= rows - 1) {
    const auto r = static_cast<unsigned>(std::countr_zero(rows));
    uint32_t &here = cells_[size_t{step} * kMaxGroup + r];
    uint32_t &there = cells_[size_t{other} * kMaxGroup + r];
    std::swap(here, there);
    if (here != kNoKey)
      stepOf_[placeOf(here, r)] = step;
    if (there != kNoKey)
      stepOf_[placeOf(there, r)] = other;
  }
  for (uint32_t changed : {step, other}) {
    const uint32_t *keys = &cells_[size_t{changed} * kMaxGroup];
    for (unsigned r = 0; r < rows_; ++r) {
      uint32_t same = 1u << r;
      for (unsigned q = 0; q < rows_; ++q)
        same |= static_cast<uint32_t>(keys[q] == keys[r] && keys[r] != kNoKey) << q;
      sharing_[size_t{changed} * kMaxGroup + r] = static_cast<uint8_t>(same);
    }
  }
  loads_ += loadsIn(step) + loadsIn(other);
}

/// Makes a key whole whose parts stand in two steps, by splitting one other key of
/// these: the first that will do, from row `turn` on.
bool KeyOrder::trade(uint32_t part, uint32_t step, uint32_t otherPart, uint32_t other,
                     uint32_t turn) {
  for (unsigned i = 0; i < rows_; ++i) {
    const unsigned r = (turn + i) % rows_;
    for (uint32_t at : {step, other}) {
      const uint32_t split = sharing(at, r);
      if (std::popcount(split) == 1 || split == (at == step ? part : otherPart))
        continue;
      const uint32_t rows =
          closure(part, step, other, at == step ? split : 0, at == other ? split : 0);
      if (rows & otherPart)
        continue;
      list(cells_[size_t{at} * kMaxGroup + r]);
      exchange(rows, step, other);
      return true;
    }
  }
  return false;
}

void KeyOrder::list(uint32_t key) {
  if (!std::exchange(listed_[key], uint8_t{1}))
    splitKeys_.push_back(key);
}

void KeyOrder::mergeSplits() {
  // Eight times as many tries would halve what is left to gain; see docs/key-order.md.
  constexpr uint64_t kTriesPerStep = 32;
  constexpr unsigned kTradeEvery = 4, kMoves = 8;
  spread();
  const uint32_t all = (1u << rows_) - 1;
  splitKeys_.clear();
  listed_.assign(patternOf_.size(), 0);
  for (uint32_t key = 0; key < patternOf_.size(); ++key) {
    const auto r = static_cast<unsigned>(std::countr_zero(patternOf_[key]));
    if (sharing(stepOf_[placeOf(key, r)], r) != patternOf_[key])
      list(key);
  }
  uint64_t random = 1;
  auto below = [&](size_t n) {
    random = random * 6364136223846793005 + 1442695040888963407;
    return static_cast<uint32_t>((random >> 32) * n >> 32);
  };

  for (uint64_t t = 0; t < kTriesPerStep * step_ && loads_ > distinct_; ++t) {
    // A part of a split key, that of a row by chance, and the part after it.
    const uint32_t nth = below(splitKeys_.size()), key = splitKeys_[nth];
    const uint32_t pattern = patternOf_[key];
    uint32_t rows = pattern;
    for (uint32_t skip = below(static_cast<size_t>(std::popcount(pattern))); skip; --skip)
      rows &= rows - 1;
    const auto row = static_cast<unsigned>(std::countr_zero(rows));
    const uint32_t step = stepOf_[placeOf(key, row)], part = sharing(step, row);
    const uint32_t others = pattern & ~part;
    if (!others) {
      listed_[key] = 0;
      splitKeys_[nth] = splitKeys_.back();
      splitKeys_.pop_back();
      continue;
    }
    const uint32_t later = others & ~((2u << row) - 1);
    const auto otherRow = static_cast<unsigned>(std::countr_zero(later ? later : others));
    const uint32_t other = stepOf_[placeOf(key, otherRow)], otherPart = sharing(other, otherRow);

    if (const uint32_t moved = closure(part, step, other); !(moved & otherPart)) {
      exchange(moved, step, other);
      continue;
    }
    if (t % kTradeEvery == 0 && trade(part, step, otherPart, other, below(rows_)))
      continue;
    for (unsigned move = 0; move < kMoves; ++move) {
      const uint32_t to = below(step_);
      if (const uint32_t moved = closure(part, step, to); to != step && moved != all) {
        exchange(moved, step, to);
        break;
      }
    }
  }
}
