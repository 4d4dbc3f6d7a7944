//===- Expression.cpp - what a tensor's element is, as an expression --------===//

#include "Expression.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

using namespace mlir;
using namespace mlir::dota::raising;

//===----------------------------------------------------------------------===//
// Index expressions
//===----------------------------------------------------------------------===//

static int64_t floorDivide(int64_t a, int64_t b) {
  int64_t q = a / b;
  return (a % b != 0 && ((a < 0) != (b < 0))) ? q - 1 : q;
}

Variable IndexSpace::makeVariable(int64_t extent) {
  variables.push_back(extent);
  return variables.size() - 1;
}

Index IndexSpace::constant(int64_t value) {
  Form form;
  form.constant = value;
  return intern(form);
}

Index IndexSpace::variable(Variable v) {
  if (extent(v) == 1)
    return constant(0);
  return ofAtom(AtomKind::Variable, -1, extent(v), v);
}

Index IndexSpace::ofAtom(AtomKind kind, Index inner, int64_t divisor, Variable v) {
  auto [it, isNew] = internedAtoms.try_emplace({int(kind), inner, divisor, v}, atoms.size());
  if (isNew)
    atoms.push_back({kind, inner, divisor, v});
  Form form;
  form.terms.push_back({it->second, 1});
  return intern(form);
}

int32_t IndexSpace::findAtom(AtomKind kind, Index inner, int64_t divisor) const {
  auto it = internedAtoms.find({int(kind), inner, divisor, -1});
  return it == internedAtoms.end() ? -1 : it->second;
}

Index IndexSpace::intern(Form form) {
  llvm::sort(form.terms, [](const Term &a, const Term &b) { return a.atom < b.atom; });
  std::vector<int64_t> key{form.constant};
  for (const Term &term : form.terms) {
    key.push_back(term.atom);
    key.push_back(term.factor);
  }
  auto [it, isNew] = internedForms.try_emplace(std::move(key), forms.size());
  if (!isNew)
    return it->second;
  Info entry{{form.constant, form.constant}, {}};
  std::set<Variable> free;
  for (const Term &term : form.terms) {
    const Atom &atom = atoms[term.atom];
    Bounds inner{0, 0};
    if (atom.kind == AtomKind::Variable) {
      inner = {0, atom.divisor - 1};
      free.insert(atom.variable);
    } else {
      const Info &of = info[atom.inner];
      free.insert(of.free.begin(), of.free.end());
      if (atom.kind == AtomKind::Quotient)
        inner = {floorDivide(of.bounds.low, atom.divisor),
                 floorDivide(of.bounds.high, atom.divisor)};
      else
        inner = {0, atom.divisor - 1};
    }
    entry.bounds.low += std::min(term.factor * inner.low, term.factor * inner.high);
    entry.bounds.high += std::max(term.factor * inner.low, term.factor * inner.high);
  }
  entry.free.assign(free.begin(), free.end());
  forms.push_back(std::move(form));
  info.push_back(std::move(entry));
  return it->second;
}

Index IndexSpace::add(Index a, Index b) {
  Form form = forms[a];
  form.constant += forms[b].constant;
  for (const Term &term : forms[b].terms) {
    auto it = llvm::find_if(form.terms, [&](const Term &t) { return t.atom == term.atom; });
    if (it == form.terms.end())
      form.terms.push_back(term);
    else if (it->factor == -term.factor)
      form.terms.erase(it);
    else
      it->factor += term.factor;
  }
  // j c (x / c) + j (x mod c) = j x. The quotient of a quotient is held as one
  // quotient, so it is looked up in its simplified form.
  for (const Term &term : form.terms) {
    Atom atom = atoms[term.atom];
    if (atom.kind != AtomKind::Remainder)
      continue;
    Index quotient = floorDiv(atom.inner, atom.divisor);
    const Form &quotientForm = forms[quotient];
    if (quotientForm.constant != 0 || quotientForm.terms.size() != 1 ||
        quotientForm.terms[0].factor != 1)
      continue;
    Term wanted{quotientForm.terms[0].atom, term.factor * atom.divisor};
    auto it = llvm::find(form.terms, wanted);
    if (it == form.terms.end())
      continue;
    Term remainder = term;
    form.terms.erase(it);
    form.terms.erase(llvm::find(form.terms, remainder));
    Index rest = intern(form);
    return add(rest, scale(atom.inner, remainder.factor));
  }
  return intern(std::move(form));
}

