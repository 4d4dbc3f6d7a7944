//===- LiveRows.h - live rows followed without values -----------------------===//
//
// In timing alone nothing is ever marked in SRAM, yet `rows_matmul` takes as long as
// it has live rows. This follows the marks, byte by byte, from the `mark` that would
// make them, or from the program's data, through loads and stores to where they are
// used.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_LIVEROWS_H
#define DOTA_RUNTIME_LIVEROWS_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/Masks.h"
#include "dota/runtime/ProgramFile.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace dota {

class LiveRows {
public:
  /// `streams` are the program's, decoded; both must outlive this.
  LiveRows(const Program &program, std::span<const std::vector<Instruction>> streams);

  /// Follows one instruction of a lane, in its order of issue. `mark` takes the program's
  /// mask that it names. The result is the rows that a `rows_matmul` computes, else 0.
  /// Throws Error where that cannot be known.
  uint64_t follow(unsigned lane, const Instruction &instruction,
                  const std::map<uint32_t, Mask> &masks);

private:
  using Marks = std::map<uint64_t, bool>; // by address

  void load(unsigned lane, const Load &load);
  void store(unsigned lane, const Store &store);
  void mark(unsigned lane, const Mark &mark, const Mask &mask);
  uint64_t used(unsigned lane, const RowsMatmul &product) const;
  std::optional<bool> inDram(uint64_t address) const;
  static void erase(Marks &marks, uint64_t base, uint64_t rows, uint64_t rowBytes, uint64_t stride);

  const Program &program_;
  bool any_ = false; ///< Does some instruction use marks?
  /// [first, end) of SRAM that instructions of the lane read marks from, sorted, apart.
  std::vector<std::vector<std::pair<uint64_t, uint64_t>>> used_;
  std::vector<Marks> sram_;
  Marks dram_;
};

} // namespace dota

#endif // DOTA_RUNTIME_LIVEROWS_H
