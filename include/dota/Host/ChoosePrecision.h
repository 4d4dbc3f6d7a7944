//===- ChoosePrecision.h - bits where they matter ---------------*- C++ -*-===//
#ifndef DOTA_HOST_CHOOSEPRECISION_H
#define DOTA_HOST_CHOOSEPRECISION_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/Jit.h"
#include "dota/Pipeline/Pipeline.h"
#include "dota/runtime/Machine.h"
#include <functional>
#include <optional>
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

/// A product, and what it would give alone.
struct PrecisionUnit {
  /// In which it reads its operands and its weight, if it has one.
  struct Level {
    Precision operands, weights;
    /// With this product at the level and all others in FX16.
    PrecisionPoint alone;
  };
  /// "linear at model.mlir:3:5"
  std::string description;
  bool hasWeight = false;
  /// From FX16 on, which is the first, to fewer bits.
  std::vector<Level> levels;
  size_t chosen = 0;
};

struct PrecisionChoice {
  /// The points that were run of all products together, by rising number of steps.
  std::vector<PrecisionPoint> points;
  /// The last of them within the budget; none where FX16 throughout, the only one then,
  /// is beyond it.
  std::optional<size_t> chosen;
  std::vector<PrecisionUnit> units;
};

struct PrecisionChoiceOptions {
  /// The largest error that may be.
  double budget = 0.02;
  /// What is to be saved; else cycles.
  bool savesEnergy = false;
  /// Of products, those that keep what they have, as do those that state a precision
  /// already.
  std::function<bool(const std::string &description)> isPinned;
  /// Told how many of how many runs are done.
  std::function<void(int64_t done, int64_t all)> progress;
};

/// Gives linears of constant weights and attentions of a raised module, of f32 ops,
/// fewer bits as long as the error stays within the budget: runs the model on the
/// machine with one of them narrowed at a time, orders the steps by what they save for
/// the squared error they add, and keeps as many as a run of all of them together
/// allows. With detectors or known masks in `pipeline` it runs with these, and the error is
/// theirs as well. Notes `dota.operand_precision`, `dota.weight_precision` and ranges of
/// least squared error on ops. Reports errors.
FailureOr<PrecisionChoice> choosePrecisions(ModuleOp raised, StringRef function,
                                            ArrayRef<std::vector<HostTensor>> samples,
                                            const ::dota::Machine &machine,
                                            const PipelineOptions &pipeline,
                                            const PrecisionChoiceOptions &options);

} // namespace mlir::dota

#endif // DOTA_HOST_CHOOSEPRECISION_H
