//===- InsertDetectors.cpp - attention over the keys a detector keeps -------===//
//
// A head's scores are x^ M y^T with x^ = [x 1], y^ = [y 1] and M = Wq Wk^T, biases
// as last row. For inputs of second moments Cx and Cy the expected squared error of
// the scores of a low-rank M' is |Lx^T (M - M') Ly|^2 with C = L L^T; the best M' of
// rank r is the truncated SVD of Lx^T M Ly (Eckart and Young). M has at most the
// rank of the head's width d, so that the Gram matrices G = W^T C W, d x d, suffice:
// with G = R^T R it is the SVD of Rq Rk^T = U S V^T, and the factors are
// Wq Rq^-1 U S^1/2 and Wk Rk^-1 V S^1/2, of which each column has mean square S.
//
// Where queries or keys are no projections by constants (rotated by their position,
// or cut out of a larger product) they take the place of x, and W is the identity.
//
// For one mask for all heads the sum of their M is that of one head as wide as all.
//
// Or the factors come from a file, trained elsewhere; or the queries and keys
// themselves are the factors; or hashes of them, signs of random projections.
//
// Fails on options it does not know, on weights that are not at hand, and on files
// whose detectors are not those of the module's attentions.
// Idempotent: what it makes has no dota.attention.
//
//===----------------------------------------------------------------------===//

#include "MaskAttention.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Passes.h"
#include "dota/Transforms/DetectorFile.h"
#include "dota/Transforms/Notes.h"
#include "dota/Transforms/Observations.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/Format.h"
#include <Eigen/Dense>
#include <cmath>
#include <random>

namespace mlir::dota {
#define GEN_PASS_DEF_INSERTDETECTORS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;
using Eigen::MatrixXd;
using Eigen::MatrixXf;

namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Added to a second moment, as a share of its mean diagonal.
constexpr double kRidge = 1e-4;

enum class Kind { Weighted, Svd, Random, Oracle, Sanger, Elsa, File };

/// What has a mask of its own.
enum class Share { Head, Layer, Encoder };

/// The probability that a key must exceed, where the user names none: what Sanger
/// (MICRO 2021) has for SQuAD.
constexpr float kSangerThreshold = 2e-3f;

/// Columns a head of a detector, where the user names no number.
constexpr int64_t kDefaultRank = 8;
/// Bits of a hash likewise: what ELSA (ISCA 2021) has.
constexpr int64_t kDefaultHashBits = 64;

/// The step of a uniform quantiser of `bits` bits, symmetric around 0, that has the
/// least squared error on a Gaussian of deviation 1 (Max 1960; with one level less
/// than a power of two, as stored values are symmetric).
double bestStep(int bits) {
  switch (bits) {
  case 2:
    return 1.224;
  case 4:
    return 0.3534;
  case 8:
    return 0.0309;
  default:
    // Eight deviations: nothing is clipped.
    return 8.0 / ((1 << (bits - 1)) - 1);
  }
}

/// H of size n, a power of two, with orthonormal columns.
MatrixXd hadamard(int64_t n) {
  MatrixXd h = MatrixXd::Ones(1, 1);
  for (int64_t size = 1; size < n; size *= 2) {
    MatrixXd twice(2 * size, 2 * size);
    twice << h, h, h, -h;
    h = twice;
  }
  return h / std::sqrt(static_cast<double>(n));
}

/// `width` x `bits`, in blocks of `width` columns: each orthonormal, of uniformly random
/// directions.
MatrixXd randomDirections(int64_t width, int64_t bits, uint64_t seed) {
  std::mt19937_64 random(seed);
  auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  MatrixXd result(width, bits);
  for (int64_t first = 0; first < bits; first += width) {
    // The Q of a matrix of normal numbers (Box and Muller).
    MatrixXd normal(width, width);
    for (double &value : normal.reshaped())
      value = std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
    MatrixXd q = Eigen::HouseholderQR<MatrixXd>(normal).householderQ();
    const int64_t count = std::min(width, bits - first);
    result.middleCols(first, count) = q.leftCols(count);
  }
  return result;
}

/// The upper triangle R of G = R^T R, for a Gram matrix that may be singular.
MatrixXd rootOf(MatrixXd gram) {
  double mean = gram.diagonal().mean();
  gram.diagonal().array() += 1e-9 * mean + 1e-30;
  return gram.llt().matrixU();
}

/// U, S and V of the largest `rank` singular values. Jacobi's method is exact to the
/// last bits and cubic with a large factor, so wide matrices are divided.
std::tuple<MatrixXd, Eigen::VectorXd, MatrixXd> decompose(const MatrixXd &matrix, int64_t rank) {
  auto first = [&](const auto &svd) {
    return std::tuple(MatrixXd(svd.matrixU().leftCols(rank)),
                      Eigen::VectorXd(svd.singularValues().head(rank)),
                      MatrixXd(svd.matrixV().leftCols(rank)));
  };
  constexpr unsigned both = Eigen::ComputeFullU | Eigen::ComputeFullV;
  return matrix.rows() <= 128 ? first(Eigen::JacobiSVD<MatrixXd>(matrix, both))
                              : first(Eigen::BDCSVD<MatrixXd>(matrix, both));
}

/// An f32 constant as a matrix.
std::optional<RowMajor> matrixOf(Value value, int64_t rows, int64_t columns) {
  ElementsAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  auto data = getConstantData<float>(attribute);
  if (!data)
    return std::nullopt;
  if (data->splat)
    return RowMajor::Constant(rows, columns, data->stored.front());
  return Eigen::Map<const RowMajor>(data->stored.data(), rows, columns);
}

int64_t lastExtent(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().back();
}

struct InsertDetectors : mlir::dota::impl::InsertDetectorsBase<InsertDetectors> {
  using InsertDetectorsBase::InsertDetectorsBase;

