//===- DotaToLinalgTest.cpp - compiled fixed point against the rules --------===//
//
// What --dota-to-linalg makes, compiled for this machine, must agree to the bit
// with Numerics<HostArithmetic>, which the simulator runs. Values go in and out as
// f32: the quantisation of a value that is representable is exact.
//
//===----------------------------------------------------------------------===//

#include "HostFixture.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Numerics.h"
#include "fmt/core.h"
#include <limits>
#include <random>

using namespace mlir;
using namespace mlir::dota;
using ::dota::HostArithmetic;
using ::dota::Numerics;
using Stored = std::vector<int64_t>;

namespace {

class DotaToLinalgTest : public HostFixture {
protected:
  std::vector<Floats> run(const std::string &text, ArrayRef<Floats> inputs) {
    return runAsLinalg(parse(text), inputs);
  }

  /// A tensor type as text.
  static std::string tensor(const std::string &shape, const std::string &element = "f32") {
    return "tensor<" + shape + "x" + element + ">";
  }
  std::string fixed(int bits, int exponent) {
    std::string text;
    llvm::raw_string_ostream(text) << getFixedPointType(&context, bits, exponent);
    return text;
  }
  /// The exact sum of row i of x times column j of w, which has `columns`.
  static int64_t productSum(const Stored &x, int i, const Stored &w, int j, int depth,
                            int columns) {
    int64_t sum = 0;
    for (int k = 0; k < depth; ++k)
      sum += x[i * depth + k] * w[k * columns + j];
    return sum;
  }
  std::string fixed(int bits, int dimension, ArrayRef<int> exponents) {
    std::string text;
    llvm::raw_string_ostream(text)
        << getPerColumnFixedPointType(&context, bits, dimension, exponents);
    return text;
  }

  Stored random(size_t count, int64_t limit) {
    std::uniform_int_distribution<int64_t> distribution(-limit, limit);
    Stored values(count);
    for (int64_t &value : values)
      value = distribution(engine);
    return values;
  }
  Floats toFloats(const Stored &stored, int exponent) {
    Floats values;
    for (int64_t value : stored)
      values.push_back(rules.dequantize(value, exponent));
    return values;
  }

  static void expectSame(const Floats &actual, const Floats &expected) {
    ASSERT_EQ(actual.size(), expected.size());
    size_t different = 0;
    for (size_t i = 0; i < actual.size(); ++i)
      if (actual[i] != expected[i] && ++different <= 5)
        ADD_FAILURE() << "element " << i << " is " << actual[i] << "; " << expected[i]
                      << " expected";
    EXPECT_EQ(different, 0u) << "of " << actual.size();
  }

  HostArithmetic host;
  Numerics<HostArithmetic> rules{host};
  std::mt19937 engine{7};
};

/// Every stored value of 16 bits.
Stored allValues() {
  Stored values;
  for (int64_t value = -32767; value <= 32767; ++value)
    values.push_back(value);
  return values;
}

TEST_F(DotaToLinalgTest, ActivationsOfEveryValue) {
  using Rules = Numerics<HostArithmetic>;
  std::vector<std::pair<std::string, float (Rules::*)(float)>> kinds{
      {"relu", &Rules::relu},          {"gelu", &Rules::gelu},
      {"gelu_tanh", &Rules::geluTanh}, {"quick_gelu", &Rules::quickGelu},
      {"silu", &Rules::silu},          {"sigmoid", &Rules::sigmoid},
      {"tanh", &Rules::tanh}};
  for (auto [from, to] : {std::pair(12, 12), {7, 8}, {15, 15}, {11, 15}}) {
    std::string qx = tensor("1x65535", fixed(16, from)), qy = tensor("1x65535", fixed(16, to)),
                f = tensor("1x65535");
    std::string body, names, types;
    for (auto [index, kind] : llvm::enumerate(kinds)) {
      body += fmt::format("%y{0} = dota.activation <{1}> %q : {2} -> {3}\n"
                          "%f{0} = dota.dequantize %y{0} : {3} -> {4}\n",
                          index, kind.first, qx, qy, f);
      names += fmt::format("{}%f{}", index ? ", " : "", index);
      types += (index ? ", " : "") + f;
    }
    auto results = run(fmt::format("func.func @main(%x: {0}) -> ({1}) {{\n"
                                   "%q = dota.quantize %x : {0} -> {2}\n{3} return {4} : {1}\n}}",
                                   f, types, qx, body, names),
                       {toFloats(allValues(), from)});
    ASSERT_EQ(results.size(), kinds.size());
    for (auto [kind, result] : llvm::zip_equal(kinds, results)) {
      SCOPED_TRACE(kind.first);
      Stored expected;
      for (int64_t x : allValues())
        expected.push_back(rules.quantize((rules.*kind.second)(rules.dequantize(x, from)), to, 16));
      expectSame(result, toFloats(expected, to));
    }
  }
}

TEST_F(DotaToLinalgTest, IdentityRoundsTheStoredIntegerOnce) {
  for (auto [from, to, bits] : {std::tuple(12, 4, 8), {12, 12, 16}, {7, 9, 16}, {15, 0, 4}}) {
    std::string qx = tensor("1x65535", fixed(16, from)), qy = tensor("1x65535", fixed(bits, to)),
                f = tensor("1x65535");
    auto results = run(fmt::format("func.func @main(%x: {0}) -> {0} {{\n"
                                   "%q = dota.quantize %x : {0} -> {1}\n"
                                   "%y = dota.activation <identity> %q : {1} -> {2}\n"
                                   "%f = dota.dequantize %y : {2} -> {0}\n return %f : {0}\n}}",
                                   f, qx, qy),
                       {toFloats(allValues(), from)});
    ASSERT_EQ(results.size(), 1u);
    Stored expected;
    for (int64_t x : allValues())
      expected.push_back(rules.requantize(x, from, to, bits));
    expectSame(results.front(), toFloats(expected, to));
  }
}

TEST_F(DotaToLinalgTest, QuantizeEveryKindOfFloat) {
  Floats inputs;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 65521)
    inputs.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  for (float half : {0.5f, 1.5f, 2.5f, 7.5f, 32767.5f, -0.5f, -1.5f, -2.5f, -32767.5f})
    inputs.push_back(half);
  inputs.push_back(std::numeric_limits<float>::infinity());
  inputs.push_back(-std::numeric_limits<float>::infinity());
  inputs.push_back(std::numeric_limits<float>::quiet_NaN());
  std::string shape = fmt::format("1x{}", inputs.size());
  for (int bits : {16, 8, 4, 2})
    for (int exponent : {0, 15, -15, 30}) {
      auto results = run(fmt::format("func.func @main(%x: {0}) -> {0} {{\n"
                                     "%q = dota.quantize %x : {0} -> {1}\n"
                                     "%y = dota.dequantize %q : {1} -> {0}\n return %y : {0}\n}}",
                                     tensor(shape), tensor(shape, fixed(bits, exponent))),
                         {inputs});
      Stored expected;
      for (float x : inputs)
        expected.push_back(rules.quantize(x, exponent, bits));
      expectSame(results.at(0), toFloats(expected, exponent));
    }
}

