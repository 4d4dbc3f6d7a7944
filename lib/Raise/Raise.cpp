//===- Raise.cpp - transformer blocks in linalg become dota ops -------------===//
//
// Walks a function in program order and rewrites at once, so that what was raised
// is opaque to what comes after it. Every rewrite replaces one value by a view of a
// dota result: whatever is not recognised keeps its own code and stays right.
// Idempotent. Never fails.
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"
#include "dota/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::dota {
#define GEN_PASS_DEF_RAISE
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::raising;

Raiser::Raiser(func::FuncOp function)
    : function(function), builder(function.getContext()), loc(function.getLoc()), exprs(indices),
      tracer(exprs) {}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

int64_t Raiser::extentOf(ArrayRef<Variable> vars) const {
  int64_t product = 1;
  for (Variable v : vars)
    product *= indices.extent(v);
  return product;
}

Index Raiser::flatten(ArrayRef<Variable> order) {
  Index sum = indices.constant(0);
  for (Variable v : order)
    sum = indices.add(indices.scale(sum, indices.extent(v)), indices.variable(v));
  return sum;
}

Index Raiser::flatten(Value tensor, ArrayRef<Index> index) {
  Index sum = indices.constant(0);
  for (auto [at, dim] : llvm::zip_equal(index, cast<RankedTensorType>(tensor.getType()).getShape()))
    sum = indices.add(indices.scale(sum, dim), at);
  return sum;
}

std::optional<std::map<Variable, int64_t>> Raiser::strides(Expr load) {
  const Node n = exprs.node(exprs.splitCoefficient(load).second);
  if (n.op != Op::Load || !isa<RankedTensorType>(n.tensor.getType()))
    return std::nullopt;
  int64_t base;
  return indices.linear(flatten(n.tensor, n.index), base);
}

void Raiser::sortByStride(SmallVectorImpl<Variable> &vars,
                          const std::map<Variable, int64_t> &strides) {
  auto stride = [&](Variable v) {
    auto it = strides.find(v);
    return it == strides.end() ? 0 : it->second;
  };
  llvm::stable_sort(vars, [&](Variable a, Variable b) { return stride(a) > stride(b); });
}

Value Raiser::reshape(Value v, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(v.getType());
  if (type.getShape() == shape)
    return v;
  auto target = RankedTensorType::get(shape, type.getElementType());
  Attribute attribute;
  if (matchPattern(v, m_Constant(&attribute))) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
      return arith::ConstantOp::create(
          builder, loc, target, DenseResourceElementsAttr::get(target, resource.getRawHandle()));
    if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
      return arith::ConstantOp::create(builder, loc, target, dense.reshape(target));
  }
  if (auto groups = getReassociationIndicesForReshape(type, target)) {
    if (type.getRank() > target.getRank())
      return tensor::CollapseShapeOp::create(builder, loc, target, v, *groups);
    return tensor::ExpandShapeOp::create(builder, loc, target, v, *groups);
  }
  // By way of the flat tensor.
  int64_t count = type.getNumElements();
  auto flat = RankedTensorType::get({count}, type.getElementType());
  if (type.getRank() > 1) {
    ReassociationIndices all(llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
    v = tensor::CollapseShapeOp::create(builder, loc, flat, v,
                                        SmallVector<ReassociationIndices>{all});
  } else if (type.getRank() == 0) {
    v = tensor::ExpandShapeOp::create(builder, loc, flat, v, SmallVector<ReassociationIndices>{});
  }
  if (target.getRank() == 1)
    return v;
  ReassociationIndices all(llvm::to_vector(llvm::seq<int64_t>(0, target.getRank())));
  return tensor::ExpandShapeOp::create(builder, loc, target, v,
                                       SmallVector<ReassociationIndices>{all});
}

Value Raiser::constantTensor(ArrayRef<int64_t> shape, std::vector<float> data) {
  RankedTensorType type = tensorType(shape);
  ElementsAttr attribute;
  bool splat = llvm::all_of(data, [&](float f) { return f == data[0]; });
  if (splat && !data.empty()) {
    attribute = DenseElementsAttr::get(type, data[0]);
  } else if (data.size() <= 64) {
    attribute = DenseElementsAttr::get(type, ArrayRef<float>(data));
  } else {
    AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(
        ArrayRef<char>(reinterpret_cast<const char *>(data.data()), data.size() * sizeof(float)),
        64);
    attribute = DenseResourceElementsAttr::get(type, "dota_raised", std::move(blob));
  }
  return arith::ConstantOp::create(builder, loc, type, cast<TypedAttr>(attribute));
}

