//===- Simulator.h - runs a program on a machine ----------------------------===//
//
// The one place that sees values and time. A lane issues its stream in order, an
// instruction a cycle; each unit works through its queue in order, beside the
// others; DRAM serves the lanes in order of arrival. Values are computed in order of
// issue, those of several lanes at the same time: where a program's waits and
// barriers are right nothing could tell, and that they are is the business of
// lane-verify.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_SIMULATOR_H
#define DOTA_RUNTIME_SIMULATOR_H

#include "dota/runtime/Machine.h"
#include "dota/runtime/Masks.h"
#include "dota/runtime/ProgramFile.h"
#include "dota/runtime/Statistics.h"
#include "dota/runtime/Trace.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace dota {

struct RunOptions {
  /// Computes no values: inputs and outputs are not touched and may be empty. What
  /// masks the program would find must then be given, in one way or the other.
  bool timingOnly = false;
  const Masks *masks = nullptr;
  std::optional<MaskFamily> family;

  /// Takes the masks that the run finds or, in timing alone, was given.
  Masks *foundMasks = nullptr;
  Trace *trace = nullptr;
  /// Called now and then with the share of the run that is done, 0 to 1.
  std::function<void(double)> progress;
};

class Simulator {
public:
  /// The program must outlive the simulator. Throws Error where it does not fit the
  /// machine (lanes, SRAM, rows that share a load), where a wait could never end or
  /// the lanes' barriers do not match.
  Simulator(const Program &program, const Machine &machine);
  ~Simulator();

  /// One sequence. `inputs` and `outputs` are the program's, in order, row-major.
  /// Throws Error; the statistics are then those of the runs before.
  void run(std::span<const void *const> inputs, std::span<void *const> outputs,
           const RunOptions &options = {});

  const Statistics &statistics() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace dota

#endif // DOTA_RUNTIME_SIMULATOR_H
