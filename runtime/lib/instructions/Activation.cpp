//===- Activation.cpp - element-wise function -------------------------------===//
//
// A function of 16 bits has 65536 results. They are computed once and looked up.
//
//===----------------------------------------------------------------------===//
#include "../Execution.h"
#include "../Kernels.h"

#include <map>
#include <tuple>

using namespace dota;

namespace {
/// Results, and whether they saturate, by the stored value's bits.
struct Table {
  std::vector<int16_t> results;
  std::vector<uint8_t> saturates;
  bool any = false;
};

/// Tables made at most are kept: 64 of 192 KB.
constexpr size_t kTables = 64;

const Table &tableOf(const MfuRules &mfu, ActivationKind kind, int from, int to, int bits) {
  static thread_local std::map<std::tuple<MfuFormat, unsigned, ActivationKind, int, int, int>,
                               Table>
      tables;
  const std::tuple key(mfu.format, mfu.expDegree, kind, from, to, bits);
  if (auto it = tables.find(key); it != tables.end())
    return it->second;
  if (tables.size() == kTables)
    tables.clear();
  Table &table = tables[key];
  std::vector<int16_t> x(65536);
  for (int value = 0; value < 65536; ++value)
    x[value] = static_cast<int16_t>(value);
  table.results.resize(x.size());
  table.saturates.resize(x.size());
  table.any = activateRow(mfu, kind, x.data(), from, to, bits, x.size(), table.results.data()) > 0;
  for (size_t i = 0; table.any && i < x.size(); ++i) {
    int16_t result;
    table.saturates[i] = activateRow(mfu, kind, &x[i], from, to, bits, 1, &result) > 0;
  }
  return table;
}
} // namespace

void dota::run(const Activation &i, Execution &execution) {
  const int bits = bitsOf(i.outPrecision);
  // Few elements are not worth a table, and narrow ones take no time either way.
  const Table *table = i.precision == Precision::FX16 && uint64_t{i.rows} * i.cols >= 8192
                           ? &tableOf(execution.mfu, i.kind, i.from, i.to, bits)
                           : nullptr;
  std::vector<int16_t> x(i.cols), out(i.cols);
  for (uint64_t row = 0; row < i.rows; ++row) {
    unpack(execution.sram + i.x + row * i.xStride, i.precision, i.cols, x.data());
    if (table) {
      for (size_t j = 0; j < x.size(); ++j)
        out[j] = table->results[static_cast<uint16_t>(x[j])];
      for (size_t j = 0; table->any && j < x.size(); ++j)
        execution.result.saturations += table->saturates[static_cast<uint16_t>(x[j])];
    } else {
      execution.result.saturations +=
          activateRow(execution.mfu, i.kind, x.data(), i.from, i.to, bits, i.cols, out.data());
    }
    pack(out.data(), i.outPrecision, i.cols, execution.sram + i.out + row * i.outStride);
  }
}
