//===- Magnitudes.h - how large the values of a tensor get ------*- C++ -*-===//
#ifndef DOTA_TRANSFORMS_MAGNITUDES_H
#define DOTA_TRANSFORMS_MAGNITUDES_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace mlir::dota {

/// Which range of the magnitudes that calibration saw a format has to hold.
struct RangeRule {
  enum class Kind : uint8_t {
    Auto,       ///< Max for 16 bits, Mse for fewer
    Max,        ///< the largest
    Percentile, ///< what `percent` of them do not exceed
    Mse         ///< that whose exponent gives the least mean squared error
  };
  Kind kind = Kind::Auto;
  /// Above 0, at most 100.
  double percent = 99.99;
};

/// The magnitudes of the values of a tensor, over any number of runs, in bounded
/// memory: exactly their maximum, and on request a histogram whose bins are 1/32 of
/// a power of two wide.
class Magnitudes {
public:
  explicit Magnitudes(bool withHistogram = false);

  void take(llvm::ArrayRef<float> values);

  /// The largest finite magnitude; 0 where there was none.
  float largest() const { return most; }
  /// Whether there were NaNs or infinities, which nothing else here counts.
  bool sawNonFinite() const { return nonFinite; }

  /// The range by `rule`, at most largest(), for a format of `bits` bits. Rules
  /// other than Max need the histogram: a percentile is rounded up to the end of its
  /// bin, and values are taken to be spread evenly within theirs.
  float range(const RangeRule &rule, int bits) const;

  /// The mean squared error of rounding and saturating to `bits` bits at `exponent`.
  double meanSquaredError(int exponent, int bits) const;

private:
  float percentile(double percent) const;
  float leastSquares(int bits) const;

  float most = 0;
  bool nonFinite = false;
  /// By the upper bits of the magnitude's encoding; empty without a histogram.
  std::vector<uint64_t> counts;
};

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_MAGNITUDES_H
