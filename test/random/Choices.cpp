//===- Choices.cpp - smaller lists of choices -------------------------------===//

#include "Choices.h"

#include <algorithm>

using namespace dota::random;

namespace {

/// Shorter is smaller; of equal lengths, what has the smaller number first.
bool isSmaller(const ChoiceList &a, const ChoiceList &b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

class Shrinker {
public:
  Shrinker(const ChoiceList &list, const std::function<bool(Choices &)> &fails, unsigned attempts)
      : best(list), fails(fails), attempts(attempts) {
    fails(best);
  }

  ChoiceList run() {
    for (bool isBetter = true; isBetter && attempts > 0;) {
      isBetter = withoutOptional();
      for (size_t length = 8; length > 0; length /= 2) {
        isBetter |= eachPlace(length, [&](ChoiceList &list, size_t at) {
          list.erase(list.begin() + at, list.begin() + at + length);
        });
        isBetter |= eachPlace(length, [&](ChoiceList &list, size_t at) {
          std::fill_n(list.begin() + at, length, 0);
        });
      }
      isBetter |= eachPlace(1, [](ChoiceList &list, size_t at) { list[at] /= 2; });
      isBetter |= eachPlace(1, [](ChoiceList &list, size_t at) { list[at] -= list[at] > 0; });
    }
    return best.taken();
  }

private:
  /// Leaves each optional part out, the longest first.
  bool withoutOptional() {
    bool isBetter = false;
    for (size_t tried = 0; tried < best.optional().size();) {
      std::vector<Choices::Part> parts = best.optional();
      std::sort(parts.begin(), parts.end(), [](const auto &a, const auto &b) {
        return std::pair(b.end - b.begin, a.begin) < std::pair(a.end - a.begin, b.begin);
      });
      ChoiceList candidate = best.taken();
      const auto [begin, end] = parts[tried];
      candidate[begin] = 0;
      candidate.erase(candidate.begin() + begin + 1, candidate.begin() + end);
      if (attempt(candidate))
        isBetter = true;
      else
        ++tried;
    }
    return isBetter;
  }

  /// Tries a change at every place, the last first.
  template <class Change>
  bool eachPlace(size_t length, Change change) {
    bool isBetter = false;
    for (size_t at = best.taken().size(); at-- > 0;) {
      if (at + length > best.taken().size())
        continue;
      ChoiceList candidate = best.taken();
      change(candidate, at);
      isBetter |= attempt(candidate);
    }
    return isBetter;
  }

  bool attempt(const ChoiceList &candidate) {
    if (attempts == 0 || !isSmaller(candidate, best.taken()))
      return false;
    --attempts;
    Choices replay(candidate);
    // What it takes may be longer than it is, where it ends too early.
    if (!fails(replay) || !isSmaller(replay.taken(), best.taken()))
      return false;
    best = std::move(replay);
    return true;
  }

  Choices best;
  const std::function<bool(Choices &)> &fails;
  unsigned attempts;
};

} // namespace

ChoiceList dota::random::shrink(const ChoiceList &list, const std::function<bool(Choices &)> &fails,
                                unsigned attempts) {
  return Shrinker(list, fails, attempts).run();
}
