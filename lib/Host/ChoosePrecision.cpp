//===- ChoosePrecision.cpp - bits where they matter -------------------------===//

#include "dota/Host/ChoosePrecision.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Calibrate.h"
#include "dota/Host/Device.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include <algorithm>
#include <cmath>
#include <map>

using namespace mlir;
using namespace mlir::dota;

namespace {

/// In which a product reads its operands and its weight.
struct Level {
  Precision operands, weights;
};
/// From wide to narrow. An attention has no weights, so the first and the third.
constexpr Level kLevels[] = {{Precision::FX16, Precision::FX16},
                             {Precision::FX16, Precision::FX8},
                             {Precision::FX8, Precision::FX8},
                             {Precision::FX8, Precision::FX4}};

/// A product that may be narrowed.
struct Unit {
  Operation *op;
  SmallVector<unsigned> levels;
};

class Chooser {
public:
  Chooser(ModuleOp module, StringRef function, ArrayRef<std::vector<HostTensor>> samples,
          const ::dota::Machine &machine, const PipelineOptions &pipeline,
          const PrecisionChoiceOptions &options)
      : module(module), function(function), samples(samples), machine(machine), pipeline(pipeline),
        options(options) {}

  FailureOr<std::vector<PrecisionPoint>> run();

private:
  /// A level of each unit, by its number.
  using Choice = std::vector<unsigned>;
  struct Step {
    size_t unit;
    unsigned level;
  };

  void findUnits();
  LogicalResult runReference();
  void apply(const Choice &choice);
  FailureOr<PrecisionPoint> measure(const Choice &choice);
  LogicalResult measureUnits();
  std::vector<Step> orderSteps() const;
  double saved(const PrecisionPoint &from, const PrecisionPoint &to) const {
    return options.savesEnergy ? from.energy - to.energy : from.cycles - to.cycles;
  }

  ModuleOp module;
  StringRef function;
  ArrayRef<std::vector<HostTensor>> samples;
  const ::dota::Machine &machine;
  const PipelineOptions &pipeline;
  const PrecisionChoiceOptions &options;
  std::vector<Unit> units;
  std::optional<Calibration> calibration;
  /// Results of floats, a sample.
  std::vector<std::vector<float>> reference;
  /// With one unit at a level and all others at the first.
  std::map<std::pair<size_t, unsigned>, PrecisionPoint> alone;
  int64_t runs = 0, allRuns = 0;
};

} // namespace

void Chooser::findUnits() {
  auto isStated = [](Operation *op) {
    return op->hasAttr(DotaDialect::kOperandPrecisionAttrName) ||
           op->hasAttr(DotaDialect::kWeightPrecisionAttrName);
  };
  module->walk([&](WorkOpInterface op) {
    if (!cast<RankedTensorType>(op->getOperand(0).getType()).getElementType().isF32() ||
        isStated(op) || (options.isPinned && options.isPinned(op)))
      return;
    if (auto linear = dyn_cast<LinearOp>(op.getOperation());
        linear && matchPattern(linear.getWeight(), m_Constant()))
      units.push_back({op, {0, 1, 2, 3}});
    else if (isa<AttentionOp>(op))
      units.push_back({op, {0, 2}});
  });
}

void Chooser::apply(const Choice &choice) {
  for (auto [unit, level] : llvm::zip_equal(units, choice)) {
    auto state = [op = unit.op](StringRef name, Precision precision) {
      if (precision == Precision::FX16)
        op->removeAttr(name);
      else
        op->setAttr(name, PrecisionAttr::get(op->getContext(), precision));
    };
    state(DotaDialect::kOperandPrecisionAttrName, kLevels[level].operands);
    if (isa<LinearOp>(unit.op))
      state(DotaDialect::kWeightPrecisionAttrName, kLevels[level].weights);
  }
  calibration->annotate({});
}

/// The values of all results that are f32, one after the other.
static void appendFloats(ArrayRef<HostTensor> results, std::vector<float> &values) {
  for (const HostTensor &result : results)
    if (result.type.getElementType().isF32()) {
      const auto *data = reinterpret_cast<const float *>(result.data.data());
      values.insert(values.end(), data, data + result.type.getNumElements());
    }
}

LogicalResult Chooser::runReference() {
  OwningOpRef<ModuleOp> floats = module.clone();
  PassManager pm(module.getContext());
  pm.addPass(createDotaToLinalg());
  if (failed(pm.run(*floats)))
    return failure();
  auto jit = Jit::create(std::move(floats), function);
  if (failed(jit))
    return failure();
  for (const std::vector<HostTensor> &sample : samples) {
    auto results = (*jit)->run(sample);
    if (!results)
      return module.emitError() << "the f32 reference failed: " << toString(results.takeError());
    appendFloats(*results, reference.emplace_back());
  }
  if (reference.empty() || reference.front().empty())
    return module.emitError() << "'" << function << "' has no result of f32 to measure an error of";
  return success();
}

