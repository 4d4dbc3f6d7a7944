//===- MachineTest.cpp - the machine description ----------------------------===//

#include "dota/runtime/Machine.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace dota;

namespace {

std::string messageOf(std::string_view toml) {
  try {
    Machine::parse(toml, "m.toml");
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

TEST(Machine, ShippedOnesReadAndDiffer) {
  Machine dota = Machine::named("dota"), iso = Machine::named("dota-iso");
  EXPECT_EQ(dota.name, "dota");
  EXPECT_EQ(dota.lanes, 4u);
  EXPECT_EQ(dota.sram.bytes, 655360u);
  EXPECT_EQ(iso.sram.bytes * iso.lanes, 352u * 1024);
}

TEST(Machine, SaysHowItsSchedulersOrderKeys) {
  const OrderOptions shipped = Machine::named("dota").orderOptions();
  EXPECT_EQ(shipped.rule, OrderRule::Best);
  EXPECT_EQ(shipped.window, 0u);
  EXPECT_EQ(shipped.reloadSteps, 0);
  EXPECT_EQ(shipped.buffer.vectors, 0u);
  const OrderOptions other =
      Machine::parse("name = \"m\"\n[rmmu]\nkey_buffer = 16\nrows = 64\n[scheduler]\ndepth = 64\n"
                     "reload_steps = 1.5\n",
                     "m")
          .orderOptions();
  EXPECT_EQ(other.window, 64u);
  EXPECT_EQ(other.reloadSteps, 1.5);
  EXPECT_EQ(other.buffer.vectors, 16u);
  EXPECT_EQ(other.buffer.beside(4), 16u);
}

TEST(Machine, DefaultsAreTheShippedMachine) {
  EXPECT_EQ(Machine::parse("name = \"dota\"", "x").text(), Machine::named("dota").text());
}

TEST(Machine, ShippedFilesSayWhereEachValueComesFrom) {
  // The table's tags and the files' comments must not drift apart.
  std::string text = Machine::named("dota").text();
  EXPECT_THAT(text, testing::HasSubstr("ghz = 1.0 # GHz: the one clock [published]"));
  EXPECT_THAT(text, testing::HasSubstr("[rmmu]\nrows = 32 # PE rows a lane [assumed]"));
}

TEST(Machine, TextReadsBackAsTheSameMachine) {
  Machine machine = Machine::named("dota-iso");
  machine.name = "a \"quoted\" name";
  machine.rmmu.throughput = Throughput::Quadratic;
  machine.energy.dramByte = 0.1;
  std::string text = machine.text();
  Machine again = Machine::parse(text, "text");
  EXPECT_EQ(again.text(), text);
  EXPECT_EQ(again.name, machine.name);
  EXPECT_EQ(again.rmmu.throughput, Throughput::Quadratic);
  EXPECT_EQ(again.energy.dramByte, 0.1);
}

TEST(Machine, WhatCannotBeIsAnErrorWithItsPlace) {
  EXPECT_EQ(messageOf("name = \"m\"\n[rmmu]\n  row = 3\n"), "m.toml:3:3: unknown key 'rmmu.row'");
  EXPECT_EQ(messageOf("name = \"m\"\ncolour = 3\n"), "m.toml:2:1: unknown key 'colour'");
  EXPECT_EQ(messageOf("name = \"m\"\n[lanes]\ncount = 0\n"),
            "m.toml:3:9: 'lanes.count' is 0; it can be 1 to 1024");
  EXPECT_EQ(messageOf("name = \"m\"\n[lanes]\ncount = -4\n"),
            "m.toml:3:9: 'lanes.count' is -4; it can be 1 to 1024");
  EXPECT_EQ(messageOf("name = \"m\"\n[rmmu]\ngroup = 9\n"),
            "m.toml:3:9: 'rmmu.group' is 9; it can be 1 to 8");
  EXPECT_EQ(messageOf("name = \"m\"\n[rmmu]\ngroup = 3\n"),
            "m.toml:3:9: 'rmmu.group' is 3, which does not divide 32 PE rows");
  EXPECT_EQ(messageOf("name = \"m\"\n[rmmu]\nrows = 30\n"),
            "m.toml:3:8: 'rmmu.group' is 4, which does not divide 30 PE rows");
  EXPECT_EQ(messageOf("name = \"m\"\n[lanes]\ncount = 4.5\n"),
            "m.toml:3:9: 'lanes.count' is a float, not an integer");
  EXPECT_EQ(messageOf("name = \"m\"\n[clock]\nghz = \"fast\"\n"),
            "m.toml:3:7: 'clock.ghz' is a string, not a number");
  EXPECT_EQ(messageOf("name = \"m\"\n[clock]\nghz = nan\n"),
            "m.toml:3:7: 'clock.ghz' is nan; it can be 0.001 to 100");
  EXPECT_EQ(messageOf("name = \"m\"\nlanes = 4\n"),
            "m.toml:2:9: 'lanes' is an integer, not a table");
  EXPECT_EQ(messageOf("name = 4\n"), "m.toml:1:8: 'name' is an integer, not a string");
  EXPECT_EQ(messageOf("name = \"\"\n"), "m.toml:1:8: 'name' is empty");
  EXPECT_EQ(messageOf("name = 'a\tb'\n"), "m.toml:1:8: 'name' has a control character");
  EXPECT_EQ(messageOf("name = \"\"\"\n\na\"\"\""), "m.toml:1:8: 'name' has a control character");
  EXPECT_EQ(messageOf("[lanes]\ncount = 4\n"), "m.toml:1:1: there is no 'name'");
  EXPECT_EQ(messageOf("name = \"m\"\n[rmmu]\nthroughput = \"cubic\"\n"),
            "m.toml:3:14: 'rmmu.throughput' is \"cubic\", neither \"linear\" nor \"quadratic\"");
  EXPECT_EQ(messageOf("name = \"m\"\n[rmmu]\nthroughput = 1\n"),
            "m.toml:3:14: 'rmmu.throughput' is an integer, not a string");
  EXPECT_EQ(messageOf("name = \"m\"\n[sram]\nbytes = 16777217\n"),
            "m.toml:3:9: 'sram.bytes' is 16777217; it can be 64 to 16777216");
  EXPECT_THAT(messageOf("name = \"m\"\n[lanes\ncount = 4\n"), testing::StartsWith("m.toml:2:"));
}

TEST(Machine, UnknownNameSaysWhatThereIs) {
  try {
    Machine::named("dotta");
    FAIL();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "no machine is named 'dotta'; there are 'dota-iso', 'dota', and "
                               "paths of TOML files");
  }
  EXPECT_THROW(Machine::named("./nowhere.toml"), Error);
}

TEST(Machine, EveryParameterIsInTheDocumentation) {
  std::vector<uint8_t> bytes = readFile(DOTA_SOURCE_DIR "/docs/machine.md");
  std::string text(bytes.begin(), bytes.end());
  for (const MachineParameter &p : machineParameters()) {
    std::string key = std::string(p.section) + "." + std::string(p.key);
    EXPECT_THAT(text, testing::ContainsRegex("\n. `" + key + "` . [^|]+ . [^|]* . " +
                                             std::string(p.unit) + " . "));
    EXPECT_THAT(text, testing::HasSubstr(std::string(p.description) + " | " +
                                         (p.published ? "published" : "assumed") + " |\n"));
  }
}

TEST(Machine, EveryParameterHasASentenceAndAPossibleDefault) {
  for (const MachineParameter &p : machineParameters()) {
    EXPECT_FALSE(p.description.empty()) << p.section << "." << p.key;
    EXPECT_LE(p.least, p.standard) << p.section << "." << p.key;
    EXPECT_GE(p.greatest, p.standard) << p.section << "." << p.key;
  }
}

} // namespace
