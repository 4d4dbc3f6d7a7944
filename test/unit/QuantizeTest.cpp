//===- QuantizeTest.cpp - an encoder layer in fixed point against f32 -------===//
//
// Both levels compiled by --dota-to-linalg; ranges are those of the f32 run on the
// same input, so that nothing saturates.
//
//===----------------------------------------------------------------------===//

#include "HostFixture.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::dota;

namespace {

// Post-norm, two heads, a padding mask; every value that an op makes is returned.
const char *layer = R"(
  func.func @main(%x: tensor<2x16x32xf32>, %bias: tensor<2x1x1x16xf32>) {
    %w = arith.constant dense<0.2> : tensor<32x32xf32>
    %wk = arith.constant dense<0.2> : tensor<32x32xf32>
    %wv = arith.constant dense<0.2> : tensor<32x32xf32>
    %wo = arith.constant dense<0.2> : tensor<32x32xf32>
    %w1 = arith.constant dense<0.2> : tensor<32x64xf32>
    %w2 = arith.constant dense<0.2> : tensor<64x32xf32>
    %b = arith.constant dense<0.1> : tensor<32xf32>
    %b1 = arith.constant dense<0.1> : tensor<64xf32>
    %gain = arith.constant dense<1.0> : tensor<32xf32>
    %q = dota.linear %x, %w, %b : tensor<2x16x32xf32>, tensor<32x32xf32>, tensor<32xf32> -> tensor<2x16x32xf32>
    %k = dota.linear %x, %wk, %b : tensor<2x16x32xf32>, tensor<32x32xf32>, tensor<32xf32> -> tensor<2x16x32xf32>
    %v = dota.linear %x, %wv, %b : tensor<2x16x32xf32>, tensor<32x32xf32>, tensor<32xf32> -> tensor<2x16x32xf32>
    %o = dota.attention %q, %k, %v bias %bias {heads = 2, kv_heads = 2, scale = 0.25 : f32} : (tensor<2x16x32xf32>, tensor<2x16x32xf32>, tensor<2x16x32xf32>, tensor<2x1x1x16xf32>) -> tensor<2x16x32xf32>
    %p = dota.linear %o, %wo, %b : tensor<2x16x32xf32>, tensor<32x32xf32>, tensor<32xf32> -> tensor<2x16x32xf32>
    %s = dota.add %x, %p : (tensor<2x16x32xf32>, tensor<2x16x32xf32>) -> tensor<2x16x32xf32>
    %n = dota.layer_norm %s, %gain, %b {epsilon = 1.0e-12 : f32} : (tensor<2x16x32xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<2x16x32xf32>
    %f = dota.linear %n, %w1, %b1 : tensor<2x16x32xf32>, tensor<32x64xf32>, tensor<64xf32> -> tensor<2x16x64xf32>
    %g = dota.activation <gelu> %f : tensor<2x16x64xf32> -> tensor<2x16x64xf32>
    %h = dota.linear %g, %w2 : tensor<2x16x64xf32>, tensor<64x32xf32> -> tensor<2x16x32xf32>
    %t = dota.add %n, %h : (tensor<2x16x32xf32>, tensor<2x16x32xf32>) -> tensor<2x16x32xf32>
    %m = dota.mul %t, %p : (tensor<2x16x32xf32>, tensor<2x16x32xf32>) -> tensor<2x16x32xf32>
    %y = dota.rms_norm %m, %gain {epsilon = 1.0e-6 : f32} : (tensor<2x16x32xf32>, tensor<32xf32>) -> tensor<2x16x32xf32>
    %z = dota.softmax %y : tensor<2x16x32xf32> -> tensor<2x16x32xf32>
    return
  })";

class QuantizeTest : public HostFixture {
protected:
  Floats random(size_t count, float deviation) {
    std::normal_distribution<float> distribution(0.0f, deviation);
    Floats values(count);
    for (float &value : values)
      value = distribution(engine);
    return values;
  }

  /// The layer with random weights around what the text says is their deviation.
  OwningOpRef<ModuleOp> parseLayer() {
    auto module = parse(layer);
    engine.seed(11);
    module->walk([&](arith::ConstantOp op) {
      auto value = cast<DenseElementsAttr>(op.getValue());
      float number = value.getSplatValue<float>();
      if (number == 1.0f)
        return;
      op.setValueAttr(DenseElementsAttr::get(
          value.getType(), ArrayRef<float>(random(value.getNumElements(), number))));
    });
    auto function = *module->getOps<func::FuncOp>().begin();
    SmallVector<Value> values;
    function.walk([&](WorkOpInterface op) { values.push_back(op->getResult(0)); });
    Operation *end = function.getBody().front().getTerminator();
    end->setOperands(values);
    function.setFunctionType(
        FunctionType::get(&context, function.getArgumentTypes(), TypeRange(ValueRange(values))));
    return module;
  }

  static float rangeOf(const Floats &values) {
    float range = 0;
    for (float value : values)
      range = std::max(range, std::fabs(value));
    return range;
  }

  /// The largest error of each value, relative to its range.
  std::vector<float> errorsOf(StringRef precision) {
    Floats x = random(2 * 16 * 32, 1.0f), bias(2 * 16, 0.0f);
    std::fill(bias.end() - 5, bias.end(), -std::numeric_limits<float>::infinity());
    std::vector<Floats> exact = runAsLinalg(parseLayer(), {x, bias});

    OwningOpRef<ModuleOp> module = parseLayer();
    Builder b(&context);
    size_t index = 0;
    module->walk([&](WorkOpInterface op) {
      op->setAttr(DotaDialect::kRangeAttrName, b.getF32FloatAttr(rangeOf(exact.at(index++))));
      SmallVector<float> ranges(op->getNumOperands(), rangeOf(x));
      op->setAttr(DotaDialect::kOperandRangesAttrName, b.getDenseF32ArrayAttr(ranges));
    });
    PassManager passes(&context);
    QuantizeOptions options;
    options.precision = options.valuePrecision = precision.str();
    passes.addPass(createQuantize(options));
    EXPECT_TRUE(succeeded(passes.run(*module)));
    // Nothing but quantize and dequantize sees f32 rows.
    module->walk([&](WorkOpInterface op) {
      if (!isa<QuantizeOp, DequantizeOp>(op))
        EXPECT_NE(getStoredBits(getElementTypeOrSelf(op->getResult(0).getType())), 0);
    });
    std::vector<Floats> rounded = runAsLinalg(std::move(module), {x, bias});
    EXPECT_EQ(rounded.size(), exact.size());

    std::vector<float> errors;
    for (auto [a, b] : llvm::zip_equal(exact, rounded)) {
      float error = 0;
      for (auto [p, q] : llvm::zip_equal(a, b))
        error = std::max(error, std::fabs(p - q));
      errors.push_back(error / rangeOf(a));
    }
    return errors;
  }

  std::mt19937 engine{5};
};

TEST_F(QuantizeTest, SixteenBitsAreCloseToFloat) {
  for (float error : errorsOf("fx16"))
    EXPECT_LT(error, 1e-3f);
}

TEST_F(QuantizeTest, EightBitsAreRougher) {
  std::vector<float> errors = errorsOf("fx8");
  for (float error : errors)
    EXPECT_LT(error, 0.35f);
  EXPECT_GT(*std::max_element(errors.begin(), errors.end()), 1e-3f);
}

} // namespace
