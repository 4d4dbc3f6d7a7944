//===- Magnitudes.cpp - how large the values of a tensor get ----------------===//

#include "dota/Transforms/Magnitudes.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Numerics.h"
#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

using namespace mlir::dota;

/// Bits of a magnitude's encoding below those that choose its bin: of 23 bits of
/// mantissa 5 stay.
static constexpr unsigned kBelowBin = 18;
static constexpr uint32_t kBins = 0x7f800000u >> kBelowBin;

/// Where a bin starts; the next one's start is its end.
static double startOf(uint32_t bin) { return std::bit_cast<float>(bin << kBelowBin); }

Magnitudes::Magnitudes(bool withHistogram) : counts(withHistogram ? kBins : 0) {}

void Magnitudes::take(llvm::ArrayRef<float> values) {
  for (float value : values) {
    if (!std::isfinite(value)) {
      nonFinite = true;
      continue;
    }
    float magnitude = std::fabs(value);
    most = std::max(most, magnitude);
    if (!counts.empty())
      ++counts[std::bit_cast<uint32_t>(magnitude) >> kBelowBin];
  }
}

float Magnitudes::range(const RangeRule &rule, int bits) const {
  switch (rule.kind) {
  case RangeRule::Kind::Auto:
    return bits < 16 ? leastSquares(bits) : most;
  case RangeRule::Kind::Max:
    return most;
  case RangeRule::Kind::Percentile:
    return percentile(rule.percent);
  case RangeRule::Kind::Mse:
    return leastSquares(bits);
  }
  return most;
}

float Magnitudes::percentile(double percent) const {
  assert(!counts.empty() && "a percentile is of a histogram");
  uint64_t all = 0, below = 0;
  for (uint64_t count : counts)
    all += count;
  double wanted = percent / 100 * static_cast<double>(all);
  for (uint32_t bin = 0; bin < kBins; ++bin) {
    below += counts[bin];
    if (static_cast<double>(below) >= wanted)
      return std::min(most, static_cast<float>(startOf(bin + 1)));
  }
  return most;
}

double Magnitudes::meanSquaredError(int exponent, int bits) const {
  assert(!counts.empty() && "an error is of a histogram");
  const double step = std::ldexp(1.0, -exponent);
  const double limit = step * static_cast<double>(::dota::maxStored(bits));
  // The integral of the squared error from 0 to x: twelfths of a cubed step up to
  // the nearest multiple, then the rest; above the limit the distance to it.
  auto integral = [&](double x) {
    double within = std::min(x, limit), above = x - within;
    double steps = std::nearbyint(within / step), rest = within - steps * step;
    return steps * step * step * step / 12 + rest * rest * rest / 3 + above * above * above / 3;
  };
  auto errorAt = [&](double x) {
    double within = std::min(x, limit);
    double rest = x - std::nearbyint(within / step) * step;
    return rest * rest;
  };
  double sum = 0;
  uint64_t all = 0;
  for (uint32_t bin = 0; bin < kBins; ++bin) {
    if (counts[bin] == 0)
      continue;
    all += counts[bin];
    // Nothing is beyond the largest.
    double from = startOf(bin), to = std::min<double>(startOf(bin + 1), most);
    double mean = to > from ? (integral(to) - integral(from)) / (to - from) : errorAt(from);
    sum += static_cast<double>(counts[bin]) * mean;
  }
  return all == 0 ? 0 : sum / static_cast<double>(all);
}

float Magnitudes::leastSquares(int bits) const {
  // The exponent that saturates nothing, and larger ones, which round finer.
  const int widest = chooseExponent(most, bits);
  int best = widest;
  double least = meanSquaredError(widest, bits);
  for (int exponent = widest + 1; exponent <= std::min(widest + bits, kMaxExponent); ++exponent) {
    double error = meanSquaredError(exponent, bits);
    if (error < least) {
      least = error;
      best = exponent;
    }
  }
  if (best == widest)
    return most;
  return std::ldexp(static_cast<float>(::dota::maxStored(bits)), -best);
}
