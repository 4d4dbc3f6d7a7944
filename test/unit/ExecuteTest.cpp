//===- ExecuteTest.cpp - the meaning of each instruction --------------------===//
//
// Small cases by hand or by the definition in Instructions.td; that the loops are
// exact on anything is KernelsTest's.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Execute.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Numerics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

using namespace dota;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A lane whose SRAM is given out from the bottom.
class Execution : public testing::Test {
protected:
  Execution() {
    lane.sram.resize(4096, std::byte{0xcc});
    device.dram.resize(256, std::byte{0xdd});
  }

  template <class T>
  uint32_t put(const std::vector<T> &values) {
    const uint32_t at = next;
    std::memcpy(lane.sram.data() + at, values.data(), values.size() * sizeof(T));
    next += static_cast<uint32_t>(values.size() * sizeof(T)) + 3; // nothing need be aligned
    return at;
  }
  uint32_t room(size_t bytes) {
    const uint32_t at = next;
    next += static_cast<uint32_t>(bytes) + 3;
    return at;
  }
  template <class T>
  std::vector<T> get(uint32_t at, size_t n) {
    std::vector<T> values(n);
    std::memcpy(values.data(), lane.sram.data() + at, n * sizeof(T));
    return values;
  }
  ExecuteResult run(const Instruction &instruction) {
    ExecuteResult result;
    execute(instruction, lane, device, result);
    return result;
  }
  std::string errorOf(const Instruction &instruction) {
    const std::vector<std::byte> before = lane.sram;
    try {
      run(instruction);
    } catch (const Error &error) {
      return error.what();
    }
    return "no error";
  }

  LaneMemory lane;
  DeviceMemory device;
  uint32_t next = 1;
  HostArithmetic arithmetic;
  Numerics<HostArithmetic> rules{arithmetic};
};
} // namespace

TEST_F(Execution, ControlChangesNothing) {
  const auto before = lane.sram;
  for (const Instruction &i : {Instruction(Halt{}), Instruction(Wait{}), Instruction(Barrier{})})
    EXPECT_EQ(run(i).saturations, 0u);
  EXPECT_EQ(lane.sram, before);
}

TEST_F(Execution, LoadAndStoreKeepTheirStrides) {
  for (int i = 0; i < 256; ++i)
    device.dram[i] = std::byte(i);
  Load load;
  load.sram = 100, load.dram = 10, load.rows = 3, load.rowBytes = 2;
  load.dramStride = 20, load.sramStride = 5;
  run(load);
  EXPECT_THAT(get<uint8_t>(100, 12),
              ElementsAre(10, 11, 0xcc, 0xcc, 0xcc, 30, 31, 0xcc, 0xcc, 0xcc, 50, 51));
  Store store;
  store.sram = 100, store.dram = 200, store.rows = 3, store.rowBytes = 2;
  store.dramStride = 3, store.sramStride = 5;
  run(store);
  EXPECT_EQ(device.dram[200], std::byte{10});
  EXPECT_EQ(device.dram[203], std::byte{30});
  EXPECT_EQ(device.dram[207], std::byte{51});
  EXPECT_EQ(device.dram[202], std::byte{202});
}

TEST_F(Execution, TransfersStayInsideBothMemories) {
  Load load;
  load.sram = 4090, load.rows = 1, load.rowBytes = 6;
  EXPECT_EQ(errorOf(load), "no error");
  load.rowBytes = 7;
  EXPECT_EQ(errorOf(load), "load writes SRAM bytes 4090 to 4096; the SRAM has 4096");
  load.sram = 0, load.dram = 250;
  EXPECT_EQ(errorOf(load), "load reads 1 rows of 7 DRAM bytes at 250, 0 apart; the DRAM has 256");
  load.dram = 249;
  EXPECT_EQ(errorOf(load), "no error");
  Store store;
  store.rows = (1 << 24) - 1, store.rowBytes = 1, store.dramStride = (uint64_t{1} << 40) - 1;
  EXPECT_THAT(errorOf(store), HasSubstr("store writes 16777215 rows of 1 DRAM bytes"));
  store.rows = 0, store.dram = 1 << 30;
  EXPECT_EQ(errorOf(store), "no error");
}

TEST_F(Execution, EveryRegionIsChecked) {
  // Of every instruction that touches SRAM, an address at the end is too much.
  Matmul i;
  i.rows = 2, i.cols = 3, i.depth = 4, i.aStride = 8, i.bStride = 6;
  i.c = 4096 - 48;
  EXPECT_EQ(errorOf(i), "no error");
  i.c += 1;
  EXPECT_EQ(errorOf(i), "matmul writes SRAM bytes 4049 to 4096; the SRAM has 4096");
  i.c = 0, i.b = 4096 - 23;
  EXPECT_EQ(errorOf(i), "matmul reads SRAM bytes 4073 to 4096; the SRAM has 4096");
  const auto before = lane.sram;
  i.b = 0, i.c = 4090;
  errorOf(i);
  EXPECT_EQ(lane.sram, before) << "nothing is written before all is checked";
}

