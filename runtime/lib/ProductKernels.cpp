//===- ProductKernels.cpp - exact integer products --------------------------===//
//
// The host multiplies pairs of 16-bit numbers and adds them in 32 bits. A product
// of two 16-bit numbers fills that up, so one operand is split in two digits,
// x = 256 hi + lo with lo in -128 .. 127 and |hi| <= 128 (256 for exponentials):
// kBlock products of a digit and a 16-bit number fit in 32 bits. Blocks are added
// up in 64. Where an operand has 8 bits or fewer nothing need be split.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ProductKernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <vector>

#ifndef DOTA_PRODUCT_KERNELS_ONCE
#define DOTA_PRODUCT_KERNELS_ONCE
namespace dota {
namespace {
/// Most terms in a 32-bit sum: 254 * 256 * 32768 < 2^31.
constexpr size_t kBlock = 254;

/// Memory that is kept from call to call, on whole cache lines.
template <class T>
class Scratch {
public:
  T *get(size_t n) {
    if (n > size_) {
      memory_ = hwy::AllocateAligned<T>(n);
      if (!memory_)
        throw std::bad_alloc();
      size_ = n;
    }
    return memory_.get();
  }

private:
  hwy::AlignedFreeUniquePtr<T[]> memory_;
  size_t size_ = 0;
};

constexpr int32_t pairOf(int32_t first, int32_t second) {
  return static_cast<int32_t>(static_cast<uint32_t>(first & 0xffff) | static_cast<uint32_t>(second)
                                                                          << 16);
}
/// x as 256 high + low.
constexpr int32_t lowDigit(int32_t x) { return static_cast<int8_t>(x & 0xff); }
constexpr int32_t highDigit(int32_t x) { return (x - lowDigit(x)) >> 8; }

int32_t valueOf(int16_t bits, bool isUnsigned) {
  return isUnsigned ? static_cast<uint16_t>(bits) : bits;
}
} // namespace
} // namespace dota
#endif

HWY_BEFORE_NAMESPACE();
namespace dota {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR
// No vectors at all: the plain loops.

void multiply16(const int16_t *a, size_t aStride, bool unsignedA, int, const std::byte *b,
                size_t bStride, bool transposeB, size_t rows, size_t cols, size_t depth,
                bool accumulate, std::byte *c) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < cols; ++j, c += 8) {
      uint64_t sum = 0; // which wraps
      if (accumulate)
        std::memcpy(&sum, c, 8);
      for (size_t k = 0; k < depth; ++k) {
        const size_t row = transposeB ? j : k, column = transposeB ? k : j;
        int16_t value;
        std::memcpy(&value, b + row * bStride + 2 * column, 2);
        sum += static_cast<uint64_t>(int64_t{valueOf(a[i * aStride + k], unsignedA)} * value);
      }
      std::memcpy(c, &sum, 8);
    }
}

size_t rowMultiple() { return 1; }

static int64_t valueOf(const Rows &rows, size_t i, size_t j) {
  int16_t value;
  std::memcpy(&value, rows.row(i) + 2 * j, 2);
  return value;
}

void dotRows16(const int16_t *q, int, const Rows &keys, std::span<const uint32_t> ids,
               int64_t *sums) {
  for (size_t i = 0; i < ids.size(); ++i) {
    sums[i] = 0;
    for (size_t j = 0; j < keys.elements(); ++j)
      sums[i] += q[j] * valueOf(keys, ids[i], j);
  }
}

void sumRows16(const Rows &values, int, std::span<const uint32_t> ids,
               std::span<const uint16_t> weights, int64_t *sums) {
  std::fill_n(sums, values.elements(), 0);
  for (size_t i = 0; i < ids.size(); ++i)
    for (size_t j = 0; j < values.elements(); ++j)
      sums[j] += weights[i] * valueOf(values, ids[i], j);
}

#else
namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::ScalableTag<int32_t>;
using D16 = hn::Repartition<int16_t, D32>;
using D64 = hn::Repartition<int64_t, D32>;
using V32 = hn::Vec<D32>;
using V16 = hn::Vec<D16>;

/// Vectors of a tile's row, and rows of a tile: as many sums as registers hold.
constexpr size_t kVectors = 2;
constexpr size_t kTileRows = HWY_TARGET == HWY_AVX3 ? 6 : 3;

