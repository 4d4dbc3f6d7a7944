//===- dota-choose-precision.cpp - bits where they matter -------------------===//

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/ChoosePrecision.h"
#include "dota/Pipeline/Tool.h"
#include "dota/Target/Program.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Regex.h"

#include <fmt/format.h>

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
cl::opt<std::string> keep("keep", cl::cat(category), cl::value_desc("REGEX"),
                          cl::desc("leave ops in FX16 whose 'KIND at PLACE' has a match"));
cl::opt<std::string> json("json", cl::cat(category), cl::value_desc("FILE.json"),
                          cl::desc("write the points that were run"));

std::string pointsText(ArrayRef<PrecisionPoint> points) {
  std::string text = "    error        cycles     energy uJ  narrowed\n";
  for (const PrecisionPoint &point : points)
    text += fmt::format("{:9.6f}  {:12.0f}  {:12.2f}  {} of {}{}\n", point.error, point.cycles,
                        point.energy, point.narrowed, point.all,
                        point.error <= budget ? "" : "  beyond the budget");
  return text;
}

std::string pointsJson(ArrayRef<PrecisionPoint> points) {
  llvm::json::Array list;
  for (const PrecisionPoint &point : points)
    list.push_back(llvm::json::Object{{"error", point.error},
                                      {"cycles", point.cycles},
                                      {"energy", point.energy},
                                      {"narrowed", point.narrowed},
                                      {"all", point.all}});
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv(
      "{0:2}\n", llvm::json::Value(llvm::json::Object{
                     {"version", 1}, {"budget", budget.getValue()}, {"points", std::move(list)}}));
  return text;
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
    options.isPinned = [&](Operation *op) {
      ::dota::Program::Location place = lane::describeLocation(op->getLoc());
      return kept.match(fmt::format("{} at {}:{}:{} {}", op->getName().stripDialect().str(),
                                    place.file, place.line, place.column, place.name));
    };
  const bool isShown = llvm::sys::Process::StandardErrIsDisplayed();
  if (isShown)
    options.progress = [](int64_t done, int64_t all) {
      fmt::print(stderr, "\r\033[Krun {} of {}", done, all);
    };
  auto points = choosePrecisions(*module, name, samples, machine.machine(), pipeline, options);
  if (isShown)
    fmt::print(stderr, "\r\033[K");
  if (failed(points))
    throw Reported();
  if (points->front().error > budget)
    throw Error(fmt::format("FX16 throughout has an error of {:.6f}; the budget is {:g}",
                            points->front().error, budget.getValue()));
  addNote(*module, fmt::format("precisions chosen for an error of {:g} on {} run{}",
                               budget.getValue(), samples.size(), samples.size() == 1 ? "" : "s"));
  fmt::print(stderr, "{}", pointsText(*points));
  writeModule(*module, model.output, files[0]);
  if (!json.empty())
    files[1].write(pointsJson(*points));
  ::dota::OutputFile::commit(files);
}

} // namespace

int main(int argc, char **argv) {
  keepSharedOptions({"machine", "lanes", "remarks-filter"});
  return toolMain(argc, argv, "dota-choose-precision", category,
                  "gives products fewer bits where the results hardly change\n", run);
}
