//===- RaiseAttention.cpp - softmax(q k^T) v, by what it computes -----------===//
//
// A sum over k of P(..., k) V(..., k) is attention when P, evaluated, is the
// softmax over k of alpha S + bias, for a product S of queries and keys:
//
//   P's exponential      where alpha and the bias are read: its argument with S
//                        put to 0 and 1, less what does not vary with k (a shift
//                        along the row cancels, so how the maximum is taken, or
//                        whether, does not matter)
//   evaluation           softmax(alpha S + bias) and P agree on rows with random
//                        scores. Another axis, another denominator, a mask after
//                        the softmax, a capped score: they differ.
//   roles of variables   in q, k and v: batch or head; in q alone: query, or group
//                        of grouped queries; in v alone: width of the head.
//                        Anything else (a key that changes with the query) is not
//                        attention.
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::raising;

struct Raiser::Core {
  Value product;
  /// The product's result dimensions, as variables (split where needed).
  SmallVector<Index> at;
  SmallVector<Variable> target;
  Variable k;
  SmallVector<Variable> width; // of queries and keys
  Expr probability = kNoExpr;  // with its reductions expanded
  Expr score = kNoExpr;        // a load
  Expr exponent = kNoExpr;     // without the shift
  Expr bias = kNoExpr;
  Expr qShallow, qDeep, kShallow, kDeep, vShallow, vDeep;
  Expr late = kNoExpr; // what the product is multiplied by, k not in it
  double factor = 1;   // on the probabilities
  bool isNormalised = true;
  double scale = 1;
  SmallVector<Variable> batch, kvHeads, groups, queries, valueWidth;
};

static bool contains(ArrayRef<Variable> list, Variable v) { return llvm::is_contained(list, v); }

void Raiser::collectSplits(Expr e, std::map<Variable, std::set<int64_t>> &splits) {
  auto visit = [&](auto &self, Index index) -> void {
    for (const IndexSpace::Term &term : indices.form(index).terms) {
      const IndexSpace::Atom &atom = indices.atom(term.atom);
      if (atom.kind == IndexSpace::AtomKind::Variable)
        continue;
      self(self, atom.inner);
      const IndexSpace::Form &inner = indices.form(atom.inner);
      if (inner.constant != 0 || inner.terms.size() != 1 || inner.terms[0].factor != 1)
        continue;
      const IndexSpace::Atom &of = indices.atom(inner.terms[0].atom);
      if (of.kind == IndexSpace::AtomKind::Variable) {
        splits[of.variable].insert(atom.divisor);
      } else if (of.kind == IndexSpace::AtomKind::Quotient) {
        const IndexSpace::Form &base = indices.form(of.inner);
        if (base.constant == 0 && base.terms.size() == 1 && base.terms[0].factor == 1 &&
            indices.atom(base.terms[0].atom).kind == IndexSpace::AtomKind::Variable)
          splits[indices.atom(base.terms[0].atom).variable].insert(of.divisor * atom.divisor);
      }
    }
  };
  for (Expr sub : exprs.subexpressions(e))
    for (Index index : exprs.node(sub).index)
      visit(visit, index);
}

/// `e` less the addends that do not vary with k. Constants within products stay: without its 1,
/// the mask (1 - m) * -3.4e38 would lift the visible keys so far up that no score counts. So
/// does all of a sum that is multiplied by something large.
Expr Raiser::withoutShift(Expr e, Variable k, bool keepConstants) {
  if (!exprs.depends(e, k))
    return keepConstants && exprs.constantValue(e) ? e : exprs.constant(0);
  const Node n = exprs.node(e);
  if (n.op == Op::Add)
    return exprs.add(withoutShift(n.args[0], k, keepConstants),
                     withoutShift(n.args[1], k, keepConstants));
  if (n.op == Op::Mul)
    if (auto c = exprs.constantValue(n.args[0]); c && std::fabs(*c) < 1000)
      return exprs.mul(n.args[0], withoutShift(n.args[1], k, /*keepConstants=*/true));
  return e;
}

