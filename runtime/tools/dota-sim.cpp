//===- dota-sim.cpp - runs a program on the simulated accelerator -----------===//

#include "dota/runtime/Batch.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <new>
#include <unistd.h>

using namespace dota;

namespace {

constexpr const char *kHelp = R"(usage: dota-sim PROGRAM.dota [options]

Runs a program of a .dota file on the simulated accelerator, to the bit and with
the time it takes. '-' is standard input or output.

  --input=FILE.npy     an argument of the program, in order; each f32 or i32, of the
                       program's shape, or all with a batch dimension in front
  --output=FILE.npy    a result, in order
  --program=NAME       the program to run, where the file holds several
  --machine=FILE       the machine: a TOML file or the name of a shipped one
                       ({}); else the one compiled for
  --timing-only        computes no values
  --sequences=N        how often to run, with --timing-only (1, or the inputs' batch)
  --masks=FILE         with --timing-only: masks that the program would find, as
                       --dump-masks wrote them
  --masks=family:NAME[:SEED]
                       the same, made: {}
  --dump-masks=FILE    writes the masks that were found (safetensors)
  --stats=FILE.json    writes the counters and the operations
  --trace=FILE.json    writes when each unit did what, for Perfetto
  --report=FILE.html   writes a page
  --help, --version
)";

struct Options {
  std::string program, name, machine, masks, dumpMasks, stats, trace, report, sequences;
  std::vector<std::string> inputs, outputs;
  bool timingOnly = false;
};

/// Something is wrong with the command itself.
struct UsageError : Error {
  using Error::Error;
};

Options parse(int argc, char **argv) {
  Options options;
  const std::pair<std::string_view, std::string *> single[] = {
      {"--program", &options.name},  {"--machine", &options.machine},
      {"--masks", &options.masks},   {"--dump-masks", &options.dumpMasks},
      {"--stats", &options.stats},   {"--trace", &options.trace},
      {"--report", &options.report}, {"--sequences", &options.sequences}};
  const std::pair<std::string_view, std::vector<std::string> *> several[] = {
      {"--input", &options.inputs}, {"--output", &options.outputs}};
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument == "--timing-only") {
      options.timingOnly = true;
      continue;
    }
    if (!argument.starts_with("-") || argument == "-") {
      if (!options.program.empty())
        throw UsageError(fmt::format("two programs, '{}' and '{}'", options.program, argument));
      options.program = argument;
      continue;
    }
    size_t equal = argument.find('=');
    std::string_view key = argument.substr(0, equal);
    auto value = [&]() -> std::string {
      if (equal != std::string_view::npos)
        return std::string(argument.substr(equal + 1));
      if (i + 1 == argc)
        throw UsageError(fmt::format("{} needs a value", key));
      return argv[++i];
    };
    bool known = false;
    for (auto &[flag, place] : single)
      if (key == flag) {
        if (!place->empty())
          throw UsageError(fmt::format("{} is given twice", key));
        *place = value();
        if (place->empty())
          throw UsageError(fmt::format("{} is empty", key));
        known = true;
      }
    for (auto &[flag, place] : several)
      if (key == flag) {
        place->push_back(value());
        known = true;
      }
    if (!known)
      throw UsageError(fmt::format("unknown option '{}'", argument));
  }
  if (options.program.empty())
    throw UsageError("no program is given");
  if (!options.timingOnly && !options.masks.empty())
    throw UsageError("--masks is for --timing-only: a full run finds its own masks");
  if (!options.timingOnly && !options.sequences.empty())
    throw UsageError("--sequences is for --timing-only: a full run takes its inputs' batch");
  if (options.timingOnly && !options.outputs.empty())
    throw UsageError("--timing-only computes no values for --output");
  return options;
}

uint64_t sequencesOf(const Options &options, std::optional<uint64_t> batch) {
  if (options.sequences.empty())
    return batch.value_or(1);
  uint64_t count = 0;
  const char *end = options.sequences.data() + options.sequences.size();
  auto [at, error] = std::from_chars(options.sequences.data(), end, count);
  if (error != std::errc() || at != end || count == 0)
    throw UsageError(fmt::format("--sequences is '{}', not a number from 1", options.sequences));
  return count;
}

/// A line on the terminal that says how far the run is; nothing in a pipe.
struct Progress {
  bool isShown = ::isatty(STDERR_FILENO);
  uint64_t run = 0, runs = 1;

  void show(double share) const {
    if (isShown)
      fmt::print(stderr, "\rsequence {} of {}: {:3.0f} %", run + 1, runs, 100 * share);
  }
  ~Progress() {
    if (isShown)
      fmt::print(stderr, "\r\033[K");
  }
};

/// What a reader wants first, where no file takes it.
void printSummary(const Statistics &statistics) {
  for (const Counter &c : statistics.counters())
    for (std::string_view name : {"sequences", "cycles.total", "cycles.attention", "latency",
                                  "macs.performed", "rmmu.efficiency", "pairs.kept", "pairs.dense",
                                  "keys.loads", "dram.bytes", "energy.total", "saturations"})
      if (c.name == name)
        std::visit([&](auto value) { fmt::print("{:<18}{:>20} {}\n", c.name, value, c.unit); },
                   c.value);
}

