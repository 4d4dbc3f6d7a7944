//===- Arrays.h - host tensors from and to .npy arrays ----------*- C++ -*-===//
#ifndef DOTA_HOST_ARRAYS_H
#define DOTA_HOST_ARRAYS_H

#include "dota/Host/Jit.h"
#include "dota/runtime/Npy.h"

namespace mlir::dota {

/// The array as a tensor of `type`; throws dota::Error, which opens with `name`,
/// where its element type or shape is another.
HostTensor tensorFromNpy(::dota::NpyArray array, RankedTensorType type, StringRef name);

/// Arrays of one or more runs: `type`, or with one more leading dimension. Throws
/// as above.
std::vector<HostTensor> tensorsFromNpy(const ::dota::NpyArray &array, RankedTensorType type,
                                       StringRef name);

/// Throws dota::Error where .npy files have no such element type.
::dota::NpyArray npyFromTensor(HostTensor tensor, StringRef name);

} // namespace mlir::dota

#endif // DOTA_HOST_ARRAYS_H
