//===- WeightExponents.cpp - the formats of a constant weight ---------------===//

#include "dota/Transforms/WeightExponents.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Numerics.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::dota;

/// Powers of two below the largest magnitude where saturation may begin.
static constexpr int kSteps = 8;

SmallVector<int> mlir::dota::chooseWeightExponents(const ConstantData<float> &weight,
                                                   int64_t elements, int64_t columns,
                                                   bool perColumn, int bits) {
  // A splat is a row of one column; where columns share an exponent, rows may have any
  // width.
  const ArrayRef<float> stored = weight.splat ? weight.stored : weight.stored.take_front(elements);
  const int64_t width = weight.splat ? 1 : columns;
  const size_t count = perColumn ? width : 1;
  auto formatOf = [&](int64_t column) { return perColumn ? column : 0; };

  SmallVector<float> largest(count, 0.0f);
  for (size_t row = 0; row < stored.size(); row += width)
    for (int64_t c = 0; c < width; ++c) {
      float &most = largest[formatOf(c)];
      most = std::max(most, std::fabs(stored[row + c]));
    }
  SmallVector<int> widest;
  for (float most : largest)
    widest.push_back(chooseExponent(most, bits));

  SmallVector<int> best = widest;
  if (bits < 16) {
    // Each step rounds half as coarsely and saturates more.
    const auto limit = static_cast<float>(::dota::maxStored(bits));
    SmallVector<double> least(count, std::numeric_limits<double>::infinity());
    SmallVector<float> scale(width), errors(width);
    for (int step = 0; step <= kSteps; ++step) {
      for (int64_t c = 0; c < width; ++c)
        scale[c] = std::ldexp(1.0f, std::min(widest[formatOf(c)] + step, kMaxExponent));
      SmallVector<double> sums(count, 0.0);
      for (size_t row = 0; row < stored.size(); row += width) {
        for (int64_t c = 0; c < width; ++c) {
          const float exact = stored[row + c] * scale[c];
          const float within = std::clamp(exact, -limit, limit);
          // Adding 3 * 2^22 leaves the integer next to it, half to even.
          const float rounded = (within + 0x1.8p23f) - 0x1.8p23f;
          errors[c] = (exact - rounded) * (exact - rounded);
        }
        for (int64_t c = 0; c < width; ++c)
          sums[formatOf(c)] += errors[c];
      }
      for (size_t format = 0; format < count; ++format) {
        const int exponent = std::min(widest[format] + step, kMaxExponent);
        const double error = std::ldexp(sums[format], -2 * exponent);
        if (error >= least[format])
          continue;
        least[format] = error;
        best[format] = exponent;
      }
    }
  }
  if (perColumn && best.size() == 1)
    best.resize(columns, best.front());
  return best;
}
