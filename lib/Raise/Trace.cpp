//===- Trace.cpp - from SSA values to expressions ---------------------------===//

#include "Trace.h"
#include "dota/Dialect/Dota/Dota.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota::raising;

ScalarKind mlir::dota::raising::kindOf(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (element.isInteger(1))
    return ScalarKind::Bool;
  if (element.isIntOrIndex())
    return ScalarKind::Int;
  return ScalarKind::Float;
}

static std::optional<double> splatValue(Attribute attribute) {
  if (auto f = dyn_cast<FloatAttr>(attribute))
    return f.getValueAsDouble();
  if (auto i = dyn_cast<IntegerAttr>(attribute))
    return i.getType().isInteger(1) ? double(i.getValue().getBoolValue())
                                    : double(i.getValue().getSExtValue());
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute); dense && dense.isSplat()) {
    Type element = dense.getElementType();
    if (isa<FloatType>(element))
      return dense.getSplatValue<APFloat>().convertToDouble();
    if (element.isInteger(1))
      return double(dense.getSplatValue<bool>());
    if (element.isIntOrIndex())
      return double(dense.getSplatValue<APInt>().getSExtValue());
  }
  return std::nullopt;
}

SmallVector<Index> Tracer::variables(ArrayRef<int64_t> shape, SmallVectorImpl<Variable> *made) {
  SmallVector<Index> result;
  for (int64_t extent : shape) {
    Variable v = indices.makeVariable(extent);
    if (made)
      made->push_back(v);
    result.push_back(indices.variable(v));
  }
  return result;
}

void Tracer::clear() {
  memo.clear();
  origins.clear();
  device.clear();
  contractions.clear();
  expansions.clear();
}

Expr Tracer::opaque(Value v, ArrayRef<Index> index) {
  return exprs.load(v, index, kindOf(v.getType()));
}

Index Tracer::apply(AffineExpr e, ArrayRef<Index> loops) {
  switch (e.getKind()) {
  case AffineExprKind::DimId:
    return loops[cast<AffineDimExpr>(e).getPosition()];
  case AffineExprKind::Constant:
    return indices.constant(cast<AffineConstantExpr>(e).getValue());
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(e);
  Index lhs = apply(binary.getLHS(), loops);
  if (e.getKind() == AffineExprKind::Add)
    return indices.add(lhs, apply(binary.getRHS(), loops));
  int64_t c = cast<AffineConstantExpr>(binary.getRHS()).getValue();
  switch (e.getKind()) {
  case AffineExprKind::Mul:
    return indices.scale(lhs, c);
  case AffineExprKind::FloorDiv:
    return indices.floorDiv(lhs, c);
  case AffineExprKind::CeilDiv:
    return indices.floorDiv(indices.add(lhs, indices.constant(c - 1)), c);
  default:
    return indices.mod(lhs, c);
  }
}

/// The op's loops where its result is read at `index`. Fails for maps that are no
/// projected permutation.
std::optional<SmallVector<Index>> Tracer::bindLoops(linalg::LinalgOp op, unsigned result,
                                                    ArrayRef<Index> index) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (llvm::any_of(ranges, ShapedType::isDynamic))
    return std::nullopt;
  SmallVector<Index> loops(ranges.size(), -1);
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(result));
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index)) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (loops[dim.getPosition()] != -1)
        return std::nullopt;
      loops[dim.getPosition()] = at;
    } else if (!isa<AffineConstantExpr>(expr)) {
      return std::nullopt;
    }
  }
  for (auto [loop, range] : llvm::zip_equal(loops, ranges))
    if (loop == -1 && range == 1)
      loop = indices.constant(0);
  return loops;
}

std::optional<Reduction> Tracer::reduction(Value v) {
  auto op = v.getDefiningOp<linalg::LinalgOp>();
  if (!op || !op.hasPureTensorSemantics() || op.hasDynamicShape())
    return std::nullopt;
  Reduction result{op, cast<OpResult>(v).getResultNumber(), {}};
  AffineMap map = op.getIndexingMapMatchingResult(cast<OpResult>(v));
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned loop = 0; loop < ranges.size(); ++loop)
    if (ranges[loop] != 1 && !map.isFunctionOfDim(loop))
      result.loops.push_back(loop);
  if (result.loops.empty())
    return std::nullopt;
  return result;
}

