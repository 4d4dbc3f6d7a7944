//===- RandomPrograms.cpp - random programs at every level ------------------===//
//
//   RandomPrograms [--first=SEED] [--count=N] [--output=DIR]
//
// Each program gives the same bits by its executable meaning (as it is, and with
// constants folded) and on the lanes of random machines, scheduled or not, or it is
// reduced to a small one that does not, which is written with its machine.
//
//===----------------------------------------------------------------------===//

#include "Choices.h"
#include "Levels.h"
#include "ProgramWriter.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/Passes.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/runtime/Error.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <fstream>

using namespace dota::random;
namespace cl = llvm::cl;

namespace {

cl::opt<unsigned> first("first", cl::desc("first seed"), cl::init(1));
cl::opt<unsigned> count("count", cl::desc("number of programs"), cl::init(100));
cl::opt<std::string> output("output", cl::desc("folder that failing programs are written to"),
                            cl::init("."));

/// A machine, and how programs are lowered for it.
struct Target {
  std::string machine; // TOML
  bool isScheduled, skipsDeadKeys;
  int64_t detectRows; // as dota-to-lane takes it

  /// The first of a case has room for everything.
  static Target make(Choices &choices, bool isFirst) {
    auto one = [&](std::initializer_list<int64_t> values) {
      return std::to_string(choices.pick(values));
    };
    std::string text = "name = \"random\"\n[lanes]\ncount = " + one({1, 2, 4, 8, 3});
    text += "\n[sram]\nbytes = " + (isFirst ? "655360" : one({90112, 32768, 12288, 8192}));
    text += "\nbytes_per_cycle = " + one({256, 16});
    const int64_t rows = choices.pick({32, 8, 64});
    text += "\n[rmmu]\nrows = " + std::to_string(rows) + "\ncolumns = " + one({16, 4});
    const int64_t group = choices.pick({4, 1, 2, 8});
    text += "\ngroup = " + std::to_string(group) + "\nkey_buffer = " + one({0, 1, 4, 32});
    text += "\nconfigure = " + one({4, 1, 50});
    text += std::string("\nthroughput = ") + (choices.chance(30) ? "\"quadratic\"" : "\"linear\"");
    text += "\n[issue]\nqueue = " + one({8, 1, 2});
    text += "\n[detector]\npasses = " + one({1, 5});
    text += "\n[scheduler]\ndepth = " + one({0, 1, 3, 16});
    text += "\nreload_steps = " + one({0, 1, 2}) + ".0\n";
    const int64_t detectRows = choices.pick({-1, 0, group, rows - group});
    const bool isScheduled = !choices.chance(40), skipsDeadKeys = choices.chance(50);
    return {text, isScheduled, skipsDeadKeys, detectRows < rows ? detectRows : 0};
  }

  void lower(mlir::OpPassManager &passes, const std::string &file) const {
    if (skipsDeadKeys)
      passes.addPass(mlir::dota::createSkipDeadKeys({file, /*dead=*/1}));
    if (isScheduled) {
      mlir::dota::PipelineOptions options;
      options.machine = file;
      options.detectRows = detectRows;
      mlir::dota::buildLanes(passes, options);
      return;
    }
    lowerToLanes(passes, file, detectRows);
  }
};

/// A program, its inputs' seed, and where it runs.
struct Case {
  explicit Case(Choices &choices) : inputSeed(choices.below(1U << 16)) {
    const unsigned targetCount = 1 + choices.below(3);
    for (unsigned i = 0; i < targetCount; ++i)
      targets.push_back(Target::make(choices, i == 0));
    ProgramWriter writer(choices);
    if (choices.chance(5))
      text = writer.writeLong(choices.chance(70), choices.chance(30));
    else
      text = choices.chance(15) ? writer.writeLive() : writer.write();
    for (Target &target : targets)
      target.machine += writer.machineSection();
  }
  unsigned inputSeed;
  std::vector<Target> targets;
  std::string text;
};

/// What became of all cases.
struct Counts {
  unsigned programs = 0, runs = 0, tooLarge = 0, failed = 0;
};

class Runner {
public:
  Runner() {
    llvm::SmallString<128> path;
    if (std::error_code error = llvm::sys::fs::createTemporaryFile("random-programs", "toml", path))
      throw dota::Error("no temporary file: " + error.message());
    machineFile = path.str();
  }
  // A temporary file that stays does no harm.
  ~Runner() { [[maybe_unused]] std::error_code error = llvm::sys::fs::remove(machineFile); }

