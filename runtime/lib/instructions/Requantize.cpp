//===- Requantize.cpp - exact sums to stored values -------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Requantize &i, Execution &execution) {
  checkShift("requantize", i.shift);
  if (i.hasBias && (i.biasShift < 0 || i.biasShift > 62))
    throw Error(
        fmt::format("requantize shifts the bias by {} places; 0 to 62 are possible", i.biasShift));
  const std::byte *bias = i.hasBias ? execution.sram + i.bias : nullptr;
  std::vector<int16_t> out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    execution.result.saturations +=
        requantizeRow(execution.sram + i.acc + row * 8 * i.cols, bias, i.biasShift, i.shift,
                      bitsOf(i.precision), i.cols, out.data());
    pack(out.data(), i.precision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
