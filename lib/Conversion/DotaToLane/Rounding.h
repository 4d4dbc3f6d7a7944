//===- Rounding.h - from a linear's exact sums to its result ------*- C++ -*-===//
#ifndef DOTA_CONVERSION_DOTATOLANE_ROUNDING_H
#define DOTA_CONVERSION_DOTATOLANE_ROUNDING_H

#include "Stream.h"
#include "dota/Dialect/Dota/FixedPoint.h"

namespace mlir::dota::tolane {

/// What the MFU reads beside the sums of some columns, their *parameters*: a bias each
/// if there is one, then shifts each where the columns' exponents differ.
class Rounding {
public:
  explicit Rounding(LinearOp linear);

  /// Bytes of the parameters of so many columns.
  int64_t bytes(int64_t columns) const {
    return (hasBias() ? 4 * columns : 0) + (perColumn() ? 2 * columns : 0);
  }
  bool hasBias() const { return biases.has_value(); }
  bool perColumn() const {
    return !weights.isOne() || !results.isOne() || (biases && !biases->isOne());
  }
  /// Writes the parameters of these columns.
  void pack(char *out, Range columns) const;
  /// Rounds the sums of some of the columns whose parameters lie at `parameters`.
  void emit(Stream &stream, Value sums, const Place &parameters, Range columns, Range some,
            int64_t rows, const Place &out) const;

private:
  int shift(int64_t column) const { return xExponent + weights[column] - results[column]; }
  int biasShift(int64_t column) const {
    return biases ? xExponent + weights[column] - (*biases)[column] : 0;
  }

  mutable LinearOp linear; // getters of ops are not const
  int xExponent;
  Exponents weights, results;
  std::optional<Exponents> biases;
};

} // namespace mlir::dota::tolane

#endif // DOTA_CONVERSION_DOTATOLANE_ROUNDING_H
