//===- WeightExponents.h - the formats of a constant weight -----*- C++ -*-===//
#ifndef DOTA_TRANSFORMS_WEIGHTEXPONENTS_H
#define DOTA_TRANSFORMS_WEIGHTEXPONENTS_H

#include "dota/Dialect/Dota/ConstantData.h"

namespace mlir::dota {

/// The exponents of a finite constant, row-major with its last dimension of `columns`,
/// stored in `bits` bits: one for all of it, or with `perColumn` one a column. In 16
/// bits the largest that saturates nothing, in fewer that of the least squared error of
/// rounding and saturating together.
SmallVector<int> chooseWeightExponents(const ConstantData<float> &weight, int64_t elements,
                                       int64_t columns, bool perColumn, int bits);

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_WEIGHTEXPONENTS_H
