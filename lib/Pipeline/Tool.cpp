//===- Tool.cpp - what the tools share --------------------------------------===//

#include "dota/Pipeline/Tool.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Arrays.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Remark/RemarkStreamer.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include <fmt/format.h>
#include <memory>
#include <new>

using namespace mlir;
using namespace mlir::dota;
namespace cl = llvm::cl;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static cl::OptionCategory shared("options of compilation");

static cl::opt<std::string>
    machineFlag("machine", cl::cat(shared), cl::init("dota"), cl::value_desc("FILE"),
                cl::desc("the machine: a TOML file or a shipped one's name"));
static cl::opt<unsigned> lanesFlag("lanes", cl::cat(shared), cl::init(0), cl::value_desc("N"),
                                   cl::desc("lanes, instead of what the machine has"));
static cl::opt<double>
    retainFlag("retain", cl::cat(shared), cl::init(0), cl::value_desc("SHARE"),
               cl::desc("share of the keys that a row keeps; 0 leaves attention dense"));
static cl::opt<std::string> detectorFlag("detector", cl::cat(shared), cl::init("weighted"),
                                         cl::value_desc("NAME|FILE"),
                                         cl::desc("weighted, svd, random, oracle, sanger, elsa, or "
                                                  "a file of detectors"));
static cl::list<double>
    thresholdFlag("threshold", cl::cat(shared), cl::CommaSeparated, cl::value_desc("SCORE"),
                  cl::desc("keep of the largest estimated scores those that reach it; one for all "
                           "heads or one a head"));
static cl::opt<int64_t>
    balanceFlag("balance", cl::cat(shared), cl::init(0), cl::value_desc("ROWS"),
                cl::desc("with a threshold, or masks of a file: rows of a group that keep the same "
                         "number of keys"));
static cl::opt<std::string> shareFlag("share", cl::cat(shared), cl::init("head"),
                                      cl::value_desc("head|layer|encoder"),
                                      cl::desc("what has a mask of its own"));
static cl::opt<std::string> dumpDetectorsFlag("dump-detectors", cl::cat(shared),
                                              cl::value_desc("FILE"),
                                              cl::desc("write the detectors in use (safetensors)"));
static cl::opt<std::string>
    knownMasksFlag("known-masks", cl::cat(shared), cl::value_desc("FILE|FAMILY"),
                   cl::desc("attend by masks that are known when the model is compiled: a file "
                            "that --dump-masks wrote, or NAME[:SEED] with --retain"));
static cl::opt<double> deadKeysFlag(
    "dead-keys", cl::cat(shared), cl::init(-1), cl::value_desc("SHARE"),
    cl::desc(
        "share of the keys that no query of a head should keep: these are not projected where "
        "that saves more cycles than finding the mask first costs (by default so for masks that "
        "are known alone, with 0 for none)"));
static cl::opt<bool>
    omitTokensFlag("omit-tokens", cl::cat(shared),
                   cl::desc("lossy: tokens whose key no query of a layer keeps go through its "
                            "feed-forward network by the residual alone"));
static cl::opt<int64_t>
    rankFlag("rank", cl::cat(shared), cl::init(0),
             cl::desc("columns a head of the detector (0: 8, bits of elsa 64)"));
static cl::opt<std::string> detectorPrecisionFlag("detector-precision", cl::cat(shared),
                                                  cl::init("int4"),
                                                  cl::desc("int4, int2, fx4, fx8 or fx16"));
static cl::opt<int64_t> detectRowsFlag(
    "detect-rows", cl::cat(shared), cl::init(-1), cl::value_desc("ROWS"),
    cl::desc("PE rows that detect while the others compute; 0: none, all take turns; "
             "-1: what should take the fewest cycles"));
static cl::opt<std::string>
    precisionFlag("precision", cl::cat(shared), cl::init("fx16"),
                  cl::desc("of what matrix products read, weights and all else: fx16, fx8 or fx4"));
