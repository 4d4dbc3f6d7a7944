//===- dota-run.cpp - runs a whole model ------------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Arrays.h"
#include "dota/Host/Calibrate.h"
#include "dota/Host/Compare.h"
#include "dota/Host/Device.h"
#include "dota/Passes.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/Pipeline/Tool.h"
#include "dota/Target/Program.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Process.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::dota;
using ::dota::Error;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("dota-run options");

cl::opt<std::string>
    inputFile(cl::Positional, cl::Required, cl::cat(category),
              cl::desc("MODEL.mlir, MODEL.mlirbc or MODEL.dota ('-': standard input)"));
cl::list<std::string> inputs("input", cl::cat(category), cl::value_desc("FILE.npy"),
                             cl::desc("an argument, in order"));
cl::list<std::string> outputs("output", cl::cat(category), cl::value_desc("FILE.npy"),
                              cl::desc("a result, in order"));
cl::opt<std::string> function("function", cl::cat(category),
                              cl::desc("the function to run (main, or the only public one)"));
cl::opt<bool> reference("reference", cl::cat(category),
                        cl::desc("run the module as it is, in f32, without the device"));
enum class Level : uint8_t { Machine, Linalg, Float };
cl::opt<Level> level("level", cl::cat(category), cl::init(Level::Machine),
                     cl::desc("what runs the device programs"),
                     cl::values(clEnumValN(Level::Machine, "machine", "the simulator"),
                                clEnumValN(Level::Linalg, "linalg",
                                           "compiled code of the same meaning, without time"),
                                clEnumValN(Level::Float, "float",
                                           "the f32 ops that programs are made of, compiled")));
// The option is made in main, see there.
std::string stats;
cl::opt<std::string> trace("trace", cl::cat(category), cl::value_desc("FILE.json"),
                           cl::desc("write when each unit did what, for Perfetto"));
cl::opt<std::string> report("report", cl::cat(category), cl::value_desc("FILE.html"),
                            cl::desc("write a page"));
cl::opt<std::string> dumpMasks("dump-masks", cl::cat(category), cl::value_desc("FILE"),
                               cl::desc("write the masks that were found (safetensors)"));
cl::opt<std::string> masks("masks", cl::cat(category), cl::value_desc("FILE|family:NAME[:SEED]"),
                           cl::desc("with --timing-only: the masks that the programs would find"));
cl::opt<std::string>
    compare("compare", cl::cat(category), cl::ValueOptional, cl::value_desc("FILE.json"),
            cl::desc("compare each op with the f32 reference: a table, and the same as JSON"));
cl::opt<double> compareBound("compare-bound", cl::cat(category), cl::value_desc("DB"),
                             cl::desc("with --compare: fail where an op's signal-to-noise ratio is "
                                      "lower, and name the first"));
cl::opt<double> compareOwnBound("compare-own-bound", cl::cat(category), cl::value_desc("DB"),
                                cl::desc("the same of the error that an op makes on the operands "
                                         "it has"));
cl::opt<bool> timingOnly("timing-only", cl::cat(category),
                         cl::desc("compute no values on the device"));

/// Results and counters of one run, however it was done.
struct Outcome {
  std::vector<HostTensor> results;
  ::dota::Statistics statistics;
  ::dota::Masks masks;
  std::optional<::dota::Trace> trace;
  std::optional<Comparison> comparison;
};

bool isComparing() { return compare.getNumOccurrences() > 0; }

std::vector<HostTensor> readInputs(ArrayRef<RankedTensorType> types) {
  std::vector<HostTensor> tensors;
  for (auto [path, type] : llvm::zip_equal(inputs, types))
    tensors.push_back(tensorFromNpy(::dota::readNpy(::dota::readFile(path), path), type, path));
  return tensors;
}

