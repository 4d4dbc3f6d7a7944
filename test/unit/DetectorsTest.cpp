//===- DetectorsTest.cpp - what the factors of detectors estimate ----------===//

#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::dota;

namespace {

constexpr int64_t kFeatures = 12, kHeads = 4, kKeyHeads = 2, kWidth = 3;
using Matrix = std::vector<std::vector<double>>;

std::vector<float> numbers(size_t count, unsigned seed, float scale) {
  std::mt19937 bits(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = scale * (static_cast<int>(bits() % 2001) - 1000) / 1000.0f;
  return values;
}

class DetectorsTest : public testing::Test {
protected:
  DetectorsTest() {
    context.loadDialect<DotaDialect, arith::ArithDialect, func::FuncDialect>();
    queries = numbers(kFeatures * kHeads * kWidth, 1, 1);
    keys = numbers(kFeatures * kKeyHeads * kWidth, 2, 1);
    bias = numbers(kHeads * kWidth, 3, 0.5);
    // Features of very unequal size, which is what weighting is for.
    moment.assign((kFeatures + 1) * (kFeatures + 1), 0);
    for (int64_t i = 0; i < kFeatures; ++i)
      moment[i * (kFeatures + 2)] = i % 3 == 0 ? 25.0f : 0.04f;
    moment.back() = 1;
  }

  /// The factors that the pass computes, [weight; bias] each.
  std::pair<Matrix, Matrix> factors(StringRef detector, int64_t rank) {
    OpBuilder b(&context);
    Location loc = b.getUnknownLoc();
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    b.setInsertionPointToEnd(module->getBody());
    Type f32 = b.getF32Type();
    auto tensor = [&](ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, f32); };
    auto x = tensor({5, kFeatures});
    auto q = tensor({5, kHeads * kWidth}), k = tensor({5, kKeyHeads * kWidth});
    auto function = func::FuncOp::create(b, loc, "main", b.getFunctionType({x}, {q}));
    b.setInsertionPointToStart(function.addEntryBlock());
    auto constant = [&](RankedTensorType type, ArrayRef<float> values) -> Value {
      return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, values));
    };
    Value input = function.getArgument(0);
    Value queryValues =
        LinearOp::create(b, loc, q, input, constant(tensor({kFeatures, q.getDimSize(1)}), queries),
                         constant(tensor({q.getDimSize(1)}), bias));
    Value keyValues = LinearOp::create(
        b, loc, k, input, constant(tensor({kFeatures, k.getDimSize(1)}), keys), Value());
    auto attention = AttentionOp::create(b, loc, q, queryValues, keyValues, keyValues, Value(),
                                         kHeads, kKeyHeads, APFloat(1.0f), false);
    attention->setAttr(
        "dota.second_moment",
        DenseElementsAttr::get(tensor({kFeatures + 1, kFeatures + 1}), ArrayRef<float>(moment)));
    func::ReturnOp::create(b, loc, attention.getResult());

