//===- Cosine.cpp - scores from products of hashes ------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include "dota/runtime/Numerics.h"

#include <algorithm>
#include <cstdlib>

using namespace dota;

void dota::run(const Cosine &i, Execution &execution) {
  HostArithmetic arithmetic;
  Numerics<HostArithmetic> rules{arithmetic};
  std::vector<int16_t> lengths;
  execution.load(i.lengths, i.cols, lengths);
  std::vector<int64_t> row(i.cols);
  for (uint64_t r = 0; r < i.rows; ++r) {
    std::byte *at = execution.sram + i.scores + r * (8 >> i.narrow) * i.cols;
    widenSums(at, i.narrow, i.cols, row.data());
    for (uint64_t j = 0; j < i.cols; ++j) {
      if (std::abs(row[j]) > int64_t{i.hashBits})
        throw Error(fmt::format("cosine has the product {} of hashes in row {}; they have {} bits",
                                row[j], r, i.hashBits));
      row[j] = rules.estimate(row[j], i.hashBits, lengths[j]);
    }
    if (auto large = narrowSums(row.data(), i.narrow, i.cols, at))
      throw Error(fmt::format("cosine has the score {}; it takes {} bytes", *large, 8 >> i.narrow));
  }
}