Index IndexSpace::scale(Index a, int64_t factor) {
  if (factor == 0)
    return constant(0);
  Form form = forms[a];
  form.constant *= factor;
  for (Term &term : form.terms)
    term.factor *= factor;
  return intern(std::move(form));
}

Index IndexSpace::floorDiv(Index a, int64_t c) {
  if (c == 1)
    return a;
  // a = c * whole + rest
  Form whole, rest;
  for (const Term &term : forms[a].terms) {
    if (term.factor % c == 0)
      whole.terms.push_back({term.atom, term.factor / c});
    else
      rest.terms.push_back(term);
  }
  whole.constant = floorDivide(forms[a].constant, c);
  rest.constant = forms[a].constant - c * whole.constant;
  Index wholeIndex = intern(whole), restIndex = intern(rest);
  Bounds b = bounds(restIndex);
  if (b.low >= 0 && b.high < c)
    return wholeIndex;
  int64_t gcd = c;
  for (const Term &term : rest.terms)
    gcd = std::gcd(gcd, std::abs(term.factor));
  if (gcd > 1) {
    for (Term &term : rest.terms)
      term.factor /= gcd;
    rest.constant = floorDivide(rest.constant, gcd);
    return add(wholeIndex, floorDiv(intern(rest), c / gcd));
  }
  if (rest.terms.size() == 1 && rest.terms[0].factor == 1 && rest.constant == 0) {
    Atom atom = atoms[rest.terms[0].atom];
    if (atom.kind == AtomKind::Quotient)
      return add(wholeIndex, floorDiv(atom.inner, atom.divisor * c));
    if (atom.kind == AtomKind::Remainder && atom.divisor % c == 0)
      return add(wholeIndex, mod(floorDiv(atom.inner, c), atom.divisor / c));
  }
  return add(wholeIndex, ofAtom(AtomKind::Quotient, restIndex, c, -1));
}

Index IndexSpace::mod(Index a, int64_t c) {
  if (c == 1)
    return constant(0);
  Form rest;
  for (const Term &term : forms[a].terms)
    if (term.factor % c != 0)
      rest.terms.push_back(term);
  rest.constant = forms[a].constant - c * floorDivide(forms[a].constant, c);
  Index restIndex = intern(rest);
  Bounds b = bounds(restIndex);
  if (b.low >= 0 && b.high < c)
    return restIndex;
  int64_t gcd = c;
  for (const Term &term : rest.terms)
    gcd = std::gcd(gcd, std::abs(term.factor));
  if (gcd > 1) {
    for (Term &term : rest.terms)
      term.factor /= gcd;
    int64_t low = rest.constant % gcd;
    rest.constant /= gcd;
    return add(scale(mod(intern(rest), c / gcd), gcd), constant(low));
  }
  if (rest.terms.size() == 1 && rest.terms[0].factor == 1 && rest.constant == 0) {
    Atom atom = atoms[rest.terms[0].atom];
    if (atom.kind == AtomKind::Remainder && atom.divisor % c == 0)
      return mod(atom.inner, c);
  }
  return ofAtom(AtomKind::Remainder, restIndex, c, -1);
}

std::optional<int64_t> IndexSpace::constantValue(Index a) const {
  if (forms[a].terms.empty())
    return forms[a].constant;
  return std::nullopt;
}

bool IndexSpace::depends(Index a, Variable v) const { return llvm::is_contained(info[a].free, v); }

