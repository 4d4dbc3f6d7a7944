//===- ProgramWriter.h - random fixed-point programs ------------*- C++ -*-===//
//
// Writes a `dota.program` and a function `main` that launches it, as text: what an
// encoder's layers hold, in all formats, with masks of every kind, and what they
// do not hold.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TEST_RANDOM_PROGRAMWRITER_H
#define DOTA_TEST_RANDOM_PROGRAMWRITER_H

#include "Choices.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <string>

namespace dota::random {

/// Writes a random program, an op at a time.
class ProgramWriter {
public:
  struct Value {
    std::string name;
    int64_t rows, cols;
    int bits, exponent;
    std::string type; // of the tensor
  };

  explicit ProgramWriter(Choices &choices) : choices(choices) {}

  int64_t pick(std::initializer_list<int64_t> values) { return choices.pick(values); }
  bool chance(int percent) { return choices.chance(percent); }

  static std::string scale(int exponent) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.17g", std::ldexp(1.0, -exponent));
    std::string result = text;
    if (result.find_first_of(".e") == std::string::npos)
      result += ".0";
    // MLIR wants a point before an exponent.
    if (size_t e = result.find('e');
        e != std::string::npos && result.find('.') == std::string::npos)
      result.insert(e, ".0");
    return result;
  }
  static std::string fixed(int bits, int exponent) { return quantized(bits, "", scale(exponent)); }
  /// With an exponent for each index of `dimension`.
  static std::string fixed(int bits, int dimension, const std::vector<int> &exponents) {
    std::string scales;
    for (int exponent : exponents)
      scales += (scales.empty() ? "" : ", ") + scale(exponent);
    return quantized(bits, ":" + std::to_string(dimension), "{" + scales + "}");
  }
  static std::string quantized(int bits, const std::string &dimension, const std::string &scales) {
    int64_t most = (int64_t{1} << (bits - 1)) - 1;
    return "!quant.uniform<i" + std::to_string(bits) + "<" + std::to_string(-most) + ":" +
           std::to_string(most) + ">:f32" + dimension + ", " + scales + ">";
  }
  static std::string tensor(int64_t rows, int64_t cols, const std::string &element) {
    return "tensor<" + (rows < 0 ? "" : std::to_string(rows) + "x") + std::to_string(cols) + "x" +
           element + ">";
  }
  Value value(int64_t rows, int64_t cols, int bits, int exponent) {
    return {"%v" + std::to_string(next++),
            rows,
            cols,
            bits,
            exponent,
            tensor(rows, cols, fixed(bits, exponent))};
  }

  /// `count` stored integers of `bits` bits, little-endian, as a dense attribute.
  std::string dense(int64_t count, int bits, int storage) {
    int64_t most = (int64_t{1} << (bits - 1)) - 1;
    std::mt19937 random = choices.data();
    std::string hex = "dense<\"0x";
    for (int64_t i = 0; i < count; ++i) {
      int64_t x = static_cast<int64_t>(random() % (2 * most + 1)) - most;
      for (int b = 0; b < storage / 8; ++b) {
        char text[3];
        std::snprintf(text, sizeof(text), "%02X", static_cast<unsigned>(x >> (8 * b)) & 255);
        hex += text;
      }
    }
    return hex + "\">";
  }
  std::string floats(int64_t count, float low, float high) {
    std::mt19937 random = choices.data();
    std::string hex = "dense<\"0x";
    for (int64_t i = 0; i < count; ++i) {
      float x = low + (high - low) * static_cast<float>(random() % 1024) / 1024;
      char text[9];
      uint32_t bits;
      std::memcpy(&bits, &x, 4);
      bits = __builtin_bswap32(bits);
      std::snprintf(text, sizeof(text), "%08X", bits);
      hex += text;
    }
    return hex + "\">";
  }
  static int storage(int bits) { return bits <= 8 ? 8 : bits; }

