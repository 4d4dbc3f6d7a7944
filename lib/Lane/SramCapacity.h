//===- SramCapacity.h - the SRAM that the lane passes work with -*- C++ -*-===//
#ifndef DOTA_LANE_SRAMCAPACITY_H
#define DOTA_LANE_SRAMCAPACITY_H

#include "dota/runtime/Error.h"
#include "dota/runtime/Machine.h"
#include "mlir/IR/Operation.h"

namespace mlir::lane {

/// The machine of that name or file; fails with an error at `op` where it cannot be
/// read.
inline FailureOr<::dota::Machine> getMachine(Operation *op, const std::string &name) {
  try {
    return ::dota::Machine::named(name);
  } catch (const ::dota::Error &error) {
    return op->emitError() << error.what();
  }
}

/// `bytes`, or what the machine has where that is 0.
inline FailureOr<uint64_t> getSramCapacity(Operation *op, uint64_t bytes,
                                           const std::string &machine) {
  if (bytes != 0)
    return bytes;
  FailureOr<::dota::Machine> found = getMachine(op, machine);
  if (failed(found))
    return failure();
  return found->sram.bytes;
}

} // namespace mlir::lane

#endif // DOTA_LANE_SRAMCAPACITY_H
