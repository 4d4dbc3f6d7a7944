//===- KernelsTest.cpp - fast loops against plain ones, bit for bit ---------===//
//
// Each test runs once for every vector extension that this processor has, and once
// for none.
//
//===----------------------------------------------------------------------===//

#include "../../runtime/lib/Kernels.h"

#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Numerics.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace dota;

namespace {
class Kernels : public testing::TestWithParam<int64_t> {
protected:
  void SetUp() override { hwy::GetChosenTarget().Update(GetParam()); }
  void TearDown() override { hwy::GetChosenTarget().Update(hwy::SupportedTargets()); }
};

std::string extensionName(const testing::TestParamInfo<int64_t> &info) {
  return hwy::TargetName(info.param);
}
INSTANTIATE_TEST_SUITE_P(Extensions, Kernels,
                         testing::ValuesIn(hwy::SupportedAndGeneratedTargets()), extensionName);

constexpr Precision precisions[] = {Precision::FX16, Precision::FX8, Precision::FX4,
                                    Precision::INT4, Precision::INT2};

/// What the values of a matrix are taken from.
enum class Fill : uint8_t { Random, Extreme, Least, Most };
constexpr Fill fills[] = {Fill::Random, Fill::Extreme, Fill::Least, Fill::Most};

struct Matrix {
  std::vector<std::byte> bytes; // starts at an odd address of the vector's own
  std::vector<int64_t> values;
  size_t rows, cols;
  Operand operand;
};

Matrix makeMatrix(std::mt19937 &random, size_t rows, size_t cols, Precision precision, Fill fill,
                  bool isUnsigned = false) {
  const int64_t bits = bitsOf(precision);
  const int64_t least = isUnsigned ? 0 : -(int64_t{1} << (bits - 1));
  const int64_t most = isUnsigned ? 0xffff : (int64_t{1} << (bits - 1)) - 1;
  Matrix m{{}, {}, rows, cols, {}};
  const size_t stride = dota::bytes(cols, precision) + random() % 5;
  m.bytes.resize(rows * stride + 1);
  std::vector<int16_t> row(cols);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) {
      int64_t value = least + static_cast<int64_t>(random() % (most - least + 1));
      if (fill == Fill::Extreme) {
        const int64_t extremes[] = {least, most, 0, -1, std::min<int64_t>(0xff, most), least + 1};
        value = isUnsigned ? std::max<int64_t>(extremes[random() % 6], 0) : extremes[random() % 6];
      } else if (fill == Fill::Least) {
        value = least;
      } else if (fill == Fill::Most) {
        value = most;
      }
      m.values.push_back(value);
      row[j] = static_cast<int16_t>(value);
    }
    pack(row.data(), precision, cols, m.bytes.data() + 1 + i * stride);
  }
  m.operand = {m.bytes.data() + 1, stride, precision, isUnsigned};
  return m;
}

void expectProduct(std::mt19937 &random, size_t rows, size_t cols, size_t depth, Precision pa,
                   Precision pb, Fill fa, Fill fb, bool transpose, bool accumulate,
                   bool isUnsigned) {
  SCOPED_TRACE(testing::Message() << rows << "x" << cols << "x" << depth << " " << name(pa) << " "
                                  << name(pb) << " fill " << int(fa) << int(fb) << " transpose "
                                  << transpose << " accumulate " << accumulate << " unsigned "
                                  << isUnsigned);
  Matrix a = makeMatrix(random, rows, depth, pa, fa, isUnsigned);
  Matrix b = makeMatrix(random, transpose ? cols : depth, transpose ? depth : cols, pb, fb);
  std::vector<int64_t> start(rows * cols);
  for (int64_t &x : start)
    x = static_cast<int64_t>(random()) * 1000003;
  std::vector<std::byte> c(8 * rows * cols + 3);
  std::memcpy(c.data() + 3, start.data(), 8 * rows * cols);
  multiply(a.operand, b.operand, transpose, rows, cols, depth, accumulate, c.data() + 3);
  std::vector<int64_t> actual(rows * cols);
  std::memcpy(actual.data(), c.data() + 3, 8 * rows * cols);
  size_t wrong = 0;
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < cols; ++j) {
      int64_t sum = accumulate ? start[i * cols + j] : 0;
      for (size_t k = 0; k < depth; ++k)
        sum += a.values[i * depth + k] * b.values[transpose ? j * depth + k : k * cols + j];
      wrong += actual[i * cols + j] != sum;
    }
  EXPECT_EQ(wrong, 0u);
}
} // namespace