TEST_F(DotaToLinalgTest, LinearSumsExactlyAndRoundsOnce) {
  const int rows = 6, depth = 24, columns = 10, ex = 12, ew = 14;
  Stored x = random(rows * depth, 32767), w = random(depth * columns, 32767);
  for (int eb : {26, 22})
    for (int ey : {12, 26, 34, 0}) {
      Stored b = random(columns, int64_t{1} << 23); // so that f32 carries it
      auto text =
          fmt::format("func.func @main(%x: tensor<2x3x{0}xf32>, %w: tensor<{0}x{1}xf32>, %b: "
                      "tensor<{1}xf32>) -> "
                      "(tensor<2x3x{1}xf32>, tensor<2x3x{1}xf32>) {{\n"
                      "%qx = dota.quantize %x : tensor<2x3x{0}xf32> -> tensor<2x3x{0}x{2}>\n"
                      "%qw = dota.quantize %w : tensor<{0}x{1}xf32> -> tensor<{0}x{1}x{3}>\n"
                      "%qb = dota.quantize %b : tensor<{1}xf32> -> tensor<{1}x{4}>\n"
                      "%y = dota.linear %qx, %qw, %qb : tensor<2x3x{0}x{2}>, tensor<{0}x{1}x{3}>, "
                      "tensor<{1}x{4}> -> tensor<2x3x{1}x{5}>\n"
                      "%z = dota.linear %qx, %qw : tensor<2x3x{0}x{2}>, tensor<{0}x{1}x{3}> -> "
                      "tensor<2x3x{1}x{5}>\n"
                      "%fy = dota.dequantize %y : tensor<2x3x{1}x{5}> -> tensor<2x3x{1}xf32>\n"
                      "%fz = dota.dequantize %z : tensor<2x3x{1}x{5}> -> tensor<2x3x{1}xf32>\n"
                      "return %fy, %fz : tensor<2x3x{1}xf32>, tensor<2x3x{1}xf32>\n}}",
                      depth, columns, fixed(16, ex), fixed(16, ew), fixed(32, eb), fixed(16, ey));
      auto results = run(text, {toFloats(x, ex), toFloats(w, ew), toFloats(b, eb)});
      Stored withBias, without;
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j) {
          int64_t sum = productSum(x, i, w, j, depth, columns);
          without.push_back(rules.requantize(sum, ex + ew, ey, 16));
          withBias.push_back(
              rules.requantize(rules.addBias(sum, b[j], ex + ew - eb), ex + ew, ey, 16));
        }
      expectSame(results.at(0), toFloats(withBias, ey));
      expectSame(results.at(1), toFloats(without, ey));
    }
}