void run(const Options &options) {
  std::vector<OutputFile> files;
  auto open = [&](const std::string &path) -> std::optional<size_t> {
    if (path.empty())
      return std::nullopt;
    for (const OutputFile &other : files)
      if (other.path() == path && path != "/dev/null")
        throw UsageError(fmt::format("two outputs go to '{}'", path));
    files.emplace_back(path);
    return files.size() - 1;
  };
  for (const std::string &path : options.outputs)
    open(path);
  auto masksFile = open(options.dumpMasks), statsFile = open(options.stats),
       traceFile = open(options.trace), reportFile = open(options.report);

  ProgramFile file = read(readFile(options.program), options.program);
  const Program &program = [&]() -> const Program & {
    try {
      return file.program(options.name);
    } catch (const Error &error) {
      throw Error(fmt::format("{}: {}", options.program, error.what()));
    }
  }();
  Machine machine = options.machine.empty()
                        ? Machine::parse(file.machine, options.program + "(machine)")
                        : Machine::named(options.machine);
  if (!options.timingOnly && options.outputs.size() != program.outputs.size())
    throw Error(fmt::format("{} outputs are given; program '{}' has {}", options.outputs.size(),
                            program.name, program.outputs.size()));

  std::vector<NpyArray> inputs;
  inputs.reserve(options.inputs.size());
  for (const std::string &path : options.inputs)
    inputs.push_back(readNpy(readFile(path), path));
  std::optional<uint64_t> batch;
  if (!options.timingOnly || !inputs.empty())
    batch = batchOf(program, inputs, options.inputs);

  RunOptions runOptions;
  runOptions.timingOnly = options.timingOnly;
  Masks given, found;
  constexpr std::string_view kFamily = "family:";
  if (options.masks.starts_with(kFamily)) {
    runOptions.family = MaskFamily::parse(options.masks.substr(kFamily.size()));
  } else if (!options.masks.empty()) {
    given = readMasks(readFile(options.masks), options.masks);
    runOptions.masks = &given;
  }
  if (masksFile)
    runOptions.foundMasks = &found;
  std::optional<Trace> trace;
  if (traceFile)
    runOptions.trace = &trace.emplace(machine);

  Simulator simulator(program, machine);
  std::vector<NpyArray> outputs;
  {
    Progress progress;
    runOptions.progress = [&](double share) { progress.show(share); };
    if (options.timingOnly) {
      progress.runs = sequencesOf(options, batch);
      for (; progress.run < progress.runs; ++progress.run)
        simulator.run({}, {}, runOptions);
    } else {
      progress.runs = batch.value_or(1);
      outputs = runBatch(simulator, program, inputs, batch, runOptions,
                         [&](uint64_t run) { progress.run = run; });
    }
  }

  Statistics statistics = simulator.statistics();
  statistics.notes.insert(statistics.notes.end(), file.notes.begin(), file.notes.end());
  if (runOptions.masks && !program.masks.empty())
    statistics.masks = "file " + options.masks;
  for (size_t i = 0; i < outputs.size(); ++i)
    files[i].write(writeNpy(outputs[i]));
  if (masksFile)
    files[*masksFile].write(writeMasks(found));
  if (statsFile)
    files[*statsFile].write(statistics.json());
  if (traceFile)
    files[*traceFile].write(trace->json());
  if (reportFile)
    files[*reportFile].write(statistics.html(options.program + ": " + program.name));
  bool usesStandardOutput = false;
  for (const OutputFile &output : files)
    usesStandardOutput |= output.path() == "-";
  OutputFile::commit(files);
  if (!statsFile && !usesStandardOutput)
    printSummary(statistics);
}

} // namespace

int main(int argc, char **argv) {
  try {
    for (int i = 1; i < argc; ++i) {
      std::string_view argument = argv[i];
      if (argument == "--help" || argument == "-h") {
        fmt::print(fmt::runtime(kHelp), fmt::join(Machine::shipped(), ", "),
                   fmt::join(MaskFamily::names(), ", "));
        return 0;
      }
      if (argument == "--version") {
        fmt::print("dota-sim {}, instruction set {:016x}\n", DOTA_VERSION, kInstructionSetHash);
        return 0;
      }
    }
    run(parse(argc, argv));
    if (std::fflush(stdout) != 0)
      throw Error("standard output: cannot write");
    return 0;
  } catch (const UsageError &error) {
    fmt::print(stderr, "dota-sim: error: {} (--help says what there is)\n", error.what());
  } catch (const std::bad_alloc &) {
    fmt::print(stderr, "dota-sim: error: out of memory\n");
  } catch (const std::exception &error) {
    fmt::print(stderr, "dota-sim: error: {}\n", error.what());
  }
  return 1;
}