TEST_F(Execution, Matmul) {
  Matmul i;
  i.rows = 2, i.cols = 2, i.depth = 3;
  i.a = put<int16_t>({1, 2, 3, -4, 5, 32767});
  i.aStride = 6;
  i.b = put<int16_t>({1, 10, 2, 20, 3, -32768});
  i.bStride = 4;
  i.c = room(32);
  run(i);
  EXPECT_THAT(get<int64_t>(i.c, 4), ElementsAre(14, 50 - 98304, 98307, 60 - 1073709056));
  i.accumulate = true;
  run(i);
  EXPECT_THAT(get<int64_t>(i.c, 4),
              ElementsAre(28, 2 * (50 - 98304), 2 * 98307, 2 * (60 - 1073709056)));
}

TEST_F(Execution, MatmulOfPackedAndTransposed) {
  Matmul i;
  i.rows = 1, i.cols = 2, i.depth = 3;
  i.a = put<uint16_t>({0x8000, 1, 2});
  i.aStride = 6, i.unsignedA = true;
  i.b = put<uint8_t>({0x21, 0x0f, 0x98, 0x07}); // 1 2 -1 / -8 -7 7
  i.bStride = 2, i.bPrecision = Precision::INT4, i.transposeB = true;
  i.c = room(16);
  run(i);
  EXPECT_THAT(get<int64_t>(i.c, 2), ElementsAre(32768 + 2 - 2, -8 * 32768 - 7 + 14));
  i.aPrecision = Precision::FX8;
  EXPECT_EQ(errorOf(i), "matmul has exponentials in fx8; they are fx16");
}

TEST_F(Execution, MatmulOfNarrowSumsWithGaps) {
  Matmul i;
  i.rows = 2, i.cols = 2, i.depth = 1;
  i.a = put<int8_t>({1, -100});
  i.aStride = 1, i.aPrecision = Precision::FX8;
  i.b = put<int8_t>({3, -127});
  i.bStride = 1, i.bPrecision = Precision::FX8, i.transposeB = true;
  i.narrow = 2, i.cStride = 6;
  i.c = put<int16_t>({1, 2, 3, 4, 5});
  run(i);
  EXPECT_THAT(get<int16_t>(i.c, 5), ElementsAre(3, -127, 3, -300, 12700));
  i.accumulate = true;
  run(i);
  EXPECT_THAT(get<int16_t>(i.c, 5), ElementsAre(6, -254, 3, -600, 25400));
  i.narrow = 1, i.cStride = 12, i.c = put<int32_t>({1, 2, 3, 4, 5});
  run(i);
  EXPECT_THAT(get<int32_t>(i.c, 5), ElementsAre(4, -125, 3, -296, 12705));
  i.narrow = 0, i.cStride = 24, i.c = put<int64_t>({1, 2, 3, 4, 5});
  run(i);
  EXPECT_THAT(get<int64_t>(i.c, 5), ElementsAre(4, -125, 3, -296, 12705));
  i.narrow = 3, i.cStride = 0, i.accumulate = false;
  EXPECT_EQ(errorOf(i), "matmul has the sum -300 in row 1; 1 bytes are for it");
  i.cStride = 1;
  EXPECT_EQ(errorOf(i), "matmul has rows of 2 bytes 1 bytes apart");
}

TEST_F(Execution, AccumulatorsWrap) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  Matmul i;
  i.rows = 1, i.cols = 2, i.depth = 1;
  i.a = put<int16_t>({1});
  i.aStride = 2;
  i.b = put<int16_t>({1, -1});
  i.bStride = 4, i.accumulate = true;
  i.c = put<int64_t>({most, least});
  run(i);
  EXPECT_THAT(get<int64_t>(i.c, 2), ElementsAre(least, most));
  // In any order, and so exact where the end is within 64 bits.
  i.b = put<int16_t>({-1, 1});
  run(i);
  EXPECT_THAT(get<int64_t>(i.c, 2), ElementsAre(most, least));
  Accumulate sums;
  sums.acc = i.c, sums.src = put<int64_t>({2, -2}), sums.elements = 2;
  run(sums);
  EXPECT_THAT(get<int64_t>(i.c, 2), ElementsAre(least + 1, most - 1));
}

TEST_F(Execution, Estimate) {
  Estimate i;
  i.rows = 1, i.cols = 2, i.depth = 3;
  i.a = put<uint8_t>({0x21, 0x0f}); // 1 2 -1
  i.aStride = 2, i.aPrecision = Precision::INT4;
  i.b = put<uint8_t>({0x13, 0x1d}); // -1 0 1 / 1 -1 1
  i.bStride = 1, i.bPrecision = Precision::INT2;
  i.narrow = 3;
  i.c = put<int8_t>({7, 7});
  run(i);
  EXPECT_THAT(get<int8_t>(i.c, 2), ElementsAre(-2, -2));
  i.a = put<uint8_t>({0x77, 0x07}), i.b = put<uint8_t>({0x77, 0x07, 0x77, 0x07});
  i.bStride = 2, i.bPrecision = Precision::INT4;
  EXPECT_EQ(errorOf(i), "estimate has the sum 147 in row 0; 1 bytes are for it");
  i.b = 4095;
  EXPECT_EQ(errorOf(i), "estimate reads SRAM bytes 4095 to 4098; the SRAM has 4096");
}

