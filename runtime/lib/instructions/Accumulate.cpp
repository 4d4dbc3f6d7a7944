//===- Accumulate.cpp - partial sums of lanes, added up ---------------------===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Accumulate &i, Execution &execution) {
  for (uint64_t j = 0; j < i.elements; ++j)
    execution.store(i.acc + 8 * j, execution.load<uint64_t>(i.acc + 8 * j) +
                                       execution.load<uint64_t>(i.src + 8 * j));
}