int64_t IndexSpace::evaluate(Index a, ArrayRef<int64_t> values) const {
  int64_t sum = forms[a].constant;
  for (const Term &term : forms[a].terms) {
    const Atom &atom = atoms[term.atom];
    int64_t value;
    if (atom.kind == AtomKind::Variable) {
      value = values[atom.variable];
    } else {
      int64_t inner = evaluate(atom.inner, values);
      int64_t quotient = floorDivide(inner, atom.divisor);
      value = atom.kind == AtomKind::Quotient ? quotient : inner - quotient * atom.divisor;
    }
    sum += term.factor * value;
  }
  return sum;
}

Index IndexSpace::substitute(Index a, const DenseMap<Variable, Index> &map) {
  if (llvm::none_of(info[a].free, [&](Variable v) { return map.contains(v); }))
    return a;
  Form form = forms[a];
  Index sum = constant(form.constant);
  for (const Term &term : form.terms) {
    Atom atom = atoms[term.atom];
    Index value;
    if (atom.kind == AtomKind::Variable) {
      auto it = map.find(atom.variable);
      value = it == map.end() ? variable(atom.variable) : it->second;
    } else {
      Index inner = substitute(atom.inner, map);
      value = atom.kind == AtomKind::Quotient ? floorDiv(inner, atom.divisor)
                                              : mod(inner, atom.divisor);
    }
    sum = add(sum, scale(value, term.factor));
  }
  return sum;
}

std::optional<std::map<Variable, int64_t>> IndexSpace::linear(Index a, int64_t &constant) const {
  std::map<Variable, int64_t> result;
  for (const Term &term : forms[a].terms) {
    const Atom &atom = atoms[term.atom];
    if (atom.kind != AtomKind::Variable)
      return std::nullopt;
    result[atom.variable] = term.factor;
  }
  constant = forms[a].constant;
  return result;
}

//===----------------------------------------------------------------------===//
// Scalar expressions
//===----------------------------------------------------------------------===//

int ExprSpace::valueNumber(Value v) {
  return valueNumbers.try_emplace(v, valueNumbers.size()).first->second;
}

bool ExprSpace::depends(Expr e, Variable v) const { return llvm::is_contained(nodes[e].free, v); }

std::optional<double> ExprSpace::constantValue(Expr e) const {
  const Node &n = nodes[e];
  if (n.op == Op::Constant)
    return n.value;
  if (n.op == Op::Position)
    if (auto value = indices.constantValue(n.index[0]))
      return double(*value);
  return std::nullopt;
}

Expr ExprSpace::intern(Node n) {
  std::vector<int64_t> key;
  key.reserve(8 + n.index.size() + n.args.size());
  key.push_back(int64_t(n.op) | int64_t(n.kind) << 8 | int64_t(n.detail) << 16);
  int64_t bits;
  std::memcpy(&bits, &n.value, sizeof bits);
  key.push_back(bits);
  key.push_back(n.tensor ? valueNumber(n.tensor) : -1);
  key.push_back(n.index.size());
  key.insert(key.end(), n.index.begin(), n.index.end());
  key.insert(key.end(), n.args.begin(), n.args.end());
  key.push_back(-1);
  key.insert(key.end(), n.bound.begin(), n.bound.end());
  auto [it, isNew] = interned.try_emplace(std::move(key), nodes.size());
  if (!isNew)
    return it->second;
  std::set<Variable> free;
  for (Index index : n.index)
    free.insert(indices.freeVariables(index).begin(), indices.freeVariables(index).end());
  for (Expr arg : n.args)
    free.insert(nodes[arg].free.begin(), nodes[arg].free.end());
  for (Variable v : n.bound)
    free.erase(v);
  n.free.assign(free.begin(), free.end());
  nodes.push_back(std::move(n));
  return it->second;
}