TEST_F(Execution, ConfigureChangesNoValue) {
  const auto before = lane.sram;
  EXPECT_EQ(run(Configure{.detectRows = 4}).saturations, 0u);
  EXPECT_EQ(lane.sram, before);
}

namespace {
/// Rows of keys, and a schedule of them that `order` made.
struct Kept {
  uint32_t ids, schedule;
};
} // namespace

class Sparse : public Execution {
protected:
  /// Two groups: of 2 rows, and of 1.
  void SetUp() override {
    ids = put<uint32_t>({0, 2, 3, 1, 2, kNoKey, 1, 3, kNoKey});
    Order order;
    order.ids = ids, order.schedule = schedule = room(2 * scheduleBytes(2, 3));
    order.rows = 3, order.keys = 4, order.keep = 3, order.group = 2;
    ordered = run(order).order;
  }
  Sddmm sddmm() {
    Sddmm i;
    i.q = put<int16_t>({1, 2, 3, 4, -5, 6});
    i.k = put<int16_t>({1, 0, 0, 1, 100, 10, -32768, 32767});
    i.qStride = i.kStride = 4;
    i.ids = ids, i.schedule = schedule, i.c = room(72);
    i.rows = 3, i.keep = 3, i.keys = 4, i.depth = 2, i.group = 2;
    return i;
  }
  /// Overwrites a word of the schedule: of a group, then after steps and loads.
  void change(unsigned group, unsigned word, uint32_t value) {
    std::memcpy(lane.sram.data() + schedule + group * scheduleBytes(2, 3) + 4 * word, &value, 4);
  }
  uint32_t ids, schedule;
  OrderWork ordered;
};

TEST_F(Sparse, OrderWritesTheSchedule) {
  EXPECT_EQ(ordered, (OrderWork{2, 5, 6, 7}));
  const auto words = get<uint32_t>(schedule, 20);
  // Steps, loads and rows.
  EXPECT_THAT(std::vector(words.begin(), words.begin() + 4), ElementsAre(3, 4, 0, 1));
  // The group of one row: its keys, the absent row idle.
  EXPECT_THAT(std::vector(words.begin() + 10, words.begin() + 18),
              ElementsAre(2, 2, 2, kNoKey, 0, kNoKey, 1, kNoKey));
  EXPECT_EQ(words[18], 0xccccccccu) << "what a schedule does not need stays";
}

TEST_F(Sparse, OrderRefusesBrokenIds) {
  Order order;
  order.ids = put<uint32_t>({5});
  order.schedule = room(100), order.rows = 1, order.keys = 4, order.keep = 1, order.group = 1;
  EXPECT_EQ(errorOf(order), "row 0 keeps key 5; there are 4 keys");
  order.group = 0;
  EXPECT_EQ(errorOf(order), "a group has 0 rows; 1 to 8 can share a load");
}

TEST_F(Sparse, SddmmScoresKeptKeys) {
  Sddmm i = sddmm();
  EXPECT_EQ(run(i).order, ordered);
  EXPECT_THAT(get<int64_t>(i.c, 9), ElementsAre(1, 120, 32766, 4, 340, 0, 6, 360442, 0));
}

TEST_F(Sparse, SpmmAddsUpKeptValues) {
  Spmm i;
  i.p = put<uint16_t>({1, 2, 3, 40, 50, 999, 32767, 65535, 999});
  i.v = put<int16_t>({1, 0, 0, 1, 100, 10, -32768, 32767});
  i.vStride = 4;
  i.ids = ids, i.schedule = schedule, i.c = room(48);
  i.rows = 3, i.keep = 3, i.keys = 4, i.cols = 2, i.group = 2;
  EXPECT_EQ(run(i).order, ordered);
  EXPECT_THAT(get<int64_t>(i.c, 6), ElementsAre(201 - 3 * 32768, 20 + 3 * 32767, 5000, 540,
                                                -65535ll * 32768, 32767 + 65535ll * 32767));
}

TEST_F(Sparse, PartsOfTheKeysAddUpToTheWhole) {
  Sddmm whole = sddmm();
  run(whole);
  const auto scores = get<int64_t>(whole.c, 9);
  Spmm values;
  values.p = put<uint16_t>({1, 2, 3, 40, 50, 999, 32767, 65535, 999});
  values.v = whole.k, values.vStride = 4;
  values.ids = ids, values.schedule = schedule, values.c = room(48);
  values.rows = 3, values.keep = 3, values.keys = 4, values.cols = 2, values.group = 2;
  run(values);
  const auto sums = get<int64_t>(values.c, 6);

  Sddmm i = whole;
  i.c = put(std::vector<int64_t>(9, 77));
  values.c = put(std::vector<int64_t>(6, 77));
  i.partial = values.partial = true;
  OrderWork all;
  for (uint32_t first : {2u, 0u, 3u}) { // in any order
    i.firstKey = values.firstKey = first;
    i.keys = values.keys = first == 0 ? 2 : 1;
    i.k = values.v = whole.k + 4 * first;
    i.accumulate = values.accumulate = first != 2;
    const OrderWork part = run(i).order;
    EXPECT_EQ(run(values).order, part);
    EXPECT_EQ(part.groups, 2u);
    all += part;
    if (first == 2) {
      // Key 2 of the first rows, once for both; the third row has none.
      EXPECT_EQ(part.loads, 1u);
      EXPECT_EQ(part.kept, 2u);
      EXPECT_THAT(get<int64_t>(i.c, 9), ElementsAre(0, 120, 0, 0, 340, 0, 0, 0, 0));
    }
  }
  EXPECT_EQ(get<int64_t>(i.c, 9), scores);
  EXPECT_EQ(get<int64_t>(values.c, 6), sums);
  EXPECT_EQ(all.loads, ordered.loads);
  EXPECT_EQ(all.kept, ordered.kept);
}