TEST_P(Kernels, PackingIsUndoneByUnpacking) {
  for (Precision precision : precisions)
    for (size_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 64, 67}) {
      const int half = 1 << (bitsOf(precision) - 1);
      std::vector<int16_t> values(n), back(n);
      for (size_t i = 0; i < n; ++i)
        values[i] = static_cast<int16_t>(int(i * 7919) % (2 * half) - half);
      std::vector<std::byte> packed(bytes(n, precision));
      pack(values.data(), precision, n, packed.data());
      unpack(packed.data(), precision, n, back.data());
      EXPECT_EQ(values, back) << name(precision) << " " << n;
    }
}

TEST_P(Kernels, LowBitsComeFirst) {
  const int16_t values[] = {1, -2, 7, 3, -8};
  std::byte packed[3];
  pack(values, Precision::INT4, 5, packed);
  EXPECT_EQ(packed[0], std::byte{0xe1});
  EXPECT_EQ(packed[1], std::byte{0x37});
  EXPECT_EQ(packed[2], std::byte{0x08});
  const int16_t narrow[] = {1, -1, 0, -2, 1};
  pack(narrow, Precision::INT2, 5, packed);
  EXPECT_EQ(packed[0], std::byte{0b10'00'11'01});
  EXPECT_EQ(packed[1], std::byte{0b01});
}

TEST_P(Kernels, ProductsAreExactInEveryShape) {
  std::mt19937 random(1);
  for (size_t rows : {1, 2, 6, 7, 13})
    for (size_t cols : {1, 15, 32, 33, 65})
      for (size_t depth : {0, 1, 2, 9, 64, 254, 255, 509})
        expectProduct(random, rows, cols, depth, Precision::FX16, Precision::FX16, Fill::Random,
                      Fill::Extreme, random() % 2, random() % 2, random() % 3 == 0);
}

TEST_P(Kernels, ProductsAreExactInEveryPrecision) {
  std::mt19937 random(2);
  for (Precision pa : precisions)
    for (Precision pb : precisions)
      for (Fill fa : fills)
        for (Fill fb : fills)
          for (bool transpose : {false, true})
            expectProduct(random, 7, 35, 515, pa, pb, fa, fb, transpose, fa == fb,
                          pa == Precision::FX16 && random() % 2);
}

TEST_P(Kernels, LongSumsOfTheLargestProductsAreExact) {
  std::mt19937 random(3);
  for (Fill fa : {Fill::Least, Fill::Most})
    for (Fill fb : {Fill::Least, Fill::Most})
      for (bool isUnsigned : {false, true})
        expectProduct(random, 2, 3, 5000, Precision::FX16, Precision::FX16, fa, fb, false, false,
                      isUnsigned);
}

TEST_P(Kernels, GatheredProductsAreExact) {
  std::mt19937 random(4);
  for (Precision precision : precisions)
    for (Fill fill : fills)
      for (size_t n : {1, 7, 32, 63, 80, 255, 600})
        for (size_t kept : {0, 1, 5, 40, 300}) {
          SCOPED_TRACE(testing::Message()
                       << name(precision) << " fill " << int(fill) << " " << n << " " << kept);
          const size_t count = 23;
          Matrix keys = makeMatrix(random, count, n, precision, fill);
          Matrix query = makeMatrix(random, 1, n, precision, fill);
          std::vector<uint32_t> ids(kept);
          std::vector<uint16_t> weights(kept);
          for (uint32_t &id : ids)
            id = random() % count;
          // Exponentials reach 32767; the kernels must not depend on it.
          for (uint16_t &w : weights)
            w = fill == Fill::Most ? 0xffff : random() % (fill == Fill::Random ? 32768 : 65536);
          std::vector<int16_t> q(query.values.begin(), query.values.end());
          const Rows rows(keys.operand, count, n);
          std::vector<int64_t> dots(kept), sums(n, 1), expected(n);
          dotRows(q.data(), rows, ids, dots.data());
          for (size_t i = 0; i < kept; ++i) {
            int64_t dot = 0;
            for (size_t j = 0; j < n; ++j) {
              dot += query.values[j] * keys.values[ids[i] * n + j];
              expected[j] += int64_t{weights[i]} * keys.values[ids[i] * n + j];
            }
            ASSERT_EQ(dots[i], dot);
          }
          sumRows(rows, ids, weights, sums.data());
          EXPECT_EQ(sums, expected);
        }
}

TEST_P(Kernels, SelectionIsThatOfASort) {
  std::mt19937 random(5);
  for (int spread : {1, 3, 100, 1 << 30})
    for (size_t n : {0, 1, 2, 17, 100, 384})
      for (size_t keep : {0, 1, 2, 10, 50, 400})
        for (unsigned admissible : {0, 1, 2}) {
          std::vector<int64_t> scores(n);
          for (int64_t &score : scores) {
            score = static_cast<int64_t>(random() % spread) - spread / 2;
            if (spread == 100 && random() % 4 == 0)
              score = random() % 2 ? INT64_MAX : INT64_MIN + 1;
            if (admissible == 0 || (admissible == 1 && random() % 3 == 0))
              score = kInadmissible;
          }
          std::vector<uint32_t> order;
          for (size_t j = 0; j < n; ++j)
            if (scores[j] != kInadmissible)
              order.push_back(static_cast<uint32_t>(j));
          std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
            return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
          });
          order.resize(std::min(order.size(), keep));
          std::sort(order.begin(), order.end());
          order.resize(keep, kNoKey);
          std::vector<uint32_t> ids(keep, 7);
          selectRow(scores.data(), n, keep, ids.data());
          EXPECT_EQ(ids, order) << spread << " " << n << " " << keep << " " << admissible;
        }
}