TEST_F(DotaToLinalgTest, LinearOfLiveRows) {
  // Of 4 heads the first two are for columns 0 and 1: they keep keys 0 and 2; the
  // others key 1. Rows that are not live have the bias alone, in both sequences.
  const std::string mask = "!dota.mask<2x4x2x3, keep = 1>";
  const std::string type = tensor("2x3x2"), fx = tensor("2x3x2", fixed(16, 4)), w = tensor("2x4"),
                    fw = tensor("2x4", fixed(16, 4)), b = tensor("4"),
                    fb = tensor("4", fixed(32, 8)), y = tensor("2x3x4"),
                    fy = tensor("2x3x4", fixed(16, 4));
  auto results = run(
      fmt::format("func.func @main(%x: {0}, %w: {1}, %b: {2}) -> ({3}, {3}) {{\n"
                  "%m = dota.constant_mask dense<[[[0], [-1]], [[2], [0]], [[1], [1]], [[-1], "
                  "[-1]]]> : tensor<4x2x1xi32> : {4}\n"
                  "%f = dota.linear %x, %w, %b live %m {{heads = 2}} : {0}, {1}, {2} live {4} -> "
                  "{3}\n"
                  "%qx = dota.quantize %x : {0} -> {5}\n"
                  "%qw = dota.quantize %w : {1} -> {6}\n"
                  "%qb = dota.quantize %b : {2} -> {7}\n"
                  "%q = dota.linear %qx, %qw, %qb live %m {{heads = 2}} : {5}, {6}, {7} live {4} "
                  "-> {8}\n"
                  "%d = dota.dequantize %q : {8} -> {3}\n"
                  "return %f, %d : {3}, {3}\n}}",
                  type, w, b, y, mask, fx, fw, fb, fy),
      {Floats{1, 2, 3, 4, 5, 6, 1, 0, 0, 1, 1, 1}, Floats{1, 2, 3, 4, 10, 20, 30, 40},
       Floats{0.5, 0.5, 0.5, 0.5}});
  const Floats expected{21.5, 42.5, 0.5, 0.5, 0.5, 0.5, 129.5, 172.5, 65.5, 130.5, 0.5, 0.5,
                        1.5,  2.5,  0.5, 0.5, 0.5, 0.5, 30.5,  40.5,  11.5, 22.5,  0.5, 0.5};
  expectSame(results.at(0), expected);
  expectSame(results.at(1), expected);
}

TEST_F(DotaToLinalgTest, LinearWithAnExponentAColumn) {
  const int rows = 5, depth = 8, columns = 6;
  const int exponents[] = {1, 1, 3, 3, 2, 2};
  Stored x = random(rows * depth, 4000), w = random(depth * columns, 4000), b = random(6, 1 << 20);
  std::string result = "!quant.uniform<i4<-7:7>:f32:1, {0.5, 0.5, 0.125, 0.125, 0.25, 0.25}>";
  auto text = fmt::format(
      "func.func @main(%x: tensor<5x8xf32>, %w: tensor<8x6xf32>, %b: tensor<6xf32>) -> "
      "tensor<5x6xf32> {{\n"
      "%qx = dota.quantize %x : tensor<5x8xf32> -> tensor<5x8x{0}>\n"
      "%qw = dota.quantize %w : tensor<8x6xf32> -> tensor<8x6x{0}>\n"
      "%qb = dota.quantize %b : tensor<6xf32> -> tensor<6x{1}>\n"
      "%y = dota.linear %qx, %qw, %qb : tensor<5x8x{0}>, tensor<8x6x{0}>, tensor<6x{1}> -> "
      "tensor<5x6x{2}>\n"
      "%f = dota.dequantize %y : tensor<5x6x{2}> -> tensor<5x6xf32>\n"
      "%again = dota.quantize %f : tensor<5x6xf32> -> tensor<5x6x{2}>\n"
      "%g = dota.dequantize %again : tensor<5x6x{2}> -> tensor<5x6xf32>\n"
      "return %g : tensor<5x6xf32>\n}}",
      fixed(16, 12), fixed(32, 20), result);
  auto results = run(text, {toFloats(x, 12), toFloats(w, 12), toFloats(b, 20)});
  Floats expected;
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      int64_t sum = productSum(x, i, w, j, depth, columns);
      int64_t stored = rules.requantize(rules.addBias(sum, b[j], 4), 24, exponents[j], 4);
      expected.push_back(rules.dequantize(stored, exponents[j]));
    }
  expectSame(results.at(0), expected);
}

TEST_F(DotaToLinalgTest, LinearWithAnExponentAWeightColumn) {
  const int rows = 5, depth = 8, columns = 4;
  const int weights[] = {4, 7, 4, 5}, biases[] = {10, 19, 16, 3};
  Stored x = random(rows * depth, 4000), w = random(depth * columns, 127),
         b = random(columns, 1 << 20);
  auto text = fmt::format(
      "func.func @main(%x: tensor<5x8xf32>, %w: tensor<8x4xf32>, %b: tensor<4xf32>) -> "
      "tensor<5x4xf32> {{\n"
      "%qx = dota.quantize %x : tensor<5x8xf32> -> tensor<5x8x{0}>\n"
      "%qw = dota.quantize %w : tensor<8x4xf32> -> tensor<8x4x{1}>\n"
      "%qb = dota.quantize %b : tensor<4xf32> -> tensor<4x{2}>\n"
      "%y = dota.linear %qx, %qw, %qb : tensor<5x8x{0}>, tensor<8x4x{1}>, tensor<4x{2}> -> "
      "tensor<5x4x{3}>\n"
      "%f = dota.dequantize %y : tensor<5x4x{3}> -> tensor<5x4xf32>\n"
      "return %f : tensor<5x4xf32>\n}}",
      fixed(16, 12), fixed(8, 1, weights), fixed(32, 0, biases), fixed(16, 6));
  Floats wf, bf;
  for (int i = 0; i < depth * columns; ++i)
    wf.push_back(rules.dequantize(w[i], weights[i % columns]));
  for (int j = 0; j < columns; ++j)
    bf.push_back(rules.dequantize(b[j], biases[j]));
  auto results = run(text, {toFloats(x, 12), wf, bf});
  Floats expected;
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      int64_t sum = productSum(x, i, w, j, depth, columns);
      sum = rules.addBias(sum, b[j], 12 + weights[j] - biases[j]);
      expected.push_back(rules.dequantize(rules.requantize(sum, 12 + weights[j], 6, 16), 6));
    }
  expectSame(results.at(0), expected);
}

