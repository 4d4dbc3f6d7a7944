//===- NumericsTest.cpp - the numeric rules, on plain numbers ---------------===//
#include "dota/runtime/Numerics.h"
#include "gtest/gtest.h"
#include <cmath>
#include <functional>
#include <limits>

using namespace dota;

namespace {

HostArithmetic host;
Numerics<HostArithmetic> numerics{host};

TEST(Numerics, RoundShiftIsHalfToEven) {
  EXPECT_EQ(numerics.roundShift(5, 1), 2);
  EXPECT_EQ(numerics.roundShift(7, 1), 4);
  EXPECT_EQ(numerics.roundShift(-5, 1), -2);
  EXPECT_EQ(numerics.roundShift(-7, 1), -4);
  EXPECT_EQ(numerics.roundShift(11, 2), 3);
  EXPECT_EQ(numerics.roundShift(-11, 2), -3);
  EXPECT_EQ(numerics.roundShift(3, 0), 3);
  EXPECT_EQ(numerics.roundShift(3, -4), 48);
}

TEST(Numerics, SaturationIsSymmetric) {
  EXPECT_EQ(numerics.saturate(40000, 16), 32767);
  EXPECT_EQ(numerics.saturate(-32768, 16), -32767);
  EXPECT_EQ(numerics.saturate(-8, 4), -7);
  EXPECT_EQ(numerics.saturate(2, 2), 1);
}

TEST(Numerics, QuantizeRoundsHalfToEvenAndSaturates) {
  EXPECT_EQ(numerics.quantize(0.5f, 0, 16), 0);
  EXPECT_EQ(numerics.quantize(1.5f, 0, 16), 2);
  EXPECT_EQ(numerics.quantize(-2.5f, 0, 16), -2);
  EXPECT_EQ(numerics.quantize(1e30f, 0, 16), 32767);
  EXPECT_EQ(numerics.quantize(-std::numeric_limits<float>::infinity(), 30, 8), -127);
  EXPECT_EQ(numerics.quantize(std::numeric_limits<float>::quiet_NaN(), 0, 16), 0);
  // 2^31 - 1 is no f32; a bias saturates at the largest below.
  EXPECT_EQ(numerics.quantize(1e30f, 0, 32), 2147483520);
}

TEST(Numerics, RequantizeAtTheEndsOfItsShifts) {
  EXPECT_EQ(numerics.requantize((int64_t{1} << 61) + 1, 62, 0, 16), 1); // just above 0.5
  EXPECT_EQ(numerics.requantize(int64_t{1} << 61, 62, 0, 16), 0);       // 0.5
  EXPECT_EQ(numerics.requantize(1, 0, 15, 16), 32767);
  EXPECT_EQ(numerics.requantize(-1, 0, 14, 16), -16384);
}

TEST(Numerics, SumsOfElementsAreExact) {
  // 1 * 2^0 + 1 * 2^-15, rounded to 2^-14: the tie goes to the even 16384.
  EXPECT_EQ(numerics.add(1, 0, 1, 15, 14, 16), 16384);
  EXPECT_EQ(numerics.add(1, 0, 3, 15, 14, 16), 16386);
  EXPECT_EQ(numerics.mul(3, 1, 5, 1, 1, 16), 8); // 1.5 * 2.5 = 3.75 = 7.5 halves
}

TEST(Numerics, RowsWithoutKeysGiveZeros) {
  float minusInfinity = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(numerics.expScore(minusInfinity, minusInfinity), 0);
  EXPECT_EQ(numerics.normalize(0, 0, 12, 12, 16), 0);
  EXPECT_EQ(numerics.rowMax(1.0f, std::numeric_limits<float>::quiet_NaN()), 1.0f);
}

TEST(Numerics, EstimatesFromHashes) {
  // The longest of 64 values takes 16 bits; of 65 one place more is cut.
  EXPECT_EQ(lengthShift(64, 16), 3);
  EXPECT_EQ(lengthShift(65, 16), 4);
  EXPECT_EQ(lengthShift(1, 16), 0);
  EXPECT_EQ(lengthShift(64, 8), -5);
  EXPECT_EQ(numerics.length(int64_t{64} * 32767 * 32767, 3), 32767);
  EXPECT_EQ(numerics.length(int64_t{64} * 127 * 127, -5), 32 * 8 * 127);
  EXPECT_EQ(numerics.length(25, 0), 5);
  EXPECT_EQ(numerics.length(25, 1), 2) << "half to even";
  EXPECT_EQ(numerics.length(0, 0), 0);
  // All, half, a quarter and none of 64 bits agree.
  EXPECT_EQ(numerics.estimate(64, 64, 100), 3276700);
  EXPECT_EQ(numerics.estimate(0, 64, 100), 0);
  EXPECT_EQ(numerics.estimate(-32, 64, 100), -2317000) << "cos 135 degrees is -23170";
  EXPECT_EQ(numerics.estimate(-64, 64, 1), -32767);
  // Each bit more that agrees counts.
  for (int64_t s = -127; s <= 128; ++s)
    EXPECT_LT(numerics.estimate(s - 1, 128, 1), numerics.estimate(s, 128, 1)) << s;
}

/// The largest |f(x) - g(x)|, or relative to |g(x)|, of floats in [from, to], every
/// `step`-th of them by their bits (from and to have the same sign).
double largestError(float from, float to, uint32_t step, bool relative,
                    const std::function<float(float)> &f, const std::function<double(double)> &g) {
  double largest = 0;
  uint32_t a = std::bit_cast<uint32_t>(from), b = std::bit_cast<uint32_t>(to);
  for (uint64_t bits = std::min(a, b); bits <= std::max(a, b); bits += step) {
    float x = std::bit_cast<float>(static_cast<uint32_t>(bits));
    double exact = g(x), error = std::fabs(f(x) - exact);
    largest = std::max(largest, relative ? error / std::fabs(exact) : error);
  }
  return largest;
}

// The bounds stand in docs/numbers.md.
TEST(Numerics, FunctionsAreAccurate) {
  auto rule = [](float (Numerics<HostArithmetic>::*f)(float)) {
    return [f](float x) { return (numerics.*f)(x); };
  };
  using N = Numerics<HostArithmetic>;
  auto exact = [](double (*f)(double)) { return std::function<double(double)>(f); };
  auto both = [&](bool relative, float limit, auto f, const std::function<double(double)> &g) {
    return std::max(largestError(1e-6f, limit, 997, relative, rule(f), g),
                    largestError(-1e-6f, -limit, 997, relative, rule(f), g));
  };
  auto gelu = [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); };
  auto geluTanh = [](double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  };
  auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  auto silu = [&](double x) { return x * sigmoid(x); };
  auto quickGelu = [&](double x) { return x * sigmoid(1.702 * x); };
  double errors[] = {
      largestError(-1e-6f, -87.0f, 997, true, rule(&N::exp), exact(std::exp)),
      both(false, 10.0f, &N::erf, exact(std::erf)),
      both(false, 20.0f, &N::tanh, exact(std::tanh)),
      both(false, 80.0f, &N::sigmoid, sigmoid),
      both(false, 8.0f, &N::gelu, gelu),
      both(false, 8.0f, &N::geluTanh, geluTanh),
      both(false, 8.0f, &N::silu, silu),
      both(false, 8.0f, &N::quickGelu, quickGelu),
      both(false, 1.0f, &N::quarterSine, [](double x) { return std::sin(x * M_PI / 2); }),
  };
  const char *names[] = {"exp",       "erf",  "tanh",       "sigmoid",     "gelu",
                         "gelu_tanh", "silu", "quick_gelu", "quarter_sine"};
  double bounds[] = {2.5e-7, 6e-7, 1.3e-7, 1e-7, 5e-7, 5.5e-7, 9e-7, 7e-7, 2e-7};
  for (int i = 0; i < 9; ++i) {
    EXPECT_LE(errors[i], bounds[i]) << names[i];
  }
}

