//===- Contract.h - a product of matrices by a library ----------*- C++ -*-===//
#ifndef DOTA_LIB_HOST_CONTRACT_H
#define DOTA_LIB_HOST_CONTRACT_H

#include "dota/Host/Session.h"

namespace mlir::dota {

/// c[b.., m.., n..] += sum over k.. of a[b.., m.., k..] * b[b.., k.., n..], all f32.
/// `batches`, `rows`, `columns` and `reductions` count the dimensions of each kind.
void contract(const HostView &a, const HostView &b, const HostView &c, int64_t batches,
              int64_t rows, int64_t columns, int64_t reductions);

} // namespace mlir::dota

#endif // DOTA_LIB_HOST_CONTRACT_H