TEST_F(DotaToLinalgTest, SumsAndProductsOfElements) {
  Stored x = random(4096, 32767), y = random(4096, 32767), row = random(64, 127);
  for (auto [ex, ey, to] : {std::tuple(12, 12, 11), {12, 9, 12}, {3, 15, 14}, {-5, 10, 2}}) {
    auto text = fmt::format(
        "func.func @main(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>, %r: tensor<64xf32>) -> "
        "(tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>) {{\n"
        "%qx = dota.quantize %x : tensor<64x64xf32> -> tensor<64x64x{0}>\n"
        "%qy = dota.quantize %y : tensor<64x64xf32> -> tensor<64x64x{1}>\n"
        "%qr = dota.quantize %r : tensor<64xf32> -> tensor<64x{2}>\n"
        "%a = dota.add %qx, %qy : (tensor<64x64x{0}>, tensor<64x64x{1}>) -> tensor<64x64x{3}>\n"
        "%m = dota.mul %qx, %qy : (tensor<64x64x{0}>, tensor<64x64x{1}>) -> tensor<64x64x{3}>\n"
        "%b = dota.add %qx, %qr : (tensor<64x64x{0}>, tensor<64x{2}>) -> tensor<64x64x{3}>\n"
        "%fa = dota.dequantize %a : tensor<64x64x{3}> -> tensor<64x64xf32>\n"
        "%fm = dota.dequantize %m : tensor<64x64x{3}> -> tensor<64x64xf32>\n"
        "%fb = dota.dequantize %b : tensor<64x64x{3}> -> tensor<64x64xf32>\n"
        "return %fa, %fm, %fb : tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>\n}}",
        fixed(16, ex), fixed(16, ey), fixed(8, ey), fixed(16, to));
    auto results = run(text, {toFloats(x, ex), toFloats(y, ey), toFloats(row, ey)});
    Stored sums, products, rowSums;
    for (int i = 0; i < 4096; ++i) {
      sums.push_back(rules.add(x[i], ex, y[i], ey, to, 16));
      products.push_back(rules.mul(x[i], ex, y[i], ey, to, 16));
      rowSums.push_back(rules.add(x[i], ex, row[i % 64], ey, to, 16));
    }
    expectSame(results.at(0), toFloats(sums, to));
    expectSame(results.at(1), toFloats(products, to));
    expectSame(results.at(2), toFloats(rowSums, to));
  }
}

TEST_F(DotaToLinalgTest, Rotations) {
  // Two sequences of three tokens, three heads of eight columns.
  const int rows = 6, cols = 24, width = 8;
  Stored x = random(rows * cols, 32767), shared = random(3 * 2 * width, 16384),
         each = random(rows * 2 * width, 16384);
  for (int distance : {1, 2, 4}) {
    auto text = fmt::format(
        "func.func @main(%x: tensor<2x3x24xf32>, %s: tensor<3x16xf32>, %e: tensor<2x3x16xf32>) -> "
        "(tensor<2x3x24xf32>, tensor<2x3x24xf32>, tensor<2x3x24xf32>) {{\n"
        "%qx = dota.quantize %x : tensor<2x3x24xf32> -> tensor<2x3x24x{0}>\n"
        "%qs = dota.quantize %s : tensor<3x16xf32> -> tensor<3x16x{1}>\n"
        "%qe = dota.quantize %e : tensor<2x3x16xf32> -> tensor<2x3x16x{1}>\n"
        "%a = dota.rotate %qx, %qs {{distance = {3}}} : (tensor<2x3x24x{0}>, tensor<3x16x{1}>) -> "
        "tensor<2x3x24x{2}>\n"
        "%b = dota.rotate %qx, %qe {{distance = {3}}} : (tensor<2x3x24x{0}>, tensor<2x3x16x{1}>) "
        "-> "
        "tensor<2x3x24x{2}>\n"
        "%c = dota.rotate %x, %s {{distance = {3}}} : (tensor<2x3x24xf32>, tensor<3x16xf32>) -> "
        "tensor<2x3x24xf32>\n"
        "%fa = dota.dequantize %a : tensor<2x3x24x{2}> -> tensor<2x3x24xf32>\n"
        "%fb = dota.dequantize %b : tensor<2x3x24x{2}> -> tensor<2x3x24xf32>\n"
        "return %fa, %fb, %c : tensor<2x3x24xf32>, tensor<2x3x24xf32>, tensor<2x3x24xf32>\n}}",
        fixed(16, 12), fixed(16, 14), fixed(16, 11), distance);
    auto results = run(text, {toFloats(x, 12), toFloats(shared, 14), toFloats(each, 14)});
    Stored ofShared, ofEach;
    Floats ofFloats;
    for (int i = 0; i < rows; ++i)
      for (int c = 0; c < cols; ++c) {
        int partner = c / distance % 2 == 0 ? c + distance : c - distance;
        int64_t own = x[i * cols + c], other = x[i * cols + partner];
        auto rotate = [&](const Stored &table, int row) {
          int64_t cosine = table[row * 2 * width + c % width],
                  sine = table[row * 2 * width + width + c % width];
          return rules.rotate(own, cosine, other, sine, 26, 11, 16);
        };
        ofShared.push_back(rotate(shared, i % 3));
        ofEach.push_back(rotate(each, i));
        const int64_t *table = shared.data() + i % 3 * 2 * width;
        ofFloats.push_back(std::ldexp(float(own), -12) * std::ldexp(float(table[c % width]), -14) +
                           std::ldexp(float(other), -12) *
                               std::ldexp(float(table[width + c % width]), -14));
      }
    expectSame(results.at(0), toFloats(ofShared, 11));
    expectSame(results.at(1), toFloats(ofEach, 11));
    expectSame(results.at(2), ofFloats);
  }
}