//===----------------------------------------------------------------------===//
// The MFU in binary16
//===----------------------------------------------------------------------===//

/// The value of a binary16 that is 0 or more.
float valueOfHalf(uint32_t bits) {
  const int exponent = static_cast<int>(bits >> 10), fraction = static_cast<int>(bits & 1023);
  return exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                       : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}
constexpr uint32_t kHalfInfinity = 0x7c00;

/// Every half, and between two neighbours the middle and what lies beside it.
TEST(Numerics, HalfIsTheNearestEverywhere) {
  for (float sign : {1.0f, -1.0f})
    for (uint32_t bits = 0; bits < kHalfInfinity; ++bits) {
      const float low = valueOfHalf(bits);
      // What comes after the largest, 65536, is infinite.
      const float high = valueOfHalf(bits + 1);
      const float high16 =
          bits + 1 == kHalfInfinity ? std::numeric_limits<float>::infinity() : high;
      const float middle = low + (high - low) / 2;
      ASSERT_EQ(numerics.toHalf(sign * low), sign * low);
      ASSERT_EQ(numerics.toHalf(sign * std::nextafter(middle, 0.0f)), sign * low) << bits;
      ASSERT_EQ(numerics.toHalf(sign * middle), sign * (bits % 2 == 0 ? low : high16)) << bits;
      ASSERT_EQ(numerics.toHalf(sign * std::nextafter(middle, high)), sign * high16) << bits;
    }
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(numerics.toHalf(infinity), infinity);
  EXPECT_EQ(numerics.toHalf(-3.0e38f), -infinity);
  EXPECT_TRUE(std::isnan(numerics.toHalf(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Numerics, ValuesBetweenUnitsAreHalves) {
  Numerics<HostArithmetic> half{host, {MfuFormat::FP16, 6}};
  // 4097 has 13 bits: the sum of products is exact, the score is not.
  EXPECT_EQ(numerics.score(4097, 1.0f), 4097.0f);
  EXPECT_EQ(half.score(4097, 1.0f), 4096.0f);
  EXPECT_EQ(half.score(70000, 1.0f), std::numeric_limits<float>::infinity());
  EXPECT_EQ(half.score(70000, 0.0625f), 4376.0f);
  // The bias of a hidden key is minus infinity, and its exponential 0.
  EXPECT_EQ(half.expScore(half.biasedScore(1.0f, -3.0e38f), 1.0f), 0);
  EXPECT_EQ(half.normalize(1000, 3, 0, 4, 16), 5332); // 333.25 in 1 / 16
  EXPECT_EQ(numerics.normalize(1000, 3, 0, 4, 16), 5333);
  EXPECT_EQ(half.layerNorm(4097, 0, 1.0f, 1.0f, 0.0f, 1, 0, 16), 4096);
  EXPECT_EQ(half.rmsNorm(4097, 1.0f, 1.0f, 0, 16), 4096);
  EXPECT_EQ(half.activate(4097, 0, 0, 16, [&](float x) { return half.relu(x); }), 4096);
}

/// The largest error of a function of the MFU over all halves in [from, to].
double halfError(float from, float to, MfuRules rules,
                 float (Numerics<HostArithmetic>::*function)(float),
                 const std::function<double(double)> &exact) {
  Numerics<HostArithmetic> mfu{host, rules};
  double largest = 0;
  for (float sign : {1.0f, -1.0f})
    for (uint32_t bits = 0; bits < kHalfInfinity; ++bits) {
      const float x = sign * valueOfHalf(bits);
      if (x >= from && x <= to)
        largest = std::max(largest, std::fabs(mfu.toMfu((mfu.*function)(x)) - exact(x)));
    }
  return largest;
}

// The bounds stand in docs/numbers.md.
TEST(Numerics, ApproximationsAreWithinTheirBoundsForEveryHalf) {
  using N = Numerics<HostArithmetic>;
  const std::function<double(double)> exp = [](double x) { return std::exp(x); };
  const std::function<double(double)> sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const std::function<double(double)> tanh = [](double x) { return std::tanh(x); };
  const std::function<double(double)> gelu = [](double x) {
    return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5)));
  };
  // exp, sigmoid, tanh, gelu; by format and degree.
  const double bounds[2][5][4] = {{{6.4e-3, 2.2e-3, 4.4e-3, 1.6e-3},
                                   {5.7e-4, 2.0e-4, 3.9e-4, 1.4e-4},
                                   {4.0e-5, 1.4e-5, 2.8e-5, 9.4e-6},
                                   {2.4e-6, 8.0e-7, 1.6e-6, 6.2e-7},
                                   {1.6e-7, 8.9e-8, 1.1e-7, 4.6e-7}},
                                  {{6.5e-3, 2.4e-3, 4.4e-3, 1.8e-3},
                                   {7.9e-4, 4.3e-4, 4.3e-4, 9.8e-4},
                                   {2.8e-4, 2.6e-4, 2.5e-4, 9.8e-4},
                                   {2.5e-4, 2.5e-4, 2.5e-4, 9.8e-4},
                                   {2.5e-4, 2.5e-4, 2.5e-4, 9.8e-4}}};
  for (MfuFormat format : {MfuFormat::FP32, MfuFormat::FP16})
    for (unsigned degree = kLeastExpDegree; degree <= kGreatestExpDegree; ++degree) {
      const MfuRules rules{format, degree};
      const double errors[] = {halfError(-65504, 0, rules, &N::exp, exp),
                               halfError(-65504, 65504, rules, &N::sigmoid, sigmoid),
                               halfError(-65504, 65504, rules, &N::tanh, tanh),
                               halfError(-8, 8, rules, &N::gelu, gelu)};
      for (int i = 0; i < 4; ++i) {
        const double bound = bounds[static_cast<int>(format)][degree - kLeastExpDegree][i];
        EXPECT_LE(errors[i], bound) << "function " << i << ", degree " << degree;
        EXPECT_GE(errors[i], 0.9 * bound) << "function " << i << ", degree " << degree;
      }
    }
}

} // namespace