  void runOnOperation() override {
    if (failed(readOptions()))
      return signalPassFailure();
    if (retain == 0)
      return;
    const SmallVector<AttentionOp> dense = floatAttentions(getOperation());
    findLeaders(dense);
    if (kind == Kind::File && given.attentions.size() != leaders.size()) {
      emitError(getOperation().getLoc())
          << detector.getValue() << ": holds detectors of " << given.attentions.size()
          << " attentions; the module has " << leaders.size();
      return signalPassFailure();
    }
    used.precision = chosenPrecision;
    for (AttentionOp op : dense)
      if (failed(insert(op)))
        return signalPassFailure();
    for (AttentionOp op : dense)
      op.erase();
    if (!dense.empty())
      noteDetectors(dense.size());
    if (!dump.empty() &&
        failed(catchErrors([&] { ::dota::writeFile(dump, writeDetectors(used)); })))
      return signalPassFailure();
  }

  /// What the runtime throws becomes a diagnostic.
  LogicalResult catchErrors(llvm::function_ref<void()> body) {
    try {
      body();
      return success();
    } catch (const ::dota::Error &error) {
      return emitError(getOperation().getLoc()) << error.what();
    }
  }

  /// Attentions whose masks are found; others have the mask of one of these.
  void findLeaders(ArrayRef<AttentionOp> dense) {
    auto shares = [](AttentionOp one, AttentionOp other) {
      auto rows = [](Value x) {
        return cast<RankedTensorType>(x.getType()).getShape().drop_back();
      };
      return one->getBlock() == other->getBlock() && rows(one.getQ()) == rows(other.getQ()) &&
             rows(one.getK()) == rows(other.getK()) && one.getBias() == other.getBias() &&
             one.getCausal() == other.getCausal();
    };
    for (AttentionOp op : dense) {
      auto *leader = leaders.end();
      if (chosenShare == Share::Encoder)
        leader = llvm::find_if(leaders, [&](AttentionOp other) { return shares(other, op); });
      if (leader != leaders.end())
        leaderOf[op] = *leader;
      else
        leaders.push_back(op);
    }
  }

