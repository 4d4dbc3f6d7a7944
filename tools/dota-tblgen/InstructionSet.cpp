//===- InstructionSet.cpp - the instruction records, read and checked -------===//

#include "InstructionSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TableGen/Error.h"

using namespace llvm;

namespace dota::tblgen {

namespace {
constexpr unsigned kWordBits = 256;
constexpr unsigned kOpcodeBits = 8;
} // namespace

std::string Field::accessor() const { return convertToCamelFromSnakeCase(name, true); }

/// Reads the enum behind a field's constraint (an `EnumAttr`), once.
static const Enum *readEnum(const Record *field, InstructionSet &set) {
  const Record *constraint = field->getValueAsDef("constraint");
  if (!constraint->isSubClassOf("EnumAttr"))
    PrintFatalError(field, "field '" + field->getValueAsString("name") + "' of kind " +
                               field->getValueAsString("kind") + " has no enum attribute");
  const Record *record = constraint->getValueAsDef("enum");
  StringRef name = record->getValueAsString("className");
  for (const std::unique_ptr<Enum> &known : set.enums)
    if (known->name == name)
      return known.get();

  auto result = std::make_unique<Enum>();
  result->name = name;
  result->cppNamespace = record->getValueAsString("cppNamespace");
  result->summary = record->getValueAsString("summary");
  for (const Record *value : record->getValueAsListOfDefs("enumerants"))
    result->cases.push_back({value->getValueAsString("symbol"), value->getValueAsInt("value"),
                             value->getValueAsString("str")});
  for (auto [index, value] : llvm::enumerate(result->cases))
    if (value.value != static_cast<int64_t>(index))
      PrintFatalError(record, "case " + value.symbol + " of " + name + " is " + Twine(value.value) +
                                  "; cases are numbered from 0 without gaps");
  set.enums.push_back(std::move(result));
  return set.enums.back().get();
}

/// Reads one field that starts at bit `offset`.
static Field readField(const Record *record, const Record *instruction, unsigned offset,
                       InstructionSet &set) {
  Field field;
  field.record = record;
  field.name = record->getValueAsString("name");
  field.kind = record->getValueAsString("kind");
  field.description = record->getValueAsString("description");
  field.offset = offset;
  int64_t width = record->getValueAsInt("width");

  // What the field's C++ type holds: see RuntimeHeader.cpp.
  int64_t least = 1, most = 0;
  if (field.isSram() || field.isSigned())
    most = 32;
  else if (field.isUnsigned())
    most = 62;
  else if (field.isFloat())
    least = most = 32;
  else if (field.isFlag())
    most = 1;
  else if (field.kind == "precision" || field.kind == "activation") {
    field.enumeration = readEnum(record, set);
    least = Log2_64_Ceil(field.enumeration->cases.size());
    most = 8;
  } else
    PrintFatalError(instruction, "field '" + field.name + "' is of kind '" + field.kind +
                                     "', which dota-tblgen does not know");
  if (width < least || width > most)
    PrintFatalError(instruction, "field '" + field.name + "' of kind " + field.kind + " is " +
                                     Twine(width) + " bits wide; " + Twine(least) + " to " +
                                     Twine(most) + " possible");
  field.width = width;
  return field;
}

static void readFootprints(Instruction &instruction, StringRef list, bool write) {
  for (const Record *record : instruction.record->getValueAsListOfDefs(list)) {
    Footprint footprint{record->getValueAsString("when"),   record->getValueAsString("base"),
                        record->getValueAsString("rows"),   record->getValueAsString("rowBytes"),
                        record->getValueAsString("stride"), write};
    // The compiler finds the operand that a region belongs to by its base.
    if (none_of(instruction.fields,
                [&](const Field &f) { return f.isSram() && f.name == footprint.base; }))
      PrintFatalError(instruction.record, "footprint is based on '" + footprint.base +
                                              "', which is no SRAM address of the instruction");
    instruction.footprints.push_back(footprint);
  }
}

static Instruction readInstruction(const Record *record, InstructionSet &set) {
  Instruction instruction;
  instruction.record = record;
  StringRef name = record->getName();
  name.consume_back("Op");
  instruction.name = name.str();
  instruction.mnemonic = record->getValueAsString("opName");
  instruction.summary = record->getValueAsString("summary");
  instruction.unit = record->getValueAsDef("unit")->getValueAsString("name");

  int64_t opcode = record->getValueAsInt("opcode");
  if (opcode < 0 || opcode >= (1 << kOpcodeBits))
    PrintFatalError(record, "opcode is " + Twine(opcode) + "; 0 to 255 possible");
  instruction.opcode = opcode;

  StringMap<unsigned> seen;
  unsigned offset = kOpcodeBits;
  for (const Record *field : record->getValueAsListOfDefs("fields")) {
    instruction.fields.push_back(readField(field, record, offset, set));
    StringRef fieldName = instruction.fields.back().name;
    if (!seen.try_emplace(fieldName, offset).second)
      PrintFatalError(record, "field '" + fieldName + "' is declared twice");
    offset += instruction.fields.back().width;
  }
  if (offset > kWordBits)
    PrintFatalError(record, "word of " + instruction.mnemonic + " needs " + Twine(offset) +
                                " bits; " + Twine(kWordBits) + " available");
  instruction.bits = offset;
  readFootprints(instruction, "reads", /*write=*/false);
  readFootprints(instruction, "writes", /*write=*/true);
  return instruction;
}

/// FNV-1a over a canonical text, so that the order of records and their
/// descriptions do not matter and nothing depends on the host.
static uint64_t hashOf(const InstructionSet &set) {
  uint64_t hash = 0xcbf29ce484222325ull;
  auto add = [&](const Twine &text) {
    for (char c : text.str() + "\n")
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  };
  for (const Unit &unit : set.units)
    add("unit " + unit.name + " " + Twine(unit.value));
  for (const Instruction &instruction : set.instructions) {
    add("instruction " + Twine(instruction.opcode) + " " + instruction.mnemonic + " " +
        instruction.unit);
    for (const Field &field : instruction.fields) {
      add("field " + field.name + " " + field.kind + " " + Twine(field.width));
      if (field.enumeration)
        for (const EnumCase &value : field.enumeration->cases)
          add("case " + value.spelling + " " + Twine(value.value));
    }
  }
  return hash;
}

InstructionSet readInstructionSet(const RecordKeeper &records) {
  InstructionSet set;
  for (const Record *record : records.getAllDerivedDefinitions("Instruction"))
    set.instructions.push_back(readInstruction(record, set));
  llvm::sort(set.instructions, [](const Instruction &a, const Instruction &b) {
    return std::pair(a.opcode, a.record->getID()) < std::pair(b.opcode, b.record->getID());
  });
  for (size_t i = 1; i < set.instructions.size(); ++i) {
    const Instruction &previous = set.instructions[i - 1], &current = set.instructions[i];
    if (previous.opcode != current.opcode)
      continue;
    PrintError(current.record, "opcode " + Twine(current.opcode) + " is given twice");
    PrintFatalNote(previous.record, "it is the opcode of " + previous.mnemonic);
  }

  for (const Record *record : records.getAllDerivedDefinitions("Unit"))
    set.units.push_back({record->getValueAsString("name"), record->getValueAsInt("value")});
  llvm::sort(set.units, [](const Unit &a, const Unit &b) { return a.value < b.value; });
  llvm::sort(set.enums, [](const auto &a, const auto &b) { return a->name < b->name; });
  set.hash = hashOf(set);
  return set;
}

} // namespace dota::tblgen