/// The name of the function to run, before passes add others. Looks at the command
/// line's counts now, as what follows takes time.
std::string entryOf(ModuleOp module) {
  FunctionOpInterface entry = findEntry(module, function);
  if (!entry)
    throw Reported();
  if (inputs.size() != entry.getNumArguments())
    throw Error(fmt::format("{} inputs are given; '{}' takes {}", inputs.size(),
                            entry.getName().str(), entry.getNumArguments()));
  if (!timingOnly && outputs.size() != entry.getNumResults())
    throw Error(fmt::format("{} outputs are given; '{}' has {} results", outputs.size(),
                            entry.getName().str(), entry.getNumResults()));
  return entry.getName().str();
}

std::unique_ptr<Jit> compileHost(OwningOpRef<ModuleOp> module, StringRef entry) {
  auto jit = Jit::create(std::move(module), entry);
  if (failed(jit))
    throw Reported();
  return std::move(*jit);
}

std::vector<HostTensor> runHost(Jit &jit, HostSession &session) {
  auto results = jit.run(readInputs(jit.getArgumentTypes()), session);
  if (!results)
    throw Error(llvm::toString(results.takeError()));
  return std::move(*results);
}

/// A line on the terminal that says how far the run is; nothing in a pipe.
struct Progress {
  bool isShown = llvm::sys::Process::StandardErrIsDisplayed();

  void show(std::string_view program, int64_t sequence, int64_t batch, double share) const {
    fmt::print(stderr, "\r{}: sequence {} of {}: {:3.0f} %", program, sequence + 1, batch,
               100 * share);
  }
  ~Progress() {
    if (isShown)
      fmt::print(stderr, "\r\033[K");
  }
};

/// Runs host code with the device behind its launches.
Outcome runOnMachine(OwningOpRef<ModuleOp> host, const ::dota::ProgramFile &file,
                     const ::dota::Machine &machine) {
  int64_t hostMacs = countHostMacs(*host);
  std::string entry = entryOf(*host);
  auto jit = compileHost(std::move(host), entry);
  Outcome outcome{{}, ::dota::Statistics(machine), {}, {}, {}};
  ::dota::RunOptions options;
  options.timingOnly = timingOnly;
  ::dota::Masks given;
  StringRef family = masks;
  if (family.consume_front("family:")) {
    options.family = ::dota::MaskFamily::parse(family);
  } else if (!masks.empty()) {
    given = ::dota::readMasks(::dota::readFile(masks), std::string(masks));
    options.masks = &given;
  }
  if (!dumpMasks.empty())
    options.foundMasks = &outcome.masks;
  if (!trace.empty())
    options.trace = &outcome.trace.emplace(machine);
  Progress progress;
  Device::Progress show;
  if (progress.isShown)
    show = [&](auto &&...where) { progress.show(where...); };
  Device device(file, machine, options, show);
  HostSession session;
  session.launch = [&](auto &&...operands) { return device.launch(operands...); };
  outcome.results = runHost(*jit, session);
  outcome.statistics = device.statistics();
  outcome.statistics.macsHost = hostMacs;
  outcome.statistics.notes.insert(outcome.statistics.notes.end(), file.notes.begin(),
                                  file.notes.end());
  if (options.masks)
    outcome.statistics.masks = "file " + masks;
  return outcome;
}

/// Brings an imported module to f32 dota ops, calibrating it where it has no ranges.
void raiseAndCalibrate(ModuleOp module) {
  runPasses(module, buildRaising);
  if (!isCalibrated(module)) {
    FunctionOpInterface entry = findEntry(module, function);
    if (!entry)
      throw Reported();
    const CalibrationOptions calibration = readCalibrationOptions();
    if (failed(calibrate(module, function, {readInputs(staticArguments(entry))}, calibration)))
      throw Reported();
    addNote(module, "formats calibrated on the inputs of this run" + describe(calibration));
  } else {
    refuseCalibrationMethod(inputFile);
  }
}

/// Brings a calibrated module to programs and host code, comparing them with it if
/// asked to.
std::optional<Comparison> compilePrograms(ModuleOp module, StringRef entry,
                                          const PipelineOptions &options) {
  std::optional<Comparison> comparison;
  std::vector<HostTensor> arguments;
  if (isComparing()) {
    arguments = readInputs(staticArguments(findEntry(module, entry)));
    if (failed(comparison.emplace().runReference(module, entry, arguments)))
      throw Reported();
  }
  runPasses(module, [&](OpPassManager &pm) { buildPrograms(pm, options); });
  if (comparison && failed(comparison->runDevice(module, entry, arguments)))
    throw Reported();
  return comparison;
}