Expr ExprSpace::constant(double value, ScalarKind kind) {
  if (kind == ScalarKind::Int)
    return position(indices.constant(int64_t(value)));
  Node n{Op::Constant, kind};
  // One zero.
  n.value = value == 0 ? 0.0 : value;
  return intern(std::move(n));
}

Expr ExprSpace::position(Index index) {
  Node n{Op::Position, ScalarKind::Int};
  n.index.push_back(index);
  return intern(std::move(n));
}

Expr ExprSpace::load(Value tensor, ArrayRef<Index> index, ScalarKind kind) {
  Node n{Op::Load, kind};
  n.tensor = tensor;
  n.index.assign(index.begin(), index.end());
  return intern(std::move(n));
}

Expr ExprSpace::gather(Value tensor, ArrayRef<Expr> args, ScalarKind kind) {
  if (llvm::all_of(args, [&](Expr e) { return nodes[e].op == Op::Position; })) {
    SmallVector<Index> index;
    for (Expr e : args)
      index.push_back(nodes[e].index[0]);
    return load(tensor, index, kind);
  }
  Node n{Op::Gather, kind};
  n.tensor = tensor;
  n.args.assign(args.begin(), args.end());
  return intern(std::move(n));
}

Expr ExprSpace::accumulator(ScalarKind kind) { return intern(Node{Op::Accumulator, kind}); }

Expr ExprSpace::reduce(Combine combine, Expr term, Expr init, ArrayRef<Variable> bound) {
  Node n{Op::Reduce, nodes[term].kind};
  n.detail = uint8_t(combine);
  n.args = {term, init};
  n.bound.assign(bound.begin(), bound.end());
  return intern(std::move(n));
}

static ScalarKind resultKind(Op op, ScalarKind second) {
  switch (op) {
  case Op::AddI:
  case Op::MulI:
  case Op::DivI:
  case Op::RemI:
  case Op::MaxI:
  case Op::MinI:
  case Op::AndI:
  case Op::OrI:
  case Op::XorI:
  case Op::ShiftLeft:
  case Op::ShiftRight:
  case Op::AbsI:
  case Op::FloatToInt:
  case Op::BoolToInt:
    return ScalarKind::Int;
  case Op::And:
  case Op::Or:
  case Op::Xor:
  case Op::CompareF:
  case Op::CompareI:
  case Op::IntToBool:
    return ScalarKind::Bool;
  case Op::Select:
    return second;
  default:
    return ScalarKind::Float;
  }
}

static double foldUnary(Op op, double x) {
  switch (op) {
  case Op::Reciprocal:
    return 1.0 / x;
  case Op::Exp:
    return std::exp(x);
  case Op::Log:
    return std::log(x);
  case Op::Sqrt:
    return std::sqrt(x);
  case Op::Rsqrt:
    return 1.0 / std::sqrt(x);
  case Op::Erf:
    return std::erf(x);
  case Op::Erfc:
    return std::erfc(x);
  case Op::Tanh:
    return std::tanh(x);
  case Op::Sin:
    return std::sin(x);
  case Op::Cos:
    return std::cos(x);
  case Op::Abs:
  case Op::AbsI:
    return std::fabs(x);
  case Op::Floor:
    return std::floor(x);
  case Op::Ceil:
    return std::ceil(x);
  case Op::Round:
    return std::nearbyint(x);
  case Op::Trunc:
  case Op::FloatToInt:
    return std::trunc(x);
  case Op::IntToBool:
    return int64_t(x) & 1;
  default:
    return x;
  }
}

static bool comparePredicate(Predicate predicate, double a, double b) {
  switch (predicate) {
  case Predicate::EQ:
    return a == b;
  case Predicate::NE:
    return a != b;
  case Predicate::LT:
    return a < b;
  case Predicate::LE:
    return a <= b;
  case Predicate::GT:
    return a > b;
  case Predicate::GE:
    return a >= b;
  }
  return false;
}