TEST_F(DotaToLinalgTest, Normalisations) {
  const int rows = 32, n = 48, from = 11, to = 12;
  const float epsilon = 1e-5f;
  Stored x = random(rows * n, 32767);
  std::fill_n(x.begin(), n, 77);             // no variance
  std::fill_n(x.begin() + n, n, 0);          // nothing
  std::fill_n(x.begin() + 2 * n, n, -32767); // the most there is
  for (int j = 0; j < n; ++j)
    x[3 * n + j] = j % 2 ? 1 : -1; // hardly any
  Floats gain, bias;
  for (int j = 0; j < n; ++j) {
    gain.push_back(0.25f + 0.03f * j);
    bias.push_back(0.01f * j - 0.2f);
  }
  auto text = fmt::format(
      "func.func @main(%x: tensor<32x48xf32>, %g: tensor<48xf32>, %b: tensor<48xf32>) -> "
      "(tensor<32x48xf32>, tensor<32x48xf32>) {{\n"
      "%q = dota.quantize %x : tensor<32x48xf32> -> tensor<32x48x{0}>\n"
      "%l = dota.layer_norm %q, %g, %b {{epsilon = 1.0e-5 : f32}} : (tensor<32x48x{0}>, "
      "tensor<48xf32>, tensor<48xf32>) -> tensor<32x48x{1}>\n"
      "%r = dota.rms_norm %q, %g {{epsilon = 1.0e-5 : f32}} : (tensor<32x48x{0}>, "
      "tensor<48xf32>) -> tensor<32x48x{1}>\n"
      "%fl = dota.dequantize %l : tensor<32x48x{1}> -> tensor<32x48xf32>\n"
      "%fr = dota.dequantize %r : tensor<32x48x{1}> -> tensor<32x48xf32>\n"
      "return %fl, %fr : tensor<32x48xf32>, tensor<32x48xf32>\n}}",
      fixed(16, from), fixed(16, to));
  auto results = run(text, {toFloats(x, from), gain, bias});
  Stored layer, rms;
  for (int i = 0; i < rows; ++i) {
    int64_t sum = 0, squares = 0;
    for (int j = 0; j < n; ++j) {
      sum += x[i * n + j];
      squares += x[i * n + j] * x[i * n + j];
    }
    float factor = rules.layerNormFactor(sum, squares, n, from, epsilon);
    float rmsFactor = rules.rmsNormFactor(squares, n, from, epsilon);
    for (int j = 0; j < n; ++j) {
      layer.push_back(rules.layerNorm(x[i * n + j], sum, factor, gain[j], bias[j], n, to, 16));
      rms.push_back(rules.rmsNorm(x[i * n + j], rmsFactor, gain[j], to, 16));
    }
  }
  expectSame(results.at(0), toFloats(layer, to));
  expectSame(results.at(1), toFloats(rms, to));
}

/// Rows of two elements: every distance of 16-bit values from the row's maximum.
TEST_F(DotaToLinalgTest, SoftmaxOfEveryDistance) {
  for (auto [from, to] : {std::pair(12, 15), {15, 15}, {8, 14}}) {
    Stored x;
    for (int64_t value : allValues()) {
      x.push_back(value);
      x.push_back(32767);
    }
    auto results =
        run(fmt::format("func.func @main(%x: tensor<65535x2xf32>) -> tensor<65535x2xf32> {{\n"
                        "%q = dota.quantize %x : tensor<65535x2xf32> -> tensor<65535x2x{0}>\n"
                        "%y = dota.softmax %q : tensor<65535x2x{0}> -> tensor<65535x2x{1}>\n"
                        "%f = dota.dequantize %y : tensor<65535x2x{1}> -> tensor<65535x2xf32>\n"
                        "return %f : tensor<65535x2xf32>\n}}",
                        fixed(16, from), fixed(16, to)),
            {toFloats(x, from)});
    Stored expected;
    for (size_t i = 0; i < x.size(); i += 2) {
      float score = rules.dequantize(x[i], from), top = rules.dequantize(x[i + 1], from);
      int64_t e = rules.expScore(score, top), one = rules.expScore(top, top);
      expected.push_back(rules.normalize(e, e + one, 0, to, 16));
      expected.push_back(rules.normalize(one, e + one, 0, to, 16));
    }
    expectSame(results.at(0), toFloats(expected, to));
  }
}

/// Attention by the rules, one query row and head at a time.
struct Attention {
  int batch = 2, heads = 4, kvHeads = 2, rows = 6, keys = 9, width = 3, valueWidth = 5;
  int detectorWidth = 2, keep = 4;
  int eq = 10, ek = 11, ev = 12, eo = 12;
  bool causal = false, masked = false;
  Stored q, k, v, detectorQ, detectorK;
  /// batch x 1 x rows x keys, or empty.
  Floats bias;
  float scale = 0.577f;
  /// Of detection: none, or one a head.
  Floats thresholds;
  /// What a threshold of the op is in stored scores.
  float thresholdUnit = 1;
  int balance = 0;
  float softmaxScale = 0;
  /// Are the detector's key heads as few as the keys', and its factors hashes of them?
  bool grouped = false, hashes = false;