Expr Raiser::follow(Expr root) {
  DenseMap<Expr, Expr> map;
  for (Expr leaf : exprs.leaves(root)) {
    Node n = exprs.node(leaf);
    if (n.op != Op::Load || !isa<RankedTensorType>(n.tensor.getType()))
      continue;
    Place place = tracer.follow(n.tensor, n.index);
    map[leaf] = exprs.load(place.tensor, place.index, n.kind);
  }
  return exprs.replace(root, map);
}

Value Raiser::emit(Expr e, ArrayRef<Variable> order) {
  SmallVector<int64_t> shape;
  for (Variable v : order)
    shape.push_back(indices.extent(v));
  const Node n = exprs.node(e);
  if (n.op == Op::Load && n.kind == ScalarKind::Float) {
    Place place = tracer.follow(n.tensor, n.index);
    auto type = cast<RankedTensorType>(place.tensor.getType());
    if (type.getElementType().isF32() && type.getNumElements() == extentOf(order) &&
        flatten(place.tensor, place.index) == flatten(order))
      return reshape(place.tensor, shape);
  }
  if (extentOf(order) <= (int64_t(1) << 28))
    if (auto data = evaluateAll(exprs, e, order))
      return constantTensor(shape, std::move(*data));
  return emitGeneric(e, order);
}

namespace {
/// Affine form of an index expression over the dimensions of a generic op.
AffineExpr toAffine(IndexSpace &indices, Index index, const DenseMap<Variable, unsigned> &dims,
                    MLIRContext *context) {
  AffineExpr sum = getAffineConstantExpr(indices.form(index).constant, context);
  for (const IndexSpace::Term &term : IndexSpace::Form(indices.form(index)).terms) {
    const IndexSpace::Atom atom = indices.atom(term.atom);
    AffineExpr e;
    if (atom.kind == IndexSpace::AtomKind::Variable) {
      e = getAffineDimExpr(dims.lookup(atom.variable), context);
    } else {
      e = toAffine(indices, atom.inner, dims, context);
      e = atom.kind == IndexSpace::AtomKind::Quotient ? e.floorDiv(atom.divisor) : e % atom.divisor;
    }
    sum = sum + e * term.factor;
  }
  return sum;
}
} // namespace

