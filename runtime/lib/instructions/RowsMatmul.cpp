//===- RowsMatmul.cpp - exact matrix product of the live rows ---------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const RowsMatmul &i, Execution &execution) {
  std::vector<size_t> live;
  for (size_t row = 0; row < i.rows; ++row) {
    bool any = false;
    for (size_t head = 0; head < i.heads; ++head)
      any |= execution.sram[i.live + head * i.liveStride + row] != std::byte{0};
    if (any)
      live.push_back(row);
  }
  execution.result.liveRows = live.size();

  // The live rows one after the other, their product, and each row to its place.
  const size_t aBytes = bytes(i.depth, i.aPrecision), cBytes = size_t{8} * i.cols;
  std::vector<std::byte> rows(live.size() * aBytes), sums(live.size() * cBytes);
  for (size_t n = 0; n < live.size() && aBytes; ++n)
    std::memcpy(&rows[n * aBytes], execution.sram + i.a + live[n] * i.aStride, aBytes);
  if (!cBytes || !i.rows)
    return;
  for (size_t n = 0; n < live.size() && i.accumulate; ++n)
    std::memcpy(&sums[n * cBytes], execution.sram + i.c + live[n] * cBytes, cBytes);
  multiply({rows.data(), aBytes, i.aPrecision}, {execution.sram + i.b, i.bStride, i.bPrecision},
           /*transposeB=*/false, live.size(), i.cols, i.depth, i.accumulate, sums.data());
  if (!i.accumulate)
    std::memset(execution.sram + i.c, 0, i.rows * cBytes);
  for (size_t n = 0; n < live.size(); ++n)
    std::memcpy(execution.sram + i.c + live[n] * cBytes, &sums[n * cBytes], cBytes);
}
