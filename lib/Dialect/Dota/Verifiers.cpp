//===- Verifiers.cpp - what a well-formed dota op is ------------------------===//
//
// Shapes, element types, and the bounds within which the numeric rules are exact:
// an op that verifies neither overflows a 64-bit sum nor shifts by more than the
// rounding rule allows. Messages say what was seen first, then what was expected.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Dialect/Dota/LinearFormats.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Numerics.h"
#include "dota/runtime/Schedule.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;

/// Exponents of values: far more than calibration chooses, and few enough that
/// the sum of two is an exponent of f32.
static constexpr int kExponentBound = 60;
/// What `Numerics::roundShift` takes.
static constexpr int kMinShift = -15, kMaxShift = 62;
/// Terms of a sum: products of two 16-bit values, up to 2^30 each, and a bias of up to
/// 2^62 stay within 64 bits.
static constexpr int64_t kMaxTerms = (int64_t{1} << 32) - 1;
/// Rows of a group that keep the same number of keys.
static constexpr int64_t kMaxBalance = 255;
/// Bits of a hash: products of two fit in 16 bits.
static constexpr int64_t kMaxHashBits = 32767;
/// Features of a normalisation: n sum(x^2) of 16-bit values stays within 64 bits.
static constexpr int64_t kMaxFeatures = 65536;

namespace {

/// A tensor of an op by the name that messages give it.
struct Named {
  StringRef name;
  Value value;

  RankedTensorType type() const { return cast<RankedTensorType>(value.getType()); }
  Type element() const { return type().getElementType(); }
  int64_t rank() const { return type().getRank(); }
  bool isFloat() const { return element().isF32(); }
  /// Extent of a dimension counted from the last, which is 0.
  int64_t extent(int fromBack) const { return type().getShape()[rank() - 1 - fromBack]; }
};

/// How many bits a value may have, and whether its columns may differ in scale, as those
/// of a bias may.
enum class Format { Value, Columns, Bias };

std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(shape, stream, "x");
  return text;
}

/// Checks of one op. Each returns failure after its message.
class Verifier {
public:
  explicit Verifier(Operation *op) : op(op) {}

  InFlightDiagnostic error() { return op->emitOpError(); }

  /// A quantised element type must be a fixed point of the machine.
  LogicalResult format(const Named &x, Format allowed = Format::Value) {
    auto type = dyn_cast<quant::QuantizedType>(x.element());
    if (!type)
      return success();
    int bits = type.getStorageTypeIntegralWidth();
    if (!llvm::is_contained({2, 4, 8, 16, 32}, bits) || !type.isSigned())
      return error() << x.name << " is stored as " << (type.isSigned() ? "i" : "u") << bits
                     << "; i16, i8, i4 or i2 expected";
    int64_t max = ::dota::maxStored(bits);
    if (type.getStorageTypeMin() != -max || type.getStorageTypeMax() != max)
      return error() << x.name << " has the stored range " << type.getStorageTypeMin() << " to "
                     << type.getStorageTypeMax() << "; " << -max << " to " << max << " expected";
    if (!type.getExpressedType().isF32())
      return error() << x.name << " means " << type.getExpressedType() << "; f32 expected";

    SmallVector<double> scales;
    SmallVector<int64_t> zeros;
    if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type)) {
      scales.push_back(uniform.getScale());
      zeros.push_back(uniform.getZeroPoint());
    } else if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
      if (allowed == Format::Value)
        return error() << x.name << " has a scale a column; one scale expected";
      int64_t columns = x.rank() == 0 ? 0 : x.extent(0);
      if (perAxis.getQuantizedDimension() != x.rank() - 1)
        return error() << x.name << " is quantised along dimension "
                       << perAxis.getQuantizedDimension() << "; the last, " << x.rank() - 1
                       << ", expected";
      if (static_cast<int64_t>(perAxis.getScales().size()) != columns)
        return error() << x.name << " has " << perAxis.getScales().size() << " scales for "
                       << columns << " columns";
      llvm::append_range(scales, perAxis.getScales());
      llvm::append_range(zeros, perAxis.getZeroPoints());
    } else {
      return error() << x.name << " has the element type " << type
                     << "; a scale for all or a scale a column expected";
    }
    for (int64_t zero : zeros)
      if (zero != 0)
        return error() << x.name << " has zero point " << zero << "; 0 expected";
    for (double scale : scales) {
      int exponent;
      if (std::frexp(scale, &exponent) != 0.5)
        return error() << x.name << " has scale " << scale << "; a power of two expected";
      if (std::abs(1 - exponent) > kExponentBound)
        return error() << x.name << " has exponent " << 1 - exponent << "; " << -kExponentBound
                       << " to " << kExponentBound << " expected";
    }
    if (allowed == Format::Bias ? bits != 32 : bits == 32)
      return error() << x.name << " is stored in " << bits << " bits; "
                     << (allowed == Format::Bias ? "32" : "16 or less") << " expected";
    return success();
  }

  /// All float or all fixed point; the first decides.
  LogicalResult sameLevel(ArrayRef<Named> values) {
    auto level = [](const Named &x) { return x.isFloat() ? "f32" : "fixed point"; };
    for (const Named &x : values.drop_front())
      if (x.isFloat() != values.front().isFloat())
        return error() << values.front().name << " is " << level(values.front()) << " and "
                       << x.name << " " << level(x) << "; both f32 or both fixed point expected";
    return success();
  }

  LogicalResult rank(const Named &x, ArrayRef<int64_t> ranks) {
    if (llvm::is_contained(ranks, x.rank()))
      return success();
    InFlightDiagnostic diagnostic = error() << x.name << " has rank " << x.rank() << "; ";
    llvm::interleave(
        ranks, [&](int64_t rank) { diagnostic << rank; }, [&] { diagnostic << " or "; });
    return diagnostic << " expected";
  }

  /// One sequence or a batch of them, not empty.
  LogicalResult sequences(const Named &x) {
    if (failed(rank(x, {2, 3})))
      return failure();
    if (x.type().getNumElements() == 0)
      return error() << x.name << " has the shape " << shapeText(x.type().getShape())
                     << "; no empty dimension expected";
    return success();
  }

  LogicalResult shape(const Named &x, ArrayRef<int64_t> expected) {
    if (x.type().getShape() == expected)
      return success();
    return error() << x.name << " has the shape " << shapeText(x.type().getShape()) << "; "
                   << shapeText(expected) << " expected";
  }

  /// A vector of one f32 a feature of x.
  LogicalResult features(const Named &parameter, const Named &x) {
    return shape(parameter, {x.extent(0)});
  }

  LogicalResult epsilon(const APFloat &epsilon) {
    float value = epsilon.convertToFloat();
    if (value > 0 && std::isfinite(value))
      return success();
    return error() << "epsilon is " << std::to_string(value) << "; more than 0 expected";
  }

  /// From an exact sum with exponent `from` to a result with `to`, at `place`.
  LogicalResult shift(int from, int to, const Twine &place = "") {
    if (from - to >= kMinShift && from - to <= kMaxShift)
      return success();
    return error() << "sum with exponent " << from << " and result with exponent " << to << " are "
                   << from - to << " places apart" << place << "; " << kMinShift << " to "
                   << kMaxShift << " expected";
  }

