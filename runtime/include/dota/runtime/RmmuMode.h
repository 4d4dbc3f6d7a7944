//===- RmmuMode.h - how the PE rows of an RMMU are set ----------------------===//
//
// The precision of a product is a property of the PE rows that it runs in, not of
// its operands: `configure` sets it. The first rows of the array compute (`matmul`,
// `rows_matmul`, `sddmm`, `spmm`), the last ones, if any, detect (`estimate`), each part at its own
// precision and beside the other. A stream is straight, so which mode an instruction
// finds is known from the stream alone.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_RMMUMODE_H
#define DOTA_RUNTIME_RMMUMODE_H

#include "dota/runtime/Instructions.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dota {

/// Of one lane. As it is made, the mode at the start of a program.
struct RmmuMode {
  Precision precision = Precision::FX16;       ///< of the PE rows that compute
  uint32_t detectRows = 0;                     ///< PE rows that detect
  Precision detectPrecision = Precision::FX16; ///< of these
  bool operator==(const RmmuMode &) const = default;

  /// After `instruction`: changed by `configure` alone.
  void follow(const Instruction &instruction);
};

enum class ModeUse : uint8_t { None, Needs, Sets };
/// What an instruction has to do with the mode. One that sets it must not meet one
/// that needs another, so that an order must be kept between them, as it is between
/// reads and writes of SRAM.
ModeUse modeUseOf(const Instruction &instruction);

/// Bits of the widest operand of a product; 0 of any other instruction.
unsigned widestBits(const Instruction &instruction);

/// Why an instruction cannot run in `mode` on an RMMU of `rows` PE rows, for example
/// "matmul has operands of 16 bits; the PE rows that compute are set to fx8"; none
/// if it can. A narrower operand than the rows are set to can.
std::optional<std::string> findMisfit(const Instruction &instruction, const RmmuMode &mode,
                                      unsigned rows);

} // namespace dota

#endif // DOTA_RUNTIME_RMMUMODE_H
