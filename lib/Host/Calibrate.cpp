//===- Calibrate.cpp - ranges and moments from sample inputs ---------------===//

#include "dota/Host/Calibrate.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Host/Session.h"
#include "dota/Passes.h"
#include "dota/Transforms/Observations.h"
#include "dota/Transforms/Precisions.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"
#include <Eigen/Dense>
#include <cmath>

using namespace mlir;
using namespace mlir::dota;

/// What was seen of one value.
struct Calibration::Seen {
  Magnitudes magnitudes;
  /// The largest magnitude of each feature.
  std::vector<float> features;
  /// Sum of x x^T over the rows x, each with a 1 appended.
  Eigen::MatrixXf moment;
  int64_t rows = 0;

  void take(const HostView &view, bool withMoment) {
    const int64_t count = view.size();
    const auto *data = reinterpret_cast<const float *>(view.data);
    if (!withMoment) {
      magnitudes.take(ArrayRef(data, count));
      features.resize(view.rank > 0 ? view.sizes[view.rank - 1] : 0);
      for (int64_t i = 0; i < count; ++i)
        if (float &most = features[i % features.size()]; std::isfinite(data[i]))
          most = std::max(most, std::fabs(data[i]));
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

namespace {

ElementsAttr momentAttr(MLIRContext *context, const Eigen::MatrixXf &moment) {
  int64_t size = moment.rows();
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(size * size * sizeof(float), 64);
  Eigen::Map<Eigen::MatrixXf>(reinterpret_cast<float *>(blob.getMutableData().data()), size, size) =
      moment;
  return DenseResourceElementsAttr::get(
      RankedTensorType::get({size, size}, Float32Type::get(context)), "second_moment",
      std::move(blob));
}

/// The operand of a linear that is added to its exact sums, in 32 bits.
bool isBias(const Observation &observation) {
  return observation.kind == Observation::Kind::Operand && isa<LinearOp>(observation.op) &&
         observation.operand == 2;
}

void setOperandRange(Operation *op, unsigned operand, float range) {
  SmallVector<float> ranges(op->getNumOperands(), 0.0f);
  if (auto known = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName))
    ranges.assign(known.asArrayRef().begin(), known.asArrayRef().end());
  ranges[operand] = range;
  op->setAttr(DotaDialect::kOperandRangesAttrName,
              Builder(op->getContext()).getDenseF32ArrayAttr(ranges));
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
  if (options.rule.kind == RangeRule::Kind::Max)
    return "";
  if (options.rule.kind == RangeRule::Kind::Percentile)
    return llvm::formatv(", by percentile {0:F3}", options.rule.percent);
  std::string text;
  llvm::SmallSetVector<Precision, 2> precisions;
  precisions.insert(options.precisions.values);
  precisions.insert(options.precisions.operands);
  for (Precision precision : precisions)
    if (options.rule.kind == RangeRule::Kind::Mse || getBits(precision) < 16)
      text += ((text.empty() ? ", by least squared error in " : " and ") +
               stringifyPrecision(precision))
                  .str();
  return text;
}

Calibration::Calibration(ModuleOp module, const RangeRule &rule)
    : module(module), rule(rule), observations(findObservations(module)),
      seen(observations.size()) {
  if (rule.kind != RangeRule::Kind::Max)
    for (const Observation &observation : observations)
      if (observation.kind == Observation::Kind::Result ||
          observation.kind == Observation::Kind::Operand)
        seen[observation.id].magnitudes = Magnitudes(/*withHistogram=*/true);
}
Calibration::~Calibration() = default;
Calibration::Calibration(Calibration &&) noexcept = default;
Calibration &Calibration::operator=(Calibration &&) noexcept = default;

FailureOr<Calibration> Calibration::observe(ModuleOp module, StringRef function,
                                            ArrayRef<std::vector<HostTensor>> samples,
                                            const RangeRule &rule) {
  OwningOpRef<ModuleOp> observed = module.clone();
  PassManager pm(module.getContext());
  pm.addPass(createInsertObservers());
  pm.addPass(createDotaToLinalg());
  if (failed(pm.run(*observed)))
    return failure();
  auto jit = Jit::create(std::move(observed), function);
  if (failed(jit))
    return failure();

  Calibration calibration(module, rule);
  HostSession session;
  session.observe = [&](const HostView &value, int64_t id, bool moment) {
    if (!value.isContiguous())
      throw std::runtime_error("a value to observe has gaps between its rows");
    calibration.seen.at(id).take(value, moment);
  };
  for (const std::vector<HostTensor> &sample : samples)
    if (auto results = (*jit)->run(sample, session); !results)
      return module.emitError() << "calibration failed: " << toString(results.takeError());

  for (const Observation &observation : calibration.observations) {
    const Seen &seen = calibration.seen[observation.id];
    if (observation.kind == Observation::Kind::Result && seen.magnitudes.sawNonFinite())
      observation.op->emitWarning("takes values that are not finite while calibrating; its range "
                                  "is that of the others");
    if (seen.rows)
      observation.op->setAttr(
          observation.kind == Observation::Kind::Moment ? kSecondMomentAttrName
                                                        : kKeySecondMomentAttrName,
          momentAttr(module.getContext(), seen.moment / static_cast<float>(seen.rows)));
  }
  return calibration;
}

void Calibration::annotate(const PrecisionOptions &options) const {
  // Getters of ops are not const.
  ModuleOp annotated = module;
  const Precisions precisions(annotated, options);
  Builder builder(annotated.getContext());
  for (const Observation &observation : observations) {
    observation.op->removeAttr(DotaDialect::kRangeAttrName);
    observation.op->removeAttr(DotaDialect::kOperandRangesAttrName);
  }
  for (const Observation &observation : observations) {
    Operation *op = observation.op;
    const Magnitudes &magnitudes = seen[observation.id].magnitudes;
    auto range = [&](Precision precision) { return magnitudes.range(rule, getBits(precision)); };
    if (observation.kind == Observation::Kind::Operand) {
      // A bias has bits enough for its largest.
      setOperandRange(op, observation.operand,
                      isBias(observation)
                          ? magnitudes.largest()
                          : range(precisions.ofOperand(op->getOpOperand(observation.operand))));
    } else if (observation.kind == Observation::Kind::Result) {
      const Precision precision = precisions.ofResult(observation.value);
      op->setAttr(DotaDialect::kRangeAttrName, builder.getF32FloatAttr(range(precision)));
      // Products that read it with fewer bits have a range of their own.
      for (OpOperand &use : observation.value.getUses())
        if (isProductOperand(use) && getBits(precisions.ofOperand(use)) < getBits(precision))
          setOperandRange(use.getOwner(), use.getOperandNumber(), range(precisions.ofOperand(use)));
    }
  }
}

void Calibration::annotateFeatures() const {
  for (const Observation &observation : observations)
    if (observation.kind == Observation::Kind::Result)
      for (OpOperand &use : observation.value.getUses())
        if (isa<LinearOp>(use.getOwner()) && use.getOperandNumber() == 0)
          use.getOwner()->setAttr(
              kFeatureRangesAttrName,
              DenseF32ArrayAttr::get(use.getOwner()->getContext(), seen[observation.id].features));
}

LogicalResult mlir::dota::equalize(ModuleOp module, StringRef function,
                                   ArrayRef<std::vector<HostTensor>> samples,
                                   const PrecisionOptions &options) {
  FailureOr<Calibration> calibration =
      Calibration::observe(module, function, samples, {RangeRule::Kind::Max});
  if (failed(calibration))
    return failure();
  calibration->annotateFeatures();
  PassManager pm(module.getContext());
  pm.addPass(createEqualize({stringifyPrecision(options.operands).str()}));
  return pm.run(module);
}

LogicalResult mlir::dota::calibrate(ModuleOp module, StringRef function,
                                    ArrayRef<std::vector<HostTensor>> samples,
                                    const CalibrationOptions &options) {
  FailureOr<Calibration> calibration =
      Calibration::observe(module, function, samples, options.rule);
  if (failed(calibration))
    return failure();
  calibration->annotate(options.precisions);
  return success();
}
