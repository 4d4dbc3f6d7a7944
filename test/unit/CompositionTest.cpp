//===- CompositionTest.cpp - wide products from narrow multipliers ----------===//
//
// That the composition gives the plain product: for all pairs of the narrow formats,
// for boundaries and random pairs of FX16.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Composition.h"
#include "dota/runtime/Timing.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace dota;

namespace {

/// All pairs from -2^(bits-1), which no format stores but a word can hold.
void expectAllPairs(unsigned bits) {
  const int32_t end = 1 << (bits - 1);
  for (int32_t a = -end; a < end; ++a)
    for (int32_t b = -end; b < end; ++b)
      ASSERT_EQ(composeProduct(a, b, bits), int64_t{a} * b) << a << " * " << b;
}

TEST(Composition, AllPairsOfInt2) { expectAllPairs(2); }
TEST(Composition, AllPairsOfFx4) { expectAllPairs(4); }
TEST(Composition, AllPairsOfFx8) { expectAllPairs(8); }

TEST(Composition, BoundariesOfFx16) {
  // Around each power of two, where a digit carries or a sign is spread, all of them
  // with all of them, with both signs.
  std::vector<int32_t> values;
  for (int power = 0; power <= 15; ++power)
    for (int32_t offset = -2; offset <= 2; ++offset)
      for (int32_t sign : {-1, 1})
        if (int32_t value = sign * ((1 << power) + offset); value >= -32768 && value <= 32767)
          values.push_back(value);
  // Digits that are all the largest, or largest and zero in turns.
  values.insert(values.end(), {0x3333, 0x5555, 0x6666, 0x2222, -0x3333, -0x5555, -0x6666});
  for (int32_t a : values)
    for (int32_t b : values)
      ASSERT_EQ(composeProduct(a, b, 16), int64_t{a} * b) << a << " * " << b;
}

TEST(Composition, RandomPairsOfFx16) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int32_t> any(-32768, 32767);
  for (int i = 0; i < 1'000'000; ++i) {
    const int32_t a = any(random), b = any(random);
    ASSERT_EQ(composeProduct(a, b, 16), int64_t{a} * b) << a << " * " << b;
  }
}

TEST(Composition, AProductTakesTheMultipliersThatItIsCountedWith) {
  for (unsigned bits : {2u, 4u, 8u, 16u}) {
    uint64_t count = 0;
    composeProduct(-1, 1, bits, &count);
    EXPECT_EQ(count, digitMultipliers(bits)) << bits;
  }
  EXPECT_EQ(digitMultipliers(16), 64u);
}

TEST(Composition, ThroughputIsThatOfMultipliersOrOfPorts) {
  Machine machine = Machine::named("dota");
  machine.rmmu.throughput = Throughput::Quadratic;
  EXPECT_EQ(productsPerCycle(16, machine), 1u);
  EXPECT_EQ(productsPerCycle(8, machine), 4u);
  EXPECT_EQ(productsPerCycle(4, machine), 16u);
  EXPECT_EQ(productsPerCycle(2, machine), 64u);
  machine.rmmu.throughput = Throughput::Linear;
  EXPECT_EQ(productsPerCycle(16, machine), 1u);
  EXPECT_EQ(productsPerCycle(8, machine), 2u);
  EXPECT_EQ(productsPerCycle(4, machine), 4u);
  EXPECT_EQ(productsPerCycle(2, machine), 8u);
}

} // namespace