Value Raiser::emitGeneric(Expr root, ArrayRef<Variable> order) {
  MLIRContext *context = builder.getContext();
  SmallVector<int64_t> shape;
  DenseMap<Variable, unsigned> dims;
  for (auto [i, v] : llvm::enumerate(order)) {
    shape.push_back(indices.extent(v));
    dims[v] = i;
  }
  // What is read: tensors that exist, the nearest to the root.
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  DenseMap<Expr, unsigned> inputOf;
  // What no operand of a linalg op can say is read element by element: a corner of a
  // tensor, and, clamped, what lies out of bounds where a select discards it.
  DenseMap<Expr, Place> elements;
  auto addInput = [&](Expr e, const Place &at) {
    // The tensor may be broadcast along variables that the value does not depend on.
    DenseMap<Variable, Index> missing;
    Place place{at.tensor, {}};
    for (Index index : at.index) {
      for (Variable v : SmallVector<Variable>(indices.freeVariables(index)))
        if (!dims.contains(v))
          missing[v] = indices.constant(0);
      place.index.push_back(indices.substitute(index, missing));
    }
    place = tracer.follow(place.tensor, place.index);
    auto type = cast<RankedTensorType>(place.tensor.getType());
    SmallVector<AffineExpr> results;
    for (auto [index, extent] : llvm::zip_equal(place.index, type.getShape())) {
      IndexSpace::Bounds bounds = indices.bounds(index);
      results.push_back(toAffine(indices, index, dims, context));
      bool isCorner = isa<AffineDimExpr>(results.back()) && bounds.high != extent - 1;
      if (isCorner || bounds.low < 0 || bounds.high >= extent) {
        elements[e] = place;
        return;
      }
    }
    inputOf[e] = inputs.size();
    inputs.push_back(place.tensor);
    maps.push_back(AffineMap::get(order.size(), 0, results, context));
  };
  DenseSet<Expr> seen;
  auto collect = [&](auto &self, Expr e) -> void {
    if (!seen.insert(e).second)
      return;
    const Node n = exprs.node(e);
    if (n.op == Op::Constant || n.op == Op::Position)
      return;
    if (n.op == Op::Load && isa<RankedTensorType>(n.tensor.getType()))
      return addInput(e, Place{n.tensor, SmallVector<Index>(n.index.begin(), n.index.end())});
    if (auto place = tracer.origin(e))
      return addInput(e, *place);
    for (Expr arg : n.args)
      self(self, arg);
  };
  collect(collect, root);
  maps.push_back(AffineMap::getMultiDimIdentityMap(order.size(), context));

  Value empty = tensor::EmptyOp::create(builder, loc, shape, builder.getF32Type());
  SmallVector<utils::IteratorType> iterators(order.size(), utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location at, ValueRange blockArgs) {
    DenseMap<Expr, Value> done;
    Type f32 = b.getF32Type(), i64 = b.getI64Type();
    auto convert = [&](Value v, ScalarKind kind) -> Value {
      Type type = v.getType();
      if (kind == ScalarKind::Float) {
        if (type.isF32())
          return v;
        if (type.getIntOrFloatBitWidth() > 32)
          return arith::TruncFOp::create(b, at, f32, v);
        return arith::ExtFOp::create(b, at, f32, v);
      }
      if (kind == ScalarKind::Bool || type == i64)
        return v;
      if (type.isIndex())
        return arith::IndexCastOp::create(b, at, i64, v);
      return arith::ExtSIOp::create(b, at, i64, v);
    };
    auto position = [&](auto &selfIndex, Index index) -> Value {
      const IndexSpace::Form form = indices.form(index);
      Value sum = arith::ConstantOp::create(b, at, b.getI64IntegerAttr(form.constant));
      for (const IndexSpace::Term &term : form.terms) {
        const IndexSpace::Atom atom = indices.atom(term.atom);
        Value x;
        if (atom.kind == IndexSpace::AtomKind::Variable) {
          x = linalg::IndexOp::create(b, at, dims.lookup(atom.variable));
          x = arith::IndexCastOp::create(b, at, i64, x);
        } else {
          x = selfIndex(selfIndex, atom.inner);
          Value c = arith::ConstantOp::create(b, at, b.getI64IntegerAttr(atom.divisor));
          x = atom.kind == IndexSpace::AtomKind::Quotient
                  ? arith::FloorDivSIOp::create(b, at, x, c).getResult()
                  : arith::RemSIOp::create(b, at, x, c).getResult();
        }
        Value c = arith::ConstantOp::create(b, at, b.getI64IntegerAttr(term.factor));
        sum = arith::AddIOp::create(b, at, sum, arith::MulIOp::create(b, at, x, c));
      }
      return sum;
    };
    auto value = [&](auto &self, Expr e) -> Value {
      if (auto it = done.find(e); it != done.end())
        return it->second;
      const Node n = exprs.node(e);
      SmallVector<Value> a;
      if (!inputOf.contains(e) && !elements.contains(e))
        for (Expr arg : n.args)
          a.push_back(self(self, arg));
      auto number = [&](double x) -> Value {
        return arith::ConstantOp::create(b, at, b.getFloatAttr(f32, APFloat(float(x))));
      };
      Value result;
      if (auto it = inputOf.find(e); it != inputOf.end()) {
        result = convert(blockArgs[it->second], n.kind);
        return done[e] = result;
      }
      if (auto it = elements.find(e); it != elements.end()) {
        SmallVector<Value> where;
        auto type = cast<RankedTensorType>(it->second.tensor.getType());
        for (auto [index, extent] : llvm::zip_equal(it->second.index, type.getShape())) {
          Value low = arith::ConstantOp::create(b, at, b.getI64IntegerAttr(0));
          Value high = arith::ConstantOp::create(b, at, b.getI64IntegerAttr(extent - 1));
          Value i = arith::MaxSIOp::create(b, at, position(position, index), low);
          i = arith::MinSIOp::create(b, at, i, high);
          where.push_back(arith::IndexCastOp::create(b, at, b.getIndexType(), i));
        }
        return done[e] =
                   convert(tensor::ExtractOp::create(b, at, it->second.tensor, where), n.kind);
      }
      switch (n.op) {
      case Op::Constant:
        result = n.kind == ScalarKind::Bool
                     ? arith::ConstantOp::create(b, at, b.getBoolAttr(n.value != 0)).getResult()
                     : number(n.value);
        break;
      case Op::Position:
        result = position(position, n.index[0]);
        break;
      case Op::Load: // a scalar
        result = convert(n.tensor, n.kind);
        break;
      case Op::Gather: {
        SmallVector<Value> where;
        for (Value v : a)
          where.push_back(arith::IndexCastOp::create(b, at, b.getIndexType(), v));
        result = convert(tensor::ExtractOp::create(b, at, n.tensor, where), n.kind);
        break;
      }
      case Op::Add:
        result = arith::AddFOp::create(b, at, a[0], a[1]);
        break;
      case Op::Mul:
        result = arith::MulFOp::create(b, at, a[0], a[1]);
        break;
      case Op::Reciprocal:
        result = arith::DivFOp::create(b, at, number(1), a[0]);
        break;
      case Op::Exp:
        result = math::ExpOp::create(b, at, a[0]);
        break;
      case Op::Log:
        result = math::LogOp::create(b, at, a[0]);
        break;
      case Op::Sqrt:
        result = math::SqrtOp::create(b, at, a[0]);
        break;
      case Op::Rsqrt:
        result = math::RsqrtOp::create(b, at, a[0]);
        break;
      case Op::Erf:
        result = math::ErfOp::create(b, at, a[0]);
        break;
      case Op::Erfc:
        result = math::ErfcOp::create(b, at, a[0]);
        break;
      case Op::Tanh:
        result = math::TanhOp::create(b, at, a[0]);
        break;
      case Op::Sin:
        result = math::SinOp::create(b, at, a[0]);
        break;
      case Op::Cos:
        result = math::CosOp::create(b, at, a[0]);
        break;
      case Op::Pow:
        result = math::PowFOp::create(b, at, a[0], a[1]);
        break;
      case Op::Abs:
        result = math::AbsFOp::create(b, at, a[0]);
        break;
      case Op::Floor:
        result = math::FloorOp::create(b, at, a[0]);
        break;
      case Op::Ceil:
        result = math::CeilOp::create(b, at, a[0]);
        break;
      case Op::Round:
        result = math::RoundEvenOp::create(b, at, a[0]);
        break;
      case Op::Trunc:
        result = math::TruncOp::create(b, at, a[0]);
        break;
      case Op::Max:
        result = arith::MaximumFOp::create(b, at, a[0], a[1]);
        break;
      case Op::Min:
        result = arith::MinimumFOp::create(b, at, a[0], a[1]);
        break;
      case Op::AddI:
        result = arith::AddIOp::create(b, at, a[0], a[1]);
        break;
      case Op::MulI:
        result = arith::MulIOp::create(b, at, a[0], a[1]);
        break;
      case Op::DivI:
        result = arith::DivSIOp::create(b, at, a[0], a[1]);
        break;
      case Op::RemI:
        result = arith::RemSIOp::create(b, at, a[0], a[1]);
        break;
      case Op::MaxI:
        result = arith::MaxSIOp::create(b, at, a[0], a[1]);
        break;
      case Op::MinI:
        result = arith::MinSIOp::create(b, at, a[0], a[1]);
        break;
      case Op::AndI:
      case Op::And:
        result = arith::AndIOp::create(b, at, a[0], a[1]);
        break;
      case Op::OrI:
      case Op::Or:
        result = arith::OrIOp::create(b, at, a[0], a[1]);
        break;
      case Op::XorI:
      case Op::Xor:
        result = arith::XOrIOp::create(b, at, a[0], a[1]);
        break;
      case Op::ShiftLeft:
        result = arith::ShLIOp::create(b, at, a[0], a[1]);
        break;
      case Op::ShiftRight:
        result = arith::ShRSIOp::create(b, at, a[0], a[1]);
        break;
      case Op::AbsI:
        result = math::AbsIOp::create(b, at, a[0]);
        break;
      case Op::CompareF: {
        using P = arith::CmpFPredicate;
        constexpr P predicates[] = {P::OEQ, P::UNE, P::OLT, P::OLE, P::OGT, P::OGE};
        result = arith::CmpFOp::create(b, at, predicates[n.detail], a[0], a[1]);
        break;
      }
      case Op::CompareI: {
        using P = arith::CmpIPredicate;
        constexpr P predicates[] = {P::eq, P::ne, P::slt, P::sle, P::sgt, P::sge};
        result = arith::CmpIOp::create(b, at, predicates[n.detail], a[0], a[1]);
        break;
      }
      case Op::Select:
        result = arith::SelectOp::create(b, at, a[0], a[1], a[2]);
        break;
      case Op::IntToFloat:
        result = arith::SIToFPOp::create(b, at, f32, a[0]);
        break;
      case Op::FloatToInt:
        result = arith::FPToSIOp::create(b, at, i64, a[0]);
        break;
      case Op::BoolToInt:
        result = arith::ExtUIOp::create(b, at, i64, a[0]);
        break;
      case Op::IntToBool:
        result = arith::TruncIOp::create(b, at, b.getI1Type(), a[0]);
        break;
      case Op::Reduce:
      case Op::Accumulator:
        llvm_unreachable("reductions are read from the tensor that holds them");
      }
      return done[e] = result;
    };
    linalg::YieldOp::create(b, at, value(value, root));
  };
  return linalg::GenericOp::create(builder, loc, TypeRange{empty.getType()}, inputs,
                                   ValueRange{empty}, maps, iterators, body)
      .getResult(0);
}