Expr Tracer::operandAt(Frame &frame, OpOperand &operand) {
  Value v = operand.get();
  if (!isa<ShapedType>(v.getType()))
    return *scalar(v, nullptr);
  SmallVector<Index> index;
  for (AffineExpr e : frame.op.getMatchingIndexingMap(&operand).getResults())
    index.push_back(apply(e, frame.loops));
  return frame.shallow ? opaque(v, index) : trace(v, index);
}

std::optional<Expr> Tracer::scalar(Value v, Frame *frame) {
  if (frame)
    if (auto it = frame->memo.find(v); it != frame->memo.end())
      return it->second;
  std::optional<Expr> result = scalarUncached(v, frame);
  if (frame && result)
    frame->memo[v] = *result;
  return result;
}

static std::optional<Predicate> predicateOf(arith::CmpIPredicate p) {
  using P = arith::CmpIPredicate;
  switch (p) {
  case P::eq:
    return Predicate::EQ;
  case P::ne:
    return Predicate::NE;
  case P::slt:
  case P::ult:
    return Predicate::LT;
  case P::sle:
  case P::ule:
    return Predicate::LE;
  case P::sgt:
  case P::ugt:
    return Predicate::GT;
  case P::sge:
  case P::uge:
    return Predicate::GE;
  }
  return std::nullopt;
}