private:
  Operation *op;
};

/// Heads and widths of attention and detection.
struct Heads {
  Named q, k;
  int64_t heads, kvHeads;
};

LogicalResult verifyHeads(Verifier &verify, const Heads &x) {
  if (failed(verify.sequences(x.q)) || failed(verify.rank(x.k, {x.q.rank()})) ||
      failed(verify.sequences(x.k)))
    return failure();
  if (x.k.extent(1) > kMaxTerms)
    return verify.error() << "k has " << x.k.extent(1) << " rows; at most " << kMaxTerms
                          << " expected";
  if (x.q.rank() == 3 && x.q.extent(2) != x.k.extent(2))
    return verify.error() << x.q.name << " has " << x.q.extent(2) << " sequences, " << x.k.name
                          << " " << x.k.extent(2);
  if (x.heads % x.kvHeads != 0)
    return verify.error() << x.heads << " heads are no multiple of " << x.kvHeads
                          << " key and value heads";
  if (x.q.extent(0) % x.heads != 0)
    return verify.error() << "q has " << x.q.extent(0) << " features, no multiple of " << x.heads
                          << " heads";
  if (x.k.extent(0) % x.kvHeads != 0)
    return verify.error() << "k has " << x.k.extent(0) << " features, no multiple of " << x.kvHeads
                          << " heads";
  int64_t qWidth = x.q.extent(0) / x.heads, kWidth = x.k.extent(0) / x.kvHeads;
  if (qWidth != kWidth)
    return verify.error() << "a head of q is " << qWidth << " wide, one of k " << kWidth;
  int qBits = getStoredBits(x.q.element()), kBits = getStoredBits(x.k.element());
  if (qBits != kBits)
    return verify.error() << "q is stored in " << qBits << " bits, k in " << kBits;
  return success();
}

/// [Bb x] Hb x Nb x M, where Bb, Hb and Nb are 1 or the full extent.
LogicalResult verifyBias(Verifier &verify, const Heads &x, Value biasValue) {
  if (!biasValue)
    return success();
  Named bias{"bias", biasValue};
  if (failed(verify.rank(bias, {3, 4})))
    return failure();
  int64_t batch = x.q.rank() == 3 ? x.q.extent(2) : 1;
  int64_t full[] = {x.k.extent(1), x.q.extent(1), x.heads, batch};
  StringRef what[] = {"keys", "query rows", "heads", "sequences"};
  for (int64_t dimension = 0; dimension < bias.rank(); ++dimension) {
    int64_t extent = bias.extent(dimension);
    if (extent == full[dimension] || (dimension != 0 && extent == 1))
      continue;
    InFlightDiagnostic diagnostic = verify.error()
                                    << "bias has " << extent << " " << what[dimension] << "; ";
    if (dimension != 0 && full[dimension] != 1)
      diagnostic << "1 or ";
    return diagnostic << full[dimension] << " expected";
  }
  return success();
}

