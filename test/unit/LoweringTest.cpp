//===- LoweringTest.cpp - programs on lanes against their meaning ----------===//
//
// Attention over masks that are known, over keys that come block by block, and rows
// that are left out. What random programs mean is held against lanes in test/random.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Passes.h"
#include "random/Levels.h"
#include "random/ProgramWriter.h"
#include "gtest/gtest.h"
#include <fstream>

using namespace dota::random;
using namespace mlir;
using namespace mlir::dota;

namespace {

struct MachineShape {
  unsigned lanes;
  uint64_t sram; ///< bytes a lane
};

class LoweringTest : public testing::TestWithParam<unsigned> {
protected:
  /// By the lanes. Nothing where a tile does not fit.
  std::optional<Levels::LaneRun> lanes(const std::string &text, const Bytes &inputs,
                                       MachineShape shape) {
    std::string path = testing::TempDir() + "lowering-" + std::to_string(shape.lanes) + "-" +
                       std::to_string(shape.sram) + ".toml";
    std::ofstream(path) << "name = \"test\"\n[lanes]\ncount = " << shape.lanes
                        << "\n[sram]\nbytes = " << shape.sram << "\n";
    return levels.lanes(text, inputs, path, [&](OpPassManager &passes) {
      if (groupsRows)
        passes.addPass(createGroupRows({path, /*tile=*/16}));
      lowerToLanes(passes, path, detectRows, schedules);
    });
  }

  Levels levels;
  bool groupsRows = false, schedules = false;
  int64_t detectRows = -1; ///< as dota-to-lane takes it
};

/// Attention over a mask; `maskOp` makes it of the detector's %lq and %lk.
std::string sparseProgram(const std::string &maskOp) {
  std::string weight = "dense<\"0x", detector = "dense<\"0x";
  std::mt19937 random(7);
  auto hex = [&](std::string &text, int count) {
    for (int i = 0; i < 2 * count; ++i) {
      char byte[3];
      std::snprintf(byte, sizeof(byte), "%02X", static_cast<unsigned>(random() & 127));
      text += byte;
    }
    text += "\">";
  };
  hex(weight, 16 * 16);
  hex(detector, 16 * 8);
  return R"(
    !x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
    !w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
    !d = !quant.uniform<i4<-7:7>:f32, 2.0>
    !m = !dota.mask<4x41x41, keep = 7>
    dota.program @p(%arg: tensor<41x16xf32>) -> tensor<41x16xf32> {
      %w = dota.constant )" +
         weight + R"( : tensor<16x16xi16> : tensor<16x16x!w>
      %wd = dota.constant )" +
         detector + R"( : tensor<16x8xi16> : tensor<16x8x!w>
      %x = dota.quantize %arg : tensor<41x16xf32> -> tensor<41x16x!x>
      %q = dota.linear %x, %w : tensor<41x16x!x>, tensor<16x16x!w> -> tensor<41x16x!x>
      %l = dota.linear %x, %wd : tensor<41x16x!x>, tensor<16x8x!w> -> tensor<41x8x!d>
      %m = )" +
         maskOp + R"( -> !m
      %a = dota.masked_attention %q, %q, %q mask %m {heads = 4, kv_heads = 4, scale = 0.25 : f32} : (tensor<41x16x!x>, tensor<41x16x!x>, tensor<41x16x!x>, !m) -> tensor<41x16x!x>
      %y = dota.dequantize %a : tensor<41x16x!x> -> tensor<41x16xf32>
      dota.return %y : tensor<41x16xf32>
    }
    func.func @main(%arg: tensor<41x16xf32>) -> tensor<41x16xf32> {
      %r = dota.launch @p(%arg) : (tensor<41x16xf32>) -> tensor<41x16xf32>
      return %r : tensor<41x16xf32>
    })";
}

using DetectionTest = LoweringTest;

