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

} // namespace
