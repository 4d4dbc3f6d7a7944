//===- Kernels.h - the loops that take the simulator's time -----------------===//
//
// Exact integer products and the element-wise rules of Numerics.h on whole rows,
// compiled for each vector extension of the host and chosen when the program runs.
// All of them give the bits of the plain loop; KernelsTest holds them to that.
//
// Operands are packed elements of a precision, rows on whole bytes, low bits first,
// two's complement. Pointers to bytes need no alignment. Stored values may be
// anything the width can hold, -32768 included.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_KERNELS_H
#define DOTA_RUNTIME_KERNELS_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/MfuRules.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace dota {

//===----------------------------------------------------------------------===//
// Packed rows
//===----------------------------------------------------------------------===//

/// n packed elements as 16 bits each. Of FX16 they are the bits themselves.
void unpack(const std::byte *packed, Precision precision, size_t n, int16_t *values);

/// Stored values, which the precision can hold, as packed elements. Bits after the
/// last element of its byte become 0.
void pack(const int16_t *values, Precision precision, size_t n, std::byte *packed);

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A matrix in memory.
struct Operand {
  const std::byte *data;
  size_t stride; // bytes from row to row
  Precision precision;
  bool isUnsigned = false; // FX16 only: exponentials
};

/// c = a b, or c += a b: rows x cols exact sums of `depth` terms, without gaps.
/// `b` is depth x cols, with `transposeB` cols x depth.
void multiply(const Operand &a, const Operand &b, bool transposeB, size_t rows, size_t cols,
              size_t depth, bool accumulate, std::byte *c);

/// Rows of an operand as 16-bit values, each row filled up with zeros to what the
/// vector loops want. Points into memory where that has the form already.
class Rows {
public:
  Rows(const Operand &operand, size_t rows, size_t elements);
  const std::byte *row(size_t i) const { return data_ + i * stride_; }
  size_t rows() const { return rows_; }
  size_t elements() const { return elements_; }
  Precision precision() const { return precision_; }

private:
  const std::byte *data_;
  size_t stride_; // bytes
  size_t rows_, elements_;
  Precision precision_;
};

/// sums[i] = q . keys[ids[i]], exact.
void dotRows(const int16_t *q, const Rows &keys, std::span<const uint32_t> ids, int64_t *sums);

/// sums[j] = sum over i of weights[i] values[ids[i]][j], exact, for each column.
void sumRows(const Rows &values, std::span<const uint32_t> ids, std::span<const uint16_t> weights,
             int64_t *sums);

//===----------------------------------------------------------------------===//
// Rules on rows of n elements. Those that store values give them as 16 bits and
// return how many were beyond `bits` bits.
//===----------------------------------------------------------------------===//

/// Sums and their bias (i32; none if null), rounded once.
uint64_t requantizeRow(const std::byte *sums, const std::byte *bias, int biasShift, int shift,
                       int bits, size_t n, int16_t *out);
/// The same with shifts for each column.
uint64_t requantizeColumns(const std::byte *sums, const std::byte *bias, const ColumnShifts *shifts,
                           int bits, size_t n, int16_t *out);
/// scores[j] = sums[j] scale (+ bias[j])
void scoreRow(const MfuRules &mfu, const std::byte *sums, float scale, const std::byte *bias,
              size_t n, float *scores);
/// Exponentials of the distance to the row's maximum; returns their sum.
uint64_t exponentialRow(const MfuRules &mfu, const float *scores, float rowMax, size_t n,
                        uint16_t *e);
uint64_t normalizeRow(const MfuRules &mfu, const std::byte *sums, int64_t total, int from, int to,
                      int bits, size_t n, int16_t *out);
uint64_t quantizeRow(const std::byte *x, int to, int bits, size_t n, int16_t *out);
void dequantizeRow(const int16_t *x, int from, size_t n, std::byte *out);
uint64_t layerNormRow(const MfuRules &mfu, const int16_t *x, const std::byte *gain,
                      const std::byte *bias, int from, int to, float epsilon, int bits, size_t n,
                      int16_t *out);
uint64_t rmsNormRow(const MfuRules &mfu, const int16_t *x, const std::byte *gain, int from, int to,
                    float epsilon, int bits, size_t n, int16_t *out);
uint64_t addRow(const int16_t *x, int xExponent, const int16_t *y, int yExponent, int to, int bits,
                size_t n, int16_t *out);
uint64_t mulRow(const int16_t *x, int xExponent, const int16_t *y, int yExponent, int to, int bits,
                size_t n, int16_t *out);
/// n columns of heads of `width`; partners are `distance` apart in groups of twice as
/// many. `table`: width cosines, width sines.
uint64_t rotateRow(const int16_t *x, const int16_t *table, size_t width, size_t distance, int from,
                   int to, int bits, size_t n, int16_t *out);
uint64_t activateRow(const MfuRules &mfu, ActivationKind kind, const int16_t *x, int from, int to,
                     int bits, size_t n, int16_t *out);

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

/// Score of a key that must not be selected.
inline constexpr int64_t kInadmissible = INT64_MIN;

/// The `keep` largest scores of n, ties by the smaller index, in ascending order of
/// index, filled up with kNoKey.
void selectRow(const int64_t *scores, size_t n, size_t keep, uint32_t *ids);

} // namespace dota

#endif // DOTA_RUNTIME_KERNELS_H