  Value constant(int64_t rows, int64_t cols, int bits, int exponent, int magnitudeBits = 0) {
    return constant(value(rows, cols, bits, exponent), magnitudeBits);
  }
  Value constant(const Value &result, int magnitudeBits = 0) {
    const auto [rows, cols, bits] = std::tuple(result.rows, result.cols, result.bits);
    std::string held = tensor(rows, cols, "i" + std::to_string(storage(bits)));
    line(result.name + " = dota.constant " +
         dense((rows < 0 ? 1 : rows) * cols, magnitudeBits ? magnitudeBits : bits, storage(bits)) +
         " : " + held + " : " + result.type);
    return result;
  }
  std::string floatConstant(const std::string &type, int64_t count, float low, float high) {
    std::string name = "%v" + std::to_string(next++);
    line(name + " = arith.constant " + floats(count, low, high) + " : " + type);
    return name;
  }

  void line(const std::string &text) { body += "    " + text + "\n"; }

  int activationExponent(int bits) { return bits == 16 ? pick({10, 11, 12}) : pick({4, 5}); }
  int activationBits() { return forcedBits ? forcedBits : chance(allowFx8 ? 25 : 0) ? 8 : 16; }

  struct Mask {
    std::string name, type;
  };
  /// With a mask: the rows are live in it, for groups of columns.
  Value linear(const Value &x, int64_t cols, int weightBits = 0, const Mask *live = nullptr,
               int64_t groups = 1) {
    if (!weightBits)
      weightBits = chance(70) ? 16 : pick({8, 4, 2});
    // Each column's, or one of all.
    std::vector<int> weightExponents(cols, weightBits - 1 + pick({0, 1}));
    const bool perColumn = chance(25);
    if (perColumn)
      for (int64_t column = 0, step = pick({1, 2, 7}); column < cols; ++column)
        weightExponents[column] += static_cast<int>(column / step % 4);
    Value w = value(x.cols, cols, weightBits, weightExponents.front());
    if (perColumn)
      w.type = tensor(x.cols, cols, fixed(weightBits, /*dimension=*/1, weightExponents));
    constant(w);
    int bits = activationBits();
    Value y = value(x.rows, cols, bits, activationExponent(bits));
    std::string bias, biasType;
    if (chance(70)) {
      const int distance = pick({0, 2, 5});
      Value b = value(-1, cols, 32, x.exponent + weightExponents.front() - distance);
      if (perColumn && chance(70)) {
        std::vector<int> exponents;
        for (int weight : weightExponents)
          exponents.push_back(x.exponent + weight - distance);
        b.type = tensor(-1, cols, fixed(32, /*dimension=*/0, exponents));
      }
      constant(b, 12);
      bias = ", " + b.name;
      biasType = ", " + b.type;
    }
    line(y.name + " = dota.linear " + x.name + ", " + w.name + bias +
         (live ? " live " + live->name + " {heads = " + std::to_string(groups) + "}" : "") + " : " +
         x.type + ", " + w.type + biasType + (live ? " live " + live->type : "") + " -> " + y.type);
    return y;
  }
  /// A projection for a detector: an exponent for each head.
  Value lowRank(const Value &x, int64_t heads, int64_t rank, int bits) {
    Value w = constant(x.cols, heads * rank, 16, 15);
    Value y = value(x.rows, heads * rank, bits, 0);
    std::vector<int> exponents;
    for (int64_t head = 0; head < heads; ++head)
      exponents.insert(exponents.end(), rank, pick({-1, 0, 1}));
    y.type = tensor(x.rows, heads * rank, fixed(bits, /*dimension=*/1, exponents));
    line(y.name + " = dota.linear " + x.name + ", " + w.name + " : " + x.type + ", " + w.type +
         " -> " + y.type);
    return y;
  }

  /// A bias of scores, some of it inadmissible; empty where there is none.
  struct Bias {
    std::string name, type;
  };
  Bias bias(int64_t heads, int64_t queries, int64_t keys) {
    if (chance(50))
      return {};
    int64_t h = chance(50) ? 1 : heads, n = chance(50) ? 1 : queries;
    std::string type = "tensor<" + std::to_string(h) + "x" + std::to_string(n) + "x" +
                       std::to_string(keys) + "xf32>";
    std::string name = "%v" + std::to_string(next++);
    // Finite values and inadmissible ones.
    std::mt19937 random = choices.data();
    std::string hex = "dense<\"0x";
    for (int64_t i = 0; i < h * n * keys; ++i) {
      float x = random() % 5 == 0 ? -3.0e38f : static_cast<float>(random() % 64) / 16 - 2;
      uint32_t bits;
      std::memcpy(&bits, &x, 4);
      char text[9];
      std::snprintf(text, sizeof(text), "%08X", __builtin_bswap32(bits));
      hex += text;
    }
    line(name + " = arith.constant " + hex + "\"> : " + type);
    return {name, type};
  }

