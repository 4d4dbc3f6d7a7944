//===- Rotate.cpp - x cos + partner sin of pairs, exact, rounded once -------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Rotate &i, Execution &execution) {
  checkShift("rotate", i.xExponent + i.tableExponent - i.to);
  uint64_t group = uint64_t{2} * i.distance;
  if (group == 0 || i.width == 0 || i.width % group != 0 || i.cols % i.width != 0)
    throw Error(fmt::format("rotate has {} columns, heads of {} and partners {} apart; whole heads "
                            "of whole groups of twice the distance expected",
                            i.cols, i.width, i.distance));
  std::vector<int16_t> x(i.cols), table(size_t{2} * i.width), out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.xPrecision, i.cols, x.data());
    unpack(execution.sram + i.table + row * i.tableStride, i.tablePrecision, size_t{2} * i.width,
           table.data());
    execution.result.saturations +=
        rotateRow(x.data(), table.data(), i.width, i.distance, i.xExponent + i.tableExponent, i.to,
                  bitsOf(i.outPrecision), i.cols, out.data());
    pack(out.data(), i.outPrecision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
