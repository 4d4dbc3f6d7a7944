//===- Matmul.cpp - exact matrix product ------------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Matmul &i, Execution &execution) { runProduct(i.mnemonic, i, execution); }

void dota::runProduct(std::string_view mnemonic, const Matmul &i, Execution &execution) {
  const Operand a{execution.sram + i.a, i.aStride, i.aPrecision, i.unsignedA};
  const Operand b{execution.sram + i.b, i.bStride, i.bPrecision};
  if (i.unsignedA && i.aPrecision != Precision::FX16)
    throw Error(
        fmt::format("{} has exponentials in {}; they are fx16", mnemonic, name(i.aPrecision)));
  const size_t sumBytes = size_t{8} >> i.narrow, rowBytes = sumBytes * i.cols;
  const size_t stride = i.cStride ? i.cStride : rowBytes;
  if (i.rows > 1 && stride < rowBytes)
    throw Error(fmt::format("{} has rows of {} bytes {} bytes apart", mnemonic, rowBytes, stride));
  if (sumBytes == 8 && (stride == rowBytes || i.rows == 1)) {
    multiply(a, b, i.transposeB, i.rows, i.cols, i.depth, i.accumulate, execution.sram + i.c);
    return;
  }
  // The sums of all rows without gaps, then each row to its place.
  std::vector<int64_t> sums(size_t{i.rows} * i.cols);
  for (size_t row = 0; i.accumulate && row < i.rows; ++row)
    widenSums(execution.sram + i.c + row * stride, i.narrow, i.cols, sums.data() + row * i.cols);
  multiply(a, b, i.transposeB, i.rows, i.cols, i.depth, i.accumulate,
           reinterpret_cast<std::byte *>(sums.data()));
  for (size_t row = 0; row < i.rows; ++row)
    if (std::optional<int64_t> sum = narrowSums(sums.data() + row * i.cols, i.narrow, i.cols,
                                                execution.sram + i.c + row * stride))
      throw Error(fmt::format("{} has the sum {} in row {}; {} bytes are for it", mnemonic, *sum,
                              row, sumBytes));
}
