//===- Instructions.h - the instruction set of a lane -----------------------===//
//
// A struct an instruction, and its 256-bit word. The structs are generated from
// dialect/Lane/Instructions.td, which says what each field means; so is the
// manual, docs/instruction-set.md.
//
// SRAM addresses are bytes in the lane's own SRAM, DRAM addresses bytes in the
// device's DRAM, strides bytes from row to row.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_INSTRUCTIONS_H
#define DOTA_RUNTIME_INSTRUCTIONS_H

#include "dota/runtime/KeyOrder.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dota {

/// An encoded instruction, lowest bits first: the opcode in bits 0-7, the fields
/// above it without gaps, zeros above them.
using Word = std::array<uint64_t, 4>;

enum class FieldKind : uint8_t { Sram, Unsigned, Signed, Float, Flag, Enum };

/// A field of a word: its name, and the bits it takes.
struct FieldInfo {
  std::string_view name;
  FieldKind kind;
  unsigned offset;
  unsigned width;
};

/// A rectangle of SRAM that an instruction touches: `rows` rows of `rowBytes`
/// bytes, `stride` bytes apart.
struct Region {
  uint64_t base, rows, rowBytes, stride;
  bool write;

  bool empty() const { return rows == 0 || rowBytes == 0; }
  /// Whether rows share bytes, which they do in no instruction: hence none touches more
  /// than there is SRAM.
  bool overlaps() const { return rows > 1 && stride < rowBytes; }
  /// One past the last byte; `base` where the region is empty.
  uint64_t end() const { return empty() ? base : base + (rows - 1) * stride + rowBytes; }
  bool operator==(const Region &) const = default;
};

/// How `requantize` shifts a column's sums and biases, as it stands in SRAM.
struct ColumnShifts {
  int8_t shift, biasShift;
};

// The sizes that footprints are written in.
enum class Precision : uint8_t;
/// Bits of a stored element.
constexpr unsigned bitsOf(Precision precision);
/// Bytes of `n` packed elements, which start on a whole byte.
constexpr uint64_t bytes(uint64_t n, Precision precision) {
  return (n * bitsOf(precision) + 7) / 8;
}
/// Groups of at most `group` query rows.
constexpr uint64_t groups(uint64_t rows, uint64_t group) {
  return group ? (rows + group - 1) / group : 0;
}
/// Bytes of the slot of one group in a schedule: steps, loads, `group` rows, and at
/// most `keep` steps of `group` positions.
constexpr uint64_t scheduleBytes(uint64_t group, uint64_t keep) {
  return 4 * scheduleWords(group, keep);
}

#include "dota/runtime/Instructions.h.inc"

constexpr unsigned bitsOf(Precision precision) {
  switch (precision) {
  case Precision::FX16:
    return 16;
  case Precision::FX8:
    return 8;
  case Precision::FX4:
  case Precision::INT4:
    return 4;
  case Precision::INT2:
    return 2;
  }
  return 0;
}

/// Packs an instruction. A value that its field cannot hold is cut off:
/// `findUnencodable` tells beforehand.
Word encode(const Instruction &instruction);

/// Unpacks a word. None if its opcode is unknown, an enum has no such case, or
/// bits are set beyond the fields.
std::optional<Instruction> decode(const Word &word);

/// What keeps an instruction from being encoded, for example
/// "rows is 70000; 65535 at most"; none if nothing does.
std::optional<std::string> findUnencodable(const Instruction &instruction);

Opcode opcodeOf(const Instruction &instruction);
Unit unitOf(const Instruction &instruction);
std::string_view mnemonic(const Instruction &instruction);

/// One line: the mnemonic and each field by name; flags only where they are set.
std::string toString(const Instruction &instruction);

/// Calls f(const Region &) for each region of SRAM that the instruction reads or
/// writes. Overloads for the single instructions are generated.
template <class F>
void forEachRegion(const Instruction &instruction, F &&f) {
  std::visit([&](const auto &i) { forEachRegion(i, f); }, instruction);
}

} // namespace dota

#endif // DOTA_RUNTIME_INSTRUCTIONS_H
