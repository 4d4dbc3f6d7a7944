//===- RmmuModeTest.cpp - what fits the PE rows it runs in ------------------===//

#include "dota/runtime/RmmuMode.h"

#include <gtest/gtest.h>

using namespace dota;

namespace {

Matmul matmul(Precision a, Precision b, bool exponentials = false) {
  return {.aPrecision = a, .bPrecision = b, .unsignedA = exponentials};
}

TEST(RmmuMode, TheWiderOperandCounts) {
  EXPECT_EQ(widestBits(matmul(Precision::FX16, Precision::INT2)), 16u);
  EXPECT_EQ(widestBits(matmul(Precision::INT2, Precision::FX8)), 8u);
  EXPECT_EQ(widestBits(matmul(Precision::FX4, Precision::INT4)), 4u);
  // Exponentials are as wide as FX16 whatever the field says.
  EXPECT_EQ(widestBits(matmul(Precision::FX8, Precision::FX8, true)), 16u);
  EXPECT_EQ(widestBits(RowsMatmul{.aPrecision = Precision::FX8, .bPrecision = Precision::FX4}), 8u);
  EXPECT_EQ(widestBits(Spmm{.precision = Precision::FX8}), 16u);
  EXPECT_EQ(widestBits(Sddmm{.precision = Precision::FX8}), 8u);
  EXPECT_EQ(widestBits(Estimate{.aPrecision = Precision::INT2, .bPrecision = Precision::INT4}), 4u);
  EXPECT_EQ(widestBits(Requantize{.precision = Precision::FX16}), 0u);
}

TEST(RmmuMode, StartsInFx16AndFollowsConfigure) {
  RmmuMode mode;
  EXPECT_EQ(mode, (RmmuMode{Precision::FX16, 0, Precision::FX16}));
  mode.follow(Matmul{});
  EXPECT_EQ(mode, RmmuMode{});
  mode.follow(Configure{Precision::FX8, 12, Precision::INT2});
  EXPECT_EQ(mode, (RmmuMode{Precision::FX8, 12, Precision::INT2}));
}

TEST(RmmuMode, WhoSetsItAndWhoNeedsIt) {
  EXPECT_EQ(modeUseOf(Configure{}), ModeUse::Sets);
  for (const Instruction &i :
       std::initializer_list<Instruction>{Matmul{}, Sddmm{}, Spmm{}, Estimate{}})
    EXPECT_EQ(modeUseOf(i), ModeUse::Needs) << mnemonic(i);
  for (const Instruction &i :
       std::initializer_list<Instruction>{Load{}, Wait{}, Softmax{}, Select{}, Order{}, Barrier{}})
    EXPECT_EQ(modeUseOf(i), ModeUse::None) << mnemonic(i);
}

TEST(RmmuMode, ProductsFitTheirRows) {
  const RmmuMode split{Precision::FX8, 12, Precision::INT4};
  auto misfit = [&](const Instruction &i) { return findMisfit(i, split, 32).value_or(""); };
  EXPECT_EQ(misfit(matmul(Precision::FX8, Precision::INT2)), "");
  EXPECT_EQ(misfit(matmul(Precision::FX8, Precision::FX16)),
            "matmul has operands of 16 bits; the PE rows that compute are set to fx8");
  EXPECT_EQ(misfit(Spmm{.group = 4, .precision = Precision::FX8}),
            "spmm has operands of 16 bits; the PE rows that compute are set to fx8");
  EXPECT_EQ(misfit(Estimate{.aPrecision = Precision::FX4, .bPrecision = Precision::INT2}), "");
  EXPECT_EQ(misfit(Estimate{.aPrecision = Precision::FX8, .bPrecision = Precision::INT2}),
            "estimate has operands of 8 bits; the PE rows that detect are set to int4");
  EXPECT_EQ(findMisfit(Estimate{}, {}, 32), "estimate has no PE rows that detect");
  EXPECT_EQ(misfit(Load{}), "");
}

TEST(RmmuMode, SomeRowsCompute) {
  auto misfit = [](const Instruction &i, const RmmuMode &mode = {}) {
    return findMisfit(i, mode, 32).value_or("");
  };
  EXPECT_EQ(misfit(Configure{.detectRows = 31}), "");
  EXPECT_EQ(misfit(Configure{.detectRows = 32}),
            "configure has 32 PE rows detect; the array has 32, and one at least computes");
  // Each row of a group takes a PE row.
  EXPECT_EQ(misfit(Sddmm{.group = 4}, {.detectRows = 28}), "");
  EXPECT_EQ(misfit(Sddmm{.group = 4}, {.detectRows = 29}),
            "sddmm has groups of 4 query rows; 3 PE rows compute");
  EXPECT_EQ(misfit(Spmm{.group = 8}, {.detectRows = 28}),
            "spmm has groups of 8 query rows; 4 PE rows compute");
}

} // namespace
