//===- Calibrate.h - ranges and moments from sample inputs ------*- C++ -*-===//
#ifndef DOTA_HOST_CALIBRATE_H
#define DOTA_HOST_CALIBRATE_H

#include "dota/Host/Jit.h"
#include "dota/Transforms/Magnitudes.h"
#include "dota/Transforms/Observations.h"
#include "dota/Transforms/Precisions.h"

namespace mlir::dota {

/// True where every f32 dota op has its range.
bool isCalibrated(ModuleOp module);

struct CalibrationOptions {
  RangeRule rule;
  /// That quantisation will be given.
  PrecisionOptions precisions;
};

/// What a note on calibration says of the rule: "" for the usual one, else
/// ", by ...".
std::string describe(const CalibrationOptions &options);

/// What the values of a module's f32 dota ops were on samples. The ops must outlive it.
class Calibration {
public:
  /// Runs `function` in f32 on each of `samples`. Notes the second moments that
  /// dota-insert-detectors needs on attention ops. Reports errors, those of the run
  /// included, at their location or the module's.
  static FailureOr<Calibration> observe(ModuleOp module, StringRef function,
                                        ArrayRef<std::vector<HostTensor>> samples,
                                        const RangeRule &rule);
  ~Calibration();
  Calibration(Calibration &&) noexcept;
  Calibration &operator=(Calibration &&) noexcept;

  /// Notes on every f32 dota op what dota-quantize needs for these precisions,
  /// `dota.range` and `dota.operand_ranges`, in the place of what was there.
  void annotate(const PrecisionOptions &options) const;
  /// Notes on linears how large each feature of what they read was.
  void annotateFeatures() const;

private:
  struct Seen;
  Calibration(ModuleOp module, const RangeRule &rule);

  ModuleOp module;
  RangeRule rule;
  llvm::SmallVector<Observation> observations;
  /// By the observations' ids.
  std::vector<Seen> seen;
};

/// Evens out what products read with few bits (dota-equalize), by the features that
/// `samples` have. Calibration has to follow. Reports errors.
LogicalResult equalize(ModuleOp module, StringRef function,
                       ArrayRef<std::vector<HostTensor>> samples, const PrecisionOptions &options);

/// Observes and annotates.
LogicalResult calibrate(ModuleOp module, StringRef function,
                        ArrayRef<std::vector<HostTensor>> samples,
                        const CalibrationOptions &options = {});

} // namespace mlir::dota

#endif // DOTA_HOST_CALIBRATE_H
