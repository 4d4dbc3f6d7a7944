//===- Execution.h - what the files of the instructions share ---------------===//
//
// Each file in lib/instructions defines one `run`. When it is called, every region
// of SRAM that Instructions.td gives the instruction has been found inside the SRAM.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_EXECUTION_H
#define DOTA_RUNTIME_EXECUTION_H

#include "dota/runtime/Error.h"
#include "dota/runtime/Execute.h"

#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <span>
#include <vector>

namespace dota {

struct Execution {
  std::byte *sram;
  KeyOrder &scheduler;
  DeviceMemory &device;
  ExecuteResult &result;

  template <class T>
  T load(uint64_t address) const {
    T value;
    std::memcpy(&value, sram + address, sizeof value);
    return value;
  }
  template <class T>
  void store(uint64_t address, T value) const {
    std::memcpy(sram + address, &value, sizeof value);
  }
  /// Rows of DRAM that an instruction reads or writes. Throws Error where there are
  /// not so many bytes.
  std::byte *dram(std::string_view mnemonic, std::string_view verb, uint64_t address, uint64_t rows,
                  uint64_t rowBytes, uint64_t stride) const;
  /// `count` values that stand one after another; memory for them is the caller's.
  template <class T>
  std::span<const T> load(uint64_t address, size_t count, std::vector<T> &memory) const {
    memory.resize(count);
    if (count)
      std::memcpy(memory.data(), sram + address, count * sizeof(T));
    return memory;
  }
};

/// What an instruction means: lib/instructions/NAME.cpp.
#define DOTA_DECLARE_RUN(name) void run(const name &, Execution &);
DOTA_FOR_EACH_UNIT_INSTRUCTION(DOTA_DECLARE_RUN)
#undef DOTA_DECLARE_RUN

/// Throws Error where a shift is not one that rounding knows, -15 to 62 places to
/// the right.
void checkShift(std::string_view mnemonic, int shift);

/// Sums of 8 >> `narrow` bytes as 64 bits.
void widenSums(const std::byte *narrowed, unsigned narrow, size_t n, int64_t *sums);
/// The other way. Gives a sum that does not fit, if there is one; the bytes are then unspecified.
std::optional<int64_t> narrowSums(const int64_t *sums, unsigned narrow, size_t n,
                                  std::byte *narrowed);

/// Calls f(row, positions, ids) for each row of a schedule in turn: the positions
/// in the row's ids in the order of the steps, and the ids at them. Throws Error
/// where the ids or the schedule are not of their form, or do not visit every kept
/// key of a row exactly once. Of a `partial` one only the keys from `firstKey` to
/// firstKey + keys - 1 are visited, their ids counted from firstKey. Adds up the work.
class Schedule {
public:
  Schedule(const Execution &execution, uint64_t ids, uint64_t schedule, size_t rows, size_t keep,
           size_t keys, unsigned group, bool partial, uint32_t firstKey);

  template <class F>
  void forEachRow(F &&f) {
    for (size_t row = 0; row < rows_; ++row) {
      readRow(row);
      f(row, std::span<const uint32_t>(positions_), std::span<const uint32_t>(ids_));
    }
  }
  const OrderWork &work() const { return work_; }

private:
  void countLoads(size_t firstRow);
  void readRow(size_t row);
  uint32_t idOf(size_t row, uint32_t position) const;
  uint32_t step(size_t row, uint32_t step) const;
  /// Whether the instruction has the key, or is to complain that it has not.
  bool takes(uint32_t id) const { return !partial_ || (id >= firstKey_ && id - firstKey_ < keys_); }
  std::string at(size_t row) const;

  const Execution &execution_;
  uint64_t idsAddress_, address_;
  size_t rows_, keep_, keys_;
  unsigned group_;
  bool partial_;
  uint32_t firstKey_;
  uint32_t steps_ = 0; // of the group at hand
  std::vector<uint32_t> positions_, ids_;
  std::vector<bool> visited_;
  OrderWork work_;
};

} // namespace dota

#endif // DOTA_RUNTIME_EXECUTION_H
