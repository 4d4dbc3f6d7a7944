//===- CalibrateTest.cpp - what calibration notes on ops --------------------===//

#include "dota/Host/Calibrate.h"
#include "HostFixture.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Transforms/Observations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class CalibrateTest : public HostFixture {
protected:
  template <class Op>
  static Op only(ModuleOp module) {
    Op found;
    module.walk([&](Op op) { found = op; });
    return found;
  }
};

constexpr StringLiteral kEncoder = R"(
  func.func @main(%x: tensor<2x2x2xf32>) -> tensor<2x2x2xf32> {
    %w = arith.constant dense<[[1.0, 0.0], [0.0, 2.0]]> : tensor<2x2xf32>
    %q = dota.linear %x, %w : tensor<2x2x2xf32>, tensor<2x2xf32> -> tensor<2x2x2xf32>
    %y = dota.attention %q, %x, %q {heads = 1 : i64, kv_heads = 1 : i64, scale = 1.0 : f32}
      : (tensor<2x2x2xf32>, tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
    return %y : tensor<2x2x2xf32>
  })";

TEST_F(CalibrateTest, NotesRangesAndMoments) {
  auto module = parse(kEncoder);
  EXPECT_FALSE(isCalibrated(*module));
  // Two runs: what is noted is of both.
  ASSERT_TRUE(succeeded(calibrate(*module, "",
                                  {{tensor({2, 2, 2}, {1, 2, 0, 0, 0, 0, -1, 0})},
                                   {tensor({2, 2, 2}, {0, 0, 0, 0, 0, 0, 0, -4})}})))
      << diagnostics;
  EXPECT_TRUE(isCalibrated(*module));
  auto linear = only<LinearOp>(*module);
  EXPECT_EQ(linear->getAttrOfType<FloatAttr>(DotaDialect::kRangeAttrName).getValueAsDouble(), 8);
  EXPECT_THAT(
      linear->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName).asArrayRef(),
      ElementsAre(4, 0));
  auto attention = only<AttentionOp>(*module);
  // The keys come from outside; queries and values have their own op's range.
  EXPECT_THAT(
      attention->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName).asArrayRef(),
      ElementsAre(0, 4, 0));
  // Queries and keys are of the same x: one moment, the mean over 8 rows.
  EXPECT_FALSE(attention->hasAttr(kKeySecondMomentAttrName));
  auto moment = getConstantData<float>(attention->getAttr(kSecondMomentAttrName));
  ASSERT_TRUE(moment);
  EXPECT_THAT(moment->stored,
              ElementsAre(2 / 8.0f, 2 / 8.0f, 0, 2 / 8.0f, 20 / 8.0f, -2 / 8.0f, 0, -2 / 8.0f, 1));
}

TEST_F(CalibrateTest, LeavesOutWhatIsNotFinite) {
  auto module = parse(kEncoder);
  ASSERT_TRUE(
      succeeded(calibrate(*module, "", {{tensor({2, 2, 2}, {1, NAN, 3, 0, 0, INFINITY, 0, 0})}})));
  EXPECT_THAT(diagnostics, HasSubstr("not finite while calibrating"));
  auto linear = only<LinearOp>(*module);
  EXPECT_EQ(linear->getAttrOfType<FloatAttr>(DotaDialect::kRangeAttrName).getValueAsDouble(), 3);
  auto moment = getConstantData<float>(only<AttentionOp>(*module)->getAttr(kSecondMomentAttrName));
  ASSERT_TRUE(moment);
  EXPECT_THAT(moment->stored, ElementsAre(4.5, 0, 1.5, 0, 0, 0, 1.5, 0, 1));
}

