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
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dota {

class ScheduleWork {
public:
  /// `streams` are the program's, decoded; both must outlive this. `options` are those
  /// of the machine that it runs on.
  ScheduleWork(const Program &program, std::span<const std::vector<Instruction>> streams,
               const OrderOptions &options);

  /// Follows one instruction of a lane, in its order of issue. `order` takes the
  /// program's mask that it names; it must outlive this. The result is the work of the schedule
  /// that an `order` makes, or that a `sddmm` or `spmm` follows. Throws Error where that cannot be
  /// known.
  OrderWork follow(unsigned lane, const Instruction &instruction,
                   const std::map<uint32_t, Mask> &masks);

private:
  /// The rows of a group, and the step in which each visits each of its keys: for
  /// instructions that take a part of the keys, and vectors that stay in the RMMU.
  struct Visits {
    std::span<const uint32_t> ids; // rows x keep, of a mask
    std::vector<uint32_t> steps;   // of each id
    std::vector<uint32_t> own;     // the ids, where they are the program's data
  };
  /// The slot of one group of rows: its work, or where in DRAM it was loaded from.
  struct Slot {
    bool loaded = false;
    uint64_t dram = 0;
    OrderWork work;
    std::shared_ptr<const Visits> visits = nullptr;
  };
  using Slots = std::map<uint64_t, Slot>; // by address

  template <class I>
  OrderWork used(unsigned lane, const I &instruction);
  OrderWork order(unsigned lane, const Order &order, const Mask &mask);
  OrderWork workOf(const Visits &visits, uint64_t keep, uint64_t firstKey, uint64_t keys);
  static std::shared_ptr<Visits> visitsOf(std::span<const uint32_t> ids, uint64_t keep,
                                          uint64_t group, const uint32_t *slot);
  std::shared_ptr<Visits> readVisits(unsigned lane, uint64_t ids, uint64_t rows, uint64_t dram,
                                     uint64_t keep, uint64_t group) const;
  std::vector<uint32_t> readWords(uint64_t dram, uint64_t count, std::string_view what) const;
  OrderWork readData(uint64_t dram, uint64_t keep, uint64_t group) const;
  void load(unsigned lane, const Load &load);
  void store(unsigned lane, const Store &store);
  static void erase(Slots &slots, uint64_t base, uint64_t rows, uint64_t rowBytes, uint64_t stride);

  const Program &program_;
  /// Addresses at which some instruction of the lane takes a group's slot, sorted.
  std::vector<std::vector<uint64_t>> used_;
  std::vector<Slots> sram_;
  Slots dram_;
  /// Of the ids that instructions of the lane take, by address: from where in DRAM they
  /// were loaded. Only where it matters.
  std::vector<std::map<uint64_t, std::optional<uint64_t>>> ids_;
  bool visits_ = false; ///< Does it matter which step visits which key?
  KeyBuffer buffer_;
  KeyLoads loads_;
  KeyOrder order_;
  std::vector<uint32_t> schedule_;
  std::vector<std::pair<uint32_t, uint32_t>> found_; // step and key
  std::vector<uint32_t> stepKeys_;
};

} // namespace dota

#endif // DOTA_RUNTIME_SCHEDULEWORK_H