//===----------------------------------------------------------------------===//
// Rules: rows against one element at a time
//===----------------------------------------------------------------------===//

namespace {
struct Rules : Numerics<HostArithmetic> {
  HostArithmetic arithmetic;
  explicit Rules(MfuRules mfu = {}) : Numerics<HostArithmetic>{arithmetic, mfu} {}
};

template <class T>
const std::byte *bytesOf(const std::vector<T> &values) {
  return reinterpret_cast<const std::byte *>(values.data());
}

std::vector<float> someFloats(std::mt19937 &random, size_t n) {
  const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN,   1e-30f,  -87.0f, -87.5f,
                           0.5f, 1.5f,  2.5f,     -32767.5f, 3e38f, -1e-40f, 1.0f,   -1.0f};
  std::vector<float> values(n);
  for (float &x : values)
    x = random() % 4 == 0 ? special[random() % 16]
                          : std::ldexp(static_cast<float>(static_cast<int32_t>(random())),
                                       -static_cast<int>(random() % 40));
  return values;
}
std::vector<int16_t> someStored(std::mt19937 &random, size_t n) {
  std::vector<int16_t> values(n);
  for (int16_t &x : values)
    x = static_cast<int16_t>(static_cast<int32_t>(random()) >> (16 + random() % 16));
  return values;
}
std::vector<int64_t> someSums(std::mt19937 &random, size_t n) {
  std::vector<int64_t> values(n);
  for (int64_t &x : values)
    x = static_cast<int64_t>((uint64_t{random()} << 32) | random()) >> (8 + random() % 56);
  return values;
}
constexpr size_t kElements = 301;

/// A result of a rule for a format, next to what the rule gives for wide ones.
struct Expected {
  std::vector<int16_t> values;
  uint64_t saturations = 0;
  void add(int64_t stored, bool beyond) {
    values.push_back(static_cast<int16_t>(stored));
    saturations += beyond;
  }
};
} // namespace