/// The mask covers the heads, or with `shared` has one for all, query rows and keys.
LogicalResult verifyMask(Verifier &verify, const Heads &x, MaskType mask, bool shared) {
  int64_t heads = shared && mask.getHeads() == 1 ? 1 : x.heads;
  SmallVector<int64_t> expected{heads, x.q.extent(1), x.k.extent(1)};
  if (x.q.rank() == 3)
    expected.insert(expected.begin(), x.q.extent(2));
  if (mask.getShape() == ArrayRef(expected))
    return success();
  return verify.error() << "mask has the shape " << shapeText(mask.getShape()) << "; "
                        << shapeText(expected) << " expected";
}

template <typename Op>
LogicalResult verifyAttention(Op op, Verifier &verify, Heads &x) {
  Named v{"v", op.getV()}, result{"result", op.getResult()};
  if (failed(verify.format(x.q)) || failed(verify.format(x.k)) || failed(verify.format(v)) ||
      failed(verify.format(result)) || failed(verify.sameLevel({x.q, x.k, v, result})) ||
      failed(verifyHeads(verify, x)) || failed(verify.rank(v, {x.k.rank()})) ||
      failed(verify.sequences(v)))
    return failure();
  if (v.extent(1) != x.k.extent(1))
    return verify.error() << "k has " << x.k.extent(1) << " rows, v " << v.extent(1);
  if (v.rank() == 3 && v.extent(2) != x.k.extent(2))
    return verify.error() << "k has " << x.k.extent(2) << " sequences, v " << v.extent(2);
  if (v.extent(0) % x.kvHeads != 0)
    return verify.error() << "v has " << v.extent(0) << " features, no multiple of " << x.kvHeads
                          << " heads";
  SmallVector<int64_t> expected(x.q.type().getShape());
  expected.back() = v.extent(0) / x.kvHeads * x.heads;
  if (failed(verify.shape(result, expected)) || failed(verifyBias(verify, x, op.getBias())))
    return failure();
  float scale = op.getScale().convertToFloat();
  if (!std::isfinite(scale))
    return verify.error() << "scale is " << std::to_string(scale) << "; a finite number expected";
  return success();
}

/// dota.add and dota.mul but for their exponents.
template <typename Op>
LogicalResult verifyBinary(Op op, Verifier &verify) {
  Named x{"x", op.getX()}, y{"y", op.getY()}, result{"result", op.getResult()};
  if (failed(verify.format(x)) || failed(verify.format(y)) || failed(verify.format(result)) ||
      failed(verify.sameLevel({x, y, result})) || failed(verify.sequences(x)) ||
      failed(verify.shape(result, x.type().getShape())))
    return failure();
  ArrayRef<int64_t> shape = x.type().getShape(), yShape = y.type().getShape();
  if (yShape.empty() || yShape.size() > shape.size() || shape.take_back(yShape.size()) != yShape)
    return verify.error() << "y has the shape " << shapeText(yShape) << ", no trailing part of "
                          << shapeText(shape);
  return success();
}

/// x and the result of an op that works row by row or element by element.
template <typename Op>
LogicalResult verifySameShape(Op op, Verifier &verify) {
  Named x{"x", op.getX()}, result{"result", op.getResult()};
  return success(succeeded(verify.format(x)) && succeeded(verify.format(result)) &&
                 succeeded(verify.sameLevel({x, result})) && succeeded(verify.sequences(x)) &&
                 succeeded(verify.shape(result, x.type().getShape())));
}

LogicalResult verifyFeatureCount(Verifier &verify, const Named &x) {
  if (x.extent(0) <= kMaxFeatures)
    return success();
  return verify.error() << "x has " << x.extent(0) << " features; at most " << kMaxFeatures
                        << " expected";
}

int exponentOf(const Named &x) { return getFixedPoint(x.element())->exponent; }

} // namespace

//===----------------------------------------------------------------------===//
// Matrix products and attention
//===----------------------------------------------------------------------===//

/// The mask has a key for each row; its heads and the columns fall into the same groups.
static LogicalResult verifyLive(LinearOp op, Verifier &verify, const Named &x, int64_t columns) {
  if (!op.getLive() && !op.getHeads())
    return success();
  if (!op.getHeads())
    return verify.error() << "has a live mask and no heads; both or none expected";
  if (!op.getLive())
    return verify.error() << "has heads and no live mask; both or none expected";
  MaskType mask = op.getLive().getType();
  SmallVector<int64_t> expected{mask.getHeads(), mask.getRows(), x.extent(1)};
  if (x.rank() == 3)
    expected.insert(expected.begin(), x.extent(2));
  if (mask.getShape() != ArrayRef(expected))
    return verify.error() << "live mask has the shape " << shapeText(mask.getShape()) << "; "
                          << shapeText(expected) << " expected";
  const auto heads = static_cast<int64_t>(*op.getHeads());
  for (auto [what, count] :
       {std::pair<StringRef, int64_t>("columns", columns),
        std::pair<StringRef, int64_t>("heads of the live mask", mask.getHeads())})
    if (count % heads != 0)
      return verify.error() << "has " << count << " " << what << " for " << heads
                            << " heads; a multiple expected";
  return success();
}

