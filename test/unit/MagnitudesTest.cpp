//===- MagnitudesTest.cpp - which range a rule takes ------------------------===//

#include "dota/Transforms/Magnitudes.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir::dota;

namespace {

constexpr RangeRule kMse{RangeRule::Kind::Mse};

Magnitudes of(const std::vector<float> &values) {
  Magnitudes magnitudes(/*withHistogram=*/true);
  magnitudes.take(values);
  return magnitudes;
}

/// 0, 0.001, ..., 0.998 and one -15.
std::vector<float> withOutlier() {
  std::vector<float> values;
  for (int i = 0; i < 999; ++i)
    values.push_back(static_cast<float>(i) * 1e-3f);
  values.push_back(-15);
  return values;
}

TEST(Magnitudes, MaximumLeavesOutWhatIsNotFinite) {
  Magnitudes magnitudes;
  EXPECT_EQ(magnitudes.range({}, 16), 0);
  magnitudes.take({1, -3, NAN, 2});
  EXPECT_TRUE(magnitudes.sawNonFinite());
  magnitudes.take({INFINITY, 0.5f});
  EXPECT_EQ(magnitudes.range({}, 16), 3);
}

TEST(Magnitudes, PercentileIsRoundedUpToItsBin) {
  std::vector<float> values;
  for (int i = 1; i <= 1000; ++i)
    values.push_back(static_cast<float>(i));
  auto percentile = [&](double percent) {
    return of(values).range({RangeRule::Kind::Percentile, percent}, 16);
  };
  // Bins of 512 to 1024 are 16 wide.
  EXPECT_EQ(percentile(90), 912);
  EXPECT_EQ(percentile(99.9), 1000);
  EXPECT_EQ(percentile(100), 1000);
  EXPECT_EQ(of({}).range({RangeRule::Kind::Percentile, 50}, 16), 0);
  EXPECT_EQ(of({0, 0, 0, 5}).range({RangeRule::Kind::Percentile, 100}, 16), 5);
}

TEST(Magnitudes, LeastSquaresTradesSaturationForFinerSteps) {
  // 4 bits hold 15 with a step of 4, which loses all the others: x^2, on average 1/3.
  // A range of 7, step 1: 1/12, and 8^2 a thousand times. A range of 3.5: 1/48, and
  // 11.5^2 a thousand times, which is worse.
  Magnitudes magnitudes = of(withOutlier());
  EXPECT_NEAR(magnitudes.meanSquaredError(-2, 4), 1 / 3.0, 1e-2);
  EXPECT_NEAR(magnitudes.meanSquaredError(0, 4), 1 / 12.0 + 0.064, 1e-2);
  EXPECT_NEAR(magnitudes.meanSquaredError(1, 4), 1 / 48.0 + 0.13225, 1e-2);
  EXPECT_EQ(magnitudes.range(kMse, 4), 7);
  EXPECT_EQ(chooseExponent(7, 4), 0);
  // 16 bits have enough for both.
  EXPECT_EQ(magnitudes.range(kMse, 16), 15);
}

TEST(Magnitudes, ConstantsAndZeros) {
  EXPECT_EQ(of({0, 0, 0}).range(kMse, 8), 0);
  EXPECT_EQ(of({}).range(kMse, 8), 0);
  EXPECT_EQ(of({-0.75f, 0.75f}).range(kMse, 8), 0.75f);
  EXPECT_EQ(of({-0.75f, 0.75f}).meanSquaredError(2, 8), 0);
}

TEST(Magnitudes, EstimatesTheErrorOfRounding) {
  std::mt19937 random(1);
  std::vector<float> values(20000);
  for (float &value : values) {
    // Sums of uniform numbers, as the library's normal distribution is nobody's to repeat.
    value = -6;
    for (int i = 0; i < 12; ++i)
      value += static_cast<float>(random() >> 8) * 0x1p-24f;
  }
  Magnitudes magnitudes = of(values);
  for (int bits : {4, 8})
    for (int exponent = 0; exponent < 8; ++exponent) {
      double most = std::ldexp((1 << (bits - 1)) - 1, -exponent), exact = 0;
      for (double value : values) {
        double rounded = std::ldexp(std::nearbyint(std::ldexp(value, exponent)), -exponent);
        double error = value - std::clamp(rounded, -most, most);
        exact += error * error / values.size();
      }
      EXPECT_NEAR(magnitudes.meanSquaredError(exponent, bits), exact, 0.03 * exact)
          << bits << " bits, exponent " << exponent;
    }
}

} // namespace
