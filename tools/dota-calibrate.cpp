//===- dota-calibrate.cpp - gives a module the ranges of its values ---------===//

#include "dota/Host/Calibrate.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/Pipeline/Tool.h"
#include "dota/Transforms/Observations.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace mlir::dota;
using ::dota::Error;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("dota-calibrate options");

cl::opt<std::string> inputFile(cl::Positional, cl::Required, cl::cat(category),
                               cl::desc("MODEL.mlir or MODEL.mlirbc ('-': standard input)"));
cl::opt<std::string> outputFile("o", cl::cat(category), cl::init("-"), cl::value_desc("FILE"),
                                cl::desc("where the module goes; as bytecode into .mlirbc"));
cl::list<std::string>
    inputs("input", cl::cat(category), cl::CommaSeparated, cl::value_desc("FILE.npy"),
           cl::desc("an argument, in order; for more samples all of them again, or with one more "
                    "leading dimension"));
cl::opt<bool> equalizes("equalize", cl::cat(category),
                        cl::desc("even out the features of what products read with fewer bits "
                                 "(--operand-precision), by powers of two"));
cl::opt<std::string> function("function", cl::cat(category),
                              cl::desc("the function to run (main, or the only public one)"));

void run() {
  std::vector<::dota::OutputFile> files;
  ::dota::OutputFile &output = files.emplace_back(outputFile);
  MLIRContext context(toolRegistry());
  DiagnosticPrinter printer(context);
  std::vector<uint8_t> bytes = ::dota::readFile(inputFile);
  if (isContainer(bytes))
    throw Error(inputFile + " is compiled: its formats are chosen");
  OwningOpRef<ModuleOp> module = parseModule(context, bytes, inputFile, printer);
  runPasses(*module, buildRaising);
  if (findObservations(*module).empty())
    throw Error(inputFile + " holds nothing to calibrate: no f32 op that the device could run");
  calibrateOnFiles(*module, function, inputs, equalizes);
  writeModule(*module, outputFile, output);
  ::dota::OutputFile::commit(files);
}

} // namespace

int main(int argc, char **argv) {
  keepSharedOptions({"calibration-method", "precision", "operand-precision", "remarks-filter"});
  // Also by the name that is enough here.
  cl::alias method("method", cl::cat(category), cl::desc("the same as --calibration-method"),
                   cl::aliasopt(*cl::getRegisteredOptions().lookup("calibration-method")));
  return toolMain(argc, argv, "dota-calibrate", category,
                  "runs a model's f32 reference on samples and notes the ranges of its values\n",
                  run);
}
