//===- Observations.h - what calibration looks at ---------------*- C++ -*-===//
#ifndef DOTA_TRANSFORMS_OBSERVATIONS_H
#define DOTA_TRANSFORMS_OBSERVATIONS_H

#include "dota/Dialect/Dota/Dota.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::dota {

/// The second moment of the rows of what an attention's scores are computed from
/// (see ScoreInput), with a 1 appended to each row: an f32 constant of
/// (F + 1) x (F + 1) on the attention op. Of the queries' input, and of the keys'
/// where that is another value.
inline constexpr llvm::StringLiteral kSecondMomentAttrName = "dota.second_moment";
inline constexpr llvm::StringLiteral kKeySecondMomentAttrName = "dota.key_second_moment";

/// The largest magnitude of each feature of what a `dota.linear` reads: an array of
/// f32, for dota-equalize.
inline constexpr llvm::StringLiteral kFeatureRangesAttrName = "dota.feature_ranges";

/// What one side of an attention's scores is computed from: the input of the
/// `dota.linear` that makes the queries or keys, where its weights are constant, or
/// else the queries or keys themselves.
struct ScoreInput {
  Value x;
  /// Null for the queries or keys themselves.
  LinearOp projection;
};
ScoreInput findQueryInput(AttentionOp op);
ScoreInput findKeyInput(AttentionOp op);

/// One value that calibration looks at, for the sake of `op`.
struct Observation {
  enum class Kind : uint8_t { Result, Operand, Moment, KeyMoment };
  int64_t id;
  Kind kind;
  Operation *op;
  Value value;
  /// Of an operand.
  unsigned operand = 0;
};

/// All observations of a module's f32 dota ops, in the order of their ids, the
/// same for a module with observers and without.
llvm::SmallVector<Observation> findObservations(ModuleOp module);

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_OBSERVATIONS_H
