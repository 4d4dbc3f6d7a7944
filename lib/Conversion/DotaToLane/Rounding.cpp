//===- Rounding.cpp - from a linear's exact sums to its result --------------===//

#include "Rounding.h"
#include "dota/runtime/Instructions.h"
#include <cstring>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

static Type elementOf(Value value) { return getElementTypeOrSelf(value.getType()); }

Rounding::Rounding(LinearOp linear)
    : linear(linear), xExponent(Exponents(elementOf(linear.getX()))[0]),
      weights(elementOf(linear.getWeight())), results(elementOf(linear.getResult())) {
  if (Value bias = linear.getBias())
    biases.emplace(elementOf(bias));
}

void Rounding::pack(char *out, Range columns) const {
  if (hasBias()) {
    const int64_t all = cast<ShapedType>(linear.getBias().getType()).getNumElements();
    Constant::get(linear.getBias())->pack(out, all, {0, 1}, columns, 32);
    out += 4 * columns.size();
  }
  if (!perColumn())
    return;
  for (int64_t column = columns.begin; column < columns.end; ++column) {
    const ::dota::ColumnShifts shifts{static_cast<int8_t>(shift(column)),
                                      static_cast<int8_t>(biasShift(column))};
    std::memcpy(out, &shifts, sizeof(shifts));
    out += sizeof(shifts);
  }
}

void Rounding::emit(Stream &stream, Value sums, const Place &parameters, Range columns, Range some,
                    int64_t rows, const Place &out) const {
  const int64_t first = some.begin - columns.begin;
  // Columns of one head may well be alike.
  bool differ = false;
  for (int64_t column = some.begin + 1; column < some.end && perColumn(); ++column)
    differ |= shift(column) != shift(some.begin) || biasShift(column) != biasShift(some.begin);
  Value bias = sums, shifts = sums;
  if (hasBias())
    bias = stream.at(parameters.at(0, 4 * first));
  if (differ)
    shifts = stream.at(parameters.at(0, (hasBias() ? 4 * columns.size() : 0) + 2 * first));
  lane::RequantizeOp::create(stream, stream.location(), sums, bias, shifts, stream.at(out), rows,
                             some.size(), out.stride, differ ? 0 : shift(some.begin),
                             differ ? 0 : biasShift(some.begin),
                             stream.plan[linear.getResult()].precision, hasBias(), differ);
}
