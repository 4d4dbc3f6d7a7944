//===- NumericsTest.cpp - the numeric rules, on plain numbers ---------------===//
#include "dota/runtime/Numerics.h"
#include "gtest/gtest.h"

using namespace dota;

namespace {

HostArithmetic host;
Numerics<HostArithmetic> numerics{host};

TEST(Numerics, RoundShiftIsHalfToEven) {
  EXPECT_EQ(numerics.roundShift(5, 1), 2);
  EXPECT_EQ(numerics.roundShift(7, 1), 4);
  EXPECT_EQ(numerics.roundShift(-5, 1), -2);
  EXPECT_EQ(numerics.roundShift(-7, 1), -4);
  EXPECT_EQ(numerics.roundShift(11, 2), 3);
  EXPECT_EQ(numerics.roundShift(-11, 2), -3);
  EXPECT_EQ(numerics.roundShift(3, 0), 3);
  EXPECT_EQ(numerics.roundShift(3, -4), 48);
}

TEST(Numerics, SaturationIsSymmetric) {
  EXPECT_EQ(numerics.saturate(40000, 16), 32767);
  EXPECT_EQ(numerics.saturate(-32768, 16), -32767);
  EXPECT_EQ(numerics.saturate(-8, 4), -7);
  EXPECT_EQ(numerics.saturate(2, 2), 1);
}

} // namespace
