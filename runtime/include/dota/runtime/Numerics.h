//===- Numerics.h - every numeric rule of the machine, once -----------------===//
//
// The rules of docs/numbers.md as function templates over an arithmetic `A`.
// The runtime instantiates them with plain numbers (HostArithmetic, below); the
// compiler instantiates them with a builder of `arith` and `math` ops, so that
// `--dota-to-linalg`, constant folding and the simulator obey the same text.
//
// An arithmetic offers the value types F32, I64, I1 and the operations used
// below. Float operations are IEEE-754 binary32, rounded to nearest even, each
// rounded on its own: no contraction to fused multiply-add.
//
// Fixed point: a stored integer q with exponent e means q * 2^-e. Widths are 16,
// 8, 4 or 2 bits, always used symmetrically: -(2^(b-1)-1) .. 2^(b-1)-1.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_NUMERICS_H
#define DOTA_RUNTIME_NUMERICS_H

#include "dota/runtime/MfuRules.h"
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace dota {

/// Fraction bits of softmax's fixed-point exponentials (they lie in [0, 1]).
inline constexpr int kExpFractionBits = 15;

/// Fraction bits of the cosine that two hashes tell.
inline constexpr int kCosineFractionBits = 15;

/// Places by which the length of a stored vector of `width` values of `bits` bits is
/// lowered, so that the longest takes 16 bits.
constexpr int lengthShift(int64_t width, int bits) {
  int shift = bits - 16;
  while ((int64_t{1} << (2 * (shift + 16 - bits))) < width)
    ++shift;
  return shift;
}

/// A key whose bias is this or less is inadmissible for a detector.
inline constexpr float kInadmissibleBias = -8192.0f;

/// Scalars of the host. Compile with contraction off.
struct HostArithmetic {
  using F32 = float;
  using I64 = int64_t;
  using I1 = bool;

  F32 f32(float c) const { return c; }
  I64 i64(int64_t c) const { return c; }

  F32 add(F32 a, F32 b) const { return a + b; }
  F32 sub(F32 a, F32 b) const { return a - b; }
  F32 mul(F32 a, F32 b) const { return a * b; }
  F32 div(F32 a, F32 b) const { return a / b; }
  F32 sqrt(F32 a) const { return std::sqrt(a); }
  F32 abs(F32 a) const { return std::fabs(a); }
  F32 roundEven(F32 a) const { return std::nearbyint(a); }
  I1 lessEqual(F32 a, F32 b) const { return a <= b; } // ordered: false on NaN
  I1 less(F32 a, F32 b) const { return a < b; }       // ordered: false on NaN
  I1 less(I64 a, I64 b) const { return a < b; }       // signed
  F32 select(I1 c, F32 a, F32 b) const { return c ? a : b; }

  // Integers wrap, as arith's do.
  I64 addi(I64 a, I64 b) const { return static_cast<I64>(uint64_t(a) + uint64_t(b)); }
  I64 subi(I64 a, I64 b) const { return static_cast<I64>(uint64_t(a) - uint64_t(b)); }
  I64 muli(I64 a, I64 b) const { return static_cast<I64>(uint64_t(a) * uint64_t(b)); }
  I64 andi(I64 a, I64 b) const { return a & b; }
  I64 shiftLeft(I64 a, int s) const { return static_cast<int64_t>(static_cast<uint64_t>(a) << s); }
  I64 shiftRight(I64 a, int s) const { return a >> s; } // arithmetic
  I64 min(I64 a, I64 b) const { return a < b ? a : b; } // signed
  I64 max(I64 a, I64 b) const { return a > b ? a : b; }

  F32 toFloat(I64 a) const { return static_cast<float>(a); }     // to nearest even
  I64 toInteger(F32 a) const { return static_cast<int64_t>(a); } // of an integral value in range
  /// 2^n for n in [-126, 127], by its bits.
  F32 powerOfTwo(I64 n) const {
    return std::bit_cast<float>(static_cast<uint32_t>((n + 127) << 23));
  }
  /// The 32 bits of a float as an integer from 0, and back.
  I64 bitsOf(F32 a) const { return std::bit_cast<uint32_t>(a); }
  F32 fromBits(I64 a) const { return std::bit_cast<float>(static_cast<uint32_t>(a)); }
};

/// Largest stored value of a `bits` wide fixed-point number.
constexpr int64_t maxStored(int bits) { return (int64_t{1} << (bits - 1)) - 1; }

/// The largest f32 that is no larger than it.
constexpr float maxStoredFloat(int bits) {
  return bits <= 25 ? static_cast<float>(maxStored(bits)) : 0x1.fffffep+30f;
}

template <class A>
struct Numerics {
  using F32 = A::F32;
  using I64 = A::I64;
  A &a;
  MfuRules mfu = {};

  //===--------------------------------------------------------------------===//
  // The MFU's format
  //===--------------------------------------------------------------------===//

  /// The nearest binary16, half to even, as an f32. Beyond 65504 it is infinite.
  F32 toHalf(F32 x) {
    F32 magnitude = a.abs(x);
    // 13 of the 23 fraction bits go, rounded as an integer: carries run into the
    // exponent, which is what they should do.
    I64 bits = a.bitsOf(magnitude);
    I64 odd = a.andi(a.shiftRight(bits, 13), a.i64(1));
    I64 rounded = a.shiftRight(a.addi(a.addi(bits, a.i64(0xfff)), odd), 13);
    F32 normal = a.fromBits(a.shiftLeft(rounded, 13));
    normal = a.select(a.less(normal, a.f32(65536.0f)), normal, a.f32(HUGE_VALF));
    // Below 2^-14 the last place is 2^-24: adding 0.75 leaves just those bits.
    F32 small = a.sub(a.add(magnitude, a.f32(0.75f)), a.f32(0.75f));
    F32 half = a.select(a.less(magnitude, a.f32(0x1p-14f)), small, normal);
    // Ordered: a NaN stays what it is.
    half = a.select(a.lessEqual(magnitude, a.f32(HUGE_VALF)), half, magnitude);
    return a.select(a.less(x, a.f32(0.0f)), a.sub(a.f32(0.0f), half), half);
  }

  /// A value as it leaves a unit of the MFU.
  F32 toMfu(F32 x) { return mfu.format == MfuFormat::FP16 ? toHalf(x) : x; }

  //===--------------------------------------------------------------------===//
  // Fixed point
  //===--------------------------------------------------------------------===//

  /// x * 2^-shift, half to even; shift in [-15, 62], abs(x) at most 2^62 + 2^60.
  I64 roundShift(I64 x, int shift) {
    if (shift <= 0)
      return shift == 0 ? x : a.shiftLeft(x, -shift);
    I64 odd = a.andi(a.shiftRight(x, shift), a.i64(1));
    I64 half = a.i64((int64_t{1} << (shift - 1)) - 1);
    return a.shiftRight(a.addi(a.addi(x, half), odd), shift);
  }

  I64 saturate(I64 x, int bits) {
    return a.max(a.min(x, a.i64(maxStored(bits))), a.i64(-maxStored(bits)));
  }

  /// An exact sum with exponent `from` to a stored value with exponent `to`.
  I64 requantize(I64 sum, int from, int to, int bits) {
    return saturate(roundShift(sum, from - to), bits);
  }

  /// A float to a stored value; NaN gives 0, infinities saturate.
  I64 quantize(F32 x, int exponent, int bits) {
    F32 limit = a.f32(maxStoredFloat(bits));
    F32 minus = a.f32(-maxStoredFloat(bits));
    F32 y = a.roundEven(a.mul(x, a.f32(std::ldexp(1.0f, exponent))));
    y = a.select(a.lessEqual(y, limit), y, a.select(a.less(limit, y), limit, a.f32(0.0f)));
    y = a.select(a.lessEqual(minus, y), y, minus);
    return a.toInteger(y);
  }

  F32 dequantize(I64 q, int exponent) {
    return a.mul(a.toFloat(q), a.f32(std::ldexp(1.0f, -exponent)));
  }

  /// An exact sum and a bias, brought to the sum's exponent by `shift` places.
  I64 addBias(I64 sum, I64 bias, int shift) { return a.addi(sum, a.shiftLeft(bias, shift)); }

  /// x + y and x y of stored values, exact, rounded once.
  I64 add(I64 x, int xExponent, I64 y, int yExponent, int to, int bits) {
    int e = xExponent > yExponent ? xExponent : yExponent;
    I64 sum = a.addi(a.shiftLeft(x, e - xExponent), a.shiftLeft(y, e - yExponent));
    return requantize(sum, e, to, bits);
  }
  I64 mul(I64 x, int xExponent, I64 y, int yExponent, int to, int bits) {
    return requantize(a.muli(x, y), xExponent + yExponent, to, bits);
  }
  /// x cosine + partner sine of stored values, exact, rounded once; `from` is the
  /// sum of the exponents of a value and of the table.
  I64 rotate(I64 x, I64 cosine, I64 partner, I64 sine, int from, int to, int bits) {
    return requantize(a.addi(a.muli(x, cosine), a.muli(partner, sine)), from, to, bits);
  }

  //===--------------------------------------------------------------------===//
  // Transcendental functions
  //===--------------------------------------------------------------------===//

  /// e^x for x <= 0; 0 below -87 and for NaN.
  F32 exp(F32 x) {
    F32 floor = a.f32(-87.0f);
    auto inRange = a.lessEqual(floor, x);
    F32 clamped = a.select(inRange, x, floor);
    F32 n = a.roundEven(a.mul(clamped, a.f32(0x1.715476p+0f)));
    // ln 2 in two parts; the first has few bits, so that n * part is exact.
    F32 r = a.sub(a.sub(clamped, a.mul(n, a.f32(0x1.62ep-1f))), a.mul(n, a.f32(0x1.0bfbe8p-15f)));
    // 1 / n! for n from 0 to kGreatestExpDegree.
    constexpr float kTerms[] = {1.0f,         1.0f,          0.5f,         1.0f / 6.0f,
                                1.0f / 24.0f, 1.0f / 120.0f, 1.0f / 720.0f};
    // A loop of a fixed length: the host's compiler makes vectors of what is around it.
    F32 p = a.f32(kTerms[kGreatestExpDegree]);
    for (unsigned term = kGreatestExpDegree; term-- > 0;)
      p = term < mfu.expDegree ? a.add(a.mul(p, r), a.f32(kTerms[term])) : a.f32(kTerms[term]);
    return a.select(inRange, a.mul(p, a.powerOfTwo(a.toInteger(n))), a.f32(0.0f));
  }

  /// erf by Abramowitz and Stegun 7.1.26 (error at most 1.5e-7).
  F32 erf(F32 x) {
    F32 u = a.abs(x);
    F32 t = a.div(a.f32(1.0f), a.add(a.f32(1.0f), a.mul(a.f32(0.3275911f), u)));
    F32 p = a.f32(1.061405429f);
    for (float c : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f})
      p = a.add(a.mul(p, t), a.f32(c));
    F32 y = a.sub(a.f32(1.0f), a.mul(a.mul(p, t), exp(a.sub(a.f32(0.0f), a.mul(u, u)))));
    return a.select(a.less(x, a.f32(0.0f)), a.sub(a.f32(0.0f), y), y);
  }

  F32 tanh(F32 x) {
    F32 e = exp(a.mul(a.f32(-2.0f), a.abs(x)));
    F32 y = a.div(a.sub(a.f32(1.0f), e), a.add(a.f32(1.0f), e));
    return a.select(a.less(x, a.f32(0.0f)), a.sub(a.f32(0.0f), y), y);
  }

  F32 sigmoid(F32 x) {
    F32 e = exp(a.sub(a.f32(0.0f), a.abs(x)));
    F32 d = a.add(a.f32(1.0f), e);
    return a.div(a.select(a.less(x, a.f32(0.0f)), e, a.f32(1.0f)), d);
  }

  F32 relu(F32 x) { return a.select(a.less(a.f32(0.0f), x), x, a.f32(0.0f)); }

  F32 gelu(F32 x) {
    F32 cdf = a.add(a.f32(1.0f), erf(a.mul(x, a.f32(0.70710678f))));
    return a.mul(a.mul(a.f32(0.5f), x), cdf);
  }

  F32 geluTanh(F32 x) {
    F32 cube = a.mul(a.mul(x, x), x);
    F32 inner = a.mul(a.f32(0.79788456f), a.add(x, a.mul(a.f32(0.044715f), cube)));
    return a.mul(a.mul(a.f32(0.5f), x), a.add(a.f32(1.0f), tanh(inner)));
  }

  F32 quickGelu(F32 x) { return a.mul(x, sigmoid(a.mul(a.f32(1.702f), x))); }
  F32 silu(F32 x) { return a.mul(x, sigmoid(x)); }

  /// A stored value through a `function` of these.
  template <class Function>
  I64 activate(I64 q, int from, int to, int bits, Function &&function) {
    return quantize(toMfu(function(toMfu(dequantize(q, from)))), to, bits);
  }

  //===--------------------------------------------------------------------===//
  // Softmax: score, exponential, quotient
  //===--------------------------------------------------------------------===//

  /// A score from the exact product sum; `scale` holds the model's scale times
  /// 2^-(exponents of q and k). The bias, where there is one, is added after.
  F32 score(I64 sum, float scale) { return toMfu(a.mul(a.toFloat(sum), a.f32(scale))); }
  F32 biasedScore(F32 score, F32 bias) { return toMfu(a.add(score, toMfu(bias))); }

  /// The larger of a row's maximum so far and a score; a NaN never becomes it.
  F32 rowMax(F32 max, F32 score) { return a.select(a.less(max, score), score, max); }

  /// Stored exponential of a score, with kExpFractionBits fraction bits, 0 to
  /// 32767; 0 where the score or the row's maximum is minus infinity.
  I64 expScore(F32 score, F32 rowMax) {
    return quantize(toMfu(exp(toMfu(a.sub(score, rowMax)))), kExpFractionBits, 16);
  }

  /// (sum of e v) / (sum of e), as a stored value: `from` is v's exponent. A row
  /// that keeps nothing (0 / 0) gives 0.
  I64 normalize(I64 weighted, I64 total, int from, int to, int bits) {
    return quantize(toMfu(a.div(a.toFloat(weighted), a.toFloat(total))), to - from, bits);
  }

  //===--------------------------------------------------------------------===//
  // Detection: which of a row's largest scores stay
  //===--------------------------------------------------------------------===//

  /// Whether an estimated score reaches a threshold, which is in units of the sum.
  auto reaches(I64 score, F32 threshold) { return a.lessEqual(threshold, a.toFloat(score)); }

  /// Whether e / total exceeds a probability.
  auto isProbable(I64 e, I64 total, F32 probability) {
    return a.less(a.mul(probability, a.toFloat(total)), a.toFloat(e));
  }

  /// Whether a key of which `rank` others are ahead is among the ceil(total / rows)
  /// that each row of a group keeps, at least one: `total` keys of its rows pass.
  auto isWithinShare(I64 rank, I64 total, I64 rows) {
    return a.less(a.muli(rank, rows), a.max(total, a.i64(1)));
  }

  //===--------------------------------------------------------------------===//
  // Detection by hashes: bits are +1 and -1, their product counts those that agree
  // less those that differ
  //===--------------------------------------------------------------------===//

  /// The length of a stored vector from its exact sum of squares, `shift` places
  /// lower: a 16-bit stored value.
  I64 length(I64 sumOfSquares, int shift) {
    return quantize(a.sqrt(a.toFloat(sumOfSquares)), -shift, 16);
  }

  /// sin(x pi / 2) for abs(x) <= 1.
  F32 quarterSine(F32 x) {
    F32 square = a.mul(x, x);
    F32 p = a.f32(-3.59884324e-6f);
    for (float c : {1.60441185e-4f, -4.68175414e-3f, 7.96926263e-2f, -6.45964098e-1f, 1.57079633f})
      p = a.add(a.mul(p, square), a.f32(c));
    return a.mul(p, x);
  }

  /// The cosine of the angle between two vectors whose hashes of `bits` bits have the
  /// product `agreement`: where h bits differ it is cos(pi h / bits).
  F32 cosineOfHashes(F32 agreement, int64_t bits) {
    return quarterSine(a.div(agreement, a.f32(static_cast<float>(bits))));
  }

  /// The estimated score of a key of stored `length`, an exact product: the cosine
  /// has kCosineFractionBits fraction bits.
  I64 estimate(I64 agreement, int64_t bits, I64 length) {
    return a.muli(quantize(cosineOfHashes(a.toFloat(agreement), bits), kCosineFractionBits, 16),
                  length);
  }

  //===--------------------------------------------------------------------===//
  // Normalisations, from exact integer moments
  //===--------------------------------------------------------------------===//

  /// 1 / sqrt(n sum(q^2) - sum(q)^2 + epsilon n^2 2^2e): times (n q - sum(q)) it
  /// is (x - mean) / sqrt(var + epsilon).
  F32 layerNormFactor(I64 sum, I64 sumOfSquares, int64_t n, int exponent, float epsilon) {
    I64 v = a.subi(a.muli(a.i64(n), sumOfSquares), a.muli(sum, sum));
    double c = static_cast<double>(epsilon) * n * n * std::ldexp(1.0, 2 * exponent);
    return a.div(a.f32(1.0f), a.sqrt(a.add(a.toFloat(v), a.f32(static_cast<float>(c)))));
  }
  I64 layerNorm(I64 q, I64 sum, F32 factor, F32 gain, F32 bias, int64_t n, int to, int bits) {
    F32 centred = a.toFloat(a.subi(a.muli(a.i64(n), q), sum));
    F32 scaled = toMfu(a.mul(toMfu(a.mul(centred, factor)), toMfu(gain)));
    return quantize(toMfu(a.add(scaled, toMfu(bias))), to, bits);
  }

  // quote: rule
  /// sqrt(n) / sqrt(sum(q^2) + epsilon n 2^2e): times q it is x / rms.
  F32 rmsNormFactor(I64 sumOfSquares, int64_t n, int exponent, float epsilon) {
    double c = static_cast<double>(epsilon) * n * std::ldexp(1.0, 2 * exponent);
    float rootN = std::sqrt(static_cast<float>(n));
    return a.div(a.f32(rootN),
                 a.sqrt(a.add(a.toFloat(sumOfSquares), a.f32(static_cast<float>(c)))));
  }
  I64 rmsNorm(I64 q, F32 factor, F32 gain, int to, int bits) {
    return quantize(toMfu(a.mul(toMfu(a.mul(a.toFloat(q), factor)), toMfu(gain))), to, bits);
  }
  // end quote
};

} // namespace dota

#endif // DOTA_RUNTIME_NUMERICS_H