static cl::opt<std::string>
    operandPrecisionFlag("operand-precision", cl::cat(shared),
                         cl::desc("of what they read beside weights (as --precision)"));
static cl::opt<std::string> weightPrecisionFlag("weight-precision", cl::cat(shared),
                                                cl::desc("of weights (as --precision)"));
static cl::opt<std::string>
    valuePrecisionFlag("value-precision", cl::cat(shared), cl::init("fx16"),
                       cl::desc("of all other values, sums and norms: fx16 or fx8"));
static cl::opt<std::string>
    weightScalesFlag("weight-scales", cl::cat(shared), cl::init("auto"),
                     cl::value_desc("auto|tensor|channel"),
                     cl::desc("scales of a constant weight: one, or one an output channel; auto is "
                              "channel below 16 bits"));
static cl::opt<std::string>
    calibrationMethodFlag("calibration-method", cl::cat(shared), cl::init("auto"),
                          cl::value_desc("auto|max|percentile[:PERCENT]|mse"),
                          cl::desc("the range of a value whose format is calibrated: its largest "
                                   "magnitude, what PERCENT (99.99) of them do not exceed, or that "
                                   "of least squared error; auto is mse below 16 bits, else max"));
static cl::opt<std::string> remarksFilter("remarks-filter", cl::cat(shared),
                                          cl::value_desc("REGEX"),
                                          cl::desc("show remarks of these categories"));

std::string mlir::dota::machineOption() { return machineFlag; }
bool mlir::dota::machineIsGiven() { return machineFlag.getNumOccurrences() > 0; }
bool mlir::dota::lanesAreGiven() { return lanesFlag.getNumOccurrences() > 0; }

ChosenMachine::ChosenMachine() : chosen(::dota::Machine::named(machineFlag)), path(machineFlag) {
  if (!lanesAreGiven())
    return;
  chosen.lanes = lanesFlag;
  std::string text = chosen.text();
  // Whether that many lanes can be is the description's to say.
  chosen = ::dota::Machine::parse(text, "--lanes");
  int descriptor;
  SmallString<128> temporary;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("dota-machine", "toml", descriptor, temporary))
    throw ::dota::Error("cannot write a temporary machine file: " + error.message());
  isTemporary = true;
  path = temporary.str().str();
  llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true) << text;
}

ChosenMachine::~ChosenMachine() {
  // A temporary file that stays does no harm.
  if (isTemporary) [[maybe_unused]]
    std::error_code error = llvm::sys::fs::remove(path);
}

void mlir::dota::readPipelineOptions(PipelineOptions &options, const ChosenMachine &machine) {
  // What a pass would say at no place in the source.
  if (!(retainFlag >= 0 && retainFlag <= 1))
    throw ::dota::Error(
        fmt::format("--retain is {}; a share from 0 to 1 expected", retainFlag.getValue()));
  // Known masks need no detector.
  if (!knownMasksFlag.empty())
    for (const cl::Option *flag : std::initializer_list<const cl::Option *>{
             &detectorFlag, std::addressof(thresholdFlag), &shareFlag, &dumpDetectorsFlag})
      if (flag->getNumOccurrences() > 0)
        throw ::dota::Error("--known-masks and --" + flag->ArgStr.str() +
                            " are given; masks are known or detected");
  if (!dumpDetectorsFlag.empty()) {
    if (retainFlag == 0)
      throw ::dota::Error("--dump-detectors is given, and --retain is 0: there are no detectors");
    // Says now that the place cannot be written to.
    ::dota::OutputFile probe(dumpDetectorsFlag);
  }
  if (rankFlag < 0)
    throw ::dota::Error(fmt::format("--rank is {}; 0 or more expected", rankFlag.getValue()));
  if (deadKeysFlag.getNumOccurrences() > 0 && !(deadKeysFlag >= 0 && deadKeysFlag <= 1))
    throw ::dota::Error(
        fmt::format("--dead-keys is {}; a share from 0 to 1 expected", deadKeysFlag.getValue()));
  if (omitTokensFlag && retainFlag == 0 && knownMasksFlag.empty())
    throw ::dota::Error("--omit-tokens is given, and --retain is 0: every query keeps every key");
  options.machine = machine.name();
  options.deadKeys = deadKeysFlag;
  options.omitTokens = omitTokensFlag;
  options.retain = retainFlag;
  options.detector = detectorFlag;
  options.dumpDetectors = dumpDetectorsFlag;
  options.knownMasks = knownMasksFlag;
  for (double threshold : thresholdFlag)
    options.threshold.push_back(threshold);
  options.balance = balanceFlag;
  options.share = shareFlag;
  options.rank = rankFlag;
  options.detectorPrecision = detectorPrecisionFlag;
  options.detectRows = detectRowsFlag;
  options.precision = precisionFlag;
  options.operandPrecision = operandPrecisionFlag;
  options.weightPrecision = weightPrecisionFlag;
  options.valuePrecision = valuePrecisionFlag;
  options.weightScales = weightScalesFlag;
}

