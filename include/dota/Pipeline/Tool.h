//===- Tool.h - what the tools share ----------------------------*- C++ -*-===//
//
// Options that both have, how they read modules and how they report errors.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_PIPELINE_TOOL_H
#define DOTA_PIPELINE_TOOL_H

#include "dota/Host/Calibrate.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/runtime/Files.h"
#include "dota/runtime/Machine.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

namespace mlir::dota {

/// Thrown where an error has been printed already.
struct Reported {};

/// All dialects that a module may hold, and what runs them.
const DialectRegistry &toolRegistry();

/// Prints diagnostics with their source lines, and remarks that
/// `--remarks-filter` asks for.
class DiagnosticPrinter {
public:
  explicit DiagnosticPrinter(MLIRContext &context);
  ~DiagnosticPrinter();
  llvm::SourceMgr &sources();

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

bool isContainer(ArrayRef<uint8_t> bytes);

/// MLIR text or bytecode. Throws Reported.
OwningOpRef<ModuleOp> parseModule(MLIRContext &context, ArrayRef<uint8_t> bytes, StringRef name,
                                  DiagnosticPrinter &printer);

/// Writes a module as text, or as bytecode where `path` ends in .mlirbc.
void writeModule(ModuleOp module, StringRef path, ::dota::OutputFile &file);

/// Throws Reported where a pass fails.
void runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build);

/// The value of --machine.
std::string machineOption();
bool machineIsGiven();
bool lanesAreGiven();

/// The machine that --machine and --lanes describe. Passes read machines by name
/// or file, so that one with another number of lanes has a file for its lifetime.
class ChosenMachine {
public:
  /// Throws dota::Error.
  ChosenMachine();
  ~ChosenMachine();
  const ::dota::Machine &machine() const { return chosen; }
  const std::string &name() const { return path; }

private:
  ::dota::Machine chosen;
  std::string path;
  bool isTemporary = false;
};

/// What the shared options say.
void readPipelineOptions(PipelineOptions &options, const ChosenMachine &machine);

/// What --calibration-method and --precision say. Throws dota::Error.
CalibrationOptions readCalibrationOptions();

/// Throws where --calibration-method is given for a file that needs none.
void refuseCalibrationMethod(StringRef file);

/// The types of a function's arguments. Throws Reported where one is no static
/// tensor.
llvm::SmallVector<RankedTensorType> staticArguments(FunctionOpInterface entry);

/// Samples of a function's arguments from files: one array an argument, in order;
/// more samples follow it, or are a further leading dimension of each array. Throws.
std::vector<std::vector<HostTensor>> readSamples(FunctionOpInterface entry,
                                                 ArrayRef<std::string> paths);

/// Calibrates a raised module on such samples, after evening out what products read
/// with few bits if asked to, and notes it on the module. Throws.
void calibrateOnFiles(ModuleOp module, StringRef function, ArrayRef<std::string> paths,
                      bool equalizes = false);

/// Options of a tool that writes a module again, changed by what runs on samples of
/// its inputs show.
struct SampledModuleOptions {
  explicit SampledModuleOptions(llvm::cl::OptionCategory &category);

  llvm::cl::opt<std::string> input, output;
  llvm::cl::list<std::string> samples;
  llvm::cl::opt<std::string> function;

  /// The module of `input`. Throws.
  OwningOpRef<ModuleOp> read(MLIRContext &context, DiagnosticPrinter &printer) const;
};

/// Takes a name of the command line away from LLVM, for an option made after this.
void freeOptionName(StringRef name);

/// Takes the shared options away that a tool has no use for: all but `names`.
void keepSharedOptions(ArrayRef<StringRef> names);

/// Reads the command line, runs `body` and turns what it throws into a message on
/// standard error. Returns the exit status: 0 or 1.
int toolMain(int argc, char **argv, StringRef tool, llvm::cl::OptionCategory &category,
             StringRef overview, llvm::function_ref<void()> body);

} // namespace mlir::dota

#endif // DOTA_PIPELINE_TOOL_H
