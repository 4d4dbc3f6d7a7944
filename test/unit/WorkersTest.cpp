//===- WorkersTest.cpp - threads that wait for work -------------------------===//

#include "../../runtime/lib/Workers.h"

#include <gtest/gtest.h>

#include <string>

using namespace dota;

namespace {

TEST(Workers, EveryTurnOnce) {
  for (unsigned threads : {1u, 2u, 5u}) {
    Workers workers(threads);
    for (size_t count : {0u, 1u, 3u, 100u})
      for (int again = 0; again < 20; ++again) {
        std::vector<std::atomic<int>> turns(count);
        workers.run(count, [&](size_t i) { ++turns[i]; });
        for (auto &turn : turns)
          EXPECT_EQ(turn, 1);
      }
  }
}

TEST(Workers, TheFirstErrorComesBackAndWorkGoesOn) {
  Workers workers(3);
  for (int again = 0; again < 20; ++again) {
    std::atomic<int> turns = 0;
    try {
      workers.run(50, [&](size_t i) {
        ++turns;
        if (i >= 10)
          throw std::to_string(i);
      });
      FAIL();
    } catch (const std::string &error) {
      EXPECT_EQ(error, "10");
    }
    EXPECT_EQ(turns, 50);
  }
}

} // namespace
