//===- SimulatorTest.cpp - when instructions run ----------------------------===//
//
// Small programs on the machine `dota` with the lanes that a test needs; cycles
// worked by hand. An instruction issued in cycle t starts in t + 1 at the earliest.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Simulator.h"
#include "dota/runtime/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <unistd.h>

using namespace dota;

namespace {

Machine machineOf(unsigned lanes) {
  Machine machine = Machine::named("dota");
  machine.lanes = lanes;
  return machine;
}

/// A stream; a halt is added. Every instruction is of location 0 unless said.
struct StreamBuilder {
  Program::Stream stream;
  StreamBuilder &add(const Instruction &instruction, uint32_t location = 0) {
    EXPECT_EQ(findUnencodable(instruction), std::nullopt);
    stream.words.push_back(encode(instruction));
    stream.locations.push_back(location);
    return *this;
  }
};

Program programOf(const std::vector<std::vector<Instruction>> &streams) {
  Program program;
  program.name = "p";
  program.dramBytes = 1 << 20;
  program.locations = {
      {"linear", "m.mlir", 1, 1}, {"masked_attention", "m.mlir", 2, 1}, {"detect", "m.mlir", 3, 1}};
  for (const auto &list : streams) {
    StreamBuilder builder;
    for (const Instruction &instruction : list)
      builder.add(instruction);
    builder.add(Halt{});
    program.streams.push_back(std::move(builder.stream));
  }
  return program;
}

Statistics timeOf(const Program &program, const Machine &machine) {
  Simulator simulator(program, machine);
  simulator.run({}, {}, {.timingOnly = true});
  return simulator.statistics();
}

uint64_t cyclesOf(const std::vector<std::vector<Instruction>> &streams) {
  auto lanes = static_cast<unsigned>(streams.size());
  return timeOf(programOf(streams), machineOf(lanes)).cycles;
}

std::string messageOf(const Program &program, const Machine &machine) {
  try {
    timeOf(program, machine);
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

constexpr uint32_t kRmmu = static_cast<uint32_t>(Unit::Rmmu),
                   kMfu = static_cast<uint32_t>(Unit::Mfu), kDma = static_cast<uint32_t>(Unit::Dma),
                   kDetector = static_cast<uint32_t>(Unit::Detector),
                   kScheduler = static_cast<uint32_t>(Unit::Scheduler),
                   kEstimator = static_cast<uint32_t>(Unit::Estimator);

// 296 cycles (docs/timing.md), 84 (TimingTest), 116 + 32.
const Matmul kMatmul{.a = 0,
                     .b = 8192,
                     .c = 16384,
                     .rows = 64,
                     .cols = 48,
                     .depth = 40,
                     .aStride = 80,
                     .bStride = 80,
                     .transposeB = true};
const Widen kWiden{.x = 0, .acc = 65536, .rows = 32, .cols = 32, .xStride = 64};
const Load kLoad{.sram = 0, .dram = 0, .rows = 1, .rowBytes = 8192};

TEST(Simulator, OneInstruction) {
  // Issue in cycle 0; work from 1 to 297; the halt is issued in 1.
  EXPECT_EQ(cyclesOf({{kMatmul}}), 297u);
  EXPECT_EQ(cyclesOf({{}}), 1u);
}

TEST(Simulator, UnitsRunBesideEachOther) {
  EXPECT_EQ(cyclesOf({{kMatmul, kWiden}}), 297u);
  // The second is issued in cycle 1 and starts in 2.
  EXPECT_EQ(cyclesOf({{kWiden, kMatmul}}), 298u);
}

TEST(Simulator, OneUnitRunsInOrder) { EXPECT_EQ(cyclesOf({{kMatmul, kMatmul}}), 1u + 2 * 296); }

TEST(Simulator, WaitHoldsTheIssueUntilReadyAndNoLonger) {
  // Matmul is through at 297; the widen is issued then and starts in 298.
  EXPECT_EQ(cyclesOf({{kMatmul, Wait{kRmmu, 1}, kWiden}}), 298u + 84);
  // Waiting for the first of two does not wait for the second.
  EXPECT_EQ(cyclesOf({{kMatmul, kMatmul, Wait{kRmmu, 1}, kWiden}}), 593u);
  EXPECT_EQ(cyclesOf({{kMatmul, kMatmul, Wait{kRmmu, 2}, kWiden}}), 593u + 1 + 84);
  // For nothing: a cycle of issue.
  EXPECT_EQ(cyclesOf({{Wait{kRmmu, 0}, kMatmul}}), 298u);
}

TEST(Simulator, WaitForATransfer) {
  EXPECT_EQ(cyclesOf({{kLoad}}), 1u + 148);
  EXPECT_EQ(cyclesOf({{kLoad, Wait{kDma, 1}, kWiden}}), 149u + 1 + 84);
}

TEST(Simulator, StallsAreCountedByReason) {
  Statistics s = timeOf(programOf({{kMatmul, Wait{kRmmu, 1}, kWiden}}), machineOf(1));
  // The wait is issued in cycle 1 and would be through in 2.
  EXPECT_EQ(s.waitStall[kRmmu], 297u - 2);
  EXPECT_EQ(s.waitStall[kMfu], 0u);
  EXPECT_EQ(s.busy[kRmmu], 296u);
  EXPECT_EQ(s.busy[kMfu], 84u);
  EXPECT_EQ(s.instructions, 4u);
  // The halt is issued in 298.
  EXPECT_EQ(s.drainStall, 382u - 299);
}

TEST(Simulator, AFullQueueHoldsTheIssue) {
  Machine machine = machineOf(1);
  machine.issue.queue = 1;
  // The second waits in the queue from cycle 2 on; the third can be issued when it
  // starts, at 297; then the widen, at 298.
  Statistics s = timeOf(programOf({{kMatmul, kMatmul, kMatmul, kWiden}}), machine);
  EXPECT_EQ(s.fullStall[kRmmu], 297u - 2);
  EXPECT_EQ(s.cycles, 1u + 3 * 296);
  // With room for two it is not held.
  machine.issue.queue = 2;
  EXPECT_EQ(timeOf(programOf({{kMatmul, kMatmul, kMatmul, kWiden}}), machine).fullStall[kRmmu], 0u);
  // The queue of the DMA unit, which DRAM serves.
  machine.issue.queue = 1;
  EXPECT_EQ(timeOf(programOf({{kLoad, kLoad, kLoad, kWiden}}), machine).fullStall[kDma], 149u - 2);
}

TEST(Simulator, BarrierHoldsEveryLaneUntilAllAreIdle) {
  EXPECT_EQ(cyclesOf({{kMatmul, Barrier{1}, kWiden}, {Barrier{1}, kMatmul}}), 297u + 1 + 296);
  Statistics s = timeOf(programOf({{kMatmul, Barrier{1}}, {Barrier{1}}}), machineOf(2));
  EXPECT_EQ(s.barrierStall, (297u - 2) + (297u - 1));
}

TEST(Simulator, LanesShareDram) {
  // Both reach it at 1 + 16; the second moves its 32 cycles after the first.
  EXPECT_EQ(cyclesOf({{kLoad}, {kLoad}}), 1u + 16 + 64 + 100);
  // Four lanes of one burst each share a cycle.
  Load burst{.rows = 1, .rowBytes = 64};
  EXPECT_EQ(cyclesOf({{burst}, {burst}, {burst}, {burst}}), 1u + 16 + 1 + 100);
  EXPECT_EQ(cyclesOf({{burst}, {burst}, {burst}, {burst}, {burst}}), 1u + 16 + 2 + 100);
}

TEST(Simulator, DramServesInOrderOfArrival) {
  // Lane 1 arrives first, though lane 0 comes first in number.
  Program program =
      programOf({{kMatmul, Wait{kRmmu, 1}, kLoad, Wait{kDma, 1}, kWiden}, {kLoad, kLoad, kLoad}});
  Statistics s = timeOf(program, machineOf(2));
  // Lane 1 runs 148 cycles a load, from 1: its third from 297 to 445, at DRAM from
  // 313 to 345. Lane 0 starts in 298, reaches DRAM at 314, is served until 377.
  EXPECT_EQ(s.cycles, 377u + 100 + 1 + 84);
}

TEST(Simulator, CyclesOfAnOperationAreAUnion) {
  Program program = programOf({{kMatmul, kWiden}, {kMatmul}});
  program.streams[0].locations = {1, 1, 0};
  program.streams[1].locations = {2, 0};
  Statistics s = timeOf(program, machineOf(2));
  EXPECT_EQ(s.cycles, 297u);
  EXPECT_EQ(s.attentionCycles, 296u);
  EXPECT_EQ(s.detectionCycles, 296u);
  ASSERT_EQ(s.operations.size(), 2u);
  EXPECT_EQ(s.operations[0].location.name, "masked_attention");
  EXPECT_EQ(s.operations[0].cycles, 296u);
  EXPECT_EQ(s.operations[0].busy[kMfu], 84u);
  EXPECT_EQ(s.operations[0].instructions, 2u);
}

TEST(Simulator, WhatDoesNotFitTheMachine) {
  EXPECT_EQ(messageOf(programOf({{}, {}}), machineOf(1)),
            "program 'p' is compiled for 2 lanes; machine 'dota' has 1");
  Machine small = machineOf(1);
  small.sram.bytes = 65536;
  EXPECT_EQ(
      messageOf(programOf({{kWiden}}), small),
      "m.mlir:1:1: linear: program 'p', lane 0, instruction 0: widen ends at 73728, beyond the "
      "65536 bytes of SRAM of machine 'dota'");
  EXPECT_EQ(
      messageOf(programOf({{kMatmul, Wait{kRmmu, 2}, kMatmul}}), machineOf(1)),
      "m.mlir:1:1: linear: program 'p', lane 0, instruction 1: wait for 2 instructions of rmmu, "
      "of which 1 are issued before it");
  EXPECT_EQ(
      messageOf(programOf({{Configure{.precision = Precision::FX8}, kMatmul}}), machineOf(1)),
      "m.mlir:1:1: linear: program 'p', lane 0, instruction 1: matmul has operands of 16 bits; "
      "the PE rows that compute are set to fx8 on machine 'dota'");
  EXPECT_THAT(messageOf(programOf({{Configure{.detectRows = 32}}}), machineOf(1)),
              testing::EndsWith("instruction 0: configure has 32 PE rows detect; the array has 32, "
                                "and one at least computes on machine 'dota'"));
  EXPECT_THAT(messageOf(programOf({{Wait{0, 0}}}), machineOf(1)),
              testing::EndsWith("wait for unit 0, which has no queue"));
  EXPECT_THAT(messageOf(programOf({{Wait{7, 0}}}), machineOf(1)),
              testing::EndsWith("wait for unit 7, which has no queue"));
  EXPECT_THAT(messageOf(programOf({{Sddmm{.schedule = 64, .rows = 8, .keep = 1, .group = 8}}}),
                        machineOf(1)),
              testing::EndsWith("8 rows share a load; at most 4 do on machine 'dota'"));
  EXPECT_THAT(messageOf(programOf({{Spmm{}}}), machineOf(1)),
              testing::EndsWith("0 rows share a load; at most 4 do on machine 'dota'"));
}

TEST(Simulator, WhatWouldNotEnd) {
  EXPECT_EQ(messageOf(programOf({{Barrier{1}}, {}}), machineOf(2)),
            "program 'p' would not end: lane 0 has 1 barriers, lane 1 has 0");
  EXPECT_EQ(messageOf(programOf({{Barrier{1}}, {Barrier{2}}}), machineOf(2)),
            "program 'p' would not end: barrier 0 of lane 0 is 1, of lane 1 is 2");
}

TEST(Simulator, MasksAreAsLargeAsWhatFindsThem) {
  Program program = programOf({{Select{.ids = 1024, .rows = 4, .keys = 4, .keep = 2}}});
  program.masks = {{0, 1, 8, 4, 2}};
  EXPECT_EQ(messageOf(program, machineOf(1)),
            "program 'p': mask 0 has 1 heads of 8 rows; the streams find 4 rows of it");
}

TEST(Simulator, StoresLeaveTheDataAlone) {
  auto with = [](Store store) {
    Program program = programOf({{store}});
    program.data = {{1000, std::vector<uint8_t>(24)}, {4096, std::vector<uint8_t>(64)}};
    return messageOf(program, machineOf(1));
  };
  EXPECT_EQ(with({.dram = 0, .rows = 1, .rowBytes = 1000}), "");
  EXPECT_THAT(with({.dram = 0, .rows = 1, .rowBytes = 1001}),
              testing::EndsWith("store to 0 overwrites the program's data from 1000 to 1024"));
  EXPECT_THAT(with({.dram = 1023, .rows = 1, .rowBytes = 1}),
              testing::EndsWith("store to 1023 overwrites the program's data from 1000 to 1024"));
  EXPECT_EQ(with({.dram = 1024, .rows = 1, .rowBytes = 4096 - 1024}), "");
  // Rows on both sides of the data.
  EXPECT_EQ(with({.dram = 4000, .rows = 3, .rowBytes = 90, .dramStride = 160, .sramStride = 90}),
            "");
  EXPECT_THAT(
      with({.dram = 4000, .rows = 3, .rowBytes = 100, .dramStride = 160, .sramStride = 100}),
      testing::EndsWith("store to 4000 overwrites the program's data from 4096 to 4160"));
}

TEST(Simulator, ValuesAndTimeOfADenseProgram) {
  // y = dequantize(quantize(x)), through DRAM and back, on two lanes of two rows.
  auto lane = [](uint32_t n) -> std::vector<Instruction> {
    return {
        Load{.sram = 0,
             .dram = 32 * n,
             .rows = 2,
             .rowBytes = 16,
             .dramStride = 16,
             .sramStride = 16},
        Wait{kDma, 1},
        Quantize{.x = 0, .out = 64, .rows = 2, .cols = 4, .xStride = 16, .outStride = 8, .to = 4},
        Dequantize{
            .x = 64, .out = 128, .rows = 2, .cols = 4, .xStride = 8, .outStride = 16, .from = 4},
        Wait{kMfu, 2},
        Store{.sram = 128,
              .dram = 64 + 32 * n,
              .rows = 2,
              .rowBytes = 16,
              .dramStride = 16,
              .sramStride = 16}};
  };
  Program program = programOf({lane(0), lane(1)});
  program.inputs = {{"x", Program::Element::F32, {4, 4}, 0}};
  program.outputs = {{"y", Program::Element::F32, {4, 4}, 64}};
  program.dramBytes = 128;
  std::vector<float> x, y(16), expected;
  for (int i = 0; i < 16; ++i) {
    x.push_back(0.3f * static_cast<float>(i));
    expected.push_back(std::nearbyint(x.back() * 16) / 16);
  }
  x[3] = expected[3] = 0;
  x[15] = 1e9f;
  expected[15] = 32767.0f / 16;
  Simulator simulator(program, machineOf(2));
  const void *in = x.data();
  void *out = y.data();
  simulator.run({&in, 1}, {&out, 1});
  EXPECT_EQ(y, expected);
  EXPECT_EQ(simulator.statistics().saturations, 1u);
  EXPECT_EQ(simulator.statistics().cycles, timeOf(program, machineOf(2)).cycles);
  // A second run adds up and starts afresh.
  y.assign(16, 0);
  simulator.run({&in, 1}, {&out, 1});
  EXPECT_EQ(y, expected);
  EXPECT_EQ(simulator.statistics().sequences(), 2u);
  EXPECT_EQ(simulator.statistics().cycles, 2 * timeOf(program, machineOf(2)).cycles);
  EXPECT_THROW(simulator.run({}, {}), Error);
  Masks masks;
  EXPECT_THROW(simulator.run({&in, 1}, {&out, 1}, {.masks = &masks}), Error);
  EXPECT_EQ(simulator.statistics().sequences(), 2u);
}

/// Detection and sparse attention of one head: 10 queries, 16 keys, 5 kept. Scores,
/// queries and keys are inputs.
Program sparseProgram(uint32_t group) {
  constexpr uint32_t rows = 10, keys = 16, keep = 5, depth = 8;
  constexpr uint32_t x = 0, q = 1024, k = 2048, scores = 4096, ids = 8192, schedule = 8704,
                     c = 16384, e = 20480, sum = 24576, out = 32768;
  Program program = programOf({{
      Load{.sram = x, .dram = 0, .rows = 1, .rowBytes = 4 * (rows + keys) * depth},
      Wait{kDma, 1},
      Quantize{.x = x,
               .out = q,
               .rows = rows,
               .cols = depth,
               .xStride = 4 * depth,
               .outStride = 2 * depth,
               .to = 8},
      Quantize{.x = x + 4 * rows * depth,
               .out = k,
               .rows = keys,
               .cols = depth,
               .xStride = 4 * depth,
               .outStride = 2 * depth,
               .to = 8},
      Wait{kMfu, 2},
      Matmul{.a = q,
             .b = k,
             .c = scores,
             .rows = rows,
             .cols = keys,
             .depth = depth,
             .aStride = 2 * depth,
             .bStride = 2 * depth,
             .transposeB = true},
      Wait{kRmmu, 1},
      Select{.scores = scores,
             .ids = ids,
             .rows = rows,
             .keys = keys,
             .keep = keep,
             .causal = true,
             .diagonal = 6,
             .mask = 3},
      Wait{static_cast<uint32_t>(Unit::Detector), 1},
      Order{.ids = ids,
            .schedule = schedule,
            .rows = rows,
            .keys = keys,
            .keep = keep,
            .group = group,
            .mask = 3},
      Wait{static_cast<uint32_t>(Unit::Scheduler), 1},
      Sddmm{.q = q,
            .k = k,
            .ids = ids,
            .schedule = schedule,
            .c = c,
            .rows = rows,
            .keep = keep,
            .keys = keys,
            .depth = depth,
            .qStride = 2 * depth,
            .kStride = 2 * depth,
            .group = group},
      Wait{kRmmu, 2},
      Softmax{.acc = c,
              .ids = ids,
              .e = e,
              .sum = sum,
              .rows = rows,
              .cols = keep,
              .keys = keys,
              .scale = 1.0f / 65536,
              .hasIds = true},
      Wait{kMfu, 3},
      Spmm{.p = e,
           .v = k,
           .ids = ids,
           .schedule = schedule,
           .c = scores,
           .rows = rows,
           .keep = keep,
           .keys = keys,
           .cols = depth,
           .vStride = 2 * depth,
           .group = group},
      Wait{kRmmu, 3},
      Normalize{.acc = scores,
                .sum = sum,
                .out = q,
                .rows = rows,
                .cols = depth,
                .outStride = 2 * depth,
                .from = 8,
                .to = 8},
      Dequantize{.x = q,
                 .out = out,
                 .rows = rows,
                 .cols = depth,
                 .xStride = 2 * depth,
                 .outStride = 4 * depth,
                 .from = 8},
      Wait{kMfu, 5},
      Store{.sram = out, .dram = 8192, .rows = 1, .rowBytes = 4 * rows * depth},
  }});
  program.inputs = {{"x", Program::Element::F32, {rows + keys, depth}, 0}};
  program.outputs = {{"y", Program::Element::F32, {rows, depth}, 8192}};
  program.masks = {{3, 1, rows, keys, keep}};
  return program;
}

/// Two tiles of 8 query rows and 64 keys, of which each keeps the first 32: estimated
/// scores, selection, order, scores. `depth` is that of the scores.
struct TwoTiles {
  static constexpr uint32_t kRows = 8, kKeys = 64, kKeep = 32;
  uint32_t depth;
  Estimate estimate{.a = 0,
                    .b = 512,
                    .c = 1024,
                    .rows = kRows,
                    .cols = kKeys,
                    .depth = 16,
                    .aStride = 8,
                    .bStride = 8,
                    .aPrecision = Precision::INT4,
                    .bPrecision = Precision::INT4};
  Matmul matmul{.a = 0,
                .b = 512,
                .c = 1024,
                .rows = kRows,
                .cols = kKeys,
                .depth = 16,
                .aStride = 8,
                .bStride = 8,
                .aPrecision = Precision::INT4,
                .bPrecision = Precision::INT4,
                .transposeB = true};
  uint32_t tile(uint32_t n, uint32_t address) const { return n * 32768 + address; }
  Select select(uint32_t n) const {
    return {.scores = 1024,
            .ids = tile(n, 8192),
            .rows = kRows,
            .keys = kKeys,
            .keep = kKeep,
            .firstRow = n * kRows};
  }
  Order order(uint32_t n) const {
    return {.ids = tile(n, 8192),
            .schedule = tile(n, 16384),
            .rows = kRows,
            .keys = kKeys,
            .keep = kKeep,
            .group = 4,
            .firstRow = n * kRows};
  }
  Sddmm sddmm(uint32_t n) const {
    return {.q = 65536,
            .k = 131072,
            .ids = tile(n, 8192),
            .schedule = tile(n, 16384),
            .c = 196608,
            .rows = kRows,
            .keep = kKeep,
            .keys = kKeys,
            .depth = depth,
            .qStride = 2 * depth,
            .kStride = 2 * depth,
            .group = 4};
  }
  Statistics run(std::vector<Instruction> instructions) const {
    Program program = programOf({std::move(instructions)});
    program.masks = {{0, 1, 2 * kRows, kKeys, kKeep}};
    Mask mask(1, 2 * kRows, kKeep);
    for (uint32_t i = 0; i < mask.ids.size(); ++i)
      mask.ids[i] = i % kKeep;
    Masks masks;
    masks.add("p.0.0", mask);
    Simulator simulator(program, machineOf(1));
    simulator.run({}, {}, {.timingOnly = true, .masks = &masks});
    return simulator.statistics();
  }
  /// Half of the PE rows detect in INT4 while the others compute in FX16.
  Statistics beside() const {
    return run({Configure{Precision::FX16, 16, Precision::INT4}, Wait{kRmmu, 1}, estimate,
                Wait{kEstimator, 1}, select(0), Wait{kDetector, 1}, order(0), Wait{kScheduler, 1},
                sddmm(0), estimate, Wait{kEstimator, 2}, select(1), Wait{kDetector, 2}, order(1),
                Wait{kScheduler, 2}, sddmm(1)});
  }
  /// All of them detect, then compute.
  Statistics inTurns() const {
    const Configure detects{Precision::INT4, 0, Precision::INT4};
    return run({detects, matmul, Configure{}, Wait{kRmmu, 2}, select(0), Wait{kDetector, 1},
                order(0), Wait{kScheduler, 1}, sddmm(0), detects, matmul, Configure{},
                Wait{kRmmu, 6}, select(1), Wait{kDetector, 2}, order(1), Wait{kScheduler, 2},
                sddmm(1)});
  }
};

TEST(Simulator, DetectionRunsBesideComputation) {
  // configure 1 to 5. Estimate: 4 blocks of 16 keys, 8 queries pass each, 32 + 8 cycles,
  // from 6 to 46; select 512 / 32 + 8 from 47 to 71; order 256 / 4 + 8 from 72 to 144;
  // sddmm 32 steps of 8 cycles + 8 from 145 to 409. Meanwhile the second estimate from
  // 146 to 186, select from 187 to 211, order from 212 to 284: hidden.
  TwoTiles tiles{128};
  Statistics s = tiles.beside();
  EXPECT_EQ(s.busy[kEstimator], 2u * 40);
  EXPECT_EQ(s.busy[kRmmu], 4u + 2 * 264);
  EXPECT_EQ(s.cycles, 409u + 264);
  // With 32 steps of 4 cycles the first sddmm is through at 281, and the second waits
  // for its order, which is there at 284.
  tiles.depth = 64;
  EXPECT_EQ(tiles.beside().cycles, 285u + 136);

  // In turns: configure 1 to 5, estimate in 32 rows 16 + 8 cycles from 5 to 29, select to
  // 54, order to 127, sddmm 128 to 392, and only then configure, estimate to 420, select
  // 421 to 445, order 446 to 518, sddmm from 519.
  tiles.depth = 128;
  s = tiles.inTurns();
  EXPECT_EQ(s.busy[kEstimator], 0u);
  EXPECT_EQ(s.busy[kRmmu], 4u * 4 + 2 * 24 + 2 * 264);
  EXPECT_EQ(s.cycles, 519u + 264);
}

TEST(Simulator, APartOfTheRmmuHasAQueueOfItsOwn) {
  const TwoTiles tiles{64};
  const Configure configure{Precision::FX16, 16, Precision::INT4};
  // The matmul, 4 x 48 blocks of 3 cycles + 8, starts behind configure, in 5; the issue
  // is held for configure until 5, the estimate starts in 6 and is through at 46.
  EXPECT_EQ(cyclesOf({{configure, kMatmul, Wait{kRmmu, 1}, tiles.estimate}}), 5u + 584);
  EXPECT_EQ(cyclesOf({{configure, kMatmul, Wait{kRmmu, 1}, tiles.estimate, Wait{kEstimator, 1},
                       Activation{.rows = 512, .cols = 64, .xStride = 128, .outStride = 128}}}),
            46u + 1 + 512 * 64 / 16 + 20);
  // In one part instructions run in order.
  EXPECT_EQ(cyclesOf({{configure, Wait{kRmmu, 1}, tiles.estimate, tiles.estimate}}), 6u + 2 * 40);
}

TEST(Simulator, SaturationsAreCountedByOperation) {
  // 100 does not fit FX8 with exponent 2, 30 does.
  const Quantize quantize{.x = 0,
                          .out = 1024,
                          .rows = 1,
                          .cols = 4,
                          .xStride = 16,
                          .outStride = 4,
                          .to = 2,
                          .precision = Precision::FX8};
  Program program =
      programOf({{Load{.rows = 1, .rowBytes = 16}, Wait{kDma, 1}, quantize, quantize,
                  Quantize{quantize.x, quantize.out, 1, 1, 16, 4, 2, Precision::FX8}}});
  program.inputs = {{"x", Program::Element::F32, {1, 4}, 0}};
  program.streams[0].locations = {0, 0, 1, 1, 2, 0};
  const std::vector<float> x{30, 100, -100, 31.5F};
  const void *in = x.data();
  Simulator simulator(program, machineOf(1));
  simulator.run({&in, 1}, {}, {});
  const Statistics s = simulator.statistics();
  ASSERT_EQ(s.operations.size(), 3u);
  EXPECT_EQ(s.operations[0].saturations, 0u);
  EXPECT_EQ(s.operations[1].saturations, 4u);
  EXPECT_EQ(s.operations[2].saturations, 0u);
  EXPECT_EQ(s.saturations, 4u);
}

TEST(Simulator, ModesDoNotReachTheNextRun) {
  Program program = programOf({{kMatmul, Configure{Precision::FX16, 16, Precision::INT4}}});
  Simulator simulator(program, machineOf(1));
  simulator.run({}, {}, {.timingOnly = true});
  EXPECT_EQ(simulator.statistics().cycles, 1u + 296 + 4);
  simulator.run({}, {}, {.timingOnly = true});
  EXPECT_EQ(simulator.statistics().cycles, 2u * (1 + 296 + 4));
}

TEST(Simulator, TimingAloneGivesTheCyclesOfTheFullRun) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (uint32_t group : {1u, 2u, 4u}) {
    Program program = sparseProgram(group);
    Simulator full(program, machineOf(1)), timing(program, machineOf(1));
    Masks found, given;
    std::vector<float> y(80);
    for (int run = 0; run < 3; ++run) {
      std::vector<float> x(26 * 8);
      for (float &value : x)
        value = normal(random);
      const void *in = x.data();
      void *out = y.data();
      full.run({&in, 1}, {&out, 1}, {.foundMasks = &found});
    }
    EXPECT_EQ(found.all().size(), 3u);
    for (int run = 0; run < 3; ++run)
      timing.run({}, {}, {.timingOnly = true, .masks = &found, .foundMasks = &given});
    EXPECT_EQ(given, found);
    Statistics expected = full.statistics(), s = timing.statistics();
    EXPECT_EQ(s.cycles, expected.cycles);
    EXPECT_EQ(s.events, expected.events);
    EXPECT_EQ(s.keyWork, expected.keyWork);
    EXPECT_EQ(s.valueWork, expected.valueWork);
    EXPECT_EQ(s.busy, expected.busy);
    EXPECT_GT(s.keyWork.loads, 0u);
    EXPECT_EQ(s.keyWork.kept, 3u * 50);
    if (group == 1) {
      EXPECT_EQ(s.keyWork.loads, s.keyWork.kept);
    }
    EXPECT_FALSE(s.computesValues);
    // A fourth run has no mask.
    EXPECT_THROW(timing.run({}, {}, {.timingOnly = true, .masks = &found}), Error);
  }
}

TEST(Simulator, AttentionCostsWhatItsCountsSay) {
  // Nothing overlaps in this program, so that units' cycles add up.
  const Program program = sparseProgram(4);
  auto timeOfMask = [&](const Machine &machine, auto firstKeyOf) {
    Mask mask(1, 10, 5);
    for (uint32_t row = 0; row < 10; ++row)
      for (uint32_t i = 0; i < 5; ++i)
        mask.ids[5 * row + i] = firstKeyOf(row) + i;
    Masks masks;
    masks.add("p.0.3", mask);
    Simulator simulator(program, machine);
    simulator.run({}, {}, {.timingOnly = true, .masks = &masks});
    return simulator.statistics();
  };
  auto same = [](uint32_t) { return 3u; };
  // Rows 4 and 5 want other keys than 6 and 7, row 8 others than 9.
  auto mixed = [](uint32_t row) { return row < 4 ? 3u : row < 8 ? row / 2 % 2 * 5 : row % 2 * 5; };

  Machine machine = machineOf(1);
  Statistics s = timeOfMask(machine, mixed);
  // Three groups of five steps; 5, 10 and 10 loads.
  EXPECT_EQ(s.keyWork, (OrderWork{3, 15, 25, 50}));
  // 10 x 16 estimated scores, compared 32 a cycle; 50 ids, 4 a cycle.
  EXPECT_EQ(s.busy[static_cast<size_t>(Unit::Detector)], 5u + 8);
  EXPECT_EQ(s.busy[static_cast<size_t>(Unit::Scheduler)], 13u + 8);
  // The keys of estimated scores stand in the rows of PEs, 10 queries pass them; then
  // all groups side by side take five steps of one cycle each, for keys and for values.
  EXPECT_EQ(s.busy[static_cast<size_t>(Unit::Rmmu)], 10u + 8 + 5 + 8 + 5 + 8);
  EXPECT_EQ(timeOfMask(machine, same).cycles, s.cycles) << "SRAM does not set the pace";

  // One vector of 16 bytes a cycle: ten more loads of keys, ten of values.
  machine.sram.bytesPerCycle = 16;
  EXPECT_EQ(timeOfMask(machine, same).keyWork.loads, 15u);
  EXPECT_EQ(timeOfMask(machine, mixed).cycles, timeOfMask(machine, same).cycles + 20);
}

TEST(Simulator, BuffersOfTheSchedulerChangeLoadsAndTimeAlone) {
  // With timing alone, too; outputs stay the same to the bit.
  std::mt19937 random(8);
  std::normal_distribution<float> normal;
  std::vector<float> x(26 * 8), expected;
  for (float &value : x)
    value = normal(random);
  Program program = sparseProgram(4);
  uint64_t last = 0, cycles = 0;
  for (unsigned depth : {5u, 0u, 2u, 1u}) {
    Machine machine = machineOf(1);
    machine.scheduler.depth = depth;
    Simulator full(program, machine), timing(program, machine);
    Masks found;
    std::vector<float> y(80);
    const void *in = x.data();
    void *out = y.data();
    full.run({&in, 1}, {&out, 1}, {.foundMasks = &found});
    timing.run({}, {}, {.timingOnly = true, .masks = &found});
    const Statistics &s = full.statistics();
    EXPECT_EQ(timing.statistics().keyWork, s.keyWork);
    EXPECT_EQ(timing.statistics().cycles, s.cycles);
    EXPECT_EQ(timing.statistics().events, s.events);
    const Mask &mask = found.all().begin()->second;
    EXPECT_EQ(s.keyWork.loads,
              KeyOrder(OrderOptions{.window = depth}).order(mask.ids, 10, 5, 16, 4).loads);
    if (depth == 5) {
      expected = y;
    } else if (depth == 0) {
      EXPECT_EQ(s.keyWork.loads, last) << "buffers for whole rows";
      EXPECT_EQ(s.cycles, cycles);
    } else {
      EXPECT_GT(s.keyWork.loads, last);
      EXPECT_GT(s.cycles, cycles);
    }
    last = s.keyWork.loads;
    cycles = s.cycles;
    EXPECT_EQ(y, expected);
  }
}

TEST(Simulator, TimingAloneWithAFamilyOfMasks) {
  Program program = sparseProgram(4);
  Simulator timing(program, machineOf(1)), again(program, machineOf(1));
  RunOptions options{.timingOnly = true, .family = MaskFamily::parse("uniform:1")};
  timing.run({}, {}, options);
  again.run({}, {}, options);
  EXPECT_EQ(timing.statistics().cycles, again.statistics().cycles);
  EXPECT_EQ(timing.statistics().masks, "family uniform:1");
  EXPECT_EQ(timing.statistics().keyWork.kept, 50u);
  EXPECT_THROW(timing.run({}, {}, {.timingOnly = true}), Error);
}

TEST(Simulator, MasksMustBeTheProgramsOwn) {
  Program program = sparseProgram(4);
  Simulator timing(program, machineOf(1));
  Masks masks;
  masks.add("p.0.3", Mask(1, 10, 4));
  EXPECT_THROW(timing.run({}, {}, {.timingOnly = true, .masks = &masks}), Error);
  Mask beyond(1, 10, 5);
  for (size_t i = 0; i < beyond.ids.size(); ++i)
    beyond.ids[i] = static_cast<uint32_t>(12 + i % 5);
  masks.add("p.0.3", beyond);
  EXPECT_THROW(timing.run({}, {}, {.timingOnly = true, .masks = &masks}), Error);
}

TEST(Simulator, SchedulesOfTheProgramsDataGiveTheSameTime) {
  // A known mask: ids and schedule stand in DRAM and are loaded.
  constexpr uint32_t rows = 6, keep = 3, keys = 8, depth = 4, group = 4;
  std::vector<uint32_t> ids = {0, 1, 2, 1, 2, 3, 0, 2, 4, 2, 3, 7, 5, 6, 7, 0, 1, kNoKey};
  std::vector<uint32_t> schedule(2 * scheduleWords(group, keep), kNoKey);
  OrderWork work = KeyOrder().order(ids, rows, keep, keys, group, schedule.data());
  std::vector<uint8_t> bytes(4 * (ids.size() + schedule.size()));
  std::memcpy(bytes.data(), ids.data(), 4 * ids.size());
  std::memcpy(bytes.data() + 4 * ids.size(), schedule.data(), 4 * schedule.size());
  Program program = programOf(
      {{Load{.sram = 64, .dram = 4096, .rows = 1, .rowBytes = static_cast<uint32_t>(bytes.size())},
        Wait{kDma, 1},
        Sddmm{.q = 1024,
              .k = 2048,
              .ids = 64,
              .schedule = 64 + 4 * rows * keep,
              .c = 3072,
              .rows = rows,
              .keep = keep,
              .keys = keys,
              .depth = depth,
              .qStride = 8,
              .kStride = 8,
              .group = group}}});
  program.data = {{4096, bytes}};
  for (unsigned vectors : {0U, 2U, 8U}) {
    Machine machine = machineOf(1);
    machine.rmmu.keyBuffer = vectors;
    work.hits =
        StepOrder().hits(ids, rows, keep, group, machine.orderOptions().buffer, schedule.data());
    // Two vectors are gone before they are wanted again.
    EXPECT_EQ(work.hits > 0, vectors == 8);
    Simulator full(program, machine);
    full.run({}, {});
    Statistics s = timeOf(program, machine);
    EXPECT_EQ(s.keyWork, work);
    EXPECT_EQ(full.statistics().keyWork, work);
    EXPECT_EQ(s.cycles, full.statistics().cycles);
    EXPECT_EQ(s.events, full.statistics().events);
  }
  // Ids that are not loaded with it.
  Machine buffered = machineOf(1);
  buffered.rmmu.keyBuffer = 2;
  auto &sddmm = program.streams[0].words[2];
  auto moved = std::get<Sddmm>(*decode(sddmm));
  moved.ids = 3500;
  sddmm = encode(moved);
  EXPECT_THAT(messageOf(program, buffered),
              testing::HasSubstr("timing alone cannot know the ids at 3500 in SRAM"));
}

TEST(Simulator, SchedulesThroughDramGiveTheSameTime) {
  // Two lanes: one orders and stores, the other loads and uses half of it.
  constexpr uint32_t rows = 8, keep = 3, keys = 16, depth = 4, group = 4,
                     slot = scheduleBytes(group, keep);
  Program program = programOf(
      {{Load{.sram = 0, .dram = 0, .rows = 1, .rowBytes = 8 * rows * keys}, Wait{kDma, 1},
        Select{.scores = 0, .ids = 2048, .rows = rows, .keys = keys, .keep = keep, .mask = 0},
        Wait{static_cast<uint32_t>(Unit::Detector), 1},
        Order{.ids = 2048,
              .schedule = 4096,
              .rows = rows,
              .keys = keys,
              .keep = keep,
              .group = group,
              .mask = 0},
        Wait{static_cast<uint32_t>(Unit::Scheduler), 1},
        Store{.sram = 4096,
              .dram = 8192,
              .rows = 2,
              .rowBytes = slot,
              .dramStride = 256,
              .sramStride = slot},
        Store{.sram = 2048, .dram = 16384, .rows = 1, .rowBytes = 4 * rows * keep}, Barrier{1}},
       {Barrier{1}, Load{.sram = 512, .dram = 8192, .rows = 1, .rowBytes = slot},
        Load{.sram = 0, .dram = 16384, .rows = 1, .rowBytes = 4 * 4 * keep}, Wait{kDma, 2},
        Sddmm{.q = 1024,
              .k = 2048,
              .ids = 0,
              .schedule = 512,
              .c = 3072,
              .rows = 4,
              .keep = keep,
              .keys = keys,
              .depth = depth,
              .qStride = 8,
              .kStride = 8,
              .group = group}}});
  program.inputs = {{"scores", Program::Element::I32, {2 * rows * keys}, 0}};
  program.masks = {{0, 1, rows, keys, keep}};
  std::vector<int64_t> scores(rows * keys);
  for (size_t i = 0; i < scores.size(); ++i)
    scores[i] = static_cast<int64_t>(i * 7919 % 31);
  const void *in = scores.data();
  for (unsigned vectors : {0U, 2U}) {
    Machine machine = machineOf(2);
    machine.rmmu.keyBuffer = vectors;
    Simulator full(program, machine), timing(program, machine);
    Masks found;
    full.run({&in, 1}, {}, {.foundMasks = &found});
    timing.run({}, {}, {.timingOnly = true, .masks = &found});
    EXPECT_EQ(timing.statistics().keyWork, full.statistics().keyWork);
    EXPECT_EQ(full.statistics().keyWork.kept, 12u);
    EXPECT_EQ(timing.statistics().cycles, full.statistics().cycles);
    EXPECT_EQ(timing.statistics().events, full.statistics().events);
    const Mask &mask = found.all().begin()->second;
    ASSERT_EQ(mask.scores.size(), mask.ids.size());
    for (size_t i = 0; i < mask.ids.size(); ++i)
      EXPECT_EQ(mask.scores[i], mask.ids[i] == kNoKey ? 0 : scores[i / keep * keys + mask.ids[i]]);
  }
}

// Estimated scores of 2 bytes; a threshold leaves each row what reaches it.
TEST(Simulator, FoundMasksHaveTheScoresOfTheirKeys) {
  Program program = programOf(
      {{Load{.sram = 0, .dram = 0, .rows = 1, .rowBytes = 16}, Wait{kDma, 1},
        Select{.scores = 0, .ids = 256, .rows = 2, .keys = 4, .keep = 2, .mask = 0, .narrow = 2},
        Load{.sram = 512, .dram = 64, .rows = 1, .rowBytes = 64}, Wait{kDma, 2},
        Trim{.scores = 512, .ids = 256, .rows = 2, .keys = 4, .keep = 2, .threshold = 5, .mask = 0},
        Wait{static_cast<uint32_t>(Unit::Detector), 2}}});
  program.inputs = {{"narrow", Program::Element::I32, {4}, 0},
                    {"wide", Program::Element::I32, {16}, 64}};
  program.masks = {{0, 1, 2, 4, 2}};
  const std::vector<int16_t> narrow{7, 1, 9, -3, 4, 2, -1, 6};
  const std::vector<int64_t> wide(narrow.begin(), narrow.end());
  const void *in[] = {narrow.data(), wide.data()};
  Simulator full(program, machineOf(1));
  Masks found;
  full.run(in, {}, {.foundMasks = &found});
  const Mask &mask = found.all().begin()->second;
  EXPECT_EQ(mask.ids, (std::vector<uint32_t>{0, 2, 3, kNoKey}));
  EXPECT_EQ(mask.scores, (std::vector<float>{7, 9, 6, 0}));
}

TEST(Simulator, TrimmedKeysMustHaveBeenSelected) {
  // What is trimmed as row 1 was selected as row 0, twice.
  const Select select{.scores = 0, .ids = 256, .rows = 1, .keys = 4, .keep = 2, .mask = 0};
  Program program = programOf(
      {{select, select,
        Trim{.scores = 0, .ids = 256, .rows = 1, .keys = 4, .keep = 2, .mask = 0, .firstRow = 1}}});
  program.masks = {{0, 1, 2, 4, 2}};
  Simulator full(program, machineOf(1));
  Masks found;
  try {
    full.run({}, {}, {.foundMasks = &found});
    FAIL();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(),
                 "m.mlir:1:1: linear: program 'p', lane 0, instruction 2: trim leaves key 0 of "
                 "head 0, row 1 of mask 0, which no selection has found");
  }
}

TEST(Simulator, SchedulesThatNobodyKnows) {
  Sddmm sddmm{.q = 0,
              .k = 1024,
              .ids = 2048,
              .schedule = 3072,
              .c = 4096,
              .rows = 4,
              .keep = 2,
              .keys = 4,
              .depth = 4,
              .qStride = 8,
              .kStride = 8,
              .group = 4};
  EXPECT_THAT(messageOf(programOf({{sddmm}}), machineOf(1)),
              testing::HasSubstr("timing alone cannot know the schedule at 3072 in SRAM"));
  Load load{.sram = 3072, .dram = 64, .rows = 1, .rowBytes = 40};
  EXPECT_THAT(messageOf(programOf({{load, Wait{kDma, 1}, sddmm}}), machineOf(1)),
              testing::HasSubstr("timing alone cannot know the schedule from 64 in DRAM"));
}

TEST(Simulator, LiveRowsThatNobodyKnows) {
  RowsMatmul product{.a = 0,
                     .b = 1024,
                     .live = 2048,
                     .c = 4096,
                     .rows = 4,
                     .cols = 4,
                     .depth = 4,
                     .aStride = 8,
                     .bStride = 8,
                     .heads = 1,
                     .liveStride = 4};
  EXPECT_THAT(
      messageOf(programOf({{product}}), machineOf(1)),
      testing::HasSubstr("timing alone cannot know whether the row at 2048 in SRAM is live"));
  Load load{.sram = 2048, .dram = 64, .rows = 1, .rowBytes = 3};
  EXPECT_THAT(
      messageOf(programOf({{load, Wait{kDma, 1}, product}}), machineOf(1)),
      testing::HasSubstr("timing alone cannot know whether the row at 2048 in SRAM is live"));
}

TEST(Simulator, LanesThatMeetInDramAreComputedInOrder) {
  // Lane 1 loads what lane 0 stores without a barrier: refused by lane-verify, but
  // here the same result every time.
  Program program = programOf({{Load{.sram = 0, .dram = 0, .rows = 1, .rowBytes = 64},
                                Store{.sram = 0, .dram = 64, .rows = 1, .rowBytes = 64}},
                               {Load{.sram = 0, .dram = 64, .rows = 1, .rowBytes = 64},
                                Store{.sram = 0, .dram = 128, .rows = 1, .rowBytes = 64}}});
  program.inputs = {{"x", Program::Element::F32, {16}, 0}};
  program.outputs = {{"y", Program::Element::F32, {16}, 128}};
  Simulator simulator(program, machineOf(2));
  for (int run = 0; run < 50; ++run) {
    std::vector<float> x(16, static_cast<float>(run)), y(16);
    const void *in = x.data();
    void *out = y.data();
    simulator.run({&in, 1}, {&out, 1});
    EXPECT_EQ(y, x);
  }
}

TEST(Simulator, ErrorsOfInstructionsSayWhere) {
  // Ids of zero bytes are ids 0, 0: not ascending.
  Sddmm sddmm{.q = 0,
              .k = 1024,
              .ids = 2048,
              .schedule = 3072,
              .c = 4096,
              .rows = 4,
              .keep = 2,
              .keys = 4,
              .depth = 4,
              .qStride = 8,
              .kStride = 8,
              .group = 4};
  Program program = programOf(
      {{Order{
            .ids = 2048, .schedule = 3072, .rows = 4, .keys = 4, .keep = 2, .group = 4, .mask = 0},
        sddmm}});
  program.masks = {{0, 1, 4, 4, 2}};
  Simulator simulator(program, machineOf(1));
  try {
    simulator.run({}, {});
    FAIL();
  } catch (const Error &error) {
    EXPECT_THAT(error.what(),
                testing::StartsWith("m.mlir:1:1: linear: program 'p', lane 0, instruction 0: "));
  }
  EXPECT_EQ(simulator.statistics().sequences(), 0u);
}

TEST(Simulator, AbsurdSizesAreErrors) {
  Program program = programOf({{}});
  // All of this computer's memory for DRAM leaves none for SRAM.
  const auto memory = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  for (uint64_t bytes : {uint64_t{1} << 60, memory}) {
    program.dramBytes = bytes;
    Simulator simulator(program, machineOf(1));
    EXPECT_THROW(simulator.run({}, {}), Error);
  }
}

/// Reads bytes whose checksum is wrong, at `place`, after putting it right.
std::optional<ProgramFile> readRepaired(std::vector<uint8_t> bytes, size_t place) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      return read(bytes, "f");
    } catch (const Error &error) {
      std::string message = error.what();
      constexpr std::string_view kGive = "the bytes give ";
      size_t at = message.find(kGive);
      if (at == std::string::npos)
        return std::nullopt;
      auto sum = static_cast<uint32_t>(std::stoul(message.substr(at + kGive.size()), nullptr, 16));
      std::memcpy(bytes.data() + place, &sum, 4);
    }
  }
  return std::nullopt;
}