std::optional<Expr> Tracer::scalarUncached(Value v, Frame *frame) {
  if (auto arg = dyn_cast<BlockArgument>(v)) {
    if (frame && arg.getOwner() == frame->op.getBlock()) {
      OpOperand *operand = frame->op.getMatchingOpOperand(arg);
      int init = int(operand->getOperandNumber()) - int(frame->op.getNumDpsInputs());
      if (init >= 0 && frame->accumulate >= 0)
        return init == frame->accumulate
                   ? std::optional<Expr>(exprs.accumulator(kindOf(arg.getType())))
                   : std::nullopt;
      return operandAt(*frame, *operand);
    }
    return exprs.load(v, {}, kindOf(v.getType()));
  }
  Operation *op = v.getDefiningOp();
  Attribute attribute;
  if (matchPattern(v, m_Constant(&attribute)))
    if (auto value = splatValue(attribute))
      return exprs.constant(*value, kindOf(v.getType()));
  // A scalar from outside the region.
  if (frame && !frame->op->isProperAncestor(op))
    frame = nullptr;
  if (!frame && isa<linalg::IndexOp>(op))
    return std::nullopt;

  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    return exprs.position(frame->loops[index.getDim()]);
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    auto type = cast<RankedTensorType>(extract.getTensor().getType());
    SmallVector<Expr> args;
    for (Value i : extract.getIndices()) {
      auto e = scalar(i, frame);
      if (!e)
        return std::nullopt;
      args.push_back(*e);
    }
    if (llvm::all_of(args, [&](Expr e) { return exprs.node(e).op == Op::Position; })) {
      SmallVector<Index> index;
      for (Expr e : args)
        index.push_back(exprs.node(e).index[0]);
      return trace(extract.getTensor(), index);
    }
    return exprs.gather(extract.getTensor(), args, kindOf(type));
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    unsigned i = cast<OpResult>(v).getResultNumber();
    auto condition = scalar(branch.getCondition(), frame);
    auto a = scalar(branch.thenYield().getOperand(i), frame);
    auto b = scalar(branch.elseYield().getOperand(i), frame);
    if (!condition || !a || !b)
      return std::nullopt;
    return exprs.make(Op::Select, {*condition, *a, *b});
  }
  if (op->getNumResults() != 1 || op->getNumRegions() != 0 ||
      !isa<arith::ArithDialect, math::MathDialect>(op->getDialect())) {
    if (frame)
      return std::nullopt;
    return exprs.load(v, {}, kindOf(v.getType()));
  }

  SmallVector<Expr, 3> a;
  for (Value operand : op->getOperands()) {
    if (isa<ShapedType>(operand.getType()))
      return std::nullopt;
    auto e = scalar(operand, frame);
    if (!e)
      return std::nullopt;
    a.push_back(*e);
  }
  auto make = [&](Op o, ArrayRef<Expr> args) { return std::optional<Expr>(exprs.make(o, args)); };
  auto number = [&](double value) { return exprs.constant(value); };
  bool isBool = v.getType().isInteger(1);
  return TypeSwitch<Operation *, std::optional<Expr>>(op)
      .Case([&](arith::AddFOp) { return make(Op::Add, a); })
      .Case([&](arith::SubFOp) { return make(Op::Add, {a[0], exprs.negate(a[1])}); })
      .Case([&](arith::MulFOp) { return make(Op::Mul, a); })
      .Case([&](arith::DivFOp) {
        return std::optional<Expr>(exprs.mul(a[0], exprs.make(Op::Reciprocal, {a[1]})));
      })
      .Case([&](arith::NegFOp) { return std::optional<Expr>(exprs.negate(a[0])); })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) { return make(Op::Max, a); })
      .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) { return make(Op::Min, a); })
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return std::optional<Expr>(a[0]); })
      .Case([&](arith::CmpFOp cmp) -> std::optional<Expr> {
        using P = arith::CmpFPredicate;
        auto with = [&](Predicate p) { return exprs.make(Op::CompareF, a, uint8_t(p)); };
        switch (cmp.getPredicate()) {
        case P::OEQ:
        case P::UEQ:
          return with(Predicate::EQ);
        case P::ONE:
        case P::UNE:
          return with(Predicate::NE);
        case P::OLT:
        case P::ULT:
          return with(Predicate::LT);
        case P::OLE:
        case P::ULE:
          return with(Predicate::LE);
        case P::OGT:
        case P::UGT:
          return with(Predicate::GT);
        case P::OGE:
        case P::UGE:
          return with(Predicate::GE);
        // Nothing here is decided on what is not a number.
        case P::UNO:
        case P::AlwaysFalse:
          return exprs.constant(0, ScalarKind::Bool);
        case P::ORD:
        case P::AlwaysTrue:
          return exprs.constant(1, ScalarKind::Bool);
        }
        return std::nullopt;
      })
      .Case([&](arith::CmpIOp cmp) -> std::optional<Expr> {
        if (cmp.getLhs().getType().isInteger(1)) {
          if (cmp.getPredicate() == arith::CmpIPredicate::ne)
            return exprs.make(Op::Xor, a);
          if (cmp.getPredicate() == arith::CmpIPredicate::eq)
            return exprs.make(Op::Xor,
                              {exprs.make(Op::Xor, a), exprs.constant(1, ScalarKind::Bool)});
          return std::nullopt;
        }
        return exprs.make(Op::CompareI, a, uint8_t(*predicateOf(cmp.getPredicate())));
      })
      .Case([&](arith::SelectOp) { return make(Op::Select, a); })
      .Case([&](arith::AddIOp) { return make(isBool ? Op::Xor : Op::AddI, a); })
      .Case([&](arith::SubIOp) {
        return isBool ? make(Op::Xor, a)
                      : make(Op::AddI,
                             {a[0],
                              exprs.make(Op::MulI, {exprs.constant(-1, ScalarKind::Int), a[1]})});
      })
      .Case([&](arith::MulIOp) { return make(isBool ? Op::And : Op::MulI, a); })
      .Case<arith::DivSIOp, arith::DivUIOp>([&](auto) { return make(Op::DivI, a); })
      .Case<arith::RemSIOp, arith::RemUIOp>([&](auto) { return make(Op::RemI, a); })
      .Case<arith::MaxSIOp, arith::MaxUIOp>(
          [&](auto) { return make(isBool ? Op::Or : Op::MaxI, a); })
      .Case<arith::MinSIOp, arith::MinUIOp>(
          [&](auto) { return make(isBool ? Op::And : Op::MinI, a); })
      .Case([&](arith::AndIOp) { return make(isBool ? Op::And : Op::AndI, a); })
      .Case([&](arith::OrIOp) { return make(isBool ? Op::Or : Op::OrI, a); })
      .Case([&](arith::XOrIOp) { return make(isBool ? Op::Xor : Op::XorI, a); })
      .Case([&](arith::ShLIOp) { return make(Op::ShiftLeft, a); })
      .Case<arith::ShRSIOp, arith::ShRUIOp>([&](auto) { return make(Op::ShiftRight, a); })
      .Case([&](arith::ExtUIOp ext) {
        return kindOf(ext.getIn().getType()) == ScalarKind::Bool ? make(Op::BoolToInt, a)
                                                                 : std::optional<Expr>(a[0]);
      })
      .Case([&](arith::ExtSIOp ext) {
        if (kindOf(ext.getIn().getType()) != ScalarKind::Bool)
          return std::optional<Expr>(a[0]);
        return make(Op::MulI, {exprs.constant(-1, ScalarKind::Int), exprs.make(Op::BoolToInt, a)});
      })
      .Case([&](arith::TruncIOp) {
        return isBool ? make(Op::IntToBool, a) : std::optional<Expr>(a[0]);
      })
      .Case<arith::IndexCastOp, arith::IndexCastUIOp>([&](auto cast) -> std::optional<Expr> {
        if (kindOf(cast.getIn().getType()) == ScalarKind::Bool)
          return make(Op::BoolToInt, a);
        return isBool ? make(Op::IntToBool, a) : std::optional<Expr>(a[0]);
      })
      .Case<arith::SIToFPOp, arith::UIToFPOp>([&](auto convert) {
        if (kindOf(convert.getIn().getType()) != ScalarKind::Bool)
          return make(Op::IntToFloat, a);
        double one = std::is_same_v<decltype(convert), arith::SIToFPOp> ? -1 : 1;
        return std::optional<Expr>(
            exprs.mul(number(one), exprs.make(Op::IntToFloat, {exprs.make(Op::BoolToInt, a)})));
      })
      .Case<arith::FPToSIOp, arith::FPToUIOp>([&](auto) {
        Expr e = exprs.make(Op::FloatToInt, a);
        return isBool ? make(Op::IntToBool, {e}) : std::optional<Expr>(e);
      })
      .Case([&](math::ExpOp) { return make(Op::Exp, a); })
      .Case([&](math::Exp2Op) {
        return make(Op::Exp, {exprs.mul(number(0.69314718055994530942), a[0])});
      })
      .Case([&](math::ExpM1Op) { return make(Op::Add, {number(-1), exprs.make(Op::Exp, a)}); })
      .Case([&](math::LogOp) { return make(Op::Log, a); })
      .Case([&](math::Log2Op) {
        return make(Op::Mul, {number(1.4426950408889634074), exprs.make(Op::Log, a)});
      })
      .Case([&](math::Log1pOp) { return make(Op::Log, {exprs.add(number(1), a[0])}); })
      .Case([&](math::SqrtOp) { return make(Op::Sqrt, a); })
      .Case([&](math::RsqrtOp) { return make(Op::Rsqrt, a); })
      .Case([&](math::ErfOp) { return make(Op::Erf, a); })
      .Case([&](math::ErfcOp) { return make(Op::Erfc, a); })
      .Case([&](math::TanhOp) { return make(Op::Tanh, a); })
      .Case([&](math::SinOp) { return make(Op::Sin, a); })
      .Case([&](math::CosOp) { return make(Op::Cos, a); })
      .Case([&](math::PowFOp) { return make(Op::Pow, a); })
      .Case([&](math::FPowIOp) -> std::optional<Expr> {
        auto power = exprs.constantValue(a[1]);
        if (!power)
          return std::nullopt;
        return exprs.make(Op::Pow, {a[0], number(*power)});
      })
      .Case([&](math::FmaOp) { return make(Op::Add, {exprs.mul(a[0], a[1]), a[2]}); })
      .Case([&](math::AbsFOp) { return make(Op::Abs, a); })
      .Case([&](math::AbsIOp) { return make(Op::AbsI, a); })
      .Case([&](math::FloorOp) { return make(Op::Floor, a); })
      .Case([&](math::CeilOp) { return make(Op::Ceil, a); })
      .Case<math::RoundOp, math::RoundEvenOp>([&](auto) { return make(Op::Round, a); })
      .Case([&](math::TruncOp) { return make(Op::Trunc, a); })
      .Default([&](Operation *) -> std::optional<Expr> { return std::nullopt; });
}