TEST_F(Sparse, BrokenSchedulesAreRefused) {
  const Sddmm i = sddmm();
  const std::string at = " of the schedule at " + std::to_string(schedule);
  const auto good = lane.sram;
  auto errorAfter = [&](unsigned group, unsigned word, uint32_t value) {
    change(group, word, value);
    std::string message = errorOf(i);
    lane.sram = good;
    return message;
  };
  EXPECT_EQ(errorAfter(0, 0, 4), "row 0" + at + " has 4 steps; 3 keys a row are kept at most");
  EXPECT_EQ(errorAfter(0, 1, 3), "row 0" + at + " says 3 loads; its steps make 4");
  const std::string groupAt = " of the schedule at " + std::to_string(schedule) + " has row ";
  EXPECT_EQ(errorAfter(0, 3, 3), "group 0" + groupAt + "3; there are 3 rows");
  EXPECT_EQ(errorAfter(0, 3, 0), "row 0" + at + " is in two groups");
  EXPECT_EQ(errorAfter(1, 3, 0), "row 0" + at + " is in a group of 1");
  EXPECT_EQ(errorAfter(1, 4, 3), "row 2" + at + " visits position 3; 3 keys are kept");
  EXPECT_EQ(errorAfter(1, 5, 0), "row 3" + at + " visits a key; there are 3 rows");
  EXPECT_EQ(errorAfter(1, 4, 2), "row 2" + at + " visits position 2, where no key is kept");
  change(1, 6, 0);
  EXPECT_EQ(errorOf(i), "row 2" + at + " visits position 0 twice");
  lane.sram = good;
  change(1, 0, 1);
  change(1, 1, 1);
  EXPECT_EQ(errorOf(i), "row 2" + at + " leaves out position 1, key 3");
  lane.sram = good;
  const uint32_t key = 9;
  std::memcpy(lane.sram.data() + ids + 4 * 7, &key, 4);
  EXPECT_EQ(errorOf(i), "row 2" + at + " visits key 9; there are 4 keys");
}

TEST_F(Sparse, AnyValidOrderGivesTheSameSums) {
  Sddmm i = sddmm();
  run(i);
  const auto expected = get<int64_t>(i.c, 9);
  // The last row the other way round.
  change(1, 4, 1);
  change(1, 6, 0);
  i.c = room(72);
  run(i);
  EXPECT_EQ(get<int64_t>(i.c, 9), expected);
}

TEST_F(Execution, RequantizeAddsTheBiasAndRoundsOnce) {
  Requantize i;
  i.acc = put<int64_t>({6, 10, -6, 1000, -1000, 2});
  i.bias = put<int32_t>({0, 0, 1});
  i.hasBias = true, i.biasShift = 2;
  i.rows = 2, i.cols = 3, i.shift = 2, i.precision = Precision::FX8;
  i.out = room(8), i.outStride = 4;
  EXPECT_EQ(run(i).saturations, 2u);
  // 6/4 and 10/4 to even, (-6 + 4)/4 to even; +-250 beyond 127.
  EXPECT_THAT(get<int8_t>(i.out, 8), ElementsAre(2, 2, 0, -52, 127, -127, 2, -52));
  i.shift = 63;
  EXPECT_EQ(errorOf(i), "requantize shifts by 63 places; -15 to 62 are possible");
  i.shift = 0, i.biasShift = -1;
  EXPECT_EQ(errorOf(i), "requantize shifts the bias by -1 places; 0 to 62 are possible");
}

TEST_F(Execution, RequantizeShiftsEachColumn) {
  Requantize i;
  i.acc = put<int64_t>({6, 10, -6, 1000, -1000, 2});
  i.bias = put<int32_t>({1, 1, 1});
  i.shifts = put<int8_t>({2, 0, 1, 3, -2, 1});
  i.hasBias = true, i.perColumn = true;
  // The fields are not read.
  i.shift = 63, i.biasShift = -1;
  i.rows = 2, i.cols = 3, i.precision = Precision::FX8;
  i.out = room(8), i.outStride = 4;
  EXPECT_EQ(run(i).saturations, 2u);
  // (6 + 1)/4, (10 + 8)/2, (-6 + 2)*4; beyond, beyond, (2 + 2)*4.
  EXPECT_THAT(get<int8_t>(i.out, 8), ElementsAre(2, 9, -16, -52, 127, -127, 16, -52));
  i.shifts = put<int8_t>({2, 0, 63, 3, -2, 1});
  EXPECT_EQ(errorOf(i), "requantize shifts by 63 places; -15 to 62 are possible");
  i.shifts = put<int8_t>({2, 0, 1, -1, -2, 1});
  EXPECT_EQ(errorOf(i), "requantize shifts the bias by -1 places; 0 to 62 are possible");
  i.hasBias = false;
  EXPECT_EQ(run(i).saturations, 2u);
}