TEST_F(CalibrateTest, RulesLookAtTheBitsOfEachValue) {
  auto module = parse(R"(
    func.func @main(%x: tensor<4x25xf32>) -> (tensor<4x25xf32>, tensor<4x25xf32>) {
      %y = dota.activation <relu> %x {dota.precision = #dota.precision<int4>} : tensor<4x25xf32> -> tensor<4x25xf32>
      %z = dota.activation <relu> %x : tensor<4x25xf32> -> tensor<4x25xf32>
      return %y, %z : tensor<4x25xf32>, tensor<4x25xf32>
    })");
  Floats values(100, 0.7f);
  values[3] = 7.5;
  auto ranges = [&](const CalibrationOptions &options) {
    EXPECT_TRUE(succeeded(calibrate(*module, "", {{tensor({4, 25}, values)}}, options)))
        << diagnostics;
    Floats result;
    module->walk([&](ActivationOp op) {
      result.push_back(
          op->getAttrOfType<FloatAttr>(DotaDialect::kRangeAttrName).getValueAsDouble());
      result.push_back(
          op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName)[0]);
    });
    return result;
  };
  EXPECT_THAT(ranges({.rule = {RangeRule::Kind::Max}}), ElementsAre(7.5, 7.5, 7.5, 7.5));
  // 4 bits would hold 7.5 with a step of 2, where 0.7 becomes 0.
  EXPECT_THAT(ranges({.rule = {RangeRule::Kind::Mse}}), ElementsAre(7, 7.5, 7.5, 7.5));
  EXPECT_THAT(ranges({}), ElementsAre(7, 7.5, 7.5, 7.5));
  // 0.7 lies in a bin that ends at 0.703125.
  EXPECT_THAT(ranges({.rule = {RangeRule::Kind::Percentile, 99}}),
              ElementsAre(0.703125f, 0.703125f, 0.703125f, 0.703125f));
}

TEST_F(CalibrateTest, ProductsThatReadFewerBitsHaveARangeOfTheirOwn) {
  auto module = parse(R"(
    func.func @main(%x: tensor<4x2500xf32>) -> (tensor<4x2500xf32>, tensor<4x1xf32>) {
      %w = arith.constant dense<0.0> : tensor<2500x1xf32>
      %y = dota.activation <relu> %x : tensor<4x2500xf32> -> tensor<4x2500xf32>
      %z = dota.linear %y, %w : tensor<4x2500xf32>, tensor<2500x1xf32> -> tensor<4x1xf32>
      return %y, %z : tensor<4x2500xf32>, tensor<4x1xf32>
    })");
  Floats values(10000, 0.6f);
  values[3] = 20;
  ASSERT_TRUE(succeeded(
      calibrate(*module, "", {{tensor({4, 2500}, values)}},
                {.rule = {RangeRule::Kind::Mse}, .precisions = {.operands = Precision::FX8}})))
      << diagnostics;
  EXPECT_EQ(only<ActivationOp>(*module)
                ->getAttrOfType<FloatAttr>(DotaDialect::kRangeAttrName)
                .getValueAsDouble(),
            20);
  // Steps of a quarter make 0.6 a half; saturating the 20 at 127 eighths costs less.
  EXPECT_THAT(only<LinearOp>(*module)
                  ->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName)
                  .asArrayRef(),
              ElementsAre(15.875f, 0));
}

TEST_F(CalibrateTest, EqualizesByTheFeaturesOfTheSamples) {
  auto module = parse(R"(
    func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x1xf32>) {
      %w = arith.constant dense<1.0> : tensor<3x1xf32>
      %y = dota.activation <relu> %x : tensor<2x3xf32> -> tensor<2x3xf32>
      %z = dota.linear %y, %w : tensor<2x3xf32>, tensor<3x1xf32> -> tensor<2x1xf32>
      return %y, %z : tensor<2x3xf32>, tensor<2x1xf32>
    })");
  ASSERT_TRUE(succeeded(equalize(
      *module, "", {{tensor({2, 3}, {64, 1, 0, 2, NAN, 1})}, {tensor({2, 3}, {0, 0, 1, 0, 0, 0})}},
      {.operands = Precision::FX8})))
      << diagnostics;
  auto scale = getConstantData<float>(
      only<MulOp>(*module).getY().getDefiningOp<arith::ConstantOp>().getValue());
  ASSERT_TRUE(scale);
  EXPECT_THAT(scale->stored, ElementsAre(0.125f, 1, 1));
}

TEST_F(CalibrateTest, ReportsWhatTheModelReports) {
  auto module = parse(R"(
    func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
      %no = arith.constant false
      cf.assert %no, "never"
      %y = dota.activation <relu> %x : tensor<2x2xf32> -> tensor<2x2xf32>
      return %y : tensor<2x2xf32>
    })");
  EXPECT_TRUE(failed(calibrate(*module, "", {{tensor({2, 2}, {1, 2, 3, 4})}})));
  EXPECT_THAT(diagnostics, HasSubstr("calibration failed: "));
  EXPECT_THAT(diagnostics, HasSubstr("never"));
}

} // namespace