/// One step of movement: where the element lies in the operand it is copied from.
std::optional<Place> Tracer::stepMovement(Value v, ArrayRef<Index> index) {
  Operation *op = v.getDefiningOp();
  if (!op)
    return std::nullopt;
  auto isStatic = [](Value t) {
    auto type = dyn_cast<RankedTensorType>(t.getType());
    return type && type.hasStaticShape();
  };
  if (auto cast_ = dyn_cast<tensor::CastOp>(op)) {
    if (!isStatic(cast_.getSource()))
      return std::nullopt;
    return Place{cast_.getSource(), SmallVector<Index>(index)};
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    if (!isStatic(v) || !isStatic(expand.getSrc()))
      return std::nullopt;
    auto shape = expand.getResultType().getShape();
    Place result{expand.getSrc(), {}};
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      Index sum = indices.constant(0);
      for (int64_t d : group)
        sum = indices.add(indices.scale(sum, shape[d]), index[d]);
      result.index.push_back(sum);
    }
    return result;
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    if (!isStatic(v) || !isStatic(collapse.getSrc()))
      return std::nullopt;
    auto shape = collapse.getSrcType().getShape();
    Place result{collapse.getSrc(), SmallVector<Index>(shape.size(), -1)};
    if (collapse.getReassociationIndices().empty())
      result.index.assign(shape.size(), indices.constant(0));
    for (auto [group, at] : llvm::zip(collapse.getReassociationIndices(), index)) {
      Index rest = at;
      for (unsigned i = group.size(); i-- > 1;) {
        result.index[group[i]] = indices.mod(rest, shape[group[i]]);
        rest = indices.floorDiv(rest, shape[group[i]]);
      }
      result.index[group[0]] = rest;
    }
    return result;
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    if (!isStatic(v) || !isStatic(slice.getSource()) ||
        llvm::any_of(slice.getStaticOffsets(), ShapedType::isDynamic) ||
        llvm::any_of(slice.getStaticStrides(), ShapedType::isDynamic))
      return std::nullopt;
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    Place result{slice.getSource(), {}};
    unsigned next = 0;
    for (unsigned d = 0; d < dropped.size(); ++d) {
      Index at = dropped[d] ? indices.constant(0) : index[next++];
      result.index.push_back(indices.add(indices.scale(at, slice.getStaticStride(d)),
                                         indices.constant(slice.getStaticOffset(d))));
    }
    return result;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() || linalgOp.hasDynamicShape() || reduction(v))
    return std::nullopt;
  unsigned result = cast<OpResult>(v).getResultNumber();
  Value yielded = linalgOp.getBlock()->getTerminator()->getOperand(result);
  while (Operation *convert = yielded.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(convert))
      return std::nullopt;
    yielded = convert->getOperand(0);
  }
  auto arg = dyn_cast<BlockArgument>(yielded);
  if (!arg || arg.getOwner() != linalgOp.getBlock())
    return std::nullopt;
  auto loops = bindLoops(linalgOp, result, index);
  if (!loops || llvm::is_contained(*loops, -1))
    return std::nullopt;
  OpOperand *operand = linalgOp.getMatchingOpOperand(arg);
  if (!isa<RankedTensorType>(operand->get().getType()))
    return std::nullopt;
  Place place{operand->get(), {}};
  for (AffineExpr e : linalgOp.getMatchingIndexingMap(operand).getResults())
    place.index.push_back(apply(e, *loops));
  return place;
}

