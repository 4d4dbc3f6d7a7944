//===- Quantize.cpp - f32 to fixed point ------------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Quantize &i, Execution &execution) {
  std::vector<int16_t> out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    execution.result.saturations += quantizeRow(execution.sram + i.x + row * i.xStride, i.to,
                                                bitsOf(i.precision), i.cols, out.data());
    pack(out.data(), i.precision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
