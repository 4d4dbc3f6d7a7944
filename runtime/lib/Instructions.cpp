//===- Instructions.cpp - words of instructions, and their text -------------===//
//
// Everything here works on any instruction, through the walk over its fields
// that is generated with it.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Instructions.h"
#include <bit>
#include <fmt/format.h>
#include <type_traits>
#include <utility>

namespace dota {

namespace {

constexpr unsigned kOpcodeBits = 8;

constexpr uint64_t lowMask(unsigned width) {
  return width >= 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
}

void insert(Word &word, const FieldInfo &field, uint64_t value) {
  value &= lowMask(field.width);
  unsigned index = field.offset / 64, bit = field.offset % 64;
  word[index] |= value << bit;
  if (bit + field.width > 64)
    word[index + 1] |= value >> (64 - bit);
}

uint64_t extract(const Word &word, const FieldInfo &field) {
  unsigned index = field.offset / 64, bit = field.offset % 64;
  uint64_t value = word[index] >> bit;
  if (bit + field.width > 64)
    value |= word[index + 1] << (64 - bit);
  return value & lowMask(field.width);
}

template <class T>
uint64_t toBits(T value) {
  if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<uint32_t>(value);
  else
    return static_cast<uint64_t>(value); // signed values extend their sign, which insert cuts
}

/// False if the bits are no value of the field.
template <class T>
bool fromBits(uint64_t bits, const FieldInfo &field, T &value) {
  if constexpr (std::is_same_v<T, float>) {
    value = std::bit_cast<float>(static_cast<uint32_t>(bits));
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(bits);
    return !name(value).empty();
  } else if constexpr (std::is_signed_v<T>) {
    unsigned unused = 64 - field.width;
    value = static_cast<T>(static_cast<int64_t>(bits << unused) >> unused);
  } else {
    value = static_cast<T>(bits);
  }
  return true;
}

template <class I>
std::optional<Instruction> unpack(const Word &word) {
  I instruction;
  bool valid = true;
  I::forEachField(instruction, [&](const FieldInfo &field, auto &value) {
    valid &= fromBits(extract(word, field), field, value);
  });
  for (unsigned bit = I::bits; bit < 64 * word.size(); bit = (bit / 64 + 1) * 64)
    valid &= (word[bit / 64] >> (bit % 64)) == 0;
  return valid ? std::optional<Instruction>(instruction) : std::nullopt;
}

template <size_t... index>
std::optional<Instruction> unpackAny(const Word &word, std::index_sequence<index...>) {
  auto opcode = static_cast<Opcode>(word[0] & lowMask(kOpcodeBits));
  std::optional<Instruction> result;
  auto tryOne = [&]<class I>(std::type_identity<I>) {
    if (I::opcode != opcode)
      return false;
    result = unpack<I>(word);
    return true;
  };
  (void)(tryOne(std::type_identity<std::variant_alternative_t<index, Instruction>>()) || ...);
  return result;
}

} // namespace

Word encode(const Instruction &instruction) {
  return std::visit(
      [](const auto &i) {
        Word word{static_cast<uint64_t>(i.opcode), 0, 0, 0};
        i.forEachField(
            i, [&](const FieldInfo &field, auto value) { insert(word, field, toBits(value)); });
        return word;
      },
      instruction);
}

std::optional<Instruction> decode(const Word &word) {
  return unpackAny(word, std::make_index_sequence<std::variant_size_v<Instruction>>());
}

std::optional<std::string> findUnencodable(const Instruction &instruction) {
  std::optional<std::string> problem;
  auto check = [&](const FieldInfo &field, auto value) {
    using T = decltype(value);
    if (problem)
      return;
    if constexpr (std::is_enum_v<T>) {
      if (name(value).empty())
        problem = fmt::format("{} is {}, which is no case", field.name, static_cast<int>(value));
    } else if constexpr (!std::is_same_v<T, float> && !std::is_same_v<T, bool>) {
      bool isSigned = std::is_signed_v<T>;
      int64_t highest = static_cast<int64_t>(lowMask(field.width - isSigned));
      int64_t lowest = isSigned ? -highest - 1 : 0;
      auto wide = static_cast<int64_t>(value);
      if (wide > highest)
        problem = fmt::format("{} is {}; {} at most", field.name, value, highest);
      else if (wide < lowest)
        problem = fmt::format("{} is {}; {} at least", field.name, value, lowest);
    }
  };
  std::visit([&](const auto &i) { i.forEachField(i, check); }, instruction);
  return problem;
}

Opcode opcodeOf(const Instruction &instruction) {
  return std::visit([](const auto &i) { return i.opcode; }, instruction);
}

Unit unitOf(const Instruction &instruction) {
  return std::visit([](const auto &i) { return i.issuedTo; }, instruction);
}

std::string_view mnemonic(const Instruction &instruction) {
  return std::visit([](const auto &i) { return i.mnemonic; }, instruction);
}

std::string toString(const Instruction &instruction) {
  std::string text(mnemonic(instruction));
  auto append = [&](const FieldInfo &field, auto value) {
    using T = decltype(value);
    if constexpr (std::is_same_v<T, bool>) {
      if (value)
        text += fmt::format(" {}", field.name);
    } else if constexpr (std::is_enum_v<T>) {
      text += fmt::format(" {}={}", field.name, name(value));
    } else {
      text += fmt::format(" {}={}", field.name, value);
    }
  };
  std::visit([&](const auto &i) { i.forEachField(i, append); }, instruction);
  return text;
}

} // namespace dota