LogicalResult LinearOp::verify() {
  Verifier verify(*this);
  Named x{"x", getX()}, weight{"weight", getWeight()}, result{"result", getResult()};
  if (failed(verify.format(x)) || failed(verify.rank(weight, {2})) ||
      failed(verify.format(weight, Format::Columns)) ||
      failed(verify.format(result, Format::Columns)) ||
      failed(verify.sameLevel({x, weight, result})) || failed(verify.sequences(x)))
    return failure();
  if (x.extent(0) != weight.extent(1))
    return verify.error() << "x has " << x.extent(0) << " features, weight " << weight.extent(1)
                          << " rows";
  if (x.extent(0) > kMaxTerms)
    return verify.error() << "x has " << x.extent(0) << " features; at most " << kMaxTerms
                          << " expected";
  SmallVector<int64_t> expected(x.type().getShape());
  expected.back() = weight.extent(0);
  if (failed(verify.shape(result, expected)))
    return failure();
  Named bias{"bias", getBias()};
  if (getBias() &&
      (failed(verify.format(bias, Format::Bias)) || failed(verify.sameLevel({x, bias})) ||
       failed(verify.shape(bias, {weight.extent(0)}))))
    return failure();
  if (failed(verifyLive(*this, verify, x, weight.extent(0))))
    return failure();
  if (x.isFloat())
    return success();

  const LinearFormats formats(*this);
  auto inColumn = [&](int64_t column) {
    return formats.size() == 1 ? std::string() : " in column " + std::to_string(column);
  };
  for (int64_t column = 0; column < formats.size(); ++column) {
    const auto [from, to, biasShift] = formats[column];
    if (biasShift < 0)
      return verify.error() << "bias has exponent " << from - biasShift << ", the products " << from
                            << inColumn(column) << "; at most that of the products expected";
    if (biasShift > 31)
      return verify.error() << "bias is " << biasShift << " places from the products"
                            << inColumn(column) << "; at most 31 expected";
    if (failed(verify.shift(from, to, inColumn(column))))
      return failure();
  }
  return success();
}

LogicalResult AttentionOp::verify() {
  Verifier verify(*this);
  Heads heads{{"q", getQ()},
              {"k", getK()},
              static_cast<int64_t>(getHeads()),
              static_cast<int64_t>(getKvHeads())};
  return verifyAttention(*this, verify, heads);
}

LogicalResult MaskedAttentionOp::verify() {
  Verifier verify(*this);
  Heads heads{{"q", getQ()},
              {"k", getK()},
              static_cast<int64_t>(getHeads()),
              static_cast<int64_t>(getKvHeads())};
  if (failed(verifyAttention(*this, verify, heads)))
    return failure();
  return verifyMask(verify, heads, getMask().getType(), /*shared=*/true);
}

/// Which keys stay of a row's largest scores.
static LogicalResult verifyThresholds(DetectOp op, Verifier &verify) {
  std::optional<ArrayRef<float>> thresholds = op.getThresholds();
  if (!thresholds) {
    for (auto [name, isGiven] : {std::pair("balance", op.getBalance().has_value()),
                                 std::pair("softmax_scale", op.getSoftmaxScale().has_value())})
      if (isGiven)
        return verify.error() << "has " << name << " and no thresholds; it is about them";
    return success();
  }
  int64_t count = thresholds->size(), heads = op.getHeads();
  if (count != 1 && count != heads) {
    InFlightDiagnostic diagnostic = verify.error() << "has " << count << " thresholds; 1";
    if (heads != 1)
      diagnostic << " or " << heads;
    return diagnostic << " expected";
  }
  for (float threshold : *thresholds)
    if (!std::isfinite(threshold))
      return verify.error() << "has the threshold " << std::to_string(threshold)
                            << "; a finite number expected";
  if (op.getBalance() && static_cast<int64_t>(*op.getBalance()) > kMaxBalance)
    return verify.error() << "balances " << *op.getBalance() << " rows; at most " << kMaxBalance
                          << " expected";
  if (!op.getSoftmaxScale())
    return success();
  if (op.getBalance())
    return verify.error() << "has softmax_scale and balance; one of them expected";
  float scale = op.getSoftmaxScale()->convertToFloat();
  if (!std::isfinite(scale))
    return verify.error() << "softmax_scale is " << std::to_string(scale)
                          << "; a finite number expected";
  for (Named x : {Named{"q", op.getQ()}, Named{"k", op.getK()}})
    if (!x.isFloat() && !getFixedPoint(x.element()))
      return verify.error() << x.name
                            << " has a scale a column; one scale expected with softmax_scale";
  return success();
}