  bool isVisible(int i, int j) const { return !causal || j <= i + keys - rows; }
  float biasOf(int b, int i, int j) const {
    return bias.empty() ? 0.0f : bias[(b * rows + i) * keys + j];
  }

  int detectorKeyHeads() const { return grouped ? kvHeads : heads; }
  int64_t estimate(int b, int h, int i, int j) const {
    const int keyHead = h / (heads / detectorKeyHeads());
    int64_t score = 0;
    for (int c = 0; c < detectorWidth; ++c)
      score += detectorQ[((b * rows + i) * heads + h) * detectorWidth + c] *
               detectorK[((b * keys + j) * detectorKeyHeads() + keyHead) * detectorWidth + c];
    if (!hashes)
      return score;
    HostArithmetic arithmetic;
    Numerics<HostArithmetic> rules{arithmetic};
    return rules.estimate(score, detectorWidth,
                          rules.length(squares(b, h, j), ::dota::lengthShift(width, 16)));
  }
  /// Of the key that a query head attends to.
  int64_t squares(int b, int h, int j) const {
    int64_t sum = 0;
    for (int c = 0; c < width; ++c) {
      int64_t x = k[((b * keys + j) * kvHeads + h / (heads / kvHeads)) * width + c];
      sum += x * x;
    }
    return sum;
  }
  /// What a hash estimates, without the rules of the machine, in the keys' units.
  double angularEstimate(int b, int h, int i, int j) const {
    const int keyHead = h / (heads / detectorKeyHeads());
    double differ = 0;
    // A 0 agrees and differs by half.
    for (int c = 0; c < detectorWidth; ++c)
      differ +=
          0.5 -
          0.5 * static_cast<double>(
                    detectorQ[((b * rows + i) * heads + h) * detectorWidth + c] *
                    detectorK[((b * keys + j) * detectorKeyHeads() + keyHead) * detectorWidth + c]);
    return std::sqrt(static_cast<double>(squares(b, h, j))) *
           std::cos(M_PI / detectorWidth * differ) * std::ldexp(1.0, -ek);
  }

  /// The admissible keys of the largest estimated scores, the largest first.
  std::vector<int> strongest(int b, int h, int i) const {
    std::vector<std::pair<int64_t, int>> order;
    for (int j = 0; j < keys; ++j)
      if (isVisible(i, j) && biasOf(b, i, j) > ::dota::kInadmissibleBias)
        order.push_back({-estimate(b, h, i, j), j});
    std::sort(order.begin(), order.end());
    std::vector<int> result;
    for (size_t rank = 0; rank < std::min<size_t>(keep, order.size()); ++rank)
      result.push_back(order[rank].second);
    return result;
  }

  /// Those of them that reach the threshold, or exceed it as a probability.
  std::vector<int> passing(int b, int h, int i) const {
    HostArithmetic arithmetic;
    Numerics<HostArithmetic> rules{arithmetic};
    auto score = [&](int j) {
      return rules.score(estimate(b, h, i, j), softmaxScale) + biasOf(b, i, j);
    };
    float rowMax = -std::numeric_limits<float>::infinity();
    int64_t total = 0;
    for (int j = 0; j < keys && softmaxScale != 0; ++j)
      if (isVisible(i, j))
        rowMax = std::max(rowMax, score(j));
    for (int j = 0; j < keys && softmaxScale != 0; ++j)
      if (isVisible(i, j))
        total += rules.expScore(score(j), rowMax);
    std::vector<int> result;
    for (int j : strongest(b, h, i)) {
      bool passes = softmaxScale == 0 ? static_cast<float>(estimate(b, h, i, j)) >= thresholds[h]
                                      : static_cast<float>(rules.expScore(score(j), rowMax)) >
                                            thresholds[h] * static_cast<float>(total);
      if (passes)
        result.push_back(j);
    }
    return result;
  }

  /// The kept keys of a row.
  std::vector<bool> detect(int b, int h, int i) const {
    std::vector<int> those = thresholds.empty() || balance ? strongest(b, h, i) : passing(b, h, i);
    if (balance) {
      int first = i / balance * balance, last = std::min(first + balance, rows);
      int total = 0;
      for (int row = first; row < last; ++row)
        total += passing(b, h, row).size();
      double mean = static_cast<double>(total) / (last - first);
      those.resize(std::min<size_t>(those.size(), std::max(1.0, std::ceil(mean))));
    }
    std::vector<bool> kept(keys, false);
    for (int j : those)
      kept[j] = true;
    return kept;
  }

  Stored compute(Numerics<HostArithmetic> rules) const {
    Stored out;
    float factor = static_cast<float>(std::ldexp(double(scale), -(eq + ek)));
    for (int b = 0; b < batch; ++b)
      for (int i = 0; i < rows; ++i)
        for (int h = 0; h < heads; ++h) {
          int kv = h / (heads / kvHeads);
          std::vector<bool> kept = masked ? detect(b, h, i) : std::vector<bool>(keys, true);
          Floats scores(keys, -std::numeric_limits<float>::infinity());
          float rowMax = -std::numeric_limits<float>::infinity();
          for (int j = 0; j < keys; ++j) {
            if (!kept[j] || !isVisible(i, j))
              continue;
            int64_t sum = 0;
            for (int c = 0; c < width; ++c)
              sum += q[((b * rows + i) * heads + h) * width + c] *
                     k[((b * keys + j) * kvHeads + kv) * width + c];
            scores[j] = rules.score(sum, factor);
            if (!bias.empty())
              scores[j] += biasOf(b, i, j);
            rowMax = rules.rowMax(rowMax, scores[j]);
          }
          int64_t total = 0;
          Stored sums(valueWidth, 0);
          for (int j = 0; j < keys; ++j) {
            if (!kept[j] || !isVisible(i, j))
              continue;
            int64_t e = rules.expScore(scores[j], rowMax);
            total += e;
            for (int c = 0; c < valueWidth; ++c)
              sums[c] += e * v[((b * keys + j) * kvHeads + kv) * valueWidth + c];
          }
          for (int64_t sum : sums)
            out.push_back(rules.normalize(sum, total, ev, eo, 16));
        }
    return out;
  }
};

