//===- Execute.h - what an instruction does to values -----------------------===//
//
// Values only: nothing here knows how long anything takes. One file an instruction
// in runtime/lib/instructions says what it means; Numerics.h holds every rule.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_EXECUTE_H
#define DOTA_RUNTIME_EXECUTE_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/MfuRules.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dota {

/// A lane's own memory, and its scheduler with its buffers.
struct LaneMemory {
  std::vector<std::byte> sram;
  KeyOrder scheduler;
};

/// The memory that the lanes share.
struct DeviceMemory {
  std::vector<std::byte> dram;
};

/// What became known by executing one instruction.
struct ExecuteResult {
  /// Results that were beyond what their format can store.
  uint64_t saturations = 0;
  /// Of `order`: the work of the schedule it made. Of `sddmm` and `spmm`: of the
  /// schedule they followed.
  OrderWork order;
  /// Rows that `rows_matmul` computed.
  uint64_t liveRows = 0;
};

/// Executes one instruction, the MFU by its rules. Instructions of the Control unit change no
/// values and do nothing here.
///
/// Throws Error, before anything is written, where a region lies outside the SRAM or
/// the DRAM or a field has no meaning (a shift that is out of range, a group of no
/// rows); and where data has none (ids beyond the keys, a broken schedule).
void execute(const Instruction &instruction, LaneMemory &lane, DeviceMemory &device,
             ExecuteResult &result, const MfuRules &mfu = {});

} // namespace dota

#endif // DOTA_RUNTIME_EXECUTE_H