TEST_P(Kernels, RequantizeAndNormalize) {
  std::mt19937 random(6);
  Rules rules;
  for (int bits : {16, 8, 4, 2})
    for (int shift : {-15, -1, 0, 1, 7, 20, 62})
      for (bool hasBias : {false, true}) {
        auto sums = someSums(random, kElements);
        if (shift < 0)
          for (int64_t &x : sums)
            x >>= 16;
        std::vector<int32_t> bias(kElements);
        for (int32_t &b : bias)
          b = static_cast<int32_t>(random());
        Expected expected;
        for (size_t j = 0; j < kElements; ++j) {
          int64_t sum = hasBias ? rules.addBias(sums[j], bias[j], 5) : sums[j];
          int64_t stored = rules.requantize(sum, shift, 0, bits);
          expected.add(stored, stored != rules.roundShift(sum, shift));
        }
        std::vector<int16_t> out(kElements);
        EXPECT_EQ(requantizeRow(bytesOf(sums), hasBias ? bytesOf(bias) : nullptr, 5, shift, bits,
                                kElements, out.data()),
                  expected.saturations);
        EXPECT_EQ(out, expected.values);

        const std::vector<ColumnShifts> alike(kElements,
                                              {static_cast<int8_t>(shift), /*biasShift=*/5});
        EXPECT_EQ(requantizeColumns(bytesOf(sums), hasBias ? bytesOf(bias) : nullptr, alike.data(),
                                    bits, kElements, out.data()),
                  expected.saturations);
        EXPECT_EQ(out, expected.values);
      }
  for (int64_t total : {int64_t{0}, int64_t{1}, int64_t{32767}, int64_t{1} << 40})
    for (int bits : {16, 8})
      for (int to : {-3, 0, 9}) {
        auto sums = someSums(random, kElements);
        sums[0] = 0;
        Expected expected;
        for (int64_t sum : sums) {
          float q = std::nearbyint(static_cast<float>(sum) / static_cast<float>(total) *
                                   std::ldexp(1.0f, to - 2));
          expected.add(rules.normalize(sum, total, 2, to, bits),
                       std::fabs(q) > static_cast<float>(maxStored(bits)));
        }
        std::vector<int16_t> out(kElements);
        EXPECT_EQ(
            normalizeRow(MfuRules{}, bytesOf(sums), total, 2, to, bits, kElements, out.data()),
            expected.saturations);
        EXPECT_EQ(out, expected.values);
      }
}

TEST_P(Kernels, ScoresAndExponentials) {
  std::mt19937 random(7);
  Rules rules;
  auto sums = someSums(random, kElements);
  auto bias = someFloats(random, kElements);
  std::vector<float> scores(kElements);
  scoreRow(MfuRules{}, bytesOf(sums), 1.37e-6f, bytesOf(bias), kElements, scores.data());
  for (size_t j = 0; j < kElements; ++j) {
    float expected = rules.score(sums[j], 1.37e-6f) + bias[j];
    EXPECT_EQ(std::bit_cast<uint32_t>(scores[j]), std::bit_cast<uint32_t>(expected));
  }
  for (float max : {0.0f, 3.5f, -100.0f, -INFINITY}) {
    std::vector<float> row = someFloats(random, kElements);
    for (float &x : row)
      x = std::isnan(x) ? x : std::min(max, x);
    for (size_t j = 0; j < 100; ++j) // most of them within reach
      row[j] = max - static_cast<float>(random() % 12000) / 1000.0f;
    std::vector<uint16_t> e(kElements), expected;
    uint64_t sum = 0;
    for (float x : row) {
      expected.push_back(static_cast<uint16_t>(rules.expScore(x, max)));
      sum += expected.back();
    }
    EXPECT_EQ(exponentialRow(MfuRules{}, row.data(), max, kElements, e.data()), sum);
    EXPECT_EQ(e, expected);
  }
}

TEST_P(Kernels, QuantizeAndDequantize) {
  std::mt19937 random(8);
  Rules rules;
  for (int bits : {16, 8, 4, 2})
    for (int exponent : {-15, -1, 0, 4, 12, 30}) {
      auto x = someFloats(random, kElements);
      Expected expected;
      for (float value : x) {
        float scaled = std::nearbyint(value * std::ldexp(1.0f, exponent));
        expected.add(rules.quantize(value, exponent, bits),
                     std::fabs(scaled) > static_cast<float>(maxStored(bits)));
      }
      std::vector<int16_t> out(kElements);
      EXPECT_EQ(quantizeRow(bytesOf(x), exponent, bits, kElements, out.data()),
                expected.saturations);
      EXPECT_EQ(out, expected.values);
      auto stored = someStored(random, kElements);
      std::vector<float> back(kElements);
      dequantizeRow(stored.data(), exponent, kElements, reinterpret_cast<std::byte *>(back.data()));
      for (size_t j = 0; j < kElements; ++j)
        EXPECT_EQ(back[j], std::ldexp(stored[j], -exponent));
    }
}

