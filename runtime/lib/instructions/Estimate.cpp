//===- Estimate.cpp - estimated scores, exact in what they are estimated from -===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Estimate &i, Execution &execution) {
  runProduct(i.mnemonic,
             {.a = i.a,
              .b = i.b,
              .c = i.c,
              .rows = i.rows,
              .cols = i.cols,
              .depth = i.depth,
              .aStride = i.aStride,
              .bStride = i.bStride,
              .aPrecision = i.aPrecision,
              .bPrecision = i.bPrecision,
              .transposeB = true,
              .cStride = i.cStride,
              .narrow = i.narrow},
             execution);
}