/// Finds, for one exponential of P, the scores and what makes them.
bool Raiser::analyseScores(Core &core, Expr probability, Expr exponent, std::string &why) {
  core.probability = probability;
  core.exponent = withoutShift(exponent, core.k);
  why = "the softmax is not of a product of queries and keys";
  for (Expr leaf : exprs.leaves(core.exponent, /*insideReductions=*/false)) {
    const Node n = exprs.node(leaf);
    if (n.op != Op::Load || !exprs.depends(leaf, core.k) || !tracer.isContraction(n.tensor))
      continue;
    auto r = tracer.reduction(n.tensor);
    SmallVector<int64_t> extents;
    for (unsigned i = 0; i < r->loops.size(); ++i)
      extents.push_back(r->extent(i));
    core.width.clear();
    SmallVector<Index> loops = tracer.variables(extents, &core.width);
    auto step = tracer.step(*r, n.index, loops, /*shallow=*/true);
    if (!step || step->combine != Combine::Add || exprs.constantValue(step->init) != 0.0)
      continue;
    SmallVector<Expr> factors;
    exprs.factors(step->term, factors);
    core.qShallow = core.kShallow = exprs.constant(1);
    for (Expr f : factors) {
      Expr &side = exprs.depends(tracer.deepen(f), core.k) ? core.kShallow : core.qShallow;
      side = exprs.mul(side, f);
    }
    core.qDeep = tracer.deepen(core.qShallow);
    core.kDeep = tracer.deepen(core.kShallow);
    if (!llvm::all_of(core.width, [&](Variable d) {
          return exprs.depends(core.qDeep, d) && exprs.depends(core.kDeep, d);
        }))
      continue;
    core.score = leaf;
    core.bias = exprs.replace(core.exponent, {{leaf, exprs.constant(0)}});
    if (verify(core, why) && assignRoles(core, why))
      return true;
  }
  return false;
}

/// Reads the product at `core.at`.
bool Raiser::analyse(Core &core, std::string &why) {
  auto r = tracer.reduction(core.product);
  auto step = tracer.step(*r, core.at, {indices.variable(core.k)}, /*shallow=*/true);
  if (!step || step->combine != Combine::Add || exprs.constantValue(step->init) != 0.0)
    return false;
  SmallVector<Expr> factors, deep;
  exprs.factors(step->term, factors);
  for (Expr f : factors)
    deep.push_back(tracer.deepen(f));
  for (unsigned i = 0; i < factors.size(); ++i) {
    // The side of the probabilities has an exponential that varies with k.
    SmallVector<Expr> exponents;
    for (Expr sub :
         exprs.subexpressions(tracer.expand(deep[i], core.k), /*insideReductions=*/false))
      if (exprs.node(sub).op == Op::Exp && exprs.depends(sub, core.k))
        exponents.push_back(exprs.node(sub).args[0]);
    if (exponents.empty())
      continue;
    Expr probability = deep[i];
    core.vShallow = exprs.constant(1);
    for (unsigned j = 0; j < factors.size(); ++j) {
      if (j == i)
        continue;
      if (exprs.depends(deep[j], core.k))
        core.vShallow = exprs.mul(core.vShallow, factors[j]);
      else
        probability = exprs.mul(probability, deep[j]);
    }
    core.vDeep = tracer.deepen(core.vShallow);
    if (!exprs.depends(core.vDeep, core.k))
      continue;
    if (core.late != kNoExpr)
      probability = exprs.mul(probability, core.late);
    probability = tracer.expand(probability, core.k);
    for (Expr exponent : exponents)
      if (analyseScores(core, probability, exponent, why))
        return true;
  }
  return false;
}

