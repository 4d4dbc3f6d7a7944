//===- MaskAttention.h - attention over a mask's keys -----------*- C++ -*-===//
//
// What passes that make attention sparse have in common, wherever the mask comes from.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_LIB_TRANSFORMS_MASKATTENTION_H
#define DOTA_LIB_TRANSFORMS_MASKATTENTION_H

#include "dota/Dialect/Dota/Dota.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::dota {

/// The f32 attentions of a module, in program order.
SmallVector<AttentionOp> floatAttentions(ModuleOp module);

/// Keys that a row keeps of `keys`: the share `retain` of them, rounded up, at least one.
int64_t keptKeys(double retain, int64_t keys);

/// Query rows, and keys, of a sequence.
int64_t rowsOf(AttentionOp op);
int64_t keysOf(AttentionOp op);

/// A mask of `heads` heads for the attention, for each sequence of its batch.
MaskType maskTypeOf(AttentionOp op, int64_t heads, int64_t keep);

/// Whether an option names a file and no kind: it has a dot or a slash.
bool namesFile(StringRef text);

/// A `dota.masked_attention` in front of `op`, of the same operands and calibrated
/// ranges, that takes the place of its result. The dense op is left without uses.
MaskedAttentionOp maskAttention(AttentionOp op, Value mask);

} // namespace mlir::dota

#endif // DOTA_LIB_TRANSFORMS_MASKATTENTION_H
