//===- Spmm.cpp - values of the kept keys, weighted and added up ------------===//
#include "../Execution.h"
#include "../Kernels.h"

using namespace dota;

void dota::run(const Spmm &i, Execution &execution) {
  WrittenSchedule written(execution, i);
  Schedule &schedule = written.schedule;
  const Rows values({execution.sram + i.v, i.vStride, i.precision}, i.keys, i.cols);
  std::vector<uint16_t> weights(i.keep);
  std::vector<int64_t> sums(i.cols);
  schedule.forEachRow([&](size_t row, std::span<const uint32_t> positions,
                          std::span<const uint32_t> ids) {
    for (size_t j = 0; j < positions.size(); ++j)
      weights[j] = execution.load<uint16_t>(i.p + 2 * (row * i.keep + positions[j]));
    sumRows(values, ids, std::span(weights).first(ids.size()), sums.data());
    for (size_t j = 0; i.accumulate && j < i.cols; ++j)
      sums[j] = static_cast<int64_t>(static_cast<uint64_t>(sums[j]) +
                                     execution.load<uint64_t>(i.c + 8 * (row * i.cols + j)));
    if (i.cols)
      std::memcpy(execution.sram + i.c + row * 8 * i.cols, sums.data(), sizeof(int64_t) * i.cols);
  });
  execution.result.order = schedule.work();
}
