//===- LinearFormats.h - exponents along the columns of a linear -*- C++ -*-===//
#ifndef DOTA_DIALECT_DOTA_LINEARFORMATS_H
#define DOTA_DIALECT_DOTA_LINEARFORMATS_H

#include "dota/Dialect/Dota/FixedPoint.h"
#include <algorithm>

namespace mlir::dota {

/// How a fixed-point `dota.linear` rounds the exact sums of each column (docs/numbers.md).
class LinearFormats {
public:
  struct Column {
    /// Exponents of the sum and of the result.
    int from, to;
    /// Places that bring the bias to the sum's exponent; 0 without one.
    int biasShift;

    int shift() const { return from - to; }
    bool operator==(const Column &) const = default;
  };

  explicit LinearFormats(LinearOp op)
      : x(exponentsOf(op.getX())[0]), weights(exponentsOf(op.getWeight())),
        results(exponentsOf(op.getResult())) {
    if (op.getBias())
      biases = exponentsOf(op.getBias());
  }

  Column operator[](int64_t column) const {
    const int from = x + weights[column];
    return {from, results[column], biases ? from - (*biases)[column] : 0};
  }
  /// Of how many columns; 1 where all are alike.
  int64_t size() const {
    return std::max({weights.size(), results.size(), biases ? biases->size() : 1});
  }
  bool hasBias() const { return biases.has_value(); }

private:
  static Exponents exponentsOf(Value value) {
    return Exponents(getElementTypeOrSelf(value.getType()));
  }

  int x;
  Exponents weights, results;
  std::optional<Exponents> biases;
};

} // namespace mlir::dota

#endif // DOTA_DIALECT_DOTA_LINEARFORMATS_H
