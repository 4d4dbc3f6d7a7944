//===- StatisticsTest.cpp - counters and how they are written ---------------===//

#include "dota/runtime/Statistics.h"
#include "dota/runtime/Files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

using namespace dota;

namespace {

Statistics small() {
  Statistics s(Machine::named("dota"));
  s.runs["encoder"] = 2;
  s.masks = "found";
  s.macsDevice = 2000;
  s.macsHost = 7;
  s.pairsKept = 20;
  s.pairsDense = 100;
  s.cycles = 1000;
  s.attentionCycles = 400;
  s.events = {.macs = 2000, .macsFx16 = 2000, .sramBytes = 64, .dramBytes = 128};
  s.busy[2] = 500;
  s.operations = {{.location = {"linear", "m.mlir", 3, 1}, .instructions = 5, .cycles = 900}};
  return s;
}

const Counter &counterOf(const std::vector<Counter> &counters, std::string_view name) {
  for (const Counter &c : counters)
    if (c.name == name)
      return c;
  ADD_FAILURE() << "no counter " << name;
  return counters.front();
}

TEST(Statistics, EveryCounterHasItsOwnNameAndASentence) {
  std::set<std::string> names;
  for (const Counter &c : small().counters()) {
    EXPECT_TRUE(names.insert(c.name).second) << c.name;
    EXPECT_FALSE(c.description.empty()) << c.name;
  }
  for (const char *name : {"macs.device", "macs.host", "cycles.total", "cycles.attention",
                           "dram.bytes", "energy.total", "pairs.kept", "pairs.dense", "keys.loads"})
    EXPECT_TRUE(names.count(name)) << name;
}

TEST(Statistics, EveryCounterIsInTheDocumentation) {
  std::vector<uint8_t> bytes = readFile(DOTA_SOURCE_DIR "/docs/statistics.md");
  std::string text(bytes.begin(), bytes.end());
  for (const Counter &c : small().counters())
    EXPECT_THAT(text, testing::HasSubstr("\n| `" + c.name + "` | " + c.unit + " | " +
                                         c.description + " |\n"));
}

TEST(Statistics, WholeAndSequence) {
  std::vector<Counter> counters = small().counters();
  EXPECT_EQ(counterOf(counters, "sequences").value, Counter::Value(uint64_t{2}));
  EXPECT_EQ(counterOf(counters, "cycles.total").value, Counter::Value(uint64_t{1000}));
  EXPECT_EQ(counterOf(counters, "cycles.total").sequence, Counter::Value(uint64_t{500}));
  EXPECT_EQ(counterOf(counters, "macs.host").sequence, Counter::Value(3.5));
  EXPECT_EQ(counterOf(counters, "latency").value, Counter::Value(1e-6));
  // Busy cycles add up over four lanes; a share stays a share.
  EXPECT_EQ(counterOf(counters, "utilisation.rmmu").value, Counter::Value(0.125));
  EXPECT_EQ(counterOf(counters, "utilisation.rmmu").sequence, Counter::Value(0.125));
  EXPECT_EQ(counterOf(counters, "rmmu.efficiency").value,
            Counter::Value(2000.0 / (4 * 1000 * 512)));
  // 2000 FX16 products, bytes, and 160 mW for a microsecond.
  EXPECT_DOUBLE_EQ(std::get<double>(counterOf(counters, "energy.total").value),
                   1e-6 * (2000 * 1.26 + 64 + 128 * 31.2 + 160e3));
}

TEST(Statistics, AddsUp) {
  Statistics total(Machine::named("dota"));
  total += small();
  EXPECT_EQ(total.masks, "found");
  Statistics other = small();
  other.runs = {{"decoder", 1}};
  other.masks = "none";
  other.computesValues = false;
  other.notes = {"calibrated on the inputs"};
  other.operations[0].location.line = 4;
  total += other;
  total += small();
  EXPECT_EQ(total.sequences(), 4u);
  EXPECT_EQ(total.cycles, 3000u);
  EXPECT_EQ(total.masks, "found");
  EXPECT_FALSE(total.computesValues);
  EXPECT_THAT(total.notes, testing::ElementsAre("calibrated on the inputs"));
  ASSERT_EQ(total.operations.size(), 2u);
  EXPECT_EQ(total.operations[0].cycles, 1800u);
  EXPECT_EQ(total.operations[1].cycles, 900u);
}

TEST(Statistics, Json) {
  std::string json = small().json();
  EXPECT_THAT(json, testing::StartsWith("{\n  \"version\": 1,\n"));
  EXPECT_THAT(json, testing::HasSubstr("\"rmmu.throughput\": \"linear\""));
  EXPECT_THAT(json,
              testing::HasSubstr("\"dram.bytes\": {\n      \"value\": 128,\n      \"sequence\": "
                                 "64,\n      \"unit\": \"bytes\",\n      \"description\": "));
  EXPECT_THAT(json, testing::HasSubstr("\"masks\": \"found\""));
  EXPECT_THAT(json, testing::EndsWith("}\n"));
  // Names need not be UTF-8.
  Statistics odd = small();
  odd.operations[0].location.name = "\xff\"<";
  EXPECT_NO_THROW(odd.json());
}

TEST(Statistics, PageHasEveryCounterAndNothingFromOutside) {
  Statistics s = small();
  s.operations[0].location.name = "<script>";
  s.notes = {"a & b"};
  std::string html = s.html("m.dota: encoder");
  for (const Counter &c : s.counters())
    EXPECT_THAT(html, testing::HasSubstr("<td>" + c.name + "<"));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("<script")));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("http")));
  EXPECT_THAT(html, testing::HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, testing::HasSubstr("a &amp; b"));
  // 166577.6 pJ
  EXPECT_THAT(html, testing::HasSubstr("<h2>Energy: 166.6&nbsp;nJ</h2>"));
}

TEST(Statistics, NothingRan) {
  Statistics nothing(Machine::named("dota"));
  EXPECT_NO_THROW(nothing.json());
  EXPECT_NO_THROW(nothing.html("nothing"));
}

} // namespace
