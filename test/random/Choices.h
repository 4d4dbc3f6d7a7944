//===- Choices.h - random choices that can be made smaller ------*- C++ -*-===//
//
// A generator takes every decision from here. What it took is a list of numbers
// that makes the same thing again; shorter lists and smaller numbers make simpler
// things, so that a failing case is reduced without knowing what it is.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TEST_RANDOM_CHOICES_H
#define DOTA_TEST_RANDOM_CHOICES_H

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <random>
#include <vector>

namespace dota::random {

using ChoiceList = std::vector<uint32_t>;

class Choices {
public:
  /// New ones.
  explicit Choices(unsigned seed) : random(seed) {}
  /// Those of a list, and the simplest where it ends.
  explicit Choices(ChoiceList list) : list(std::move(list)), isReplay(true) {}

  /// A number below `limit`, at least 1. 0 is the simplest.
  uint32_t below(uint32_t limit) {
    uint32_t raw = 0;
    if (!isReplay)
      raw = static_cast<uint32_t>(random());
    else if (made.size() < list.size())
      raw = list[made.size()];
    made.push_back(raw % limit);
    return made.back();
  }
  /// One of several, the simplest first.
  int64_t pick(std::initializer_list<int64_t> values) {
    return values.begin()[below(static_cast<uint32_t>(values.size()))];
  }
  /// Whether something that adds to what is made happens.
  bool chance(uint32_t percent) { return below(100) >= 100 - percent; }

  /// Numbers that decide nothing about the structure, as many as are wanted.
  std::mt19937 data() { return std::mt19937(below(1U << 16)); }

  /// Does something that takes choices of its own, or leaves it.
  template <class Function>
  void maybe(uint32_t percent, Function &&function) {
    const size_t begin = made.size();
    if (chance(percent))
      function();
    parts.push_back({begin, made.size()});
  }

  const ChoiceList &taken() const { return made; }
  /// Each `maybe`: its choices are [begin, end), of which the first makes it.
  struct Part {
    size_t begin, end;
  };
  const std::vector<Part> &optional() const { return parts; }

private:
  std::mt19937 random;
  ChoiceList list, made;
  std::vector<Part> parts;
  bool isReplay = false;
};

/// Choices of which `fails` holds as it does of `list`, from which nothing can be
/// taken away and in which no number can be made smaller so that it still does; or
/// the smallest that `attempts` calls found.
ChoiceList shrink(const ChoiceList &list, const std::function<bool(Choices &)> &fails,
                  unsigned attempts);

} // namespace dota::random

#endif // DOTA_TEST_RANDOM_CHOICES_H
