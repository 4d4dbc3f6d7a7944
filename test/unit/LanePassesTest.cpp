//===- LanePassesTest.cpp - the back end on random streams ------------------===//
//
// Streams of random instructions on random parts of buffers and DRAM go through
// the passes of the back end. Afterwards lane-verify, which works everything out
// anew, accepts them; without any single wait it does not; and what ends up in DRAM
// is made by the same instructions from the same values as before.
//
//===----------------------------------------------------------------------===//

#include "dota/Passes.h"
#include "dota/runtime/RmmuMode.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>
#include <map>
#include <random>

using namespace mlir;
using namespace mlir::lane;

namespace {

constexpr uint64_t kDram = 65536;

struct RandomProgram {
  explicit RandomProgram(MLIRContext &context, unsigned seed, unsigned length)
      : random(seed), builder(&context), location(builder.getUnknownLoc()) {
    module = ModuleOp::create(builder, location);
    builder.setInsertionPointToEnd(module->getBody());
    auto program = ProgramOp::create(builder, location, "p", 2 * kDram, 0, 0, 0, nullptr);
    builder.createBlock(&program.getBody());
    // The first half of DRAM is there from the start, and is read and written.
    InputOp::create(builder, location, "x", 0,
                    RankedTensorType::get({kDram / 4}, builder.getF32Type()));
    auto stream = StreamOp::create(builder, location, 0);
    builder.createBlock(&stream.getBody());
    for (unsigned i = 0; i < length; ++i)
      addInstruction();
    HaltOp::create(builder, location);
  }

  uint64_t pick(uint64_t n) { return random() % n; }

  /// A buffer of 1024 bytes: one of a few recent ones, or a new one.
  Value pickBuffer() {
    if (buffers.size() < 4 || pick(4) == 0) {
      buffers.push_back(BufferOp::create(builder, location, 1024));
      return buffers.back();
    }
    return buffers[buffers.size() - 1 - pick(4)];
  }
  /// The whole buffer or its upper half.
  Value pickPlace() {
    Value buffer = pickBuffer();
    return pick(2) ? Value(ViewOp::create(builder, location, buffer, 512)) : buffer;
  }

  void addInstruction() {
    ::dota::Instruction instruction;
    uint32_t stride = pick(2) ? 64 : 128;
    uint32_t rows = 1 + pick(4);
    switch (pick(9)) {
    case 0:
    case 1:
      instruction = ::dota::Load{.dram = 64 * pick(kDram / 64 - 16),
                                 .rows = rows,
                                 .rowBytes = 64,
                                 .dramStride = 64 * (1 + pick(3)),
                                 .sramStride = stride};
      break;
    case 2:
      instruction = ::dota::Store{.dram = 64 * pick(kDram / 64 - 16),
                                  .rows = rows,
                                  .rowBytes = 64,
                                  .dramStride = 64 * (1 + pick(3)),
                                  .sramStride = stride};
      break;
    case 3:
    case 4:
      instruction = ::dota::Matmul{.rows = rows,
                                   .cols = 8,
                                   .depth = 8,
                                   .aStride = stride,
                                   .bStride = 64,
                                   .transposeB = true,
                                   .accumulate = pick(2) == 0};
      break;
    case 5:
      instruction = ::dota::Requantize{.rows = rows, .cols = 8, .outStride = stride};
      break;
    case 6:
      // The mode of the RMMU: products must find the one that the stream gave them.
      if (pick(3) == 0 || mode.detectRows == 0)
        instruction = ::dota::Configure{.detectRows = static_cast<uint32_t>(4 * pick(8)),
                                        .detectPrecision = pick(2) ? ::dota::Precision::FX8
                                                                   : ::dota::Precision::INT4};
      else
        instruction = ::dota::Estimate{.rows = rows,
                                       .cols = 8,
                                       .depth = 8,
                                       .aStride = stride,
                                       .bStride = 64,
                                       .aPrecision = ::dota::Precision::INT4,
                                       .bPrecision = ::dota::Precision::INT4};
      break;
    case 7:
    case 8:
      if (pick(8) == 0)
        instruction = ::dota::Barrier{.id = barriers++};
      else
        instruction = ::dota::Select{.rows = rows, .keys = 8, .keep = 4};
      break;
    }
    if (auto *select = std::get_if<::dota::Select>(&instruction)) {
      // Masks would have to be declared; ordering the ids of another detector is alike.
      instruction = ::dota::Widen{.rows = select->rows, .cols = 8, .xStride = stride};
    }
    mode.follow(instruction);
    createInstruction(builder, location, instruction, [&](uint32_t) { return pickPlace(); });
  }