Value Raiser::selectColumns(LinearOp linear, Index flat, const Layout &layout) {
  auto type = cast<RankedTensorType>(linear.getResult().getType());
  int64_t width = type.getShape().back();
  if (type.getNumElements() / width != extentOf(layout.rows))
    return {};
  Index column = indices.add(flat, indices.scale(flatten(layout.rows), -width));
  if (llvm::any_of(indices.freeVariables(column),
                   [&](Variable v) { return !llvm::is_contained(layout.features, v); }) ||
      indices.bounds(column).low < 0 || indices.bounds(column).high >= width)
    return {};
  std::vector<int64_t> values, columns;
  int64_t count = extentOf(layout.features);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    for (Variable v : llvm::reverse(layout.features)) {
      if (int64_t(values.size()) <= v)
        values.resize(v + 1, 0);
      values[v] = rest % indices.extent(v);
      rest /= indices.extent(v);
    }
    columns.push_back(indices.evaluate(column, values));
  }
  Value &result = selections[{exprs.valueNumber(linear.getResult()), columns}];
  if (!result) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfter(linear);
    auto weightType = cast<RankedTensorType>(linear.getWeight().getType());
    Variable k = indices.makeVariable(weightType.getDimSize(0));
    SmallVector<Variable> order{k};
    order.append(layout.features);
    Expr w = exprs.load(linear.getWeight(), {indices.variable(k), column}, ScalarKind::Float);
    Value weight = reshape(emit(w, order), {indices.extent(k), count});
    Value bias;
    if (linear.getBias())
      bias =
          reshape(emit(exprs.load(linear.getBias(), {column}, ScalarKind::Float), layout.features),
                  {count});
    result = LinearOp::create(builder, linear.getLoc(),
                              tensorType(withFeatures(type.getShape().drop_back(), count)),
                              linear.getX(), weight, bias);
  }
  return reshape(result, withFeatures(layout.rowShape, count));
}