Place Tracer::follow(Value v, ArrayRef<Index> index) {
  Place place{v, SmallVector<Index>(index)};
  while (auto next = stepMovement(place.tensor, place.index))
    place = std::move(*next);
  return place;
}

Expr Tracer::trace(Value v, ArrayRef<Index> index) {
  std::vector<int64_t> key{exprs.valueNumber(v)};
  key.insert(key.end(), index.begin(), index.end());
  if (auto it = memo.find(key); it != memo.end())
    return it->second;
  Expr e = traceUncached(v, index);
  memo[key] = e;
  if (isa<RankedTensorType>(v.getType()) && exprs.node(e).op != Op::Constant)
    origins.try_emplace(e, Place{v, SmallVector<Index>(index)});
  return e;
}

Expr Tracer::traceUncached(Value v, ArrayRef<Index> index) {
  auto type = dyn_cast<RankedTensorType>(v.getType());
  Operation *op = v.getDefiningOp();
  if (!type || !type.hasStaticShape() || !op)
    return opaque(v, index);
  ScalarKind kind = kindOf(type);
  Attribute attribute;
  if (matchPattern(v, m_Constant(&attribute))) {
    if (auto value = splatValue(attribute))
      return exprs.constant(*value, kind);
    return opaque(v, index);
  }
  if (auto place = stepMovement(v, index))
    return trace(place->tensor, place->index);

  // Whether lo <= at < hi.
  auto within = [&](Index at, int64_t low, int64_t high) {
    Expr e = exprs.position(at);
    Expr above =
        exprs.make(Op::CompareI, {e, exprs.constant(low, ScalarKind::Int)}, uint8_t(Predicate::GE));
    Expr below = exprs.make(Op::CompareI, {e, exprs.constant(high, ScalarKind::Int)},
                            uint8_t(Predicate::LT));
    return exprs.make(Op::And, {above, below});
  };
  if (auto concat = dyn_cast<tensor::ConcatOp>(op)) {
    uint64_t dim = concat.getDim();
    int64_t end = type.getDimSize(dim);
    std::optional<Expr> result;
    for (Value input : llvm::reverse(concat.getInputs())) {
      int64_t extent = cast<RankedTensorType>(input.getType()).getDimSize(dim);
      if (ShapedType::isDynamic(extent))
        return opaque(v, index);
      end -= extent;
      SmallVector<Index> at(index);
      at[dim] = indices.add(at[dim], indices.constant(-end));
      Expr here = trace(input, at);
      result = result
                   ? exprs.make(Op::Select, {within(index[dim], end, end + extent), here, *result})
                   : here;
    }
    return *result;
  }
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    if (llvm::any_of(insert.getStaticOffsets(), ShapedType::isDynamic) ||
        llvm::any_of(insert.getStaticSizes(), ShapedType::isDynamic) ||
        llvm::any_of(insert.getStaticStrides(), [](int64_t s) { return s != 1; }))
      return opaque(v, index);
    llvm::SmallBitVector dropped = insert.getDroppedDims();
    Expr inside = exprs.constant(1, ScalarKind::Bool);
    SmallVector<Index> at;
    for (unsigned d = 0; d < index.size(); ++d) {
      int64_t offset = insert.getStaticOffset(d);
      inside =
          exprs.make(Op::And, {inside, within(index[d], offset, offset + insert.getStaticSize(d))});
      if (!dropped[d])
        at.push_back(indices.add(index[d], indices.constant(-offset)));
    }
    return exprs.make(Op::Select,
                      {inside, trace(insert.getSource(), at), trace(insert.getDest(), index)});
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    Value padding = pad.getConstantPaddingValue();
    auto source = cast<RankedTensorType>(pad.getSource().getType());
    if (!padding || !source.hasStaticShape() ||
        llvm::any_of(pad.getStaticLow(), ShapedType::isDynamic))
      return opaque(v, index);
    auto outside = scalar(padding, nullptr);
    if (!outside)
      return opaque(v, index);
    Expr inside = exprs.constant(1, ScalarKind::Bool);
    SmallVector<Index> at;
    for (unsigned d = 0; d < index.size(); ++d) {
      int64_t low = pad.getStaticLow()[d];
      inside = exprs.make(Op::And, {inside, within(index[d], low, low + source.getDimSize(d))});
      at.push_back(indices.add(index[d], indices.constant(-low)));
    }
    return exprs.make(Op::Select, {inside, trace(pad.getSource(), at), *outside});
  }
  // No one may read it; zero is as good as anything.
  if (isa<tensor::EmptyOp>(op))
    return exprs.constant(0, kind);
  if (auto splat = dyn_cast<tensor::SplatOp>(op)) {
    auto e = scalar(splat.getInput(), nullptr);
    return e ? *e : opaque(v, index);
  }
  if (auto elements = dyn_cast<tensor::FromElementsOp>(op)) {
    if (elements.getElements().size() != 1)
      return opaque(v, index);
    auto e = scalar(elements.getElements()[0], nullptr);
    return e ? *e : opaque(v, index);
  }

  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() || linalgOp.hasDynamicShape() || reduction(v))
    return opaque(v, index);
  unsigned result = cast<OpResult>(v).getResultNumber();
  auto loops = bindLoops(linalgOp, result, index);
  if (!loops || llvm::is_contained(*loops, -1))
    return opaque(v, index);
  Frame frame{linalgOp, *loops, /*shallow=*/false, -1, DenseMap<Value, Expr>()};
  auto e = scalar(linalgOp.getBlock()->getTerminator()->getOperand(result), &frame);
  return e ? *e : opaque(v, index);
}

