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
#include "dota/runtime/Schedule.h"

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
  const MfuRules &mfu;

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

/// A matrix product, under the name of the instruction that it is.
void runProduct(std::string_view mnemonic, const Matmul &product, Execution &execution);

/// Throws Error where a shift is not one that rounding knows, -15 to 62 places to
/// the right.
void checkShift(std::string_view mnemonic, int shift);

/// Sums of 8 >> `narrow` bytes as 64 bits.
void widenSums(const std::byte *narrowed, unsigned narrow, size_t n, int64_t *sums);
/// The other way. Gives a sum that does not fit, if there is one; the bytes are then unspecified.
std::optional<int64_t> narrowSums(const int64_t *sums, unsigned narrow, size_t n,
                                  std::byte *narrowed);

/// The schedule that `sddmm` or `spmm` follows, as it stands in SRAM.
struct WrittenSchedule {
  template <class T>
  WrittenSchedule(const Execution &execution, const T &i)
      : ids(read(execution, i.ids, size_t{i.rows} * i.keep)),
        words(read(execution, i.schedule,
                   i.group ? groups(i.rows, i.group) * scheduleWords(i.group, i.keep) : 0)),
        schedule(ids, words, i.rows, i.keep, i.keys, i.group,
                 fmt::format("the schedule at {}", i.schedule),
                 i.partial ? std::optional<uint32_t>(i.firstKey) : std::nullopt,
                 execution.scheduler.options().buffer) {}

  std::vector<uint32_t> ids, words;
  Schedule schedule;

private:
  static std::vector<uint32_t> read(const Execution &execution, uint64_t address, size_t count) {
    std::vector<uint32_t> values;
    execution.load(address, count, values);
    return values;
  }
};

} // namespace dota

#endif // DOTA_RUNTIME_EXECUTION_H
