//===- Length.cpp - Euclidean length of each row ----------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include "dota/runtime/Numerics.h"

using namespace dota;

void dota::run(const Length &i, Execution &execution) {
  HostArithmetic arithmetic;
  Numerics<HostArithmetic> rules{arithmetic};
  std::vector<int16_t> x(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.precision, i.cols, x.data());
    int64_t squares = 0;
    for (int16_t value : x)
      squares += int64_t{value} * value;
    execution.store(i.out + 2 * row, static_cast<int16_t>(rules.length(squares, i.shift)));
  }
}