    InsertDetectorsOptions options;
    options.retain = 0.5;
    options.rank = rank;
    options.detector = detector.str();
    PassManager pm(&context);
    pm.addPass(createInsertDetectors(options));
    EXPECT_TRUE(succeeded(pm.run(*module)));
    DetectOp detect;
    module->walk([&](DetectOp op) { detect = op; });
    EXPECT_TRUE(detect);
    return {factorOf(detect.getQ()), factorOf(detect.getK())};
  }

  static Matrix factorOf(Value value) {
    auto op = value.getDefiningOp<LinearOp>();
    int64_t columns = cast<RankedTensorType>(value.getType()).getDimSize(1);
    Matrix matrix(kFeatures + 1, std::vector<double>(columns, 0));
    auto read = [&](Value constant, int64_t first, int64_t rows) {
      auto data = getConstantData<float>(constant.getDefiningOp<arith::ConstantOp>().getValue());
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j)
          matrix[first + i][j] = (*data)[i * columns + j];
    };
    read(op.getWeight(), 0, kFeatures);
    if (op.getBias())
      read(op.getBias(), kFeatures, 1);
    return matrix;
  }

  /// M of a head, from its exact weights.
  double exact(int64_t head, int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t c = 0; c < kWidth; ++c) {
      int64_t column = head * kWidth + c, keyColumn = head / (kHeads / kKeyHeads) * kWidth + c;
      double q = i < kFeatures ? queries[i * kHeads * kWidth + column] : bias[column];
      double k = j < kFeatures ? keys[j * kKeyHeads * kWidth + keyColumn] : 0;
      sum += q * k;
    }
    return sum;
  }

  /// The share of a head's expected squared score that an estimate misses, for the
  /// best factor in front of it.
  double missed(const std::pair<Matrix, Matrix> &factors, int64_t head, int64_t rank) {
    double ee = 0, es = 0, ss = 0;
    for (int64_t i = 0; i <= kFeatures; ++i)
      for (int64_t j = 0; j <= kFeatures; ++j) {
        double estimate = 0;
        for (int64_t c = 0; c < rank; ++c)
          estimate += factors.first[i][head * rank + c] * factors.second[j][head * rank + c];
        double weight = moment[i * (kFeatures + 2)] * moment[j * (kFeatures + 2)];
        double s = exact(head, i, j);
        ee += weight * estimate * estimate;
        es += weight * estimate * s;
        ss += weight * s * s;
      }
    EXPECT_GT(es, 0);
    return 1 - es * es / (ee * ss);
  }

  MLIRContext context;
  std::vector<float> queries, keys, bias, moment;
};

TEST_F(DetectorsTest, FullRankIsExact) {
  auto found = factors("weighted", kWidth);
  for (int64_t head = 0; head < kHeads; ++head)
    EXPECT_LT(missed(found, head, kWidth), 1e-5) << "head " << head;
  // More than the head's width is no more.
  EXPECT_EQ(factors("weighted", 8).first.front().size(), static_cast<size_t>(kHeads * kWidth));
}

TEST_F(DetectorsTest, WeightsByTheMoment) {
  auto weighted = factors("weighted", 1), plain = factors("svd", 1);
  for (int64_t head = 0; head < kHeads; ++head)
    EXPECT_LT(missed(weighted, head, 1), missed(plain, head, 1) + 1e-6) << "head " << head;
}

TEST_F(DetectorsTest, RandomProjectionCostsAccuracy) {
  auto weighted = factors("weighted", 2), random = factors("random", 2);
  for (int64_t head = 0; head < kHeads; ++head)
    EXPECT_LT(missed(weighted, head, 2), missed(random, head, 2)) << "head " << head;
}

// Directions are orthonormal in each block of the head's width: without the signs, as
// many projections as two blocks have give every score twice.
TEST_F(DetectorsTest, HashesProjectOnOrthonormalDirections) {
  auto [q, k] = factors("elsa", 2 * kWidth);
  ASSERT_EQ(q.front().size(), static_cast<size_t>(kHeads * 2 * kWidth));
  ASSERT_EQ(k.front().size(), static_cast<size_t>(kKeyHeads * 2 * kWidth));
  double apart = 0;
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i = 0; i <= kFeatures; ++i)
      for (int64_t j = 0; j <= kFeatures; ++j) {
        double sum = 0;
        for (int64_t c = 0; c < 2 * kWidth; ++c)
          sum += q[i][head * 2 * kWidth + c] * k[j][head / (kHeads / kKeyHeads) * 2 * kWidth + c];
        EXPECT_NEAR(sum, 2 * exact(head, i, j), 1e-5);
        apart =
            std::max(apart, std::abs(q[i][head * 2 * kWidth] - q[i][head * 2 * kWidth + kWidth]));
      }
  EXPECT_GT(apart, 0.1) << "the second block has directions of its own";
}

// The quantiser's step is 1 and the best one for a deviation of 1 / 0.3534.
TEST_F(DetectorsTest, ColumnsFitTheQuantiser) {
  auto found = factors("weighted", 2);
  for (int64_t head = 0; head < kHeads; ++head) {
    double sum = 0;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t i = 0; i <= kFeatures; ++i)
        sum += moment[i * (kFeatures + 2)] * std::pow(found.first[i][head * 2 + c], 2);
    EXPECT_NEAR(std::sqrt(sum / 2), 1 / 0.3534, 1e-2) << "head " << head;
  }
}

} // namespace