TEST_P(DetectionTest, HasTheSameBitsInAnyRows) {
  const std::string text =
      sparseProgram("dota.detect %l, %l {heads = 4} : (tensor<41x8x!d>, tensor<41x8x!d>)");
  const Bytes inputs = levels.inputs(text, 5), expected = levels.meaning(text, inputs);
  for (bool ordered : {false, true})
    for (int64_t rows : {0, 4, 12, 16, 28}) {
      SCOPED_TRACE(std::to_string(rows) + " rows detect");
      detectRows = rows;
      schedules = ordered;
      const auto found = lanes(text, inputs, {GetParam(), 90112});
      ASSERT_TRUE(found);
      EXPECT_EQ(firstDifference(expected, found->outputs), "");
      EXPECT_EQ(found->estimates > 0, rows > 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Lanes, DetectionTest, testing::Values(1, 2, 4, 8));

using KnownMaskTest = LoweringTest;

TEST_P(KnownMaskTest, GivesWhatTheFoundOneGives) {
  const std::string found =
      sparseProgram("dota.detect %l, %l {heads = 4} : (tensor<41x8x!d>, tensor<41x8x!d>)");
  const Bytes inputs = levels.inputs(found, 3);
  const MachineShape shape{GetParam(), 90112};
  const auto expected = lanes(found, inputs, shape);
  ASSERT_TRUE(expected);
  EXPECT_EQ(firstDifference(levels.meaning(found, inputs), expected->outputs), "");

  const ::dota::Mask *mask = expected->masks.find(::dota::Masks::nameOf("p", 0, 0));
  ASSERT_TRUE(mask);
  std::string ids = "dense<\"0x";
  for (uint32_t id : mask->ids) {
    char word[9];
    std::snprintf(word, sizeof(word), "%08X", __builtin_bswap32(id));
    ids += word;
  }
  std::string known = sparseProgram("dota.constant_mask " + ids + "\"> : tensor<4x41x7xi32> :");
  known.replace(known.find(": -> !m"), 7, ": !m");
  const auto given = lanes(known, inputs, shape);
  ASSERT_TRUE(given);
  EXPECT_EQ(firstDifference(expected->outputs, given->outputs), "");
  EXPECT_EQ(given->keyWork, expected->keyWork) << "the same key loads";
  EXPECT_EQ(firstDifference(levels.meaning(known, inputs), given->outputs), "");

  groupsRows = true;
  const auto grouped = lanes(known, inputs, shape);
  ASSERT_TRUE(grouped);
  EXPECT_EQ(firstDifference(expected->outputs, grouped->outputs), "");
  EXPECT_EQ(grouped->keyWork.kept, given->keyWork.kept);
  EXPECT_LT(grouped->keyWork.loads, given->keyWork.loads);
}

INSTANTIATE_TEST_SUITE_P(Lanes, KnownMaskTest, testing::Values(1, 2, 4, 8));

TEST_P(LoweringTest, KeysBlockByBlock) {
  const unsigned seed = GetParam();
  const bool masked = seed % 4 != 0, causal = seed % 3 == 0;
  Choices choices(seed);
  const std::string text = ProgramWriter(choices).writeLong(masked, causal);
  const Bytes inputs = levels.inputs(text, seed);
  const Bytes expected = levels.meaning(text, inputs);
  int ran = 0, byBlocks = 0;
  for (MachineShape shape : {MachineShape{1, 32768},
                             {2, 28672},
                             {4, 24576},
                             {1, 16384},
                             {2, 12288},
                             {4, 10240},
                             {1, 8960},
                             {1, 8192},
                             {2, 7168},
                             {4, 6656},
                             {8, 6144},
                             {2, 5632},
                             {4, 4864},
                             {1, 4352}}) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(shape.lanes) +
                 " lanes with " + std::to_string(shape.sram) + " bytes");
    const auto found = lanes(text, inputs, shape);
    if (!found)
      continue;
    ++ran;
    byBlocks += found->blocks > 0;
    ASSERT_EQ(firstDifference(expected, found->outputs), "") << text.substr(0, 20000);
  }
  EXPECT_GE(ran, 3) << levels.diagnostics();
  // Estimated scores of many rows at once, as balance wants them, need room for all else.
  EXPECT_TRUE(byBlocks > 0 || text.find("balance = ") != std::string::npos);
}

TEST_P(LoweringTest, LiveRows) {
  const unsigned seed = GetParam();
  Choices choices(seed);
  const std::string text = ProgramWriter(choices).writeLive();
  const Bytes inputs = levels.inputs(text, seed);
  const Bytes expected = levels.meaning(text, inputs);
  std::optional<uint64_t> left;
  int ran = 0;
  for (MachineShape shape :
       {MachineShape{1, 655360}, {2, 90112}, {4, 655360}, {8, 32768}, {3, 12288}, {4, 6144}}) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(shape.lanes) +
                 " lanes with " + std::to_string(shape.sram) + " bytes");
    const auto found = lanes(text, inputs, shape);
    if (!found)
      continue;
    ++ran;
    ASSERT_EQ(firstDifference(expected, found->outputs), "") << text.substr(0, 20000);
    // What is left out is the same for any lanes and tiles.
    EXPECT_EQ(found->deadMacs, left.value_or(found->deadMacs)) << text.substr(0, 20000);
    left = found->deadMacs;
  }
  EXPECT_GE(ran, 3) << levels.diagnostics();
}

INSTANTIATE_TEST_SUITE_P(Programs, LoweringTest, testing::Range(1U, 13U));

} // namespace