FailureOr<PrecisionPoint> Chooser::measure(const Choice &choice) {
  apply(choice);
  OwningOpRef<ModuleOp> programs = module.clone();
  PassManager pm(module.getContext());
  buildPrograms(pm, pipeline);
  if (failed(pm.run(*programs)))
    return failure();
  OwningOpRef<ModuleOp> host = hostPart(*programs), lanes = lowerPrograms(*programs, pipeline);
  if (!host || !lanes)
    return failure();
  auto file = lane::emitProgramFile(*lanes);
  if (failed(file))
    return failure();
  auto jit = Jit::create(std::move(host), function);
  if (failed(jit))
    return failure();
  Device device(*file, machine, {});
  HostSession session;
  session.launch = [&](auto &&...operands) { return device.launch(operands...); };
  double noise = 0, signal = 0;
  for (auto [sample, exact] : llvm::zip_equal(samples, reference)) {
    auto results = (*jit)->run(sample, session);
    if (!results)
      return module.emitError() << "a run failed: " << toString(results.takeError());
    std::vector<float> values;
    appendFloats(*results, values);
    for (auto [value, wanted] : llvm::zip_equal(values, exact)) {
      noise += (static_cast<double>(value) - wanted) * (static_cast<double>(value) - wanted);
      signal += static_cast<double>(wanted) * wanted;
    }
  }
  PrecisionPoint point;
  point.all = static_cast<int64_t>(units.size());
  point.narrowed = llvm::count_if(choice, [](unsigned level) { return level > 0; });
  point.error = signal > 0 ? std::sqrt(noise / signal) : std::sqrt(noise);
  for (const ::dota::Counter &counter : device.statistics().counters()) {
    auto value =
        std::visit([](auto value) { return static_cast<double>(value); }, counter.sequence);
    if (counter.name == "cycles.total")
      point.cycles = value;
    if (counter.name == "energy.total")
      point.energy = value;
  }
  if (options.progress)
    options.progress(++runs, std::max(runs, allRuns));
  return point;
}

LogicalResult Chooser::measureUnits() {
  const Choice wide(units.size(), 0);
  FailureOr<PrecisionPoint> start = measure(wide);
  if (failed(start))
    return failure();
  for (size_t unit = 0; unit < units.size(); ++unit) {
    alone[{unit, 0}] = *start;
    for (unsigned level : ArrayRef(units[unit].levels).drop_front()) {
      Choice choice = wide;
      choice[unit] = level;
      FailureOr<PrecisionPoint> point = measure(choice);
      if (failed(point))
        return failure();
      alone[{unit, level}] = *point;
    }
  }
  return success();
}

/// The steps in the order of what they save for the squared error that they add, errors
/// of different units taken to be independent.
std::vector<Chooser::Step> Chooser::orderSteps() const {
  Choice choice(units.size(), 0);
  std::vector<Step> steps;
  while (true) {
    std::optional<Step> best;
    double bestRatio = 0;
    for (size_t unit = 0; unit < units.size(); ++unit) {
      const PrecisionPoint &from = alone.at({unit, choice[unit]});
      for (unsigned level : units[unit].levels) {
        if (level <= choice[unit])
          continue;
        const PrecisionPoint &to = alone.at({unit, level});
        // A step that adds no error is as good as one that adds next to none.
        double added = std::max(to.error * to.error - from.error * from.error, 1e-15);
        double ratio = saved(from, to) / added;
        if (ratio > bestRatio) {
          bestRatio = ratio;
          best = Step{unit, level};
        }
      }
    }
    if (!best)
      return steps;
    choice[best->unit] = best->level;
    steps.push_back(*best);
  }
}

FailureOr<std::vector<PrecisionPoint>> Chooser::run() {
  findUnits();
  if (units.empty())
    return module.emitError() << "no linear or attention is left to narrow";
  for (const Unit &unit : units)
    allRuns += static_cast<int64_t>(unit.levels.size()) - 1;
  // And one of all wide, one of all narrow, and a search between.
  allRuns += 2 + static_cast<int64_t>(std::ceil(std::log2(3 * units.size())));
  FailureOr<Calibration> observed =
      Calibration::observe(module, function, samples, {RangeRule::Kind::Mse});
  if (failed(observed))
    return failure();
  calibration = std::move(*observed);
  if (failed(runReference()) || failed(measureUnits()))
    return failure();

  const std::vector<Step> steps = orderSteps();
  auto after = [&](size_t count) {
    Choice choice(units.size(), 0);
    for (const Step &step : ArrayRef(steps).take_front(count))
      choice[step.unit] = step.level;
    return choice;
  };
  // The error is taken to rise with the steps.
  std::map<size_t, PrecisionPoint> points{{0, alone.at({0, 0})}};
  size_t within = 0, beyond = steps.size() + 1;
  if (points[0].error > options.budget)
    beyond = 1;
  for (size_t next = steps.size(); within + 1 < beyond; next = (within + beyond) / 2) {
    FailureOr<PrecisionPoint> point = measure(after(next));
    if (failed(point))
      return failure();
    points[next] = *point;
    (point->error <= options.budget ? within : beyond) = next;
  }
  apply(after(within));
  std::vector<PrecisionPoint> frontier;
  frontier.reserve(points.size());
  for (const auto &[count, point] : points)
    frontier.push_back(point);
  return frontier;
}

FailureOr<std::vector<PrecisionPoint>>
mlir::dota::choosePrecisions(ModuleOp raised, StringRef function,
                             ArrayRef<std::vector<HostTensor>> samples,
                             const ::dota::Machine &machine, const PipelineOptions &pipeline,
                             const PrecisionChoiceOptions &options) {
  return Chooser(raised, function, samples, machine, pipeline, options).run();
}
