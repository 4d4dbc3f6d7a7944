//===- RaiseElementwise.cpp - norms, activations, sums and products ---------===//
//
// An elementwise value is covered by dota ops from its expression, top down: it is
// a norm, or an activation of something, or a sum, or a product, of what is covered
// in turn, down to loads. Norms and activations are found by evaluation:
//
//   norm         y = g (x - mean) / sqrt(var + epsilon) + b for some x below it; g
//                and b fitted on two rows, checked on a third, and then found
//                among the parameters below it; epsilon from tiny rows
//   rotation     y[c] = x[c] cos[c] + x[partner(c)] sin[c]: the cosine is what y is
//                with 1 for x[c] and 0 for what else it reads of x, the sine with 1
//                for the partner; checked on random rows
//   activation   the only unknown below it is u; its values on 61 points are those
//                of a known function, times a constant
//
// Covering starts where the value leaves the elementwise world (a product, a
// result), so that the pieces of a GELU are not taken one by one; sums of device
// values are taken at once, since the statistics of a norm read them.
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::raising;

struct Raiser::Plan {
  enum Kind { Leaf, LayerNorm, RmsNorm, Activation, Rotation, Sum, Product } kind;
  Expr e;
  std::vector<Plan> operands;
  /// LayerNorm, RmsNorm: gain, bias. Sum, Product: the addends or factors that are
  /// a row for all tokens, or one sequence's for all of a batch. Rotation: cosine
  /// and sine of a token and a column of the axis.
  SmallVector<Expr> rows;
  Variable axis = -1;
  double epsilon = 0;
  double factor = 1;
  bool isDeviceLeaf = false;
  ActivationKind activation = ActivationKind::Relu;
  int64_t distance = 0; // Rotation

  /// Whether a dota value is among what it reads, or what it makes.
  bool readsDevice() const {
    return kind == LayerNorm || kind == RmsNorm || kind == Activation || kind == Rotation ||
           isDeviceLeaf || llvm::any_of(operands, [](const Plan &p) { return p.readsDevice(); });
  }
  /// Whether it is more than sums and scaling.
  bool computes() const {
    if (kind == LayerNorm || kind == RmsNorm || kind == Activation || kind == Rotation ||
        (kind == Product && operands.size() > 1))
      return true;
    return llvm::any_of(operands, [](const Plan &p) { return p.computes(); });
  }
  bool isSumOfLoads() const {
    return kind == Leaf ||
           (kind == Sum && llvm::all_of(operands, [](const Plan &p) { return p.isSumOfLoads(); }));
  }
};

//===----------------------------------------------------------------------===//
// Where to look
//===----------------------------------------------------------------------===//

/// Whether a value is used by something that is no elementwise op.
bool Raiser::isRoot(Value v) {
  for (Operation *user : v.getUsers()) {
    if (auto op = dyn_cast<linalg::LinalgOp>(user)) {
      if (!op.hasPureTensorSemantics() || op->getNumResults() == 0)
        return true;
      Value result = op->getResult(0);
      if (tracer.reduction(result)) {
        if (tracer.isContraction(result))
          return true;
        continue;
      }
      SmallVector<Index> at = tracer.variables(cast<RankedTensorType>(result.getType()).getShape());
      Value movedFrom = tracer.follow(result, at).tensor;
      if (movedFrom != result && isRoot(result))
        return true;
      continue;
    }
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp, tensor::ExtractSliceOp>(
            user)) {
      if (isRoot(user->getResult(0)))
        return true;
      continue;
    }
    return true;
  }
  return false;
}