CalibrationOptions mlir::dota::readCalibrationOptions() {
  CalibrationOptions options;
  StringRef method = calibrationMethodFlag;
  auto [name, figure] = method.split(':');
  if (name == "percentile")
    options.rule.kind = RangeRule::Kind::Percentile;
  else if (method == "max")
    options.rule.kind = RangeRule::Kind::Max;
  else if (method == "mse")
    options.rule.kind = RangeRule::Kind::Mse;
  else if (method != "auto")
    throw ::dota::Error("the calibration method is '" + method.str() +
                        "'; auto, max, percentile, percentile:PERCENT or mse expected");
  if (name != method && (figure.getAsDouble(options.rule.percent) ||
                         !(options.rule.percent > 0 && options.rule.percent <= 100)))
    throw ::dota::Error("--calibration-method has percentile '" + figure.str() +
                        "'; a number above 0, at most 100, expected");
  std::string error;
  auto precisions = parsePrecisions({precisionFlag, operandPrecisionFlag, weightPrecisionFlag,
                                     valuePrecisionFlag, weightScalesFlag},
                                    error);
  if (!precisions)
    throw ::dota::Error("the " + error);
  options.precisions = *precisions;
  return options;
}

void mlir::dota::refuseCalibrationMethod(StringRef file) {
  if (calibrationMethodFlag.getNumOccurrences() > 0)
    throw ::dota::Error("--calibration-method is given, and " + file.str() +
                        " carries calibrated formats already");
}

//===----------------------------------------------------------------------===//
// Calibration
//===----------------------------------------------------------------------===//

SmallVector<RankedTensorType> mlir::dota::staticArguments(FunctionOpInterface entry) {
  SmallVector<RankedTensorType> types;
  for (Type type : entry.getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape()) {
      entry.emitError() << "takes " << type << "; a static tensor expected";
      throw Reported();
    }
    types.push_back(tensor);
  }
  return types;
}

std::vector<std::vector<HostTensor>> mlir::dota::readSamples(FunctionOpInterface entry,
                                                             ArrayRef<std::string> paths) {
  SmallVector<RankedTensorType> types = staticArguments(entry);
  if (paths.empty() || types.empty() || paths.size() % types.size() != 0)
    throw ::dota::Error(fmt::format("{} arrays are given to calibrate on; '{}' takes {} arguments",
                                    paths.size(), entry.getName().str(), types.size()));
  std::vector<std::vector<HostTensor>> samples;
  for (; !paths.empty(); paths = paths.drop_front(types.size())) {
    const size_t first = samples.size();
    for (auto [argument, type] : llvm::enumerate(types)) {
      const std::string &path = paths[argument];
      std::vector<HostTensor> tensors =
          tensorsFromNpy(::dota::readNpy(::dota::readFile(path), path), type, path);
      if (argument == 0)
        samples.resize(first + tensors.size());
      if (first + tensors.size() != samples.size())
        throw ::dota::Error(fmt::format("{} holds {} runs; {} holds {}", path, tensors.size(),
                                        paths.front(), samples.size() - first));
      for (auto [number, tensor] : llvm::enumerate(tensors))
        samples[first + number].push_back(std::move(tensor));
    }
  }
  return samples;
}