Value Raiser::operand(Expr deep, Expr shallow, const Layout &layout) {
  SmallVector<Variable> order = layout.order();
  SmallVector<int64_t> shape = withFeatures(layout.rowShape, extentOf(layout.features));
  const Node n = exprs.node(deep);
  if (n.op == Op::Load && isa<RankedTensorType>(n.tensor.getType())) {
    auto type = cast<RankedTensorType>(n.tensor.getType());
    Index flat = flatten(n.tensor, n.index);
    if (type.getElementType().isF32() && type.getNumElements() == extentOf(order) &&
        flat == flatten(order))
      return reshape(n.tensor, shape);
    if (auto linear = n.tensor.getDefiningOp<LinearOp>())
      if (Value v = selectColumns(linear, flat, layout))
        return v;
  }
  return reshape(emit(shallow, order), shape);
}

Value Raiser::restore(Value value, const Layout &layout, ArrayRef<Variable> target,
                      RankedTensorType type) {
  SmallVector<Variable> order;
  SmallVector<int64_t> shape;
  for (Variable v : layout.order())
    if (indices.extent(v) > 1) {
      order.push_back(v);
      shape.push_back(indices.extent(v));
    }
  SmallVector<int64_t> permutation, permuted;
  for (Variable v : target)
    if (indices.extent(v) > 1) {
      permutation.push_back(llvm::find(order, v) - order.begin());
      permuted.push_back(indices.extent(v));
    }
  if (!llvm::is_sorted(permutation)) {
    value = reshape(value, shape);
    Value empty = tensor::EmptyOp::create(builder, loc, permuted, builder.getF32Type());
    value = linalg::TransposeOp::create(builder, loc, value, empty, permutation)->getResult(0);
  }
  value = reshape(value, type.getShape());
  if (type.getElementType().isF32())
    return value;
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, TypeRange{type}, ValueRange{value}, ValueRange{empty},
             ArrayRef<AffineMap>{identity, identity}, iterators,
             [&](OpBuilder &b, Location at, ValueRange args) {
               Value x =
                   type.getElementTypeBitWidth() > 32
                       ? arith::ExtFOp::create(b, at, type.getElementType(), args[0]).getResult()
                       : arith::TruncFOp::create(b, at, type.getElementType(), args[0]).getResult();
               linalg::YieldOp::create(b, at, x);
             })
      .getResult(0);
}

