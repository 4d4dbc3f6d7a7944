//===- Matmul.cpp - exact matrix product ------------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Matmul &i, Execution &execution) {
  const Operand a{execution.sram + i.a, i.aStride, i.aPrecision, i.unsignedA};
  const Operand b{execution.sram + i.b, i.bStride, i.bPrecision};
  if (i.unsignedA && i.aPrecision != Precision::FX16)
    throw Error(fmt::format("matmul has exponentials in {}; they are fx16", name(i.aPrecision)));
  multiply(a, b, i.transposeB, i.rows, i.cols, i.depth, i.accumulate, execution.sram + i.c);
}
