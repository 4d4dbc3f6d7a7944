//===- ScheduleWork.h - key orders followed without values ------------------===//
//
// In timing alone no schedule is ever written, yet `sddmm` and `spmm` take as long
// as the schedule that they name says. This follows schedules, group by group,
// from the `order` that would make them, or from the program's data, through loads
// and stores to where they are used.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_SCHEDULEWORK_H
#define DOTA_RUNTIME_SCHEDULEWORK_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Masks.h"
#include "dota/runtime/ProgramFile.h"

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace dota {

class ScheduleWork {
public:
  /// `streams` are the program's, decoded; both must outlive this. `options` are those
  /// of the machine that it runs on.
  ScheduleWork(const Program &program, std::span<const std::vector<Instruction>> streams,
               const OrderOptions &options);

  /// Follows one instruction of a lane, in its order of issue. `order` takes the
  /// program's mask that it names. The result is the work of the schedule that an
  /// `order` makes, or that a `sddmm` or `spmm` follows. Throws Error where that
  /// cannot be known.
  OrderWork follow(unsigned lane, const Instruction &instruction,
                   const std::map<uint32_t, Mask> &masks);

private:
  /// The slot of one group of rows: its work, or where in DRAM it was loaded from.
  struct Slot {
    bool loaded = false;
    uint64_t dram = 0;
    OrderWork work;
  };
  using Slots = std::map<uint64_t, Slot>; // by address

  OrderWork used(unsigned lane, uint64_t schedule, uint64_t rows, uint64_t keep, uint64_t group);
  OrderWork readData(uint64_t dram, uint64_t keep, uint64_t group) const;
  void load(unsigned lane, const Load &load);
  void store(unsigned lane, const Store &store);
  static void erase(Slots &slots, uint64_t base, uint64_t rows, uint64_t rowBytes, uint64_t stride);

  const Program &program_;
  /// Addresses at which some instruction of the lane takes a group's slot, sorted.
  std::vector<std::vector<uint64_t>> used_;
  std::vector<Slots> sram_;
  Slots dram_;
  KeyOrder order_;
};

} // namespace dota

#endif // DOTA_RUNTIME_SCHEDULEWORK_H