SmallVector<int64_t> Raiser::rowShape(ArrayRef<Variable> rows, Value lyingIn, int64_t leading) {
  int64_t count = extentOf(rows);
  Operation *producer = lyingIn ? lyingIn.getDefiningOp() : nullptr;
  if (producer && isa<DotaDialect>(producer->getDialect())) {
    auto shape = cast<RankedTensorType>(lyingIn.getType()).getShape().drop_back();
    if (ShapedType::getNumElements(shape) == count)
      return SmallVector<int64_t>(shape);
  }
  // A batch of one sequence is the sequence.
  auto make = [](int64_t batch, int64_t n) {
    return batch == 1 ? SmallVector<int64_t>{n} : SmallVector<int64_t>{batch, n};
  };
  for (auto [batch, n] : tokens)
    if (batch * n == count)
      return make(batch, n);
  return leading < count && count % leading == 0 ? make(leading, count / leading)
                                                 : SmallVector<int64_t>{count};
}

SmallVector<Index> Raiser::tokenVariables(ArrayRef<int64_t> shape,
                                          SmallVectorImpl<Variable> &made) {
  SmallVector<Index> result;
  for (int64_t extent : shape) {
    auto holdsBoth = [&](auto &entry) {
      return isTokenMajor && entry.first > 1 && entry.first * entry.second == extent;
    };
    auto it = llvm::find_if(tokens, holdsBoth);
    if (it == tokens.end()) {
      result.append(tracer.variables(extent, &made));
      continue;
    }
    auto [batch, count] = *it;
    SmallVector<Index> parts = tracer.variables({count, batch}, &made);
    result.push_back(indices.add(indices.scale(parts[0], batch), parts[1]));
  }
  return result;
}

void Raiser::batchFirst(SmallVectorImpl<Variable> &rows) {
  SmallVector<Variable> wide;
  for (Variable v : rows)
    if (indices.extent(v) > 1)
      wide.push_back(v);
  if (!isTokenMajor || wide.size() != 2)
    return;
  for (auto [batch, count] : tokens)
    if (indices.extent(wide[0]) == count && indices.extent(wide[1]) == batch) {
      rows.assign({wide[1], wide[0]});
      return;
    }
}

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

void Raiser::raised(Operation *op, StringRef what) {
  remark::passed(op->getLoc(),
                 remark::RemarkOpts::name(what).category("dota-raise").function(function.getName()))
      << "raised";
}

/// A norm's statistic, whatever became of it.
bool Raiser::isSumOfSquares(Value v) {
  auto r = tracer.reduction(v);
  if (!r || r->loops.size() != 1)
    return false;
  SmallVector<Index> at = tracer.variables(cast<RankedTensorType>(v.getType()).getShape());
  auto step = tracer.step(*r, at, tracer.variables({r->extent(0)}), /*shallow=*/false);
  if (!step || step->combine != Combine::Add)
    return false;
  SmallVector<Expr> factors;
  exprs.factors(exprs.splitCoefficient(step->term).second, factors);
  return factors.size() == 2 && factors[0] == factors[1];
}

