//===- RaiseLinear.cpp - products with a weight -----------------------------===//
//
// A sum of products is x W when one factor, the weight, is made of parameters
// only, has a result variable (a column) that no other factor has, and shares
// none with them. A few groups, each with constant weights of its own, are one
// product with blocks of zeros. Reduction variables in any number: kernels of several
// dimensions, and convolutions whose windows tile the image.
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::raising;

bool Raiser::isParameter(Expr e) {
  if (isConstant(exprs, e))
    return true;
  for (Expr leaf : exprs.leaves(e)) {
    const Node &n = exprs.node(leaf);
    if (n.op != Op::Load || !isa<RankedTensorType>(n.tensor.getType()))
      return false;
    if (!isa<BlockArgument>(n.tensor) && !ConstantData::of(n.tensor))
      return false;
  }
  return true;
}

/// The machine's products are dense: of g groups it computes g times the work.
static constexpr int64_t kMostGroups = 8;

bool Raiser::raiseLinear(Value product) {
  Operation *op = product.getDefiningOp();
  auto r = tracer.reduction(product);
  auto type = cast<RankedTensorType>(product.getType());
  SmallVector<Variable> out, red;
  SmallVector<Index> at = tokenVariables(type.getShape(), out);
  SmallVector<int64_t> extents;
  for (unsigned i = 0; i < r->loops.size(); ++i)
    extents.push_back(r->extent(i));
  SmallVector<Index> loops = tracer.variables(extents, &red);
  auto step = tracer.step(*r, at, loops, /*shallow=*/true);
  if (!step || step->combine != Combine::Add) {
    missed(op, "linear", "not a sum of products");
    return false;
  }
  SmallVector<Expr> factors, deep, moved;
  exprs.factors(step->term, factors);
  for (Expr f : factors) {
    deep.push_back(tracer.deepen(f));
    // A weight of one value throughout still has its dimensions.
    moved.push_back(exprs.constantValue(deep.back()) ? follow(f) : deep.back());
  }

  int chosen = -1, best = -1;
  for (int i = 0; i < int(factors.size()); ++i) {
    if (!isParameter(deep[i]) ||
        !llvm::all_of(red, [&](Variable k) { return exprs.depends(moved[i], k); }))
      continue;
    bool ownsColumn = false, othersReduce = false;
    int64_t groups = 1;
    for (Variable o : out) {
      if (!exprs.depends(moved[i], o))
        continue;
      bool other = false;
      for (int j = 0; j < int(factors.size()); ++j)
        other |= j != i && exprs.depends(moved[j], o);
      if (other)
        groups *= indices.extent(o);
      else
        ownsColumn = true;
    }
    for (int j = 0; j < int(factors.size()); ++j)
      othersReduce |=
          j != i && llvm::any_of(red, [&](Variable k) { return exprs.depends(moved[j], k); });
    bool constant = isConstant(exprs, deep[i]);
    if (!ownsColumn || !othersReduce || (groups > 1 && !constant))
      continue;
    if (groups > kMostGroups) {
      missed(op, "linear", Twine(groups) + " groups would take as many times the products");
      return false;
    }
    // Constants first; of two arguments the later, as in x W.
    int quality = constant ? 2 : 1;
    if (quality >= best) {
      best = quality;
      chosen = i;
    }
  }
  if (chosen < 0) {
    missed(op, "linear", "no factor is a weight: made of parameters, with a column of its own");
    return false;
  }

  Expr weight = exprs.constantValue(deep[chosen]) ? moved[chosen] : deep[chosen];
  Expr xShallow = exprs.constant(1);
  for (int j = 0; j < int(factors.size()); ++j)
    if (j != chosen)
      xShallow = exprs.mul(xShallow, factors[j]);
  // Groups: a column takes features of its own group alone.
  DenseMap<Variable, Index> grouped;
  for (Variable o : out) {
    if (!exprs.depends(moved[chosen], o) || !exprs.depends(follow(xShallow), o))
      continue;
    Variable of = indices.makeVariable(indices.extent(o));
    red.insert(red.begin(), of);
    grouped[o] = indices.variable(of);
    Expr same = exprs.make(
        Op::CompareI, {exprs.position(indices.variable(o)), exprs.position(indices.variable(of))},
        uint8_t(Predicate::EQ));
    weight = exprs.make(Op::Select, {same, weight, exprs.constant(0)});
  }
  xShallow = exprs.substitute(xShallow, grouped);
  Expr xDeep = tracer.deepen(xShallow);
  SmallVector<Variable> rows, columns, target(out);
  for (Variable o : out) {
    if (indices.extent(o) == 1)
      continue;
    if (exprs.depends(weight, o))
      columns.push_back(o);
    else
      rows.push_back(o);
  }

  auto [factor, rest] = exprs.splitCoefficient(xDeep);
  bool plain =
      exprs.node(rest).op == Op::Load && isa<RankedTensorType>(exprs.node(rest).tensor.getType());
  Expr followed = follow(xShallow);
  if (plain && !tracer.isFromDevice(exprs.node(rest).tensor) && exprs.node(followed).op == Op::Load)
    rest = followed, factor = 1; // the host's tensor next to the product
  if (!plain)
    factor = 1, rest = xDeep;

  // Windows that overlap would multiply the data.
  int64_t read = extentOf(rows) * extentOf(red);
  if (plain) {
    auto source = cast<RankedTensorType>(exprs.node(rest).tensor.getType());
    if (read > 2 * source.getNumElements() && red.size() > 1 &&
        llvm::any_of(exprs.node(rest).index, [&](Index i) {
          return indices.freeVariables(i).size() > 1 &&
                 llvm::any_of(red, [&](Variable k) { return indices.depends(i, k); });
        })) {
      missed(op, "linear", "the windows of the convolution overlap");
      return false;
    }
  }

  // Rows and the order of the sum as x lies, where it lies tokens x features; else
  // as the weight lies.
  Layout layout;
  layout.rows = rows;
  layout.features = red;
  std::optional<std::map<Variable, int64_t>> lie;
  Expr lying = plain ? rest : followed;
  if (exprs.node(exprs.splitCoefficient(lying).second).op == Op::Load)
    lie = strides(lying);
  bool ordered = false;
  if (lie) {
    sortByStride(layout.rows, *lie);
    sortByStride(layout.features, *lie);
    auto stride = [&](Variable v) { return lie->count(v) ? lie->at(v) : 0; };
    ordered = layout.rows.empty() || layout.features.empty() ||
              stride(layout.rows.back()) > stride(layout.features.front());
  }
  if (!ordered) {
    layout.rows = rows;
    layout.features = red;
    if (auto s = strides(weight))
      sortByStride(layout.features, *s);
  }
  if (!plain || !tracer.isFromDevice(exprs.node(rest).tensor))
    batchFirst(layout.rows);
  layout.rowShape = rowShape(layout.rows, plain ? exprs.node(rest).tensor : Value(),
                             type.getRank() > 2 ? type.getDimSize(0) : 1);
  if (layout.rowShape.empty())
    layout.rowShape = {1};
  Value x = plain ? operand(rest, rest, layout) : operand(xDeep, xShallow, layout);

  int64_t k = extentOf(red), o = extentOf(columns);
  SmallVector<Variable> weightOrder(layout.features);
  weightOrder.append(columns);
  if (factor != 1)
    weight = exprs.mul(exprs.constant(factor), weight);
  Value w = reshape(emit(weight, weightOrder), {k, o});

  Layout result = layout;
  result.features = columns;
  auto resultType = tensorType(withFeatures(layout.rowShape, o));
  Value bias, added;
  if (exprs.constantValue(step->init) != 0.0) {
    bool perColumn = llvm::none_of(rows, [&](Variable v) { return exprs.depends(step->init, v); });
    if (perColumn && isParameter(step->init))
      bias = reshape(emit(step->init, columns), {o});
    else
      added = operand(step->init, step->init, result);
  }
  Value y = LinearOp::create(builder, loc, resultType, x, w, bias);
  if (added)
    y = AddOp::create(builder, loc, resultType, y, added);
  replace(product, restore(y, result, target, type));
  raised(op, "linear");
  return true;
}