TEST_F(Execution, AccumulateAndWiden) {
  Accumulate i;
  i.src = put<int64_t>({1, int64_t{1} << 40, -5});
  i.acc = put<int64_t>({10, int64_t{1} << 40, 5});
  i.elements = 3;
  run(i);
  EXPECT_THAT(get<int64_t>(i.acc, 3), ElementsAre(11, int64_t{1} << 41, 0));
  Widen w;
  w.x = put<uint16_t>({1, 0xffff, 0x8000, 7});
  w.rows = 2, w.cols = 1, w.xStride = 4, w.acc = room(32);
  run(w);
  EXPECT_THAT(get<int64_t>(w.acc, 2), ElementsAre(1, -32768));
  w.rows = 1, w.cols = 4, w.unsignedX = true;
  run(w);
  EXPECT_THAT(get<int64_t>(w.acc, 4), ElementsAre(1, 65535, 32768, 7));
  w.precision = Precision::INT2;
  EXPECT_EQ(errorOf(w), "widen has exponentials in int2; they are fx16");
}

TEST_F(Execution, SoftmaxOfDenseRows) {
  Softmax i;
  i.acc = put<int64_t>({10, 20, 30, 30, 10, 10, 0, 0, 0});
  i.rows = 3, i.cols = 3, i.scale = 0.1f;
  i.bias = put<float>({0, 0, -kInfinity});
  i.hasBias = true, i.keys = 3;
  i.e = room(18), i.sum = room(24);
  EXPECT_EQ(run(i).saturations, 0u);
  auto e = [&](float score, float max) {
    return static_cast<uint16_t>(rules.expScore(score, max));
  };
  const uint16_t less = e(1.0f, 2.0f), least = e(1.0f, 3.0f);
  EXPECT_THAT(get<uint16_t>(i.e, 9), ElementsAre(less, 32767, 0, 32767, least, 0, 32767, 32767, 0));
  EXPECT_THAT(get<uint64_t>(i.sum, 3), ElementsAre(32767 + less, 32767 + least, 65534));
  // Causal: the rows see 0, 1 and 2 keys.
  i.hasBias = false, i.causal = true, i.diagonal = -1;
  run(i);
  EXPECT_THAT(get<uint16_t>(i.e, 9), ElementsAre(0, 0, 0, 32767, 0, 0, 32767, 32767, 0));
  EXPECT_THAT(get<uint64_t>(i.sum, 3), ElementsAre(0, 32767, 65534));
  i.hasBias = true, i.keys = 2;
  EXPECT_EQ(errorOf(i), "softmax has 3 columns; the bias has 2");
}

TEST_F(Execution, SoftmaxOfKeptKeys) {
  Softmax i;
  i.acc = put<int64_t>({10, 30, 99, 10, 10, 99});
  i.ids = put<uint32_t>({1, 4, kNoKey, 0, 2, kNoKey});
  i.rows = 2, i.cols = 3, i.scale = 0.1f, i.hasIds = true;
  i.bias = put<float>({0, 2, 0, 0, 0, 1, 0, -kInfinity, 0, 0});
  i.hasBias = true, i.biasStride = 20, i.keys = 5;
  i.e = room(12), i.sum = room(16);
  run(i);
  EXPECT_THAT(get<uint16_t>(i.e, 6), ElementsAre(32767, 32767, 0, 32767, 0, 0));
  // Row 0 sees keys up to 1, row 1 up to 2.
  i.hasBias = false, i.causal = true, i.diagonal = 1;
  run(i);
  EXPECT_THAT(get<uint16_t>(i.e, 6), ElementsAre(32767, 0, 0, 32767, 32767, 0));
  i.hasBias = true, i.keys = 4;
  EXPECT_EQ(errorOf(i), "softmax has key 4 in row 0; the bias has 4");
}

TEST_F(Execution, LengthOfRows) {
  Length i;
  i.x = put<int16_t>({3, 4, 99, -6, 8, 99, 0, 0, 99, 32767, -32767, 99});
  i.rows = 4, i.cols = 2, i.xStride = 6, i.out = room(8);
  run(i);
  EXPECT_THAT(get<int16_t>(i.out, 4), ElementsAre(5, 10, 0, 32767));
  i.shift = 1;
  run(i);
  EXPECT_THAT(get<int16_t>(i.out, 4), ElementsAre(2, 5, 0, 23170));
  i.x = put<int8_t>({3, 4, -5, 12}), i.xStride = 2, i.rows = 2;
  i.precision = Precision::FX8, i.shift = -3;
  run(i);
  EXPECT_THAT(get<int16_t>(i.out, 2), ElementsAre(40, 104));
}