void Raiser::missed(Operation *op, StringRef what, const Twine &why) {
  misses[op].emplace_back(what, why.str());
}

void Raiser::remarkMisses() {
  // In program order, and only what is still there: an exponential, say, goes with
  // the attention that it was part of.
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (auto &[what, why] : misses.lookup(op))
      remark::missed(
          op->getLoc(),
          remark::RemarkOpts::name(what).category("dota-raise").function(function.getName()))
          << why;
  });
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

/// An index over the dimensions of two tensors that are not takes 64 bits at most.
static bool isTooLarge(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || llvm::is_contained(tensor.getShape(), 0))
    return false;
  int64_t elements = 1;
  for (int64_t size : tensor.getShape())
    if (llvm::MulOverflow(elements, size, elements) || elements > int64_t{1} << 40)
      return true;
  return false;
}

void Raiser::run() {
  if (!function.getBody().hasOneBlock()) {
    missed(function, "function", "it has several blocks");
    return remarkMisses();
  }
  for (Operation &op : function.getBody().front())
    if (llvm::any_of(op.getOperandTypes(), isTooLarge) ||
        llvm::any_of(op.getResultTypes(), isTooLarge)) {
      missed(function, "function", "it has a tensor of more than 2^40 elements");
      return remarkMisses();
    }
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBody().front()) {
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!linalgOp || op.getNumResults() != 1 || !linalgOp.hasPureTensorSemantics() ||
        kindOf(op.getResult(0).getType()) != ScalarKind::Float)
      continue;
    if (!linalgOp.hasDynamicShape())
      ops.push_back(&op);
    else if (linalg::isaContractionOpInterface(linalgOp))
      missed(&op, "linear", "its shape is dynamic");
  }

  // First where the attention is: its products are not products with a weight,
  // and its batch and tokens tell rows of a flattened batch apart.
  for (Operation *op : ops)
    if (tracer.isContraction(op->getResult(0)))
      findAttention(op->getResult(0));
  tracer.clear();

  for (Operation *op : ops) {
    if (op->use_empty())
      continue;
    builder.setInsertionPointAfter(op);
    loc = op->getLoc();
    Value v = op->getResult(0);
    if (tracer.reduction(v)) {
      if (!tracer.isContraction(v) || scores.contains(op))
        continue;
      if (cores.contains(op) && raiseAttention(v))
        continue;
      if (!raiseLinear(v) && notAttention.contains(op))
        missed(op, "attention", notAttention[op]);
      continue;
    }
    if (!raiseLateAttention(v))
      raiseElementwise(v, /*mustCompute=*/false);
  }

  // Attention that was not divided after all.
  for (Operation *op : ops)
    if (lateCores.contains(op) && !raisedLate.contains(op))
      missed(op, "attention", "the probabilities do not add up to one");

  // Movement that brings a tensor back to where it was: the views of raised ops,
  // and what the module did next.
  for (Operation &op : llvm::make_early_inc_range(function.getBody().front())) {
    if (!isa<linalg::LinalgOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op) ||
        op.getNumResults() != 1 || op.use_empty())
      continue;
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    if (!type || !type.hasStaticShape())
      continue;
    SmallVector<Index> at = tracer.variables(type.getShape());
    Place place = tracer.follow(op.getResult(0), at);
    auto source = cast<RankedTensorType>(place.tensor.getType());
    bool isFar = isa<linalg::LinalgOp>(op) || op.getOperand(0) != place.tensor;
    if (place.tensor == op.getResult(0) || !isFar ||
        source.getElementType() != type.getElementType() || !source.hasStaticShape() ||
        source.getNumElements() != type.getNumElements() ||
        flatten(place.tensor, place.index) != flatten(op.getResult(0), at))
      continue;
    builder.setInsertionPoint(&op);
    loc = op.getLoc();
    replace(op.getResult(0), reshape(place.tensor, type.getShape()));
  }

  // What the raised ops replaced.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op)) {
      misses.erase(&op);
      op.erase();
    }
  for (Operation &op : function.getBody().front())
    if (op.getNumResults() == 1 && isSumOfSquares(op.getResult(0)))
      missed(&op, "norm", "what the sum of squares is used for is no norm, or one without epsilon");
  remarkMisses();
}

namespace {
struct Raise : mlir::dota::impl::RaiseBase<Raise> {
  void runOnOperation() override {
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        Raiser(function).run();
  }
};
} // namespace
