//===- InstructionsTest.cpp - every instruction, there and back -------------===//
//
// Generated over all instructions: random legal fields, and their extremes, to a
// word and back, to an op and back, and to assembly and back.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace dota;

namespace {

enum class Fill { Lowest, Highest, Random };

/// An instruction of each kind, its fields filled.
template <class F>
void forEachInstruction(Fill fill, std::mt19937_64 &random, F &&f) {
  auto set = [&](const FieldInfo &field, auto &value) {
    using T = std::remove_reference_t<decltype(value)>;
    if constexpr (std::is_same_v<T, bool>) {
      value = fill == Fill::Random ? random() & 1 : fill == Fill::Highest;
    } else if constexpr (std::is_same_v<T, float>) {
      value = fill == Fill::Lowest    ? -std::numeric_limits<float>::max()
              : fill == Fill::Highest ? std::numeric_limits<float>::max()
                                      : std::ldexp(static_cast<float>(random() >> 40), -20);
    } else if constexpr (std::is_enum_v<T>) {
      unsigned cases = 0;
      while (!name(static_cast<T>(cases)).empty())
        ++cases;
      value = static_cast<T>(fill == Fill::Random   ? random() % cases
                             : fill == Fill::Lowest ? 0
                                                    : cases - 1);
    } else {
      uint64_t mask = (uint64_t{1} << field.width) - 1;
      bool isSigned = field.kind == FieldKind::Signed;
      uint64_t bits = fill == Fill::Random    ? random() & mask
                      : fill == Fill::Highest ? mask >> isSigned
                      : isSigned              ? uint64_t{1} << (field.width - 1)
                                              : 0;
      value = static_cast<T>(isSigned && (bits >> (field.width - 1)) ? bits | ~mask : bits);
    }
  };
  auto one = [&](auto i) {
    i.forEachField(i, set);
    f(Instruction(i));
  };
  [&]<size_t... index>(std::index_sequence<index...>) {
    (one(std::variant_alternative_t<index, Instruction>()), ...);
  }(std::make_index_sequence<std::variant_size_v<Instruction>>());
}

template <class F>
void forManyInstructions(F &&f) {
  std::mt19937_64 random(1);
  forEachInstruction(Fill::Lowest, random, f);
  forEachInstruction(Fill::Highest, random, f);
  for (int i = 0; i < 50; ++i)
    forEachInstruction(Fill::Random, random, f);
}

TEST(Instructions, WordsReadBack) {
  forManyInstructions([](const Instruction &instruction) {
    EXPECT_EQ(findUnencodable(instruction), std::nullopt) << toString(instruction);
    Word word = encode(instruction);
    EXPECT_EQ(word[0] & 0xff, static_cast<uint64_t>(opcodeOf(instruction)));
    std::optional<Instruction> back = decode(word);
    ASSERT_TRUE(back) << toString(instruction);
    EXPECT_EQ(*back, instruction) << toString(instruction) << "\n" << toString(*back);
  });
}

TEST(Instructions, FieldsDoNotOverlap) {
  std::mt19937_64 random(1);
  forEachInstruction(Fill::Lowest, random, [](const Instruction &instruction) {
    std::visit(
        [](const auto &i) {
          unsigned end = 8;
          i.forEachField(i, [&](const FieldInfo &field, auto) {
            EXPECT_EQ(field.offset, end) << i.mnemonic << " " << field.name;
            end += field.width;
          });
          EXPECT_EQ(end, i.bits);
          EXPECT_LE(end, 256u);
        },
        instruction);
  });
}

TEST(Instructions, WhatIsNoInstruction) {
  std::mt19937_64 random(1);
  forEachInstruction(Fill::Random, random, [](const Instruction &instruction) {
    // Any bit above the fields.
    unsigned bits = std::visit([](const auto &i) { return i.bits; }, instruction);
    for (unsigned bit = bits; bit < 256; ++bit) {
      Word word = encode(instruction);
      word[bit / 64] |= uint64_t{1} << (bit % 64);
      EXPECT_FALSE(decode(word)) << toString(instruction) << ", bit " << bit;
    }
  });
  unsigned known = 0;
  for (unsigned opcode = 0; opcode < 256; ++opcode)
    known += decode(Word{opcode, 0, 0, 0}).has_value();
  EXPECT_EQ(known, kOpcodeCount);
  // An enum without such a case: an FX16 matmul of precision 5.
  Matmul matmul;
  matmul.aPrecision = static_cast<Precision>(5);
  EXPECT_FALSE(decode(encode(matmul)));
  EXPECT_EQ(findUnencodable(matmul), "aPrecision is 5, which is no case");
}

TEST(Instructions, UnencodableValues) {
  Matmul matmul;
  matmul.rows = 70000;
  EXPECT_EQ(findUnencodable(matmul), "rows is 70000; 65535 at most");
  Requantize requantize;
  requantize.shift = -129;
  EXPECT_EQ(findUnencodable(requantize), "shift is -129; -128 at least");
  Load load;
  load.dram = uint64_t{1} << 40;
  EXPECT_EQ(findUnencodable(load), "dram is 1099511627776; 1099511627775 at most");
}

TEST(Instructions, TextNamesTheFields) {
  Matmul matmul{.a = 64, .b = 128, .c = 256, .rows = 4, .cols = 8, .depth = 16, .accumulate = true};
  matmul.bPrecision = Precision::INT4;
  EXPECT_EQ(toString(matmul), "matmul a=64 b=128 c=256 rows=4 cols=8 depth=16 aStride=0 bStride=0 "
                              "aPrecision=fx16 bPrecision=int4 accumulate cStride=0 narrow=0");
}

std::vector<Region> regionsOf(const Instruction &instruction) {
  std::vector<Region> regions;
  forEachRegion(instruction, [&](const Region &region) { regions.push_back(region); });
  return regions;
}

TEST(Instructions, RegionsFollowFlagsAndPrecision) {
  Matmul matmul{
      .a = 0, .b = 1000, .c = 2000, .rows = 4, .cols = 6, .depth = 5, .aStride = 16, .bStride = 32};
  matmul.bPrecision = Precision::INT4;
  std::vector<Region> expected = {
      {0, 4, 10, 16, false}, {1000, 5, 3, 32, false}, {2000, 4, 48, 48, true}};
  EXPECT_EQ(regionsOf(matmul), expected);
  matmul.transposeB = matmul.accumulate = true;
  expected = {{0, 4, 10, 16, false},
              {1000, 6, 3, 32, false},
              {2000, 4, 48, 48, false},
              {2000, 4, 48, 48, true}};
  EXPECT_EQ(regionsOf(matmul), expected);
  EXPECT_EQ(expected[1].end(), 1000u + 5 * 32 + 3);

  Order order{.ids = 0, .schedule = 512, .rows = 6, .keys = 100, .keep = 3, .group = 4};
  expected = {{0, 6, 12, 12, false}, {512, 2, 72, 72, true}};
  EXPECT_EQ(regionsOf(order), expected);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// The module of a program with one stream, which `fill` fills.
mlir::OwningOpRef<mlir::ModuleOp>
makeModule(mlir::MLIRContext &context,
           llvm::function_ref<void(mlir::OpBuilder &, mlir::lane::StreamOp)> fill) {
  mlir::OpBuilder builder(&context);
  mlir::Location location = builder.getUnknownLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(builder, location);
  builder.setInsertionPointToEnd(module->getBody());
  auto program = mlir::lane::ProgramOp::create(builder, location, "p", 0, 0, 0, 0, nullptr);
  builder.createBlock(&program.getBody());
  auto stream = mlir::lane::StreamOp::create(builder, location, 0);
  builder.createBlock(&stream.getBody());
  fill(builder, stream);
  return module;
}

std::vector<Instruction> instructionsOf(mlir::ModuleOp module) {
  std::vector<Instruction> result;
  module.walk([&](mlir::lane::InstructionOpInterface op) {
    result.push_back(*op.toInstruction([](mlir::OpOperand &operand) -> llvm::FailureOr<uint32_t> {
      return mlir::lane::getSramPlace(operand.get()).offset;
    }));
  });
  return result;
}

TEST(Instructions, OpsAndAssemblyReadBack) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::lane::LaneDialect>();
  std::vector<Instruction> made;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      makeModule(context, [&](mlir::OpBuilder &builder, mlir::lane::StreamOp stream) {
        mlir::lane::AddressValues addresses(stream);
        auto add = [&](const Instruction &instruction) {
          mlir::Operation *op = mlir::lane::createInstruction(
              builder, builder.getUnknownLoc(), instruction,
              [&](uint32_t address) { return addresses.get(address); });
          made.push_back(instruction);
          EXPECT_EQ(op->getName().stripDialect().str(), mnemonic(instruction));
          auto interface = llvm::cast<mlir::lane::InstructionOpInterface>(op);
          EXPECT_EQ(interface.getIssueUnit(), unitOf(instruction));
        };
        forManyInstructions([&](const Instruction &instruction) {
          if (!std::holds_alternative<Halt>(instruction))
            add(instruction);
        });
        add(Halt());
      });
  EXPECT_EQ(instructionsOf(*module), made);
  // The field values are legal for each op, except that rows of an operand may overlap;
  // that transfers leave the program's DRAM and masks are not declared is another matter.
  mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) {});
  size_t next = 0;
  module->walk([&](mlir::lane::InstructionOpInterface op) {
    const std::vector<Region> regions = regionsOf(made[next++]);
    EXPECT_EQ(mlir::succeeded(mlir::verify(op)),
              std::none_of(regions.begin(), regions.end(), std::mem_fn(&Region::overlaps)));
  });

  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  mlir::ParserConfig config(&context, /*verifyAfterParse=*/false);
  mlir::OwningOpRef<mlir::ModuleOp> parsed = mlir::parseSourceString<mlir::ModuleOp>(text, config);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(instructionsOf(*parsed), made);
}