  /// A projection whose signs are hashes.
  Value hash(const Value &x, int64_t cols) {
    Value w = constant(x.cols, cols, 16, 15);
    Value y = value(x.rows, cols, 2, x.exponent + 15);
    line(y.name + " = dota.linear " + x.name + ", " + w.name + " : " + x.type + ", " + w.type +
         " -> " + y.type);
    return y;
  }
  /// Of factors, or with `keys` of hashes; `kvHeads` heads of key factors, where they are fewer.
  Mask detect(const Value &q, const Value &k, int64_t heads, int64_t keep, const Bias &bias,
              bool causal, int64_t kvHeads = 0, const Value *keys = nullptr) {
    Mask mask{"%v" + std::to_string(next++),
              "!dota.mask<" + std::to_string(heads) + "x" + std::to_string(q.rows) + "x" +
                  std::to_string(k.rows) + ", keep = " + std::to_string(keep) + ">"};
    // Of probabilities where both factors have one scale.
    bool isUniform = !keys && q.type.find('{') == q.type.npos && k.type.find('{') == k.type.npos;
    std::string rule;
    if (isUniform && chance(50)) {
      rule = ", thresholds = array<f32: 0.03>, softmax_scale = 0.25 : f32";
    } else if (chance(50)) {
      std::string all = std::to_string(pick({-9, 0, 1, 3})) + ".0";
      for (int64_t head = 1; head < heads; ++head)
        all += ", " + std::to_string(pick({-2, 0, 2, 40})) + ".0";
      rule = ", thresholds = array<f32: " + (chance(50) ? all : "0.75") + ">";
      if (chance(60))
        rule += ", balance = " + std::to_string(pick({1, 2, 3, 4}));
    }
    if (kvHeads)
      rule += ", kv_heads = " + std::to_string(kvHeads);
    line(mask.name + " = dota.detect " + q.name + ", " + k.name +
         (keys ? " keys " + keys->name : "") + (bias.name.empty() ? "" : " bias " + bias.name) +
         " {heads = " + std::to_string(heads) + (causal ? ", causal" : "") + rule + "} : (" +
         q.type + ", " + k.type + (keys ? ", " + keys->type : "") +
         (bias.name.empty() ? "" : ", " + bias.type) + ") -> " + mask.type);
    return mask;
  }
  /// A known mask: rows of any length up to `keep`, groups of any rows out of 16.
  Mask knownMask(int64_t heads, int64_t rows, int64_t keys, int64_t keep) {
    std::mt19937 random = choices.data();
    std::string ids = "dense<[", grouping = "dense<[";
    auto list = [](std::string &text, const std::vector<int64_t> &values) {
      text += text.back() == ']' ? ", [" : "[";
      for (size_t i = 0; i < values.size(); ++i)
        text += (i ? ", " : "") + std::to_string(values[i]);
      text += "]";
    };
    for (int64_t head = 0; head < heads; ++head) {
      ids += head ? ", [" : "[";
      std::vector<int64_t> all(keys), places(rows);
      std::iota(all.begin(), all.end(), 0);
      std::iota(places.begin(), places.end(), 0);
      for (int64_t row = 0; row < rows; ++row) {
        std::shuffle(all.begin(), all.end(), random);
        int64_t length = random() % 10 < 7 ? keep : static_cast<int64_t>(random() % (keep + 1));
        std::vector<int64_t> kept(all.begin(), all.begin() + length);
        std::sort(kept.begin(), kept.end());
        kept.resize(keep, -1);
        list(ids, kept);
      }
      ids += "]";
      for (int64_t row = 0; row < rows; row += 16)
        std::shuffle(places.begin() + row, places.begin() + std::min(row + 16, rows), random);
      list(grouping, places);
    }
    std::string shape = std::to_string(heads) + "x" + std::to_string(rows) + "x";
    Mask mask{"%v" + std::to_string(next++), "!dota.mask<" + shape + std::to_string(keys) +
                                                 ", keep = " + std::to_string(keep) + ">"};
    line(mask.name + " = dota.constant_mask " + ids + "]> : tensor<" + shape +
         std::to_string(keep) + "xi32>" +
         (chance(50) ? " grouping " + grouping + "]> : tensor<" + shape + "i32>" : "") + " : " +
         mask.type);
    return mask;
  }
  Value attend(const Value &q, const Value &k, const Value &v, int64_t heads, int64_t kvHeads,
               const Mask *mask, const Bias &bias, bool causal) {
    int bits = activationBits();
    Value y = value(q.rows, v.cols / kvHeads * heads, bits, activationExponent(bits));
    line(y.name + " = dota." + (mask ? "masked_attention " : "attention ") + q.name + ", " +
         k.name + ", " + v.name + (mask ? " mask " + mask->name : "") +
         (bias.name.empty() ? "" : " bias " + bias.name) + " {heads = " + std::to_string(heads) +
         ", kv_heads = " + std::to_string(kvHeads) + ", scale = 0.25 : f32" +
         (causal ? ", causal" : "") + "} : (" + q.type + ", " + k.type + ", " + v.type +
         (mask ? ", " + mask->type : "") + (bias.name.empty() ? "" : ", " + bias.type) + ") -> " +
         y.type);
    return y;
  }
  Value elementwise(const std::string &op, const Value &x, const Value &y) {
    int bits = activationBits();
    Value z = value(x.rows, x.cols, bits, activationExponent(bits));
    line(z.name + " = dota." + op + " " + x.name + ", " + y.name + " : (" + x.type + ", " + y.type +
         ") -> " + z.type);
    return z;
  }
  Value activation(const Value &x) {
    static const char *kinds[] = {"relu", "gelu",    "gelu_tanh", "quick_gelu",
                                  "silu", "sigmoid", "tanh",      "identity"};
    int bits = activationBits();
    Value z = value(x.rows, x.cols, bits, activationExponent(bits));
    line(z.name + " = dota.activation <" + kinds[choices.below(8)] + "> " + x.name + " : " +
         x.type + " -> " + z.type);
    return z;
  }
  Value norm(const Value &x) {
    Value z = value(x.rows, x.cols, 16, activationExponent(16));
    std::string type = "tensor<" + std::to_string(x.cols) + "xf32>";
    std::string gain = floatConstant(type, x.cols, 0.5, 1.5);
    if (chance(60)) {
      std::string bias = floatConstant(type, x.cols, -0.5, 0.5);
      line(z.name + " = dota.layer_norm " + x.name + ", " + gain + ", " + bias +
           " {epsilon = 1.0e-5 : f32} : (" + x.type + ", " + type + ", " + type + ") -> " + z.type);
    } else {
      line(z.name + " = dota.rms_norm " + x.name + ", " + gain + " {epsilon = 1.0e-6 : f32} : (" +
           x.type + ", " + type + ") -> " + z.type);
    }
    return z;
  }
  Value softmax(const Value &x) {
    Value z = value(x.rows, x.cols, 16, 15);
    line(z.name + " = dota.softmax " + x.name + " : " + x.type + " -> " + z.type);
    return z;
  }

