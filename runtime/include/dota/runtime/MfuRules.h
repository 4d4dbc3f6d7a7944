//===- MfuRules.h - how an MFU computes -------------------------*- C++ -*-===//
//
// What a machine description chooses among the rules of Numerics.h. A program
// carries the choice it was compiled for, since its results depend on it.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_MFURULES_H
#define DOTA_RUNTIME_MFURULES_H

#include <cstdint>

namespace dota {

/// What the floating-point values between the units of an MFU are: IEEE-754 binary32
/// or binary16. The paper's texts say both.
enum class MfuFormat : uint8_t { FP32 = 0, FP16 = 1 };

/// Degrees that the polynomial of the exponential unit can have.
inline constexpr unsigned kLeastExpDegree = 2, kGreatestExpDegree = 6;

struct MfuRules {
  MfuFormat format = MfuFormat::FP32;
  unsigned expDegree = kGreatestExpDegree;

  bool operator==(const MfuRules &) const = default;
};

} // namespace dota

#endif // DOTA_RUNTIME_MFURULES_H
