//===- MaskFamily.cpp - named, seeded, balanced masks -----------------------===//
//
// For runs that compute no values, and so find no masks. Each family draws, row by
// row, as many keys as the row may keep, without replacement. Everything is integer
// arithmetic on one generator: a seed gives the same masks on every machine.
//
//   uniform    any visible key
//   window     half the keys around the row's own place, half uniform
//   zipf       one popularity of keys for all rows, 1 / rank
//   clustered  16 clusters of rows, each with its own popularity and a common one
//   causal     no key beyond the row's own place; a quarter the last of these, the
//              rest uniform
//   bigbird    a quarter the same keys for all rows, half around the row's place, the
//              rest uniform
//   lowrank    the largest products of 8 features of the row with 8 of the key
//   smooth     the same, with features that drift from row to row
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/Error.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Masks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <fmt/format.h>
#include <numeric>

using namespace dota;

static constexpr std::array<std::string_view, 8> familyNames = {
    "uniform", "window", "zipf", "clustered", "causal", "bigbird", "lowrank", "smooth"};

std::span<const std::string_view> MaskFamily::names() { return familyNames; }

MaskFamily MaskFamily::parse(std::string_view text) {
  MaskFamily family;
  const size_t colon = text.find(':');
  family.name = text.substr(0, colon);
  if (std::find(familyNames.begin(), familyNames.end(), family.name) == familyNames.end())
    throw Error(fmt::format("'{}' is no family of masks; there are {}", family.name,
                            fmt::join(familyNames, ", ")));
  if (colon != text.npos) {
    const std::string_view seed = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(seed.data(), seed.data() + seed.size(), family.seed);
    if (error != std::errc() || end != seed.data() + seed.size())
      throw Error(fmt::format("'{}' is no seed of a family of masks; 0 to 2^64 - 1 are", seed));
  }
  return family;
}

std::string MaskFamily::text() const { return fmt::format("{}:{}", name, seed); }

namespace {
/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
class Random {
public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// 0 to n - 1 (n > 0), uniform but for 2^-64 n.
  uint64_t below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }
  /// Near to normal, with a standard deviation of 1024: a sum of 12 uniform numbers.
  int32_t normal() {
    int32_t sum = 0;
    for (int i = 0; i < 3; ++i)
      for (uint64_t bits = next(), part = 0; part < 4; ++part, bits >>= 10)
        sum += static_cast<int32_t>(bits & 1023);
    return sum - 6 * 1023;
  }

private:
  uint64_t state_;
};

/// The keys of one row while they are drawn.
class Row {
public:
  explicit Row(uint64_t keys) : words_((keys + 63) / 64) {}

  void clear(uint64_t visible, uint64_t wanted) {
    std::fill(words_.begin(), words_.end(), 0);
    visible_ = visible;
    wanted_ = missing_ = std::min(wanted, visible);
  }
  uint64_t visible() const { return visible_; }
  uint64_t missing() const { return missing_; }
  bool has(uint64_t key) const { return words_[key / 64] >> (key % 64) & 1; }
  /// Keeps a key that is visible, if it is not kept and there is room.
  void keep(uint64_t key) {
    if (key >= visible_ || has(key) || missing_ == 0)
      return;
    words_[key / 64] |= uint64_t{1} << (key % 64);
    --missing_;
  }
  /// Fills up with any visible keys.
  void fill(Random &random) {
    // With more than half of the keys taken, drawing until one is free takes long:
    // then the free ones are listed.
    while (missing_ > 0 && 2 * wanted_ <= visible_)
      keep(random.below(visible_));
    if (missing_ == 0)
      return;
    free_.clear();
    for (uint64_t key = 0; key < visible_; ++key)
      if (!has(key))
        free_.push_back(static_cast<uint32_t>(key));
    for (uint64_t i = 0; missing_ > 0; ++i) {
      std::swap(free_[i], free_[i + random.below(free_.size() - i)]);
      keep(free_[i]);
    }
  }
  /// `count` keys around a place, as far as they are visible.
  void window(int64_t place, int64_t count) {
    const auto visible = static_cast<int64_t>(visible_);
    count = std::min(count, visible);
    const int64_t first = std::clamp<int64_t>(place - count / 2, 0, visible - count);
    for (int64_t key = first; key < first + count; ++key)
      keep(static_cast<uint64_t>(key));
  }
  void write(std::span<uint32_t> ids) const {
    size_t n = 0;
    for (size_t w = 0; w < words_.size(); ++w)
      for (uint64_t word = words_[w]; word; word &= word - 1)
        ids[n++] = static_cast<uint32_t>(64 * w + static_cast<size_t>(std::countr_zero(word)));
    std::fill(ids.begin() + n, ids.end(), kNoKey);
  }

private:
  std::vector<uint64_t> words_;
  uint64_t visible_ = 0, wanted_ = 0, missing_ = 0;
  std::vector<uint32_t> free_;
};

