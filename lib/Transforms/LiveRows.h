//===- LiveRows.h - linears whose rows a mask may leave out -----*- C++ -*-===//
//
// What the passes share that give a `dota.linear` its `live` mask: from where the rows
// of a value come, with nothing in between that looks at other rows.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TRANSFORMS_LIVEROWS_H
#define DOTA_TRANSFORMS_LIVEROWS_H

#include "dota/Dialect/Dota/Dota.h"

namespace mlir::dota {

/// Is the op element by element, or does it stay in groups of `width` columns of a row?
bool worksByRows(Operation *op, int64_t width);

/// The linears that `value` is made of by such ops alone, each once.
SmallVector<LinearOp> linearsOf(Value value, int64_t width);

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_LIVEROWS_H
