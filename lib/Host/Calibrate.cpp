//===- Calibrate.cpp - ranges and moments from sample inputs ---------------===//

#include "dota/Host/Calibrate.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Host/Session.h"
#include "dota/Passes.h"
#include "dota/Transforms/Observations.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include <Eigen/Dense>

using namespace mlir;
using namespace mlir::dota;

namespace {

/// What was seen of one value.
struct Seen {
  Magnitudes magnitudes;
  /// Sum of x x^T over the rows x, each with a 1 appended.
  Eigen::MatrixXf moment;
  int64_t rows = 0;

  void take(const HostView &view, bool withMoment) {
    // Compiled code hands over values without gaps, or copies them.
    int64_t count = 1;
    for (int64_t i = view.rank - 1; i >= 0; --i)
      count *= view.sizes[i];
    const auto *data = reinterpret_cast<const float *>(view.data);
    if (!withMoment) {
      magnitudes.take(ArrayRef(data, count));
      return;
    }
    if (count == 0)
      return;
    int64_t features = view.sizes[view.rank - 1], tokens = count / features;
    Eigen::MatrixXf rowsWithOne(features + 1, tokens);
    rowsWithOne.topRows(features) = Eigen::Map<const Eigen::MatrixXf>(data, features, tokens);
    rowsWithOne.row(features).setOnes();
    // One row that is not finite would leave nothing of the others.
    for (int64_t token = 0; token < tokens; ++token) {
      if (rowsWithOne.col(token).allFinite())
        ++rows;
      else
        rowsWithOne.col(token).setZero();
    }
    if (moment.size() == 0)
      moment = Eigen::MatrixXf::Zero(features + 1, features + 1);
    moment.noalias() += rowsWithOne * rowsWithOne.transpose();
  }
};

bool isContiguous(const HostView &view) {
  int64_t stride = 1;
  for (int64_t i = view.rank - 1; i >= 0; --i) {
    if (view.sizes[i] != 1 && view.strides[i] != stride)
      return false;
    stride *= view.sizes[i];
  }
  return true;
}

ElementsAttr momentAttr(MLIRContext *context, const Seen &seen) {
  int64_t size = seen.moment.rows();
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(size * size * sizeof(float), 64);
  Eigen::Map<Eigen::MatrixXf>(reinterpret_cast<float *>(blob.getMutableData().data()), size, size) =
      seen.moment / static_cast<float>(seen.rows);
  return DenseResourceElementsAttr::get(
      RankedTensorType::get({size, size}, Float32Type::get(context)), "second_moment",
      std::move(blob));
}

/// The operand of a linear that is added to its exact sums, in 32 bits.
bool isBias(const Observation &observation) {
  return observation.kind == Observation::Kind::Operand && isa<LinearOp>(observation.op) &&
         observation.operand == 2;
}

/// Bits of the value's format.
int bitsOf(const Observation &observation, Precision precision) {
  if (Operation *op = observation.value.getDefiningOp())
    if (auto stated = op->getAttrOfType<PrecisionAttr>(DotaDialect::kPrecisionAttrName))
      precision = stated.getValue();
  return getBits(precision);
}

void annotate(const Observation &observation, const Seen &seen, const CalibrationOptions &options) {
  Operation *op = observation.op;
  Builder builder(op->getContext());
  auto range = [&] {
    // A bias has bits enough for its largest.
    if (isBias(observation))
      return seen.magnitudes.largest();
    return seen.magnitudes.range(options.rule, bitsOf(observation, options.precision));
  };
  switch (observation.kind) {
  case Observation::Kind::Result:
    if (seen.magnitudes.sawNonFinite())
      op->emitWarning("takes values that are not finite while calibrating; its range is that of "
                      "the others");
    op->setAttr(DotaDialect::kRangeAttrName, builder.getF32FloatAttr(range()));
    return;
  case Observation::Kind::Operand: {
    SmallVector<float> ranges(op->getNumOperands(), 0.0f);
    if (auto known = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName))
      ranges.assign(known.asArrayRef().begin(), known.asArrayRef().end());
    ranges[observation.operand] = range();
    op->setAttr(DotaDialect::kOperandRangesAttrName, builder.getDenseF32ArrayAttr(ranges));
    return;
  }
  case Observation::Kind::Moment:
    if (seen.rows)
      op->setAttr(kSecondMomentAttrName, momentAttr(op->getContext(), seen));
    return;
  case Observation::Kind::KeyMoment:
    if (seen.rows)
      op->setAttr(kKeySecondMomentAttrName, momentAttr(op->getContext(), seen));
    return;
  }
}

} // namespace

bool mlir::dota::isCalibrated(ModuleOp module) {
  return llvm::all_of(findObservations(module), [](const Observation &observation) {
    switch (observation.kind) {
    case Observation::Kind::Result:
      return observation.op->hasAttr(DotaDialect::kRangeAttrName);
    case Observation::Kind::Operand:
      return observation.op->hasAttr(DotaDialect::kOperandRangesAttrName);
    default:
      // Detectors do without.
      return true;
    }
  });
}

std::string mlir::dota::describe(const CalibrationOptions &options) {
  switch (options.rule.kind) {
  case RangeRule::Kind::Max:
    return "";
  case RangeRule::Kind::Percentile:
    return llvm::formatv(", by percentile {0:F3}", options.rule.percent);
  case RangeRule::Kind::Mse:
    return (", by least squared error in " + stringifyPrecision(options.precision)).str();
  }
  return "";
}

LogicalResult mlir::dota::calibrate(ModuleOp module, StringRef function,
                                    ArrayRef<std::vector<HostTensor>> samples,
                                    const CalibrationOptions &options) {
  SmallVector<Observation> observations = findObservations(module);
  OwningOpRef<ModuleOp> observed = module.clone();
  PassManager pm(module.getContext());
  pm.addPass(createInsertObservers());
  pm.addPass(createDotaToLinalg());
  if (failed(pm.run(*observed)))
    return failure();
  auto jit = Jit::create(std::move(observed), function);
  if (failed(jit))
    return failure();

  std::vector<Seen> seen(observations.size());
  if (options.rule.kind != RangeRule::Kind::Max)
    for (const Observation &observation : observations)
      if (observation.kind == Observation::Kind::Result ||
          observation.kind == Observation::Kind::Operand)
        seen[observation.id].magnitudes = Magnitudes(/*withHistogram=*/true);
  HostSession session;
  session.observe = [&](const HostView &value, int64_t id, bool moment) {
    if (!isContiguous(value))
      throw std::runtime_error("a value to observe has gaps between its rows");
    seen.at(id).take(value, moment);
  };
  for (const std::vector<HostTensor> &sample : samples)
    if (auto results = (*jit)->run(sample, session); !results)
      return module.emitError() << "calibration failed: " << toString(results.takeError());

  for (const Observation &observation : observations)
    annotate(observation, seen[observation.id], options);
  return success();
}
