//===- RmmuMode.cpp - how the PE rows of an RMMU are set --------------------===//

#include "dota/runtime/RmmuMode.h"

#include <fmt/format.h>

#include <algorithm>

using namespace dota;

void RmmuMode::follow(const Instruction &instruction) {
  if (auto *i = std::get_if<Configure>(&instruction))
    *this = {i->precision, i->detectRows, i->detectPrecision};
}

ModeUse dota::modeUseOf(const Instruction &instruction) {
  if (std::holds_alternative<Configure>(instruction))
    return ModeUse::Sets;
  Unit unit = unitOf(instruction);
  return unit == Unit::Rmmu || unit == Unit::Estimator ? ModeUse::Needs : ModeUse::None;
}

unsigned dota::widestBits(const Instruction &instruction) {
  if (auto *i = std::get_if<Matmul>(&instruction))
    return std::max(i->unsignedA ? 16 : bitsOf(i->aPrecision), bitsOf(i->bPrecision));
  if (auto *i = std::get_if<RowsMatmul>(&instruction))
    return std::max(bitsOf(i->aPrecision), bitsOf(i->bPrecision));
  if (auto *i = std::get_if<Estimate>(&instruction))
    return std::max(bitsOf(i->aPrecision), bitsOf(i->bPrecision));
  if (auto *i = std::get_if<Sddmm>(&instruction))
    return bitsOf(i->precision);
  // Exponentials are 16 bits wide.
  return std::holds_alternative<Spmm>(instruction) ? 16 : 0;
}

std::optional<std::string> dota::findMisfit(const Instruction &instruction, const RmmuMode &mode,
                                            unsigned rows) {
  if (auto *i = std::get_if<Configure>(&instruction)) {
    if (i->detectRows >= rows)
      return fmt::format("configure has {} PE rows detect; the array has {}, and one at least "
                         "computes",
                         i->detectRows, rows);
    return std::nullopt;
  }
  if (modeUseOf(instruction) == ModeUse::None)
    return std::nullopt;
  const bool detects = unitOf(instruction) == Unit::Estimator;
  if (detects && mode.detectRows == 0)
    return fmt::format("{} has no PE rows that detect", mnemonic(instruction));
  const Precision set = detects ? mode.detectPrecision : mode.precision;
  if (unsigned bits = widestBits(instruction); bits > bitsOf(set))
    return fmt::format("{} has operands of {} bits; the PE rows that {} are set to {}",
                       mnemonic(instruction), bits, detects ? "detect" : "compute", name(set));
  auto checkGroup = [&](uint64_t group) -> std::optional<std::string> {
    if (group <= rows - mode.detectRows)
      return std::nullopt;
    return fmt::format("{} has groups of {} query rows; {} PE rows compute", mnemonic(instruction),
                       group, rows - mode.detectRows);
  };
  if (auto *i = std::get_if<Sddmm>(&instruction))
    return checkGroup(i->group);
  if (auto *i = std::get_if<Spmm>(&instruction))
    return checkGroup(i->group);
  return std::nullopt;
}
