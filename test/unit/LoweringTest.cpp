//===- LoweringTest.cpp - programs on lanes against their meaning ----------===//
//
// Random small fixed-point programs, each run twice: by `--dota-to-linalg` and
// the execution engine, and lowered to lanes on the simulator. The results must
// be the same bits, for every number of lanes and every amount of SRAM.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Jit.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Simulator.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"
#include <cstring>
#include <fstream>
#include <numeric>
#include <random>

using namespace mlir;
using namespace mlir::dota;

namespace {

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Writes a random program, an op at a time.
class Writer {
public:
  struct Value {
    std::string name;
    int64_t rows, cols;
    int bits, exponent;
    std::string type; // of the tensor
  };

  explicit Writer(unsigned seed) : random(seed) {}

  int64_t pick(std::initializer_list<int64_t> choices) {
    return choices.begin()[random() % choices.size()];
  }
  bool chance(int percent) { return static_cast<int>(random() % 100) < percent; }

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
  static std::string fixed(int bits, int exponent) {
    int64_t most = (int64_t{1} << (bits - 1)) - 1;
    return "!quant.uniform<i" + std::to_string(bits) + "<" + std::to_string(-most) + ":" +
           std::to_string(most) + ">:f32, " + scale(exponent) + ">";
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
    Value result = value(rows, cols, bits, exponent);
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

  Value linear(const Value &x, int64_t cols, int weightBits = 0) {
    if (!weightBits)
      weightBits = chance(70) ? 16 : pick({8, 4, 2});
    int weightExponent = weightBits - 1 + pick({0, 1});
    Value w = constant(x.cols, cols, weightBits, weightExponent);
    int bits = activationBits();
    Value y = value(x.rows, cols, bits, activationExponent(bits));
    std::string bias, biasType;
    if (chance(70)) {
      Value b = constant(-1, cols, 32, x.exponent + weightExponent - pick({0, 2, 5}), 12);
      bias = ", " + b.name;
      biasType = ", " + b.type;
    }
    line(y.name + " = dota.linear " + x.name + ", " + w.name + bias + " : " + x.type + ", " +
         w.type + biasType + " -> " + y.type);
    return y;
  }
  /// A projection for a detector: an exponent for each head.
  Value lowRank(const Value &x, int64_t heads, int64_t rank, int bits) {
    Value w = constant(x.cols, heads * rank, 16, 15);
    Value y = value(x.rows, heads * rank, bits, 0);
    std::string scales;
    for (int64_t head = 0; head < heads; ++head) {
      int exponent = pick({-1, 0, 1});
      for (int64_t c = 0; c < rank; ++c)
        scales += (scales.empty() ? "" : ", ") + scale(exponent);
    }
    int64_t most = (int64_t{1} << (bits - 1)) - 1;
    y.type = tensor(x.rows, heads * rank,
                    "!quant.uniform<i" + std::to_string(bits) + "<" + std::to_string(-most) + ":" +
                        std::to_string(most) + ">:f32:1, {" + scales + "}>");
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
    std::string hex = "dense<\"0x";
    for (int64_t i = 0; i < h * n * keys; ++i) {
      float x = chance(20) ? -3.0e38f : static_cast<float>(random() % 64) / 16 - 2;
      uint32_t bits;
      std::memcpy(&bits, &x, 4);
      char text[9];
      std::snprintf(text, sizeof(text), "%08X", __builtin_bswap32(bits));
      hex += text;
    }
    line(name + " = arith.constant " + hex + "\"> : " + type);
    return {name, type};
  }

  struct Mask {
    std::string name, type;
  };
  Mask detect(const Value &q, const Value &k, int64_t heads, int64_t keep, const Bias &bias,
              bool causal, bool thresholds = true) {
    Mask mask{"%v" + std::to_string(next++),
              "!dota.mask<" + std::to_string(heads) + "x" + std::to_string(q.rows) + "x" +
                  std::to_string(k.rows) + ", keep = " + std::to_string(keep) + ">"};
    // Of probabilities where both factors have one scale.
    bool isUniform = q.type.find('{') == q.type.npos && k.type.find('{') == k.type.npos;
    std::string rule;
    if (thresholds && isUniform && chance(50)) {
      rule = ", thresholds = array<f32: 0.03>, softmax_scale = 0.25 : f32";
    } else if (thresholds && chance(50)) {
      std::string all = std::to_string(pick({-9, 0, 1, 3})) + ".0";
      for (int64_t head = 1; head < heads; ++head)
        all += ", " + std::to_string(pick({-2, 0, 2, 40})) + ".0";
      rule = ", thresholds = array<f32: " + (chance(50) ? all : "0.75") + ">";
      if (chance(60))
        rule += ", balance = " + std::to_string(pick({1, 2, 3, 4}));
    }
    line(mask.name + " = dota.detect " + q.name + ", " + k.name +
         (bias.name.empty() ? "" : " bias " + bias.name) + " {heads = " + std::to_string(heads) +
         (causal ? ", causal" : "") + rule + "} : (" + q.type + ", " + k.type +
         (bias.name.empty() ? "" : ", " + bias.type) + ") -> " + mask.type);
    return mask;
  }
  /// A known mask: rows of any length up to `keep`, groups of any rows out of 16.
  Mask knownMask(int64_t heads, int64_t rows, int64_t keys, int64_t keep) {
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
        int64_t length = chance(70) ? keep : static_cast<int64_t>(random() % (keep + 1));
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
                                  "silu", "sigmoid", "tanh"};
    int bits = activationBits();
    Value z = value(x.rows, x.cols, bits, activationExponent(bits));
    line(z.name + " = dota.activation <" + kinds[random() % 7] + "> " + x.name + " : " + x.type +
         " -> " + z.type);
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
    if (chance(30)) {
      int64_t distance = pick({1, d / 4, d / 2});
      Value table = angles(x, d);
      q = rotate(q, table, distance);
      k = rotate(k, memory.rows == x.rows ? table : angles(memory, d), distance);
    }
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
      if (kvHeads != heads || chance(80)) {
        lowQ = lowRank(x, found, rank, bits);
        lowK = lowRank(memory, found, rank, bits);
      }
      int64_t keep = 1 + static_cast<int64_t>(random() % memory.rows);
      Mask mask = chance(30) ? knownMask(found, x.rows, memory.rows, keep)
                             : detect(lowQ, lowK, found, keep, b, causal);
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
    switch (random() % 7) {
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

  /// A module with the program and a function that launches it.
  std::string write() {
    allowFx8 = chance(40);
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
      if (chance(70)) {
        Value y = attentionBlock(x, chance(50) || i == 0 ? memory : x);
        x = chance(80) ? residual(x, y) : y;
      }
      if (chance(50)) {
        Value y = feedForward(x);
        x = chance(80) ? residual(x, y) : y;
      }
      if (chance(50))
        x = other(x);
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
    std::string text = "module {\n  dota.program @p(" + arguments + ") -> " + resultTypes + " {\n" +
                       body + "    dota.return " + list(results) + " : " + list(types) + "\n  }\n";
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
      Value lowQ = lowRank(x, heads, 4, bits), lowK = lowRank(x, heads, 4, bits);
      Mask mask = detect(lowQ, lowK, heads, pick({3, 7, 12}), b, causal, /*thresholds=*/false);
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

  std::mt19937 random;
  std::string body;
  int next = 0;
  bool allowFx8 = false;
  int forcedBits = 0;
};

//===----------------------------------------------------------------------===//
// Both ways
//===----------------------------------------------------------------------===//

struct MachineShape {
  unsigned lanes;
  uint64_t sram; ///< bytes a lane
};

class LoweringTest : public testing::TestWithParam<unsigned> {
protected:
  LoweringTest() : context(registry()) {
    context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
      llvm::raw_string_ostream(diagnostics)
          << diagnostic.getLocation() << ": " << diagnostic << "\n";
    });
  }
  static DialectRegistry registry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registry.insert<DotaDialect, lane::LaneDialect>();
    return registry;
  }