TEST(Instructions, OperandRegionsNameTheirOperands) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::lane::LaneDialect>();
  Matmul matmul{.a = 64,
                .b = 128,
                .c = 256,
                .rows = 4,
                .cols = 6,
                .depth = 5,
                .aStride = 16,
                .bStride = 32,
                .accumulate = true};
  mlir::OwningOpRef<mlir::ModuleOp> module =
      makeModule(context, [&](mlir::OpBuilder &builder, mlir::lane::StreamOp stream) {
        mlir::lane::AddressValues addresses(stream);
        mlir::lane::createInstruction(builder, builder.getUnknownLoc(), matmul,
                                      [&](uint32_t address) { return addresses.get(address); });
      });
  std::vector<std::pair<uint64_t, bool>> seen;
  module->walk([&](mlir::lane::InstructionOpInterface op) {
    forEachOperandRegion(op, [&](const mlir::lane::OperandRegion &region) {
      EXPECT_EQ(region.operand->getOperandNumber(), region.region.base);
      seen.push_back({mlir::lane::getSramPlace(region.operand->get()).offset, region.region.write});
    });
  });
  EXPECT_EQ(seen, (std::vector<std::pair<uint64_t, bool>>{
                      {64, false}, {128, false}, {256, false}, {256, true}}));
}

} // namespace