static double foldBinary(Op op, uint8_t detail, double a, double b) {
  switch (op) {
  case Op::Add:
  case Op::AddI:
    return a + b;
  case Op::Mul:
  case Op::MulI:
    return a * b;
  case Op::Pow:
    return std::pow(a, b);
  case Op::Max:
  case Op::MaxI:
    return std::isnan(a) ? b : std::isnan(b) ? a : std::max(a, b);
  case Op::Min:
  case Op::MinI:
    return std::isnan(a) ? b : std::isnan(b) ? a : std::min(a, b);
  case Op::DivI:
    return b == 0 ? 0 : std::trunc(a / b);
  case Op::RemI:
    return b == 0 ? 0 : std::fmod(a, b);
  case Op::AndI:
  case Op::And:
    return double(int64_t(a) & int64_t(b));
  case Op::OrI:
  case Op::Or:
    return double(int64_t(a) | int64_t(b));
  case Op::XorI:
  case Op::Xor:
    return double(int64_t(a) ^ int64_t(b));
  case Op::ShiftLeft:
    return std::ldexp(a, int(b));
  case Op::ShiftRight:
    return std::floor(std::ldexp(a, -int(b)));
  case Op::CompareF:
  case Op::CompareI:
    return comparePredicate(Predicate(detail), a, b);
  default:
    return 0;
  }
}

namespace mlir::dota::raising {
double evaluateUnary(Op op, double x) { return foldUnary(op, x); }
double evaluateBinary(Op op, uint8_t detail, double a, double b) {
  return foldBinary(op, detail, a, b);
}
} // namespace mlir::dota::raising