  using Bytes = std::vector<std::vector<char>>;

  /// By the executable meaning of the ops.
  Bytes meaning(const std::string &text, const Bytes &inputs) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << diagnostics << text;
    if (!module)
      return {};
    PassManager passes(&context);
    passes.addPass(createDotaToLinalg());
    EXPECT_TRUE(succeeded(passes.run(*module))) << diagnostics << text;
    JitOptions options;
    options.optLevel = 0;
    auto jit = Jit::create(std::move(module), "main", options);
    EXPECT_TRUE(succeeded(jit)) << diagnostics << text;
    if (failed(jit))
      return {};
    std::vector<HostTensor> tensors;
    for (auto [type, bytes] : llvm::zip((*jit)->getArgumentTypes(), inputs))
      tensors.push_back({type, bytes});
    auto results = (*jit)->run(tensors);
    EXPECT_TRUE(static_cast<bool>(results)) << text;
    if (!results) {
      ADD_FAILURE() << toString(results.takeError());
      return {};
    }
    Bytes outputs;
    for (HostTensor &result : *results)
      outputs.push_back(std::move(result.data));
    return outputs;
  }

  /// By the lanes. Nothing where a tile does not fit.
  std::optional<Bytes> lanes(const std::string &text, const Bytes &inputs, MachineShape shape,
                             ::dota::Masks *foundMasks = nullptr,
                             ::dota::OrderWork *keyWork = nullptr) {
    std::string path = testing::TempDir() + "lowering-" + std::to_string(shape.lanes) + "-" +
                       std::to_string(shape.sram) + ".toml";
    std::ofstream(path) << "name = \"test\"\n[lanes]\ncount = " << shape.lanes
                        << "\n[sram]\nbytes = " << shape.sram << "\n";
    ::dota::Machine machine = ::dota::Machine::load(path);
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << diagnostics << text;
    if (!module)
      return std::nullopt;
    module->lookupSymbol("main")->erase();
    PassManager passes(&context);
    if (groupsRows)
      passes.addPass(createGroupRows({path, /*tile=*/16}));
    passes.addPass(createReorderKeys({path, "best"}));
    passes.addPass(createDotaToLane({path}));
    passes.addNestedPass<lane::ProgramOp>(createAllocateSram({0, path}));
    passes.addNestedPass<lane::ProgramOp>(createInsertWaits());
    passes.addNestedPass<lane::ProgramOp>(createLaneVerify({0, path}));
    diagnostics.clear();
    blocks = 0;
    if (failed(passes.run(*module))) {
      if (diagnostics.find("tile needs") == std::string::npos)
        ADD_FAILURE() << diagnostics;
      return std::nullopt;
    }
    module->walk([&](Operation *op) {
      if (auto sparse = dyn_cast<lane::SddmmOp>(op))
        blocks += sparse.getPartial();
      if (auto product = dyn_cast<lane::MatmulOp>(op))
        blocks += product.getUnsignedA() && product.getAccumulate();
    });
    auto program = lane::emitProgram(*module->getOps<lane::ProgramOp>().begin());
    EXPECT_TRUE(succeeded(program)) << diagnostics;
    Bytes outputs;
    std::vector<const void *> in;
    std::vector<void *> out;
    for (const std::vector<char> &bytes : inputs)
      in.push_back(bytes.data());
    for (const auto &tensor : program->outputs)
      outputs.emplace_back(tensor.bytes());
    for (std::vector<char> &bytes : outputs)
      out.push_back(bytes.data());
    try {
      ::dota::Simulator simulator(*program, machine), timing(*program, machine);
      ::dota::Masks masks;
      simulator.run(in, out, {.foundMasks = &masks});
      timing.run({}, {}, {.timingOnly = true, .masks = &masks});
      EXPECT_EQ(simulator.statistics().cycles, timing.statistics().cycles);
      EXPECT_EQ(simulator.statistics().keyWork, timing.statistics().keyWork);
      EXPECT_EQ(simulator.statistics().valueWork, timing.statistics().valueWork);
      EXPECT_EQ(simulator.statistics().keyWork.kept, simulator.statistics().valueWork.kept);
      EXPECT_EQ(simulator.statistics().keyWork.loads, simulator.statistics().valueWork.loads);
      if (foundMasks)
        *foundMasks = masks;
      if (keyWork)
        *keyWork = simulator.statistics().keyWork;
    } catch (const ::dota::Error &error) {
      ADD_FAILURE() << error.what();
      return std::nullopt;
    }
    return outputs;
  }