void mlir::dota::calibrateOnFiles(ModuleOp module, StringRef function, ArrayRef<std::string> paths,
                                  bool equalizes) {
  FunctionOpInterface entry = findEntry(module, function);
  if (!entry)
    throw Reported();
  const CalibrationOptions options = readCalibrationOptions();
  std::vector<std::vector<HostTensor>> samples = readSamples(entry, paths);
  if (equalizes && failed(equalize(module, function, samples, options.precisions)))
    throw Reported();
  if (failed(calibrate(module, function, samples, options)))
    throw Reported();
  addNote(module, fmt::format("formats calibrated on {} run{}{}", samples.size(),
                              samples.size() == 1 ? "" : "s", describe(options)));
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

const DialectRegistry &mlir::dota::toolRegistry() {
  static const DialectRegistry *registry = [] {
    auto *made = new DialectRegistry();
    registerAllDialects(*made);
    registerAllExtensions(*made);
    made->insert<DotaDialect, lane::LaneDialect>();
    return made;
  }();
  return *registry;
}

struct DiagnosticPrinter::Impl {
  explicit Impl(MLIRContext &context)
      : handler(sources, &context, llvm::errs()), withoutPlace(&context, printWithoutPlace) {}

  /// An error of a whole module: of its file, or of none where bytecode holds no locations.
  static LogicalResult printWithoutPlace(Diagnostic &diagnostic) {
    auto file = dyn_cast<FileLineColLoc>(diagnostic.getLocation());
    const bool isOfAll = isa<UnknownLoc>(diagnostic.getLocation()) || (file && file.getLine() == 0);
    if (!isOfAll || diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return failure();
    if (file)
      llvm::errs() << file.getFilename().getValue() << ": ";
    llvm::errs() << "error: " << diagnostic << "\n";
    for (Diagnostic &note : diagnostic.getNotes())
      llvm::errs() << "note: " << note << "\n";
    return success();
  }

  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler;
  // Asked before the other, as it is the newer.
  ScopedDiagnosticHandler withoutPlace;
};

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context) : impl(std::make_unique<Impl>(context)) {
  // A message names the place; a whole model after it helps nobody.
  context.printOpOnDiagnostic(false);
  if (remarksFilter.empty())
    return;
  // `all` alone enables nothing.
  std::string filter = remarksFilter, why;
  if (!llvm::Regex(filter).isValid(why))
    throw ::dota::Error("--remarks-filter is '" + filter + "': " + why);
  remark::RemarkCategories categories{filter, filter, filter, filter, filter};
  if (failed(remark::enableOptimizationRemarks(
          context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
          /*printAsEmitRemarks=*/true)))
    throw ::dota::Error("cannot enable remarks");
}
DiagnosticPrinter::~DiagnosticPrinter() = default;
llvm::SourceMgr &DiagnosticPrinter::sources() { return impl->sources; }

bool mlir::dota::isContainer(ArrayRef<uint8_t> bytes) {
  // FlatBuffers has the identifier after the offset of the root.
  return bytes.size() >= 8 &&
         StringRef(reinterpret_cast<const char *>(bytes.data()) + 4, 4) == "DOTA";
}

OwningOpRef<ModuleOp> mlir::dota::parseModule(MLIRContext &context, ArrayRef<uint8_t> bytes,
                                              StringRef name, DiagnosticPrinter &printer) {
  bool isBytecode = mlir::isBytecode(llvm::MemoryBufferRef(
      StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()), name));
  // The parser would print the bytes it stumbles over.
  if (!isBytecode && llvm::is_contained(bytes, 0))
    throw ::dota::Error(name.str() + " is neither MLIR text or bytecode nor a .dota file");
  // Constants in bytecode are aligned relative to its start.
  auto buffer =
      llvm::WritableMemoryBuffer::getNewUninitMemBuffer(bytes.size(), name, llvm::Align(64));
  if (!buffer)
    throw std::bad_alloc();
  llvm::copy(bytes, buffer->getBufferStart());
  printer.sources().AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  auto module = parseSourceFile<ModuleOp>(printer.sources(), &context);
  if (!module)
    throw Reported();
  return module;
}