/// The keys whose hashes the factors are.
static LogicalResult verifyHashes(DetectOp op, Verifier &verify, const Heads &x) {
  if (!op.getKeys())
    return success();
  Named keys{"keys", op.getKeys()};
  if (failed(verify.format(keys)) || failed(verify.sameLevel({x.k, keys})) ||
      failed(verify.rank(keys, {x.k.rank()})) || failed(verify.sequences(keys)))
    return failure();
  SmallVector<int64_t> expected(x.k.type().getShape());
  expected.back() = keys.extent(0);
  if (failed(verify.shape(keys, expected)))
    return failure();
  if (keys.extent(0) % x.kvHeads != 0)
    return verify.error() << "keys have " << keys.extent(0) << " features, no multiple of "
                          << x.kvHeads << " heads";
  if (int bits = getStoredBits(x.q.element()); !x.q.isFloat() && bits != 2)
    return verify.error() << "q is stored in " << bits << " bits; 2 expected of hashes";
  if (int64_t bits = x.q.extent(0) / x.heads; bits > kMaxHashBits)
    return verify.error() << "hashes have " << bits << " bits; at most " << kMaxHashBits
                          << " expected";
  if (op.getSoftmaxScale())
    return verify.error() << "has keys and softmax_scale; one of them expected";
  return success();
}

LogicalResult DetectOp::verify() {
  Verifier verify(*this);
  Heads heads{{"q", getQ()}, {"k", getK()}, static_cast<int64_t>(getHeads()), getKeyHeads()};
  if (failed(verify.format(heads.q, Format::Columns)) ||
      failed(verify.format(heads.k, Format::Columns)) ||
      failed(verify.sameLevel({heads.q, heads.k})) || failed(verifyHeads(verify, heads)) ||
      failed(verifyBias(verify, heads, getBias())))
    return failure();
  // Scores of a head are compared with each other as integers.
  for (const Named &x : {heads.q, heads.k}) {
    auto columns = getPerColumnFixedPoint(x.element());
    if (!columns)
      continue;
    int64_t width = heads.q.extent(0) / heads.heads;
    for (int64_t column = 0; column < x.extent(0); ++column) {
      int64_t first = column / width * width;
      if (columns->exponents[column] != columns->exponents[first])
        return verify.error() << x.name << " has exponent " << columns->exponents[column]
                              << " in column " << column << " and " << columns->exponents[first]
                              << " in column " << first << "; one exponent a head expected";
    }
  }
  if (failed(verifyThresholds(*this, verify)) || failed(verifyHashes(*this, verify, heads)))
    return failure();
  return verifyMask(verify, heads, getMask().getType(), /*shared=*/false);
}