  std::mt19937 random;
  OpBuilder builder;
  Location location;
  OwningOpRef<ModuleOp> module;
  SmallVector<Value> buffers;
  ::dota::RmmuMode mode;
  uint32_t barriers = 0;
};

/// Runs a program on names of values instead of values, and gives the names that
/// DRAM holds in the end, for each 64 bytes. In issue order, which waits must make
/// the truth. Buffers hold zeros at first, or whatever was there: `started` tells.
std::map<uint64_t, uint64_t> execute(ModuleOp module) {
  std::map<uint64_t, uint64_t> dram;
  std::map<std::pair<Operation *, uint64_t>, uint64_t> sram;
  auto mix = [](uint64_t a, uint64_t b) {
    return (a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdull;
  };
  auto forEachPart = [](const ::dota::Region &region, auto f) {
    for (uint64_t row = 0; row < region.rows; ++row)
      for (uint64_t byte = 0; byte < region.rowBytes; byte += 64)
        f((region.base + row * region.stride + byte) / 64);
  };
  ::dota::RmmuMode mode;
  module.walk([&](InstructionOpInterface op) {
    if (op.getIssueUnit() == ::dota::Unit::Control)
      return;
    ::dota::Instruction instruction =
        *op.toInstruction([](OpOperand &) -> FailureOr<uint32_t> { return 0; });
    uint64_t value = std::hash<std::string>()(::dota::toString(instruction));
    mode.follow(instruction);
    if (::dota::modeUseOf(instruction) == ::dota::ModeUse::Needs)
      value = mix(value, mix(mode.detectRows, static_cast<uint64_t>(mode.detectPrecision)));
    uint64_t dramPart = 0;
    auto *load = std::get_if<::dota::Load>(&instruction);
    auto *store = std::get_if<::dota::Store>(&instruction);
    if (load)
      forEachPart({load->dram, load->rows, load->rowBytes, load->dramStride, false},
                  [&](uint64_t part) {
                    auto known = dram.find(part);
                    value = mix(value, known == dram.end() ? part : known->second);
                  });
    auto visit = [&](bool write) {
      forEachOperandRegion(op, [&](OperandRegion access) {
        if (access.region.write != write)
          return;
        SramPlace place = getSramPlace(access.operand->get());
        access.region.base = place.offset;
        forEachPart(access.region, [&](uint64_t part) {
          std::pair key(place.buffer.getOperation(), part);
          if (write)
            sram[key] = mix(value, ++dramPart);
          else
            value = mix(value, sram.count(key) ? sram[key] : part);
        });
      });
    };
    visit(false);
    visit(true);
    if (store)
      forEachPart({store->dram, store->rows, store->rowBytes, store->dramStride, true},
                  [&](uint64_t part) { dram[part] = mix(value, part); });
  });
  return dram;
}

LogicalResult run(ModuleOp module, StringRef passes) {
  PassManager manager(module.getContext());
  if (failed(parsePassPipeline(passes, manager)))
    return failure();
  return manager.run(module);
}

class LanePasses : public testing::Test {
protected:
  LanePasses() : context(MLIRContext::Threading::DISABLED) {
    static bool registered = [] {
      mlir::dota::registerDotaPasses();
      return true;
    }();
    (void)registered;
    context.loadDialect<LaneDialect>();
  }
  MLIRContext context;
};

TEST_F(LanePasses, SchedulesKeepTheMeaning) {
  unsigned changed = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    RandomProgram program(context, seed, 200);
    auto before = execute(*program.module);
    std::string text, reordered;
    llvm::raw_string_ostream(text) << *program.module;
    ASSERT_TRUE(succeeded(run(*program.module, "lane.program(lane-schedule{bytes=32768})")));
    llvm::raw_string_ostream(reordered) << *program.module;
    changed += text != reordered;
    EXPECT_EQ(execute(*program.module), before) << "seed " << seed;
  }
  EXPECT_GT(changed, 20u);
}

TEST_F(LanePasses, PlacedStreamsVerify) {
  for (unsigned seed = 0; seed < 30; ++seed)
    for (StringRef first : {"", "lane-schedule{bytes=32768},"}) {
      RandomProgram program(context, seed, 200);
      std::string passes = ("lane.program(" + first +
                            "lane-allocate-sram{bytes=32768},lane-insert-waits,"
                            "lane-verify{bytes=32768})")
                               .str();
      EXPECT_TRUE(succeeded(run(*program.module, passes))) << "seed " << seed;
    }
}

TEST_F(LanePasses, EveryWaitIsNeeded) {
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  for (unsigned seed = 0; seed < 6; ++seed) {
    RandomProgram program(context, seed, 60);
    ASSERT_TRUE(succeeded(
        run(*program.module, "lane.program(lane-allocate-sram{bytes=32768},lane-insert-waits)")));
    SmallVector<WaitOp> waits;
    program.module->walk([&](WaitOp wait) { waits.push_back(wait); });
    EXPECT_GT(waits.size(), 10u);
    for (size_t left = 0; left < waits.size(); ++left) {
      OwningOpRef<ModuleOp> copy = program.module->clone();
      SmallVector<WaitOp> copied;
      copy->walk([&](WaitOp wait) { copied.push_back(wait); });
      copied[left].erase();
      EXPECT_TRUE(failed(run(*copy, "lane.program(lane-verify{bytes=32768})")))
          << "seed " << seed << ", wait " << left << " of " << waits.size();
    }
  }
}

} // namespace
