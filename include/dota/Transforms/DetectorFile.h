//===- DetectorFile.h - the detectors of a model, in a file -----*- C++ -*-===//
//
// docs/detector-file.md has the format. Written by --dump-detectors, read by
// --detector=FILE: the place where a detector that was trained elsewhere comes in.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TRANSFORMS_DETECTORFILE_H
#define DOTA_TRANSFORMS_DETECTORFILE_H

#include "dota/Dialect/Dota/Dota.h"
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlir::dota {

/// One side of a detector: x W + b gives the factors of all heads, `columns` =
/// heads * rank of them, in units of the stored integers.
struct DetectorFactor {
  int64_t features = 0, columns = 0;
  /// features x columns, row-major.
  std::vector<float> weight;
  /// `columns`, or none.
  std::vector<float> bias;
};

struct AttentionDetector {
  DetectorFactor query, key;
  /// Of the products of the factors: none, one for all heads, or one a head.
  std::vector<float> thresholds;
};

/// The detectors of a module's attentions, in program order.
struct DetectorFile {
  /// Of the factors' stored integers.
  Precision precision = Precision::INT4;
  std::vector<AttentionDetector> attentions;
};

/// `name` is what messages open with. Throws dota::Error on anything but a whole
/// file of finite detectors, numbered from 0 without gaps.
DetectorFile readDetectors(std::span<const uint8_t> file, const std::string &name);
std::vector<uint8_t> writeDetectors(const DetectorFile &detectors);

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_DETECTORFILE_H
