//===- Expression.h - what a tensor's element is, as an expression -*- C++ -*-===//
//
// The language in which raising reads a module. An element of a tensor is a
// scalar expression over loads of other tensors; where it loads is an index
// expression over variables. Both are interned: equal meaning written alike has
// equal numbers. Numbers follow the order of creation, never addresses, so that
// results do not vary from run to run.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_LIB_RAISE_EXPRESSION_H
#define DOTA_LIB_RAISE_EXPRESSION_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace mlir::dota::raising {

using Variable = int32_t;
/// A linear form over variables and quotients and remainders of linear forms.
using Index = int32_t;
/// A scalar expression.
using Expr = int32_t;

constexpr Expr kNoExpr = -1;

/// Interned index expressions. A variable takes 0 .. extent-1; one of extent 1 is
/// the constant 0.
class IndexSpace {
public:
  struct Term {
    int32_t atom;
    int64_t factor;
    bool operator==(const Term &) const = default;
  };
  struct Form {
    int64_t constant = 0;
    SmallVector<Term, 3> terms; // by atom
  };
  enum class AtomKind { Variable, Quotient, Remainder };
  struct Atom {
    AtomKind kind;
    Index inner;     // Quotient, Remainder
    int64_t divisor; // Quotient, Remainder; a variable's extent
    Variable variable;
  };
  struct Bounds {
    int64_t low, high;
  };

  Variable makeVariable(int64_t extent);
  int64_t extent(Variable v) const { return variables[v]; }

  Index constant(int64_t value);
  Index variable(Variable v);
  Index add(Index a, Index b);
  Index scale(Index a, int64_t factor);
  Index floorDiv(Index a, int64_t divisor);
  Index mod(Index a, int64_t divisor);

  std::optional<int64_t> constantValue(Index a) const;
  Bounds bounds(Index a) const { return info[a].bounds; }
  const Form &form(Index a) const { return forms[a]; }
  const Atom &atom(int32_t a) const { return atoms[a]; }
  /// Sorted.
  ArrayRef<Variable> freeVariables(Index a) const { return info[a].free; }
  bool depends(Index a, Variable v) const;
  int64_t evaluate(Index a, ArrayRef<int64_t> values) const;
  Index substitute(Index a, const DenseMap<Variable, Index> &map);
  /// The factor of every variable and the constant, where the form has no
  /// quotient or remainder.
  std::optional<std::map<Variable, int64_t>> linear(Index a, int64_t &constant) const;

private:
  struct Info {
    Bounds bounds;
    SmallVector<Variable, 3> free;
  };
  Index intern(Form form);
  Index ofAtom(AtomKind kind, Index inner, int64_t divisor, Variable v);
  int32_t findAtom(AtomKind kind, Index inner, int64_t divisor) const;

  std::vector<int64_t> variables;
  std::vector<Form> forms;
  std::vector<Info> info;
  std::vector<Atom> atoms;
  std::map<std::vector<int64_t>, Index> internedForms;
  std::map<std::tuple<int, Index, int64_t, Variable>, int32_t> internedAtoms;
};

enum class ScalarKind { Float, Int, Bool };

enum class Op : uint8_t {
  Constant, // value
  Load,     // tensor[index...]
  Gather,   // tensor[args...]
  Position, // an index expression as a value
  Reduce,   // over bound variables; args: term, init
  Accumulator,
  // float
  Add,
  Mul,
  Reciprocal,
  Exp,
  Log,
  Sqrt,
  Rsqrt,
  Erf,
  Erfc,
  Tanh,
  Sin,
  Cos,
  Pow,
  Abs,
  Floor,
  Ceil,
  Round,
  Trunc,
  Max,
  Min,
  // int
  AddI,
  MulI,
  DivI,
  RemI,
  MaxI,
  MinI,
  AndI,
  OrI,
  XorI,
  ShiftLeft,
  ShiftRight,
  AbsI,
  // bool
  And,
  Or,
  Xor,
  // compare: value holds the predicate
  CompareF,
  CompareI,
  Select,
  // between kinds
  IntToFloat,
  FloatToInt,
  BoolToInt,
  IntToBool,
};

enum class Combine : uint8_t { Add, Mul, Max, Min, And, Or };
enum class Predicate : uint8_t { EQ, NE, LT, LE, GT, GE };

struct Node {
  Node(Op op, ScalarKind kind) : op(op), kind(kind) {}
  Op op;
  ScalarKind kind;
  /// Predicate of a comparison, combiner of a reduction.
  uint8_t detail = 0;
  double value = 0;
  Value tensor;
  SmallVector<Index, 4> index;
  SmallVector<Expr, 3> args;
  SmallVector<Variable, 2> bound;
  SmallVector<Variable, 4> free; // sorted
};

/// Interned scalar expressions, brought to a light normal form: `a - b` is
/// `a + (-1) b`, `a / b` is `a (1 / b)`, constants stand first in products, sums
/// and products of two are ordered by number, neutral elements vanish, powers 2
/// and 3 are products, conversions between float types are nothing.
class ExprSpace {
public:
  explicit ExprSpace(IndexSpace &indices) : indices(indices) {}
  IndexSpace &indices;

  const Node &node(Expr e) const { return nodes[e]; }
  ScalarKind kind(Expr e) const { return nodes[e].kind; }
  bool depends(Expr e, Variable v) const;
  std::optional<double> constantValue(Expr e) const;

  Expr constant(double value, ScalarKind kind = ScalarKind::Float);
  Expr position(Index index);
  Expr load(Value tensor, ArrayRef<Index> index, ScalarKind kind);
  Expr gather(Value tensor, ArrayRef<Expr> args, ScalarKind kind);
  Expr accumulator(ScalarKind kind);
  Expr reduce(Combine combine, Expr term, Expr init, ArrayRef<Variable> bound);
  /// Any other operation; simplifies.
  Expr make(Op op, ArrayRef<Expr> args, uint8_t detail = 0);

  Expr add(Expr a, Expr b) { return make(Op::Add, {a, b}); }
  Expr mul(Expr a, Expr b) { return make(Op::Mul, {a, b}); }
  Expr negate(Expr a) { return mul(constant(-1), a); }

  /// Rebuilds `e` with expressions replaced, outermost first.
  Expr replace(Expr e, const DenseMap<Expr, Expr> &map);
  /// Rebuilds `e` with variables replaced.
  Expr substitute(Expr e, const DenseMap<Variable, Index> &map);

  /// Every distinct load and gather below `e`, in order of number; `inside` tells
  /// whether to enter reductions.
  SmallVector<Expr> leaves(Expr e, bool insideReductions = true) const;
  /// Every distinct expression below and including `e`, by number.
  SmallVector<Expr> subexpressions(Expr e, bool insideReductions = true) const;

  /// e = factor * rest, with the constant factors taken out.
  std::pair<double, Expr> splitCoefficient(Expr e) const;
  /// The factors of a product, flattened.
  void factors(Expr e, SmallVectorImpl<Expr> &result) const;

  int valueNumber(Value v);

private:
  Expr intern(Node node);
  std::vector<Node> nodes;
  std::map<std::vector<int64_t>, Expr> interned;
  DenseMap<Value, int> valueNumbers;
};

} // namespace mlir::dota::raising

#endif // DOTA_LIB_RAISE_EXPRESSION_H
