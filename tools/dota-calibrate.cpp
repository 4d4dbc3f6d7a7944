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

SampledModuleOptions model(category);
cl::opt<bool> equalizes("equalize", cl::cat(category),
                        cl::desc("even out the features of what products read with fewer bits "
                                 "(--precision), by powers of two"));

void run() {
  std::vector<::dota::OutputFile> files;
  ::dota::OutputFile &output = files.emplace_back(model.output);
  MLIRContext context(toolRegistry());
  DiagnosticPrinter printer(context);
  OwningOpRef<ModuleOp> module = model.read(context, printer);
  runPasses(*module, buildRaising);
  if (findObservations(*module).empty())
    throw Error(model.input + " holds nothing to calibrate: no f32 op that the device could run");
  calibrateOnFiles(*module, model.function, model.samples, equalizes);
  writeModule(*module, model.output, output);
  ::dota::OutputFile::commit(files);
}

} // namespace

int main(int argc, char **argv) {
  keepSharedOptions({"calibration-method", "precision", "operand-precision", "value-precision",
                     "remarks-filter"});
  // Also by the name that is enough here.
  cl::alias method("method", cl::cat(category), cl::desc("the same as --calibration-method"),
                   cl::aliasopt(*cl::getRegisteredOptions().lookup("calibration-method")));
  return toolMain(argc, argv, "dota-calibrate", category,
                  "runs a model's f32 reference on samples and notes the ranges of its values\n",
                  run);
}