/// Whether P is the softmax of alpha S + bias, up to a constant factor.
bool Raiser::verify(Core &core, std::string &why) {
  IndexSpace &ix = indices;
  Expr one = exprs.replace(core.exponent, {{core.score, exprs.constant(1)}});
  std::set<Variable> free;
  for (Expr e : {core.probability, core.score, core.bias})
    free.insert(exprs.node(e).free.begin(), exprs.node(e).free.end());
  free.erase(core.k);
  int64_t keys = ix.extent(core.k);

  std::optional<double> alpha, factor;
  core.isNormalised = true;
  uint64_t random = 0x243f6a8885a308d3ull;
  auto next = [&](int64_t bound) {
    random = random * 6364136223846793005ull + 1442695040888963407ull;
    return int64_t((random >> 33) % uint64_t(bound));
  };
  int decisive = 0;
  for (int trial = 0; trial < 48 && decisive < 6; ++trial) {
    Evaluator evaluator(exprs, core.k, trial * 7919 + 17);
    // A mask may come as floats.
    evaluator.argumentsAreBits = trial % 2;
    for (Variable v : free)
      evaluator.set(v, trial == 0 ? ix.extent(v) - 1 : trial == 1 ? 0 : next(ix.extent(v)));
    Row zero = evaluator.row(core.bias), first = evaluator.row(one);
    auto at = [&](const Row &row, int64_t i) { return row.size() == 1 ? row[0] : row[i]; };
    double best = -INFINITY;
    bool sees = false;
    for (int64_t i = 0; i < keys; ++i) {
      double slope = at(first, i) - at(zero, i);
      // Masked by a selection, or a bias so low that a score is lost in it.
      if (!(at(zero, i) > -8192) || std::fabs(slope) < 1e-12)
        continue;
      if (alpha && std::fabs(slope - *alpha) > 1e-6 * std::fabs(*alpha)) {
        why = "the scores are scaled unevenly";
        return false;
      }
      alpha = alpha.value_or(slope);
      sees = true;
    }
    if (!sees)
      continue;
    Row score = evaluator.row(core.score), p = evaluator.row(core.probability);
    std::vector<double> reference(keys);
    for (int64_t i = 0; i < keys; ++i) {
      reference[i] = *alpha * at(score, i) + at(zero, i);
      best = std::max(best, reference[i]);
    }
    double sum = 0, total = 0;
    for (double &x : reference)
      sum += x = std::exp(x - best);
    int64_t kept = 0;
    bool isNumber = true;
    for (int64_t i = 0; i < keys; ++i) {
      reference[i] /= sum;
      kept += reference[i] > 1e-6;
      total += at(p, i);
      isNumber &= std::isfinite(at(p, i));
    }
    if (!isNumber || total == 0 || kept < 2)
      continue;
    if (factor && std::fabs(total - *factor) > 1e-6 * std::fabs(*factor))
      core.isNormalised = false;
    factor = factor.value_or(total);
    for (int64_t i = 0; i < keys; ++i)
      if (std::fabs(at(p, i) / total - reference[i]) > 1e-6) {
        why = "the probabilities are not the softmax of the scores";
        return false;
      }
    ++decisive;
  }
  if (decisive == 0) {
    why = "no row of scores decides whether it is a softmax";
    return false;
  }
  core.scale = *alpha;
  core.factor = *factor;
  return true;
}

