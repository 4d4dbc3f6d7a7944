//===- Levels.cpp - one program at every level ------------------------------===//

#include "Levels.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/Host/Jit.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Simulator.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include <cstring>
#include <random>

using namespace ::dota::random;
using namespace mlir;
using namespace mlir::dota;
using ::dota::Error;

namespace {

DialectRegistry allDialects() {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registry.insert<DotaDialect, lane::LaneDialect>();
  return registry;
}

void countInstructions(ModuleOp module, Levels::LaneRun &run) {
  module->walk([&](Operation *op) {
    if (auto sparse = dyn_cast<lane::SddmmOp>(op))
      run.blocks += sparse.getPartial();
    if (auto product = dyn_cast<lane::MatmulOp>(op))
      run.blocks += product.getUnsignedA() && product.getAccumulate();
    run.estimates += isa<lane::EstimateOp>(op);
  });
}

/// What must be the same whether values are computed or not.
void compareCounts(const ::dota::Statistics &run, const ::dota::Statistics &timing) {
  if (run.cycles != timing.cycles)
    throw Error("timing alone counts " + std::to_string(timing.cycles) + " cycles, the run " +
                std::to_string(run.cycles));
  if (run.keyWork != timing.keyWork || run.valueWork != timing.valueWork)
    throw Error("timing alone visits other keys than the run");
  if (run.liveMacs != timing.liveMacs || run.deadMacs != timing.deadMacs)
    throw Error("timing alone leaves out other rows than the run");
  if (run.keyWork.kept != run.valueWork.kept || run.keyWork.loads != run.valueWork.loads)
    throw Error("values are visited in another way than keys");
}

} // namespace

void ::dota::random::lowerToLanes(OpPassManager &passes, const std::string &machineFile,
                                  int64_t detectRows, bool schedules) {
  passes.addPass(createReorderKeys({machineFile, "best"}));
  passes.addPass(createDotaToLane({machineFile, detectRows}));
  auto &programs = passes.nest<lane::ProgramOp>();
  if (schedules)
    programs.addPass(createLaneSchedule({0, machineFile, /*window=*/128}));
  programs.addPass(createAllocateSram({0, machineFile}));
  programs.addPass(createInsertWaits());
  programs.addPass(createLaneVerify({0, machineFile}));
}

Levels::Levels() : context(allDialects()) {
  context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream(messages) << diagnostic.getLocation() << ": " << diagnostic << "\n";
  });
}

OwningOpRef<ModuleOp> Levels::parse(const std::string &text) {
  messages.clear();
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    throw Error("no module: " + messages);
  return module;
}

Bytes Levels::inputs(const std::string &text, unsigned seed) {
  auto module = parse(text);
  std::mt19937 random(seed);
  Bytes result;
  auto program = *module->getOps<ProgramOp>().begin();
  for (Type type : program.getArgumentTypes()) {
    std::vector<float> values(cast<RankedTensorType>(type).getNumElements());
    for (float &value : values)
      value = static_cast<float>(random() % 4096) / 512 - 4;
    result.emplace_back(values.size() * sizeof(float));
    std::memcpy(result.back().data(), values.data(), result.back().size());
  }
  return result;
}

Bytes Levels::meaning(const std::string &text, const Bytes &inputs, Passes prepare) {
  auto module = parse(text);
  PassManager passes(&context);
  if (prepare)
    prepare(passes);
  passes.addPass(createDotaToLinalg());
  if (failed(passes.run(*module)))
    throw Error("no meaning: " + messages);
  JitOptions options;
  options.optLevel = 0;
  auto jit = Jit::create(std::move(module), "main", options);
  if (failed(jit))
    throw Error("no meaning: " + messages);
  std::vector<HostTensor> tensors;
  for (auto [type, bytes] : llvm::zip_equal((*jit)->getArgumentTypes(), inputs))
    tensors.push_back({type, bytes});
  auto results = (*jit)->run(tensors);
  if (!results)
    throw Error("no meaning: " + toString(results.takeError()));
  Bytes outputs;
  for (HostTensor &result : *results)
    outputs.push_back(std::move(result.data));
  return outputs;
}

std::optional<Levels::LaneRun> Levels::lanes(const std::string &text, const Bytes &inputs,
                                             const std::string &machineFile, Passes lower) {
  const ::dota::Machine machine = ::dota::Machine::load(machineFile);
  auto module = parse(text);
  module->lookupSymbol("main")->erase();
  PassManager passes(&context);
  lower(passes);
  if (failed(passes.run(*module))) {
    if (messages.find("tile needs") == std::string::npos)
      throw Error("not lowered: " + messages);
    return std::nullopt;
  }
  LaneRun result;
  countInstructions(*module, result);
  auto file = lane::emitProgramFile(*module);
  if (failed(file))
    throw Error("not emitted: " + messages);
  const std::vector<uint8_t> bytes = ::dota::write(*file);
  auto imported = lane::importProgramFile(&context, ::dota::read(bytes, "program"));
  FailureOr<::dota::ProgramFile> again = failure();
  if (imported)
    again = lane::emitProgramFile(*imported);
  if (failed(again) || ::dota::write(*again) != bytes)
    throw Error("the program that is read back is another: " + messages);

  const ::dota::Program &program = file->programs.front();
  std::vector<const void *> in;
  std::vector<void *> out;
  for (const std::vector<char> &input : inputs)
    in.push_back(input.data());
  for (const auto &tensor : program.outputs)
    result.outputs.emplace_back(tensor.bytes());
  for (std::vector<char> &output : result.outputs)
    out.push_back(output.data());
  ::dota::Simulator simulator(program, machine), timing(program, machine);
  simulator.run(in, out, {.foundMasks = &result.masks});
  timing.run({}, {}, {.timingOnly = true, .masks = &result.masks});
  compareCounts(simulator.statistics(), timing.statistics());
  result.deadMacs = simulator.statistics().deadMacs;
  result.keyWork = simulator.statistics().keyWork;
  return result;
}

std::string(::dota::random::firstDifference)(const Bytes &expected, const Bytes &found) {
  if (expected.size() != found.size())
    return std::to_string(found.size()) + " results found, " + std::to_string(expected.size()) +
           " expected";
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::vector<char> &a = expected[i], &b = found[i];
    if (a.size() != b.size())
      return "result " + std::to_string(i) + ": " + std::to_string(b.size()) + " bytes found, " +
             std::to_string(a.size()) + " expected";
    for (size_t at = 0; at + sizeof(float) <= a.size(); at += sizeof(float)) {
      float x, y;
      std::memcpy(&x, &a[at], sizeof(float));
      std::memcpy(&y, &b[at], sizeof(float));
      if (std::memcmp(&a[at], &b[at], sizeof(float)) != 0)
        return "result " + std::to_string(i) + ", element " + std::to_string(at / sizeof(float)) +
               ": " + std::to_string(y) + " found, " + std::to_string(x) + " expected";
    }
  }
  return "";
}
