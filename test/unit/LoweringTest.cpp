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
#include <unistd.h>

using namespace dota::random;
using namespace mlir;
using namespace mlir::dota;

namespace {

struct MachineShape {
  unsigned lanes;
  uint64_t sram;      ///< bytes a lane
  unsigned rows = 32; ///< of PEs
};

class LoweringTest : public testing::TestWithParam<unsigned> {
protected:
  /// By the lanes. Nothing where a tile does not fit.
  std::optional<Levels::LaneRun> lanes(const std::string &text, const Bytes &inputs,
                                       MachineShape shape) {
    std::string path = testing::TempDir() + "lowering-" + std::to_string(::getpid()) + "-" +
                       std::to_string(shape.lanes) + "-" + std::to_string(shape.sram) + ".toml";
    std::ofstream(path) << "name = \"test\"\n[lanes]\ncount = " << shape.lanes
                        << "\n[sram]\nbytes = " << shape.sram << "\n[rmmu]\nrows = " << shape.rows
                        << "\n";
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

/// A dense attribute of `count` bytes.
template <typename Next>
std::string denseBytes(int count, Next next) {
  std::string text = "dense<\"0x";
  for (int i = 0; i < count; ++i) {
    char byte[3];
    std::snprintf(byte, sizeof(byte), "%02X", static_cast<unsigned>(next()) & 255);
    text += byte;
  }
  return text + "\">";
}

/// Attention over a mask; `maskOp` makes it of the detector's %lq and %lk.
std::string sparseProgram(const std::string &maskOp) {
  std::mt19937 random(7);
  auto next = [&] { return random() & 127; };
  const std::string weight = denseBytes(2 * 16 * 16, next), detector = denseBytes(2 * 16 * 8, next);
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

class LiveTilesTest : public LoweringTest {};

/// Weights of less than a byte are tiles of their own in each group of live rows, more
/// than their columns would make: of those that stay each has its place.
TEST_P(LiveTilesTest, NarrowWeights) {
  std::mt19937 random(3);
  auto weight = [&](int count, unsigned most) {
    return denseBytes(count, [&] { return random() % (2 * most + 1) - most; });
  };
  const std::string text = R"(
    !x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
    !w = !quant.uniform<i8<-127:127>:f32, 7.812500e-03>
    !n = !quant.uniform<i4<-7:7>:f32, 1.250000e-01>
    !b = !quant.uniform<i32<-2147483647:2147483647>:f32, 1.220703125e-04>
    !m = !dota.mask<4x40x40, keep = 1>
    dota.program @p(%arg: tensor<40x48xf32>) -> tensor<40x32xf32> {
      %wq = dota.constant )" +
                           weight(48 * 64, 127) +
                           R"( : tensor<48x64xi8> : tensor<48x64x!w>
      %wk = dota.constant )" +
                           weight(48 * 32, 127) +
                           R"( : tensor<48x32xi8> : tensor<48x32x!w>
      %wv = dota.constant )" +
                           weight(48 * 16, 7) +
                           R"( : tensor<48x16xi8> : tensor<48x16x!n>
      %b = dota.constant dense<100> : tensor<16xi32> : tensor<16x!b>
      %x = dota.quantize %arg : tensor<40x48xf32> -> tensor<40x48x!x>
      %q = dota.linear %x, %wq : tensor<40x48x!x>, tensor<48x64x!w> -> tensor<40x64x!x>
      %k = dota.linear %x, %wk : tensor<40x48x!x>, tensor<48x32x!w> -> tensor<40x32x!x>
      %m = dota.detect %q, %k {heads = 4, kv_heads = 2} : (tensor<40x64x!x>, tensor<40x32x!x>) -> !m
      %v = dota.linear %x, %wv, %b live %m {heads = 2} : tensor<40x48x!x>, tensor<48x16x!n>, tensor<16x!b> live !m -> tensor<40x16x!x>
      %a = dota.masked_attention %q, %k, %v mask %m {heads = 4, kv_heads = 2, scale = 0.25 : f32} : (tensor<40x64x!x>, tensor<40x32x!x>, tensor<40x16x!x>, !m) -> tensor<40x32x!x>
      %y = dota.dequantize %a : tensor<40x32x!x> -> tensor<40x32xf32>
      dota.return %y : tensor<40x32xf32>
    }
    func.func @main(%arg: tensor<40x48xf32>) -> tensor<40x32xf32> {
      %y = dota.launch @p(%arg) : (tensor<40x48xf32>) -> tensor<40x32xf32>
      return %y : tensor<40x32xf32>
    })";
  const Bytes inputs = levels.inputs(text, 1);
  const auto found = lanes(text, inputs, {1, GetParam(), 8});
  ASSERT_TRUE(found) << levels.diagnostics();
  EXPECT_EQ(firstDifference(levels.meaning(text, inputs), found->outputs), "");
}

INSTANTIATE_TEST_SUITE_P(Sram, LiveTilesTest, testing::Range(8192U, 20480U, 1024U));

} // namespace