bool Raiser::assignRoles(Core &core, std::string &why) {
  core.batch.clear();
  core.kvHeads.clear();
  core.groups.clear();
  core.queries.clear();
  core.valueWidth.clear();
  SmallVector<Variable> shared, queryOnly;
  for (Variable v : core.target) {
    if (indices.extent(v) == 1)
      continue;
    bool q = exprs.depends(core.qDeep, v), k = exprs.depends(core.kDeep, v),
         value = exprs.depends(core.vDeep, v);
    bool p = exprs.depends(core.probability, v);
    if (k && value)
      shared.push_back(v);
    else if (q && !k && !value)
      queryOnly.push_back(v);
    else if (!q && !k && value)
      (p ? shared : core.valueWidth).push_back(v);
    else {
      why = q && value ? "the values change with the query"
            : q && k   ? "the keys change with the query"
            : k        ? "the keys have a dimension that the values lack"
                       : "the product has a dimension that queries, keys and values lack";
      return false;
    }
  }
  // Only what the result shows can play a part.
  std::set<Variable> inner(core.target.begin(), core.target.end());
  inner.insert(core.k);
  for (Expr e : {core.qDeep, core.kDeep, core.vDeep, core.probability})
    for (Variable v : exprs.node(e).free)
      if (!inner.count(v) && !contains(core.width, v)) {
        why = "a dimension of the scores is missing from the result";
        return false;
      }
  if (exprs.depends(core.qDeep, core.k)) {
    why = "the queries change with the key";
    return false;
  }

  // Batch or head: features of a token, or tokens further apart? A dota value says
  // so by its shape; in other tensors a head is inside the tokens.
  std::map<Variable, bool> isHead;
  std::map<Variable, int64_t> columns;
  auto ask = [&](Expr deep, Variable token) {
    const Node n = exprs.node(exprs.splitCoefficient(deep).second);
    if (n.op != Op::Load || !isa<RankedTensorType>(n.tensor.getType()))
      return;
    int64_t base;
    auto linear = indices.linear(flatten(n.tensor, n.index), base);
    if (!linear)
      return;
    Operation *producer = n.tensor.getDefiningOp();
    bool isDota = producer && isa<DotaDialect>(producer->getDialect());
    auto type = cast<RankedTensorType>(n.tensor.getType());
    bool isProduct = type.getRank() <= 3 && tracer.isContraction(n.tensor);
    int64_t boundary = isDota || isProduct                  ? type.getShape().back()
                       : token >= 0 && linear->count(token) ? linear->at(token)
                                                            : 0;
    for (auto [v, stride] : *linear) {
      if (stride <= 0)
        continue;
      bool head = stride < boundary;
      // Outside the tokens of a host tensor both are possible.
      if (head || isDota || isProduct) {
        isHead.try_emplace(v, head);
        columns.try_emplace(v, stride);
      }
    }
  };
  auto isDevice = [&](Expr e) {
    const Node n = exprs.node(exprs.splitCoefficient(e).second);
    return n.op == Op::Load && n.tensor.getDefiningOp() &&
           isa<DotaDialect>(n.tensor.getDefiningOp()->getDialect());
  };
  auto followed = [&](Expr shallow) { return follow(shallow); };
  SmallVector<std::pair<Expr, Variable>> questions = {
      {core.vDeep, core.k}, {core.kDeep, core.k}, {core.qDeep, -1}};
  llvm::stable_sort(questions,
                    [&](auto &a, auto &b) { return isDevice(a.first) && !isDevice(b.first); });
  questions.push_back({followed(core.vShallow), core.k});
  questions.push_back({followed(core.kShallow), core.k});
  for (auto [e, token] : questions)
    ask(e, token);

  for (auto [i, v] : llvm::enumerate(shared)) {
    auto it = isHead.find(v);
    bool head = it != isHead.end()
                    ? it->second
                    // Otherwise as tensors are usually written: batch x heads x tokens.
                    : i > 0 || (shared.size() == 1 && core.at.size() >= 4 &&
                                cast<RankedTensorType>(core.product.getType()).getDimSize(0) == 1);
    (head ? core.kvHeads : core.batch).push_back(v);
  }
  if (queryOnly.size() == 1) {
    core.queries = queryOnly;
  } else {
    // The scores' innermost dimension next to the keys is the query.
    Variable last = -1;
    for (Index index : exprs.node(core.score).index)
      for (Variable v : indices.freeVariables(index))
        if (contains(queryOnly, v))
          last = v;
    for (Variable v : queryOnly) {
      auto it = isHead.find(v);
      bool head = it != isHead.end() ? it->second : v != last;
      (head ? core.groups : core.queries).push_back(v);
    }
  }
  auto byColumn = [&](Variable a, Variable b) {
    auto x = columns.find(a), y = columns.find(b);
    return x != columns.end() && y != columns.end() && x->second > y->second;
  };
  llvm::stable_sort(core.kvHeads, byColumn);
  llvm::stable_sort(core.groups, byColumn);
  llvm::stable_sort(core.batch, byColumn);
  llvm::stable_sort(core.queries, byColumn);
  llvm::stable_sort(core.valueWidth, byColumn);
  return true;
}

bool Raiser::matchAttention(Core &core, std::string &why) {
  auto r = tracer.reduction(core.product);
  if (!r || r->loops.size() != 1)
    return false;
  core.k = indices.makeVariable(r->extent(0));
  if (!analyse(core, why))
    return false;

  // Heads, batch and groups that one dimension holds together.
  std::map<Variable, std::set<int64_t>> splits;
  for (Expr e : {core.qDeep, core.kDeep, core.vDeep, core.bias, follow(core.qShallow),
                 follow(core.kShallow), follow(core.vShallow)})
    collectSplits(e, splits);
  SmallVector<Variable> target;
  DenseMap<Variable, Index> parts;
  for (Variable v : core.target) {
    auto it = splits.find(v);
    int64_t extent = indices.extent(v), previous = 1;
    bool chain = it != splits.end();
    if (chain) {
      it->second.insert(extent);
      for (int64_t c : it->second) {
        chain &= c % previous == 0 && extent % c == 0;
        previous = c;
      }
    }
    if (!chain) {
      target.push_back(v);
      continue;
    }
    // The chain of divisors has the innermost part first, the result the outermost.
    SmallVector<Variable> inner;
    Index sum = indices.constant(0);
    previous = 1;
    for (int64_t c : it->second) {
      if (c == previous)
        continue;
      Variable part = indices.makeVariable(c / previous);
      sum = indices.add(sum, indices.scale(indices.variable(part), previous));
      inner.push_back(part);
      previous = c;
    }
    target.append(inner.rbegin(), inner.rend());
    parts[v] = sum;
  }
  if (parts.empty())
    return true;
  Core split;
  split.product = core.product;
  for (Index index : core.at)
    split.at.push_back(indices.substitute(index, parts));
  split.target = target;
  split.late = core.late == kNoExpr ? kNoExpr : exprs.substitute(core.late, parts);
  split.k = core.k;
  if (!analyse(split, why))
    return false;
  core = split;
  return true;
}