TEST_F(Execution, CosineReplacesProductsOfHashes) {
  Cosine i;
  i.lengths = put<int16_t>({100, 7, 32767});
  i.rows = 2, i.cols = 3, i.hashBits = 8;
  const std::vector<int32_t> products{8, -8, 4, 0, 3, -5};
  std::vector<int64_t> expected;
  const int64_t lengths[] = {100, 7, 32767};
  for (size_t j = 0; j < products.size(); ++j)
    expected.push_back(rules.estimate(products[j], 8, lengths[j % 3]));
  i.scores = put<int64_t>({products.begin(), products.end()});
  run(i);
  EXPECT_EQ(get<int64_t>(i.scores, 6), expected);
  EXPECT_EQ(expected[2], int64_t{32767} * 23170);
  i.scores = put(products), i.narrow = 1;
  run(i);
  EXPECT_EQ(get<int32_t>(i.scores, 6), std::vector<int32_t>(expected.begin(), expected.end()));
  EXPECT_THAT(errorOf(i),
              HasSubstr("cosine has the product 3276700 of hashes in row 0; they have 8 bits"));
  i.scores = put<int16_t>({0, 0, 8, 0, 0, 0}), i.narrow = 2;
  EXPECT_EQ(errorOf(i), "cosine has the score 1073676289; it takes 2 bytes");
}

TEST_F(Execution, NormalizeDividesByEachRowsSum) {
  Normalize i;
  i.acc = put<int64_t>({3 * 65536, -65536, 5, 0});
  i.sum = put<uint64_t>({65536, 0});
  i.rows = 2, i.cols = 2, i.from = 3, i.to = 4, i.precision = Precision::FX16;
  i.out = room(8), i.outStride = 4;
  EXPECT_EQ(run(i).saturations, 1u); // 5 / 0
  EXPECT_THAT(get<int16_t>(i.out, 4), ElementsAre(6, -2, 32767, 0));
}

TEST_F(Execution, Normalisations) {
  LayerNorm i;
  i.x = put<int16_t>({-16, 0, 0, 16, 5, 5, 5, 5});
  i.gain = put<float>({1, 1, 1, 2});
  i.bias = put<float>({0, 0.5f, 0, 0});
  i.rows = 2, i.cols = 4, i.xStride = 8, i.outStride = 8, i.from = 4, i.to = 8;
  i.epsilon = 1e-6f, i.outPrecision = Precision::FX16, i.out = room(16);
  EXPECT_EQ(run(i).saturations, 0u);
  EXPECT_THAT(get<int16_t>(i.out, 8), ElementsAre(-362, 128, 0, 724, 0, 128, 0, 0));
  i.outPrecision = Precision::FX8, i.outStride = 4;
  EXPECT_EQ(run(i).saturations, 4u);
  RmsNorm r;
  r.x = i.x, r.gain = i.gain, r.rows = 2, r.cols = 4, r.xStride = 8, r.outStride = 8;
  r.from = 4, r.to = 8, r.out = room(16);
  EXPECT_EQ(run(r).saturations, 0u);
  EXPECT_THAT(get<int16_t>(r.out, 8), ElementsAre(-362, 0, 0, 724, 256, 256, 256, 512));
}

TEST_F(Execution, ActivationIsTheSameWithAndWithoutATable) {
  lane.sram.resize(1 << 20);
  Activation i;
  i.rows = 64, i.cols = 256, i.xStride = 512, i.outStride = 512;
  i.kind = ActivationKind::Silu, i.from = 11, i.to = 13;
  std::vector<int16_t> x;
  for (int k = 0; k < 64 * 256; ++k)
    x.push_back(static_cast<int16_t>(4 * k - 32768));
  i.x = put(x), i.out = room(32768);
  const uint64_t saturations = run(i).saturations;
  const auto table = get<int16_t>(i.out, 64 * 256);
  EXPECT_GT(saturations, 0u);
  uint64_t single = 0;
  Activation one = i;
  one.rows = 1;
  for (unsigned r = 0; r < 64; ++r, one.x += 512, one.out += 512)
    single += run(one).saturations;
  EXPECT_EQ(get<int16_t>(i.out, 64 * 256), table);
  EXPECT_EQ(single, saturations);
  for (size_t k = 0; k < x.size(); k += 97)
    EXPECT_EQ(table[k], rules.quantize(rules.silu(rules.dequantize(x[k], 11)), 13, 16));
}

TEST_F(Execution, ActivationOfNarrowValues) {
  Activation i;
  i.x = put<uint8_t>({0xf1, 0x07});
  i.rows = 1, i.cols = 3, i.from = 0, i.to = 0, i.kind = ActivationKind::Relu;
  i.precision = Precision::FX4, i.outPrecision = Precision::FX4, i.out = i.x;
  run(i);
  EXPECT_THAT(get<uint8_t>(i.x, 2), ElementsAre(0x01, 0x07)) << "in place";
}

