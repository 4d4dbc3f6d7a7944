//===- InstructionSet.h - the instruction records, read and checked ---------===//
#ifndef DOTA_TBLGEN_INSTRUCTIONSET_H
#define DOTA_TBLGEN_INSTRUCTIONSET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/TableGen/Record.h"
#include <optional>
#include <string>
#include <vector>

namespace dota::tblgen {

/// A case of an enum: C++ name, value, spelling in assembly.
struct EnumCase {
  llvm::StringRef symbol;
  int64_t value;
  llvm::StringRef spelling;
};

/// An enum that a field holds; numbered without gaps from 0.
struct Enum {
  llvm::StringRef name;
  llvm::StringRef cppNamespace; // of the compiler's enum
  llvm::StringRef summary;
  std::vector<EnumCase> cases;
};

struct Field {
  const llvm::Record *record;
  llvm::StringRef name;
  llvm::StringRef kind; // sram, unsigned, signed, float, flag, precision, activation
  unsigned width;       // bits
  unsigned offset;      // bit of the word
  llvm::StringRef description;
  const Enum *enumeration = nullptr; // of a precision or an activation

  bool isSram() const { return kind == "sram"; }
  bool isUnsigned() const { return kind == "unsigned"; }
  bool isSigned() const { return kind == "signed"; }
  bool isFloat() const { return kind == "float"; }
  bool isFlag() const { return kind == "flag"; }

  /// Smallest and largest value of a whole number.
  int64_t lowest() const { return isSigned() ? -(int64_t{1} << (width - 1)) : 0; }
  int64_t highest() const { return (int64_t{1} << (isSigned() ? width - 1 : width)) - 1; }

  /// Name of the accessor that ODS gives the op: rowBytes -> RowBytes.
  std::string accessor() const;
};

/// A rectangle of SRAM that an instruction touches, as C++ expressions.
struct Footprint {
  llvm::StringRef when, base, rows, rowBytes, stride;
  bool write;
};

struct Instruction {
  const llvm::Record *record;
  std::string name;         // Matmul
  llvm::StringRef mnemonic; // matmul
  llvm::StringRef summary;
  unsigned opcode;
  llvm::StringRef unit;
  std::vector<Field> fields;
  std::vector<Footprint> footprints;
  unsigned bits; // used of the word
};

struct Unit {
  llvm::StringRef name;
  int64_t value;
};

struct InstructionSet {
  std::vector<Instruction> instructions; // in order of opcode
  std::vector<Unit> units;               // in order of value
  std::vector<std::unique_ptr<Enum>> enums;
  /// Of everything that gives a word its meaning: opcodes, mnemonics, units,
  /// fields (name, kind, width, order) and the cases of enums.
  uint64_t hash;
};

/// Reads every record derived from `Instruction`. What cannot be encoded ends the
/// run with an error at the record: an opcode given twice, a word over 256 bits,
/// a field named twice, a kind that is not known, a footprint on no address.
InstructionSet readInstructionSet(const llvm::RecordKeeper &records);

} // namespace dota::tblgen

#endif // DOTA_TBLGEN_INSTRUCTIONSET_H
