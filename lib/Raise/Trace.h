//===- Trace.h - from SSA values to expressions -----------------*- C++ -*-===//
//
// Reads an element of a tensor as an expression. Tracing looks through every
// elementwise linalg op by its maps and region, through fills, casts, reshapes,
// slices, concatenations and pads. It stops, at a load, at function arguments,
// constants, reductions, dota ops and whatever it does not know.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_LIB_RAISE_TRACE_H
#define DOTA_LIB_RAISE_TRACE_H

#include "Expression.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::dota::raising {

ScalarKind kindOf(Type type);

/// A result of a linalg op that is summed (or otherwise combined) over loops.
struct Reduction {
  linalg::LinalgOp op;
  unsigned result;
  /// The loops of extent above 1 that the result's map lacks.
  SmallVector<unsigned> loops;
  int64_t extent(unsigned i) const {
    return const_cast<linalg::LinalgOp &>(op).getStaticLoopRanges()[loops[i]];
  }
};

/// result = combine(init, term) over the reduction's loops.
struct Step {
  Combine combine;
  Expr term;
  Expr init;
};

/// A tensor and where it is read.
struct Place {
  Value tensor;
  SmallVector<Index> index;
};

class Tracer {
public:
  explicit Tracer(ExprSpace &exprs) : exprs(exprs), indices(exprs.indices) {}
  ExprSpace &exprs;
  IndexSpace &indices;

  Expr trace(Value v, ArrayRef<Index> index);
  /// Follows movement only: reshapes, transposes, broadcasts, slices.
  Place follow(Value v, ArrayRef<Index> index);
  /// An expression with its loads traced on.
  Expr deepen(Expr e);

  std::optional<Reduction> reduction(Value v);
  /// What a reduction adds, with the result at `index` and its loops at `loops`.
  /// `shallow`: the loads are those of the op's own operands.
  std::optional<Step> step(const Reduction &reduction, ArrayRef<Index> index, ArrayRef<Index> loops,
                           bool shallow);
  /// Whether the reduction is a float sum of products in which some result
  /// variable occurs in one factor and not in another that carries the reduction.
  bool isContraction(Value v);

  /// Replaces loads of reductions over exactly `axis`'s extent that are no
  /// contractions by their meaning, with `axis` as the bound variable, and other
  /// small reductions with fresh ones.
  Expr expand(Expr e, Variable axis);

  /// The tensor of which `e` was traced, if any.
  std::optional<Place> origin(Expr e) const;

  /// Whether a dota op is among what `v` is computed from.
  bool isFromDevice(Value v);
  bool isFromDevice(Expr e);

  SmallVector<Index> variables(ArrayRef<int64_t> shape, SmallVectorImpl<Variable> *made = nullptr);
  void clear();

private:
  struct Frame {
    linalg::LinalgOp op;
    SmallVector<Index> loops;
    bool shallow;
    int accumulate; // the result that is an accumulator, or -1
    DenseMap<Value, Expr> memo;
  };
  Expr traceUncached(Value v, ArrayRef<Index> index);
  Expr opaque(Value v, ArrayRef<Index> index);
  std::optional<Expr> scalar(Value v, Frame *frame);
  std::optional<Expr> scalarUncached(Value v, Frame *frame);
  Expr operandAt(Frame &frame, OpOperand &operand);
  std::optional<Place> stepMovement(Value v, ArrayRef<Index> index);
  std::optional<SmallVector<Index>> bindLoops(linalg::LinalgOp op, unsigned result,
                                              ArrayRef<Index> index);
  Index apply(AffineExpr e, ArrayRef<Index> loops);

  std::map<std::vector<int64_t>, Expr> memo;
  DenseMap<Expr, Place> origins;
  DenseMap<Value, bool> device;
  DenseMap<Value, int> contractions;
  DenseMap<std::pair<Expr, Variable>, Expr> expansions;
  /// One set for each reduction, so that equal values expand to equal expressions.
  DenseMap<Value, SmallVector<Variable>> boundVariables;
};

} // namespace mlir::dota::raising

#endif // DOTA_LIB_RAISE_TRACE_H
