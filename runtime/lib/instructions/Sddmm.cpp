//===- Sddmm.cpp - scores of the kept keys ----------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Sddmm &i, Execution &execution) {
  WrittenSchedule written(execution, i);
  Schedule &schedule = written.schedule;
  const Rows keys({execution.sram + i.k, i.kStride, i.precision}, i.keys, i.depth);
  std::vector<int16_t> q(i.depth);
  std::vector<int64_t> visited(i.keep);
  std::vector<uint64_t> sums(i.keep); // which wrap
  schedule.forEachRow(
      [&](size_t row, std::span<const uint32_t> positions, std::span<const uint32_t> ids) {
        unpack(execution.sram + i.q + row * i.qStride, i.precision, i.depth, q.data());
        dotRows(q.data(), keys, ids, visited.data());
        if (!i.keep)
          return;
        std::byte *c = execution.sram + i.c + row * 8 * i.keep;
        std::fill(sums.begin(), sums.end(), 0);
        if (i.accumulate)
          std::memcpy(sums.data(), c, sizeof(int64_t) * i.keep);
        for (size_t j = 0; j < positions.size(); ++j)
          sums[positions[j]] += static_cast<uint64_t>(visited[j]);
        std::memcpy(c, sums.data(), sizeof(int64_t) * i.keep);
      });
  execution.result.order = schedule.work();
}