/// Rows and features of a value of these variables: as the device value it is
/// made of lies, else the innermost variable is the feature.
bool Raiser::findLayout(Expr e, ArrayRef<Variable> vars, Layout &layout) {
  SmallVector<Variable> wide;
  for (Variable v : vars)
    if (indices.extent(v) > 1)
      wide.push_back(v);
  for (Expr leaf : exprs.leaves(e)) {
    const Node n = exprs.node(leaf);
    if (n.op != Op::Load || !n.tensor.getDefiningOp() ||
        !isa<DotaDialect>(n.tensor.getDefiningOp()->getDialect()))
      continue;
    auto lie = strides(leaf);
    if (!lie || !llvm::all_of(wide, [&](Variable v) { return lie->count(v) && lie->at(v) > 0; }))
      continue;
    auto type = cast<RankedTensorType>(n.tensor.getType());
    sortByStride(wide, *lie);
    layout = Layout();
    for (Variable v : wide)
      (lie->at(v) < type.getShape().back() ? layout.features : layout.rows).push_back(v);
    if (layout.features.empty())
      return false;
    layout.rowShape = rowShape(layout.rows, n.tensor, 1);
    return true;
  }
  if (wide.empty())
    return false;
  layout = Layout();
  layout.features = {wide.back()};
  layout.rows.assign(wide.begin(), wide.end() - 1);
  batchFirst(layout.rows);
  layout.rowShape = rowShape(layout.rows, Value(), vars.size() > 2 ? indices.extent(vars[0]) : 1);
  return true;
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

std::optional<Raiser::Plan> Raiser::planNorm(Expr e, const Layout &layout) {
  // The axis is what the statistics lack.
  Variable axis = -1;
  for (Expr leaf : exprs.leaves(e)) {
    const Node n = exprs.node(leaf);
    if (n.op != Op::Load || n.kind != ScalarKind::Float || !tracer.reduction(n.tensor) ||
        tracer.isContraction(n.tensor))
      continue;
    auto r = tracer.reduction(n.tensor);
    Variable lacking = -1;
    int count = 0;
    for (Variable v : layout.order())
      if (!exprs.depends(leaf, v)) {
        lacking = v;
        ++count;
      }
    if (count == 1 && r->loops.size() == 1 && r->extent(0) == indices.extent(lacking) &&
        exprs.depends(e, lacking))
      axis = lacking;
  }
  if (axis < 0 || axis != layout.features.back())
    return std::nullopt;
  SmallVector<Variable> others = layout.order();
  others.pop_back();
  Expr full = tracer.expand(e, axis);
  int64_t width = indices.extent(axis);

  SmallVector<Expr> below = exprs.subexpressions(full, /*insideReductions=*/false);
  SmallVector<Expr> candidates, parameters;
  std::set<Expr> withStatistics;
  for (Expr sub : below) {
    const Node &n = exprs.node(sub);
    bool statistic = n.op == Op::Reduce && n.kind == ScalarKind::Float;
    for (Expr arg : n.args)
      statistic |= withStatistics.count(arg) != 0;
    if (statistic) {
      withStatistics.insert(sub);
      continue;
    }
    if (n.kind != ScalarKind::Float || !exprs.depends(sub, axis))
      continue;
    bool perRow = llvm::any_of(others, [&](Variable v) { return exprs.depends(sub, v); });
    if (!perRow)
      parameters.push_back(sub);
    if (perRow || others.empty())
      candidates.push_back(sub);
  }
  if (withStatistics.empty() || candidates.size() > 64)
    return std::nullopt;

  Evaluator evaluator(exprs, axis, 99);
  for (Variable v : others)
    evaluator.set(v, indices.extent(v) / 2);
  auto at = [](const Row &row, int64_t i) { return row.size() == 1 ? row[0] : row[i]; };
  struct Sample {
    Row x, y;
    double mean = 0, variance = 0, square = 0;
  };
  auto sample = [&](Expr x, double scale, uint64_t key) {
    evaluator.randomise(x, scale, key);
    Sample s{evaluator.row(x), evaluator.row(full), 0, 0, 0};
    for (int64_t i = 0; i < width; ++i) {
      s.mean += at(s.x, i) / width;
      s.square += at(s.x, i) * at(s.x, i) / width;
    }
    for (int64_t i = 0; i < width; ++i)
      s.variance += (at(s.x, i) - s.mean) * (at(s.x, i) - s.mean) / width;
    return s;
  };
  Expr hole = exprs.accumulator(ScalarKind::Float);
  for (Expr x : candidates) {
    // The rows must come in by x alone. Evaluation would not always tell: a table
    // may hold zeros where it is looked at.
    Expr around = exprs.replace(full, {{x, hole}});
    if (around == full ||
        llvm::any_of(others, [&](Variable v) { return exprs.depends(around, v); }))
      continue;
    for (bool layerNorm : {true, false}) {
      // Large rows, where epsilon is nothing.
      auto normalised = [&](const Sample &s, int64_t i) {
        return layerNorm ? (at(s.x, i) - s.mean) / std::sqrt(s.variance)
                         : at(s.x, i) / std::sqrt(s.square);
      };
      evaluator.setSeed(99);
      Sample one = sample(x, 1e4, 1), two = sample(x, 1e4, 2), three = sample(x, 1e4, 3);
      std::vector<double> gain(width), bias(width);
      bool fits = true;
      double magnitude = 0;
      for (int64_t i = 0; i < width && fits; ++i) {
        double a = normalised(one, i), b = normalised(two, i), c = normalised(three, i);
        if (std::fabs(a - b) < 1e-3) {
          // Too close to tell: another pair.
          b = c;
          gain[i] = (at(one.y, i) - at(three.y, i)) / (a - c);
        } else {
          gain[i] = (at(one.y, i) - at(two.y, i)) / (a - b);
        }
        bias[i] = at(one.y, i) - gain[i] * a;
        double size = std::fabs(gain[i]) + std::fabs(bias[i]) + 1e-12;
        magnitude = std::max(magnitude, std::fabs(gain[i]));
        fits = std::fabs(gain[i] * c + bias[i] - at(three.y, i)) < 1e-5 * size &&
               std::fabs(gain[i] * normalised(two, i) + bias[i] - at(two.y, i)) < 1e-5 * size;
      }
      if (!fits || magnitude < 1e-9)
        continue;

      // Epsilon, where it counts.
      double epsilon = 0, scale = 1e-1;
      for (int decade = 1; decade <= 10; ++decade, scale *= 0.1) {
        Sample s = sample(x, scale, 4);
        double spread = layerNorm ? s.variance : s.square, best = 0, estimate = 0;
        for (int64_t i = 0; i < width; ++i) {
          double u = gain[i] * (at(s.x, i) - (layerNorm ? s.mean : 0));
          double y = at(s.y, i) - bias[i];
          if (std::fabs(u) > best && y != 0) {
            best = std::fabs(u);
            estimate = (u / y) * (u / y) - spread;
          }
        }
        if (estimate > 1e-4 * spread) {
          epsilon = estimate;
          if (spread < estimate)
            break;
        }
      }
      for (Expr sub : exprs.subexpressions(full))
        if (auto c = exprs.constantValue(sub); c && std::fabs(*c - epsilon) < 1e-3 * epsilon)
          epsilon = *c;
      bool confirmed = true;
      for (double scale : {1.0, 1e-2, std::sqrt(epsilon)}) {
        if (scale == 0)
          continue;
        Sample s = sample(x, scale, 5);
        double divisor = std::sqrt((layerNorm ? s.variance : s.square) + epsilon);
        for (int64_t i = 0; i < width; ++i) {
          double u = (at(s.x, i) - (layerNorm ? s.mean : 0)) / divisor;
          double size = std::fabs(gain[i]) * (1 + std::fabs(u)) + std::fabs(bias[i]) + 1e-12;
          confirmed &= std::fabs(gain[i] * u + bias[i] - at(s.y, i)) < 1e-4 * size;
        }
      }
      // The machine's norms have an epsilon; a division by a row's plain length stays.
      if (!confirmed || !(float(epsilon) > 0))
        continue;

      // Which parameters the gain and the bias are.
      auto find = [&](ArrayRef<double> fitted, double tolerance) -> std::optional<Expr> {
        auto matches = [&](auto value) -> std::optional<double> {
          double dot = 0, norm = 0;
          for (int64_t i = 0; i < width; ++i) {
            dot += fitted[i] * value(i);
            norm += value(i) * value(i);
          }
          if (norm == 0)
            return std::nullopt;
          double c = dot / norm;
          for (int64_t i = 0; i < width; ++i)
            if (std::fabs(fitted[i] - c * value(i)) > tolerance)
              return std::nullopt;
          return std::fabs(c - 1) < 1e-6 ? 1.0 : c;
        };
        if (auto c = matches([](int64_t) { return 1.0; }))
          return exprs.constant(std::fabs(*c) < tolerance ? 0 : *c);
        for (Expr p : parameters) {
          Row row = evaluator.row(p);
          if (auto c = matches([&](int64_t i) { return at(row, i); }))
            return exprs.mul(exprs.constant(*c), p);
        }
        return std::nullopt;
      };
      double largest = 0;
      for (int64_t i = 0; i < width; ++i)
        largest = std::max({largest, std::fabs(gain[i]), std::fabs(bias[i])});
      auto gainExpr = find(gain, 1e-5 * largest), biasExpr = find(bias, 1e-5 * largest);
      if (!gainExpr || !biasExpr || (!layerNorm && exprs.constantValue(*biasExpr) != 0.0))
        continue;
      Plan result{layerNorm ? Plan::LayerNorm : Plan::RmsNorm,
                  e,
                  {},
                  {*gainExpr, *biasExpr},
                  axis,
                  epsilon};
      auto inner = plan(x, layout, /*hostAllowed=*/true);
      if (!inner) {
        // What a norm is taken of is a value, whatever made it.
        auto place = tracer.origin(x);
        if (!place)
          continue;
        residuals.insert(place->tensor);
        inner = Plan{Plan::Leaf, x, {}, {}};
      }
      result.operands.push_back(*inner);
      return result;
    }
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static double evaluateActivation(ActivationKind kind, double x) {
  switch (kind) {
  case ActivationKind::Relu:
    return std::max(x, 0.0);
  case ActivationKind::Gelu:
    return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  case ActivationKind::GeluTanh:
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  case ActivationKind::QuickGelu:
    return x / (1 + std::exp(-1.702 * x));
  case ActivationKind::Silu:
    return x / (1 + std::exp(-x));
  case ActivationKind::Sigmoid:
    return 1 / (1 + std::exp(-x));
  case ActivationKind::Tanh:
    return std::tanh(x);
  case ActivationKind::Identity:
    return x;
  }
  return 0;
}

std::optional<Raiser::Plan> Raiser::planActivation(Expr e, const Layout &layout) {
  SmallVector<Expr> below = exprs.subexpressions(e);
  if (below.size() > 400)
    return std::nullopt;
  constexpr int64_t points = 61;
  Variable axis = indices.makeVariable(points);
  // Any tensor does: its values are given.
  Expr unknown = kNoExpr;
  Row x(points);
  for (int64_t i = 0; i < points; ++i)
    x[i] = -6.0 + 0.2 * double(i);
  int tried = 0;
  for (Expr u : below) {
    const Node n = exprs.node(u);
    if (u == e || n.kind != ScalarKind::Float || exprs.constantValue(u) || !tracer.isFromDevice(u))
      continue;
    if (unknown == kNoExpr)
      for (Expr leaf : exprs.leaves(u))
        unknown = exprs.load(exprs.node(leaf).tensor, {indices.variable(axis)}, ScalarKind::Float);
    Expr of = exprs.replace(e, {{u, unknown}});
    bool only = true;
    for (Expr sub : exprs.subexpressions(of)) {
      Op op = exprs.node(sub).op;
      only &= sub == unknown ||
              (op != Op::Load && op != Op::Gather && op != Op::Position && op != Op::Reduce) ||
              exprs.constantValue(sub);
    }
    if (!only)
      continue;
    if (++tried > 24)
      break;
    Evaluator evaluator(exprs, axis, 0);
    evaluator.fix(unknown, x);
    Row y = evaluator.row(of);
    if (int64_t(y.size()) != points)
      continue;
    std::optional<ActivationKind> best;
    double bestError = 2.5e-4, bestFactor = 1;
    for (ActivationKind kind :
         {ActivationKind::Relu, ActivationKind::Gelu, ActivationKind::GeluTanh,
          ActivationKind::QuickGelu, ActivationKind::Silu, ActivationKind::Sigmoid,
          ActivationKind::Tanh}) {
      double dot = 0, norm = 0, error = 0;
      for (int64_t i = 0; i < points; ++i) {
        double f = evaluateActivation(kind, x[i]);
        dot += f * y[i];
        norm += f * f;
      }
      double factor = dot / norm;
      if (!(std::fabs(factor) > 1e-6))
        continue;
      if (std::fabs(factor - 1) < 1e-3)
        factor = 1;
      for (int64_t i = 0; i < points; ++i) {
        double d = std::fabs(y[i] / factor - evaluateActivation(kind, x[i]));
        error = std::isnan(d) ? INFINITY : std::max(error, d);
      }
      if (error < bestError) {
        bestError = error;
        best = kind;
        bestFactor = factor;
      }
    }
    if (!best)
      continue;
    auto inner = plan(u, layout, /*hostAllowed=*/false);
    if (!inner)
      continue;
    Plan result{Plan::Activation, e, {*inner}, {}};
    result.activation = *best;
    result.factor = bestFactor;
    return result;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Sums and products
//===----------------------------------------------------------------------===//

std::optional<Raiser::Plan> Raiser::planSum(Expr e, const Layout &layout) {
  const Node n = exprs.node(e);
  if (n.op != Op::Add)
    return std::nullopt;
  Plan result{Plan::Sum, e, {}, {}};
  for (Expr arg : n.args) {
    // A row, or one sequence's addend: what does not vary with the batch.
    bool perToken = llvm::any_of(layout.rows, [&](Variable v) { return exprs.depends(arg, v); });
    if (!perToken && !tracer.isFromDevice(arg)) {
      result.rows.push_back(arg);
      continue;
    }
    auto inner = plan(arg, layout, /*hostAllowed=*/true);
    if (!inner)
      return std::nullopt;
    result.operands.push_back(*inner);
  }
  // Sums of host values stay with the host.
  if (llvm::none_of(result.operands, [](const Plan &p) { return p.readsDevice(); }))
    return std::nullopt;
  return result;
}

std::optional<Raiser::Plan> Raiser::planProduct(Expr e, const Layout &layout) {
  if (exprs.node(e).op != Op::Mul)
    return std::nullopt;
  SmallVector<Expr> factors;
  exprs.factors(e, factors);
  Plan result{Plan::Product, e, {}, {}};
  // Factors of one device value belong together: x sigmoid(x) is one function.
  SmallVector<std::pair<Expr, std::set<Expr>>> groups;
  for (Expr f : factors) {
    if (auto c = exprs.constantValue(f)) {
      result.factor *= *c;
      continue;
    }
    if (!tracer.isFromDevice(f)) {
      if (llvm::any_of(layout.rows, [&](Variable v) { return exprs.depends(f, v); }))
        return std::nullopt;
      result.rows.push_back(f);
      continue;
    }
    std::set<Expr> loads;
    for (Expr leaf : exprs.leaves(f))
      if (tracer.isFromDevice(leaf))
        loads.insert(leaf);
    Expr product = f;
    for (unsigned i = 0; i < groups.size();) {
      if (llvm::any_of(groups[i].second, [&](Expr leaf) { return loads.count(leaf) != 0; })) {
        product = exprs.mul(groups[i].first, product);
        loads.insert(groups[i].second.begin(), groups[i].second.end());
        groups.erase(groups.begin() + i);
      } else {
        ++i;
      }
    }
    groups.emplace_back(product, loads);
  }
  if (groups.empty() || (groups.size() == 1 && result.rows.empty() && result.factor == 1))
    return std::nullopt;
  for (auto &[product, loads] : groups) {
    auto inner = plan(product, layout, /*hostAllowed=*/false);
    if (!inner)
      return std::nullopt;
    result.operands.push_back(*inner);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Rotations
//===----------------------------------------------------------------------===//

std::optional<Raiser::Plan> Raiser::planRotation(Expr e, const Layout &layout) {
  const Op op = exprs.node(e).op;
  Variable axis = layout.features.back();
  int64_t width = indices.extent(axis);
  if ((op != Op::Add && op != Op::Select && op != Op::Mul) || width % 2 != 0)
    return std::nullopt;
  // What it reads of one device value.
  SmallVector<Expr> loads;
  for (Expr leaf : exprs.leaves(e)) {
    if (!tracer.isFromDevice(leaf))
      continue;
    const Node &n = exprs.node(leaf);
    if (n.op != Op::Load || !isa<RankedTensorType>(n.tensor.getType()) ||
        (!loads.empty() && exprs.node(loads[0]).tensor != n.tensor))
      return std::nullopt;
    loads.push_back(leaf);
  }
  if (loads.size() < 2)
    return std::nullopt;

  auto flat = [&](Expr load) {
    const Node n = exprs.node(load);
    return flatten(n.tensor, n.index);
  };
  // `e` with 1 for the loads of what lies at `place`, and 0 for others.
  auto shareOf = [&](Index place) {
    DenseMap<Expr, Expr> map;
    for (Expr load : loads) {
      Index apart = indices.add(flat(load), indices.scale(place, -1));
      if (auto c = indices.constantValue(apart)) {
        map[load] = exprs.constant(*c == 0);
        continue;
      }
      Expr same =
          exprs.make(Op::CompareI, {exprs.position(apart), exprs.constant(0, ScalarKind::Int)},
                     uint8_t(Predicate::EQ));
      map[load] = exprs.make(Op::IntToFloat, {exprs.make(Op::BoolToInt, {same})});
    }
    return exprs.replace(e, map);
  };
  auto isOfToken = [&](Expr table) {
    return llvm::all_of(exprs.node(table).free, [&](Variable v) {
      return v == axis || llvm::is_contained(layout.rows, v);
    });
  };
  for (Expr x : loads) {
    if (!llvm::all_of(layout.order(), [&](Variable v) { return exprs.depends(x, v); }))
      continue;
    Expr cosine = shareOf(flat(x));
    if (!isOfToken(cosine))
      continue;
    for (int64_t distance = width / 2; distance > 0; --distance) {
      int64_t group = 2 * distance;
      if (width % group != 0)
        continue;
      Index at = indices.variable(axis);
      Index within = indices.mod(indices.add(at, indices.constant(distance)), group);
      Index across = indices.add(indices.scale(indices.floorDiv(at, group), group), within);
      Expr partner = exprs.substitute(x, {{axis, across}});
      Expr sine = shareOf(flat(partner));
      if (!isOfToken(sine))
        continue;
      bool fits = true, turns = false;
      for (uint64_t trial = 0; trial < 6 && fits; ++trial) {
        Evaluator evaluator(exprs, axis, 31 * trial + 7);
        for (Variable v : layout.order())
          if (v != axis)
            evaluator.set(v, trial == 0   ? indices.extent(v) - 1
                             : trial == 1 ? 0
                                          : int64_t(trial * 2654435761u % indices.extent(v)));
        for (int64_t i = 0; i < width && fits; ++i) {
          double a = evaluator.at(x, i) * evaluator.at(cosine, i);
          double b = evaluator.at(partner, i) * evaluator.at(sine, i);
          fits = std::fabs(a + b - evaluator.at(e, i)) <= 1e-9 * (1 + std::fabs(a) + std::fabs(b));
          turns |= b != 0;
        }
      }
      if (!fits || !turns)
        continue;
      Plan result{Plan::Rotation, e, {Plan{Plan::Leaf, x, {}, {}}}, {cosine, sine}, axis};
      result.distance = distance;
      return result;
    }
  }
  return std::nullopt;
}

/// The table of a rotation: a cosine for each column of a head, then a sine.
Value Raiser::angles(const Plan &p, const Layout &layout) {
  // One sequence's for all of a batch, where it does not vary.
  SmallVector<Variable> rows(layout.rows);
  SmallVector<int64_t> shape(layout.rowShape);
  if (shape.size() == 2) {
    SmallVector<Variable> inner(rows);
    while (!inner.empty() && extentOf(inner) > shape[1])
      inner.erase(inner.begin());
    bool varies = llvm::any_of(ArrayRef(rows).drop_back(inner.size()), [&](Variable v) {
      return exprs.depends(p.rows[0], v) || exprs.depends(p.rows[1], v);
    });
    if (extentOf(inner) == shape[1] && !varies) {
      rows = inner;
      shape.erase(shape.begin());
    }
  }
  // Queries and keys, and all layers, have the same: said in the same variables.
  rows.push_back(p.axis);
  std::vector<int64_t> extents{2};
  for (Variable v : rows)
    extents.push_back(indices.extent(v));
  SmallVector<Variable> &common = tableVariables[extents];
  if (common.empty())
    tracer.variables(extents, &common);
  DenseMap<Variable, Index> renamed;
  for (auto [v, c] : llvm::zip_equal(rows, ArrayRef(common).drop_front()))
    renamed[v] = indices.variable(c);
  Expr isCosine =
      exprs.make(Op::CompareI,
                 {exprs.position(indices.variable(common[0])), exprs.constant(0, ScalarKind::Int)},
                 uint8_t(Predicate::EQ));
  Expr table = exprs.make(Op::Select, {isCosine, exprs.substitute(p.rows[0], renamed),
                                       exprs.substitute(p.rows[1], renamed)});
  Value &known = tables[{table, shape}];
  Operation *next = builder.getInsertionPoint() == builder.getInsertionBlock()->end()
                        ? nullptr
                        : &*builder.getInsertionPoint();
  if (!known || (next && !known.getDefiningOp()->isBeforeInBlock(next))) {
    SmallVector<Variable> order(ArrayRef<Variable>(common).drop_front().drop_back());
    order.push_back(common[0]);
    order.push_back(common.back());
    known = reshape(emit(table, order), withFeatures(shape, 2 * indices.extent(p.axis)));
  }
  return known;
}

/// What `v` is a part of, where rotated columns are put together with others.
static Value assembled(Value v) {
  Value whole;
  for (Operation *next = v.getDefiningOp(); next;) {
    Value part = next->getResult(0);
    next = nullptr;
    for (Operation *user : part.getUsers())
      if (isa<tensor::ConcatOp, tensor::InsertSliceOp>(user))
        next = user;
    if (next)
      whole = next->getResult(0);
  }
  return whole;
}

bool Raiser::raiseRotation(Value v) {
  auto type = cast<RankedTensorType>(v.getType());
  if (!type.hasStaticShape())
    return false;
  SmallVector<Variable> vars;
  SmallVector<Index> at = tokenVariables(type.getShape(), vars);
  Expr e = tracer.trace(v, at);
  Layout layout;
  if (!findLayout(e, vars, layout))
    return false;
  auto found = planRotation(e, layout);
  if (!found)
    return false;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(v);
  loc = v.getLoc();
  Value result = build(*found, layout, v.getDefiningOp());
  replace(v, restore(result, layout, vars, type));
  return true;
}

std::optional<Raiser::Plan> Raiser::plan(Expr e, const Layout &layout, bool hostAllowed) {
  const Node n = exprs.node(e);
  bool complete = llvm::all_of(
      layout.order(), [&](Variable v) { return indices.extent(v) == 1 || exprs.depends(e, v); });
  if (n.kind != ScalarKind::Float)
    return std::nullopt;
  if (n.op == Op::Load && complete && isa<RankedTensorType>(n.tensor.getType())) {
    bool isDota =
        n.tensor.getDefiningOp() && isa<DotaDialect>(n.tensor.getDefiningOp()->getDialect());
    if (!isDota && !hostAllowed)
      return std::nullopt;
    Plan leaf{Plan::Leaf, e, {}, {}};
    leaf.isDeviceLeaf = isDota;
    return leaf;
  }
  if (auto p = planNorm(e, layout))
    return p;
  if (tracer.isFromDevice(e)) {
    if (auto p = planRotation(e, layout))
      return p;
    if (auto p = planActivation(e, layout))
      return p;
    if (auto p = planSum(e, layout))
      return p;
    if (auto p = planProduct(e, layout))
      return p;
  }
  // A value of the host; one that is computed from device values only where it is
  // known to be a tensor of its own, and no step of something larger.
  if (auto place = tracer.origin(e); place && hostAllowed && complete &&
                                     (!tracer.isFromDevice(e) || residuals.contains(place->tensor)))
    return Plan{Plan::Leaf, e, {}, {}};
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// The ops that read `v`, through movement, other than `except` and dead ones.
static bool hasOtherReaders(Value v, Operation *except) {
  for (Operation *user : v.getUsers()) {
    if (user == except)
      continue;
    bool moves =
        isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp, linalg::TransposeOp>(
            user);
    if (auto generic = dyn_cast<linalg::GenericOp>(user))
      moves = generic.getBody()->getOperations().size() == 1;
    if (!moves || hasOtherReaders(user->getResult(0), except))
      return true;
  }
  return false;
}

Value Raiser::build(const Plan &p, const Layout &layout, Operation *at) {
  int64_t width = extentOf(layout.features);
  auto type = tensorType(withFeatures(layout.rowShape, width));
  auto row = [&](Expr e) { return reshape(emit(e, layout.features), {width}); };
  auto scaled = [&](Value v, double factor) -> Value {
    return factor == 1 ? v
                       : MulOp::create(builder, loc, type, v, splatRow(factor, width)).getResult();
  };
  switch (p.kind) {
  case Plan::Leaf:
    return operand(p.e, p.e, layout);
  case Plan::LayerNorm:
  case Plan::RmsNorm: {
    Layout inner = layout;
    inner.features = {p.axis};
    if (layout.features.size() > 1) {
      // A norm within each head: heads are rows of their own.
      inner.rows.append(layout.features.begin(), layout.features.end() - 1);
      inner.rowShape.back() *= width / indices.extent(p.axis);
    }
    Value x = reshape(build(p.operands[0], layout, at),
                      withFeatures(inner.rowShape, indices.extent(p.axis)));
    auto parameter = [&](Expr e) {
      return reshape(emit(e, inner.features), {indices.extent(p.axis)});
    };
    Value gain = parameter(p.rows[0]);
    Value y;
    if (p.kind == Plan::LayerNorm)
      y = LayerNormOp::create(builder, loc, x.getType(), x, gain, parameter(p.rows[1]),
                              APFloat(float(p.epsilon)));
    else
      y = RmsNormOp::create(builder, loc, x.getType(), x, gain, APFloat(float(p.epsilon)));
    raised(at, p.kind == Plan::LayerNorm ? "layer_norm" : "rms_norm");
    return reshape(y, type.getShape());
  }
  case Plan::Activation: {
    Value x = build(p.operands[0], layout, at);
    raised(at, "activation");
    return scaled(ActivationOp::create(builder, loc, type, x, p.activation), p.factor);
  }
  case Plan::Rotation: {
    Value x = build(p.operands[0], layout, at);
    raised(at, "rotate");
    return RotateOp::create(builder, loc, type, x, angles(p, layout), p.distance);
  }
  case Plan::Sum: {
    Value sum = build(p.operands[0], layout, at);
    for (Expr e : p.rows) {
      auto linear = sum.getDefiningOp<LinearOp>();
      if (linear && !linear.getBias() && !hasOtherReaders(sum, at))
        sum = LinearOp::create(builder, linear.getLoc(), type, linear.getX(), linear.getWeight(),
                               row(e));
      else
        sum = AddOp::create(builder, loc, type, sum, row(e));
    }
    for (const Plan &other : ArrayRef<Plan>(p.operands).drop_front())
      sum = AddOp::create(builder, loc, type, sum, build(other, layout, at));
    return sum;
  }
  case Plan::Product: {
    Value product = build(p.operands[0], layout, at);
    for (const Plan &other : ArrayRef<Plan>(p.operands).drop_front())
      product = MulOp::create(builder, loc, type, product, build(other, layout, at));
    for (Expr e : p.rows)
      product = MulOp::create(builder, loc, type, product, row(e));
    return scaled(product, p.factor);
  }
  }
  return {};
}

bool Raiser::raiseElementwise(Value v, bool mustCompute) {
  if (!mustCompute)
    visited.clear();
  if (!visited.insert(v).second)
    return false;
  auto type = cast<RankedTensorType>(v.getType());
  Operation *op = v.getDefiningOp();
  SmallVector<Variable> vars;
  SmallVector<Index> at = tokenVariables(type.getShape(), vars);
  Expr e = tracer.trace(v, at);
  const Node n = exprs.node(e);
  if (n.op == Op::Load || n.op == Op::Constant || n.kind != ScalarKind::Float)
    return false;
  Layout layout;
  if (!findLayout(e, vars, layout))
    return false;

  bool root = mustCompute || isRoot(v);
  std::optional<Plan> found;
  if (root) {
    found = plan(e, layout, /*hostAllowed=*/false);
    // Scaling alone is left to what reads it: the scale of a product is free.
    if (found && !found->computes() && (mustCompute || found->kind == Plan::Product))
      found.reset();
    if (found && found->kind == Plan::Leaf)
      found.reset();
  } else if (n.op == Op::Add && tracer.isFromDevice(e)) {
    // At once: the statistics of a norm read it.
    found = planSum(e, layout);
    if (found && (!found->isSumOfLoads() || llvm::any_of(found->rows, [&](Expr r) {
          return exprs.constantValue(r).has_value();
        })))
      found.reset();
  }
  if (found && found->kind == Plan::Rotation)
    if (Value whole = assembled(v); whole && raiseRotation(whole))
      return true;
  if (found) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfter(op);
    loc = op->getLoc();
    Value result = build(*found, layout, op);
    if (found->kind == Plan::Sum || found->kind == Plan::Product)
      raised(op, found->kind == Plan::Sum ? "add" : "mul");
    replace(v, restore(result, layout, vars, type));
    return true;
  }
  if (!root)
    return false;
  // Perhaps a part of it.
  bool any = false;
  for (Value operand : op->getOperands()) {
    while (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp,
                           tensor::ExtractSliceOp>(operand.getDefiningOp()))
      operand = operand.getDefiningOp()->getOperand(0);
    auto producer = operand.getDefiningOp<linalg::LinalgOp>();
    if (producer && producer->getNumResults() == 1 && producer.hasPureTensorSemantics() &&
        !producer.hasDynamicShape() && !tracer.reduction(operand) &&
        kindOf(operand.getType()) == ScalarKind::Float)
      any |= raiseElementwise(operand, /*mustCompute=*/true);
  }
  if (!any && !mustCompute && tracer.isFromDevice(e))
    missed(op, "elementwise", "neither a norm nor an activation, nor a sum or product of such");
  return any;
}
