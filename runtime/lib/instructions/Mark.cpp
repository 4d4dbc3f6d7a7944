//===- Mark.cpp - the keys that some row keeps ------------------------------===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Mark &i, Execution &execution) {
  std::vector<uint32_t> ids;
  execution.load(i.ids, size_t{i.rows} * i.keep, ids);
  for (size_t n = 0; n < ids.size(); ++n)
    if (ids[n] != kNoKey && ids[n] >= i.keys)
      throw Error(
          fmt::format("mark has key {} in row {}; there are {}", ids[n], n / i.keep, i.keys));
  if (!i.accumulate && i.keys)
    std::memset(execution.sram + i.live, 0, i.keys);
  for (uint32_t id : ids)
    if (id != kNoKey)
      execution.sram[i.live + id] = std::byte{1};
}
