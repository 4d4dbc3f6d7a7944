//===- Softmax.cpp - scores to exponentials and their sum -------------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include "dota/runtime/Numerics.h"

#include <limits>

using namespace dota;

void dota::run(const Softmax &i, Execution &execution) {
  if (i.hasBias && !i.hasIds && i.cols > i.keys)
    throw Error(fmt::format("softmax has {} columns; the bias has {}", i.cols, i.keys));
  HostArithmetic arithmetic;
  Numerics<HostArithmetic> rules{arithmetic};
  constexpr float kInvisible = -std::numeric_limits<float>::infinity();

  std::vector<float> scores(i.cols), bias(i.cols);
  std::vector<uint32_t> ids;
  std::vector<uint16_t> e(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    const std::byte *rowBias = i.hasBias ? execution.sram + i.bias + row * i.biasStride : nullptr;
    if (i.hasIds) {
      execution.load(i.ids + row * 4 * i.cols, i.cols, ids);
      for (uint64_t j = 0; rowBias && j < i.cols; ++j) {
        if (ids[j] != kNoKey && ids[j] >= i.keys)
          throw Error(
              fmt::format("softmax has key {} in row {}; the bias has {}", ids[j], row, i.keys));
        bias[j] = 0;
        if (ids[j] != kNoKey)
          std::memcpy(&bias[j], rowBias + 4 * uint64_t{ids[j]}, 4);
      }
      if (rowBias)
        rowBias = reinterpret_cast<const std::byte *>(bias.data());
    }
    scoreRow(execution.mfu, execution.sram + i.acc + row * 8 * i.cols, i.scale, rowBias, i.cols,
             scores.data());

    // A key that is not there or not visible has no part in anything.
    const int64_t last =
        i.causal ? static_cast<int64_t>(row) + i.diagonal : std::numeric_limits<int64_t>::max();
    if (i.hasIds) {
      for (uint64_t j = 0; j < i.cols; ++j)
        if (ids[j] == kNoKey || ids[j] > last)
          scores[j] = kInvisible;
    } else if (last < static_cast<int64_t>(i.cols)) {
      std::fill(scores.begin() + std::max<int64_t>(last + 1, 0), scores.end(), kInvisible);
    }
    float rowMax = kInvisible;
    for (float score : scores)
      rowMax = rules.rowMax(rowMax, score);
    const uint64_t sum = exponentialRow(execution.mfu, scores.data(), rowMax, i.cols, e.data());
    if (i.cols)
      std::memcpy(execution.sram + i.e + row * 2 * i.cols, e.data(), sizeof(uint16_t) * i.cols);
    execution.store(i.sum + 8 * row, sum);
  }
}
