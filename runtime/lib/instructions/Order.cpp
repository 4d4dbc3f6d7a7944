//===- Order.cpp - the order of the kept keys -------------------------------===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Order &i, Execution &execution) {
  std::vector<uint32_t> ids, schedule;
  execution.load(i.ids, size_t{i.rows} * i.keep, ids);
  const size_t bytes = groups(i.rows, i.group) * scheduleBytes(i.group, i.keep);
  // Words of a slot that the schedule does not need stay as they are.
  execution.load(i.schedule, bytes / 4, schedule);
  execution.result.order =
      execution.scheduler.order(ids, i.rows, i.keep, i.keys, i.group, schedule.data());
  if (bytes)
    std::memcpy(execution.sram + i.schedule, schedule.data(), bytes);
}