std::optional<Step> Tracer::step(const Reduction &reduction, ArrayRef<Index> index,
                                 ArrayRef<Index> at, bool shallow) {
  linalg::LinalgOp op = reduction.op;
  auto loops = bindLoops(op, reduction.result, index);
  if (!loops)
    return std::nullopt;
  for (auto [loop, i] : llvm::zip_equal(reduction.loops, at))
    (*loops)[loop] = i;
  if (llvm::is_contained(*loops, -1))
    return std::nullopt;
  Frame frame{op, *loops, shallow, int(reduction.result), DenseMap<Value, Expr>()};
  auto body = scalar(op.getBlock()->getTerminator()->getOperand(reduction.result), &frame);
  if (!body)
    return std::nullopt;
  const Node n = exprs.node(*body);
  std::optional<Combine> combine;
  switch (n.op) {
  case Op::Add:
  case Op::AddI:
    combine = Combine::Add;
    break;
  case Op::Mul:
  case Op::MulI:
    combine = Combine::Mul;
    break;
  case Op::Max:
  case Op::MaxI:
    combine = Combine::Max;
    break;
  case Op::Min:
  case Op::MinI:
    combine = Combine::Min;
    break;
  case Op::And:
    combine = Combine::And;
    break;
  case Op::Or:
    combine = Combine::Or;
    break;
  default:
    return std::nullopt;
  }
  Expr accumulator = exprs.accumulator(n.kind);
  Expr term;
  if (n.args[0] == accumulator)
    term = n.args[1];
  else if (n.args[1] == accumulator)
    term = n.args[0];
  else
    return std::nullopt;
  if (llvm::is_contained(exprs.subexpressions(term), accumulator))
    return std::nullopt;
  Expr init = trace(op.getDpsInits()[reduction.result], index);
  return Step{*combine, term, init};
}

