//===- Sums.cpp - exact sums of fewer bytes ---------------------------------===//
#include "Execution.h"

using namespace dota;

/// Calls f with a value of the type that a sum of 8 >> `narrow` bytes has.
template <class F>
static auto withSum(unsigned narrow, F &&f) {
  switch (narrow) {
  case 0:
    return f(int64_t{});
  case 1:
    return f(int32_t{});
  case 2:
    return f(int16_t{});
  default:
    return f(int8_t{});
  }
}

void dota::widenSums(const std::byte *narrowed, unsigned narrow, size_t n, int64_t *sums) {
  withSum(narrow, [&]<class T>(T sum) {
    for (size_t j = 0; j < n; ++j) {
      std::memcpy(&sum, narrowed + j * sizeof sum, sizeof sum);
      sums[j] = sum; // NOLINT(bugprone-signed-char-misuse): a number, no character
    }
  });
}

std::optional<int64_t> dota::narrowSums(const int64_t *sums, unsigned narrow, size_t n,
                                        std::byte *narrowed) {
  return withSum(narrow, [&]<class T>(T sum) -> std::optional<int64_t> {
    for (size_t j = 0; j < n; ++j) {
      sum = static_cast<T>(sums[j]);
      if (sum != sums[j])
        return sums[j];
      std::memcpy(narrowed + j * sizeof sum, &sum, sizeof sum);
    }
    return std::nullopt;
  });
}