/// sum[i] += a[2i] b[2i] + a[2i + 1] b[2i + 1]
HWY_INLINE V32 addPairs(V16 a, V16 b, V32 sum) {
  const D32 d;
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
  // On x86 just this; elsewhere the order of the sums is not promised.
  V32 none = hn::Zero(d);
  return hn::ReorderWidenMulAccumulate(d, a, b, sum, none);
#else
  const V32 a2 = hn::BitCast(d, a), b2 = hn::BitCast(d, b);
  const V32 even =
      hn::Mul(hn::ShiftRight<16>(hn::ShiftLeft<16>(a2)), hn::ShiftRight<16>(hn::ShiftLeft<16>(b2)));
  return hn::Add(sum, hn::Add(even, hn::Mul(hn::ShiftRight<16>(a2), hn::ShiftRight<16>(b2))));
#endif
}

/// 32-bit lanes whose low halves are first[i] and whose high halves are second[i].
HWY_INLINE V32 zip(const uint16_t *first, const uint16_t *second) {
  const hn::RebindToUnsigned<D32> du;
  const hn::Rebind<uint16_t, D32> dh;
  const auto low = hn::PromoteTo(du, hn::LoadU(dh, first));
  const auto high = hn::PromoteTo(du, hn::LoadU(dh, second));
  return hn::BitCast(D32(), hn::Or(low, hn::ShiftLeft<16>(high)));
}

/// c[0 .. lanes) (+)= 256 high + low, in 64 bits.
HWY_INLINE void storeSums(V32 high, V32 low, int digits, bool overwrite, int64_t *c) {
  const D64 d;
  const hn::Half<D32> dh;
  auto widen = [&](auto h, auto l) {
    auto sum = hn::PromoteTo(d, l);
    return digits == 1 ? sum : hn::Add(hn::ShiftLeft<8>(hn::PromoteTo(d, h)), sum);
  };
  auto first = widen(hn::LowerHalf(dh, high), hn::LowerHalf(dh, low));
  auto second = widen(hn::UpperHalf(dh, high), hn::UpperHalf(dh, low));
  int64_t *next = c + hn::Lanes(d);
  if (!overwrite) {
    first = hn::Add(first, hn::LoadU(d, c));
    second = hn::Add(second, hn::LoadU(d, next));
  }
  hn::StoreU(first, d, c);
  hn::StoreU(second, d, next);
}

//===----------------------------------------------------------------------===//
// Matrix product
//===----------------------------------------------------------------------===//

/// Sums of one tile over `pairs` pairs of terms. `a` holds for each pair the digits
/// of the tile's rows, `b` for each pair a panel's columns.
template <int kRows, int kDigits>
HWY_NOINLINE void multiplyTile(const int32_t *HWY_RESTRICT a, const int32_t *HWY_RESTRICT b,
                               size_t pairs, bool overwrite, size_t cols, size_t stride,
                               std::byte *c) {
  const D32 d;
  const D16 d16;
  const size_t lanes = hn::Lanes(d);
  V32 sums[kRows][kDigits][kVectors];
  for (int i = 0; i < kRows; ++i)
    for (int digit = 0; digit < kDigits; ++digit)
      for (size_t v = 0; v < kVectors; ++v)
        sums[i][digit][v] = hn::Zero(d);
  for (size_t p = 0; p < pairs; ++p) {
    V16 columns[kVectors];
    for (size_t v = 0; v < kVectors; ++v)
      columns[v] = hn::BitCast(d16, hn::Load(d, b + v * lanes));
    for (int i = 0; i < kRows; ++i)
      for (int digit = 0; digit < kDigits; ++digit) {
        const V16 term = hn::BitCast(d16, hn::Set(d, a[i * kDigits + digit]));
        for (size_t v = 0; v < kVectors; ++v)
          sums[i][digit][v] = addPairs(term, columns[v], sums[i][digit][v]);
      }
    a += size_t{kRows} * kDigits;
    b += kVectors * lanes;
  }
  const size_t width = kVectors * lanes;
  for (int i = 0; i < kRows; ++i) {
    std::byte *row = c + i * stride;
    if (cols == width) {
      for (size_t v = 0; v < kVectors; ++v)
        storeSums(sums[i][0][v], sums[i][kDigits - 1][v], kDigits, overwrite,
                  reinterpret_cast<int64_t *>(row) + v * lanes);
      continue;
    }
    HWY_ALIGN int64_t edge[kVectors * HWY_MAX_BYTES / sizeof(int32_t)] = {};
    if (!overwrite)
      std::memcpy(edge, row, cols * sizeof(int64_t));
    for (size_t v = 0; v < kVectors; ++v)
      storeSums(sums[i][0][v], sums[i][kDigits - 1][v], kDigits, overwrite, edge + v * lanes);
    std::memcpy(row, edge, cols * sizeof(int64_t));
  }
}

