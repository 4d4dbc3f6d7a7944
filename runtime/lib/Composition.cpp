//===- Composition.cpp - a wide multiplier made of narrow ones --------------===//

#include "dota/runtime/Composition.h"

#include <cassert>

using namespace dota;

namespace {

/// Bits of a number, and whether the first of them counts negatively.
struct Bits {
  uint32_t bits;
  bool isSigned;
};

/// A multiplier of digits: an AND for each pair of bits, each at its place; a pair with
/// the sign of one digit, not of both, is subtracted.
int64_t multiplyDigits(Bits a, Bits b) {
  int64_t product = 0;
  for (unsigned i = 0; i < kDigitBits; ++i)
    for (unsigned j = 0; j < kDigitBits; ++j) {
      const int64_t both = (a.bits >> i) & (b.bits >> j) & 1;
      const bool isNegative = (a.isSigned && i + 1 == kDigitBits) != //
                              (b.isSigned && j + 1 == kDigitBits);
      product += isNegative ? -(both << (i + j)) : both << (i + j);
    }
  return product;
}

int64_t multiply(Bits a, Bits b, unsigned width, uint64_t &multiplications) {
  if (width == kDigitBits) {
    ++multiplications;
    return multiplyDigits(a, b);
  }
  const unsigned half = width / 2;
  const uint32_t mask = (uint32_t{1} << half) - 1;
  const Bits aUpper{a.bits >> half, a.isSigned}, aLower{a.bits & mask, false};
  const Bits bUpper{b.bits >> half, b.isSigned}, bLower{b.bits & mask, false};
  auto part = [&](Bits x, Bits y) { return multiply(x, y, half, multiplications); };
  // Shifted by multiplication: a part may be negative.
  const int64_t one = int64_t{1} << half;
  return part(aUpper, bUpper) * one * one + (part(aUpper, bLower) + part(aLower, bUpper)) * one +
         part(aLower, bLower);
}

} // namespace

int64_t dota::composeProduct(int32_t a, int32_t b, unsigned bits, uint64_t *multiplications) {
  assert((bits == 2 || bits == 4 || bits == 8 || bits == 16) && "a PE has no such width");
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  uint64_t count = 0;
  const int64_t product = multiply({static_cast<uint32_t>(a) & mask, true},
                                   {static_cast<uint32_t>(b) & mask, true}, bits, count);
  if (multiplications)
    *multiplications += count;
  return product;
}
