//===- Store.cpp - SRAM to DRAM ---------------------------------------------===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Store &i, Execution &execution) {
  std::byte *dram = execution.dram("store", "writes", i.dram, i.rows, i.rowBytes, i.dramStride);
  for (uint64_t row = 0; row < i.rows && i.rowBytes; ++row)
    std::memcpy(dram + row * i.dramStride, execution.sram + i.sram + row * i.sramStride,
                i.rowBytes);
}