  LogicalResult readOptions() {
    auto fail = [&] { return emitError(getOperation().getLoc()); };
    if (!(retain >= 0 && retain <= 1))
      return fail() << "retain is " << retain.getValue() << "; a share from 0 to 1 expected";
    if (rank < 0)
      return fail() << "rank is " << rank.getValue() << "; 0 or more expected";
    if (detector == "weighted")
      kind = Kind::Weighted;
    else if (detector == "svd")
      kind = Kind::Svd;
    else if (detector == "random")
      kind = Kind::Random;
    else if (detector == "oracle")
      kind = Kind::Oracle;
    else if (detector == "sanger")
      kind = Kind::Sanger;
    else if (detector == "elsa")
      kind = Kind::Elsa;
    else if (namesFile(detector))
      kind = Kind::File;
    else
      return fail() << "detector is '" << detector.getValue()
                    << "'; weighted, svd, random, oracle, sanger, elsa or a file expected";
    if (share == "layer")
      chosenShare = Share::Layer;
    else if (share == "encoder")
      chosenShare = Share::Encoder;
    else if (share != "head")
      return fail() << "share is '" << share.getValue() << "'; head, layer or encoder expected";
    if (balance < 0)
      return fail() << "balance is " << balance.getValue() << "; 0 or more rows expected";
    if (!hasFactors() && !dump.empty())
      return fail() << "detector '" << detector.getValue() << "' has no factors to write to "
                    << dump.getValue();
    if (kind == Kind::Sanger && balance != 0)
      return fail() << "balance is " << balance.getValue()
                    << "; 0 expected for probabilities, of which each row keeps what passes";
    std::optional<Precision> parsed = symbolizePrecision(precision);
    if (!parsed)
      return fail() << "precision is '" << precision.getValue()
                    << "'; fx16, fx8, fx4, int4 or int2 expected";
    chosenPrecision = *parsed;
    if (kind != Kind::File || retain == 0)
      return success();
    if (failed(catchErrors([&] { given = readDetectors(::dota::readFile(detector), detector); })))
      return failure();
    chosenPrecision = given.precision;
    return success();
  }

  //===--------------------------------------------------------------------===//
  // The factors
  //===--------------------------------------------------------------------===//

  /// [W; b], one row more than x has features.
  FailureOr<MatrixXf> weightsOf(const ScoreInput &input) {
    int64_t features = lastExtent(input.x);
    LinearOp op = input.projection;
    if (!op)
      return MatrixXf(MatrixXf::Identity(features + 1, features));
    int64_t columns = lastExtent(op.getResult());
    auto weight = matrixOf(op.getWeight(), features, columns);
    if (!weight)
      return op.emitOpError("has a weight whose values are not at hand; a detector cannot be "
                            "computed from it");
    MatrixXf all = MatrixXf::Zero(features + 1, columns);
    all.topRows(features) = *weight;
    if (op.getBias()) {
      auto bias = matrixOf(op.getBias(), 1, columns);
      if (!bias)
        return op.emitOpError("has a bias whose values are not at hand; a detector cannot be "
                              "computed from it");
      all.bottomRows(1) = *bias;
    }
    return all;
  }

  /// The second moment of [x 1]; without one the unit matrix, at the scale that
  /// the range of x suggests.
  FailureOr<MatrixXf> momentOf(AttentionOp op, StringRef name, Value x, double range,
                               bool &weighted) {
    int64_t size = lastExtent(x) + 1;
    MatrixXf moment;
    auto attribute = op->getAttrOfType<ElementsAttr>(name);
    if (attribute) {
      auto data = getConstantData<float>(attribute);
      if (!data || data->splat || attribute.getNumElements() != size * size)
        return op.emitOpError() << name << " has " << attribute.getNumElements() << " values; "
                                << size << " x " << size << " expected";
      if (kind != Kind::Svd) {
        moment = Eigen::Map<const MatrixXf>(data->stored.data(), size, size);
        moment.diagonal().array() += kRidge * moment.diagonal().mean();
        return moment;
      }
      // The scale of the result still comes from what was seen.
      auto seen = Eigen::Map<const MatrixXf>(data->stored.data(), size, size);
      moment = MatrixXf::Identity(size, size) * seen.diagonal().head(size - 1).mean();
      moment(size - 1, size - 1) = 1;
      return moment;
    }
    weighted = false;
    // A range is some four deviations.
    moment = MatrixXf::Identity(size, size) * static_cast<float>(range * range / 16);
    moment(size - 1, size - 1) = 1;
    return moment;
  }

