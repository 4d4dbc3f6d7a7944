//===- Calibrate.h - ranges and moments from sample inputs ------*- C++ -*-===//
#ifndef DOTA_HOST_CALIBRATE_H
#define DOTA_HOST_CALIBRATE_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/Jit.h"
#include "dota/Host/Magnitudes.h"

namespace mlir::dota {

/// True where every f32 dota op has its range.
bool isCalibrated(ModuleOp module);

struct CalibrationOptions {
  RangeRule rule;
  /// Of values whose op states no `dota.precision`.
  Precision precision = Precision::FX16;
};

/// What a note on calibration says of the rule: "" for the usual one, else
/// ", by ...".
std::string describe(const CalibrationOptions &options);

/// Runs `function` in f32 on each of `samples` and notes on every f32 dota op of
/// `module` what dota-quantize and dota-insert-detectors need: `dota.range`,
/// `dota.operand_ranges`, and on attention ops the second moments. Reports errors,
/// those of the run included, at their location or the module's.
LogicalResult calibrate(ModuleOp module, StringRef function,
                        ArrayRef<std::vector<HostTensor>> samples,
                        const CalibrationOptions &options = {});

} // namespace mlir::dota

#endif // DOTA_HOST_CALIBRATE_H