Expr ExprSpace::make(Op op, ArrayRef<Expr> given, uint8_t detail) {
  SmallVector<Expr, 3> args(given.begin(), given.end());
  auto constantOf = [&](unsigned i) { return constantValue(args[i]); };
  auto isConstant = [&](unsigned i, double value) {
    auto c = constantOf(i);
    return c && *c == value;
  };
  ScalarKind kind = resultKind(op, args.size() > 1 ? nodes[args[1]].kind : ScalarKind::Float);

  if (op == Op::Select) {
    if (auto c = constantOf(0))
      return *c != 0 ? args[1] : args[2];
    if (args[1] == args[2])
      return args[1];
    if (kind == ScalarKind::Bool && isConstant(1, 1) && isConstant(2, 0))
      return args[0];
    Node n{op, kind};
    n.args = args;
    return intern(std::move(n));
  }

  // All constant.
  if (args.size() == 1 && constantOf(0))
    return constant(foldUnary(op, *constantOf(0)), kind);
  if (args.size() == 2 && constantOf(0) && constantOf(1))
    return constant(foldBinary(op, detail, *constantOf(0), *constantOf(1)), kind);

  bool commutes =
      llvm::is_contained({Op::Add, Op::Mul, Op::Max, Op::Min, Op::AddI, Op::MulI, Op::MaxI,
                          Op::MinI, Op::AndI, Op::OrI, Op::XorI, Op::And, Op::Or, Op::Xor},
                         op);
  if (commutes && (constantOf(1) ? !constantOf(0) : (!constantOf(0) && args[1] < args[0])))
    std::swap(args[0], args[1]); // constant first, then by number

  auto isPosition = [&](unsigned i) { return nodes[args[i]].op == Op::Position; };
  auto index = [&](unsigned i) { return nodes[args[i]].index[0]; };
  switch (op) {
  case Op::Add:
    if (isConstant(0, 0))
      return args[1];
    break;
  case Op::Mul: {
    if (isConstant(0, 1))
      return args[1];
    if (isConstant(0, 0))
      return args[0];
    // Constants come to the front: c (d x) = (c d) x, (c x) (d y) = (c d) (x y).
    double factor = 1;
    bool changed = false;
    for (Expr &arg : args) {
      const Node &n = nodes[arg];
      if (n.op == Op::Mul && nodes[n.args[0]].op == Op::Constant) {
        factor *= nodes[n.args[0]].value;
        arg = n.args[1];
        changed = true;
      }
    }
    if (changed) {
      if (auto c = constantOf(0))
        return make(Op::Mul, {constant(*c * factor), args[1]});
      return make(Op::Mul, {constant(factor), make(Op::Mul, {args[0], args[1]})});
    }
    break;
  }
  case Op::Reciprocal: {
    // A copy: what is made below may move the nodes.
    const Node n = nodes[args[0]];
    if (n.op == Op::Mul && nodes[n.args[0]].op == Op::Constant) {
      double c = nodes[n.args[0]].value;
      return make(Op::Mul, {constant(1 / c), make(Op::Reciprocal, {n.args[1]})});
    }
    if (n.op == Op::Reciprocal)
      return n.args[0];
    break;
  }
  case Op::Pow:
    if (isConstant(1, 1))
      return args[0];
    if (isConstant(1, 2))
      return mul(args[0], args[0]);
    if (isConstant(1, 3))
      return mul(args[0], mul(args[0], args[0]));
    if (isConstant(1, 0.5))
      return make(Op::Sqrt, {args[0]});
    if (isConstant(1, -0.5))
      return make(Op::Rsqrt, {args[0]});
    if (isConstant(1, -1))
      return make(Op::Reciprocal, {args[0]});
    break;
  case Op::AddI:
    if (isPosition(0) && isPosition(1))
      return position(indices.add(index(0), index(1)));
    break;
  case Op::MulI:
    if (isPosition(1) && constantOf(0))
      return position(indices.scale(index(1), int64_t(*constantOf(0))));
    break;
  case Op::DivI:
    if (isPosition(0) && constantOf(1) && *constantOf(1) > 0 && indices.bounds(index(0)).low >= 0)
      return position(indices.floorDiv(index(0), int64_t(*constantOf(1))));
    break;
  case Op::RemI:
    if (isPosition(0) && constantOf(1) && *constantOf(1) > 0 && indices.bounds(index(0)).low >= 0)
      return position(indices.mod(index(0), int64_t(*constantOf(1))));
    break;
  case Op::MaxI:
  case Op::MinI:
    if (isPosition(0) && isPosition(1)) {
      auto difference = indices.bounds(indices.add(index(0), indices.scale(index(1), -1)));
      if (difference.low >= 0)
        return op == Op::MaxI ? args[0] : args[1];
      if (difference.high <= 0)
        return op == Op::MaxI ? args[1] : args[0];
    }
    break;
  case Op::CompareI:
    if (isPosition(0) && isPosition(1)) {
      auto d = indices.bounds(indices.add(index(0), indices.scale(index(1), -1)));
      bool low = comparePredicate(Predicate(detail), double(d.low), 0);
      bool high = comparePredicate(Predicate(detail), double(d.high), 0);
      switch (Predicate(detail)) {
      case Predicate::LT:
      case Predicate::LE:
      case Predicate::GT:
      case Predicate::GE:
        if (low == high)
          return constant(low, ScalarKind::Bool);
        break;
      case Predicate::EQ:
      case Predicate::NE:
        if (d.low > 0 || d.high < 0)
          return constant(Predicate(detail) == Predicate::NE, ScalarKind::Bool);
        break;
      }
    }
    break;
  case Op::And:
    if (isConstant(0, 1) || args[0] == args[1])
      return args[1];
    if (isConstant(0, 0))
      return args[0];
    break;
  case Op::Or:
    if (isConstant(0, 0) || args[0] == args[1])
      return args[1];
    if (isConstant(0, 1))
      return args[0];
    break;
  case Op::Xor:
    if (isConstant(0, 0))
      return args[1];
    break;
  case Op::IntToBool:
    if (nodes[args[0]].op == Op::BoolToInt)
      return nodes[args[0]].args[0];
    break;
  default:
    break;
  }
  Node n{op, kind};
  n.detail = detail;
  n.args = args;
  return intern(std::move(n));
}

