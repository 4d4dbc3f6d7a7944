//===- WeightExponentsTest.cpp - the formats of a constant weight -----------===//

#include "dota/Transforms/WeightExponents.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Numerics.h"
#include "gmock/gmock.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::dota;
using testing::ElementsAre;

namespace {

double squaredError(ArrayRef<float> values, int exponent, int bits) {
  ::dota::HostArithmetic host;
  ::dota::Numerics<::dota::HostArithmetic> rules{host};
  double sum = 0;
  for (float x : values) {
    double error =
        static_cast<double>(x) - rules.dequantize(rules.quantize(x, exponent, bits), exponent);
    sum += error * error;
  }
  return sum;
}

TEST(WeightExponents, AreThoseOfTheLeastSquaredErrorOfEachColumn) {
  const int64_t rows = 200, columns = 5;
  std::mt19937 engine(3);
  std::vector<float> weight(rows * columns);
  std::vector<std::vector<float>> each(columns);
  for (int64_t i = 0; i < rows * columns; ++i) {
    // Tails of some columns are long, all have another range.
    std::student_t_distribution<float> heavy(i % 2 ? 3.0f : 30.0f);
    weight[i] = std::ldexp(heavy(engine), static_cast<int>(i % columns) - 6);
    each[i % columns].push_back(weight[i]);
  }
  for (int bits : {8, 4, 2}) {
    SmallVector<int> found =
        chooseWeightExponents({weight, false}, rows * columns, columns, true, bits);
    ASSERT_EQ(found.size(), static_cast<size_t>(columns));
    for (int64_t column = 0; column < columns; ++column) {
      int best = kMinExponent;
      for (int exponent = kMinExponent; exponent <= kMaxExponent; ++exponent)
        if (squaredError(each[column], exponent, bits) < squaredError(each[column], best, bits))
          best = exponent;
      EXPECT_EQ(found[column], best) << bits << " bits, column " << column;
    }
    SmallVector<int> one =
        chooseWeightExponents({weight, false}, rows * columns, columns, false, bits);
    ASSERT_EQ(one.size(), 1u);
    EXPECT_LE(squaredError(weight, one[0], bits), squaredError(weight, one[0] + 1, bits));
    EXPECT_LE(squaredError(weight, one[0], bits), squaredError(weight, one[0] - 1, bits));
  }
}

TEST(WeightExponents, SaturateNothingInSixteenBits) {
  const float weight[] = {1.0f, 0.001f, 0.0f, -3.9f, 0.002f, 0.0f};
  EXPECT_THAT(chooseWeightExponents({weight, false}, 6, 3, true, 16), ElementsAre(13, 23, 15));
  EXPECT_THAT(chooseWeightExponents({weight, false}, 6, 3, false, 16), ElementsAre(13));
}

TEST(WeightExponents, OfASplatAreTheSameInEveryColumn) {
  const float weight[] = {0.25f};
  EXPECT_THAT(chooseWeightExponents({weight, true}, 12, 3, true, 8), ElementsAre(8, 8, 8));
  EXPECT_THAT(chooseWeightExponents({weight, true}, 12, 3, false, 8), ElementsAre(8));
}

} // namespace