  /// The factors of all heads, scaled so that the best step of their quantiser is
  /// 1: a head's scale does not change which keys are largest.
  /// `units` gets what a unit of a head's scores is in products of its factors.
  static AttentionDetector factorize(const MatrixXf &queries, const MatrixXf &keys,
                                     const MatrixXf &queryMoment, const MatrixXf &keyMoment,
                                     int64_t heads, int64_t keyHeads, int64_t rank, double step,
                                     SmallVectorImpl<double> &units) {
    int64_t width = queries.cols() / heads;
    MatrixXf queryProducts = queryMoment * queries, keyProducts = keyMoment * keys;
    MatrixXf q(queries.rows(), heads * rank), k(keys.rows(), heads * rank);
    for (int64_t head = 0; head < heads; ++head) {
      int64_t keyHead = head / (heads / keyHeads);
      MatrixXd wq = queries.middleCols(head * width, width).cast<double>();
      MatrixXd wk = keys.middleCols(keyHead * width, width).cast<double>();
      MatrixXd rq =
          rootOf(wq.transpose() * queryProducts.middleCols(head * width, width).cast<double>());
      MatrixXd rk =
          rootOf(wk.transpose() * keyProducts.middleCols(keyHead * width, width).cast<double>());
      auto [u, values, v] = decompose(rq * rk.transpose(), rank);
      MatrixXd rotation =
          (rank & (rank - 1)) == 0 ? hadamard(rank) : MatrixXd::Identity(rank, rank);
      MatrixXd inner = values.cwiseSqrt().asDiagonal() * rotation;
      double deviation = std::sqrt(values.mean());
      double scale = deviation > 0 ? 1 / (step * deviation) : 0;
      units.push_back(scale * scale);
      auto solve = [&](const MatrixXd &r, const MatrixXd &vectors) -> MatrixXd {
        return r.triangularView<Eigen::Upper>().solve(vectors * inner) * scale;
      };
      q.middleCols(head * rank, rank) = (wq * solve(rq, u)).cast<float>();
      k.middleCols(head * rank, rank) = (wk * solve(rk, v)).cast<float>();
    }
    return {.query = factorOf(q), .key = factorOf(k), .thresholds = {}};
  }

  /// [W; b] taken apart.
  static DetectorFactor factorOf(const MatrixXf &all) {
    DetectorFactor factor{all.rows() - 1, all.cols(), {}, {}};
    RowMajor rows = all;
    const float *bias = rows.data() + factor.features * factor.columns;
    factor.weight.assign(bias - factor.features * factor.columns, bias);
    if (!rows.bottomRows(1).isZero(0))
      factor.bias.assign(bias, bias + factor.columns);
    return factor;
  }

  /// The detector of `op` in closed form.
  FailureOr<AttentionDetector> compute(AttentionOp op, const ScoreInput &queryInput,
                                       const ScoreInput &keyInput) {
    FailureOr<MatrixXf> queries = weightsOf(queryInput), keys = weightsOf(keyInput);
    if (failed(queries) || failed(keys))
      return failure();
    bool weighted = true;
    FailureOr<MatrixXf> queryMoment =
        momentOf(op, kSecondMomentAttrName, queryInput.x, rangeOf(queryInput, op, 0), weighted);
    FailureOr<MatrixXf> keyMoment = queryInput.x == keyInput.x
                                        ? queryMoment
                                        : momentOf(op, kKeySecondMomentAttrName, keyInput.x,
                                                   rangeOf(keyInput, op, 1), weighted);
    if (failed(queryMoment) || failed(keyMoment))
      return failure();
    unweighted += !weighted;
    if (kind == Kind::Random) {
      randomProjection(*queries, *queryMoment);
      randomProjection(*keys, *keyMoment);
    }
    int64_t heads = op.getHeads(), keyHeads = op.getKvHeads();
    if (chosenShare != Share::Head) {
      *keys = forEachQueryHead(*keys, heads, keyHeads);
      heads = keyHeads = 1;
    }
    SmallVector<double> units;
    AttentionDetector result =
        factorize(*queries, *keys, *queryMoment, *keyMoment, heads, keyHeads,
                  std::min<int64_t>(rank == 0 ? kDefaultRank : rank, queries->cols() / heads),
                  bestStep(getBits(chosenPrecision)), units);
    if (threshold.empty())
      return result;
    if (failed(checkThresholds(op, heads)))
      return failure();
    double scale = op.getScale().convertToFloat();
    for (int64_t head = 0; head < heads; ++head)
      result.thresholds.push_back(thresholdOf(head) / scale * units[head]);
    return result;
  }