  static Bytes randomInputs(const std::string &text, MLIRContext *context, unsigned seed) {
    auto module = parseSourceString<ModuleOp>(text, context);
    std::mt19937 random(seed);
    Bytes inputs;
    if (!module)
      return inputs;
    auto program = *module->getOps<ProgramOp>().begin();
    for (Type type : program.getArgumentTypes()) {
      std::vector<float> values(cast<RankedTensorType>(type).getNumElements());
      for (float &value : values)
        value = static_cast<float>(random() % 4096) / 512 - 4;
      inputs.emplace_back(values.size() * 4);
      std::memcpy(inputs.back().data(), values.data(), inputs.back().size());
    }
    return inputs;
  }

  MLIRContext context;
  std::string diagnostics;
  bool groupsRows = false;
  int blocks = 0; ///< instructions of the last program that take a block of keys
};

/// Where two results differ first, for the message.
std::string firstDifference(const std::vector<char> &a, const std::vector<char> &b) {
  for (size_t i = 0; i + 4 <= a.size() && i + 4 <= b.size(); i += 4) {
    float x, y;
    std::memcpy(&x, &a[i], 4);
    std::memcpy(&y, &b[i], 4);
    if (std::memcmp(&a[i], &b[i], 4) != 0)
      return "element " + std::to_string(i / 4) + ": " + std::to_string(x) + " expected, " +
             std::to_string(y) + " found";
  }
  return "sizes differ";
}