template <int kDigits>
void multiplyRows(size_t rows, const int32_t *a, const int32_t *b, size_t pairs, bool overwrite,
                  size_t cols, size_t stride, std::byte *c) {
  switch (rows) {
  case 1:
    return multiplyTile<1, kDigits>(a, b, pairs, overwrite, cols, stride, c);
  case 2:
    return multiplyTile<2, kDigits>(a, b, pairs, overwrite, cols, stride, c);
  case 3:
    return multiplyTile<3, kDigits>(a, b, pairs, overwrite, cols, stride, c);
  case 4:
    return multiplyTile<4, kDigits>(a, b, pairs, overwrite, cols, stride, c);
  case 5:
    return multiplyTile<5, kDigits>(a, b, pairs, overwrite, cols, stride, c);
  default: // 6, the most
    return multiplyTile<6, kDigits>(a, b, pairs, overwrite, cols, stride, c);
  }
}

/// Pairs of terms of up to a panel's columns: out[pair][column].
void packColumns(const std::byte *b, size_t stride, size_t terms, size_t cols, size_t width,
                 int32_t *out) {
  const size_t lanes = hn::Lanes(D32());
  HWY_ALIGN uint16_t edges[2][kVectors * HWY_MAX_BYTES / sizeof(int32_t)] = {};
  for (size_t k = 0; k < terms; k += 2, out += width) {
    const std::byte *source[2] = {b + k * stride, b + (k + 1) * stride};
    const uint16_t *rows[2];
    for (size_t i = 0; i < 2; ++i) {
      rows[i] = reinterpret_cast<const uint16_t *>(source[i]);
      if (k + i >= terms) {
        std::fill_n(edges[i], width, uint16_t{0});
        rows[i] = edges[i];
      } else if (cols != width) {
        std::memcpy(edges[i], source[i], cols * sizeof(uint16_t));
        rows[i] = edges[i];
      }
    }
    for (size_t j = 0; j < width; j += lanes)
      hn::Store(zip(rows[0] + j, rows[1] + j), D32(), out + j);
  }
}

/// The same of rows that hold the terms of a column.
void packTransposed(const std::byte *b, size_t stride, size_t terms, size_t cols, size_t width,
                    int32_t *out) {
  const hn::FixedTag<uint32_t, 4> d;
  const hn::FixedTag<uint64_t, 2> d2;
  const size_t pairs = terms / 2, squares = pairs & ~size_t{3};
  auto load = [&](size_t j, size_t pair) {
    return hn::LoadU(d, reinterpret_cast<const uint32_t *>(b + j * stride) + pair);
  };
  auto one = [&](size_t j, size_t pair) {
    uint32_t value = 0;
    std::memcpy(&value, b + j * stride + 4 * pair, std::min<size_t>(4, 2 * (terms - 2 * pair)));
    out[pair * width + j] = static_cast<int32_t>(value);
  };
  size_t j = 0;
  for (; j + 4 <= cols; j += 4) {
    for (size_t pair = 0; pair < squares; pair += 4) {
      const auto r0 = load(j, pair), r1 = load(j + 1, pair);
      const auto r2 = load(j + 2, pair), r3 = load(j + 3, pair);
      const auto a = hn::BitCast(d2, hn::InterleaveLower(d, r0, r1));
      const auto b2 = hn::BitCast(d2, hn::InterleaveLower(d, r2, r3));
      const auto c = hn::BitCast(d2, hn::InterleaveUpper(d, r0, r1));
      const auto e = hn::BitCast(d2, hn::InterleaveUpper(d, r2, r3));
      auto store = [&](auto v, size_t row) {
        hn::StoreU(hn::BitCast(d, v), d,
                   reinterpret_cast<uint32_t *>(out) + (pair + row) * width + j);
      };
      store(hn::InterleaveLower(d2, a, b2), 0);
      store(hn::InterleaveUpper(d2, a, b2), 1);
      store(hn::InterleaveLower(d2, c, e), 2);
      store(hn::InterleaveUpper(d2, c, e), 3);
    }
    for (size_t pair = squares; 2 * pair < terms; ++pair)
      for (size_t i = 0; i < 4; ++i)
        one(j + i, pair);
  }
  for (; j < cols; ++j)
    for (size_t pair = 0; 2 * pair < terms; ++pair)
      one(j, pair);
  if (cols < width)
    for (size_t pair = 0; 2 * pair < terms; ++pair)
      std::fill_n(out + pair * width + cols, width - cols, 0);
}