  /// The columns of the key head of each query head.
  static MatrixXf forEachQueryHead(const MatrixXf &keys, int64_t heads, int64_t keyHeads) {
    int64_t width = keys.cols() / keyHeads;
    MatrixXf all(keys.rows(), heads * width);
    for (int64_t head = 0; head < heads; ++head)
      all.middleCols(head * width, width) =
          keys.middleCols(head / (heads / keyHeads) * width, width);
    return all;
  }

  LogicalResult checkThresholds(AttentionOp op, int64_t heads) {
    int64_t count = threshold.size();
    if (count == 1 || count == heads)
      return success();
    InFlightDiagnostic diagnostic = op.emitOpError() << "is given " << count << " thresholds; 1";
    if (heads != 1)
      diagnostic << " or " << heads;
    return diagnostic << " expected";
  }
  double thresholdOf(int64_t head) { return threshold[threshold.size() == 1 ? 0 : head]; }

  /// The next detector of the file.
  FailureOr<AttentionDetector> takeGiven(AttentionOp op, const ScoreInput &queryInput,
                                         const ScoreInput &keyInput) {
    size_t number = used.attentions.size();
    AttentionDetector next = given.attentions[number];
    int64_t heads = masksOf(op);
    auto fits = [&](StringRef side, const DetectorFactor &factor, Value x) -> LogicalResult {
      if (factor.features == lastExtent(x) && factor.columns % heads == 0)
        return success();
      return op.emitOpError() << detector.getValue() << ": tensor 'attention." << number << "."
                              << side << ".weight' has shape [" << factor.features << ", "
                              << factor.columns << "]; [" << lastExtent(x) << ", " << heads
                              << " * rank] expected";
    };
    if (failed(fits("query", next.query, queryInput.x)) ||
        failed(fits("key", next.key, keyInput.x)))
      return failure();
    auto count = static_cast<int64_t>(next.thresholds.size());
    if (count > 1 && count != heads)
      return op.emitOpError() << detector.getValue() << ": tensor 'attention." << number
                              << ".threshold' has shape [" << count << "]; [1] or [" << heads
                              << "] expected";
    if (!threshold.empty()) {
      if (failed(checkThresholds(op, heads)))
        return failure();
      next.thresholds.assign(threshold.begin(), threshold.end());
    }
    return next;
  }

  //===--------------------------------------------------------------------===//
  // The ops
  //===--------------------------------------------------------------------===//

  static Value constant(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape,
                        ArrayRef<float> values) {
    auto type = RankedTensorType::get(shape, builder.getF32Type());
    AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(
        ArrayRef<char>(reinterpret_cast<const char *>(values.data()),
                       values.size() * sizeof(float)),
        alignof(int64_t));
    return arith::ConstantOp::create(
        builder, loc, DenseResourceElementsAttr::get(type, "detector", std::move(blob)));
  }

  static LinearOp linear(OpBuilder &builder, Location loc, Value x, const DetectorFactor &factor,
                         double range) {
    auto type = cast<RankedTensorType>(x.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = factor.columns;
    Value weight = constant(builder, loc, {factor.features, factor.columns}, factor.weight);
    Value bias;
    if (!factor.bias.empty())
      bias = constant(builder, loc, {factor.columns}, factor.bias);
    auto op = LinearOp::create(builder, loc, type.clone(shape), x, weight, bias);
    op->setAttr(DotaDialect::kRangeAttrName, builder.getF32FloatAttr(range));
    return op;
  }

  /// The range that calibration saw of an input, or 4.
  static double rangeOf(const ScoreInput &input, AttentionOp op, unsigned operand) {
    auto ofOperand = [](Operation *op, unsigned operand) -> double {
      auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName);
      return ranges ? ranges[operand] : 0;
    };
    double range = input.projection ? ofOperand(input.projection, 0) : ofOperand(op, operand);
    if (Operation *producer = input.x.getDefiningOp())
      if (auto known = producer->getAttrOfType<FloatAttr>(DotaDialect::kRangeAttrName))
        range = known.getValueAsDouble();
    return range > 0 ? range : 4;
  }