TEST_P(LoweringTest, GivesTheBitsOfTheMeaning) {
  unsigned seed = GetParam();
  std::string text = Writer(seed).write();
  Bytes inputs = randomInputs(text, &context, seed);
  Bytes expected = meaning(text, inputs);
  ASSERT_FALSE(expected.empty()) << text;
  int ran = 0;
  for (MachineShape shape : {MachineShape{4, 655360},
                             {4, 90112},
                             {1, 655360},
                             {2, 32768},
                             {8, 90112},
                             {1, 12288},
                             {3, 8192},
                             {4, 5120}}) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(shape.lanes) +
                 " lanes with " + std::to_string(shape.sram) + " bytes");
    std::optional<Bytes> found = lanes(text, inputs, shape);
    if (!found)
      continue;
    ++ran;
    ASSERT_EQ(found->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ(expected[i], (*found)[i])
          << "result " << i << ", " << firstDifference(expected[i], (*found)[i]) << "\n"
          << text.substr(0, 20000);
  }
  EXPECT_GE(ran, 4) << diagnostics;
}

/// Attention over a mask; `maskOp` makes it of the detector's %lq and %lk.
std::string sparseProgram(const std::string &maskOp) {
  std::string weight = "dense<\"0x", detector = "dense<\"0x";
  std::mt19937 random(7);
  auto hex = [&](std::string &text, int count) {
    for (int i = 0; i < 2 * count; ++i) {
      char byte[3];
      std::snprintf(byte, sizeof(byte), "%02X", static_cast<unsigned>(random() & 127));
      text += byte;
    }
    text += "\">";
  };
  hex(weight, 16 * 16);
  hex(detector, 16 * 8);
  return R"(
    !x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
    !w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
    !d = !quant.uniform<i4<-7:7>:f32, 2.0>
    !m = !dota.mask<4x41x41, keep = 7>
    dota.program @p(%arg: tensor<41x16xf32>) -> tensor<41x16xf32> {
      %w = dota.constant )" +
         weight + R"( : tensor<16x16xi16> : tensor<16x16x!w>
      %wd = dota.constant )" +
         detector + R"( : tensor<16x8xi16> : tensor<16x8x!w>
      %x = dota.quantize %arg : tensor<41x16xf32> -> tensor<41x16x!x>
      %q = dota.linear %x, %w : tensor<41x16x!x>, tensor<16x16x!w> -> tensor<41x16x!x>
      %l = dota.linear %x, %wd : tensor<41x16x!x>, tensor<16x8x!w> -> tensor<41x8x!d>
      %m = )" +
         maskOp + R"( -> !m
      %a = dota.masked_attention %q, %q, %q mask %m {heads = 4, kv_heads = 4, scale = 0.25 : f32} : (tensor<41x16x!x>, tensor<41x16x!x>, tensor<41x16x!x>, !m) -> tensor<41x16x!x>
      %y = dota.dequantize %a : tensor<41x16x!x> -> tensor<41x16xf32>
      dota.return %y : tensor<41x16xf32>
    }
    func.func @main(%arg: tensor<41x16xf32>) -> tensor<41x16xf32> {
      %r = dota.launch @p(%arg) : (tensor<41x16xf32>) -> tensor<41x16xf32>
      return %r : tensor<41x16xf32>
    })";
}

