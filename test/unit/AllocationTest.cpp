//===- AllocationTest.cpp - what must not allocate, counted -----------------===//

#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Masks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

using namespace dota;

static thread_local size_t allocations = 0;

void *operator new(size_t bytes) {
  ++allocations;
  if (void *memory = std::malloc(bytes ? bytes : 1))
    return memory;
  throw std::bad_alloc();
}
// Whose memory the same operator delete takes.
void *operator new(size_t bytes, const std::nothrow_t &) noexcept {
  ++allocations;
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

TEST(Allocation, OrderingKeysTakesNoMemoryOnceItHasSome) {
  for (OrderRule rule : {OrderRule::InOrder, OrderRule::Greedy, OrderRule::Best})
    for (unsigned group : {4u, 8u}) {
      KeyOrder scheduler(rule);
      constexpr size_t kRows = 64, kKeys = 64, kKeep = 32;
      std::vector<uint32_t> schedule(kRows / group * scheduleWords(group, kKeep));
      auto order = [&](const Mask &mask) {
        scheduler.order(mask.ids, kRows, kKeep, kKeys, group, schedule.data());
      };
      auto make = [](const char *family) {
        return MaskFamily{family, 1}.make(1, kRows, kKeys, kKeep, std::nullopt, 0);
      };
      // Of the least to do; then what takes splits in most groups.
      order(make("bigbird"));
      const Mask uniform = make("uniform"), causal = make("causal");
      const size_t before = allocations;
      order(uniform);
      order(causal);
      EXPECT_EQ(allocations, before);
    }
}
