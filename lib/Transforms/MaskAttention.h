//===- MaskAttention.h - attention over a mask's keys -----------*- C++ -*-===//
#ifndef DOTA_LIB_TRANSFORMS_MASKATTENTION_H
#define DOTA_LIB_TRANSFORMS_MASKATTENTION_H

#include "dota/Dialect/Dota/Dota.h"

namespace mlir::dota {

/// A `dota.masked_attention` in front of `op`, of the same operands and calibrated
/// ranges, that takes the place of its result. The dense op is left without uses.
MaskedAttentionOp maskAttention(AttentionOp op, Value mask);

} // namespace mlir::dota

#endif // DOTA_LIB_TRANSFORMS_MASKATTENTION_H
