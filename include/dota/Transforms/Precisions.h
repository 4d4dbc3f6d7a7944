//===- Precisions.h - how many bits each value gets -------------*- C++ -*-===//
//
// What dota-quantize will store values in, decided before any range is known:
// calibration needs it to choose ranges, quantisation to build formats.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TRANSFORMS_PRECISIONS_H
#define DOTA_TRANSFORMS_PRECISIONS_H

#include "dota/Dialect/Dota/Dota.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>
#include <string>

namespace mlir::dota {

/// Which constant weights have a scale for each output channel, a column.
enum class WeightScales : uint8_t {
  Auto,   ///< those of fewer than 16 bits
  Tensor, ///< none
  Channel ///< all
};

/// Where no op states its own.
struct PrecisionOptions {
  /// Of results: sums, norms, what the host reads.
  Precision values = Precision::FX16;
  /// In which matrix products read what is no weight: x of a linear, queries, keys
  /// and values.
  Precision operands = Precision::FX16;
  /// Of constant weights.
  Precision weights = Precision::FX16;
  WeightScales scales = WeightScales::Auto;
};

/// As options name them: "fx16", "fx8" or "fx4", values "fx16" or "fx8"; scales "auto",
/// "tensor" or "channel".
struct PrecisionNames {
  /// Of what matrix products read, weights and others.
  StringRef products = "fx16";
  /// Of the one or the other alone, where not empty.
  StringRef operands, weights;
  StringRef values = "fx16";
  StringRef scales = "auto";
};
/// Nothing, with a message in `error`, where one of the names is another.
std::optional<PrecisionOptions> parsePrecisions(const PrecisionNames &names, std::string &error);

/// True for operands that `PrecisionOptions::operands` is about.
bool isProductOperand(const OpOperand &operand);

/// The precisions of a module's f32 dota ops, by the options and by what ops state:
/// `dota.precision`, `dota.operand_precision`, `dota.weight_precision`.
class Precisions {
public:
  Precisions(ModuleOp module, const PrecisionOptions &options);

  /// Of an op's result. What products alone read has the widest precision that any of
  /// them reads it in, what detectors alone read INT4.
  Precision ofResult(Value result) const;
  /// In which an op reads an operand; narrower than the operand's result where it
  /// has to be converted.
  Precision ofOperand(const OpOperand &operand) const;
  Precision ofWeight(LinearOp op) const;
  /// Whether a constant weight of that precision has a scale for each channel.
  bool areScalesOfChannels(Precision weight) const;

private:
  Precision asRead(Value result) const;

  PrecisionOptions options;
  /// Factors of detectors, which have one precision a pair.
  llvm::DenseMap<Value, Precision> factors;
};

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_PRECISIONS_H
