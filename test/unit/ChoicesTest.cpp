//===- ChoicesTest.cpp - how failing programs are reduced -------------------===//

#include "random/Choices.h"
#include "random/ProgramWriter.h"
#include "gtest/gtest.h"

using namespace dota::random;

namespace {

TEST(Choices, AReplayTakesTheSame) {
  Choices first(7);
  const std::string text = ProgramWriter(first).write();
  Choices again(first.taken());
  EXPECT_EQ(ProgramWriter(again).write(), text);
  EXPECT_EQ(again.taken(), first.taken());
}

TEST(Choices, AreTheSimplestPastTheEnd) {
  Choices choices(ChoiceList{5, 3});
  EXPECT_EQ(choices.below(4), 1U);
  EXPECT_TRUE(choices.chance(98));
  EXPECT_FALSE(choices.chance(99));
  EXPECT_EQ(choices.pick({8, 9}), 8);
  EXPECT_EQ(choices.taken(), (ChoiceList{1, 3, 0, 0}));
}

TEST(Choices, ShrinkFindsTheSmallest) {
  // Three numbers, of which two add up to at least 100.
  const std::function<bool(Choices &)> fails = [](Choices &choices) {
    uint32_t count = choices.below(10), sum = 0;
    for (uint32_t i = 0; i < count; ++i)
      sum += choices.below(100);
    return sum >= 100;
  };
  const ChoiceList smallest = shrink({9, 40, 99, 3, 77, 50, 50, 1, 2, 98}, fails, 10000);
  ASSERT_EQ(smallest.size(), 3U);
  EXPECT_EQ(smallest[0], 2U);
  EXPECT_EQ(smallest[1] + smallest[2], 100U);
}

TEST(Choices, ProgramsShrinkToWhatFails) {
  const std::function<bool(Choices &)> hasRotation = [](Choices &choices) {
    return ProgramWriter(choices).write().find("dota.rotate") != std::string::npos;
  };
  unsigned found = 0;
  for (unsigned seed = 1; seed < 60 && found < 5; ++seed) {
    Choices choices(seed);
    if (!hasRotation(choices))
      continue;
    ++found;
    Choices small(shrink(choices.taken(), hasRotation, 2000));
    const std::string text = ProgramWriter(small).write();
    // No more than one attention, with what it takes.
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 26) << text;
    EXPECT_NE(text.find("dota.rotate"), std::string::npos);
  }
  EXPECT_EQ(found, 5U);
}

} // namespace
