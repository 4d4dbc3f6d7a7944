//===- ChoosePrecision.h - bits where they matter ---------------*- C++ -*-===//
#ifndef DOTA_HOST_CHOOSEPRECISION_H
#define DOTA_HOST_CHOOSEPRECISION_H

#include "dota/Host/Jit.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/runtime/Machine.h"
#include <functional>
#include <string>
#include <vector>

namespace mlir::dota {

/// What a model with some choice of precisions gives on the samples.
struct PrecisionPoint {
  /// Products that read fewer bits than 16, of how many that may.
  int64_t narrowed = 0, all = 0;
  /// Root of the squared differences from f32 over the squares of f32, over all
  /// results of floats.
  double error = 0;
  /// Of a sequence, the mean; of energy in uJ.
  double cycles = 0, energy = 0;
};

struct PrecisionChoiceOptions {
  /// The largest error that may be.
  double budget = 0.02;
  /// What is to be saved; else cycles.
  bool savesEnergy = false;
  /// Ops that keep what they have, as do those that state a precision already.
  std::function<bool(Operation *)> isPinned;
  /// Told how many of how many runs are done.
  std::function<void(int64_t done, int64_t all)> progress;
};

/// Gives linears of constant weights and attentions of a raised module, of f32 ops,
/// fewer bits as long as the error stays within the budget: runs the model on the
/// machine with one of them narrowed at a time, orders the steps by what they save for
/// the squared error they add, and keeps as many as a run of all of them together
/// allows. Notes `dota.operand_precision`, `dota.weight_precision` and ranges of
/// least squared error on ops. Returns the points that were run, those of all ops
/// together, by rising number of steps; the last within the budget is what was chosen.
/// Reports errors.
FailureOr<std::vector<PrecisionPoint>> choosePrecisions(ModuleOp raised, StringRef function,
                                                        ArrayRef<std::vector<HostTensor>> samples,
                                                        const ::dota::Machine &machine,
                                                        const PipelineOptions &pipeline,
                                                        const PrecisionChoiceOptions &options);

} // namespace mlir::dota

#endif // DOTA_HOST_CHOOSEPRECISION_H
