//===- ChoosePrecision.cpp - bits where they matter -------------------------===//

#include "dota/Host/ChoosePrecision.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Calibrate.h"
#include "dota/Host/Device.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
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

/// That of linears which read their x with fewer bits.
constexpr unsigned kNarrow = 2;

/// A product that may be narrowed.
struct Unit {
  Operation *op;
  SmallVector<unsigned> levels;
};

/// "linear at model.mlir:3:5"
std::string describe(Operation *op) {
  return op->getName().stripDialect().str() + " at " +
         lane::placeText(lane::describeLocation(op->getLoc()));
}

class Chooser {
public:
  Chooser(ModuleOp module, StringRef function, ArrayRef<std::vector<HostTensor>> samples,
          const ::dota::Machine &machine, const PipelineOptions &pipeline,
          const PrecisionChoiceOptions &options)
      : module(module), function(function), samples(samples), machine(machine), pipeline(pipeline),
        options(options) {}

  FailureOr<PrecisionChoice> run();

private:
  /// A level of each unit, by its number.
  using Choice = std::vector<unsigned>;
  struct Step {
    SmallVector<size_t> units;
    unsigned level;
  };

  void findUnits();
  LogicalResult runReference();
  void apply(const Choice &choice);
  LogicalResult compileHost(ModuleOp programs);
  FailureOr<PrecisionPoint> measure(const Choice &choice);
  LogicalResult measureUnits(const PrecisionPoint &start);
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
  /// What became of the host's part, and the code it was compiled to.
  OwningOpRef<ModuleOp> host;
  std::unique_ptr<Jit> hostCode;
  /// With one unit at a level and all others at the first.
  std::map<std::pair<size_t, unsigned>, PrecisionPoint> alone;
  /// Linears that read the same, which is rounded for all of them together, and what they
  /// give with fewer bits.
  std::vector<std::pair<SmallVector<size_t>, PrecisionPoint>> groups;
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
        isStated(op) || (options.isPinned && options.isPinned(describe(op))))
      return;
    if (auto linear = dyn_cast<LinearOp>(op.getOperation());
        linear && matchPattern(linear.getWeight(), m_Constant()))
      units.push_back({op, {0, 1, kNarrow, 3}});
    else if (isa<AttentionOp, MaskedAttentionOp>(op))
      units.push_back({op, {0, kNarrow}});
  });
  llvm::MapVector<Value, SmallVector<size_t>> readers;
  for (auto [number, unit] : llvm::enumerate(units))
    if (auto linear = dyn_cast<LinearOp>(unit.op))
      readers[linear.getX()].push_back(number);
  for (auto &[x, members] : readers)
    if (members.size() > 1)
      groups.emplace_back(members, PrecisionPoint());
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

/// Bits matter to programs; the host's part stays the same, as a rule, and compiling it
/// takes longer than all the rest.
LogicalResult Chooser::compileHost(ModuleOp programs) {
  OwningOpRef<ModuleOp> now = hostPart(programs);
  if (!now)
    return failure();
  if (host &&
      OperationEquivalence::isEquivalentTo(*host, *now, OperationEquivalence::IgnoreLocations))
    return success();
  host = now->clone();
  auto code = Jit::create(std::move(now), function);
  if (failed(code))
    return failure();
  hostCode = std::move(*code);
  return success();
}

/// The stored integers that a module's constants have as resources, which live as long as
/// the context.
static llvm::SetVector<DialectResourceBlobManager::BlobEntry *> storedConstants(ModuleOp module) {
  llvm::SetVector<DialectResourceBlobManager::BlobEntry *> found;
  module.walk([&](ConstantOp op) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue()))
      found.insert(resource.getRawHandle().getResource());
  });
  return found;
}

