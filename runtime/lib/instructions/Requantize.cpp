//===- Requantize.cpp - exact sums to stored values -------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include <cstring>

using namespace dota;

static void check(int shift, bool hasBias, int biasShift) {
  checkShift("requantize", shift);
  if (hasBias && (biasShift < 0 || biasShift > 62))
    throw Error(
        fmt::format("requantize shifts the bias by {} places; 0 to 62 are possible", biasShift));
}

void dota::run(const Requantize &i, Execution &execution) {
  const std::byte *bias = i.hasBias ? execution.sram + i.bias : nullptr;
  const int bits = bitsOf(i.precision);
  std::vector<ColumnShifts> shifts;
  if (i.perColumn) {
    shifts.resize(i.cols);
    std::memcpy(shifts.data(), execution.sram + i.shifts, shifts.size() * sizeof(ColumnShifts));
    for (ColumnShifts column : shifts)
      check(column.shift, i.hasBias, column.biasShift);
  } else {
    check(i.shift, i.hasBias, i.biasShift);
  }
  std::vector<int16_t> out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    const std::byte *sums = execution.sram + i.acc + row * 8 * i.cols;
    execution.result.saturations +=
        i.perColumn ? requantizeColumns(sums, bias, shifts.data(), bits, i.cols, out.data())
                    : requantizeRow(sums, bias, i.biasShift, i.shift, bits, i.cols, out.data());
    pack(out.data(), i.precision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