void Raiser::findAttention(Value product) {
  Core core;
  core.product = product;
  core.at = tracer.variables(cast<RankedTensorType>(product.getType()).getShape(), &core.target);
  std::string why;
  if (!matchAttention(core, why)) {
    if (!why.empty())
      notAttention[product.getDefiningOp()] = why;
    return;
  }
  (core.isNormalised ? cores : lateCores).insert(product.getDefiningOp());
  scores.insert(exprs.node(core.score).tensor.getDefiningOp());
  // Do the tensors hold the tokens outside the batch?
  for (Expr e : {core.vDeep, core.kDeep})
    if (auto lie = strides(e); lie && lie->count(core.k))
      for (Variable b : core.batch)
        isTokenMajor |= lie->count(b) && lie->at(b) > 0 && lie->at(b) < lie->at(core.k);
  for (int64_t n : {extentOf(core.queries), indices.extent(core.k)}) {
    std::pair<int64_t, int64_t> entry{extentOf(core.batch), n};
    if (!llvm::is_contained(tokens, entry))
      tokens.push_back(entry);
  }
}

Raiser::Visibility Raiser::visibility(const Core &core) {
  if (exprs.constantValue(core.bias) == 0.0)
    return Visibility::All;
  int64_t rows = 1, keys = indices.extent(core.k);
  SmallVector<Variable> others;
  for (Variable v : exprs.node(core.bias).free)
    if (v != core.k) {
      others.push_back(v);
      rows *= indices.extent(v);
    }
  if (!isConstant(exprs, core.bias) || rows * keys > (int64_t(1) << 28))
    return Visibility::Biased;
  Index query = flatten(core.queries);
  int64_t offset = keys - extentOf(core.queries);
  bool all = true, causal = true;
  for (Variable v : core.queries)
    causal &= contains(others, v) || indices.extent(v) == 1;
  Evaluator evaluator(exprs, core.k, 0);
  std::vector<int64_t> values;
  for (int64_t row = 0; row < rows && (all || causal); ++row) {
    int64_t rest = row;
    for (Variable v : others) {
      int64_t value = rest % indices.extent(v);
      rest /= indices.extent(v);
      if (int64_t(values.size()) <= v)
        values.resize(v + 1, 0);
      values[v] = value;
      evaluator.set(v, value);
    }
    for (Variable v : core.queries)
      if (int64_t(values.size()) <= v)
        values.resize(v + 1, 0);
    int64_t i = indices.evaluate(query, values);
    const Row &bias = evaluator.row(core.bias);
    for (int64_t j = 0; j < keys; ++j) {
      double b = bias.size() == 1 ? bias[0] : bias[j];
      all &= std::fabs(b) < 1e-6;
      causal &= j <= i + offset ? std::fabs(b) < 1e-6 : b <= -8192;
    }
  }
  return all ? Visibility::All : causal ? Visibility::Causal : Visibility::Biased;
}

bool Raiser::raiseAttention(Value product) {
  Core core;
  core.product = product;
  core.at = tracer.variables(cast<RankedTensorType>(product.getType()).getShape(), &core.target);
  return raiseAttention(core, product);
}

/// A product with exponentials, divided by their sum afterwards.
bool Raiser::raiseLateAttention(Value v) {
  SmallVector<Variable> vars;
  SmallVector<Index> at = tracer.variables(cast<RankedTensorType>(v.getType()).getShape(), &vars);
  Expr e = tracer.trace(v, at);
  if (exprs.node(e).op != Op::Mul)
    return false;
  SmallVector<Expr> factors;
  exprs.factors(e, factors);
  for (Expr f : factors) {
    const Node n = exprs.node(f);
    if (n.op != Op::Load || !n.tensor.getDefiningOp() ||
        !lateCores.contains(n.tensor.getDefiningOp()))
      continue;
    Core core;
    core.product = n.tensor;
    core.at.assign(n.index.begin(), n.index.end());
    core.target = vars;
    core.late = exprs.constant(1);
    for (Expr other : factors)
      if (other != f)
        core.late = exprs.mul(core.late, other);
    if (!raiseAttention(core, v))
      return false;
    raisedLate.insert(n.tensor.getDefiningOp());
    return true;
  }
  return false;
}