  /// Cosines and sines for heads of `width`; some are computed in the program.
  Value angles(const Value &x, int64_t width) {
    return chance(70) ? constant(x.rows, 2 * width, activationBits(), 14) : linear(x, 2 * width);
  }
  Value rotate(const Value &x, const Value &table, int64_t distance) {
    int bits = activationBits();
    Value y = value(x.rows, x.cols, bits, activationExponent(bits));
    line(y.name + " = dota.rotate " + x.name + ", " + table.name + " {distance = " +
         std::to_string(distance) + "} : (" + x.type + ", " + table.type + ") -> " + y.type);
    return y;
  }

  /// Self or cross attention, with what leads to it and its output projection.
  Value attentionBlock(const Value &x, const Value &memory) {
    int64_t heads = pick({1, 2, 3, 4, 6, 12});
    int64_t kvHeads = chance(70) || heads % 2 ? heads : heads / 2;
    int64_t d = pick({4, 8, 16}), e = chance(80) ? d : d / 2;
    bool causal = chance(30);
    // Queries and keys in one precision.
    forcedBits = allowFx8 && chance(30) ? 8 : 16;
    Value q = linear(x, heads * d), k = linear(memory, kvHeads * d);
    choices.maybe(30, [&] {
      int64_t distance = pick({1, d / 4, d / 2});
      Value table = angles(x, d);
      q = rotate(q, table, distance);
      k = rotate(k, memory.rows == x.rows ? table : angles(memory, d), distance);
    });
    forcedBits = 0;
    Value v = linear(memory, kvHeads * e);
    Bias b = bias(heads, x.rows, memory.rows);
    Value y;
    if (chance(60)) {
      int bits = pick({4, 2, 8, 16});
      int64_t rank = pick({2, 3, 4, 8});
      // One for all heads, or the queries and keys themselves.
      int64_t found =
          chance(25) && (b.type.empty() || b.type.rfind("tensor<1x", 0) == 0) ? 1 : heads;
      Value lowQ = q, lowK = k;
      const bool hashes = chance(30), one = found == 1 && heads != kvHeads;
      // Key heads of the attention's own, or one of each head that finds.
      int64_t keyHeads = found == heads ? kvHeads : found;
      if (hashes) {
        int64_t hashBits = pick({3, 8, 20, 32});
        lowQ = hash(x, found * hashBits);
        lowK = hash(memory, keyHeads * hashBits);
      } else if (one || chance(80)) {
        keyHeads = found;
        lowQ = lowRank(x, found, rank, bits);
        lowK = lowRank(memory, found, rank, bits);
      }
      int64_t keep = 1 + choices.below(static_cast<uint32_t>(memory.rows));
      Mask mask = chance(30) ? knownMask(found, x.rows, memory.rows, keep)
                             : detect(lowQ, lowK, found, keep, b, causal,
                                      keyHeads == found ? 0 : keyHeads, hashes ? &k : nullptr);
      y = attend(q, k, v, heads, kvHeads, &mask, b, causal);
      // A mask for two: found first, kept for both.
      if (chance(20))
        y = elementwise("add", y, attend(q, k, v, heads, kvHeads, &mask, {}, false));
    } else {
      y = attend(q, k, v, heads, kvHeads, nullptr, b, causal);
    }
    if (chance(10))
      y = activation(y);
    if (chance(10))
      y = elementwise("mul", y, linear(x, y.cols));
    return linear(y, x.cols);
  }
  Value feedForward(const Value &x) {
    int64_t hidden = pick({20, 32, 64, 72, 200});
    Value h = activation(linear(x, hidden));
    if (chance(30))
      h = elementwise("mul", h, linear(x, hidden));
    if (chance(15))
      h = norm(h);
    return linear(h, x.cols);
  }
  Value residual(const Value &x, const Value &y) {
    Value z = elementwise("add", x, y);
    return chance(70) ? norm(z) : z;
  }
  Value other(const Value &x) {
    switch (choices.below(8)) {
    case 0:
      return activation(x);
    case 1:
      return elementwise("add", x, constant(-1, x.cols, 16, 12));
    case 2:
      return elementwise("mul", x, constant(x.rows, x.cols, 16, 13));
    case 3:
      return softmax(x);
    case 4:
      return linear(linear(x, pick({8, 24, 40})), x.cols);
    case 5: {
      int64_t width = x.cols % 8 == 0 ? pick({4, 8}) : 4;
      // A table that is no table elsewhere.
      return x.cols == 2 * width ? rotate(x, x, width / 2) : rotate(x, angles(x, width), 1);
    }
    default: {
      // Out to f32 and back.
      std::string name = "%v" + std::to_string(next++);
      std::string type = tensor(x.rows, x.cols, "f32");
      line(name + " = dota.dequantize " + x.name + " : " + x.type + " -> " + type);
      Value z = value(x.rows, x.cols, 16, 11);
      line(z.name + " = dota.quantize " + name + " : " + type + " -> " + z.type);
      return z;
    }
    }
  }