/// The digits of a tile's rows, pair by pair.
void packTile(const int16_t *a, size_t stride, bool isUnsigned, size_t rows, size_t digits,
              size_t depth, int32_t *out) {
  for (size_t i = 0; i < rows; ++i) {
    const int16_t *row = a + i * stride;
    int32_t *to = out + i * digits;
    for (size_t k = 0; k < depth; k += 2, to += rows * digits) {
      const int32_t first = valueOf(row[k], isUnsigned);
      const int32_t second = k + 1 < depth ? valueOf(row[k + 1], isUnsigned) : 0;
      if (digits == 1) {
        to[0] = pairOf(first, second);
      } else {
        to[0] = pairOf(highDigit(first), highDigit(second));
        to[1] = pairOf(lowDigit(first), lowDigit(second));
      }
    }
  }
}

/// `a` and `b` hold 16-bit values; the strides of a in values, of b in bytes.
void multiply16(const int16_t *a, size_t aStride, bool unsignedA, size_t digits, const std::byte *b,
                size_t bStride, bool transposeB, size_t rows, size_t cols, size_t depth,
                bool accumulate, std::byte *c) {
  static thread_local Scratch<int32_t> tiles, panels;
  const size_t width = kVectors * hn::Lanes(D32());
  const size_t pairs = (depth + 1) / 2;
  int32_t *tile = tiles.get(rows * pairs * digits);
  for (size_t i = 0; i < rows; i += kTileRows)
    packTile(a + i * aStride, aStride, unsignedA, std::min(kTileRows, rows - i), digits, depth,
             tile + i * pairs * digits);
  int32_t *panel = panels.get(kBlock / 2 * width);

  // A panel's sums stay in the cache while its blocks of terms are added up.
  for (size_t j = 0; j < cols; j += width)
    for (size_t k = 0; k < depth; k += kBlock) {
      const size_t n = std::min(width, cols - j);
      const size_t terms = std::min(kBlock, depth - k), blockPairs = (terms + 1) / 2;
      if (transposeB)
        packTransposed(b + j * bStride + 2 * k, bStride, terms, n, width, panel);
      else
        packColumns(b + k * bStride + 2 * j, bStride, terms, n, width, panel);
      for (size_t i = 0; i < rows; i += kTileRows) {
        const size_t tileRows = std::min(kTileRows, rows - i);
        const int32_t *digitsOfRows = tile + (i * pairs + k / 2 * tileRows) * digits;
        (digits == 1 ? multiplyRows<1> : multiplyRows<2>)(tileRows, digitsOfRows, panel, blockPairs,
                                                          k == 0 && !accumulate, n, 8 * cols,
                                                          c + 8 * (i * cols + j));
      }
    }
}

//===----------------------------------------------------------------------===//
// Products with gathered rows
//===----------------------------------------------------------------------===//

/// Values that a row is filled up to.
size_t rowMultiple() { return hn::Lanes(D16()); }