bool Tracer::isContraction(Value v) {
  if (auto it = contractions.find(v); it != contractions.end())
    return it->second;
  contractions[v] = false;
  auto r = reduction(v);
  if (!r || kindOf(v.getType()) != ScalarKind::Float)
    return false;
  SmallVector<Variable> out, red;
  SmallVector<Index> index = variables(cast<RankedTensorType>(v.getType()).getShape(), &out);
  SmallVector<int64_t> extents;
  for (unsigned i = 0; i < r->loops.size(); ++i)
    extents.push_back(r->extent(i));
  SmallVector<Index> loops = variables(extents, &red);
  // The op's own operands first: a weight of one value throughout traces to a
  // number, and would no longer count as a factor.
  bool found = false;
  for (bool shallow : {true, false}) {
    auto s = step(*r, index, loops, shallow);
    if (!s || s->combine != Combine::Add)
      return false;
    SmallVector<Expr> factors;
    exprs.factors(s->term, factors);
    auto carries = [&](Expr f) {
      return llvm::any_of(red, [&](Variable k) { return exprs.depends(f, k); });
    };
    for (Expr f : factors)
      for (Expr g : factors)
        if (f != g && carries(f) && carries(g))
          for (Variable o : out)
            found |= exprs.depends(f, o) && !exprs.depends(g, o);
  }
  return contractions[v] = found;
}