FailureOr<PrecisionPoint> Chooser::measure(const Choice &choice) {
  apply(choice);
  OwningOpRef<ModuleOp> programs = module.clone();
  PassManager pm(module.getContext());
  buildPrograms(pm, pipeline);
  if (failed(pm.run(*programs)))
    return failure();
  if (failed(compileHost(*programs)))
    return failure();
  OwningOpRef<ModuleOp> lanes = lowerPrograms(*programs, pipeline);
  if (!lanes)
    return failure();
  auto file = lane::emitProgramFile(*lanes);
  if (failed(file))
    return failure();
  // A model's weights once a run would soon be too many.
  lanes = {};
  auto stored = storedConstants(*programs);
  programs = {};
  stored.set_subtract(storedConstants(module));
  for (DialectResourceBlobManager::BlobEntry *entry : stored)
    entry->setBlob(AsmResourceBlob());
  Device device(*file, machine, {});
  HostSession session;
  session.launch = [&](auto &&...operands) { return device.launch(operands...); };
  double noise = 0, signal = 0;
  for (auto [sample, exact] : llvm::zip_equal(samples, reference)) {
    auto results = hostCode->run(sample, session);
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

LogicalResult Chooser::measureUnits(const PrecisionPoint &start) {
  const Choice wide(units.size(), 0);
  for (size_t unit = 0; unit < units.size(); ++unit) {
    alone[{unit, 0}] = start;
    for (unsigned level : ArrayRef(units[unit].levels).drop_front()) {
      Choice choice = wide;
      choice[unit] = level;
      FailureOr<PrecisionPoint> point = measure(choice);
      if (failed(point))
        return failure();
      alone[{unit, level}] = *point;
    }
  }
  for (auto &[members, together] : groups) {
    Choice choice = wide;
    for (size_t unit : members)
      choice[unit] = kNarrow;
    FailureOr<PrecisionPoint> point = measure(choice);
    if (failed(point))
      return failure();
    together = *point;
  }
  return success();
}

/// The steps in the order of what they save for the squared error that they add, errors
/// of different units taken to be independent.
std::vector<Chooser::Step> Chooser::orderSteps() const {
  const PrecisionPoint &wide = alone.at({0, 0});
  Choice choice(units.size(), 0);
  std::vector<Step> steps;
  while (true) {
    std::optional<Step> best;
    double bestRatio = 0;
    auto consider = [&](ArrayRef<size_t> members, unsigned level, const PrecisionPoint &to) {
      double gain = saved(wide, to), added = to.error * to.error - wide.error * wide.error;
      for (size_t unit : members) {
        const PrecisionPoint &from = alone.at({unit, choice[unit]});
        gain -= saved(wide, from);
        added -= from.error * from.error - wide.error * wide.error;
      }
      // A step that adds no error is as good as one that adds next to none.
      const double ratio = gain / std::max(added, 1e-15);
      if (ratio > bestRatio) {
        bestRatio = ratio;
        best = Step{SmallVector<size_t>(members), level};
      }
    };
    for (size_t unit = 0; unit < units.size(); ++unit)
      for (unsigned level : units[unit].levels)
        if (level > choice[unit])
          consider(unit, level, alone.at({unit, level}));
    for (const auto &[members, together] : groups) {
      auto isAt = [&](size_t unit) { return choice[unit] == kNarrow; };
      if (llvm::all_of(members, [&](size_t unit) { return choice[unit] <= kNarrow; }) &&
          !llvm::all_of(members, isAt))
        consider(members, kNarrow, together);
    }
    if (!best)
      return steps;
    for (size_t unit : best->units)
      choice[unit] = best->level;
    steps.push_back(*best);
  }
}

FailureOr<PrecisionChoice> Chooser::run() {
  findUnits();
  if (units.empty())
    return module.emitError() << "no linear or attention is left to narrow";
  for (const Unit &unit : units)
    allRuns += static_cast<int64_t>(unit.levels.size()) - 1;
  // And one of all wide, one of all narrow, and a search between.
  allRuns += static_cast<int64_t>(groups.size()) + 2 +
             static_cast<int64_t>(std::ceil(std::log2(3 * units.size())));
  FailureOr<Calibration> observed =
      Calibration::observe(module, function, samples, {RangeRule::Kind::Mse});
  if (failed(observed))
    return failure();
  calibration = std::move(*observed);
  if (failed(runReference()))
    return failure();
  FailureOr<PrecisionPoint> start = measure(Choice(units.size(), 0));
  if (failed(start))
    return failure();
  PrecisionChoice result;
  if (start->error > options.budget) {
    result.points.push_back(*start);
    return result;
  }
  if (failed(measureUnits(*start)))
    return failure();

  const std::vector<Step> steps = orderSteps();
  auto after = [&](size_t count) {
    Choice choice(units.size(), 0);
    for (const Step &step : ArrayRef(steps).take_front(count))
      for (size_t unit : step.units)
        choice[unit] = step.level;
    return choice;
  };
  // The error is taken to rise with the steps.
  std::map<size_t, PrecisionPoint> points{{0, *start}};
  size_t within = 0, beyond = steps.size() + 1;
  for (size_t next = steps.size(); within + 1 < beyond; next = (within + beyond) / 2) {
    FailureOr<PrecisionPoint> point = measure(after(next));
    if (failed(point))
      return failure();
    points[next] = *point;
    (point->error <= options.budget ? within : beyond) = next;
  }
  const Choice chosen = after(within);
  apply(chosen);
  result.chosen = std::distance(points.begin(), points.find(within));
  llvm::append_range(result.points, llvm::make_second_range(points));
  for (size_t number = 0; number < units.size(); ++number) {
    PrecisionUnit &unit = result.units.emplace_back();
    unit.description = describe(units[number].op);
    unit.hasWeight = isa<LinearOp>(units[number].op);
    for (unsigned level : units[number].levels) {
      if (level == chosen[number])
        unit.chosen = unit.levels.size();
      unit.levels.push_back(
          {kLevels[level].operands, kLevels[level].weights, alone.at({number, level})});
    }
  }
  return result;
}

FailureOr<PrecisionChoice> mlir::dota::choosePrecisions(ModuleOp raised, StringRef function,
                                                        ArrayRef<std::vector<HostTensor>> samples,
                                                        const ::dota::Machine &machine,
                                                        const PipelineOptions &pipeline,
                                                        const PrecisionChoiceOptions &options) {
  return Chooser(raised, function, samples, machine, pipeline, options).run();
}