TEST(Simulator, DamageThatTheChecksumHidesEndsInAnErrorOrAResult) {
  ProgramFile file;
  file.programs = {sparseProgram(4)};
  file.machine = "name = \"m\"";
  std::vector<uint8_t> bytes = write(file);
  // The checksum stands where its own damage changes nothing but the stated sum.
  size_t place = 0;
  for (size_t i = 0; i < bytes.size() && !place; ++i) {
    std::vector<uint8_t> damaged = bytes;
    damaged[i] ^= 0xff;
    try {
      read(damaged, "f");
    } catch (const Error &error) {
      std::string_view text = error.what();
      size_t stated = text.find("checksum ");
      if (stated == std::string_view::npos)
        continue;
      uint32_t sum;
      std::memcpy(&sum, damaged.data() + i, 4);
      if (std::stoul(std::string(text.substr(stated + 9, 8)), nullptr, 16) == sum)
        place = i;
    }
  }
  ASSERT_NE(place, 0u);

  std::vector<float> x(26 * 8, 0.5f), y(80);
  int ran = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<uint8_t> damaged = bytes;
      damaged[i] ^= 1 << bit;
      std::optional<ProgramFile> readBack = readRepaired(std::move(damaged), place);
      if (!readBack || readBack->programs.size() != 1)
        continue;
      const Program &program = readBack->programs[0];
      try {
        Simulator simulator(program, machineOf(1));
        simulator.run({}, {}, {.timingOnly = true, .family = MaskFamily{"uniform", 1}});
        bool isLong = simulator.statistics().cycles > 100000;
        bool isSame = program.inputs.size() == 1 && program.outputs.size() == 1 &&
                      program.inputs[0].bytes() <= 4 * x.size() &&
                      program.outputs[0].bytes() <= 4 * y.size() && program.dramBytes < 1 << 24;
        const void *in = x.data();
        void *out = y.data();
        if (!isLong && isSame)
          simulator.run({&in, 1}, {&out, 1});
        ++ran;
      } catch (const Error &) {
      }
    }
  // Damage to names, places in the source and most fields is not noticed.
  EXPECT_GT(ran, 100);
}

TEST(Simulator, TraceHasATrackAUnit) {
  Program program = programOf({{kMatmul, Wait{kRmmu, 1}, kWiden}});
  Machine machine = machineOf(1);
  Simulator simulator(program, machine);
  Trace trace(machine);
  simulator.run({}, {}, {.timingOnly = true, .trace = &trace});
  simulator.run({}, {}, {.timingOnly = true, .trace = &trace});
  std::string json = trace.json();
  EXPECT_THAT(json, testing::HasSubstr("\"args\": {\"name\": \"rmmu\"}"));
  EXPECT_THAT(json,
              testing::HasSubstr("{\"ph\": \"X\", \"pid\": 0, \"tid\": 2, \"name\": \"linear\", "
                                 "\"cat\": \"matmul\", \"ts\": 0.0010, \"dur\": 0.2960, \"args\": "
                                 "{\"at\": \"m.mlir:1:1\", \"cycle\": 1, \"cycles\": 296}}"));
  // The second run starts where the first ended.
  EXPECT_THAT(json, testing::HasSubstr("\"cycle\": 383, \"cycles\": 296"));
}

} // namespace
