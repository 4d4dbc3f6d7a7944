//===- Statistics.h - what a simulation counted -----------------------------===//
//
// Numbers of one or more runs of one or more programs on one machine. A run is one
// sequence. Runs follow one another on one accelerator: cycles add up.
//
// Every counter has a name, a unit and a sentence, from the one table in
// Statistics.cpp. Each is given for the whole and for one sequence (the mean).
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_STATISTICS_H
#define DOTA_RUNTIME_STATISTICS_H

#include "dota/runtime/Machine.h"
#include "dota/runtime/ProgramFile.h"
#include "dota/runtime/Timing.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dota {

/// By number of the unit.
using PerUnit = std::array<uint64_t, kUnitCount>;

/// Of the instructions that came from one op of the source.
struct OperationStatistics {
  Program::Location location;
  uint64_t instructions = 0;
  uint64_t cycles = 0; ///< in which at least one unit of a lane worked on it
  PerUnit busy{};      ///< cycles, summed over the lanes
  Events events;
  uint64_t saturations = 0;
};

/// One number with its meaning.
struct Counter {
  using Value = std::variant<uint64_t, double>;
  std::string name;
  Value value;    ///< of all runs
  Value sequence; ///< of one sequence: the mean, or the same where it is a ratio
  std::string unit;
  std::string description;
};

struct Statistics {
  static constexpr unsigned kVersion = 1;

  explicit Statistics(Machine machine) : machine(std::move(machine)) {}

  Machine machine;
  std::map<std::string, uint64_t> runs; ///< of each program
  bool computesValues = true;           ///< else timing alone
  std::string masks = "none";           ///< where they came from
  std::vector<std::string> notes;       ///< what a reader of the numbers must know

  uint64_t macsDevice = 0; ///< that the ops of the device count
  uint64_t macsHost = 0;   ///< that the ops of the host count; the simulator never sets it
  uint64_t pairsKept = 0, pairsDense = 0;
  OrderWork keyWork;   ///< of sddmm
  OrderWork valueWork; ///< of spmm
  /// Of products that leave out dead rows: done, and left out.
  uint64_t liveMacs = 0, deadMacs = 0;

  uint64_t cycles = 0;
  uint64_t attentionCycles = 0, detectionCycles = 0;
  uint64_t instructions = 0;
  uint64_t saturations = 0;
  Events events;
  PerUnit busy{};      ///< cycles, summed over the lanes
  PerUnit waitStall{}; ///< cycles that the issue held for a wait, by the unit waited for
  PerUnit fullStall{}; ///< and for room in the queue of a unit
  uint64_t barrierStall = 0;
  uint64_t drainStall = 0; ///< between a lane's last issue and the end of the run
  uint64_t dramBusy = 0;   ///< cycles, rounded up a run
  std::vector<OperationStatistics> operations;

  /// Sequences: the runs of the program that ran most often.
  uint64_t sequences() const;
  /// Adds another simulation's, of the same machine.
  Statistics &operator+=(const Statistics &other);

  std::vector<Counter> counters() const;
  /// {"version", "machine", "programs", "values", "masks", "notes", "counters",
  /// "operations"}, indented, with a line end.
  std::string json() const;
  /// A page without anything from outside: the counters with their sentences, the
  /// units' shares, the operations.
  std::string html(std::string_view title) const;
};

} // namespace dota

#endif // DOTA_RUNTIME_STATISTICS_H