Outcome runModule(OwningOpRef<ModuleOp> module) {
  std::string entry = entryOf(*module);
  if (reference) {
    runPasses(*module, [](OpPassManager &pm) {
      buildFrontend(pm);
      // A module that was raised before.
      pm.addPass(createDotaToLinalg());
    });
    Outcome outcome{{}, ::dota::Statistics(::dota::Machine::named(machineOption())), {}, {}, {}};
    outcome.statistics.macsHost = countHostMacs(*module);
    auto jit = compileHost(std::move(module), entry);
    HostSession session;
    outcome.results = runHost(*jit, session);
    outcome.statistics.notes.push_back("f32 reference: nothing ran on the device");
    return outcome;
  }
  ChosenMachine machine;
  if (level == Level::Float) {
    runPasses(*module, buildRaising);
    Outcome outcome{{}, ::dota::Statistics(machine.machine()), {}, {}, {}};
    outcome.statistics.notes.push_back("f32 ops ran as compiled code");
    runPasses(*module, [](OpPassManager &pm) { pm.addPass(createDotaToLinalg()); });
    outcome.statistics.macsHost = countHostMacs(*module);
    auto jit = compileHost(std::move(module), entry);
    HostSession session;
    outcome.results = runHost(*jit, session);
    return outcome;
  }
  PipelineOptions options;
  readPipelineOptions(options, machine);
  raiseAndCalibrate(*module);
  std::optional<Comparison> comparison = compilePrograms(*module, entry, options);
  std::vector<std::string> notes = notesOf(*module);
  for (const std::string &note : notes)
    llvm::errs() << "dota-run: note: " << note << "\n";

  if (level == Level::Linalg) {
    Outcome outcome{{}, ::dota::Statistics(machine.machine()), {}, {}, {}};
    outcome.statistics.macsHost = countHostMacs(*module);
    outcome.statistics.macsDevice = countDeviceMacs(*module);
    outcome.statistics.notes = notes;
    outcome.statistics.notes.push_back("device programs ran as compiled code, without time");
    runPasses(*module, [](OpPassManager &pm) { pm.addPass(createDotaToLinalg()); });
    auto jit = compileHost(std::move(module), entry);
    HostSession session;
    outcome.results = runHost(*jit, session);
    outcome.comparison = std::move(comparison);
    return outcome;
  }
  OwningOpRef<ModuleOp> host = hostPart(*module);
  OwningOpRef<ModuleOp> device = lowerPrograms(*module, options);
  if (!host || !device)
    throw Reported();
  auto file = lane::emitProgramFile(*device);
  if (failed(file))
    throw Reported();
  file->notes = notes;
  device = {};
  Outcome outcome = runOnMachine(std::move(host), *file, machine.machine());
  if (comparison)
    comparison->count(outcome.statistics);
  outcome.comparison = std::move(comparison);
  return outcome;
}

Outcome runContainer(MLIRContext &context, std::vector<uint8_t> bytes) {
  if (reference || level != Level::Machine)
    throw Error(fmt::format("{} is compiled: it runs on the simulator only", inputFile));
  if (isComparing())
    throw Error(fmt::format("{} is compiled: --compare needs the module", inputFile));
  if (lanesAreGiven())
    throw Error(fmt::format("{} is compiled: its number of lanes is chosen", inputFile));
  refuseCalibrationMethod(inputFile);
  ::dota::ProgramFile file = ::dota::read(bytes, std::string(inputFile));
  if (file.host.empty())
    throw Error(fmt::format("{} has no host part; dota-sim runs its programs", inputFile));
  ::dota::Machine machine = machineIsGiven()
                                ? ::dota::Machine::named(machineOption())
                                : ::dota::Machine::parse(file.machine, inputFile + "(machine)");
  for (const std::string &note : file.notes)
    llvm::errs() << "dota-run: note: " << note << "\n";
  auto host = parseSourceString<ModuleOp>(
      StringRef(reinterpret_cast<const char *>(file.host.data()), file.host.size()), &context,
      inputFile + "(host)");
  if (!host)
    throw Reported();
  return runOnMachine(std::move(host), file, machine);
}

