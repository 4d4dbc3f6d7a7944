//===- RuleKernels.cpp - the rules of Numerics.h on whole rows --------------===//
//
// Plain loops over Numerics<HostArithmetic>, compiled for each vector extension: the
// compiler turns them into vectors, and as every operation is rounded on its own the
// bits are those of one element at a time.
//
// Numerics.h stands inside each target's namespace, since code from outside would
// keep the extension of outside.
//
// A result saturates when a wider format would store another: the rules are asked
// for kWideBits, which a float holds exactly, and cut to the format after that.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

#include "dota/runtime/KeyOrder.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "RuleKernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace dota {
namespace HWY_NAMESPACE {
#undef DOTA_RUNTIME_NUMERICS_H
#include "dota/runtime/Numerics.h"

constexpr int kWideBits = 25;

template <class T>
HWY_INLINE T load(const std::byte *data, size_t i) {
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

struct Rules : dota::Numerics<dota::HostArithmetic> {
  dota::HostArithmetic arithmetic;
  explicit Rules(const MfuRules &mfu = {})
      : dota::Numerics<dota::HostArithmetic>{arithmetic, mfu} {}
};

#define DOTA_INLINE __attribute__((always_inline))

/// body(rules), which is compiled once more for the usual ones: only what is constant
/// lets the loops in it become vectors.
template <class Body>
HWY_INLINE auto withRules(const MfuRules &mfu, Body &&body) {
  return mfu == MfuRules{} ? body(Rules()) : body(Rules(mfu));
}

/// out[j] = rule(j) cut to `bits`; counts where that changes it.
template <class Rule>
HWY_INLINE uint64_t store(size_t n, int bits, int16_t *out, Rule &&rule) {
  Rules rules;
  uint64_t saturations = 0;
  for (size_t j = 0; j < n; ++j) {
    const int64_t wide = rule(j), stored = rules.saturate(wide, bits);
    saturations += wide != stored;
    out[j] = static_cast<int16_t>(stored);
  }
  return saturations;
}

uint64_t requantizeRow(const std::byte *sums, const std::byte *bias, int biasShift, int shift,
                       int bits, size_t n, int16_t *out) {
  Rules rules;
  if (!bias)
    return store(n, bits, out,
                 [&](size_t j) { return rules.roundShift(load<int64_t>(sums, j), shift); });
  return store(n, bits, out, [&](size_t j) {
    return rules.roundShift(
        rules.addBias(load<int64_t>(sums, j), load<int32_t>(bias, j), biasShift), shift);
  });
}

uint64_t requantizeColumns(const std::byte *sums, const std::byte *bias, const ColumnShifts *shifts,
                           int bits, size_t n, int16_t *out) {
  Rules rules;
  return store(n, bits, out, [&](size_t j) {
    const auto sum = load<int64_t>(sums, j);
    return rules.roundShift(bias ? rules.addBias(sum, load<int32_t>(bias, j), shifts[j].biasShift)
                                 : sum,
                            shifts[j].shift);
  });
}

void scoreRow(const MfuRules &mfu, const std::byte *sums, float scale, const std::byte *bias,
              size_t n, float *scores) {
  withRules(mfu, [&](Rules rules) DOTA_INLINE {
    for (size_t j = 0; j < n; ++j)
      scores[j] = rules.score(load<int64_t>(sums, j), scale);
    if (bias)
      for (size_t j = 0; j < n; ++j)
        scores[j] = rules.biasedScore(scores[j], load<float>(bias, j));
  });
}

uint64_t exponentialRow(const MfuRules &mfu, const float *scores, float rowMax, size_t n,
                        uint16_t *e) {
  return withRules(mfu, [&](Rules rules) DOTA_INLINE {
    uint64_t sum = 0;
    for (size_t j = 0; j < n; ++j)
      e[j] = static_cast<uint16_t>(rules.expScore(scores[j], rowMax));
    for (size_t j = 0; j < n; ++j)
      sum += e[j];
    return sum;
  });
}

uint64_t normalizeRow(const MfuRules &mfu, const std::byte *sums, int64_t total, int from, int to,
                      int bits, size_t n, int16_t *out) {
  return withRules(mfu, [&](Rules rules) DOTA_INLINE {
    return store(n, bits, out, [&](size_t j) {
      return rules.normalize(load<int64_t>(sums, j), total, from, to, kWideBits);
    });
  });
}

uint64_t quantizeRow(const std::byte *x, int to, int bits, size_t n, int16_t *out) {
  Rules rules;
  return store(n, bits, out,
               [&](size_t j) { return rules.quantize(load<float>(x, j), to, kWideBits); });
}

void dequantizeRow(const int16_t *x, int from, size_t n, std::byte *out) {
  Rules rules;
  for (size_t j = 0; j < n; ++j) {
    const float value = rules.dequantize(x[j], from);
    std::memcpy(out + j * sizeof value, &value, sizeof value);
  }
}

uint64_t layerNormRow(const MfuRules &mfu, const int16_t *x, const std::byte *gain,
                      const std::byte *bias, int from, int to, float epsilon, int bits, size_t n,
                      int16_t *out) {
  int64_t sum = 0, squares = 0;
  for (size_t j = 0; j < n; ++j) {
    sum += x[j];
    squares += int64_t{x[j]} * x[j];
  }
  const auto terms = static_cast<int64_t>(n);
  const float factor = Rules(mfu).layerNormFactor(sum, squares, terms, from, epsilon);
  return withRules(mfu, [&](Rules rules) DOTA_INLINE {
    return store(n, bits, out, [&](size_t j) {
      return rules.layerNorm(x[j], sum, factor, load<float>(gain, j), load<float>(bias, j), terms,
                             to, kWideBits);
    });
  });
}

uint64_t rmsNormRow(const MfuRules &mfu, const int16_t *x, const std::byte *gain, int from, int to,
                    float epsilon, int bits, size_t n, int16_t *out) {
  int64_t squares = 0;
  for (size_t j = 0; j < n; ++j)
    squares += int64_t{x[j]} * x[j];
  const float factor = Rules(mfu).rmsNormFactor(squares, static_cast<int64_t>(n), from, epsilon);
  return withRules(mfu, [&](Rules rules) DOTA_INLINE {
    return store(n, bits, out, [&](size_t j) {
      return rules.rmsNorm(x[j], factor, load<float>(gain, j), to, kWideBits);
    });
  });
}

uint64_t addRow(const int16_t *x, int xExponent, const int16_t *y, int yExponent, int to, int bits,
                size_t n, int16_t *out) {
  Rules rules;
  return store(n, bits, out,
               [&](size_t j) { return rules.add(x[j], xExponent, y[j], yExponent, to, 63); });
}

uint64_t mulRow(const int16_t *x, int xExponent, const int16_t *y, int yExponent, int to, int bits,
                size_t n, int16_t *out) {
  Rules rules;
  return store(n, bits, out,
               [&](size_t j) { return rules.mul(x[j], xExponent, y[j], yExponent, to, 63); });
}

uint64_t rotateRow(const int16_t *x, const int16_t *table, size_t width, size_t distance, int from,
                   int to, int bits, size_t n, int16_t *out) {
  Rules rules;
  uint64_t saturations = 0;
  // A run of columns whose partners lie all after or all before them.
  for (size_t run = 0; run < n; run += distance) {
    const int16_t *partner = run / distance % 2 == 0 ? x + run + distance : x + run - distance;
    const int16_t *cosine = table + run % width, *sine = cosine + width;
    saturations += store(distance, bits, out + run, [&](size_t j) {
      return rules.rotate(x[run + j], cosine[j], partner[j], sine[j], from, to, 63);
    });
  }
  return saturations;
}

uint64_t activateRow(const MfuRules &mfu, ActivationKind kind, const int16_t *x, int from, int to,
                     int bits, size_t n, int16_t *out) {
  auto run = [&](auto &&function) {
    return withRules(mfu, [&](Rules rules) DOTA_INLINE {
      return store(n, bits, out, [&](size_t j) {
        return rules.activate(x[j], from, to, kWideBits,
                              [&](float value) { return function(rules, value); });
      });
    });
  };
  switch (kind) {
  case ActivationKind::Relu:
    return run([](Rules &r, float v) { return r.relu(v); });
  case ActivationKind::Gelu:
    return run([](Rules &r, float v) { return r.gelu(v); });
  case ActivationKind::GeluTanh:
    return run([](Rules &r, float v) { return r.geluTanh(v); });
  case ActivationKind::QuickGelu:
    return run([](Rules &r, float v) { return r.quickGelu(v); });
  case ActivationKind::Silu:
    return run([](Rules &r, float v) { return r.silu(v); });
  case ActivationKind::Sigmoid:
    return run([](Rules &r, float v) { return r.sigmoid(v); });
  case ActivationKind::Tanh:
    return run([](Rules &r, float v) { return r.tanh(v); });
  case ActivationKind::Identity:
    return run([](Rules &, float v) { return v; });
  }
  return 0;
}

/// Halves the range of thresholds until just `keep` scores reach one.
void selectRow(const int64_t *scores, size_t n, size_t keep, uint32_t *ids) {
  int64_t least = INT64_MAX, most = INT64_MIN;
  size_t admissible = 0;
  for (size_t j = 0; j < n; ++j) {
    const bool valid = scores[j] != kInadmissible;
    admissible += valid;
    least = std::min(least, valid ? scores[j] : INT64_MAX);
    most = std::max(most, scores[j]);
  }
  size_t found = 0, ties = 0;
  int64_t threshold = least;
  if (admissible > keep && keep > 0) {
    // At least `keep` reach `low`; fewer reach `high` (unless it is past the end).
    int64_t low = least, high = most;
    size_t reachLow = admissible;
    while (low < high && reachLow > keep) {
      // The upper one of two middles.
      const auto distance = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
      const auto middle =
          static_cast<int64_t>(static_cast<uint64_t>(low) + distance / 2 + distance % 2);
      size_t reach = 0;
      for (size_t j = 0; j < n; ++j)
        reach += scores[j] >= middle;
      if (reach >= keep) {
        low = middle;
        reachLow = reach;
      } else {
        high = middle - 1;
      }
    }
    threshold = low;
    size_t above = 0;
    for (size_t j = 0; j < n; ++j)
      above += scores[j] > threshold;
    ties = keep - above;
  } else if (keep > 0 && admissible > 0) {
    ties = admissible;
  }
  // A slot past the last is written again and again, so there must be one.
  for (size_t j = 0; j < n && found < keep; ++j) {
    const bool tie = scores[j] == threshold && ties > 0 && admissible > 0;
    ids[found] = static_cast<uint32_t>(j);
    found += tie || (scores[j] > threshold && admissible > 0);
    ties -= tie;
  }
  std::fill(ids + found, ids + keep, kNoKey);
}

} // namespace HWY_NAMESPACE
} // namespace dota
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dota {
HWY_EXPORT(requantizeRow);
HWY_EXPORT(requantizeColumns);
HWY_EXPORT(scoreRow);
HWY_EXPORT(exponentialRow);
HWY_EXPORT(normalizeRow);
HWY_EXPORT(quantizeRow);
HWY_EXPORT(dequantizeRow);
HWY_EXPORT(layerNormRow);
HWY_EXPORT(rmsNormRow);
HWY_EXPORT(addRow);
HWY_EXPORT(mulRow);
HWY_EXPORT(rotateRow);
HWY_EXPORT(activateRow);
HWY_EXPORT(selectRow);

uint64_t requantizeRow(const std::byte *sums, const std::byte *bias, int biasShift, int shift,
                       int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(requantizeRow)(sums, bias, biasShift, shift, bits, n, out);
}
uint64_t requantizeColumns(const std::byte *sums, const std::byte *bias, const ColumnShifts *shifts,
                           int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(requantizeColumns)(sums, bias, shifts, bits, n, out);
}
void scoreRow(const MfuRules &mfu, const std::byte *sums, float scale, const std::byte *bias,
              size_t n, float *scores) {
  HWY_DYNAMIC_DISPATCH(scoreRow)(mfu, sums, scale, bias, n, scores);
}
uint64_t exponentialRow(const MfuRules &mfu, const float *scores, float rowMax, size_t n,
                        uint16_t *e) {
  return HWY_DYNAMIC_DISPATCH(exponentialRow)(mfu, scores, rowMax, n, e);
}
uint64_t normalizeRow(const MfuRules &mfu, const std::byte *sums, int64_t total, int from, int to,
                      int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(normalizeRow)(mfu, sums, total, from, to, bits, n, out);
}
uint64_t quantizeRow(const std::byte *x, int to, int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(quantizeRow)(x, to, bits, n, out);
}
void dequantizeRow(const int16_t *x, int from, size_t n, std::byte *out) {
  HWY_DYNAMIC_DISPATCH(dequantizeRow)(x, from, n, out);
}
uint64_t layerNormRow(const MfuRules &mfu, const int16_t *x, const std::byte *gain,
                      const std::byte *bias, int from, int to, float epsilon, int bits, size_t n,
                      int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(layerNormRow)(mfu, x, gain, bias, from, to, epsilon, bits, n, out);
}
uint64_t rmsNormRow(const MfuRules &mfu, const int16_t *x, const std::byte *gain, int from, int to,
                    float epsilon, int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(rmsNormRow)(mfu, x, gain, from, to, epsilon, bits, n, out);
}
uint64_t addRow(const int16_t *x, int xExponent, const int16_t *y, int yExponent, int to, int bits,
                size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(addRow)(x, xExponent, y, yExponent, to, bits, n, out);
}
uint64_t mulRow(const int16_t *x, int xExponent, const int16_t *y, int yExponent, int to, int bits,
                size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(mulRow)(x, xExponent, y, yExponent, to, bits, n, out);
}
uint64_t rotateRow(const int16_t *x, const int16_t *table, size_t width, size_t distance, int from,
                   int to, int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(rotateRow)(x, table, width, distance, from, to, bits, n, out);
}
uint64_t activateRow(const MfuRules &mfu, ActivationKind kind, const int16_t *x, int from, int to,
                     int bits, size_t n, int16_t *out) {
  return HWY_DYNAMIC_DISPATCH(activateRow)(mfu, kind, x, from, to, bits, n, out);
}
void selectRow(const int64_t *scores, size_t n, size_t keep, uint32_t *ids) {
  HWY_DYNAMIC_DISPATCH(selectRow)(scores, n, keep, ids);
}
} // namespace dota
#endif
