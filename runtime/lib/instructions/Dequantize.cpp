//===- Dequantize.cpp - fixed point to f32, exact ---------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Dequantize &i, Execution &execution) {
  std::vector<int16_t> x(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.precision, i.cols, x.data());
    dequantizeRow(x.data(), i.from, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