void mlir::dota::runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(module.getContext());
  if (failed(applyPassManagerCLOptions(pm)))
    throw Reported();
  build(pm);
  if (failed(pm.run(module)))
    throw Reported();
}

void mlir::dota::writeModule(ModuleOp module, StringRef path, ::dota::OutputFile &file) {
  std::string text;
  llvm::raw_string_ostream out(text);
  if (path.ends_with(".mlirbc")) {
    if (failed(writeBytecodeToFile(module, out)))
      throw Reported();
  } else {
    module.print(out);
    out << "\n";
  }
  file.write(text);
}

//===----------------------------------------------------------------------===//
// Main
//===----------------------------------------------------------------------===//

SampledModuleOptions::SampledModuleOptions(cl::OptionCategory &category)
    : input(cl::Positional, cl::Required, cl::cat(category),
            cl::desc("MODEL.mlir or MODEL.mlirbc ('-': standard input)")),
      output("o", cl::cat(category), cl::init("-"), cl::value_desc("FILE"),
             cl::desc("where the module goes; as bytecode into .mlirbc")),
      samples("input", cl::cat(category), cl::CommaSeparated, cl::value_desc("FILE.npy"),
              cl::desc("an argument, in order; for more samples all of them again, or with one "
                       "more leading dimension")),
      function("function", cl::cat(category),
               cl::desc("the function to run (main, or the only public one)")) {}

OwningOpRef<ModuleOp> SampledModuleOptions::read(MLIRContext &context,
                                                 DiagnosticPrinter &printer) const {
  std::vector<uint8_t> bytes = ::dota::readFile(input);
  if (isContainer(bytes))
    throw ::dota::Error(input + " is compiled: its formats are chosen");
  return parseModule(context, bytes, input, printer);
}

void mlir::dota::freeOptionName(StringRef name) {
  if (cl::Option *known = cl::getRegisteredOptions().lookup(name))
    known->removeArgument();
}

void mlir::dota::keepSharedOptions(ArrayRef<StringRef> names) {
  // A copy: removing one changes the registered ones.
  const auto registered = llvm::to_vector(cl::getRegisteredOptions());
  for (cl::Option *option : llvm::make_second_range(registered))
    if (llvm::is_contained(option->Categories, &shared) &&
        !llvm::is_contained(names, option->ArgStr))
      option->removeArgument();
}

int mlir::dota::toolMain(int argc, char **argv, StringRef tool, cl::OptionCategory &category,
                         StringRef overview, llvm::function_ref<void()> body) {
  llvm::InitLLVM init(argc, argv);
  // LLVM's own options, some hundreds, stay usable but out of --help.
  cl::HideUnrelatedOptions({&category, &shared});
  registerMLIRContextCLOptions();
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
  cl::ParseCommandLineOptions(argc, argv, overview);
  auto report = [&](const Twine &message) {
    llvm::errs() << tool << ": error: " << message << "\n";
    return 1;
  };
  try {
    body();
    return 0;
  } catch (const Reported &) {
    return 1;
  } catch (const std::bad_alloc &) {
    return report("out of memory");
  } catch (const std::exception &error) {
    return report(error.what());
  }
}