/// `high` and `low` are the digits of q (`high` only with two of them).
template <int kDigits>
void dotRowsOf(const int16_t *high, const int16_t *low, const Rows &keys,
               std::span<const uint32_t> ids, int64_t *sums) {
  const D32 d;
  const D16 d16;
  const size_t lanes = hn::Lanes(d16), n = keys.elements();
  const size_t block = kBlock / lanes * lanes;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto *key = reinterpret_cast<const int16_t *>(keys.row(ids[i]));
    int64_t sum = 0;
    for (size_t begin = 0; begin < n; begin += block) {
      V32 highSum = hn::Zero(d), lowSum = hn::Zero(d);
      for (size_t k = begin; k < std::min(n, begin + block); k += lanes) {
        const V16 v = hn::LoadU(d16, key + k);
        lowSum = addPairs(hn::Load(d16, low + k), v, lowSum);
        if (kDigits == 2)
          highSum = addPairs(hn::Load(d16, high + k), v, highSum);
      }
      sum += hn::GetLane(hn::SumOfLanes(d, lowSum));
      if (kDigits == 2)
        sum += int64_t{256} * hn::GetLane(hn::SumOfLanes(d, highSum));
    }
    sums[i] = sum;
  }
}

void dotRows16(const int16_t *q, int digits, const Rows &keys, std::span<const uint32_t> ids,
               int64_t *sums) {
  static thread_local Scratch<int16_t> scratch;
  const size_t n = keys.elements(), filled = hwy::RoundUpTo(n, rowMultiple());
  int16_t *high = scratch.get(2 * filled), *low = high + filled;
  std::fill_n(high, 2 * filled, int16_t{0});
  for (size_t k = 0; k < n; ++k) {
    low[k] = static_cast<int16_t>(digits == 1 ? q[k] : lowDigit(q[k]));
    high[k] = static_cast<int16_t>(highDigit(q[k]));
  }
  (digits == 1 ? dotRowsOf<1> : dotRowsOf<2>)(high, low, keys, ids, sums);
}

/// Columns j .. j + kWidth vectors. `weights` holds for each pair of rows its digits.
template <int kDigits, int kWidth>
HWY_INLINE void sumColumns(const Rows &values, std::span<const uint32_t> ids,
                           const int32_t *weights, size_t j, int64_t *sums) {
  const D32 d;
  const D16 d16;
  const size_t lanes = hn::Lanes(d);
  for (size_t begin = 0; begin < ids.size(); begin += kBlock) {
    const size_t end = std::min(ids.size(), begin + kBlock);
    V32 acc[kWidth][kDigits];
    for (int v = 0; v < kWidth; ++v)
      for (int digit = 0; digit < kDigits; ++digit)
        acc[v][digit] = hn::Zero(d);
    for (size_t i = begin; i < end; i += 2) {
      const auto *first = reinterpret_cast<const uint16_t *>(values.row(ids[i])) + j;
      // The last row may have no partner; its second weight is 0.
      const auto *second =
          reinterpret_cast<const uint16_t *>(values.row(ids[i + 1 < end ? i + 1 : i])) + j;
      V16 terms[kDigits];
      for (int digit = 0; digit < kDigits; ++digit)
        terms[digit] = hn::BitCast(d16, hn::Set(d, weights[i / 2 * kDigits + digit]));
      for (int v = 0; v < kWidth; ++v) {
        const V16 pair = hn::BitCast(d16, zip(first + v * lanes, second + v * lanes));
        for (int digit = 0; digit < kDigits; ++digit)
          acc[v][digit] = addPairs(terms[digit], pair, acc[v][digit]);
      }
    }
    for (int v = 0; v < kWidth; ++v)
      storeSums(acc[v][0], acc[v][kDigits - 1], kDigits, begin == 0, sums + j + v * lanes);
  }
}

template <int kDigits>
void sumRowsOf(const Rows &values, std::span<const uint32_t> ids, std::span<const uint16_t> weights,
               int64_t *sums) {
  static thread_local Scratch<int32_t> pairs;
  static thread_local Scratch<int64_t> filledSums;
  const size_t lanes = hn::Lanes(D32()), n = values.elements();
  int32_t *terms = pairs.get(hwy::RoundUpTo(ids.size(), 2) * kDigits);
  for (size_t i = 0; i < ids.size(); i += 2) {
    const int32_t first = weights[i], second = i + 1 < ids.size() ? weights[i + 1] : 0;
    int32_t *to = terms + i / 2 * kDigits;
    if (kDigits == 1) {
      to[0] = pairOf(first, second);
    } else {
      to[0] = pairOf(highDigit(first), highDigit(second));
      to[1] = pairOf(lowDigit(first), lowDigit(second));
    }
  }
  const size_t filled = hwy::RoundUpTo(n, lanes);
  int64_t *to = filled == n ? sums : filledSums.get(filled);
  size_t j = 0;
  for (; j + 4 * lanes <= filled; j += 4 * lanes)
    sumColumns<kDigits, 4>(values, ids, terms, j, to);
  for (; j < filled; j += lanes)
    sumColumns<kDigits, 1>(values, ids, terms, j, to);
  if (to != sums)
    std::copy_n(to, n, sums);
}

