//===- Timing.h - what an instruction costs ---------------------------------===//
//
// From the fields of the instruction, the machine, how the RMMU's rows are set and,
// for the sparse ones, the work of their key order or the number of their live rows; never
// from data. docs/timing.md has the formulas with an example worked by hand.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_TIMING_H
#define DOTA_RUNTIME_TIMING_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Machine.h"
#include "dota/runtime/RmmuMode.h"

#include <cstdint>

namespace dota {

/// Things that happen, and cost energy.
struct Events {
  uint64_t macs = 0;             ///< multiply-accumulates of the RMMU
  double macsFx16 = 0;           ///< the same, each weighed as the share of an FX16 one it takes
  uint64_t mfuOperations = 0;    ///< element operations
  uint64_t detectorElements = 0; ///< scores compared
  uint64_t schedulerIds = 0;     ///< ids ordered
  uint64_t sramBytes = 0;        ///< read and written
  uint64_t dramBytes = 0;        ///< read and written, whole bursts

  Events &operator+=(const Events &other);
  bool operator==(const Events &) const = default;
};

/// Picojoules by the part that spends them.
struct Energy {
  double rmmu = 0, mfu = 0, detector = 0, scheduler = 0, sram = 0, dram = 0, rest = 0;
  double total() const { return rmmu + mfu + detector + scheduler + sram + dram + rest; }
};

/// Of `events`, on a machine that is on for `cycles`.
Energy energyOf(const Events &events, uint64_t cycles, const Machine &machine);

struct Cost {
  /// From the start in its unit until the next instruction may start there and the
  /// results are there; at least 1. Of a transfer: with DRAM to itself.
  uint64_t cycles = 1;
  Events events;
};

/// `mode` is the one that products find, which must fit it (RmmuMode.h). `work` is that
/// of the key order: of the one that `order` makes, of the one that `sddmm` and `spmm`
/// follow. It may be null for every other instruction. `liveRows` are the rows that a
/// `rows_matmul` computes.
Cost costOf(const Instruction &instruction, const Machine &machine, const RmmuMode &mode,
            const OrderWork *work, uint64_t liveRows = 0);

/// Bytes that DRAM moves for `rows` rows of `rowBytes` bytes, `stride` apart from
/// `address` on: whole bursts of each row, or of all where they touch.
uint64_t burstBytes(uint64_t address, uint64_t rows, uint64_t rowBytes, uint64_t stride,
                    uint64_t burst);

/// Products a PE does in a cycle when its row is set to `bits` bits.
uint64_t productsPerCycle(unsigned bits, const Machine &machine);

} // namespace dota

#endif // DOTA_RUNTIME_TIMING_H
