//===- dota-compile.cpp - a framework's module to a .dota file --------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Calibrate.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/Pipeline/Tool.h"
#include "dota/Target/Program.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace mlir::dota;
using ::dota::Error;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("dota-compile options");

cl::opt<std::string> inputFile(cl::Positional, cl::Required, cl::cat(category),
                               cl::desc("MODEL.mlir or MODEL.mlirbc ('-': standard input)"));
cl::opt<std::string> outputFile("o", cl::cat(category), cl::init("-"), cl::value_desc("FILE"),
                                cl::desc("where the result goes"));
cl::list<std::string>
    samples("calibrate", cl::cat(category), cl::CommaSeparated, cl::value_desc("FILE.npy"),
            cl::desc("sample inputs, one array an argument, in order; for more samples again, or "
                     "with one more leading dimension"));
cl::opt<std::string> function("function", cl::cat(category),
                              cl::desc("the function to calibrate (main, or the only public one)"));
enum class Emit { Calibrated, Dota, Lane, Program };
cl::opt<Emit>
    emit("emit", cl::cat(category), cl::init(Emit::Program), cl::desc("what to write"),
         cl::values(clEnumValN(Emit::Calibrated, "calibrated",
                               "the module with f32 dota ops and their ranges, as text"),
                    clEnumValN(Emit::Dota, "dota",
                               "device programs in the dota dialect, and the host part, as text"),
                    clEnumValN(Emit::Lane, "lane", "lane programs, as text"),
                    clEnumValN(Emit::Program, "program", "the container")));

void run() {
  std::vector<::dota::OutputFile> files;
  ::dota::OutputFile &output = files.emplace_back(outputFile);
  MLIRContext context(toolRegistry());
  DiagnosticPrinter printer(context);
  std::vector<uint8_t> bytes = ::dota::readFile(inputFile);
  if (isContainer(bytes))
    throw Error(inputFile + " is compiled already");
  ChosenMachine machine;
  PipelineOptions options;
  readPipelineOptions(options, machine);

  OwningOpRef<ModuleOp> module = parseModule(context, bytes, inputFile, printer);
  runPasses(*module, buildRaising);
  if (!samples.empty()) {
    calibrateOnFiles(*module, function, samples);
  } else if (!isCalibrated(*module)) {
    throw Error(inputFile + " carries no calibrated formats; give sample inputs with --calibrate");
  } else {
    refuseCalibrationMethod(inputFile);
  }
  if (emit != Emit::Calibrated)
    runPasses(*module, [&](OpPassManager &pm) { buildPrograms(pm, options); });
  std::vector<std::string> notes = notesOf(*module);
  for (const std::string &note : notes)
    llvm::errs() << "dota-compile: note: " << note << "\n";

  std::string text;
  llvm::raw_string_ostream out(text);
  if (emit == Emit::Calibrated || emit == Emit::Dota) {
    module->print(out);
    out << "\n";
  } else {
    OwningOpRef<ModuleOp> device = lowerPrograms(*module, options);
    if (!device)
      throw Reported();
    if (emit == Emit::Lane) {
      device->print(out);
      out << "\n";
    } else {
      auto file = lane::emitProgramFile(*device);
      OwningOpRef<ModuleOp> host = hostPart(*module);
      if (failed(file) || !host || failed(writeBytecodeToFile(*host, out)))
        throw Reported();
      file->machine = machine.machine().text();
      file->notes = notes;
      file->host.assign(text.begin(), text.end());
      std::vector<uint8_t> container = ::dota::write(*file);
      text.assign(container.begin(), container.end());
    }
  }
  output.write(text);
  ::dota::OutputFile::commit(files);
}

} // namespace

int main(int argc, char **argv) {
  return toolMain(argc, argv, "dota-compile", category,
                  "compiles a framework's module to a .dota file\n", run);
}