  /// The linear that makes one side of the detector, in the precision and the exponent
  /// of its heads.
  static Value project(OpBuilder &builder, Location loc, Value x, double range,
                       const DetectorFactor &factor, int64_t heads, Precision precision,
                       int64_t exponent = 0) {
    int bits = getBits(precision);
    LinearOp op = linear(builder, loc, x, factor, (1 << (bits - 1)) - 1);
    op->setAttr(DotaDialect::kPrecisionAttrName,
                PrecisionAttr::get(builder.getContext(), precision));
    op->setAttr(DotaDialect::kExponentsAttrName,
                builder.getDenseI64ArrayAttr(SmallVector<int64_t>(heads, exponent)));
    // Where x comes from the host its format follows from this.
    SmallVector<float> ranges(op->getNumOperands(), 0.0f);
    ranges[0] = static_cast<float>(range);
    op->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(ranges));
    return op;
  }

  /// What a detection compares: products of `q` and `k`, which are hashes where there
  /// are `keys`.
  struct Factors {
    Value q, k;
    SmallVector<float> thresholds;
    std::optional<float> softmaxScale;
    Value keys;
    int64_t keyHeads = 0; ///< 0: each head has a key factor
  };

  /// Are the factors made of weights, so that a file can hold them?
  bool hasFactors() const {
    return kind != Kind::Oracle && kind != Kind::Sanger && kind != Kind::Elsa;
  }
  int64_t masksOf(AttentionOp op) { return chosenShare == Share::Head ? op.getHeads() : 1; }

  FailureOr<Factors> makeFactors(OpBuilder &builder, AttentionOp op) {
    Location loc = op.getLoc();
    if (!hasFactors()) {
      const bool isGrouped = op.getHeads() != op.getKvHeads();
      if (isGrouped && chosenShare != Share::Head)
        return op.emitOpError() << "has " << op.getKvHeads() << " key heads; " << op.getHeads()
                                << ", as many as query heads, expected by detector '"
                                << detector.getValue() << "' where they share a mask";
      if (failed(checkThresholds(op)))
        return failure();
      FailureOr<Factors> result = kind == Kind::Oracle   ? exactFactors(op)
                                  : kind == Kind::Sanger ? narrowFactors(builder, op)
                                                         : hashes(builder, op);
      if (succeeded(result) && isGrouped)
        result->keyHeads = static_cast<int64_t>(op.getKvHeads());
      return result;
    }
    ScoreInput queryInput = findQueryInput(op), keyInput = findKeyInput(op);
    FailureOr<AttentionDetector> given = kind == Kind::File ? takeGiven(op, queryInput, keyInput)
                                                            : compute(op, queryInput, keyInput);
    if (failed(given))
      return failure();
    unprojected += !queryInput.projection || !keyInput.projection;
    int64_t heads = masksOf(op);
    Factors result;
    result.q = project(builder, loc, queryInput.x, rangeOf(queryInput, op, 0), given->query, heads,
                       chosenPrecision);
    result.k = project(builder, loc, keyInput.x, rangeOf(keyInput, op, 1), given->key, heads,
                       chosenPrecision);
    result.thresholds.assign(given->thresholds.begin(), given->thresholds.end());
    usedRank = std::max(usedRank, given->query.columns / heads);
    used.attentions.push_back(std::move(*given));
    return result;
  }

  LogicalResult checkThresholds(AttentionOp op) {
    return threshold.empty() ? success() : checkThresholds(op, masksOf(op));
  }

  /// The queries and keys themselves.
  FailureOr<Factors> exactFactors(AttentionOp op) {
    Factors result;
    result.q = op.getQ();
    result.k = op.getK();
    for (double each : threshold)
      result.thresholds.push_back(each / op.getScale().convertToFloat());
    return result;
  }

  /// The queries and keys in INT4, and thresholds of probabilities.
  FailureOr<Factors> narrowFactors(OpBuilder &builder, AttentionOp op) {
    Factors result;
    result.q = narrow(builder, op, 0);
    result.k = narrow(builder, op, 1);
    result.softmaxScale = op.getScale().convertToFloat();
    result.thresholds.assign(threshold.begin(), threshold.end());
    if (threshold.empty())
      result.thresholds.push_back(kSangerThreshold);
    return result;
  }

