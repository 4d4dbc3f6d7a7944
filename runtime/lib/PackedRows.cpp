//===- PackedRows.cpp - packed elements of every precision ------------------===//
#include "Kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

using namespace dota;

static_assert(std::endian::native == std::endian::little, "operands are little-endian");

/// The elements of each byte, lowest bits first.
template <unsigned kBits>
static constexpr auto elementsOfBytes() {
  constexpr unsigned count = 8 / kBits;
  std::array<std::array<int16_t, count>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte)
    for (unsigned i = 0; i < count; ++i) {
      int value = (byte >> (i * kBits)) & ((1u << kBits) - 1);
      if (value >> (kBits - 1))
        value -= 1 << kBits;
      table[byte][i] = static_cast<int16_t>(value);
    }
  return table;
}

template <unsigned kBits>
static void unpackNarrow(const std::byte *packed, size_t n, int16_t *values) {
  static constexpr auto table = elementsOfBytes<kBits>();
  constexpr size_t count = 8 / kBits;
  size_t i = 0;
  for (; i + count <= n; i += count, ++packed)
    std::memcpy(values + i, table[std::to_integer<unsigned>(*packed)].data(),
                count * sizeof(int16_t));
  if (i < n)
    std::memcpy(values + i, table[std::to_integer<unsigned>(*packed)].data(),
                (n - i) * sizeof(int16_t));
}

template <unsigned kBits>
static void packNarrow(const int16_t *values, size_t n, std::byte *packed) {
  constexpr size_t count = 8 / kBits;
  for (size_t i = 0; i < n; i += count) {
    unsigned byte = 0;
    for (size_t j = 0; j < count && i + j < n; ++j)
      byte |= (static_cast<unsigned>(values[i + j]) & ((1u << kBits) - 1)) << (j * kBits);
    *packed++ = static_cast<std::byte>(byte);
  }
}

void dota::unpack(const std::byte *packed, Precision precision, size_t n, int16_t *values) {
  if (n == 0)
    return;
  switch (precision) {
  case Precision::FX16:
    std::copy_n(packed, 2 * n, reinterpret_cast<std::byte *>(values));
    return;
  case Precision::FX8:
    for (size_t i = 0; i < n; ++i)
      values[i] = static_cast<int16_t>((std::to_integer<int>(packed[i]) ^ 0x80) - 0x80);
    return;
  case Precision::FX4:
  case Precision::INT4:
    return unpackNarrow<4>(packed, n, values);
  case Precision::INT2:
    return unpackNarrow<2>(packed, n, values);
  }
}

void dota::pack(const int16_t *values, Precision precision, size_t n, std::byte *packed) {
  if (n == 0)
    return;
  switch (precision) {
  case Precision::FX16:
    std::copy_n(reinterpret_cast<const std::byte *>(values), 2 * n, packed);
    return;
  case Precision::FX8:
    for (size_t i = 0; i < n; ++i)
      packed[i] = static_cast<std::byte>(values[i]);
    return;
  case Precision::FX4:
  case Precision::INT4:
    return packNarrow<4>(values, n, packed);
  case Precision::INT2:
    return packNarrow<2>(values, n, packed);
  }
}
