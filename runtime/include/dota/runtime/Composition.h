//===- Composition.h - a wide multiplier made of narrow ones ----------------===//
//
// A PE has no 16-bit multiplier. It has multipliers of two 2-bit digits, and makes
// a product of twice the width of four products of the halves:
//
//     (a + b)(c + d) = ac + ad + bc + bd      a, c: upper halves, b, d: lower ones
//
// Numbers are two's complement, so that upper halves are signed and lower ones are
// not; a multiplier of digits is told which of its two are signed. Set to a narrower
// precision the PE uses the same multipliers for products of their own.
//
// This is what the PE does; the simulator multiplies plainly, which CompositionTest
// shows to be the same.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_COMPOSITION_H
#define DOTA_RUNTIME_COMPOSITION_H

#include <cstdint>

namespace dota {

/// Bits of a digit, and of the operands that a PE takes in a cycle on either side.
inline constexpr unsigned kDigitBits = 2, kPortBits = 16;

/// Multipliers of digits that a product of two operands of `bits` bits takes: one at
/// 2 bits, four times as many for each doubling. `bits` is 2, 4, 8 or 16.
constexpr uint64_t digitMultipliers(unsigned bits) {
  return bits == kDigitBits ? 1 : 4 * digitMultipliers(bits / 2);
}

/// Products of operands of `bits` bits that a PE has the multipliers for, and those
/// that its ports bring the operands of.
constexpr uint64_t productsByMultipliers(unsigned bits) {
  return digitMultipliers(kPortBits) / digitMultipliers(bits);
}
constexpr uint64_t productsByPorts(unsigned bits) { return kPortBits / bits; }

/// A product of two two's complement numbers of `bits` bits, made of digits. If given,
/// `multiplications` is increased by those of digits.
int64_t composeProduct(int32_t a, int32_t b, unsigned bits, uint64_t *multiplications = nullptr);

} // namespace dota

#endif // DOTA_RUNTIME_COMPOSITION_H
