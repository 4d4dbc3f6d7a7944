//===- Levels.h - one program at every level --------------------*- C++ -*-===//
//
// Runs the text of a fixed-point program by its executable meaning, and on the
// simulated lanes of a machine.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TEST_RANDOM_LEVELS_H
#define DOTA_TEST_RANDOM_LEVELS_H

#include "dota/runtime/Masks.h"
#include "dota/runtime/Statistics.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include <optional>
#include <string>
#include <vector>

namespace dota::random {

/// Tensors, row-major.
using Bytes = std::vector<std::vector<char>>;

/// Lowers programs for the machine in a TOML file, instructions in the order of the ops
/// unless `schedules`. `detectRows` is as dota-to-lane takes it.
void lowerToLanes(mlir::OpPassManager &passes, const std::string &machineFile, int64_t detectRows,
                  bool schedules = false);

class Levels {
public:
  Levels();

  /// f32 inputs for the module's first program. Throws Error, as all that follow.
  Bytes inputs(const std::string &text, unsigned seed);

  /// By `--dota-to-linalg` and the execution engine, after the passes of `prepare`.
  using Passes = llvm::function_ref<void(mlir::OpPassManager &)>;
  Bytes meaning(const std::string &text, const Bytes &inputs, Passes prepare = {});

  struct LaneRun {
    Bytes outputs;
    Masks masks;
    OrderWork keyWork;
    uint64_t deadMacs = 0; ///< products of dead rows, left out
    int blocks = 0;        ///< instructions that take a block of keys
    int estimates = 0;     ///< of PE rows that detect while others compute
  };
  /// On the lanes of the machine in a TOML file, after `lower`; nothing where a tile
  /// does not fit into its SRAM. Timing alone must count what the run counts, and the
  /// program that is read back from its bytes must be the same.
  std::optional<LaneRun> lanes(const std::string &text, const Bytes &inputs,
                               const std::string &machineFile, Passes lower);

  const std::string &diagnostics() const { return messages; }

private:
  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text);

  mlir::MLIRContext context;
  std::string messages;
};

/// Where two results differ first; empty where they do not.
std::string firstDifference(const Bytes &expected, const Bytes &found);

} // namespace dota::random

#endif // DOTA_TEST_RANDOM_LEVELS_H
