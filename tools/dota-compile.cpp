//===- dota-compile.cpp - a framework's module to a .dota file --------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Arrays.h"
#include "dota/Host/Calibrate.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/Pipeline/Tool.h"
#include "dota/Target/Program.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/CommandLine.h"

#include <fmt/format.h>

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
            cl::desc("sample inputs, one array an argument, in order; with one more leading "
                     "dimension for several runs"));
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

/// The runs that --calibrate describes.
std::vector<std::vector<HostTensor>> readSamples(FunctionOpInterface entry) {
  if (samples.size() != entry.getNumArguments())
    throw Error(fmt::format("{} arrays are given to calibrate on; '{}' takes {} arguments",
                            samples.size(), entry.getName().str(), entry.getNumArguments()));
  std::vector<std::vector<HostTensor>> runs;
  for (auto [number, path] : llvm::enumerate(samples)) {
    auto type = dyn_cast<RankedTensorType>(entry.getArgumentTypes()[number]);
    if (!type || !type.hasStaticShape()) {
      entry.emitError() << "takes " << entry.getArgumentTypes()[number]
                        << "; a static tensor expected";
      throw Reported();
    }
    std::vector<HostTensor> tensors =
        tensorsFromNpy(::dota::readNpy(::dota::readFile(path), path), type, path);
    if (number == 0)
      runs.resize(tensors.size());
    if (tensors.size() != runs.size())
      throw Error(fmt::format("{} holds {} runs; {} holds {}", path, tensors.size(), samples[0],
                              runs.size()));
    for (auto [run, tensor] : llvm::zip_equal(runs, tensors))
      run.push_back(std::move(tensor));
  }
  return runs;
}

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
    FunctionOpInterface entry = findEntry(*module, function);
    if (!entry)
      throw Reported();
    std::vector<std::vector<HostTensor>> runs = readSamples(entry);
    if (failed(calibrate(*module, function, runs)))
      throw Reported();
    addNote(*module, fmt::format("formats calibrated on {} run{}", runs.size(),
                                 runs.size() == 1 ? "" : "s"));
  } else if (!isCalibrated(*module)) {
    throw Error(inputFile + " carries no calibrated formats; give sample inputs with --calibrate");
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