bool Raiser::raiseAttention(Core &core, Value replaced) {
  std::string why;
  Value product = core.product;
  bool matched = matchAttention(core, why);
  if (matched && !core.isNormalised)
    why = "the probabilities do not add up to one";
  if (!matched || !core.isNormalised) {
    missed(product.getDefiningOp(), "attention", why);
    return false;
  }
  int64_t batch = extentOf(core.batch), keys = indices.extent(core.k);
  int64_t kvHeads = extentOf(core.kvHeads), heads = kvHeads * extentOf(core.groups);

  auto layout = [&](ArrayRef<Variable> tokenVars,
                    std::initializer_list<ArrayRef<Variable>> features) {
    Layout l;
    l.rows = core.batch;
    l.rows.append(tokenVars.begin(), tokenVars.end());
    for (ArrayRef<Variable> part : features)
      l.features.append(part.begin(), part.end());
    if (batch > 1)
      l.rowShape.push_back(batch);
    l.rowShape.push_back(extentOf(tokenVars));
    return l;
  };
  // A tensor repeated over heads is read once.
  auto read = [&](Expr deep, Expr shallow, const Layout &l) {
    DenseMap<Variable, Index> missing;
    for (Variable v : exprs.node(shallow).free)
      if (!exprs.depends(deep, v))
        missing[v] = indices.constant(0);
    return operand(deep, exprs.substitute(shallow, missing), l);
  };
  // The factors of queries and keys go into the scale.
  auto [qFactor, qRest] = exprs.splitCoefficient(core.qDeep);
  auto [kFactor, kRest] = exprs.splitCoefficient(core.kDeep);
  double scale = core.scale;
  auto isLoad = [&](Expr e) { return exprs.node(e).op == Op::Load; };
  if (isLoad(qRest))
    scale *= qFactor;
  if (isLoad(kRest))
    scale *= kFactor;

  Layout qLayout = layout(core.queries, {core.kvHeads, core.groups, core.width});
  // The width's order is free: as it lies.
  for (Expr e : {kRest, qRest})
    if (auto s = strides(e))
      sortByStride(core.width, *s);
  qLayout = layout(core.queries, {core.kvHeads, core.groups, core.width});
  Layout kLayout = layout({core.k}, {core.kvHeads, core.width});
  Layout vLayout = layout({core.k}, {core.kvHeads, core.valueWidth});
  Layout oLayout = layout(core.queries, {core.kvHeads, core.groups, core.valueWidth});

  Value q = isLoad(qRest) ? read(qRest, qRest, qLayout) : read(core.qDeep, core.qShallow, qLayout);
  Value k = isLoad(kRest) ? read(kRest, kRest, kLayout) : read(core.kDeep, core.kShallow, kLayout);
  Value v = read(core.vDeep, core.vShallow, vLayout);

  Visibility visible = visibility(core);
  Value bias;
  if (visible == Visibility::Biased) {
    auto usesAny = [&](ArrayRef<Variable> vars) {
      return llvm::any_of(vars, [&](Variable x) { return exprs.depends(core.bias, x); });
    };
    SmallVector<Variable> order, headVars(core.kvHeads);
    headVars.append(core.groups);
    SmallVector<int64_t> shape;
    auto dimension = [&](ArrayRef<Variable> vars) {
      bool used = usesAny(vars);
      if (used)
        order.append(vars.begin(), vars.end());
      return used ? extentOf(vars) : 1;
    };
    int64_t b = dimension(core.batch);
    if (batch > 1)
      shape.push_back(b);
    shape.push_back(dimension(headVars));
    shape.push_back(dimension(core.queries));
    order.push_back(core.k);
    shape.push_back(keys);
    // Finite, so that a row without any key is no NaN.
    Expr e = core.bias;
    if (!isLoad(e))
      e = exprs.make(Op::Max, {exprs.constant(-3.4028234663852886e38), e});
    bias = reshape(emit(e, order), shape);
  }

  auto type = tensorType(withFeatures(oLayout.rowShape, extentOf(oLayout.features)));
  Value result = AttentionOp::create(builder, loc, type, q, k, v, bias, heads, kvHeads,
                                     APFloat(float(scale)), visible == Visibility::Causal);
  if (std::fabs(core.factor - 1) > 1e-6)
    result =
        MulOp::create(builder, loc, type, result, splatRow(core.factor, type.getShape().back()));
  replace(replaced,
          restore(result, oLayout, core.target, cast<RankedTensorType>(replaced.getType())));
  raised(product.getDefiningOp(), "attention");
  return true;
}