using KnownMaskTest = LoweringTest;

TEST_P(KnownMaskTest, GivesWhatTheFoundOneGives) {
  const std::string found =
      sparseProgram("dota.detect %l, %l {heads = 4} : (tensor<41x8x!d>, tensor<41x8x!d>)");
  const Bytes inputs = randomInputs(found, &context, 3);
  const MachineShape shape{GetParam(), 90112};
  ::dota::Masks masks;
  ::dota::OrderWork foundWork, knownWork, groupedWork;
  std::optional<Bytes> expected = lanes(found, inputs, shape, &masks, &foundWork);
  ASSERT_TRUE(expected);
  EXPECT_EQ(*expected, meaning(found, inputs));

  const ::dota::Mask *mask = masks.find(::dota::Masks::nameOf("p", 0, 0));
  ASSERT_TRUE(mask);
  std::string ids = "dense<\"0x";
  for (uint32_t id : mask->ids) {
    char word[9];
    std::snprintf(word, sizeof(word), "%08X", __builtin_bswap32(id));
    ids += word;
  }
  std::string known = sparseProgram("dota.constant_mask " + ids + "\"> : tensor<4x41x7xi32> :");
  known.replace(known.find(": -> !m"), 7, ": !m");
  std::optional<Bytes> given = lanes(known, inputs, shape, nullptr, &knownWork);
  ASSERT_TRUE(given);
  EXPECT_EQ(*given, *expected);
  EXPECT_EQ(knownWork, foundWork) << "the same key loads";
  EXPECT_EQ(meaning(known, inputs), *expected);

  groupsRows = true;
  std::optional<Bytes> grouped = lanes(known, inputs, shape, nullptr, &groupedWork);
  ASSERT_TRUE(grouped);
  EXPECT_EQ(*grouped, *expected);
  EXPECT_EQ(groupedWork.kept, knownWork.kept);
  EXPECT_LT(groupedWork.loads, knownWork.loads);
}

INSTANTIATE_TEST_SUITE_P(Lanes, KnownMaskTest, testing::Values(1, 2, 4, 8));

TEST_P(LoweringTest, KeysBlockByBlock) {
  unsigned seed = GetParam();
  const bool masked = seed % 4 != 0, causal = seed % 3 == 0;
  std::string text = Writer(seed).writeLong(masked, causal);
  Bytes inputs = randomInputs(text, &context, seed);
  Bytes expected = meaning(text, inputs);
  ASSERT_FALSE(expected.empty()) << text;
  int ran = 0, byBlocks = 0;
  for (MachineShape shape :
       {MachineShape{1, 8192}, {2, 7168}, {4, 6656}, {8, 6144}, {2, 5632}, {4, 4864}, {1, 4352}}) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(shape.lanes) +
                 " lanes with " + std::to_string(shape.sram) + " bytes");
    std::optional<Bytes> found = lanes(text, inputs, shape);
    if (!found)
      continue;
    ++ran;
    byBlocks += blocks > 0;
    ASSERT_EQ(expected[0], (*found)[0]) << firstDifference(expected[0], (*found)[0]) << "\n"
                                        << text.substr(0, 20000);
  }
  EXPECT_GE(ran, 3) << diagnostics;
  EXPECT_GE(byBlocks, 1);
}

/// DOTA_LOWERING_SEEDS=FIRST:LAST runs others than the usual ones.
std::vector<unsigned> seeds() {
  unsigned first = 1, last = 12;
  if (const char *given = std::getenv("DOTA_LOWERING_SEEDS")) {
    auto [from, to] = StringRef(given).split(':');
    from.getAsInteger(10, first);
    to.getAsInteger(10, last);
  }
  std::vector<unsigned> result;
  for (unsigned seed = first; seed <= last; ++seed)
    result.push_back(seed);
  return result;
}
INSTANTIATE_TEST_SUITE_P(Programs, LoweringTest, testing::ValuesIn(seeds()));

} // namespace