TEST_F(Execution, AddAndMulRoundOnce) {
  Add i;
  i.x = put<int16_t>({1, 2, 3, 32767});
  i.y = put<int8_t>({1, -1});
  i.rows = 2, i.cols = 2, i.xStride = 4, i.outStride = 4; // one row of y for all
  i.xExponent = 1, i.yExponent = 0, i.to = 0, i.yPrecision = Precision::FX8, i.out = room(8);
  EXPECT_EQ(run(i).saturations, 0u);
  EXPECT_THAT(get<int16_t>(i.out, 4), ElementsAre(2, 0, 2, 16382)); // 1.5, 0, 2.5, 16382.5
  i.to = 2;
  EXPECT_EQ(run(i).saturations, 1u);
  EXPECT_THAT(get<int16_t>(i.out, 4), ElementsAre(6, 0, 10, 32767));
  i.to = 17;
  EXPECT_EQ(errorOf(i), "add shifts by -16 places; -15 to 62 are possible");
  i.to = 0, i.xExponent = 30, i.yExponent = -17;
  EXPECT_EQ(errorOf(i), "add has exponents 30 and -17; they are 47 apart, 46 is possible");
  Mul m;
  m.x = put<int16_t>({3, 5, -5, 200});
  m.y = put<int16_t>({1, 1, 1, 200});
  m.rows = 2, m.cols = 2, m.xStride = m.yStride = 4, m.outStride = 2;
  m.xExponent = 1, m.yExponent = 0, m.to = 0, m.outPrecision = Precision::FX8, m.out = room(4);
  EXPECT_EQ(run(m).saturations, 1u);
  EXPECT_THAT(get<int8_t>(m.out, 4), ElementsAre(2, 2, -2, 127)); // 1.5, 2.5, -2.5, 20000
  m.xExponent = 63;
  EXPECT_EQ(errorOf(m), "mul shifts by 63 places; -15 to 62 are possible");
}

TEST_F(Execution, RotatePairsColumns) {
  Rotate i;
  // Two heads of four columns; a token a row: as it is, by a quarter turn, halved.
  i.x = put<int16_t>({1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 32767});
  i.table = put<int8_t>({2, 2, 2, 2, 0, 0,  0, 0, //
                         0, 0, 0, 0, 2, -2, 2, 0, //
                         1, 1, 1, 1, 0, 0,  0, 127});
  i.rows = 3, i.cols = 8, i.width = 4, i.distance = 1;
  i.xStride = i.outStride = 16, i.tableStride = 8;
  i.xExponent = 0, i.tableExponent = 1, i.to = 0, i.tablePrecision = Precision::FX8;
  i.out = room(48);
  EXPECT_EQ(run(i).saturations, 0u);
  // 1/2, 3/2, 5/2 round to even.
  EXPECT_THAT(get<int16_t>(i.out, 24), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 2, -1, 4, 0, 6, -5, 8, 0,
                                                   0, 1, 2, 192, 2, 3, 4, 16828));
  i.distance = 2;
  EXPECT_EQ(run(i).saturations, 0u);
  EXPECT_THAT(get<int16_t>(i.out, 16),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 3, -4, 1, 0, 7, -8, 5, 0));
  i.to = 14;
  EXPECT_EQ(run(i).saturations, 17u);
  i.to = 17;
  EXPECT_EQ(errorOf(i), "rotate shifts by -16 places; -15 to 62 are possible");
  i.to = 0, i.distance = 3;
  EXPECT_EQ(errorOf(i), "rotate has 8 columns, heads of 4 and partners 3 apart; whole heads of "
                        "whole groups of twice the distance expected");
}

TEST_F(Execution, QuantizeAndDequantize) {
  Quantize i;
  i.x = put<float>({0.25f, 0.75f, NAN, -kInfinity});
  i.rows = 1, i.cols = 4, i.to = 1, i.precision = Precision::INT2, i.out = room(1);
  EXPECT_EQ(run(i).saturations, 2u); // 1.5 rounds to 2, which is beyond 1
  EXPECT_THAT(get<uint8_t>(i.out, 1), ElementsAre(0b11'00'01'00));
  Dequantize d;
  d.x = i.out, d.rows = 1, d.cols = 4, d.from = 1, d.precision = Precision::INT2, d.out = room(16);
  run(d);
  EXPECT_THAT(get<float>(d.out, 4), ElementsAre(0.0f, 0.5f, 0.0f, -0.5f));
}

TEST_F(Execution, SelectKeepsTheLargestAdmissible) {
  Select i;
  i.scores = put<int64_t>({5, 9, 9, 1, 9, 0, 0, 0, 0, 0});
  i.rows = 2, i.keys = 5, i.keep = 2, i.ids = room(16);
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 4), ElementsAre(1, 2, 0, 1)) << "ties: the smaller key";
  i.bias = put<float>({0, -8192.0f, 0, NAN, -8191.5f});
  i.hasBias = true;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 4), ElementsAre(2, 4, 0, 2));
  i.hasBias = false, i.causal = true, i.diagonal = 0;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 4), ElementsAre(0, kNoKey, 0, 1));
  i.diagonal = -5;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 4), ElementsAre(kNoKey, kNoKey, kNoKey, kNoKey));
}

TEST_F(Execution, TrimDropsWhatMissesTheThreshold) {
  Trim i;
  i.scores = put<int64_t>({5, 9, 9, 1, /**/ 0, 2, -3, 4, /**/ 7, 7, 7, 7});
  i.rows = 3, i.keys = 4, i.keep = 3, i.threshold = 5;
  auto ids = [&] { return put<uint32_t>({0, 1, 2, 1, 2, 3, 0, 3, kNoKey}); };
  i.ids = ids();
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 9), ElementsAre(0, 1, 2, kNoKey, kNoKey, kNoKey, 0, 3, kNoKey));
  // Groups of two: (3 + 0) / 2, rounded up; the last row has a group of its own.
  i.balance = 2, i.ids = ids();
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 9), ElementsAre(1, 2, kNoKey, 1, 3, kNoKey, 0, 3, kNoKey));
  // Nothing passes; of equal scores the smaller key stays.
  i.threshold = 100, i.ids = ids();
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 9),
              ElementsAre(1, kNoKey, kNoKey, 3, kNoKey, kNoKey, 0, kNoKey, kNoKey));
  i.ids = put<uint32_t>({4, kNoKey, kNoKey, 0, 1, 2, 0, 1, 2});
  EXPECT_EQ(errorOf(i), "trim has key 4 in row 0; there are 4");
}

