//===- Rounding.cpp - from a linear's exact sums to its result --------------===//

#include "Rounding.h"
#include "dota/runtime/Instructions.h"
#include <cstring>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

void Rounding::pack(char *out, Range columns) const {
  if (hasBias()) {
    const int64_t all = cast<ShapedType>(linear.getBias().getType()).getNumElements();
    Constant::get(linear.getBias())->pack(out, all, {0, 1}, columns, 32);
    out += 4 * columns.size();
  }
  if (!perColumn())
    return;
  for (int64_t column = columns.begin; column < columns.end; ++column) {
    const LinearFormats::Column format = formats[column];
    const ::dota::ColumnShifts shifts{static_cast<int8_t>(format.shift()),
                                      static_cast<int8_t>(format.biasShift)};
    std::memcpy(out, &shifts, sizeof(shifts));
    out += sizeof(shifts);
  }
}

void Rounding::emit(Stream &stream, Value sums, const Place &parameters, Range columns, Range some,
                    int64_t rows, const Place &out) const {
  const int64_t first = some.begin - columns.begin;
  // Columns of one head may well be alike.
  const LinearFormats::Column common = formats[some.begin];
  bool differ = false;
  for (int64_t column = some.begin + 1; column < some.end && perColumn(); ++column)
    differ |=
        formats[column].shift() != common.shift() || formats[column].biasShift != common.biasShift;
  Value bias = sums, shifts = sums;
  if (hasBias())
    bias = stream.at(parameters.at(0, 4 * first));
  if (differ)
    shifts = stream.at(parameters.at(0, (hasBias() ? 4 * columns.size() : 0) + 2 * first));
  lane::RequantizeOp::create(stream, stream.location(), sums, bias, shifts, stream.at(out), rows,
                             some.size(), out.stride, differ ? 0 : common.shift(),
                             differ ? 0 : common.biasShift,
                             stream.plan[linear.getResult()].precision, hasBias(), differ);
}