  /// Signs of projections of the queries and keys on random directions, the same for
  /// all heads; where these are products with constants, in one product.
  FailureOr<Factors> hashes(OpBuilder &builder, AttentionOp op) {
    const int64_t heads = masksOf(op), keyHeads = heads == 1 ? 1 : op.getKvHeads();
    const int64_t width = lastExtent(op.getQ()) / heads, bits = rank == 0 ? kDefaultHashBits : rank;
    usedRank = std::max(usedRank, bits);
    const MatrixXd directions = randomDirections(width, bits, seed);
    auto hash = [&](const ScoreInput &input, unsigned operand, int64_t heads) -> FailureOr<Value> {
      FailureOr<MatrixXf> weights = weightsOf(input);
      if (failed(weights))
        return failure();
      MatrixXf all(weights->rows(), heads * bits);
      for (int64_t head = 0; head < heads; ++head)
        all.middleCols(head * bits, bits) =
            (weights->middleCols(head * width, width).cast<double>() * directions).cast<float>();
      // With such an exponent all but 0 saturates to 1 and -1.
      return project(builder, op.getLoc(), input.x, rangeOf(input, op, operand), factorOf(all),
                     heads, Precision::INT2, kMaxExponent);
    };
    ScoreInput queryInput = findQueryInput(op), keyInput = findKeyInput(op);
    FailureOr<Value> q = hash(queryInput, 0, heads), k = hash(keyInput, 1, keyHeads);
    if (failed(q) || failed(k))
      return failure();
    unprojected += !queryInput.projection || !keyInput.projection;
    Factors result;
    result.q = *q;
    result.k = *k;
    result.keys = op.getK();
    result.thresholds.assign(threshold.begin(), threshold.end());
    return result;
  }

  /// An operand of an attention, times 1, rounded to INT4.
  static Value narrow(OpBuilder &builder, AttentionOp op, unsigned operand) {
    Value x = op->getOperand(operand);
    double range = rangeOf({x, {}}, op, operand);
    Value one =
        constant(builder, op.getLoc(), {lastExtent(x)}, SmallVector<float>(lastExtent(x), 1.0f));
    auto product = MulOp::create(builder, op.getLoc(), x.getType(), x, one);
    product->setAttr(DotaDialect::kRangeAttrName, builder.getF32FloatAttr(range));
    product->setAttr(DotaDialect::kPrecisionAttrName,
                     PrecisionAttr::get(builder.getContext(), Precision::INT4));
    product->setAttr(DotaDialect::kOperandRangesAttrName,
                     builder.getDenseF32ArrayAttr({static_cast<float>(range), 1.0f}));
    return product;
  }

