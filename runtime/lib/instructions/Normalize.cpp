//===- Normalize.cpp - division by the sum of the exponentials --------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Normalize &i, Execution &execution) {
  std::vector<int16_t> out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    execution.result.saturations +=
        normalizeRow(execution.mfu, execution.sram + i.acc + row * 8 * i.cols,
                     execution.load<int64_t>(i.sum + 8 * row), i.from, i.to, bitsOf(i.precision),
                     i.cols, out.data());
    pack(out.data(), i.precision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