  /// What is wrong with a case; empty if nothing is.
  std::string check(const Case &one, Counts *counts = nullptr) {
    try {
      const Bytes inputs = levels.inputs(one.text, one.inputSeed);
      const Bytes expected = levels.meaning(one.text, inputs);
      const Bytes folded = levels.meaning(one.text, inputs, [](mlir::OpPassManager &passes) {
        passes.addPass(mlir::createCanonicalizerPass());
        passes.addPass(mlir::createCSEPass());
      });
      if (std::string difference = firstDifference(expected, folded); !difference.empty())
        return "with constants folded, " + difference;
      for (auto [index, target] : llvm::enumerate(one.targets)) {
        std::ofstream(machineFile) << target.machine;
        auto run = levels.lanes(one.text, inputs, machineFile, [&](mlir::OpPassManager &passes) {
          target.lower(passes, machineFile);
        });
        if (!run && index == 0)
          return "too large for a lane: " + levels.diagnostics();
        if (counts)
          ++(run ? counts->runs : counts->tooLarge);
        if (!run)
          continue;
        if (std::string difference = firstDifference(expected, run->outputs); !difference.empty())
          return "on machine " + std::to_string(index) + ", " + difference;
      }
    } catch (const dota::Error &error) {
      return error.what();
    }
    return "";
  }

private:
  Levels levels;
  std::string machineFile;
};

/// Reduces a case that fails and writes what is left.
void report(Runner &runner, unsigned seed, const ChoiceList &choices) {
  const std::function<bool(Choices &)> fails = [&](Choices &candidate) {
    return !runner.check(Case(candidate)).empty();
  };
  Choices replay(shrink(choices, fails, /*attempts=*/2000));
  const Case small(replay);
  llvm::SmallString<128> path(output);
  llvm::sys::path::append(path, "random-" + std::to_string(seed) + ".mlir");
  std::ofstream file(path.c_str());
  file << "// " << runner.check(small) << "\n// Inputs of seed " << small.inputSeed << ".\n";
  for (const Target &target : small.targets) {
    file << "// " << (target.isScheduled ? "Scheduled" : "Not scheduled")
         << (target.skipsDeadKeys ? ", without dead keys," : "") << " for\n";
    for (llvm::StringRef line : llvm::split(llvm::StringRef(target.machine).rtrim(), '\n'))
      file << "//   " << line.str() << "\n";
  }
  file << small.text;
  file.close();
  llvm::outs() << "seed " << seed << ": " << runner.check(small) << "\n  reduced to "
               << llvm::count(small.text, '\n') << " lines in " << path << "\n";
}

} // namespace

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "runs random programs at every level\n");
  try {
    Runner runner;
    Counts counts;
    const bool isShown = llvm::sys::Process::StandardErrIsDisplayed();
    for (unsigned seed = first; seed < first + count; ++seed) {
      const llvm::PrettyStackTraceFormat crash("random program of seed %u", seed);
      if (isShown)
        llvm::errs() << "\r" << seed - first << " of " << count;
      Choices choices(seed);
      const Case one(choices);
      ++counts.programs;
      if (runner.check(one, &counts).empty())
        continue;
      report(runner, seed, choices.taken());
      // The others would mostly be the same fault.
      if (++counts.failed == 5)
        break;
    }
    if (isShown)
      llvm::errs() << "\r\033[K";
    llvm::outs() << counts.programs << " programs, " << counts.runs << " runs on lanes ("
                 << counts.tooLarge << " too large for their SRAM): " << counts.failed
                 << " differ\n";
    return counts.failed > 0;
  } catch (const dota::Error &error) {
    llvm::errs() << "RandomPrograms: " << error.what() << "\n";
    return 1;
  }
}
