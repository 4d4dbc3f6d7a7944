//===- Widen.cpp - stored values as exact sums ------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Widen &i, Execution &execution) {
  if (i.unsignedX && i.precision != Precision::FX16)
    throw Error(fmt::format("widen has exponentials in {}; they are fx16", name(i.precision)));
  std::vector<int16_t> x(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.precision, i.cols, x.data());
    for (uint64_t j = 0; j < i.cols; ++j)
      execution.store<int64_t>(i.acc + 8 * (row * i.cols + j),
                               i.unsignedX ? static_cast<uint16_t>(x[j]) : x[j]);
  }
}
