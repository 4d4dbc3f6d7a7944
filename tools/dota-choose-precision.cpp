//===- dota-choose-precision.cpp - bits where they matter -------------------===//

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/ChoosePrecision.h"
#include "dota/Pipeline/Tool.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Regex.h"

#include <fmt/format.h>
#include <map>

using namespace mlir;
using namespace mlir::dota;
using ::dota::Error;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("dota-choose-precision options");

SampledModuleOptions model(category);
cl::opt<double> budget("budget", cl::cat(category), cl::init(0.02), cl::value_desc("ERROR"),
                       cl::desc("largest error of the results: root mean square of the difference "
                                "from f32, relative to f32"));
enum class Objective { Cycles, Energy };
cl::opt<Objective> objective("objective", cl::cat(category), cl::init(Objective::Cycles),
                             cl::desc("what is to be saved"),
                             cl::values(clEnumValN(Objective::Cycles, "cycles", "time"),
                                        clEnumValN(Objective::Energy, "energy", "energy")));
cl::opt<std::string>
    keep("keep", cl::cat(category), cl::value_desc("REGEX"),
         cl::desc("leave linears and attentions in FX16 whose 'KIND at PLACE' has a "
                  "match, as this tool and --compare write it"));
cl::opt<std::string>
    json("json", cl::cat(category), cl::value_desc("FILE.json"),
         cl::desc("write the points that were run, and what each product gave alone"));

std::string pointsText(const PrecisionChoice &choice) {
  std::string text = "   error        cycles           energy uJ           narrowed\n";
  const PrecisionPoint &wide = choice.points.front();
  auto change = [](double value, double from) {
    return from > 0 ? fmt::format("({:+.1f} %)", 100 * (value / from - 1)) : std::string();
  };
  for (auto [number, point] : llvm::enumerate(choice.points))
    text += fmt::format("{:8.6f}  {:12.0f} {:>9}  {:10.2f} {:>9}  {} of {}{}\n", point.error,
                        point.cycles, number ? change(point.cycles, wide.cycles) : "", point.energy,
                        number ? change(point.energy, wide.energy) : "", point.narrowed, point.all,
                        number == choice.chosen ? "  chosen"
                        : point.error <= budget ? ""
                                                : "  beyond the budget");
  return text;
}

/// What was chosen, the products of the same bits together.
std::string unitsText(const PrecisionChoice &choice) {
  std::map<std::string, std::vector<std::string>> chosen;
  for (const PrecisionUnit &unit : choice.units) {
    const PrecisionUnit::Level &level = unit.levels[unit.chosen];
    std::string bits = stringifyPrecision(level.operands).str();
    if (unit.hasWeight)
      bits += ", weight " + stringifyPrecision(level.weights).str();
    chosen[bits].push_back(unit.description);
  }
  std::string text;
  for (const auto &[bits, units] : chosen)
    text += fmt::format("{}:\n  {}\n", bits, llvm::join(units, "\n  "));
  return text;
}

llvm::json::Object pointJson(const PrecisionPoint &point) {
  return llvm::json::Object{
      {"error", point.error}, {"cycles", point.cycles}, {"energy", point.energy}};
}

std::string choiceJson(const PrecisionChoice &choice) {
  llvm::json::Array points, units;
  for (auto [number, point] : llvm::enumerate(choice.points)) {
    llvm::json::Object object = pointJson(point);
    object["narrowed"] = point.narrowed;
    object["all"] = point.all;
    object["chosen"] = number == choice.chosen;
    points.push_back(std::move(object));
  }
  for (const PrecisionUnit &unit : choice.units) {
    llvm::json::Array levels;
    for (auto [number, level] : llvm::enumerate(unit.levels)) {
      llvm::json::Object object = pointJson(level.alone);
      object["operands"] = stringifyPrecision(level.operands);
      if (unit.hasWeight)
        object["weight"] = stringifyPrecision(level.weights);
      object["chosen"] = number == unit.chosen;
      levels.push_back(std::move(object));
    }
    units.push_back(llvm::json::Object{{"op", unit.description}, {"levels", std::move(levels)}});
  }
  return llvm::formatv("{0:2}\n",
                       llvm::json::Value(llvm::json::Object{{"version", 1},
                                                            {"budget", budget.getValue()},
                                                            {"points", std::move(points)},
                                                            {"units", std::move(units)}}));
}

void run() {
  if (!(budget >= 0))
    throw Error(fmt::format("--budget is {}; 0 or more expected", budget.getValue()));
  llvm::Regex kept(keep);
  if (std::string why; !keep.empty() && !kept.isValid(why))
    throw Error("--keep is '" + keep + "': " + why);
  std::vector<::dota::OutputFile> files;
  files.emplace_back(model.output);
  if (!json.empty())
    files.emplace_back(json);
  MLIRContext context(toolRegistry());
  DiagnosticPrinter printer(context);
  ChosenMachine machine;
  PipelineOptions pipeline;
  readPipelineOptions(pipeline, machine);
  const bool omits = pipeline.retain != 0 || !pipeline.knownMasks.empty();
  OwningOpRef<ModuleOp> module = model.read(context, printer);
  FunctionOpInterface entry = findEntry(*module, model.function);
  if (!entry)
    throw Reported();
  std::string name = entry.getName().str();
  runPasses(*module, buildRaising);
  std::vector<std::vector<HostTensor>> samples =
      readSamples(findEntry(*module, name), model.samples);

  PrecisionChoiceOptions options;
  options.budget = budget;
  options.savesEnergy = objective == Objective::Energy;
  if (!keep.empty())
    options.isPinned = [&](const std::string &description) { return kept.match(description); };
  const bool isShown = llvm::sys::Process::StandardErrIsDisplayed();
  if (isShown)
    options.progress = [](int64_t done, int64_t all) {
      fmt::print(stderr, "\r\033[Krun {} of {}", done, all);
    };
  auto choice = choosePrecisions(*module, name, samples, machine.machine(), pipeline, options);
  if (isShown)
    fmt::print(stderr, "\r\033[K");
  if (failed(choice))
    throw Reported();
  if (!choice->chosen)
    throw Error(fmt::format("FX16 throughout{} has an error of {:.6f}; the budget is {:g}",
                            omits ? ", with keys left out," : "", choice->points.front().error,
                            budget.getValue()));
  addNote(*module, fmt::format("precisions chosen for an error of {:g} on {} run{}{}",
                               budget.getValue(), samples.size(), samples.size() == 1 ? "" : "s",
                               omits ? ", with keys left out" : ""));
  fmt::print(stderr, "{}{}", unitsText(*choice), pointsText(*choice));
  writeModule(*module, model.output, files[0]);
  if (!json.empty())
    files[1].write(choiceJson(*choice));
  ::dota::OutputFile::commit(files);
}

} // namespace

int main(int argc, char **argv) {
  keepSharedOptions({"machine", "lanes", "remarks-filter", "retain", "detector", "threshold",
                     "balance", "share", "known-masks", "dead-keys", "omit-tokens", "rank",
                     "detector-precision", "detect-rows"});
  return toolMain(argc, argv, "dota-choose-precision", category,
                  "gives products fewer bits where the results hardly change\n", run);
}
