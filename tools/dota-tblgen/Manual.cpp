//===- Manual.cpp - the instruction set for readers -------------------------===//
//
// Writes docs/instruction-set.md.
//
//===----------------------------------------------------------------------===//

#include "InstructionSet.h"
#include "llvm/Support/Format.h"
#include "llvm/TableGen/TableGenBackend.h"

using namespace llvm;

namespace dota::tblgen {

static std::string describeValues(const Field &field) {
  if (field.isSram())
    return "SRAM address, bytes";
  if (field.isFloat())
    return "f32";
  if (field.isFlag())
    return "flag";
  if (field.enumeration)
    return field.enumeration->name.str();
  return (Twine(field.lowest()) + " to " + Twine(field.highest())).str();
}

static void emitFields(raw_ostream &os, const Instruction &instruction) {
  os << "| bits | field | values | meaning |\n|---|---|---|---|\n";
  os << "| 0-7 | opcode | " << instruction.opcode << " | |\n";
  for (const Field &field : instruction.fields) {
    os << "| " << field.offset;
    if (field.width > 1)
      os << "-" << field.offset + field.width - 1;
    os << " | `" << field.name << "` | " << describeValues(field) << " | " << field.description
       << " |\n";
  }
  os << "\n";
}

static void emitFootprints(raw_ostream &os, const Instruction &instruction) {
  if (instruction.footprints.empty())
    return;
  os << "| SRAM | rows | bytes of a row | stride |\n|---|---|---|---|\n";
  for (const Footprint &footprint : instruction.footprints) {
    os << "| " << (footprint.write ? "writes" : "reads") << " `" << footprint.base << "`";
    if (footprint.when != "true")
      os << " where `" << footprint.when << "`";
    os << " | `" << footprint.rows << "` | `" << footprint.rowBytes << "` | ";
    if (footprint.stride != "0")
      os << "`" << footprint.stride << "`";
    os << " |\n";
  }
  os << "\n";
}

static void emitAssembly(raw_ostream &os, const Instruction &instruction) {
  os << "```mlir\nlane." << instruction.mnemonic;
  StringRef separator = " ";
  for (const Field &field : instruction.fields)
    if (field.isSram()) {
      os << separator << "%" << field.name;
      separator = ", ";
    }
  separator = " {";
  for (const Field &field : instruction.fields) {
    if (field.isSram())
      continue;
    os << separator << field.name;
    if (field.enumeration)
      os << " = #dota." << (field.kind == "activation" ? "activation_kind" : field.kind) << "<"
         << field.enumeration->cases.front().spelling << ">";
    else if (field.isFloat())
      os << " = 1.0 : f32";
    else if (!field.isFlag())
      os << " = 1";
    separator = ", ";
  }
  os << (separator == ", " ? "}\n" : "\n") << "```\n\n";
}

static void emitManual(const RecordKeeper &records, raw_ostream &os) {
  InstructionSet set = readInstructionSet(records);
  os << "# Instruction set\n\n"
        "Generated from `dialect/Lane/Instructions.td`; build `update-instruction-set` to write it "
        "anew.\n\n"
        "A word is 256 bits: the opcode in bits 0-7, then the fields in order, lowest bits first,\n"
        "without gaps; the bits above the last field are zero. In a program a word is four 64-bit\n"
        "integers, lowest first. This set has the hash `"
     << format_hex(set.hash, 18)
     << "`; a\n"
        "program that was made for another is refused.\n\n"
        "Instructions of a lane are issued in order, each to the queue of its unit, where they "
        "run\n"
        "in order. Units run beside one another: `wait` is what holds an instruction until "
        "another\n"
        "unit has finished what it needs. `Control` instructions run at issue.\n\n";

  os << "| number | unit | instructions |\n|---|---|---|\n";
  for (const Unit &unit : set.units) {
    os << "| " << unit.value << " | " << unit.name << " |";
    StringRef separator = " ";
    for (const Instruction &instruction : set.instructions)
      if (instruction.unit == unit.name) {
        os << separator << "`" << instruction.mnemonic << "`";
        separator = ", ";
      }
    os << " |\n";
  }
  os << "\n";
  for (const auto &enumeration : set.enums) {
    os << enumeration->name << " (" << enumeration->summary << "):";
    StringRef separator = " ";
    for (const EnumCase &value : enumeration->cases) {
      os << separator << value.value << " `" << value.spelling << "`";
      separator = ", ";
    }
    os << ".\n\n";
  }
  os << "Formats in SRAM and how `bytes`, `groups` and `scheduleBytes` count are in the head of\n"
        "`dialect/Lane/Instructions.td` and in `runtime/include/dota/runtime/Instructions.h`.\n\n";

  for (const Instruction &instruction : set.instructions) {
    os << "## " << instruction.mnemonic << "\n\n"
       << instruction.summary << " (" << instruction.unit << ", " << instruction.bits
       << " bits)\n\n";
    emitAssembly(os, instruction);
    emitFields(os, instruction);
    emitFootprints(os, instruction);
  }
}

static TableGen::Emitter::Opt option("gen-manual", emitManual, "the instruction set for readers");

} // namespace dota::tblgen
