//===- Load.cpp - DRAM to SRAM ----------------------------------------------===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Load &i, Execution &execution) {
  const std::byte *dram = execution.dram("load", "reads", i.dram, i.rows, i.rowBytes, i.dramStride);
  for (uint64_t row = 0; row < i.rows && i.rowBytes; ++row)
    std::memcpy(execution.sram + i.sram + row * i.sramStride, dram + row * i.dramStride,
                i.rowBytes);
}
