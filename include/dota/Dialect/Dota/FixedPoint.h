//===- FixedPoint.h - fixed-point element types -----------------*- C++ -*-===//
//
// The number formats of the machine as `!quant.uniform` types: scale 2^-exponent,
// zero point 0, symmetric storage range (docs/numbers.md). FX16 is stored in 16
// bits, FX8 in 8, FX4 and INT4 in 4, INT2 in 2; a bias of `dota.linear` in 32.
// Upstream's type does not tell FX4 from INT4; nor does their arithmetic.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_DIALECT_DOTA_FIXEDPOINT_H
#define DOTA_DIALECT_DOTA_FIXEDPOINT_H

#include "dota/Dialect/Dota/Dota.h"
#include <optional>

namespace mlir::dota {

/// Exponents that calibration and quantisation choose lie in this interval.
inline constexpr int kMinExponent = -15, kMaxExponent = 30;

/// A stored integer q means q * 2^-exponent.
struct FixedPoint {
  int exponent;
  /// 16, 8, 4 or 2; 32 for a bias.
  int bits;

  bool operator==(const FixedPoint &) const = default;
};

/// Stored bits of a precision: 16, 8, 4, 4, 2.
int getBits(Precision precision);

/// The precision that the RMMU takes stored integers of so many bits in; FX16 for a
/// bias, which never enters it. INT4 for 4 bits.
Precision getPrecision(int bits);

/// The format of a per-tensor quantised type; nothing for any other type, nor for
/// one that is no fixed point (another scale, a zero point, another range).
std::optional<FixedPoint> getFixedPoint(Type elementType);

/// The formats along the quantised dimension of a per-axis quantised type; all
/// have the same width.
struct PerColumnFixedPoint {
  int dimension;
  int bits;
  llvm::SmallVector<int> exponents;
};
std::optional<PerColumnFixedPoint> getPerColumnFixedPoint(Type elementType);

/// The exponents of a fixed-point type of either kind: one for all columns, or one a
/// column. Where all are equal there is one.
class Exponents {
public:
  /// 0 for all.
  Exponents() : values{0} {}
  explicit Exponents(Type elementType);

  int operator[](int64_t column) const { return isOne() ? values.front() : values[column]; }
  bool isOne() const { return values.size() == 1; }
  /// Of how many columns; 1 where all share one.
  int64_t size() const { return static_cast<int64_t>(values.size()); }

private:
  llvm::SmallVector<int> values;
};

/// Stored bits of a fixed-point type of either kind; 0 for any other type.
int getStoredBits(Type elementType);

/// `!quant.uniform<iN<-max:max>:f32, 2^-exponent>`.
Type getFixedPointType(MLIRContext *context, Precision precision, int exponent);

/// The same for `bits` bits: 16, 8, 4, 2, or 32 for a bias.
Type getFixedPointType(MLIRContext *context, int bits, int exponent);

/// The same, with one exponent an index of `dimension`.
Type getPerColumnFixedPointType(MLIRContext *context, int bits, int dimension,
                                ArrayRef<int> exponents);

/// The largest exponent that holds magnitudes up to `range` (finite, at least 0)
/// in `bits` bits: floor(log2(max / range)) within [kMinExponent, kMaxExponent],
/// and bits - 1 for a range of 0.
int chooseExponent(double range, int bits);

/// The tensor that holds the stored integers of a fixed-point tensor: i16 or i32
/// elements, i8 for 8 bits and less.
RankedTensorType getStorageType(RankedTensorType fixedPoint);

} // namespace mlir::dota

#endif // DOTA_DIALECT_DOTA_FIXEDPOINT_H
