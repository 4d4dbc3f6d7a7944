//===- Evaluate.h - expressions at concrete indices -------------*- C++ -*-===//
//
// Evaluates expressions, a whole row at a time: one variable, the axis, takes all
// its values, the others are fixed. Constants have their own values; what is not
// known (arguments, results of products) gets values from a hash of the tensor,
// the place and a seed, integers and booleans 0 or 1.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_LIB_RAISE_EVALUATE_H
#define DOTA_LIB_RAISE_EVALUATE_H

#include "Expression.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <functional>
#include <unordered_map>

namespace mlir::dota::raising {

/// Read access to the elements of a constant.
class ConstantData {
public:
  static std::optional<ConstantData> of(Value v);
  int64_t size() const { return count; }
  double operator[](int64_t i) const;
  /// The raw floats, where the elements are f32 and no splat.
  const float *floats() const;

private:
  Type element;
  const char *data = nullptr;
  int64_t count = 0;
  bool splat = false;
  std::vector<double> unpacked;
};

/// One value, or one for every value of the axis.
using Row = std::vector<double>;

class Evaluator {
public:
  Evaluator(ExprSpace &exprs, Variable axis, uint64_t seed)
      : exprs(exprs), axis(axis), extent(exprs.indices.extent(axis)), seed(seed) {}

  /// Fixes a variable. Forgets what was computed.
  void set(Variable v, int64_t value);
  /// Gives an expression values from a hash of `key` and the variables it depends
  /// on, in -scale .. scale, whatever it is made of.
  void randomise(Expr e, double scale, uint64_t key) {
    random[e] = {scale, key};
    rows.clear();
  }
  void fix(Expr e, Row row) {
    fixed[e] = std::move(row);
    rows.clear();
  }
  /// Values of loads that have none.
  void setSeed(uint64_t s) {
    seed = s;
    rows.clear();
  }

  /// Floats that are arguments are 0 or 1, as in masks.
  bool argumentsAreBits = false;

  const Row &row(Expr e);
  double at(Expr e, int64_t i) {
    const Row &r = row(e);
    return r.size() == 1 ? r[0] : r[i];
  }

private:
  Row compute(Expr e);
  double hashed(const Node &n, ArrayRef<int64_t> where, ScalarKind kind);
  const ConstantData *constant(Value v);

  ExprSpace &exprs;
  Variable axis;
  int64_t extent;
  uint64_t seed;
  std::vector<int64_t> values;
  std::unordered_map<Expr, Row> rows, fixed;
  std::unordered_map<Expr, std::pair<double, uint64_t>> random;
  DenseMap<Value, std::optional<ConstantData>> constants;
};

/// Whether all that `e` loads is constant.
bool isConstant(const ExprSpace &exprs, Expr e);

/// Every value of a constant expression, the last of `order` fastest. Nothing if
/// it is not constant.
std::optional<std::vector<float>> evaluateAll(ExprSpace &exprs, Expr e, ArrayRef<Variable> order);

} // namespace mlir::dota::raising

#endif // DOTA_LIB_RAISE_EVALUATE_H
