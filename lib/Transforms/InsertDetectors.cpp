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
// Or the factors come from a file, trained elsewhere.
//
// Fails on options it does not know, on weights that are not at hand, and on files
// whose detectors are not those of the module's attentions.
// Idempotent: what it makes has no dota.attention.
//
//===----------------------------------------------------------------------===//

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

enum class Kind { Weighted, Svd, Random, File };

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

/// The upper triangle R of G = R^T R, for a Gram matrix that may be singular.
MatrixXd rootOf(MatrixXd gram) {
  double mean = gram.diagonal().mean();
  gram.diagonal().array() += 1e-9 * mean + 1e-30;
  return gram.llt().matrixU();
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
    SmallVector<AttentionOp> dense;
    getOperation().walk([&](AttentionOp op) {
      if (cast<RankedTensorType>(op.getQ().getType()).getElementType().isF32())
        dense.push_back(op);
    });
    if (kind == Kind::File && given.attentions.size() != dense.size()) {
      emitError(UnknownLoc::get(&getContext()))
          << detector.getValue() << ": holds detectors of " << given.attentions.size()
          << " attentions; the module has " << dense.size();
      return signalPassFailure();
    }
    used.precision = chosenPrecision;
    for (AttentionOp op : dense)
      if (failed(insert(op)))
        return signalPassFailure();
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
      return emitError(UnknownLoc::get(&getContext())) << error.what();
    }
  }

  LogicalResult readOptions() {
    auto fail = [&] { return emitError(UnknownLoc::get(&getContext())); };
    if (!(retain >= 0 && retain <= 1))
      return fail() << "retain is " << retain.getValue() << "; a share from 0 to 1 expected";
    if (rank < 1)
      return fail() << "rank is " << rank.getValue() << "; at least 1 expected";
    if (detector == "weighted")
      kind = Kind::Weighted;
    else if (detector == "svd")
      kind = Kind::Svd;
    else if (detector == "random")
      kind = Kind::Random;
    else if (StringRef(detector).find_first_of("./") != StringRef::npos)
      kind = Kind::File;
    else
      return fail() << "detector is '" << detector.getValue()
                    << "'; weighted, svd, random or a file expected";
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
  static AttentionDetector factorize(const MatrixXf &queries, const MatrixXf &keys,
                                     const MatrixXf &queryMoment, const MatrixXf &keyMoment,
                                     int64_t heads, int64_t keyHeads, int64_t rank, double step) {
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
      Eigen::JacobiSVD<MatrixXd> svd(rq * rk.transpose(),
                                     Eigen::ComputeFullU | Eigen::ComputeFullV);
      Eigen::VectorXd values = svd.singularValues().head(rank);
      MatrixXd rotation =
          (rank & (rank - 1)) == 0 ? hadamard(rank) : MatrixXd::Identity(rank, rank);
      MatrixXd inner = values.cwiseSqrt().asDiagonal() * rotation;
      double deviation = std::sqrt(values.mean());
      double scale = deviation > 0 ? 1 / (step * deviation) : 0;
      auto solve = [&](const MatrixXd &r, const MatrixXd &vectors) -> MatrixXd {
        return r.triangularView<Eigen::Upper>().solve(vectors.leftCols(rank) * inner) * scale;
      };
      q.middleCols(head * rank, rank) = (wq * solve(rq, svd.matrixU())).cast<float>();
      k.middleCols(head * rank, rank) = (wk * solve(rk, svd.matrixV())).cast<float>();
    }
    auto split = [](const MatrixXf &all) {
      DetectorFactor factor{all.rows() - 1, all.cols(), {}, {}};
      RowMajor rows = all;
      const float *bias = rows.data() + factor.features * factor.columns;
      factor.weight.assign(bias - factor.features * factor.columns, bias);
      if (!rows.bottomRows(1).isZero(0))
        factor.bias.assign(bias, bias + factor.columns);
      return factor;
    };
    return {split(q), split(k)};
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
    int64_t heads = op.getHeads(), width = queries->cols() / heads;
    return factorize(*queries, *keys, *queryMoment, *keyMoment, heads, op.getKvHeads(),
                     std::min<int64_t>(rank, width), bestStep(getBits(chosenPrecision)));
  }

  /// The next detector of the file.
  FailureOr<AttentionDetector> takeGiven(AttentionOp op, const ScoreInput &queryInput,
                                         const ScoreInput &keyInput) {
    size_t number = used.attentions.size();
    const AttentionDetector &next = given.attentions[number];
    auto fits = [&](StringRef side, const DetectorFactor &factor, Value x) -> LogicalResult {
      int64_t heads = op.getHeads();
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

  /// The linear that makes one side of the detector.
  Value project(OpBuilder &builder, Location loc, Value x, double range,
                const DetectorFactor &factor, int64_t heads) {
    int bits = getBits(chosenPrecision);
    LinearOp op = linear(builder, loc, x, factor, (1 << (bits - 1)) - 1);
    op->setAttr(DotaDialect::kPrecisionAttrName,
                PrecisionAttr::get(builder.getContext(), chosenPrecision));
    op->setAttr(DotaDialect::kExponentsAttrName,
                builder.getDenseI64ArrayAttr(SmallVector<int64_t>(heads, 0)));
    // Where x comes from the host its format follows from this.
    SmallVector<float> ranges(op->getNumOperands(), 0.0f);
    ranges[0] = static_cast<float>(range);
    op->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(ranges));
    return op;
  }

  LogicalResult insert(AttentionOp op) {
    ScoreInput queryInput = findQueryInput(op), keyInput = findKeyInput(op);
    FailureOr<AttentionDetector> factors = kind == Kind::File ? takeGiven(op, queryInput, keyInput)
                                                              : compute(op, queryInput, keyInput);
    if (failed(factors))
      return failure();
    unprojected += !queryInput.projection || !keyInput.projection;

    int64_t heads = op.getHeads();
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value q =
        project(builder, loc, queryInput.x, rangeOf(queryInput, op, 0), factors->query, heads);
    Value k = project(builder, loc, keyInput.x, rangeOf(keyInput, op, 1), factors->key, heads);
    usedRank = std::max(usedRank, factors->query.columns / heads);
    used.attentions.push_back(std::move(*factors));
    auto rows = cast<RankedTensorType>(op.getQ().getType()).getShape();
    int64_t keyCount = cast<RankedTensorType>(op.getK().getType()).getShape().drop_back().back();
    // The small difference keeps 0.1 of 50 keys from being 6.
    auto keep = std::max<int64_t>(1, std::ceil(retain * keyCount - 1e-9));
    SmallVector<int64_t> shape;
    if (rows.size() == 3)
      shape.push_back(rows[0]);
    shape.append({heads, rows[rows.size() - 2], keyCount});
    auto mask = DetectOp::create(builder, loc, MaskType::get(&getContext(), shape, keep), q, k,
                                 op.getBias(), heads, op.getCausal());
    auto sparse = MaskedAttentionOp::create(builder, loc, op.getResult().getType(), op.getQ(),
                                            op.getK(), op.getV(), mask, op.getBias(), op.getHeads(),
                                            op.getKvHeads(), op.getScale(), op.getCausal());
    if (Attribute range = op->getAttr(DotaDialect::kRangeAttrName))
      sparse->setAttr(DotaDialect::kRangeAttrName, range);
    if (auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName)) {
      SmallVector<float> withMask(ranges.asArrayRef());
      withMask.insert(withMask.begin() + 3, 0.0f);
      sparse->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(withMask));
    }
    remark::passed(loc, remark::RemarkOpts::name("Detector").category("dota-insert-detectors"))
        << ("attention keeps " + Twine(keep) + " of " + Twine(keyCount) + " keys a row" +
            (queryInput.projection && keyInput.projection
                 ? ""
                 : "; its detector reads queries or keys, as they are no projection by "
                   "constants"))
               .str();
    op.replaceAllUsesWith(sparse.getResult());
    op.erase();
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
    out << "detector: " << detector << ", rank " << (kind == Kind::File ? usedRank : rank) << ", "
        << stringifyPrecision(chosenPrecision) << ", retain "
        << llvm::format("%g", retain.getValue()) << ", in " << attentions << " attentions";
    if (unprojected)
      out << ", of " << unprojected << " from queries or keys themselves";
    if (kind == Kind::Weighted && unweighted)
      out << ", in " << unweighted << " without a second moment: plain truncated SVD";
    addNote(getOperation(), text);
  }

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