/// Draws indices with given weights, without replacement (a Fenwick tree).
class Weights {
public:
  explicit Weights(std::vector<uint64_t> weights)
      : weights_(std::move(weights)), tree_(weights_.size() + 1) {
    for (size_t i = 0; i < weights_.size(); ++i)
      change(i, weights_[i]);
  }
  /// Keeps keys of the row until it has enough.
  void draw(Row &row, Random &random) {
    drawn_.clear();
    while (row.missing() > 0) {
      const size_t i = find(random.below(sumBefore(row.visible())));
      row.keep(i);
      change(i, 0 - weights_[i]);
      drawn_.push_back(i);
    }
    for (size_t i : drawn_)
      change(i, weights_[i]);
  }

private:
  void change(size_t i, uint64_t by) {
    for (++i; i < tree_.size(); i += i & (0 - i))
      tree_[i] += by;
  }
  uint64_t sumBefore(size_t i) const {
    uint64_t sum = 0;
    for (; i; i &= i - 1)
      sum += tree_[i];
    return sum;
  }
  /// The index whose part of the sum a number falls in.
  size_t find(uint64_t number) const {
    size_t at = 0;
    for (size_t step = std::bit_floor(tree_.size() - 1); step; step /= 2)
      if (at + step < tree_.size() && tree_[at + step] <= number) {
        at += step;
        number -= tree_[at];
      }
    return at;
  }
  std::vector<uint64_t> weights_, tree_;
  std::vector<size_t> drawn_;
};

/// Weights of 1 / rank in random order; their sum stays below 2^60.
std::vector<uint64_t> popularity(uint64_t keys, Random &random) {
  std::vector<uint64_t> weights(keys);
  for (uint64_t rank = 0; rank < keys; ++rank)
    weights[rank] = (uint64_t{1} << 44) / (rank + 1);
  for (uint64_t i = keys; i > 1; --i)
    std::swap(weights[i - 1], weights[random.below(i)]);
  return weights;
}

constexpr size_t kClusters = 16, kFeatures = 8;
using Features = std::array<int32_t, kFeatures>;

Features normalFeatures(Random &random) {
  Features features;
  for (int32_t &f : features)
    f = random.normal();
  return features;
}
} // namespace

Mask MaskFamily::make(uint64_t heads, uint64_t rows, uint64_t keys, uint64_t keep,
                      std::optional<int64_t> diagonal, uint64_t stream) const {
  const auto family = std::find(familyNames.begin(), familyNames.end(), name);
  if (family == familyNames.end())
    throw Error(fmt::format("'{}' is no family of masks; there are {}", name,
                            fmt::join(familyNames, ", ")));
  Mask mask(heads, rows, keep);
  Row row(keys);
  for (uint64_t head = 0; head < heads; ++head) {
    Random random(Random(Random(seed).next() ^ stream).next() ^ head);
    std::vector<Weights> popularities;
    std::vector<uint64_t> common;
    std::vector<Features> keyFeatures;
    Features drift = normalFeatures(random);
    std::vector<std::pair<int64_t, uint32_t>> products;
    if (name == "zipf") {
      popularities.emplace_back(popularity(keys, random));
    } else if (name == "clustered") {
      const std::vector<uint64_t> shared = popularity(keys, random);
      for (size_t c = 0; c < kClusters; ++c) {
        std::vector<uint64_t> own = popularity(keys, random);
        for (uint64_t k = 0; k < keys; ++k)
          own[k] = (7 * own[k] + 3 * shared[k]) / 10 + 1;
        popularities.emplace_back(std::move(own));
      }
    } else if (name == "bigbird") {
      Row all(keys);
      all.clear(keys, keep / 4);
      all.fill(random);
      for (uint64_t k = 0; k < keys; ++k)
        if (all.has(k))
          common.push_back(k);
    } else if (name == "lowrank" || name == "smooth") {
      for (uint64_t k = 0; k < keys; ++k)
        keyFeatures.push_back(normalFeatures(random));
    }
    for (uint64_t r = 0; r < rows; ++r) {
      // Where the row stands among the keys, and how many of these it may see.
      const auto place = static_cast<int64_t>(r * keys / rows);
      auto visible = static_cast<uint64_t>(
          diagonal ? std::clamp<int64_t>(static_cast<int64_t>(r) + *diagonal + 1, 0,
                                         static_cast<int64_t>(keys))
                   : static_cast<int64_t>(keys));
      if (name == "causal")
        visible = std::min(visible, static_cast<uint64_t>(place) + 1);
      row.clear(visible, keep);
      if (name == "causal") {
        row.window(static_cast<int64_t>(visible), static_cast<int64_t>(keep / 4));
      } else if (name == "window") {
        row.window(place, static_cast<int64_t>(keep / 2));
      } else if (name == "bigbird") {
        for (uint64_t k : common)
          row.keep(k);
        row.window(place, static_cast<int64_t>(keep / 2));
      } else if (name == "zipf") {
        popularities[0].draw(row, random);
      } else if (name == "clustered") {
        popularities[random.below(kClusters)].draw(row, random);
      } else if (name == "lowrank" || name == "smooth") {
        const Features news = normalFeatures(random);
        // An autoregression with 0.9 that keeps the standard deviation.
        for (size_t f = 0; f < kFeatures; ++f)
          drift[f] = name == "lowrank" ? news[f] : (drift[f] * 922 + news[f] * 446) / 1024;
        products.clear();
        for (uint64_t k = 0; k < visible; ++k) {
          int64_t product = 0;
          for (size_t f = 0; f < kFeatures; ++f)
            product += int64_t{drift[f]} * keyFeatures[k][f];
          products.emplace_back(-product, static_cast<uint32_t>(k));
        }
        const uint64_t n = row.missing();
        if (n < products.size())
          std::nth_element(products.begin(), products.begin() + n, products.end());
        for (uint64_t i = 0; i < n; ++i)
          row.keep(products[i].second);
      }
      row.fill(random);
      row.write(mask.rowsOf(head, r, 1));
    }
  }
  return mask;
}
