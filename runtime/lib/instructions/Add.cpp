//===- Add.cpp - x + y, exact, rounded once --------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include <algorithm>
#include <cstdlib>

using namespace dota;

void dota::run(const Add &i, Execution &execution) {
  checkShift("add", std::max(i.xExponent, i.yExponent) - i.to);
  if (int apart = std::abs(i.xExponent - i.yExponent); apart > 46)
    throw Error(fmt::format("add has exponents {} and {}; they are {} apart, 46 is possible",
                            i.xExponent, i.yExponent, apart));
  std::vector<int16_t> x(i.cols), y(i.cols), out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.xPrecision, i.cols, x.data());
    if (row == 0 || i.yStride)
      unpack(execution.sram + i.y + row * i.yStride, i.yPrecision, i.cols, y.data());
    execution.result.saturations += addRow(x.data(), i.xExponent, y.data(), i.yExponent, i.to,
                                           bitsOf(i.outPrecision), i.cols, out.data());
    pack(out.data(), i.outPrecision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
