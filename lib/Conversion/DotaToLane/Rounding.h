//===- Rounding.h - from a linear's exact sums to its result ------*- C++ -*-===//
#ifndef DOTA_CONVERSION_DOTATOLANE_ROUNDING_H
#define DOTA_CONVERSION_DOTATOLANE_ROUNDING_H

#include "Stream.h"
#include "dota/Dialect/Dota/LinearFormats.h"

namespace mlir::dota::tolane {

/// What the MFU reads beside the sums of some columns, their *parameters*: a bias each
/// if there is one, then shifts each where the columns' exponents differ.
class Rounding {
public:
  explicit Rounding(LinearOp linear) : linear(linear), formats(linear) {}

  /// Bytes of the parameters of so many columns.
  int64_t bytes(int64_t columns) const {
    return (hasBias() ? 4 * columns : 0) + (perColumn() ? 2 * columns : 0);
  }
  bool hasBias() const { return formats.hasBias(); }
  bool perColumn() const { return formats.size() > 1; }
  /// Writes the parameters of these columns.
  void pack(char *out, Range columns) const;
  /// Rounds the sums of some of the columns whose parameters lie at `parameters`.
  void emit(Stream &stream, Value sums, const Place &parameters, Range columns, Range some,
            int64_t rows, const Place &out) const;

private:
  mutable LinearOp linear; // getters of ops are not const
  LinearFormats formats;
};

} // namespace mlir::dota::tolane

#endif // DOTA_CONVERSION_DOTATOLANE_ROUNDING_H