  /// Rules of the MFU, for the program and for the machines that it runs on.
  void drawMfu() {
    if (!chance(40))
      return;
    const char *format = choices.below(2) ? "fp32" : "fp16";
    std::string degree = std::to_string(pick({6, 2, 3, 4, 5}));
    if (format == std::string("fp32") && degree == "6")
      return;
    mfuAttribute =
        std::string(" attributes {mfu = #dota.mfu<") + format + ", exp_degree = " + degree + ">}";
    mfuSection = std::string("[mfu]\nformat = \"") + format + "\"\nexp_degree = " + degree + "\n";
  }
  /// A section of a machine's description.
  const std::string &machineSection() const { return mfuSection; }

  /// A module with the program and a function that launches it.
  std::string write() {
    allowFx8 = chance(40);
    drawMfu();
    int64_t n = pick({1, 3, 16, 21, 40}), m = pick({n, n, n, 5, 33});
    int64_t f = pick({8, 16, 24, 48, 100});
    std::vector<Value> values;
    auto quantize = [&](const std::string &name, int64_t rows) {
      Value x = value(rows, f, 16, activationExponent(16));
      std::string type = tensor(rows, f, "f32");
      line(x.name + " = dota.quantize " + name + " : " + type + " -> " + x.type);
      return x;
    };
    Value x = quantize("%x", n), memory = m == n ? x : quantize("%memory", m);
    int64_t blocks = pick({1, 2, 3});
    for (int64_t i = 0; i < blocks; ++i) {
      choices.maybe(70, [&] {
        Value y = attentionBlock(x, chance(50) || i == 0 ? memory : x);
        x = chance(80) ? residual(x, y) : y;
      });
      choices.maybe(50, [&] {
        Value y = feedForward(x);
        x = chance(80) ? residual(x, y) : y;
      });
      choices.maybe(50, [&] { x = other(x); });
      if (m == n && chance(50))
        memory = x;
      values.push_back(x);
    }
    std::vector<std::string> results, types;
    std::string xType = tensor(n, f, "f32"), memoryType = tensor(m, f, "f32");
    auto dequantize = [&](const Value &v) {
      std::string name = "%v" + std::to_string(next++), type = tensor(v.rows, v.cols, "f32");
      line(name + " = dota.dequantize " + v.name + " : " + v.type + " -> " + type);
      results.push_back(name);
      types.push_back(type);
    };
    dequantize(x);
    if (chance(30))
      dequantize(values.front());
    if (chance(20)) {
      results.push_back(results.front());
      types.push_back(types.front());
    }
    if (chance(20)) {
      results.push_back("%x");
      types.push_back(xType);
    }
    auto list = [](const std::vector<std::string> &items) {
      std::string text;
      for (const std::string &item : items)
        text += (text.empty() ? "" : ", ") + item;
      return text;
    };
    std::string arguments = "%x: " + xType + ", %memory: " + memoryType;
    std::string resultTypes = types.size() == 1 ? types[0] : "(" + list(types) + ")";
    std::string text = "module {\n  dota.program @p(" + arguments + ") -> " + resultTypes +
                       mfuAttribute + " {\n" + body + "    dota.return " + list(results) + " : " +
                       list(types) + "\n  }\n";
    std::string launchedNames;
    for (size_t i = 0; i < types.size(); ++i)
      launchedNames += (i ? ", %r#" : "%r#") + std::to_string(i);
    text += "  func.func @main(" + arguments + ") -> (" + list(types) +
            ") {\n    %r:" + std::to_string(types.size()) + " = dota.launch @p(%x, %memory) : (" +
            xType + ", " + memoryType + ") -> (" + list(types) + ")\n    return " + launchedNames +
            " : " + list(types) + "\n  }\n}\n";
    return text;
  }