TEST_P(Kernels, Normalisations) {
  std::mt19937 random(9);
  Rules rules;
  for (int bits : {16, 8})
    for (int to : {-2, 8, 13})
      for (bool constant : {false, true}) {
        auto x = someStored(random, kElements);
        if (constant)
          std::fill(x.begin(), x.end(), int16_t{-32768});
        auto gain = someFloats(random, kElements), bias = someFloats(random, kElements);
        int64_t sum = 0, squares = 0;
        for (int64_t q : x) {
          sum += q;
          squares += q * q;
        }
        const int64_t n = kElements;
        float layer = rules.layerNormFactor(sum, squares, n, 9, 1e-5f);
        float rms = rules.rmsNormFactor(squares, n, 9, 1e-5f);
        Expected layerNorm, rmsNorm;
        for (size_t j = 0; j < kElements; ++j) {
          int64_t wide = rules.layerNorm(x[j], sum, layer, gain[j], bias[j], n, to, 25);
          int64_t stored = rules.layerNorm(x[j], sum, layer, gain[j], bias[j], n, to, bits);
          layerNorm.add(stored, wide != stored);
          wide = rules.rmsNorm(x[j], rms, gain[j], to, 25);
          stored = rules.rmsNorm(x[j], rms, gain[j], to, bits);
          rmsNorm.add(stored, wide != stored);
        }
        std::vector<int16_t> out(kElements);
        EXPECT_EQ(layerNormRow(MfuRules{}, x.data(), bytesOf(gain), bytesOf(bias), 9, to, 1e-5f,
                               bits, kElements, out.data()),
                  layerNorm.saturations);
        EXPECT_EQ(out, layerNorm.values);
        EXPECT_EQ(rmsNormRow(MfuRules{}, x.data(), bytesOf(gain), 9, to, 1e-5f, bits, kElements,
                             out.data()),
                  rmsNorm.saturations);
        EXPECT_EQ(out, rmsNorm.values);
      }
}

TEST_P(Kernels, ElementwiseRules) {
  std::mt19937 random(10);
  Rules rules;
  for (int bits : {16, 8, 4})
    for (int i = 0; i < 40; ++i) {
      int xe = int(random() % 20) - 4, ye = int(random() % 20) - 4;
      auto x = someStored(random, kElements), y = someStored(random, kElements);
      int toAdd = std::max(xe, ye) - int(random() % 12) + 3;
      int toMul = xe + ye - int(random() % 25) + 3;
      Expected sum, product;
      for (size_t j = 0; j < kElements; ++j) {
        int e = std::max(xe, ye);
        int64_t exact = int64_t{x[j]} * (1 << (e - xe)) + int64_t{y[j]} * (1 << (e - ye));
        int64_t stored = rules.add(x[j], xe, y[j], ye, toAdd, bits);
        sum.add(stored, stored != rules.roundShift(exact, e - toAdd));
        stored = rules.mul(x[j], xe, y[j], ye, toMul, bits);
        product.add(stored, stored != rules.roundShift(int64_t{x[j]} * y[j], xe + ye - toMul));
      }
      std::vector<int16_t> out(kElements);
      EXPECT_EQ(addRow(x.data(), xe, y.data(), ye, toAdd, bits, kElements, out.data()),
                sum.saturations);
      EXPECT_EQ(out, sum.values);
      EXPECT_EQ(mulRow(x.data(), xe, y.data(), ye, toMul, bits, kElements, out.data()),
                product.saturations);
      EXPECT_EQ(out, product.values);
    }
}

