//===- RmsNorm.cpp - root-mean-square normalisation of each row -------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const RmsNorm &i, Execution &execution) {
  std::vector<int16_t> x(i.cols), out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.precision, i.cols, x.data());
    execution.result.saturations +=
        rmsNormRow(execution.mfu, x.data(), execution.sram + i.gain, i.from, i.to, i.epsilon,
                   bitsOf(i.outPrecision), i.cols, out.data());
    pack(out.data(), i.outPrecision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