TEST_F(Execution, TrimComparesProbabilities) {
  Trim i;
  i.scores = put<uint16_t>({10, 20, 30, 40, 0, 0, 0, 0});
  i.sum = put<int64_t>({100, 0});
  i.ids = put<uint32_t>({0, 1, 2, 3, 0, 1, 2, 3});
  i.rows = 2, i.keys = 4, i.keep = 4, i.threshold = 0.2f, i.probability = true;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 8),
              ElementsAre(2, 3, kNoKey, kNoKey, kNoKey, kNoKey, kNoKey, kNoKey));
}

TEST_F(Execution, MarkSetsWhatSomeRowKeeps) {
  Mark i;
  i.ids = put<uint32_t>({1, 3, 1, kNoKey});
  i.live = put<uint8_t>({7, 7, 7, 7, 7, 9});
  i.rows = 2, i.keys = 5, i.keep = 2;
  run(i);
  EXPECT_THAT(get<uint8_t>(i.live, 6), ElementsAre(0, 1, 0, 1, 0, 9));
  i.ids = put<uint32_t>({0, 1, kNoKey, kNoKey});
  i.accumulate = true;
  run(i);
  EXPECT_THAT(get<uint8_t>(i.live, 6), ElementsAre(1, 1, 0, 1, 0, 9));
  i.keys = 1;
  EXPECT_EQ(errorOf(i), "mark has key 1 in row 0; there are 1");
}

TEST_F(Execution, RowsMatmulOfTheLiveRows) {
  RowsMatmul i;
  i.rows = 3, i.cols = 2, i.depth = 2, i.heads = 2, i.liveStride = 4;
  i.a = put<int16_t>({1, 2, 3, 4, 5, 6});
  i.aStride = 4;
  i.b = put<int16_t>({1, 10, 100, 1000});
  i.bStride = 4;
  i.live = put<uint8_t>({0, 0, 1, 1, 0, 0, 200, 1});
  i.c = put<int64_t>({7, 7, 7, 7, 7, 7});
  EXPECT_EQ(run(i).liveRows, 1u);
  EXPECT_THAT(get<int64_t>(i.c, 6), ElementsAre(0, 0, 0, 0, 605, 6050));
  // A head's bytes are closer: all rows are live, and added. What is not live stays.
  i.liveStride = 2, i.accumulate = true;
  EXPECT_EQ(run(i).liveRows, 3u);
  EXPECT_THAT(get<int64_t>(i.c, 6), ElementsAre(201, 2010, 403, 4030, 1210, 12100));
  i.heads = 1;
  EXPECT_EQ(run(i).liveRows, 1u);
  EXPECT_THAT(get<int64_t>(i.c, 6), ElementsAre(201, 2010, 403, 4030, 1815, 18150));
  i.heads = 0, i.accumulate = false;
  EXPECT_EQ(run(i).liveRows, 0u);
  EXPECT_THAT(get<int64_t>(i.c, 6), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST_F(Execution, SelectOfNarrowScores) {
  Select i;
  i.scores = put<int16_t>({5, -9, 9, -1, 9, -32768, 0, 32767, 0, 0});
  i.rows = 2, i.keys = 5, i.keep = 2, i.ids = room(16), i.narrow = 2;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 4), ElementsAre(2, 4, 1, 2));
  i.scores = put<int8_t>({-5, -9, -9});
  i.rows = 1, i.keys = 3, i.narrow = 3;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 2), ElementsAre(0, 1));
  i.scores = put<int32_t>({-5, 1 << 20, -9});
  i.narrow = 1;
  run(i);
  EXPECT_THAT(get<uint32_t>(i.ids, 2), ElementsAre(0, 1));
}

TEST_F(Execution, RandomWordsNeverReachBeyondMemory) {
  // What decodes is executed or refused; the sanitizers see to the rest.
  std::mt19937_64 random(1);
  unsigned executed = 0, refused = 0;
  for (int n = 0; n < 200000; ++n) {
    Word word = {random(), random(), random(), random()};
    // Small numbers are in the majority, so that some words pass.
    for (int k = 0; k < 3; ++k)
      for (uint64_t &w : word)
        w &= random();
    word[0] = (word[0] & ~uint64_t{0xff}) | random() % 35;
    for (uint64_t mask : {~uint64_t{0}, uint64_t{0xffffffff}}) {
      word[3] &= mask == ~uint64_t{0} ? mask : 0;
      auto instruction = decode(word);
      if (!instruction)
        continue;
      try {
        run(*instruction);
        ++executed;
      } catch (const Error &) {
        ++refused;
      }
    }
  }
  EXPECT_GT(executed, 0u);
  EXPECT_GT(refused, 0u);
}