/// Prints the table. Throws where an op is below --compare-bound or --compare-own-bound.
void reportComparison(const Comparison &comparison) {
  fmt::print("each op's values on the device against f32 (snr), and against the op in f32 on the "
             "device's operands (own);\nas compiled code, which the simulator agrees with to the "
             "bit\n{}",
             comparison.text());
  if (compareBound.getNumOccurrences() > 0)
    if (const ComparedOp *first = comparison.firstBelow(compareBound))
      throw Error(fmt::format("{} has {:.1f} dB, the first below {:g}", describe(*first),
                              first->error.decibels(), compareBound.getValue()));
  if (compareOwnBound.getNumOccurrences() > 0)
    if (const ComparedOp *first = comparison.firstOwnBelow(compareOwnBound))
      throw Error(fmt::format("{} has {:.1f} dB of its own, the first below {:g}", describe(*first),
                              first->own.decibels(), compareOwnBound.getValue()));
}

void run() {
  if (timingOnly && !outputs.empty())
    throw Error("--timing-only computes no values for --output");
  if (timingOnly && (reference || level != Level::Machine))
    throw Error("--timing-only is for the simulator");
  if (isComparing() && (timingOnly || reference || level == Level::Float))
    throw Error("--compare is for values of the device");
  for (const cl::Option *bound : std::initializer_list<const cl::Option *>{
           std::addressof(compareBound), std::addressof(compareOwnBound)})
    if (bound->getNumOccurrences() > 0 && !isComparing())
      throw Error("--" + bound->ArgStr.str() + " is for --compare");
  if (!timingOnly && !masks.empty())
    throw Error("--masks is for --timing-only: a full run finds its own masks");
  std::vector<::dota::OutputFile> files;
  auto open = [&](const std::string &path) -> std::optional<size_t> {
    if (path.empty())
      return std::nullopt;
    files.emplace_back(path);
    return files.size() - 1;
  };
  for (const std::string &path : outputs)
    open(path);
  auto statsFile = open(stats), traceFile = open(trace), reportFile = open(report),
       masksFile = open(dumpMasks), compareFile = open(compare);

  MLIRContext context(toolRegistry());
  DiagnosticPrinter printer(context);
  std::vector<uint8_t> bytes = ::dota::readFile(inputFile);
  Outcome outcome = isContainer(bytes) ? runContainer(context, std::move(bytes))
                                       : runModule(parseModule(context, bytes, inputFile, printer));

  if (!timingOnly)
    for (auto [number, result] : llvm::enumerate(outcome.results))
      files[number].write(
          ::dota::writeNpy(npyFromTensor(std::move(result), "result " + std::to_string(number))));
  if (statsFile)
    files[*statsFile].write(outcome.statistics.json());
  if (traceFile)
    files[*traceFile].write(outcome.trace ? outcome.trace->json() : "{\"traceEvents\":[]}\n");
  if (reportFile)
    files[*reportFile].write(outcome.statistics.html(inputFile));
  if (masksFile)
    files[*masksFile].write(::dota::writeMasks(outcome.masks));
  if (compareFile)
    files[*compareFile].write(outcome.comparison->json());
  ::dota::OutputFile::commit(files);
  if (outcome.comparison)
    reportComparison(*outcome.comparison);
}

} // namespace

int main(int argc, char **argv) {
  // LLVM has a --stats of its own, for its developers.
  freeOptionName("stats");
  cl::opt<std::string, true> statsOption("stats", cl::cat(category), cl::location(stats),
                                         cl::value_desc("FILE.json"),
                                         cl::desc("write the counters and the operations"));
  return toolMain(argc, argv, "dota-run", category,
                  "runs a whole model: host code compiled, device programs simulated\n", run);
}
