//===- Select.cpp - the largest admissible scores of each row ---------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include "dota/runtime/Numerics.h"

#include <algorithm>

using namespace dota;

void dota::run(const Select &i, Execution &execution) {
  HostArithmetic arithmetic;
  std::vector<int64_t> scores(i.keys);
  std::vector<uint32_t> ids(i.keep);
  for (uint64_t row = 0; row < i.rows; ++row) {
    widenSums(execution.sram + i.scores + row * (8 >> i.narrow) * i.keys, i.narrow, i.keys,
              scores.data());
    if (i.hasBias)
      for (uint64_t j = 0; j < i.keys; ++j) {
        const auto bias = execution.load<float>(i.bias + row * i.biasStride + 4 * j);
        if (!arithmetic.less(kInadmissibleBias, bias))
          scores[j] = kInadmissible;
      }
    if (i.causal) {
      const int64_t visible = static_cast<int64_t>(row) + i.diagonal + 1;
      std::fill(scores.begin() + std::clamp<int64_t>(visible, 0, i.keys), scores.end(),
                kInadmissible);
    }
    selectRow(scores.data(), i.keys, i.keep, ids.data());
    if (i.keep)
      std::memcpy(execution.sram + i.ids + row * 4 * i.keep, ids.data(), sizeof(uint32_t) * i.keep);
  }
}
