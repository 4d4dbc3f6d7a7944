//===- Raiser.h - from expressions to dota ops ------------------*- C++ -*-===//
//
// What the recognisers share: how values lie in memory order, how an expression
// becomes a value again (a view where it can be, constants computed now, host code
// otherwise), and the walk.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_LIB_RAISE_RAISER_H
#define DOTA_LIB_RAISE_RAISER_H

#include "Evaluate.h"
#include "Trace.h"
#include "dota/Dialect/Dota/Dota.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <set>

namespace mlir::dota::raising {

/// Which variables number the rows (tokens) of a value and which its features,
/// outermost first, and the rows' shape: N, or B x N.
struct Layout {
  SmallVector<Variable> rows, features;
  SmallVector<int64_t> rowShape;
  SmallVector<Variable> order() const {
    SmallVector<Variable> all(rows);
    all.append(features);
    return all;
  }
};

class Raiser {
public:
  explicit Raiser(func::FuncOp function);
  void run();

private:
  //===--- Values -----------------------------------------------------------===//
  int64_t extentOf(ArrayRef<Variable> vars) const;
  /// The row-major number of a combination of values.
  Index flatten(ArrayRef<Variable> order);
  /// Where in its row-major tensor a load reads.
  Index flatten(Value tensor, ArrayRef<Index> index);
  Value reshape(Value v, ArrayRef<int64_t> shape);
  Value constantTensor(ArrayRef<int64_t> shape, std::vector<float> data);
  Value splatRow(double value, int64_t width) {
    return constantTensor({width}, std::vector<float>(width, float(value)));
  }
  /// An f32 tensor of `e`, its dimensions the variables of `order`: a view, a
  /// constant, or a host `linalg.generic`.
  Value emit(Expr e, ArrayRef<Variable> order);
  Value emitGeneric(Expr e, ArrayRef<Variable> order);
  /// `e` as tokens x features. A load of a dota value is taken as it lies; chosen
  /// columns of a linear become a linear of their own.
  Value operand(Expr deep, Expr shallow, const Layout &layout);
  Value selectColumns(LinearOp linear, Index flat, const Layout &layout);
  /// `value`, tokens x features in `layout`, in the order and type of the original.
  Value restore(Value value, const Layout &layout, ArrayRef<Variable> target,
                RankedTensorType type);
  /// Shape of so many rows: of the dota value they lie in, else as known of the model,
  /// else with `leading`, the extent of the outermost dimension, as the batch.
  SmallVector<int64_t> rowShape(ArrayRef<Variable> rows, Value lyingIn, int64_t leading);
  /// Variables of a result's dimensions; a dimension that holds tokens and batch, in
  /// this order, is two.
  SmallVector<Index> tokenVariables(ArrayRef<int64_t> shape, SmallVectorImpl<Variable> &made);
  /// Rows of a host value, tokens before batch, in the device's order.
  void batchFirst(SmallVectorImpl<Variable> &rows);
  void replace(Value old, Value with) { old.replaceAllUsesWith(with); }
  RankedTensorType tensorType(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getF32Type());
  }
  static SmallVector<int64_t> withFeatures(ArrayRef<int64_t> rows, int64_t features) {
    SmallVector<int64_t> shape(rows);
    shape.push_back(features);
    return shape;
  }
  /// `e`'s loads, moved back to the tensors they were copied from.
  Expr follow(Expr e);
  /// The factor of each variable in a load's row-major position, if linear.
  std::optional<std::map<Variable, int64_t>> strides(Expr load);
  void sortByStride(SmallVectorImpl<Variable> &vars, const std::map<Variable, int64_t> &strides);

  //===--- Attention (RaiseAttention.cpp) -----------------------------------===//
  struct Core;
  /// Notes the products of attention, for the walk.
  void findAttention(Value product);
  bool matchAttention(Core &core, std::string &why);
  bool analyse(Core &core, std::string &why);
  bool analyseScores(Core &core, Expr probability, Expr exponent, std::string &why);
  bool verify(Core &core, std::string &why);
  bool assignRoles(Core &core, std::string &why);
  bool raiseAttention(Value product);
  bool raiseLateAttention(Value v);
  bool raiseAttention(Core &core, Value replaced);
  enum class Visibility { All, Causal, Biased };
  Visibility visibility(const Core &core);
  /// Splits variables where quotients and remainders of them are taken.
  void collectSplits(Expr e, std::map<Variable, std::set<int64_t>> &splits);
  Expr withoutShift(Expr e, Variable k, bool keepConstants = false);

  //===--- Products with a weight (RaiseLinear.cpp) -------------------------===//
  bool raiseLinear(Value product);
  /// Constant, or an argument that is no more than moved.
  bool isParameter(Expr e);

  //===--- Norms, activations, sums (RaiseElementwise.cpp) -------------------===//
  struct Plan;
  bool raiseElementwise(Value v, bool mustCompute);
  bool isRoot(Value v);
  bool findLayout(Expr e, ArrayRef<Variable> vars, Layout &layout);
  std::optional<Plan> plan(Expr e, const Layout &layout, bool hostAllowed);
  std::optional<Plan> planNorm(Expr e, const Layout &layout);
  std::optional<Plan> planActivation(Expr e, const Layout &layout);
  std::optional<Plan> planRotation(Expr e, const Layout &layout);
  Value angles(const Plan &rotation, const Layout &layout);
  bool raiseRotation(Value v);
  std::optional<Plan> planSum(Expr e, const Layout &layout);
  std::optional<Plan> planProduct(Expr e, const Layout &layout);
  Value build(const Plan &plan, const Layout &layout, Operation *at);
  bool isPlainSum(Expr e, const Layout &layout);

  bool isSumOfSquares(Value v);

  //===--- Remarks ------------------------------------------------------------===//
  void raised(Operation *op, StringRef what);
  void missed(Operation *op, StringRef what, const Twine &why);
  void remarkMisses();

  func::FuncOp function;
  OpBuilder builder;
  Location loc;
  IndexSpace indices;
  ExprSpace exprs;
  Tracer tracer;
  /// Batch and tokens of the attention cores, in order.
  SmallVector<std::pair<int64_t, int64_t>> tokens;
  /// Whether the module keeps tokens outside the batch.
  bool isTokenMajor = false;
  /// Attention: products of probabilities and values; and of queries and keys.
  DenseSet<Operation *> cores, scores;
  /// As cores, before the division by the sum of the exponentials.
  DenseSet<Operation *> lateCores, raisedLate;
  /// Why a product with an exponential among its factors is no attention.
  DenseMap<Operation *, std::string> notAttention;
  /// What was not raised of an op, and why.
  DenseMap<Operation *, SmallVector<std::pair<StringRef, std::string>>> misses;
  std::map<std::pair<int, std::vector<int64_t>>, Value> selections;
  /// Tables of rotations, and the variables that they are said in, by extent.
  std::map<std::pair<Expr, SmallVector<int64_t>>, Value> tables;
  std::map<std::vector<int64_t>, SmallVector<Variable>> tableVariables;
  DenseSet<Value> visited;
  /// Host values that norms were taken of.
  DenseSet<Value> residuals;
};

} // namespace mlir::dota::raising

#endif // DOTA_LIB_RAISE_RAISER_H