Expr ExprSpace::replace(Expr root, const DenseMap<Expr, Expr> &map) {
  DenseMap<Expr, Expr> done;
  auto visit = [&](auto &self, Expr e) -> Expr {
    if (auto it = map.find(e); it != map.end())
      return it->second;
    if (auto it = done.find(e); it != done.end())
      return it->second;
    Node n = nodes[e];
    Expr result = e;
    if (!n.args.empty()) {
      SmallVector<Expr, 3> args;
      for (Expr arg : n.args)
        args.push_back(self(self, arg));
      if (args != n.args) {
        if (n.op == Op::Reduce)
          result = reduce(Combine(n.detail), args[0], args[1], n.bound);
        else if (n.op == Op::Gather)
          result = gather(n.tensor, args, n.kind);
        else
          result = make(n.op, args, n.detail);
      }
    }
    return done[e] = result;
  };
  return visit(visit, root);
}

Expr ExprSpace::substitute(Expr root, const DenseMap<Variable, Index> &map) {
  DenseMap<Expr, Expr> done;
  auto visit = [&](auto &self, Expr e) -> Expr {
    if (llvm::none_of(nodes[e].free, [&](Variable v) { return map.contains(v); }))
      return e;
    if (auto it = done.find(e); it != done.end())
      return it->second;
    Node n = nodes[e];
    for (Index &index : n.index)
      index = indices.substitute(index, map);
    bool rebinds = llvm::any_of(n.bound, [&](Variable v) { return map.contains(v); });
    for (Expr &arg : n.args) {
      if (!rebinds) {
        arg = self(self, arg);
        continue;
      }
      // A bound variable is another one than the variable of that number outside.
      DenseMap<Variable, Index> inner = map;
      for (Variable v : n.bound)
        inner.erase(v);
      arg = substitute(arg, inner);
    }
    Expr result;
    switch (n.op) {
    case Op::Load:
      result = load(n.tensor, n.index, n.kind);
      break;
    case Op::Gather:
      result = gather(n.tensor, n.args, n.kind);
      break;
    case Op::Position:
      result = position(n.index[0]);
      break;
    case Op::Reduce:
      result = reduce(Combine(n.detail), n.args[0], n.args[1], n.bound);
      break;
    default:
      result = make(n.op, n.args, n.detail);
      break;
    }
    return done[e] = result;
  };
  return visit(visit, root);
}

SmallVector<Expr> ExprSpace::subexpressions(Expr root, bool insideReductions) const {
  std::set<Expr> seen;
  SmallVector<Expr> stack{root};
  while (!stack.empty()) {
    Expr e = stack.pop_back_val();
    if (!seen.insert(e).second)
      continue;
    if (nodes[e].op == Op::Reduce && !insideReductions)
      continue;
    stack.append(nodes[e].args.begin(), nodes[e].args.end());
  }
  return SmallVector<Expr>(seen.begin(), seen.end());
}

SmallVector<Expr> ExprSpace::leaves(Expr root, bool insideReductions) const {
  SmallVector<Expr> result;
  for (Expr e : subexpressions(root, insideReductions))
    if (nodes[e].op == Op::Load || nodes[e].op == Op::Gather)
      result.push_back(e);
  return result;
}

std::pair<double, Expr> ExprSpace::splitCoefficient(Expr e) const {
  const Node &n = nodes[e];
  if (n.op == Op::Mul && nodes[n.args[0]].op == Op::Constant)
    return {nodes[n.args[0]].value, n.args[1]};
  return {1.0, e};
}

void ExprSpace::factors(Expr e, SmallVectorImpl<Expr> &result) const {
  if (nodes[e].op == Op::Mul) {
    for (Expr arg : nodes[e].args)
      factors(arg, result);
    return;
  }
  result.push_back(e);
}