LogicalResult ConstantMaskOp::verify() {
  Verifier verify(*this);
  MaskType mask = getMask().getType();
  const int64_t heads = mask.getHeads(), rows = mask.getRows(), keys = mask.getKeys(),
                keep = mask.getKeep();
  auto checkShape = [&](StringRef name, ElementsAttr value,
                        ArrayRef<int64_t> expected) -> LogicalResult {
    if (value.getShapedType().getShape() == expected)
      return success();
    return verify.error() << name << " has the shape "
                          << shapeText(value.getShapedType().getShape()) << "; "
                          << shapeText(expected) << " expected";
  };
  auto integers = [&](StringRef name, ElementsAttr value) -> FailureOr<ConstantData<int32_t>> {
    if (!value.getElementType().isInteger(32))
      return verify.error() << name << " has elements of type " << value.getElementType()
                            << "; i32 expected";
    auto data = getConstantData<int32_t>(value);
    if (!data)
      return verify.error() << name << " are neither dense nor a resource at hand";
    return *data;
  };
  if (failed(checkShape("ids", getIds(), {heads, rows, keep})))
    return failure();
  FailureOr<ConstantData<int32_t>> ids = integers("ids", getIds());
  if (failed(ids))
    return failure();
  for (int64_t row = 0; row < heads * rows; ++row) {
    auto error = [&] {
      return verify.error() << "row " << row % rows << " of head " << row / rows << " ";
    };
    int64_t last = -1;
    bool ended = false;
    for (int64_t i = 0; i < keep; ++i) {
      int64_t id = (*ids)[row * keep + i];
      if (id == -1) {
        ended = true;
        continue;
      }
      if (ended)
        return error() << "keeps key " << id << " after a free place";
      if (id < 0 || id >= keys)
        return error() << "keeps key " << id << "; there are " << keys << " keys";
      if (id <= last)
        return error() << "keeps key " << id << " after key " << last
                       << "; ascending keys expected";
      last = id;
    }
  }
  if (ElementsAttr scores = getScoresAttr()) {
    if (failed(checkShape("scores", scores, {heads, rows, keep})))
      return failure();
    auto data = getConstantData<float>(scores);
    if (!scores.getElementType().isF32() || !data)
      return verify.error() << "scores are no f32 values at hand";
    for (auto [index, score] : llvm::enumerate(data->stored))
      if (std::isnan(score))
        return verify.error() << "score " << index << " is not a number";
  }
  if (ElementsAttr grouping = getGroupingAttr()) {
    if (failed(checkShape("grouping", grouping, {heads, rows})))
      return failure();
    FailureOr<ConstantData<int32_t>> data = integers("grouping", grouping);
    if (failed(data))
      return failure();
    for (int64_t head = 0; head < heads; ++head) {
      std::vector<bool> seen(rows);
      for (int64_t i = 0; i < rows; ++i) {
        int64_t row = (*data)[head * rows + i];
        if (row < 0 || row >= rows || seen[row])
          return verify.error() << "grouping of head " << head << " has row " << row
                                << (row < 0 || row >= rows ? "; there are " : " twice; each of ")
                                << rows
                                << (row < 0 || row >= rows ? " rows" : " rows once expected");
        seen[row] = true;
      }
    }
  }
  ElementsAttr order = getOrderAttr();
  if (!order)
    return success();
  const int64_t group = *getGroup();
  if (group > static_cast<int64_t>(::dota::kMaxGroup))
    return verify.error() << "has an order of " << group << " rows a group; at most "
                          << ::dota::kMaxGroup << " can share a load";
  const int64_t slot = ::dota::scheduleWords(group, keep), groups = llvm::divideCeil(rows, group);
  if (failed(checkShape("order", order, {heads, groups, slot})))
    return failure();
  FailureOr<ConstantData<int32_t>> words = integers("order", order);
  if (failed(words))
    return failure();
  auto spanOf = [](const ConstantData<int32_t> &data, int64_t first, int64_t count,
                   std::vector<uint32_t> &memory) {
    memory.clear();
    for (int64_t i = first; i < first + count; ++i)
      memory.push_back(static_cast<uint32_t>(data[i]));
    return std::span<const uint32_t>(memory);
  };
  std::vector<uint32_t> headIds, headWords;
  for (int64_t head = 0; head < heads; ++head) {
    try {
      ::dota::Schedule(spanOf(*ids, head * rows * keep, rows * keep, headIds),
                       spanOf(*words, head * groups * slot, groups * slot, headWords), rows, keep,
                       keys, group, "the order of head " + std::to_string(head))
          .forEachRow([](auto &&...) {});
    } catch (const ::dota::Error &error) {
      return verify.error() << error.what();
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The rest of an encoder
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::verify() {
  Verifier verify(*this);
  return verifySameShape(*this, verify);
}

LogicalResult LayerNormOp::verify() {
  Verifier verify(*this);
  Named x{"x", getX()};
  if (failed(verifySameShape(*this, verify)) || failed(verify.features({"gain", getGain()}, x)) ||
      failed(verify.features({"bias", getBias()}, x)) || failed(verify.epsilon(getEpsilon())))
    return failure();
  return verifyFeatureCount(verify, x);
}

// quote: verifier
LogicalResult RmsNormOp::verify() {
  Verifier verify(*this);
  Named x{"x", getX()};
  if (failed(verifySameShape(*this, verify)) || failed(verify.features({"gain", getGain()}, x)) ||
      failed(verify.epsilon(getEpsilon())))
    return failure();
  return verifyFeatureCount(verify, x);
}
// end quote

LogicalResult ActivationOp::verify() {
  Verifier verify(*this);
  return verifySameShape(*this, verify);
}

LogicalResult AddOp::verify() {
  Verifier verify(*this);
  if (failed(verifyBinary(*this, verify)))
    return failure();
  Named x{"x", getX()}, y{"y", getY()}, result{"result", getResult()};
  if (x.isFloat())
    return success();
  // Aligned, 16-bit values and their sum stay within 63 bits.
  int distance = std::abs(exponentOf(x) - exponentOf(y));
  if (distance > 46)
    return verify.error() << "x has exponent " << exponentOf(x) << ", y " << exponentOf(y)
                          << "; at most 46 apart expected";
  return verify.shift(std::max(exponentOf(x), exponentOf(y)), exponentOf(result));
}

LogicalResult MulOp::verify() {
  Verifier verify(*this);
  if (failed(verifyBinary(*this, verify)))
    return failure();
  Named x{"x", getX()}, y{"y", getY()}, result{"result", getResult()};
  if (x.isFloat())
    return success();
  return verify.shift(exponentOf(x) + exponentOf(y), exponentOf(result));
}

LogicalResult RotateOp::verify() {
  Verifier verify(*this);
  Named x{"x", getX()}, table{"table", getTable()}, result{"result", getResult()};
  if (failed(verify.format(x)) || failed(verify.format(table)) || failed(verify.format(result)) ||
      failed(verify.sameLevel({x, table, result})) || failed(verify.sequences(x)) ||
      failed(verify.shape(result, x.type().getShape())) || failed(verify.sequences(table)))
    return failure();
  ArrayRef<int64_t> rows = x.type().getShape().drop_back(),
                    tableRows = table.type().getShape().drop_back();
  if (tableRows.size() > rows.size() || rows.take_back(tableRows.size()) != tableRows)
    return verify.error() << "table has the rows " << shapeText(tableRows)
                          << ", no trailing part of " << shapeText(rows);
  int64_t group = 2 * getDistance(), width = table.extent(0) / 2;
  if (table.extent(0) % 2 != 0 || width % group != 0)
    return verify.error() << "table has " << table.extent(0)
                          << " columns; as many cosines as sines, in groups of " << group
                          << ", expected";
  if (x.extent(0) % width != 0)
    return verify.error() << "x has " << x.extent(0) << " features, no multiple of a head's "
                          << width;
  if (x.isFloat())
    return success();
  return verify.shift(exponentOf(x) + exponentOf(table), exponentOf(result));
}

//===----------------------------------------------------------------------===//
// Between float and fixed point
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::verify() {
  Verifier verify(*this);
  Named x{"x", getX()}, result{"result", getResult()};
  if (result.isFloat())
    return verify.error() << "result is f32; fixed point expected";
  // A bias is quantised too.
  if (failed(verify.format(result,
                           getStoredBits(result.element()) == 32 ? Format::Bias : Format::Columns)))
    return failure();
  return verify.shape(result, x.type().getShape());
}

LogicalResult DequantizeOp::verify() {
  Verifier verify(*this);
  Named x{"x", getX()}, result{"result", getResult()};
  if (x.isFloat())
    return verify.error() << "x is f32; fixed point expected";
  if (failed(verify.format(x, Format::Columns)))
    return failure();
  return verify.shape(result, x.type().getShape());
}

LogicalResult ConstantOp::verify() {
  Verifier verify(*this);
  Named result{"result", getResult()};
  if (result.isFloat())
    return verify.error() << "result is f32; fixed point expected, and arith.constant for f32";
  int bits = getStoredBits(result.element());
  if (failed(verify.format(result, bits == 32 ? Format::Bias : Format::Columns)))
    return failure();
  RankedTensorType storage = getStorageType(result.type());
  ShapedType type = getValue().getShapedType();
  if (type != storage)
    return verify.error() << "value has the type " << type << "; " << storage << " expected";
  int64_t max = ::dota::maxStored(bits);
  auto check = [&](auto element) -> LogicalResult {
    using Element = decltype(element);
    auto values = getConstantData<Element>(getValue());
    if (!values)
      return verify.error() << "value is neither dense nor a resource at hand";
    for (auto [index, value] : llvm::enumerate(values->stored))
      if (value > max || value < -max)
        return verify.error() << "value " << static_cast<int64_t>(value) << " at index " << index
                              << " is outside of " << -max << " to " << max;
    return success();
  };
  switch (std::max(bits, 8)) {
  case 8:
    return check(int8_t{});
  case 16:
    return check(int16_t{});
  default:
    return check(int32_t{});
  }
}

//===----------------------------------------------------------------------===//
// Device regions
//===----------------------------------------------------------------------===//

/// Rows or columns of a tensor in a program: instructions count in 20 bits.
static constexpr int64_t kMostOfAProgram = 1 << 20;

/// The lane's view: the last dimension is of columns, all others make rows.
static bool fitsProgram(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || tensor.getRank() == 0)
    return true;
  int64_t rows = 1;
  for (int64_t size : tensor.getShape().drop_back())
    if (llvm::MulOverflow(rows, size, rows) || rows > kMostOfAProgram)
      return false;
  return tensor.getShape().back() <= kMostOfAProgram;
}

LogicalResult ProgramOp::verify() {
  auto isTensor = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.hasStaticShape() &&
           (tensor.getElementType().isF32() || tensor.getElementType().isInteger(32));
  };
  for (auto [index, type] : llvm::enumerate(getArgumentTypes()))
    if (!isTensor(type))
      return emitOpError() << "argument " << index << " is " << type
                           << "; a static tensor of f32 or i32 expected";
  for (auto [index, type] : llvm::enumerate(getResultTypes()))
    if (!isTensor(type))
      return emitOpError() << "result " << index << " is " << type
                           << "; a static tensor of f32 or i32 expected";
  for (Operation &op : getBody().front()) {
    if (isa<ObserveOp, LaunchOp, ProgramOp>(op))
      return op.emitOpError() << "stands in a program; only the host can run it";
    if (!isa<DotaDialect>(op.getDialect()) && !op.hasTrait<OpTrait::ConstantLike>())
      return op.emitOpError() << "stands in a program; ops of dota and constants expected";
    for (auto [index, type] : llvm::enumerate(op.getResultTypes()))
      if (!fitsProgram(type))
        return op.emitOpError() << "result " << index << " is " << type << "; " << kMostOfAProgram
                                << " rows and columns at most are possible in a program";
  }
  for (auto [index, type] : llvm::enumerate(getArgumentTypes()))
    if (!fitsProgram(type))
      return emitOpError() << "argument " << index << " is " << type << "; " << kMostOfAProgram
                           << " rows and columns at most are possible";
  return success();
}

LogicalResult ReturnOp::verify() {
  auto program = cast<ProgramOp>((*this)->getParentOp());
  ArrayRef<Type> types = program.getResultTypes();
  if (getNumOperands() != types.size())
    return emitOpError() << "has " << getNumOperands() << " operands; program @"
                         << program.getSymName() << " has " << types.size() << " results";
  for (auto [index, operand, type] : llvm::enumerate(getOperandTypes(), types))
    if (operand != type)
      return emitOpError() << "operand " << index << " is " << operand << "; result of program @"
                           << program.getSymName() << " is " << type;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *symbol = symbols.lookupNearestSymbolFrom(*this, getProgramAttr());
  // Lowered already: the types were checked before.
  if (symbol && symbol->getName().getStringRef() == "lane.program")
    return success();
  auto program = dyn_cast_or_null<ProgramOp>(symbol);
  if (!program)
    return emitOpError() << "there is no dota.program @" << getProgram();
  FunctionType type = program.getFunctionType();
  if (getNumOperands() != type.getNumInputs())
    return emitOpError() << "has " << getNumOperands() << " operands; program @" << getProgram()
                         << " has " << type.getNumInputs() << " arguments";
  if (getNumResults() != type.getNumResults())
    return emitOpError() << "has " << getNumResults() << " results; program @" << getProgram()
                         << " has " << type.getNumResults();
  auto batched = [&](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!getBatch() || !tensor)
      return type;
    SmallVector<int64_t> shape(tensor.getShape());
    shape.insert(shape.begin(), *getBatch());
    return Type(RankedTensorType::get(shape, tensor.getElementType()));
  };
  for (auto [index, operand, argument] : llvm::enumerate(getOperandTypes(), type.getInputs())) {
    if (operand == argument || operand == batched(argument))
      continue;
    InFlightDiagnostic diagnostic = emitOpError()
                                    << "operand " << index << " is " << operand << "; " << argument;
    if (getBatch())
      diagnostic << " or " << batched(argument);
    return diagnostic << " expected";
  }
  for (auto [index, result, declared] : llvm::enumerate(getResultTypes(), type.getResults()))
    if (result != batched(declared))
      return emitOpError() << "result " << index << " is " << result << "; " << batched(declared)
                           << " expected";
  return success();
}

