//===- Tool.cpp - what dota-run and dota-compile share ----------------------===//

#include "dota/Pipeline/Tool.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "mlir/Bytecode/BytecodeReader.h"
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
                                         cl::desc("weighted, svd, random, oracle, sanger, or a "
                                                  "file of detectors"));
static cl::list<double>
    thresholdFlag("threshold", cl::cat(shared), cl::CommaSeparated, cl::value_desc("SCORE"),
                  cl::desc("keep of the largest estimated scores those that reach it; one for all "
                           "heads or one a head"));
static cl::opt<int64_t>
    balanceFlag("balance", cl::cat(shared), cl::init(0), cl::value_desc("ROWS"),
                cl::desc("with a threshold: rows of a group that keep the same number of keys"));
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
static cl::opt<int64_t> rankFlag("rank", cl::cat(shared), cl::init(8),
                                 cl::desc("columns a head of the detector"));
static cl::opt<std::string> detectorPrecisionFlag("detector-precision", cl::cat(shared),
                                                  cl::init("int4"),
                                                  cl::desc("int4, int2, fx4, fx8 or fx16"));
static cl::opt<std::string> precisionFlag("precision", cl::cat(shared), cl::init("fx16"),
                                          cl::desc("of values: fx16 or fx8"));
static cl::opt<std::string> weightPrecisionFlag("weight-precision", cl::cat(shared),
                                                cl::init("fx16"),
                                                cl::desc("of constant weights: fx16, fx8 or fx4"));
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
  if (isTemporary)
    (void)llvm::sys::fs::remove(path);
}

void mlir::dota::readPipelineOptions(PipelineOptions &options, const ChosenMachine &machine) {
  // What a pass would say at no place in the source.
  if (!(retainFlag >= 0 && retainFlag <= 1))
    throw ::dota::Error(
        fmt::format("--retain is {}; a share from 0 to 1 expected", retainFlag.getValue()));
  // Known masks need no detector.
  if (!knownMasksFlag.empty())
    for (const cl::Option *flag :
         std::initializer_list<const cl::Option *>{&detectorFlag, std::addressof(thresholdFlag),
                                                   &balanceFlag, &shareFlag, &dumpDetectorsFlag})
      if (flag->getNumOccurrences() > 0)
        throw ::dota::Error("--known-masks and --" + flag->ArgStr.str() +
                            " are given; masks are known or detected");
  if (!dumpDetectorsFlag.empty()) {
    if (retainFlag == 0)
      throw ::dota::Error("--dump-detectors is given, and --retain is 0: there are no detectors");
    // Says now that the place cannot be written to.
    ::dota::OutputFile probe(dumpDetectorsFlag);
  }
  if (rankFlag < 1)
    throw ::dota::Error(fmt::format("--rank is {}; at least 1 expected", rankFlag.getValue()));
  options.machine = machine.name();
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
  options.precision = precisionFlag;
  options.weightPrecision = weightPrecisionFlag;
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
  explicit Impl(MLIRContext &context) : handler(sources, &context, llvm::errs()) {}
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler;
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
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(
      StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()), name);
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

//===----------------------------------------------------------------------===//
// Main
//===----------------------------------------------------------------------===//

void mlir::dota::freeOptionName(StringRef name) {
  if (cl::Option *known = cl::getRegisteredOptions().lookup(name))
    known->removeArgument();
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
