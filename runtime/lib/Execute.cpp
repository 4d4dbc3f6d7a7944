//===- Execute.cpp - one instruction, its bounds checked --------------------===//
#include "Execution.h"

using namespace dota;

void dota::checkShift(std::string_view mnemonic, int shift) {
  if (shift < -15 || shift > 62)
    throw Error(fmt::format("{} shifts by {} places; -15 to 62 are possible", mnemonic, shift));
}

std::byte *Execution::dram(std::string_view mnemonic, std::string_view verb, uint64_t address,
                           uint64_t rows, uint64_t rowBytes, uint64_t stride) const {
  if (rows == 0 || rowBytes == 0)
    return device.dram.data();
  const uint64_t size = device.dram.size();
  uint64_t last = 0, end = 0;
  if (__builtin_mul_overflow(rows - 1, stride, &last) ||
      __builtin_add_overflow(last, address + rowBytes, &end) || end > size)
    throw Error(fmt::format("{} {} {} rows of {} DRAM bytes at {}, {} apart; the DRAM has {}",
                            mnemonic, verb, rows, rowBytes, address, stride, size));
  return device.dram.data() + address;
}

void dota::execute(const Instruction &instruction, LaneMemory &lane, DeviceMemory &device,
                   ExecuteResult &result, const MfuRules &mfu) {
  result = {};
  forEachRegion(instruction, [&](const Region &region) {
    if (!region.empty() && region.end() > lane.sram.size())
      throw Error(fmt::format("{} {} SRAM bytes {} to {}; the SRAM has {}", mnemonic(instruction),
                              region.write ? "writes" : "reads", region.base, region.end() - 1,
                              lane.sram.size()));
  });
  Execution execution{lane.sram.data(), lane.scheduler, device, result, mfu};
  std::visit(
      [&](const auto &i) {
        if constexpr (std::decay_t<decltype(i)>::issuedTo != Unit::Control)
          run(i, execution);
      },
      instruction);
}
