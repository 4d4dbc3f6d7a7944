//===- ProgramFileTest.cpp - the program container --------------------------===//

#include "dota/runtime/ProgramFile.h"
#include "dota/runtime/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace dota;

namespace {

ProgramFile small() {
  Program program;
  program.name = "p";
  program.inputs = {{"x", Program::Element::F32, {4, 4}, 0}};
  program.outputs = {{"y", Program::Element::F32, {4, 4}, 64}};
  program.data = {{128, {1, 2, 3, 4, 5, 6, 7, 8}}};
  program.masks = {{7, 2, 4, 16, 4}};
  program.locations = {{"linear", "model.mlir", 3, 5}, {"attention", "model.mlir", 9, 1}};
  Program::Stream stream;
  for (const Instruction &i : std::initializer_list<Instruction>{
           Load{
               .sram = 0, .dram = 0, .rows = 4, .rowBytes = 16, .dramStride = 16, .sramStride = 16},
           Order{.ids = 0,
                 .schedule = 64,
                 .rows = 4,
                 .keys = 16,
                 .keep = 4,
                 .group = 4,
                 .mask = 7,
                 .head = 1,
                 .firstRow = 0},
           Store{.sram = 0,
                 .dram = 64,
                 .rows = 4,
                 .rowBytes = 16,
                 .dramStride = 16,
                 .sramStride = 16},
           Halt{}}) {
    stream.words.push_back(encode(i));
    stream.locations.push_back(stream.locations.size() % 2);
  }
  program.streams = {stream};
  program.macs = 1;
  program.pairsKept = 2;
  program.pairsDense = 3;
  program.dramBytes = 136;
  ProgramFile file;
  file.machine = "name = \"m\"";
  file.programs = {program};
  file.host = {9, 8, 7};
  file.notes = {"calibrated on nothing"};
  return file;
}

std::string messageOf(const ProgramFile &file) {
  try {
    write(file);
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

std::string messageOf(std::span<const uint8_t> bytes) {
  try {
    read(bytes, "f.dota");
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

TEST(ProgramFile, ReadsWhatWasWritten) {
  ProgramFile file = small();
  std::vector<uint8_t> bytes = write(file);
  EXPECT_EQ(read(bytes, "f.dota"), file);
  EXPECT_EQ(write(read(bytes, "f.dota")), bytes);
  ProgramFile none;
  EXPECT_EQ(read(write(none), "f.dota"), none);
}

TEST(ProgramFile, EveryFlippedBitIsNoticed) {
  std::vector<uint8_t> bytes = write(small());
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= 1 << bit;
      EXPECT_THROW(read(bytes, "f.dota"), Error) << "byte " << i << ", bit " << bit;
      bytes[i] ^= 1 << bit;
    }
}

TEST(ProgramFile, EveryOverwrittenByteIsNoticed) {
  std::vector<uint8_t> bytes = write(small());
  for (size_t i = 0; i < bytes.size(); ++i)
    for (uint8_t value : {0x00, 0x7f, 0x80, 0xff}) {
      uint8_t old = std::exchange(bytes[i], value);
      if (value != old) {
        EXPECT_THROW(read(bytes, "f.dota"), Error) << "byte " << i;
      }
      bytes[i] = old;
    }
}

TEST(ProgramFile, EveryTruncationIsNoticed) {
  std::vector<uint8_t> bytes = write(small());
  for (size_t size = 0; size < bytes.size(); ++size) {
    // Of its own size, so that a reader beyond the end meets the sanitizer.
    std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + size);
    EXPECT_THROW(read(cut, "f.dota"), Error) << size;
  }
}

TEST(ProgramFile, WhatItIsNot) {
  EXPECT_EQ(messageOf(std::span<const uint8_t>{}), "f.dota: not a DOTA program");
  std::vector<uint8_t> text(100, 'x');
  EXPECT_EQ(messageOf(text), "f.dota: not a DOTA program");
  std::vector<uint8_t> bytes = write(small());
  bytes.back() ^= 1;
  EXPECT_THAT(messageOf(bytes), testing::StartsWith("f.dota: damaged"));
  ProgramFile file = small();
  file.version = 9;
  EXPECT_EQ(messageOf(write(file)), "f.dota: container version 9, this reads version 1");
  file = small();
  file.instructionSet = 1;
  EXPECT_THAT(messageOf(write(file)),
              testing::StartsWith(
                  "f.dota: program is of another instruction set: 0000000000000001, this is "));
}

TEST(ProgramFile, PartsMustFitTogether) {
  auto with = [](auto change) {
    ProgramFile file = small();
    change(file.programs[0]);
    return messageOf(file);
  };
  const std::string at = "program: program 'p': ";
  EXPECT_EQ(with([](Program &p) { p.dramBytes = 135; }),
            at + "data of 8 bytes at 128 ends beyond the 135 bytes of DRAM");
  EXPECT_EQ(with([](Program &p) { p.inputs[0].address = 80; }),
            at + "input 'x' at 80 ends beyond the 136 bytes of DRAM");
  EXPECT_EQ(with([](Program &p) { p.outputs[0].shape = {1ull << 40, 1ull << 40}; }),
            at + "output 'y' at 64 ends beyond the 136 bytes of DRAM");
  EXPECT_EQ(with([](Program &p) { p.streams[0].locations[1] = 2; }),
            at + "lane 0, instruction 1: location 2 of 2");
  EXPECT_EQ(with([](Program &p) { p.streams[0].locations.pop_back(); }),
            at + "lane 0 has 4 instructions and 3 locations");
  EXPECT_EQ(with([](Program &p) { p.streams[0].words[1] = {0xff, 0, 0, 0}; }),
            at + "lane 0, instruction 1: 0000000000000000 0000000000000000 0000000000000000 "
                 "00000000000000ff is no instruction");
  EXPECT_EQ(with([](Program &p) {
              p.streams[0].words[0] = encode(Load{.rows = 4, .rowBytes = 16, .sramStride = 15});
            }),
            at + "lane 0, instruction 0: load writes 4 rows of 16 bytes in SRAM, 15 bytes apart");
  EXPECT_EQ(with([](Program &p) {
              p.streams[0].words[0] =
                  encode(Widen{.acc = 512, .rows = 2, .cols = 8, .xStride = 15});
            }),
            at + "lane 0, instruction 0: widen reads 2 rows of 16 bytes in SRAM, 15 bytes apart");
  EXPECT_EQ(with([](Program &p) { p.streams[0].words[1] = encode(Halt{}); }),
            at + "lane 0, instruction 1 of 4: halt before the end");
  EXPECT_EQ(with([](Program &p) { p.streams[0].words[3] = p.streams[0].words[1]; }),
            at + "lane 0, instruction 3 of 4: the stream does not end in a halt");
  EXPECT_EQ(with([](Program &p) { p.streams[0] = {}; }), at + "lane 0 has no instructions");
  EXPECT_EQ(with([](Program &p) { p.streams.clear(); }), at + "there is no stream");
  EXPECT_EQ(with([](Program &p) { p.masks.clear(); }),
            at + "lane 0, instruction 1: order names mask 7, which the program does not have");
  EXPECT_EQ(with([](Program &p) { p.masks[0].heads = 1; }),
            at +
                "lane 0, instruction 1: order of head 1, rows 0 to 4, 16 keys, 4 kept does not fit "
                "mask 7 of 1 heads, 4 rows, 16 keys, 4 kept");
  EXPECT_EQ(with([](Program &p) { p.masks.push_back(p.masks[0]); }), at + "mask 7 is there twice");
  ProgramFile twice = small();
  twice.programs.push_back(twice.programs[0]);
  EXPECT_EQ(messageOf(twice), "program: program 'p' is there twice");
}

TEST(ProgramFile, ProgramsByName) {
  ProgramFile file = small();
  EXPECT_EQ(&file.program(""), &file.programs[0]);
  EXPECT_EQ(&file.program("p"), &file.programs[0]);
  EXPECT_THROW(file.program("q"), Error);
  file.programs.push_back(file.programs[0]);
  EXPECT_THROW(file.program(""), Error);
  EXPECT_THROW(ProgramFile{}.program(""), Error);
}

} // namespace