  /// One attention over so many keys that little SRAM does not hold a head's.
  std::string writeLong(bool masked, bool causal) {
    int64_t n = pick({260, 300}), heads = pick({1, 2, 4}), d = 8, f = 16;
    int64_t kvHeads = chance(70) || heads % 2 ? heads : heads / 2;
    std::string type = tensor(n, f, "f32");
    Value x = value(n, f, 16, 11);
    line(x.name + " = dota.quantize %x : " + type + " -> " + x.type);
    Value q = linear(x, heads * d), k = linear(x, kvHeads * d), v = linear(x, kvHeads * d);
    Bias b = bias(heads, n, n);
    Value y;
    if (masked) {
      int bits = pick({4, 2, 8, 16});
      const bool hashes = chance(40);
      const int64_t found =
          chance(25) && (b.type.empty() || b.type.rfind("tensor<1x", 0) == 0) ? 1 : heads;
      const int64_t keyHeads = hashes && found == heads ? kvHeads : found, keep = pick({3, 7, 12});
      Value lowQ = hashes ? hash(x, found * 8) : lowRank(x, found, 4, bits);
      Value lowK = hashes ? hash(x, keyHeads * 8) : lowRank(x, found, 4, bits);
      Mask mask = detect(lowQ, lowK, found, keep, b, causal, keyHeads == found ? 0 : keyHeads,
                         hashes ? &k : nullptr);
      y = attend(q, k, v, heads, kvHeads, &mask, b, causal);
      if (chance(30)) // the mask in a step of its own
        y = elementwise("add", y, attend(q, k, v, heads, kvHeads, &mask, {}, false));
    } else {
      y = attend(q, k, v, heads, kvHeads, nullptr, b, causal);
    }
    y = linear(y, f);
    line("%out = dota.dequantize " + y.name + " : " + y.type + " -> " + type);
    return "module {\n  dota.program @p(%x: " + type + ") -> " + type + " {\n" + body +
           "    dota.return %out : " + type + "\n  }\n  func.func @main(%x: " + type + ") -> " +
           type + " {\n    %r = dota.launch @p(%x) : (" + type + ") -> (" + type +
           ")\n    return %r : " + type + "\n  }\n}\n";
  }