//===----------------------------------------------------------------------===//
// Discardable attributes
//===----------------------------------------------------------------------===//

static bool isRange(float range) { return range >= 0 && std::isfinite(range); }

LogicalResult DotaDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == kRangeAttrName) {
    auto range = dyn_cast<FloatAttr>(attribute.getValue());
    if (!range || !range.getType().isF32())
      return op->emitError() << name << " is " << attribute.getValue() << "; an f32 expected";
    if (!isRange(range.getValue().convertToFloat()))
      return op->emitError() << name << " is " << std::to_string(range.getValueAsDouble())
                             << "; a finite number, 0 or more, expected";
  } else if (name == kMfuAttrName) {
    if (!isa<MfuAttr>(attribute.getValue()))
      return op->emitError() << name << " is " << attribute.getValue() << "; a #dota.mfu expected";
  } else if (name == kOperandRangesAttrName) {
    auto ranges = dyn_cast<DenseF32ArrayAttr>(attribute.getValue());
    if (!ranges)
      return op->emitError() << name << " is " << attribute.getValue()
                             << "; an array of f32 expected";
    if (ranges.size() != op->getNumOperands())
      return op->emitError() << name << " has " << ranges.size() << " elements for "
                             << op->getNumOperands() << " operands";
    for (float range : ranges.asArrayRef())
      if (!isRange(range))
        return op->emitError() << name << " holds " << std::to_string(range)
                               << "; finite numbers, 0 or more, expected";
  } else if (llvm::is_contained(
                 {kPrecisionAttrName, kOperandPrecisionAttrName, kWeightPrecisionAttrName}, name)) {
    if (!isa<PrecisionAttr>(attribute.getValue()))
      return op->emitError() << name << " is " << attribute.getValue()
                             << "; a #dota.precision expected";
  } else if (name == kExponentsAttrName) {
    if (!isa<DenseI64ArrayAttr>(attribute.getValue()))
      return op->emitError() << name << " is " << attribute.getValue()
                             << "; an array of i64 expected";
  } else if (name == kNumberAttrName) {
    auto number = dyn_cast<IntegerAttr>(attribute.getValue());
    if (!number || !number.getType().isInteger(64) || number.getInt() < 0)
      return op->emitError() << name << " is " << attribute.getValue()
                             << "; an i64, 0 or more, expected";
  }
  return success();
}