TEST_P(Kernels, RowsObeyTheMfu) {
  std::mt19937 random(13);
  for (MfuRules mfu :
       {MfuRules{MfuFormat::FP16, 6}, MfuRules{MfuFormat::FP16, 3}, MfuRules{MfuFormat::FP32, 2}}) {
    Rules rules(mfu);
    const auto sums = someSums(random, kElements);
    const auto bias = someFloats(random, kElements), gain = someFloats(random, kElements);
    const auto x = someStored(random, kElements);
    std::vector<float> scores(kElements);
    std::vector<uint16_t> e(kElements);
    scoreRow(mfu, bytesOf(sums), 1.37e-6f, bytesOf(bias), kElements, scores.data());
    // No score is above the row's maximum.
    std::vector<float> row = scores;
    for (float &score : row)
      score = score > 2.0f ? 2.0f : score;
    exponentialRow(mfu, row.data(), 2.0f, kElements, e.data());
    std::vector<int16_t> normalized(kElements), centred(kElements), scaled(kElements),
        activated(kElements);
    normalizeRow(mfu, bytesOf(sums), 12345, 2, 5, 16, kElements, normalized.data());
    layerNormRow(mfu, x.data(), bytesOf(gain), bytesOf(bias), 9, 7, 1e-5f, 16, kElements,
                 centred.data());
    rmsNormRow(mfu, x.data(), bytesOf(gain), 9, 7, 1e-5f, 16, kElements, scaled.data());
    activateRow(mfu, ActivationKind::Gelu, x.data(), 9, 10, 16, kElements, activated.data());
    const auto n = static_cast<int64_t>(kElements);
    int64_t sum = 0, squares = 0;
    for (int16_t value : x) {
      sum += value;
      squares += int64_t{value} * value;
    }
    const float factor = rules.layerNormFactor(sum, squares, n, 9, 1e-5f);
    const float rmsFactor = rules.rmsNormFactor(squares, n, 9, 1e-5f);
    for (size_t j = 0; j < kElements; ++j) {
      const float score = rules.biasedScore(rules.score(sums[j], 1.37e-6f), bias[j]);
      EXPECT_EQ(std::bit_cast<uint32_t>(scores[j]), std::bit_cast<uint32_t>(score));
      EXPECT_EQ(e[j], static_cast<uint16_t>(rules.expScore(row[j], 2.0f)));
      EXPECT_EQ(normalized[j], rules.normalize(sums[j], 12345, 2, 5, 16));
      EXPECT_EQ(centred[j], rules.layerNorm(x[j], sum, factor, gain[j], bias[j], n, 7, 16));
      EXPECT_EQ(scaled[j], rules.rmsNorm(x[j], rmsFactor, gain[j], 7, 16));
      EXPECT_EQ(activated[j],
                rules.activate(x[j], 9, 10, 16, [&](float v) { return rules.gelu(v); }));
    }
  }
}

TEST_P(Kernels, Rotations) {
  std::mt19937 random(12);
  Rules rules;
  const size_t width = 48, heads = 3;
  for (size_t distance : {1, 2, 8, 24})
    for (int bits : {16, 8}) {
      auto x = someStored(random, heads * width), table = someStored(random, 2 * width);
      int from = 26, to = 26 - bits + int(random() % 6) - 3;
      Expected rotated;
      for (size_t c = 0; c < x.size(); ++c) {
        size_t partner = c / distance % 2 == 0 ? c + distance : c - distance;
        int16_t cosine = table[c % width], sine = table[width + c % width];
        int64_t exact = int64_t{x[c]} * cosine + int64_t{x[partner]} * sine;
        int64_t stored = rules.rotate(x[c], cosine, x[partner], sine, from, to, bits);
        rotated.add(stored, stored != rules.roundShift(exact, from - to));
      }
      std::vector<int16_t> out(x.size());
      EXPECT_EQ(
          rotateRow(x.data(), table.data(), width, distance, from, to, bits, x.size(), out.data()),
          rotated.saturations);
      EXPECT_EQ(out, rotated.values);
    }
}

TEST_P(Kernels, ActivationsOfEveryStoredValue) {
  Rules rules;
  std::vector<int16_t> x(65536), out(65536);
  for (int i = 0; i < 65536; ++i)
    x[i] = static_cast<int16_t>(i);
  for (unsigned k = 0; k < kActivationKindCount; ++k)
    for (int from : {4, 12}) {
      const auto kind = static_cast<ActivationKind>(k);
      const int to = 13;
      uint64_t saturations = 0;
      size_t wrong = 0;
      saturations = activateRow(MfuRules{}, kind, x.data(), from, to, 16, x.size(), out.data());
      for (size_t i = 0; i < x.size(); ++i) {
        float v = rules.dequantize(x[i], from), y = 0;
        switch (kind) {
        case ActivationKind::Relu:
          y = rules.relu(v);
          break;
        case ActivationKind::Gelu:
          y = rules.gelu(v);
          break;
        case ActivationKind::GeluTanh:
          y = rules.geluTanh(v);
          break;
        case ActivationKind::QuickGelu:
          y = rules.quickGelu(v);
          break;
        case ActivationKind::Silu:
          y = rules.silu(v);
          break;
        case ActivationKind::Sigmoid:
          y = rules.sigmoid(v);
          break;
        case ActivationKind::Tanh:
          y = rules.tanh(v);
          break;
        case ActivationKind::Identity:
          y = v;
          break;
        }
        wrong += out[i] != rules.quantize(y, to, 16);
        saturations -= rules.quantize(y, to, 16) != rules.quantize(y, to, 25);
      }
      EXPECT_EQ(wrong, 0u) << name(kind);
      EXPECT_EQ(saturations, 0u) << name(kind);
    }
}