class AttentionTest : public DotaToLinalgTest {
protected:
  /// Returns what it ran.
  Attention check(Attention a) {
    a.q = random(a.batch * a.rows * a.heads * a.width, 3000);
    a.k = random(a.batch * a.keys * a.kvHeads * a.width, 3000);
    a.v = random(a.batch * a.keys * a.kvHeads * a.valueWidth, 32767);
    const int detectorBits = a.hashes ? 2 : 4, most = a.hashes ? 1 : 7;
    const int keyHeads = a.detectorKeyHeads();
    a.detectorQ = random(a.batch * a.rows * a.heads * a.detectorWidth, most);
    a.detectorK = random(a.batch * a.keys * keyHeads * a.detectorWidth, most);
    auto sequences = [&](int rows, int features, const std::string &element) {
      return tensor(fmt::format("{}x{}x{}", a.batch, rows, features), element);
    };
    auto quantized = [&](const char *name, int rows, int features, int bits, int exponent) {
      return fmt::format("%q{0} = dota.quantize %{0} : {1} -> {2}\n", name,
                         sequences(rows, features, "f32"),
                         sequences(rows, features, fixed(bits, exponent)));
    };
    int qf = a.heads * a.width, kf = a.kvHeads * a.width, vf = a.kvHeads * a.valueWidth,
        df = a.heads * a.detectorWidth, ef = keyHeads * a.detectorWidth,
        of = a.heads * a.valueWidth;
    std::string bias = a.bias.empty() ? "" : " bias %bias";
    std::string biasType =
        a.bias.empty() ? "" : fmt::format(", tensor<{}x1x{}x{}xf32>", a.batch, a.rows, a.keys);
    std::string maskType =
        fmt::format("!dota.mask<{}x{}x{}x{}, keep = {}>", a.batch, a.heads, a.rows, a.keys, a.keep);
    std::string causal = a.causal ? ", causal" : "";
    std::string text = fmt::format(
        "func.func @main(%a: {}, %b: {}, %c: {}, %d: {}, %e: {}{}) -> ({}, {}) {{\n",
        sequences(a.rows, qf, "f32"), sequences(a.keys, kf, "f32"), sequences(a.keys, vf, "f32"),
        sequences(a.rows, df, "f32"), sequences(a.keys, ef, "f32"),
        a.bias.empty() ? "" : ", %bias: " + biasType.substr(2), sequences(a.rows, of, "f32"),
        maskType);
    text += quantized("a", a.rows, qf, 16, a.eq) + quantized("b", a.keys, kf, 16, a.ek) +
            quantized("c", a.keys, vf, 16, a.ev) + quantized("d", a.rows, df, detectorBits, 0) +
            quantized("e", a.keys, ef, detectorBits, 0);
    std::string rule;
    for (float threshold : a.thresholds)
      rule += fmt::format("{}{:e}", rule.empty() ? ", thresholds = array<f32: " : ", ",
                          threshold / a.thresholdUnit);
    rule += a.thresholds.empty() ? "" : ">";
    if (a.balance)
      rule += fmt::format(", balance = {}", a.balance);
    if (a.softmaxScale != 0)
      rule += fmt::format(", softmax_scale = {:e} : f32", a.softmaxScale);
    if (a.grouped)
      rule += fmt::format(", kv_heads = {}", a.kvHeads);
    std::string keysType = a.hashes ? ", " + sequences(a.keys, kf, fixed(16, a.ek)) : "";
    text +=
        fmt::format("%mask = dota.detect %qd, %qe{}{} {{heads = {}{}{}}} : ({}, {}{}{}) -> {}\n",
                    a.hashes ? " keys %qb" : "", bias, a.heads, causal, rule,
                    sequences(a.rows, df, fixed(detectorBits, 0)),
                    sequences(a.keys, ef, fixed(detectorBits, 0)), keysType, biasType, maskType);
    text += fmt::format(
        "%o = dota.{} %qa, %qb, %qc{}{} {{heads = {}, kv_heads = {}, scale = 0.577 : f32{}}} : "
        "({}, {}, {}{}{}) -> {}\n",
        a.masked ? "masked_attention" : "attention", a.masked ? " mask %mask" : "", bias, a.heads,
        a.kvHeads, causal, sequences(a.rows, qf, fixed(16, a.eq)),
        sequences(a.keys, kf, fixed(16, a.ek)), sequences(a.keys, vf, fixed(16, a.ev)),
        a.masked ? ", " + maskType : "", biasType, sequences(a.rows, of, fixed(16, a.eo)));
    text += fmt::format("%f = dota.dequantize %o : {} -> {}\nreturn %f, %mask : {}, {}\n}}\n",
                        sequences(a.rows, of, fixed(16, a.eo)), sequences(a.rows, of, "f32"),
                        sequences(a.rows, of, "f32"), maskType);

    std::vector<Floats> inputs{toFloats(a.q, a.eq), toFloats(a.k, a.ek), toFloats(a.v, a.ev),
                               toFloats(a.detectorQ, 0), toFloats(a.detectorK, 0)};
    if (!a.bias.empty())
      inputs.push_back(a.bias);
    auto results = run(text, inputs);
    expectSame(results.at(0), toFloats(a.compute(rules), a.eo));
    Floats mask;
    for (int b = 0; b < a.batch; ++b)
      for (int h = 0; h < a.heads; ++h)
        for (int i = 0; i < a.rows; ++i)
          for (bool kept : a.detect(b, h, i))
            mask.push_back(kept);
    expectSame(results.at(1), mask);
    return a;
  }