Expr Tracer::deepen(Expr root) {
  DenseMap<Expr, Expr> map;
  for (Expr leaf : exprs.leaves(root)) {
    Node n = exprs.node(leaf);
    if (n.op == Op::Load && isa<RankedTensorType>(n.tensor.getType()))
      map[leaf] = trace(n.tensor, n.index);
  }
  return exprs.replace(root, map);
}

Expr Tracer::expand(Expr root, Variable axis) {
  if (auto it = expansions.find({root, axis}); it != expansions.end())
    return it->second;
  DenseMap<Expr, Expr> map;
  for (Expr leaf : exprs.leaves(root)) {
    Node n = exprs.node(leaf);
    if (n.op != Op::Load)
      continue;
    auto r = reduction(n.tensor);
    if (!r || isContraction(n.tensor))
      continue;
    SmallVector<Variable> bound;
    int64_t extent = indices.extent(axis), total = 1;
    for (unsigned i = 0; i < r->loops.size(); ++i)
      total *= r->extent(i);
    bool overAxis = r->loops.size() == 1 && r->extent(0) == extent &&
                    llvm::none_of(n.index, [&](Index i) { return indices.depends(i, axis); });
    if (!overAxis && (total > 1024 || kindOf(n.tensor.getType()) == ScalarKind::Float))
      continue;
    if (overAxis) {
      bound.push_back(axis);
    } else {
      SmallVector<Variable> &own = boundVariables[n.tensor];
      while (own.size() < r->loops.size())
        own.push_back(indices.makeVariable(r->extent(own.size())));
      bound.assign(own.begin(), own.end());
    }
    SmallVector<Index> at;
    for (Variable v : bound)
      at.push_back(indices.variable(v));
    auto s = step(*r, n.index, at, /*shallow=*/false);
    if (!s)
      continue;
    Expr reduced = exprs.reduce(s->combine, expand(s->term, axis), expand(s->init, axis), bound);
    map[leaf] = reduced;
    origins.try_emplace(reduced,
                        Place{n.tensor, SmallVector<Index>(n.index.begin(), n.index.end())});
  }
  Expr result = root;
  if (!map.empty()) {
    result = exprs.replace(root, map);
    // What is expanded is still the same tensor's.
    for (Expr sub : exprs.subexpressions(root))
      if (auto place = origin(sub))
        origins.try_emplace(exprs.replace(sub, map), *place);
  }
  return expansions[{root, axis}] = result;
}

std::optional<Place> Tracer::origin(Expr e) const {
  auto it = origins.find(e);
  if (it == origins.end())
    return std::nullopt;
  return it->second;
}

bool Tracer::isFromDevice(Value root) {
  // Depth first without recursion: a model is thousands of ops deep.
  SmallVector<std::pair<Value, bool>> stack{{root, false}};
  while (!stack.empty()) {
    auto [v, visited] = stack.pop_back_val();
    Operation *op = v.getDefiningOp();
    if (!op || op->hasTrait<OpTrait::ConstantLike>()) {
      device[v] = false;
      continue;
    }
    if (isa<DotaDialect>(op->getDialect())) {
      device[v] = true;
      continue;
    }
    if (!visited && device.contains(v))
      continue;
    SmallVector<Value> operands(op->getOperands());
    for (Region &region : op->getRegions())
      region.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (operand.getParentRegion()->isProperAncestor(&region))
            operands.push_back(operand);
      });
    if (visited) {
      device[v] = llvm::any_of(operands, [&](Value o) { return device.lookup(o); });
      continue;
    }
    device[v] = false;
    stack.push_back({v, true});
    for (Value operand : operands)
      if (!device.contains(operand))
        stack.push_back({operand, false});
  }
  return device.lookup(root);
}

bool Tracer::isFromDevice(Expr e) {
  return llvm::any_of(exprs.leaves(e),
                      [&](Expr leaf) { return isFromDevice(exprs.node(leaf).tensor); });
}
