//===- Batch.h - a program over arrays of sequences -------------------------===//
//
// A program takes one sequence. Its inputs are arrays of the program's shapes, or
// all of them have one more dimension in front, the batch: then it runs once a
// sequence, and so have its outputs.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_BATCH_H
#define DOTA_RUNTIME_BATCH_H

#include "dota/runtime/Npy.h"
#include "dota/runtime/ProgramFile.h"
#include "dota/runtime/Simulator.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dota {

/// The sequences in `inputs`; none where they are without a batch dimension. Throws
/// Error where number, shapes or types are not the program's. `names` open the
/// messages.
std::optional<uint64_t> batchOf(const Program &program, std::span<const NpyArray> inputs,
                                std::span<const std::string> names);

/// Runs `simulator`, which is of `program`, on inputs that `batchOf` has seen.
/// `beforeRun` is called with the number of each run, from 0.
std::vector<NpyArray> runBatch(Simulator &simulator, const Program &program,
                               std::span<const NpyArray> inputs, std::optional<uint64_t> batch,
                               const RunOptions &options,
                               const std::function<void(uint64_t)> &beforeRun = {});

} // namespace dota

#endif // DOTA_RUNTIME_BATCH_H