  /// Linears of live rows that anything may read, not just attention.
  std::string writeLive() {
    int64_t n = pick({9, 16, 21, 40}), f = pick({16, 48}), heads = pick({1, 2, 3, 4, 6, 12});
    int64_t groups = pick({1, heads, heads % 2 ? heads : heads / 2}), keep = pick({1, 2, 3});
    std::string type = tensor(n, f, "f32");
    Value x = value(n, f, 16, 11);
    line(x.name + " = dota.quantize %x : " + type + " -> " + x.type);
    Mask mask;
    if (chance(30)) {
      mask = knownMask(heads, n, n, keep);
    } else {
      Value lowQ = lowRank(x, heads, 4, 4), lowK = lowRank(x, heads, 4, 4);
      mask = detect(lowQ, lowK, heads, keep, {}, chance(30));
    }
    choices.maybe(50, [&] {
      // One head's mask may be found by all lanes, for several.
      int64_t all = heads == 1 ? 4 : heads, d = 8;
      Value q = linear(x, all * d), k = linear(x, all * d, 0, &mask, heads);
      Value y = attend(q, k, linear(x, all * d, 0, &mask, groups), all, all, &mask, {}, false);
      x = chance(50) ? linear(y, f) : x;
    });
    Value hidden = linear(x, groups * pick({4, 8, 20}), 0, &mask, groups), y = hidden;
    choices.maybe(50, [&] { y = activation(y); });
    y = linear(y, groups * pick({4, 12}), 0, &mask, groups);
    std::string results, types;
    bool both = chance(50);
    for (const Value &v : both ? std::vector<Value>{y, hidden} : std::vector<Value>{y}) {
      std::string name = "%v" + std::to_string(next++), out = tensor(n, v.cols, "f32");
      std::string text = name;
      text.append(" = dota.dequantize ").append(v.name).append(" : ").append(v.type);
      line(text.append(" -> ").append(out));
      results.append(results.empty() ? "" : ", ").append(name);
      types.append(types.empty() ? "" : ", ").append(out);
    }
    return "module {\n  dota.program @p(%x: " + type + ") -> (" + types + ") {\n" + body +
           "    dota.return " + results + " : " + types + "\n  }\n  func.func @main(%x: " + type +
           ") -> (" + types + ") {\n    %r:" + (both ? "2" : "1") + " = dota.launch @p(%x) : (" +
           type + ") -> (" + types + ")\n    return %r#0" + (both ? ", %r#1" : "") + " : " + types +
           "\n  }\n}\n";
  }

  Choices &choices;
  std::string body, mfuAttribute, mfuSection;
  int next = 0;
  bool allowFx8 = false;
  int forcedBits = 0;
};

} // namespace dota::random

#endif // DOTA_TEST_RANDOM_PROGRAMWRITER_H
