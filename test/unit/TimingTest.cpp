//===- TimingTest.cpp - what an instruction costs ---------------------------===//
//
// The numbers are worked by hand in docs/timing.md or beside the test.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Timing.h"

#include <gtest/gtest.h>

using namespace dota;

namespace {

const Machine kMachine = Machine::named("dota");

uint64_t cyclesOf(const Instruction &instruction, const OrderWork *work = nullptr,
                  const Machine &machine = kMachine, const RmmuMode &mode = {}) {
  return costOf(instruction, machine, mode, work).cycles;
}

uint64_t cyclesIn(const RmmuMode &mode, const Instruction &instruction,
                  const OrderWork *work = nullptr) {
  return cyclesOf(instruction, work, kMachine, mode);
}

/// All PE rows compute.
RmmuMode setTo(Precision precision) { return {.precision = precision}; }

Machine quadratic() {
  Machine machine = kMachine;
  machine.rmmu.throughput = Throughput::Quadratic;
  return machine;
}

Matmul square(Precision a, Precision b) {
  return {
      .rows = 64, .cols = 48, .depth = 40, .aPrecision = a, .bPrecision = b, .transposeB = true};
}

TEST(Timing, Matmul) {
  EXPECT_EQ(cyclesOf(square(Precision::FX16, Precision::FX16)), 296u);
  EXPECT_EQ(cyclesIn(setTo(Precision::FX4), square(Precision::FX4, Precision::FX4)), 104u);
  // FX8: 32 products a row and cycle, two cycles a sum.
  EXPECT_EQ(cyclesIn(setTo(Precision::FX8), square(Precision::FX8, Precision::FX4)), 96u * 2 + 8);
  // What the rows are set to counts, not how narrow the operands are.
  EXPECT_EQ(cyclesOf(square(Precision::FX4, Precision::FX4)), 296u);
  EXPECT_EQ(cyclesIn(setTo(Precision::FX8), square(Precision::FX4, Precision::FX4)), 96u * 2 + 8);
}

TEST(Timing, Configure) {
  EXPECT_EQ(cyclesOf(Configure{}), 4u);
  Machine slow = kMachine;
  slow.rmmu.configure = 9;
  EXPECT_EQ(cyclesOf(Configure{.detectRows = 16}, nullptr, slow), 9u);
}

TEST(Timing, PartsOfTheArray) {
  // 20 of the 32 rows compute: with a standing 4 x 48 = 192 blocks, with b 64 x 3 = 192;
  // three cycles each.
  RmmuMode mode{.detectRows = 12, .detectPrecision = Precision::INT4};
  EXPECT_EQ(cyclesIn(mode, square(Precision::FX16, Precision::FX16)), 192u * 3 + 8);
  // 12 detect: 6 x 48 = 288 and 64 x 4 = 256 blocks, 64 products a row and cycle.
  Estimate estimate{.rows = 64,
                    .cols = 48,
                    .depth = 40,
                    .aPrecision = Precision::INT4,
                    .bPrecision = Precision::INT2};
  EXPECT_EQ(cyclesIn(mode, estimate), 256u + 8);
  mode.detectPrecision = Precision::FX8;
  EXPECT_EQ(cyclesIn(mode, estimate), 256u * 2 + 8);
  Cost cost = costOf(estimate, kMachine, mode, nullptr);
  EXPECT_EQ(cost.events.macs, 64u * 48 * 40);
  EXPECT_EQ(cost.events.macsFx16, 64.0 * 48 * 40 / 2);
  // b stands, 48 vectors of 10 bytes; a of 20 bytes passes four times; sums of 8 bytes.
  EXPECT_EQ(cost.events.sramBytes, 48u * 10 + 4 * 64 * 20 + 8 * 64 * 48);
  // Five of eight groups have room, the others take a second round; or three at a time.
  OrderWork work{.groups = 8, .steps = 320, .loads = 320, .kept = 1280};
  Sddmm sddmm{.rows = 32, .keep = 40, .keys = 64, .depth = 64, .group = 4};
  EXPECT_EQ(cyclesIn(mode, sddmm, &work), 2u * 40 * 4 + 8);
  mode.detectRows = 20;
  EXPECT_EQ(cyclesIn(mode, sddmm, &work), 3u * 40 * 4 + 8);
  // With all rows SRAM sets the pace: 55 488 bytes in 217 cycles.
  EXPECT_EQ(cyclesOf(sddmm, &work), 217u + 8);
}

TEST(Timing, MatmulByThroughputRule) {
  // depth 512: 32 cycles a sum in FX16; 8 and 2 in INT4; 4 and 1 in INT2.
  auto cycles = [](Precision p, const Machine &machine) {
    return cyclesOf(Matmul{.rows = 32,
                           .cols = 32,
                           .depth = 512,
                           .aPrecision = p,
                           .bPrecision = p,
                           .transposeB = true},
                    nullptr, machine, setTo(p));
  };
  EXPECT_EQ(cycles(Precision::FX16, kMachine), 32u * 32 + 8);
  EXPECT_EQ(cycles(Precision::INT4, kMachine), 32u * 8 + 8);
  EXPECT_EQ(cycles(Precision::INT4, quadratic()), 32u * 2 + 8);
  EXPECT_EQ(cycles(Precision::INT2, kMachine), 32u * 4 + 8);
  EXPECT_EQ(cycles(Precision::INT2, quadratic()), 32u * 1 + 8);
}

TEST(Timing, MatmulAtTheSpeedOfSram) {
  EXPECT_EQ(cyclesOf(Matmul{.rows = 1, .cols = 1024, .depth = 1024}), 8456u);
  Machine wide = kMachine;
  wide.sram.bytesPerCycle = 4096;
  EXPECT_EQ(cyclesOf(Matmul{.rows = 1, .cols = 1024, .depth = 1024}, nullptr, wide), 2048u + 8);
}

TEST(Timing, MatmulSumsThatDoNotFillTheColumnsCostAsMuch) {
  auto depth = [](uint32_t n) { return cyclesOf(Matmul{.rows = 32, .cols = 32, .depth = n}); };
  EXPECT_EQ(depth(1), depth(16));
  EXPECT_EQ(depth(16) + 32, depth(17));
}

TEST(Timing, MatmulEvents) {
  const RmmuMode mode = setTo(Precision::FX4);
  Cost cost = costOf(square(Precision::FX4, Precision::FX4), kMachine, mode, nullptr);
  EXPECT_EQ(cost.events.macs, 64u * 48 * 40);
  EXPECT_EQ(cost.events.macsFx16, 64.0 * 48 * 40 / 4);
  // Operands at 20 bytes a row, b twice; sums at 8 bytes.
  EXPECT_EQ(cost.events.sramBytes, 64u * 20 + 2 * 48 * 20 + 8 * 64 * 48);
  Matmul adds = square(Precision::FX4, Precision::FX4);
  adds.accumulate = true;
  EXPECT_EQ(costOf(adds, kMachine, mode, nullptr).events.sramBytes,
            cost.events.sramBytes + 8 * 64 * 48);
  EXPECT_EQ(cyclesIn(mode, adds), 104u);
  adds.narrow = 2;
  EXPECT_EQ(costOf(adds, kMachine, mode, nullptr).events.sramBytes,
            cost.events.sramBytes - (8 - 2 * 2) * 64 * 48);
}

TEST(Timing, RowsMatmulCostsItsLiveRows) {
  const RowsMatmul i{.rows = 128, .cols = 32, .depth = 384, .heads = 1};
  auto cost = [&](uint64_t live) { return costOf(i, kMachine, {}, nullptr, live); };
  // b stands in 32 PE rows: a turn of 24 cycles for each live row.
  EXPECT_EQ(cost(128).cycles, 128u * 24 + 8);
  EXPECT_EQ(cost(41).cycles, 41u * 24 + 8);
  EXPECT_EQ(cost(41).events.macs, 41u * 32 * 384);
  EXPECT_DOUBLE_EQ(cost(41).events.macsFx16, 41 * 32 * 384);
  // b, 41 rows of a, a byte a row; sums of all rows are written.
  EXPECT_EQ(cost(41).events.sramBytes, 384u * 64 + 41 * 768 + 128 + 8 * 128 * 32);
  // Without live rows the marks are read and the sums cleared.
  EXPECT_EQ(cost(0).cycles, 1u + 8);
  EXPECT_EQ(cost(0).events.sramBytes, 128u + 8 * 128 * 32);
  EXPECT_EQ(cost(0).events.macs, 0u);
  RowsMatmul adds = i;
  adds.accumulate = true;
  EXPECT_EQ(costOf(adds, kMachine, {}, nullptr, 41).events.sramBytes,
            384u * 64 + 41 * 768 + 128 + 2 * 8 * 41 * 32);
}

TEST(Timing, Sddmm) {
  Sddmm sddmm{.rows = 8, .keep = 10, .keys = 64, .depth = 64, .group = 4};
  OrderWork work{.groups = 2, .steps = 20, .loads = 50, .kept = 80};
  EXPECT_EQ(cyclesOf(sddmm, &work), 48u);
  EXPECT_EQ(costOf(sddmm, kMachine, {}, &work).events.macs, 80u * 64);
  sddmm.group = 1;
  OrderWork rowByRow{.groups = 8, .steps = 80, .loads = 80, .kept = 80};
  EXPECT_EQ(cyclesOf(sddmm, &rowByRow), 55u);
}

TEST(Timing, HitsTakeNoReads) {
  // 50 loads of 128 bytes, 8 queries, 320 bytes of ids, 368 of the schedule; 64 bytes a cycle.
  Machine slow = kMachine;
  slow.sram.bytesPerCycle = 64;
  const Sddmm i{.rows = 8, .keep = 10, .keys = 64, .depth = 64, .group = 4};
  OrderWork work{.groups = 2, .steps = 20, .loads = 50, .kept = 80};
  const uint64_t before = costOf(i, slow, {}, &work).events.sramBytes;
  EXPECT_EQ(cyclesOf(i, &work, slow), (8112u + 63) / 64 + 8);
  work.hits = 18;
  EXPECT_EQ(cyclesOf(i, &work, slow), (8112u - 18 * 128 + 63) / 64 + 8);
  EXPECT_EQ(costOf(i, slow, {}, &work).events.sramBytes, before - 18 * 128);
}

TEST(Timing, SddmmIdleSlotsCost) {
  // Eight groups of four fill the array; the ninth takes a round of its own.
  auto cycles = [](uint64_t n) {
    OrderWork work{.groups = n, .steps = 10 * n, .loads = 10 * n, .kept = 40 * n};
    return cyclesOf(
        Sddmm{.rows = static_cast<uint32_t>(4 * n), .keep = 10, .depth = 64, .group = 4}, &work);
  };
  EXPECT_EQ(cycles(1), 48u);
  EXPECT_EQ(cycles(4), 48u);
  // 8 groups: 32 queries and 80 keys of 128 bytes, ids 1280, schedule 64 + 1408: 67 cycles.
  EXPECT_EQ(cycles(8), 75u);
  Machine wide = kMachine;
  wide.sram.bytesPerCycle = 1024;
  auto wideCycles = [&](uint64_t n) {
    OrderWork work{.groups = n, .steps = 10 * n, .loads = 10 * n, .kept = 40 * n};
    return cyclesOf(
        Sddmm{.rows = static_cast<uint32_t>(4 * n), .keep = 10, .depth = 64, .group = 4}, &work,
        wide);
  };
  EXPECT_EQ(wideCycles(8), 40u + 8);
  EXPECT_EQ(wideCycles(9), 80u + 8);
}

TEST(Timing, PartsOfTheKeysReadTheWholeOrder) {
  // 5 steps of 4 cycles; 8 queries and 12 keys of 128 bytes, ids 320, schedule 2 x 168: 13 cycles.
  Sddmm sddmm{
      .rows = 8, .keep = 10, .keys = 64, .depth = 64, .group = 4, .firstKey = 64, .partial = true};
  OrderWork work{.groups = 2, .steps = 10, .loads = 12, .kept = 20};
  EXPECT_EQ(cyclesOf(sddmm, &work), 28u);
  EXPECT_EQ(costOf(sddmm, kMachine, {}, &work).events.macs, 20u * 64);
  sddmm.depth = 16;
  EXPECT_EQ(cyclesOf(sddmm, &work), 14u);
  Spmm spmm{.rows = 8, .keep = 100, .keys = 64, .cols = 16, .group = 4, .partial = true};
  // Exponentials 1600, ids 3200, schedule 2 x 1608, 12 values of 32: 33 cycles.
  EXPECT_EQ(cyclesOf(spmm, &work), 41u);
}

TEST(Timing, SddmmWithoutKeysStillCosts) {
  OrderWork none{.groups = 2, .steps = 0, .loads = 0, .kept = 0};
  EXPECT_GE(cyclesOf(Sddmm{.rows = 8, .keep = 10, .depth = 64, .group = 4}, &none), 8u);
}

TEST(Timing, Spmm) {
  // Ten steps of ceil(64 / 16) cycles; values in FX8 still multiply 16-bit exponentials.
  OrderWork work{.groups = 2, .steps = 20, .loads = 50, .kept = 80};
  Spmm spmm{.rows = 8, .keep = 10, .keys = 64, .cols = 64, .group = 4, .precision = Precision::FX8};
  EXPECT_EQ(cyclesOf(spmm, &work), 48u);
  EXPECT_EQ(costOf(spmm, kMachine, {}, &work).events.macsFx16, 80.0 * 64);
}

TEST(Timing, Transfers) {
  Load load{.dram = 256, .rows = 64, .rowBytes = 100, .dramStride = 128};
  EXPECT_EQ(cyclesOf(load), 148u);
  EXPECT_EQ(costOf(load, kMachine, {}, nullptr).events.dramBytes, 8192u);
  // Rows that touch are one stretch: 6400 bytes are 100 bursts, 25 cycles.
  load.dramStride = 100;
  EXPECT_EQ(cyclesOf(load), 16u + 25 + 100);
  EXPECT_EQ(cyclesOf(Store{.rows = 1, .rowBytes = 1}), 16u + 1 + 100);
  EXPECT_EQ(cyclesOf(Load{}), 116u);
}

TEST(Timing, BurstsAreCountedRowByRow) {
  for (uint64_t address : {0, 1, 63, 64, 100})
    for (uint64_t rows : {1, 2, 7, 64, 65, 200})
      for (uint64_t rowBytes : {1, 2, 64, 65, 100})
        for (uint64_t stride : {0, 1, 64, 65, 66, 96, 100, 128}) {
          uint64_t expected = 0;
          if (rows == 1 || stride == rowBytes) {
            uint64_t end = address + rows * rowBytes;
            expected = (end + 63) / 64 - address / 64;
          } else {
            for (uint64_t row = 0; row < rows; ++row)
              expected +=
                  (address + row * stride + rowBytes + 63) / 64 - (address + row * stride) / 64;
          }
          EXPECT_EQ(burstBytes(address, rows, rowBytes, stride, 64), 64 * expected)
              << address << " " << rows << " " << rowBytes << " " << stride;
        }
}

TEST(Timing, Mfu) {
  // 1024 elements: 64 cycles at 16 a cycle, latency 20. Sums take 8 bytes: 32 cycles.
  EXPECT_EQ(cyclesOf(Requantize{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(Requantize{.rows = 32, .cols = 32, .hasBias = true}), 148u);
  EXPECT_EQ(cyclesOf(Accumulate{.elements = 1024}), 84u);
  EXPECT_EQ(cyclesOf(Widen{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(Softmax{.rows = 32, .cols = 32}), 148u);
  EXPECT_EQ(cyclesOf(Normalize{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(LayerNorm{.rows = 32, .cols = 32}), 148u);
  EXPECT_EQ(cyclesOf(RmsNorm{.rows = 32, .cols = 32}), 148u);
  EXPECT_EQ(cyclesOf(Activation{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(Add{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(Mul{.rows = 32, .cols = 32}), 84u);
  // Two products an element.
  EXPECT_EQ(cyclesOf(Rotate{.rows = 32, .cols = 32, .width = 16, .distance = 8}), 148u);
  EXPECT_EQ(cyclesOf(Quantize{.rows = 32, .cols = 32}), 84u);
  // A root a row: 1024 elements in 64 cycles beside 32 roots in 2.
  EXPECT_EQ(cyclesOf(Length{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(Length{.rows = 1024, .cols = 1}), 84u);
  // A table and a product a score; of scores that take 4 bytes 4 KiB are read.
  EXPECT_EQ(cyclesOf(Cosine{.rows = 32, .cols = 32, .hashBits = 64, .narrow = 1}), 84u);
  EXPECT_EQ(cyclesOf(Dequantize{.rows = 32, .cols = 32}), 84u);
  EXPECT_EQ(cyclesOf(Dequantize{.rows = 1, .cols = 1}), 21u);
}

TEST(Timing, MfuWidthsBoundEachTheirOwnWork) {
  Machine machine = kMachine;
  machine.mfu.exponentials = 4;
  EXPECT_EQ(cyclesOf(Softmax{.rows = 32, .cols = 32}, nullptr, machine), 256u + 20);
  EXPECT_EQ(cyclesOf(Activation{.rows = 32, .cols = 32}, nullptr, machine), 84u);
  EXPECT_EQ(
      cyclesOf(Activation{.rows = 32, .cols = 32, .kind = ActivationKind::Gelu}, nullptr, machine),
      256u + 20);
  EXPECT_EQ(cyclesOf(Activation{.rows = 32, .cols = 32, .kind = ActivationKind::Identity}, nullptr,
                     machine),
            84u);
  machine.mfu.dividers = 2;
  EXPECT_EQ(cyclesOf(Normalize{.rows = 32, .cols = 32}, nullptr, machine), 512u + 20);
  EXPECT_EQ(cyclesOf(LayerNorm{.rows = 32, .cols = 2}, nullptr, machine), 32u + 20);
  Cost cost = costOf(Softmax{.rows = 32, .cols = 32}, machine, {}, nullptr);
  EXPECT_EQ(cost.events.mfuOperations, 3u * 1024);
}

TEST(Timing, DetectorAndScheduler) {
  // 8 x 64 scores: 16 cycles at 32 a cycle; 8 bytes each, 16 cycles too.
  EXPECT_EQ(cyclesOf(Select{.rows = 8, .keys = 64, .keep = 10}), 24u);
  Machine slow = kMachine;
  slow.sram.bytesPerCycle = 64;
  EXPECT_EQ(cyclesOf(Select{.rows = 8, .keys = 64, .keep = 10}, nullptr, slow), 64u + 8);
  EXPECT_EQ(cyclesOf(Select{.rows = 8, .keys = 64, .keep = 10, .narrow = 2}, nullptr, slow), 24u);
  Machine twice = kMachine;
  twice.detector.passes = 2;
  EXPECT_EQ(cyclesOf(Select{.rows = 8, .keys = 64, .keep = 10}, nullptr, twice), 40u);
  // 8 x 40 ids: 10 cycles at 32 a cycle, but 12 bytes each at 256 a cycle take 15.
  EXPECT_EQ(cyclesOf(Trim{.rows = 8, .keys = 64, .keep = 40}), 15u + 8);
  // Exponentials are 2 bytes: 10 cycles beside 8.
  EXPECT_EQ(cyclesOf(Trim{.rows = 8, .keys = 64, .keep = 40, .probability = true}), 10u + 8);
  EXPECT_EQ(cyclesOf(Trim{.rows = 8, .keys = 64, .keep = 40, .balance = 4}), 30u + 8);
  EXPECT_EQ(cyclesOf(Trim{.rows = 8, .keys = 64, .keep = 40, .balance = 4}, nullptr, twice),
            45u + 8);
  // A pass over the ids; 4 bytes each are read, and what is marked already.
  EXPECT_EQ(cyclesOf(Mark{.rows = 8, .keys = 64, .keep = 40}), 10u + 8);
  EXPECT_EQ(cyclesOf(Mark{.rows = 1, .keys = 2560, .keep = 1, .accumulate = true}), 11u + 8);
  EXPECT_EQ(costOf(Mark{.rows = 8, .keys = 64, .keep = 40}, kMachine, {}, nullptr).events,
            (Events{.detectorElements = 320, .sramBytes = 1280 + 64}));
  OrderWork work{.groups = 2, .steps = 20, .loads = 50, .kept = 79};
  const Order order{.rows = 8, .keys = 64, .keep = 10, .group = 4};
  EXPECT_EQ(cyclesOf(order, &work), 20u + 8);
  // The buffers hold all ten ids of a row, or they are emptied once between.
  Machine shallow = kMachine;
  shallow.scheduler.depth = 10;
  EXPECT_EQ(cyclesOf(order, &work, shallow), 20u + 8);
  shallow.scheduler.depth = 9;
  EXPECT_EQ(cyclesOf(order, &work, shallow), 20u + 2 * 8);
  shallow.scheduler.depth = 5;
  EXPECT_EQ(cyclesOf(order, &work, shallow), 20u + 2 * 8);
  shallow.scheduler.depth = 4;
  EXPECT_EQ(cyclesOf(order, &work, shallow), 20u + 3 * 8);
  EXPECT_EQ(cyclesOf(Order{.group = 4}, nullptr, shallow), 8u);
}

TEST(Timing, NothingCostsNothing) {
  OrderWork none;
  for (const Instruction &instruction : std::initializer_list<Instruction>{Halt{},
                                                                           Wait{},
                                                                           Barrier{},
                                                                           Load{},
                                                                           Store{},
                                                                           Matmul{},
                                                                           Configure{},
                                                                           Estimate{},
                                                                           RowsMatmul{},
                                                                           Sddmm{.group = 4},
                                                                           Spmm{.group = 4},
                                                                           Requantize{},
                                                                           Accumulate{},
                                                                           Widen{},
                                                                           Softmax{},
                                                                           Normalize{},
                                                                           LayerNorm{},
                                                                           RmsNorm{},
                                                                           Activation{},
                                                                           Add{},
                                                                           Mul{},
                                                                           Rotate{},
                                                                           Quantize{},
                                                                           Dequantize{},
                                                                           Length{},
                                                                           Cosine{},
                                                                           Select{},
                                                                           Trim{},
                                                                           Mark{},
                                                                           Order{.group = 4}})
    EXPECT_GE(cyclesOf(instruction, &none), 1u) << toString(instruction);
}

TEST(Timing, Energy) {
  Events events{.macs = 100,
                .macsFx16 = 50,
                .mfuOperations = 10,
                .detectorElements = 20,
                .schedulerIds = 4,
                .sramBytes = 30,
                .dramBytes = 64};
  Energy energy = energyOf(events, 1000, kMachine);
  EXPECT_DOUBLE_EQ(energy.rmmu, 50 * 1.26);
  EXPECT_DOUBLE_EQ(energy.mfu, 19);
  EXPECT_DOUBLE_EQ(energy.detector, 20 * 0.28);
  EXPECT_DOUBLE_EQ(energy.scheduler, 2);
  EXPECT_DOUBLE_EQ(energy.sram, 30);
  EXPECT_DOUBLE_EQ(energy.dram, 64 * 31.2);
  // 160 mW for a microsecond.
  EXPECT_DOUBLE_EQ(energy.rest, 160e3);
  EXPECT_DOUBLE_EQ(energy.total(), 63 + 19 + 5.6 + 2 + 30 + 1996.8 + 160e3);
  Machine fast = kMachine;
  fast.ghz = 2;
  EXPECT_DOUBLE_EQ(energyOf(events, 1000, fast).rest, 80e3);
}

} // namespace