void sumRows16(const Rows &values, int digits, std::span<const uint32_t> ids,
               std::span<const uint16_t> weights, int64_t *sums) {
  (digits == 1 ? sumRowsOf<1> : sumRowsOf<2>)(values, ids, weights, sums);
}

#endif // HWY_TARGET
} // namespace HWY_NAMESPACE
} // namespace dota
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dota {
HWY_EXPORT(multiply16);
HWY_EXPORT(rowMultiple);
HWY_EXPORT(dotRows16);
HWY_EXPORT(sumRows16);
} // namespace dota

using namespace dota;

static bool isWide(Precision precision) { return precision == Precision::FX16; }

void dota::multiply(const Operand &a, const Operand &b, bool transposeB, size_t rows, size_t cols,
                    size_t depth, bool accumulate, std::byte *c) {
  if (depth == 0 || rows == 0 || cols == 0) {
    if (!accumulate && rows && cols)
      std::memset(c, 0, 8 * rows * cols);
    return;
  }
  static thread_local Scratch<int16_t> left, right;
  int16_t *a16 = left.get(rows * depth);
  for (size_t i = 0; i < rows; ++i)
    unpack(a.data + i * a.stride, a.precision, depth, a16 + i * depth);
  const bool unsignedA = a.isUnsigned && isWide(a.precision);
  // A product needs no digits where one side has few bits; and 16 unsigned bits do
  // not fit as they are.
  const int digits = isWide(a.precision) && (isWide(b.precision) || unsignedA) ? 2 : 1;

  const std::byte *b16 = b.data;
  size_t bStride = b.stride;
  if (!isWide(b.precision)) {
    const size_t bRows = transposeB ? cols : depth, bCols = transposeB ? depth : cols;
    int16_t *values = right.get(bRows * bCols);
    for (size_t i = 0; i < bRows; ++i)
      unpack(b.data + i * b.stride, b.precision, bCols, values + i * bCols);
    b16 = reinterpret_cast<const std::byte *>(values);
    bStride = 2 * bCols;
  }
  HWY_DYNAMIC_DISPATCH(multiply16)
  (a16, depth, unsignedA, digits, b16, bStride, transposeB, rows, cols, depth, accumulate, c);
}

Rows::Rows(const Operand &operand, size_t rows, size_t elements)
    : data_(operand.data), stride_(operand.stride), rows_(rows), elements_(elements),
      precision_(operand.precision) {
  const size_t multiple = HWY_DYNAMIC_DISPATCH(rowMultiple)();
  if (isWide(precision_) && elements % multiple == 0)
    return;
  static thread_local Scratch<int16_t> scratch;
  const size_t filled = hwy::RoundUpTo(elements, multiple);
  int16_t *values = scratch.get(rows * filled);
  for (size_t i = 0; i < rows; ++i) {
    unpack(operand.data + i * operand.stride, precision_, elements, values + i * filled);
    std::fill(values + i * filled + elements, values + (i + 1) * filled, int16_t{0});
  }
  data_ = reinterpret_cast<const std::byte *>(values);
  stride_ = 2 * filled;
}

void dota::dotRows(const int16_t *q, const Rows &keys, std::span<const uint32_t> ids,
                   int64_t *sums) {
  HWY_DYNAMIC_DISPATCH(dotRows16)(q, isWide(keys.precision()) ? 2 : 1, keys, ids, sums);
}

void dota::sumRows(const Rows &values, std::span<const uint32_t> ids,
                   std::span<const uint16_t> weights, int64_t *sums) {
  if (ids.empty()) {
    std::fill_n(sums, values.elements(), 0);
    return;
  }
  bool fits = !isWide(values.precision());
  for (size_t i = 0; fits && i < weights.size(); ++i)
    fits = weights[i] < 0x8000;
  HWY_DYNAMIC_DISPATCH(sumRows16)(values, fits ? 1 : 2, ids, weights, sums);
}
#endif