  /// Padding in one sequence, minus infinity in the other, one row with nothing.
  static Floats biasOf(const Attention &a) {
    Floats bias;
    for (int b = 0; b < a.batch; ++b)
      for (int i = 0; i < a.rows; ++i)
        for (int j = 0; j < a.keys; ++j)
          bias.push_back(i == 2            ? -std::numeric_limits<float>::infinity()
                         : j >= a.keys - 2 ? (b ? -std::numeric_limits<float>::infinity() : -1e4f)
                                           : 0.125f * (j - i));
    return bias;
  }
};

TEST_F(AttentionTest, Dense) { check({}); }
TEST_F(AttentionTest, Causal) { check({.causal = true}); }
TEST_F(AttentionTest, CausalWithMoreQueriesThanKeys) {
  check({.rows = 9, .keys = 5, .causal = true});
}
TEST_F(AttentionTest, Thresholds) {
  Attention a{.masked = true, .thresholds = {1, -20, 30.5, 400}};
  check(a);
  a.bias = biasOf(a);
  check(a);
  a.causal = true;
  check(a);
}
TEST_F(AttentionTest, BalancedThresholds) {
  Attention a{.rows = 7, .keys = 7, .keep = 5, .masked = true, .thresholds = {1, -20, 30.5, 400}};
  for (int balance : {1, 2, 4, 7, 9}) {
    SCOPED_TRACE(balance);
    a.balance = balance;
    a.bias.clear();
    a.causal = false;
    check(a);
    a.causal = true;
    // The first row has one key, which stays however weak it is.
    EXPECT_TRUE(check(a).detect(0, 3, 0)[0]);
    a.bias = biasOf(a);
    check(a);
  }
}
TEST_F(AttentionTest, ThresholdsOfProbabilities) {
  Attention a{.masked = true, .thresholds = {0.05, 0.125, 0.5, 0.001}, .softmaxScale = 0.03125};
  check(a);
  a.bias = biasOf(a);
  check(a);
  a.causal = true;
  check(a);
}
TEST_F(AttentionTest, GroupedKeyHeadsOfDetectors) {
  Attention a{.causal = true, .masked = true, .thresholds = {1, -20, 30.5, 4}, .grouped = true};
  a.bias = biasOf(a);
  check(a);
  a.thresholds = {0.05, 0.125, 0.5, 0.001};
  a.softmaxScale = 0.03125;
  check(a);
}
TEST_F(AttentionTest, Hashes) {
  Attention a{.detectorWidth = 24, .masked = true, .grouped = true, .hashes = true};
  for (bool causal : {false, true}) {
    a.causal = causal;
    a.bias = causal ? biasOf(a) : Floats{};
    Attention ran = check(a);
    // No key that was left out is stronger than one that stays.
    for (int b = 0; b < ran.batch; ++b)
      for (int h = 0; h < ran.heads; ++h)
        for (int i = 0; i < ran.rows; ++i) {
          std::vector<bool> kept = ran.detect(b, h, i);
          double weakest = 1e9, strongest = -1e9;
          int count = 0;
          for (int j = 0; j < ran.keys; ++j) {
            if (!ran.isVisible(i, j) || ran.biasOf(b, i, j) <= ::dota::kInadmissibleBias)
              continue;
            double estimate = ran.angularEstimate(b, h, i, j);
            count += kept[j];
            if (kept[j])
              weakest = std::min(weakest, estimate);
            else
              strongest = std::max(strongest, estimate);
          }
          EXPECT_GE(weakest, strongest - 5e-4) << b << " " << h << " " << i;
          EXPECT_TRUE(count == ran.keep || strongest == -1e9) << b << " " << h << " " << i;
        }
  }
}
TEST_F(AttentionTest, ThresholdsOfHashes) {
  Attention a{.detectorWidth = 24, .masked = true, .grouped = true, .hashes = true};
  // In the units of the keys; check compares with stored estimates.
  const float stored = std::ldexp(1.0f, a.ek + 15 - ::dota::lengthShift(a.width, 16));
  const Floats given{0.5, -0.25, 1, 0};
  for (float threshold : given)
    a.thresholds.push_back(threshold * stored);
  a.thresholdUnit = stored;
  check(a);
  a.balance = 3;
  check(a);
}
TEST_F(AttentionTest, Biased) {
  Attention a;
  a.bias = biasOf(a);
  check(a);
}
TEST_F(AttentionTest, Masked) { check({.masked = true}); }
TEST_F(AttentionTest, MaskedCausalBiased) {
  Attention a{.causal = true, .masked = true};
  a.bias = biasOf(a);
  check(a);
}
/// Scores so far apart that exponentials vanish.
TEST_F(AttentionTest, LargeScores) { check({.eq = 6, .ek = 6}); }

} // namespace