  /// The mask of an attention, found before it.
  FailureOr<Value> detect(OpBuilder &builder, AttentionOp op, int64_t keep) {
    FailureOr<Factors> factors = makeFactors(builder, op);
    if (failed(factors))
      return failure();
    int64_t heads = masksOf(op);
    if (Value bias = op.getBias(); bias && heads == 1) {
      auto shape = cast<RankedTensorType>(bias.getType()).getShape();
      if (shape[shape.size() - 3] != 1)
        return op.emitOpError() << "has a bias for each of " << shape[shape.size() - 3]
                                << " heads; one for all expected where they share a mask";
    }
    DenseF32ArrayAttr thresholds;
    IntegerAttr balanced;
    FloatAttr softmaxScale;
    if (!factors->thresholds.empty())
      thresholds = builder.getDenseF32ArrayAttr(factors->thresholds);
    if (balance != 0) {
      if (!thresholds)
        return op.emitOpError() << "balances " << balance.getValue()
                                << " rows and has no threshold; it is about one";
      balanced = builder.getI64IntegerAttr(balance);
    }
    if (factors->softmaxScale)
      softmaxScale = builder.getF32FloatAttr(*factors->softmaxScale);
    IntegerAttr keyHeads;
    if (factors->keyHeads != 0)
      keyHeads = builder.getI64IntegerAttr(factors->keyHeads);
    auto found = DetectOp::create(
        builder, op.getLoc(), maskTypeOf(op, heads, keep), factors->q, factors->k, factors->keys,
        op.getBias(), builder.getI64IntegerAttr(heads), keyHeads,
        op.getCausal() ? builder.getUnitAttr() : UnitAttr(), thresholds, balanced, softmaxScale);
    // Queries and keys that come from the host have the attention's ranges.
    if (auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName);
        ranges && (kind == Kind::Oracle || kind == Kind::Elsa)) {
      SmallVector<float> each(found->getNumOperands(), 0.0f);
      if (kind == Kind::Oracle)
        each[0] = ranges[0];
      each[kind == Kind::Oracle ? 1 : 2] = ranges[1];
      found->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(each));
    }
    return Value(found.getMask());
  }

  LogicalResult insert(AttentionOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    const int64_t keep = keptKeys(retain, keysOf(op));
    AttentionOp leader = leaderOf.lookup(op);
    if (!leader) {
      FailureOr<Value> found = detect(builder, op, keep);
      if (failed(found))
        return failure();
      masks[op] = *found;
    }
    maskAttention(op, masks[leader ? leader : op]);
    bool projected = findQueryInput(op).projection && findKeyInput(op).projection;
    remark::passed(loc, remark::RemarkOpts::name("Detector").category("dota-insert-detectors"))
        << ("attention keeps " + Twine(keep) + " of " + Twine(keysOf(op)) + " keys a row" +
            (leader ? "; it has the mask of an earlier one"
             : projected || kind == Kind::Oracle || kind == Kind::Sanger
                 ? ""
                 : "; its detector reads queries or keys, as they are no projection by "
                   "constants"))
               .str();
    return success();
  }

  /// The paper's P W~: replaces weights by what a sparse random P of `features / 4`
  /// columns lets through, P (P^T C P)^-1 P^T C W, which is least squares for the
  /// queries or keys.
  void randomProjection(MatrixXf &weights, const MatrixXf &moment) {
    int64_t features = weights.rows() - 1;
    int64_t columns = std::max<int64_t>(features / 4, 1);
    std::mt19937_64 bits(seed);
    MatrixXf p = MatrixXf::Zero(features + 1, columns + 1);
    float size = std::sqrt(3.0f / columns);
    for (int64_t row = 0; row < features; ++row)
      for (int64_t column = 0; column < columns; ++column)
        if (uint64_t die = bits() % 6; die < 2)
          p(row, column) = die ? size : -size;
    // The bias stays: the 1 has a column of its own.
    p(features, columns) = 1;
    MatrixXf products = moment * p;
    MatrixXd gram = (p.transpose() * products).cast<double>();
    gram.diagonal().array() += 1e-6 * gram.diagonal().mean();
    MatrixXd inner = gram.llt().solve((products.transpose() * weights).cast<double>());
    weights = p * inner.cast<float>();
  }

  void noteDetectors(int64_t attentions) {
    std::string text;
    llvm::raw_string_ostream out(text);
    out << "detector: " << detector;
    if (hasFactors())
      out << ", rank " << usedRank << ", " << stringifyPrecision(chosenPrecision);
    if (kind == Kind::Elsa)
      out << ", hashes of " << usedRank << " bits";
    out << ", retain " << llvm::format("%g", retain.getValue());
    if (kind == Kind::Sanger || !threshold.empty()) {
      out << ", threshold ";
      if (threshold.empty())
        out << llvm::format("%g", kSangerThreshold);
      llvm::interleave(threshold, out, [&](double each) { out << llvm::format("%g", each); }, " ");
    }
    if (balance != 0)
      out << ", balance " << balance;
    out << ", in " << attentions << " attentions";
    if (chosenShare != Share::Head)
      out << ", of " << leaders.size() << " masks, each for all heads";
    if (unprojected)
      out << ", of " << unprojected << " from queries or keys themselves";
    if (kind == Kind::Weighted && unweighted)
      out << ", in " << unweighted << " without a second moment: plain truncated SVD";
    addNote(getOperation(), text);
  }

  SmallVector<AttentionOp> leaders;
  DenseMap<Operation *, AttentionOp> leaderOf;
  DenseMap<Operation *, Value> masks;
  Share chosenShare = Share::Head;

  /// Detectors without a second moment; those that read queries or keys.
  int64_t unweighted = 0, unprojected = 0;
  /// The largest rank in use.
  int64_t usedRank = 0;
  /// From the file, and in use.
  DetectorFile given, used;
  Kind kind = Kind::Weighted;
  Precision chosenPrecision = Precision::INT4;
};

} // namespace
