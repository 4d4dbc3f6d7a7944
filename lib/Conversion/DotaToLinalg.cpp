//===- DotaToLinalg.cpp - the executable meaning of the dota dialect --------===//
//
// Float ops become linalg on f32. Fixed-point ops become linalg on stored
// integers: products as exact i64 sums, and the scalar rules of
// dota/runtime/Numerics.h written down op by op (IRArithmetic), so that what runs
// agrees with the simulator to the bit. Total: a dota op that is left is an error
// at its location. Idempotent: a module without dota ops is left as it is.
//
// The element types of an op decide between the two; verifiers see to it that
// they are not mixed.
//
//===----------------------------------------------------------------------===//

#include "dota/Conversion/IRArithmetic.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Dialect/Dota/LinearFormats.h"
#include "dota/Dialect/Dota/Mfu.h"
#include "dota/Passes.h"
#include "dota/runtime/Numerics.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/DialectConversion.h"
#include <cmath>
#include <limits>

namespace mlir::dota {
#define GEN_PASS_DEF_DOTATOLINALG
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;
using ::dota::kCosineFractionBits;
using ::dota::kInadmissibleBias;
using ::dota::lengthShift;

namespace {

using Rules = ::dota::Numerics<IRArithmetic>;
using Shape = ArrayRef<int64_t>;

RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }
Type elementOf(Value value) { return tensorOf(value).getElementType(); }
bool isFloat(Value value) { return isa<FloatType>(elementOf(value)); }

/// The format of a value that a verifier has found to be per-tensor fixed point.
FixedPoint formatOf(Value value) { return *getFixedPoint(elementOf(value)); }

/// An input of a loop nest: a tensor and which of its elements an iteration reads.
struct Input {
  Value tensor;
  AffineMap map;
};

/// Builds loop nests over tensors at one location, by the rules of the program that
/// the op stands in.
class Loops : public ImplicitLocOpBuilder {
public:
  Loops(Operation *op, OpBuilder &builder)
      : ImplicitLocOpBuilder(op->getLoc(), builder), mfu(mfuRulesFor(op)) {}
  using Body = function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>;

  Rules rules(IRArithmetic &arithmetic) const { return {arithmetic, mfu}; }

  Value constant(TypedAttr value) { return arith::ConstantOp::create(*this, value); }
  Value constant(float value) { return constant(getF32FloatAttr(value)); }
  Value zero(Type type) { return constant(cast<TypedAttr>(getZeroAttr(type))); }

  Value empty(Shape shape, Type type) { return tensor::EmptyOp::create(*this, shape, type); }
  Value filled(Shape shape, Value value) {
    return linalg::FillOp::create(*this, value, empty(shape, value.getType())).getResult(0);
  }

  /// A tensor of `shape`, each element computed from its inputs' elements.
  Value map(Shape shape, Type type, ArrayRef<Input> inputs,
            function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
    SmallVector<utils::IteratorType> iterators(shape.size(), utils::IteratorType::parallel);
    return nest(inputs, {{empty(shape, type), identity(shape.size())}}, iterators,
                [&](OpBuilder &b, Location loc, ValueRange arguments) -> SmallVector<Value> {
                  return {body(b, loc, arguments)};
                })
        .front();
  }

  /// Reduces over the last dimension of `shape` into each of `inits`.
  ValueRange reduceLast(Shape shape, ArrayRef<Input> inputs, ValueRange inits, Body body) {
    unsigned rank = shape.size();
    SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
    iterators.back() = utils::IteratorType::reduction;
    SmallVector<Input> outputs;
    for (Value init : inits)
      outputs.push_back({init, leading(rank, rank - 1)});
    return nest(inputs, outputs, iterators, body);
  }

  ValueRange nest(ArrayRef<Input> inputs, ArrayRef<Input> outputs,
                  ArrayRef<utils::IteratorType> iterators, Body body) {
    SmallVector<Value> ins, outs;
    SmallVector<AffineMap> maps;
    for (const Input &input : inputs) {
      ins.push_back(input.tensor);
      maps.push_back(input.map);
    }
    for (const Input &output : outputs) {
      outs.push_back(output.tensor);
      maps.push_back(output.map);
    }
    auto op =
        linalg::GenericOp::create(*this, TypeRange(ValueRange(outs)), ins, outs, maps, iterators,
                                  [&](OpBuilder &b, Location loc, ValueRange arguments) {
                                    linalg::YieldOp::create(b, loc, body(b, loc, arguments));
                                  });
    return op.getResults();
  }

  AffineMap identity(unsigned rank) { return getMultiDimIdentityMap(rank); }
  /// (d0, ..., d_rank-1) -> the first `count` of them.
  AffineMap leading(unsigned rank, unsigned count) { return identity(rank).getMajorSubMap(count); }
  /// (d0, ..., d_rank-1) -> the last `count` of them.
  AffineMap trailing(unsigned rank, unsigned count) { return identity(rank).getMinorSubMap(count); }
  AffineMap select(unsigned rank, ArrayRef<unsigned> dimensions) {
    return AffineMap::getMultiDimMapWithTargets(rank, dimensions, getContext());
  }

  /// c[..] = sum over the reduction of a[..] b[..] as exact i64 sums.
  Value contract(Input a, Input b, Input c, ArrayRef<utils::IteratorType> iterators) {
    return nest({a, b}, {c}, iterators,
                [](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                  Value product =
                      arith::MulIOp::create(b, loc, widen(b, loc, v[0]), widen(b, loc, v[1]));
                  return {arith::AddIOp::create(b, loc, v[2], product)};
                })
        .front();
  }

  Value transpose(Value value, ArrayRef<int64_t> permutation) {
    RankedTensorType type = tensorOf(value);
    SmallVector<int64_t> shape;
    for (int64_t dimension : permutation)
      shape.push_back(type.getDimSize(dimension));
    return linalg::TransposeOp::create(*this, value, empty(shape, type.getElementType()),
                                       permutation)
        ->getResult(0);
  }
  Value expand(Value value, Shape shape, ArrayRef<ReassociationIndices> groups) {
    return tensor::ExpandShapeOp::create(*this, RankedTensorType::get(shape, elementOf(value)),
                                         value, groups);
  }
  Value collapse(Value value, ArrayRef<ReassociationIndices> groups) {
    return tensor::CollapseShapeOp::create(*this, value, groups);
  }

  /// [B x] N x F as rows x F.
  Value toRows(Value value) {
    return tensorOf(value).getRank() == 3 ? collapse(value, {{0, 1}, {2}}) : value;
  }
  /// rows x F as the shape that `toRows` began with.
  Value fromRows(Value value, Shape shape) {
    return shape.size() == 3 ? expand(value, shape, {{0, 1}, {2}}) : value;
  }

  /// A stored integer as i64, and back in the width of its storage.
  static Value widen(OpBuilder &b, Location loc, Value value) {
    if (value.getType().isInteger(64))
      return value;
    return arith::ExtSIOp::create(b, loc, b.getI64Type(), value);
  }
  static Value narrow(OpBuilder &b, Location loc, Type type, Value value) {
    return arith::TruncIOp::create(b, loc, type, value);
  }

private:
  ::dota::MfuRules mfu;
};

/// A pattern that builds with `Loops` and replaces the op by one value.
template <typename Op>
class Lowering : public OpConversionPattern<Op> {
public:
  using OpConversionPattern<Op>::OpConversionPattern;
  using Adaptor = Op::Adaptor;

  LogicalResult matchAndRewrite(Op op, Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    Loops loops(op, rewriter);
    auto type = this->getTypeConverter()->template convertType<RankedTensorType>(
        op->getResult(0).getType());
    Value result = lower(op, adaptor, type, loops);
    rewriter.replaceOp(op, result);
    return success();
  }

  /// The op's value; `type` is the result's type after conversion.
  virtual Value lower(Op op, Adaptor adaptor, RankedTensorType type, Loops &loops) const = 0;
};

//===----------------------------------------------------------------------===//
// Linear
//===----------------------------------------------------------------------===//

struct LinearLowering : Lowering<LinearOp> {
  using Lowering::Lowering;

  Value lower(LinearOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    Value x = loops.toRows(adaptor.getX());
    int64_t rows = tensorOf(x).getDimSize(0), columns = type.getShape().back();
    Value result = isFloat(op.getX()) ? lowerFloat(op, adaptor, x, {rows, columns}, loops)
                                      : lowerFixed(op, adaptor, x, type.getElementType(), loops);
    return loops.fromRows(result, type.getShape());
  }

  /// The sum starts from the bias.
  Value lowerFloat(LinearOp op, Adaptor adaptor, Value x, Shape shape, Loops &loops) const {
    Value init;
    if (Value bias = adaptor.getBias())
      init = linalg::BroadcastOp::create(loops, bias, loops.empty(shape, loops.getF32Type()),
                                         ArrayRef<int64_t>{0})
                 ->getResult(0);
    else
      init = loops.filled(shape, loops.constant(0.0f));
    Value sums =
        linalg::MatmulOp::create(loops, ValueRange{x, adaptor.getWeight()}, ValueRange{init})
            .getResult(0);
    return whereLive(op, adaptor, sums, init, loops);
  }

  /// With a mask: `sums` in the live rows of each group of columns, else `others`.
  Value whereLive(LinearOp op, Adaptor adaptor, Value sums, Value others, Loops &loops) const {
    Value mask = adaptor.getLive();
    if (!mask)
      return sums;
    MaskType type = cast<MaskType>(op.getLive().getType());
    const int64_t groups = *op.getHeads(), keys = type.getKeys(), queries = type.getRows(),
                  heads = type.getHeads() / groups,
                  batch = type.getShape().size() == 4 ? type.getShape().front() : 1;
    // Each sequence's and group's: does some query of its heads keep the key?
    mask = type.getShape().size() == 4
               ? loops.expand(mask, {batch, groups, heads, queries, keys}, {{0}, {1, 2}, {3}, {4}})
               : loops.expand(mask, {batch, groups, heads, queries, keys}, {{0, 1, 2}, {3}, {4}});
    using utils::IteratorType;
    SmallVector<IteratorType> iterators(5, IteratorType::parallel);
    iterators[3] = iterators[4] = IteratorType::reduction;
    Value live = loops
                     .nest({{mask, loops.select(5, {0, 2, 3, 4, 1})}},
                           {{loops.filled({batch, keys, groups}, loops.zero(loops.getI1Type())),
                             loops.leading(5, 3)}},
                           iterators,
                           [](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                             return {arith::OrIOp::create(b, loc, v[1], v[0])};
                           })
                     .front();
    live = loops.collapse(live, {{0, 1}, {2}});
    const int64_t rows = batch * keys, columns = tensorOf(sums).getDimSize(1);
    auto split = [&](Value value) {
      return loops.expand(value, {rows, groups, columns / groups}, {{0}, {1, 2}});
    };
    Value chosen = loops.map({rows, groups, columns / groups}, elementOf(sums),
                             {{split(sums), loops.identity(3)},
                              {split(others), loops.identity(3)},
                              {live, loops.leading(3, 2)}},
                             [](OpBuilder &b, Location loc, ValueRange v) -> Value {
                               return arith::SelectOp::create(b, loc, v[2], v[0], v[1]);
                             });
    return loops.collapse(chosen, {{0}, {1, 2}});
  }

  Value lowerFixed(LinearOp op, Adaptor adaptor, Value x, Type storage, Loops &loops) const {
    int64_t rows = tensorOf(x).getDimSize(0), columns = tensorOf(adaptor.getWeight()).getDimSize(1);
    Value zeros = loops.filled({rows, columns}, loops.zero(loops.getI64Type()));
    // The reduction is not innermost, so that the inner loop runs along rows of
    // the weight and of the sums.
    Value sums =
        loops.contract({x, loops.select(3, {0, 1})}, {adaptor.getWeight(), loops.select(3, {1, 2})},
                       {zeros, loops.select(3, {0, 2})},
                       {utils::IteratorType::parallel, utils::IteratorType::reduction,
                        utils::IteratorType::parallel});
    sums = whereLive(op, adaptor, sums, zeros, loops);

    return round(op, sums, adaptor.getBias(), storage, loops);
  }

  using Format = LinearFormats::Column;

  /// The formats of the columns, each once, and which of them each column has.
  static std::pair<SmallVector<Format>, SmallVector<int16_t>> formatsOf(LinearOp op) {
    const LinearFormats all(op);
    SmallVector<Format> formats;
    SmallVector<int16_t> ofColumn;
    for (int64_t column = 0; column < all.size(); ++column) {
      auto *known = llvm::find(formats, all[column]);
      ofColumn.push_back(static_cast<int16_t>(known - formats.begin()));
      if (known == formats.end())
        formats.push_back(all[column]);
    }
    return {formats, ofColumn};
  }

  Value round(LinearOp op, Value sums, Value bias, Type storage, Loops &loops) const {
    const auto [formats, ofColumn] = formatsOf(op);
    const int bits = getStoredBits(elementOf(op.getResult()));
    SmallVector<Input> inputs{{sums, loops.identity(2)}};
    if (bias)
      inputs.push_back({bias, loops.trailing(2, 1)});
    if (formats.size() > 1) {
      auto type = RankedTensorType::get(ofColumn.size(), loops.getI16Type());
      inputs.push_back(
          {loops.constant(DenseElementsAttr::get(type, ArrayRef(ofColumn))), loops.trailing(2, 1)});
    }
    return loops.map(tensorOf(sums).getShape(), storage, inputs,
                     [&](OpBuilder &b, Location loc, ValueRange v) {
                       IRArithmetic arithmetic(b, loc);
                       Rules rules = loops.rules(arithmetic);
                       auto roundAs = [&](const Format &format) -> Value {
                         Value sum = v[0];
                         if (bias)
                           sum = rules.addBias(sum, Loops::widen(b, loc, v[1]), format.biasShift);
                         return rules.requantize(sum, format.from, format.to, bits);
                       };
                       // The one of the column's own format.
                       Value result = roundAs(formats.front());
                       for (size_t number = 1; number < formats.size(); ++number) {
                         Value other = roundAs(formats[number]);
                         Value wanted = arith::ConstantOp::create(
                             b, loc, b.getI16IntegerAttr(static_cast<int16_t>(number)));
                         Value isOther = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                                               v[inputs.size() - 1], wanted);
                         result = arith::SelectOp::create(b, loc, isOther, other, result);
                       }
                       return Loops::narrow(b, loc, storage, result);
                     });
  }
};

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// The largest f32 of each row along the last dimension of `shape`, where `fixed` by
/// the rule of fixed point; minus infinity of rows that have no other.
Value rowMaxOf(Loops &loops, Shape shape, Value scores, bool fixed) {
  Value minusInfinity = loops.constant(-std::numeric_limits<float>::infinity());
  return loops
      .reduceLast(shape, {{scores, loops.identity(shape.size())}},
                  {loops.filled(shape.drop_back(), minusInfinity)},
                  [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                    if (!fixed)
                      return {arith::MaximumFOp::create(b, loc, v[0], v[1])};
                    IRArithmetic arithmetic(b, loc);
                    return {loops.rules(arithmetic).rowMax(v[1], v[0])};
                  })
      .front();
}

/// Shapes and steps that dense attention, attention over a mask and detection
/// share. Queries lie as (batch kvHeads) x (group rows) x width, where `group`
/// query heads use one key head, so that a batched product serves them all.
struct AttentionLoops {
  Loops &loops;
  int64_t batch, heads, kvHeads, rows, keys;
  bool causal;

  AttentionLoops(Loops &loops, Value q, Value k, int64_t heads, int64_t kvHeads, bool causal)
      : loops(loops), batch(tensorOf(q).getRank() == 3 ? tensorOf(q).getDimSize(0) : 1),
        heads(heads), kvHeads(kvHeads), rows(tensorOf(q).getShape().drop_back().back()),
        keys(tensorOf(k).getShape().drop_back().back()), causal(causal) {}

  int64_t group() const { return heads / kvHeads; }
  /// Extents of one value for each query and key.
  SmallVector<int64_t> pairs() const { return {batch, heads, rows, keys}; }

  /// [B x] N x (heads d) as (B kvHeads) x (group N) x d.
  Value splitQueries(Value q) {
    int64_t width = tensorOf(q).getShape().back() / heads;
    q = loops.expand(withBatch(q), {batch, rows, kvHeads, group(), width}, {{0}, {1}, {2, 3, 4}});
    return loops.collapse(loops.transpose(q, {0, 2, 3, 1, 4}), {{0, 1}, {2, 3}, {4}});
  }
  /// [B x] M x (kvHeads d) as (B kvHeads) x d x M.
  Value splitKeys(Value k) { return splitKeysOrValues(k, {0, 2, 3, 1}); }
  /// [B x] M x (kvHeads e) as (B kvHeads) x M x e.
  Value splitValues(Value v) { return splitKeysOrValues(v, {0, 2, 1, 3}); }

  Value splitKeysOrValues(Value x, ArrayRef<int64_t> permutation) {
    int64_t width = tensorOf(x).getShape().back() / kvHeads;
    x = loops.expand(withBatch(x), {batch, keys, kvHeads, width}, {{0}, {1}, {2, 3}});
    return loops.collapse(loops.transpose(x, permutation), {{0, 1}, {2}, {3}});
  }

  /// (B kvHeads) x (group N) x e as [B x] N x (heads e).
  Value merge(Value x, Shape shape) {
    int64_t width = tensorOf(x).getShape().back();
    x = loops.expand(x, {batch, kvHeads, group(), rows, width}, {{0, 1}, {2, 3}, {4}});
    x = loops.transpose(x, {0, 3, 1, 2, 4});
    if (shape.size() == 3)
      return loops.collapse(x, {{0}, {1}, {2, 3, 4}});
    return loops.collapse(x, {{0, 1}, {2, 3, 4}});
  }

  Value withBatch(Value x) {
    RankedTensorType type = tensorOf(x);
    if (type.getRank() == 3)
      return x;
    return loops.expand(x, {1, type.getDimSize(0), type.getDimSize(1)}, {{0, 1}, {2}});
  }

  /// (B kvHeads) x (group N) x M as B x heads x N x M, and back.
  Value toPairs(Value x) {
    x = loops.expand(x, {batch, kvHeads, group(), rows, keys}, {{0, 1}, {2, 3}, {4}});
    return loops.collapse(x, {{0}, {1, 2}, {3}, {4}});
  }
  Value fromPairs(Value x) {
    x = loops.expand(x, {batch, kvHeads, group(), rows, keys}, {{0}, {1, 2}, {3}, {4}});
    return loops.collapse(x, {{0, 1}, {2, 3}, {4}});
  }

  /// A batched product, in f32 or as exact i64 sums.
  Value product(Value a, Value b) {
    SmallVector<int64_t> shape{tensorOf(a).getDimSize(0), tensorOf(a).getDimSize(1),
                               tensorOf(b).getDimSize(2)};
    if (isFloat(a))
      return linalg::BatchMatmulOp::create(loops, ValueRange{a, b},
                                           ValueRange{loops.filled(shape, loops.constant(0.0f))})
          .getResult(0);
    Value zeros = loops.filled(shape, loops.zero(loops.getI64Type()));
    using utils::IteratorType;
    return loops.contract({a, loops.select(4, {0, 1, 2})}, {b, loops.select(4, {0, 2, 3})},
                          {zeros, loops.select(4, {0, 1, 3})},
                          {IteratorType::parallel, IteratorType::parallel, IteratorType::reduction,
                           IteratorType::parallel});
  }

  /// q k^T of every head: B x heads x N x M.
  Value scores(Value q, Value k) { return toPairs(product(splitQueries(q), splitKeys(k))); }

  /// The bias as an input of a nest over the pairs; extents of 1 are repeated.
  Input biasInput(Value bias) {
    Shape shape = tensorOf(bias).getShape();
    SmallVector<int64_t> pairShape = pairs();
    unsigned offset = 4 - shape.size();
    SmallVector<AffineExpr> results;
    for (auto [index, extent] : llvm::enumerate(shape))
      results.push_back(extent == 1 && pairShape[index + offset] != 1
                            ? loops.getAffineConstantExpr(0)
                            : loops.getAffineDimExpr(index + offset));
    return {bias, AffineMap::get(4, 0, results, loops.getContext())};
  }

  /// The mask, [B x] heads x N x M or one head for all, as an input of a nest over
  /// the pairs.
  Input maskInput(Value mask) { return biasInput(mask); }

  /// The exponentials of scores (f32, minus infinity where a key takes no part), and
  /// their sum for each row.
  std::pair<Value, Value> softmax(Value scores, bool fixed) {
    SmallVector<int64_t> pairShape = pairs();
    Shape rowShape = Shape(pairShape).drop_back();
    Value rowMax = rowMaxOf(loops, pairShape, scores, fixed);
    Type type = fixed ? Type(loops.getI16Type()) : Type(loops.getF32Type());
    Value exponentials = loops.map(
        pairShape, type, {{scores, loops.identity(4)}, {rowMax, loops.leading(4, 3)}},
        [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          IRArithmetic arithmetic(b, loc);
          if (fixed)
            return Loops::narrow(b, loc, type, loops.rules(arithmetic).expScore(v[0], v[1]));
          // Where every score is minus infinity the row has no keys; their
          // difference would be NaN.
          Value none =
              arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, v[1],
                                    arithmetic.f32(-std::numeric_limits<float>::infinity()));
          Value e = math::ExpOp::create(b, loc, arithmetic.sub(v[0], v[1]));
          return arithmetic.select(none, arithmetic.f32(0.0f), e);
        });
    Type sumType = fixed ? Type(loops.getI64Type()) : Type(loops.getF32Type());
    Value totals =
        loops
            .reduceLast(pairShape, {{exponentials, loops.identity(4)}},
                        {loops.filled(rowShape, loops.zero(sumType))},
                        [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                          if (!fixed)
                            return {arith::AddFOp::create(b, loc, v[1], v[0])};
                          return {arith::AddIOp::create(b, loc, v[1], Loops::widen(b, loc, v[0]))};
                        })
            .front();
    return {exponentials, totals};
  }

  /// In a nest over the pairs: is key j visible to query i, j <= i + (M - N)?
  Value isVisible(OpBuilder &b, Location loc) {
    Value i = linalg::IndexOp::create(b, loc, 2), j = linalg::IndexOp::create(b, loc, 3);
    Value diagonal = arith::ConstantIndexOp::create(b, loc, keys - rows);
    Value last = arith::AddIOp::create(b, loc, i, diagonal);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, j, last);
  }
};

/// softmax(scale q k^T + bias) v over the keys that are visible and, with a mask,
/// kept.
template <typename Op>
struct AttentionLowering : Lowering<Op> {
  using Lowering<Op>::Lowering;
  using Adaptor = Op::Adaptor;

  Value lower(Op op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    bool fixed = !isFloat(op.getQ());
    AttentionLoops attention(loops, adaptor.getQ(), adaptor.getK(), op.getHeads(), op.getKvHeads(),
                             op.getCausal());
    SmallVector<int64_t> pairs = attention.pairs();
    Type f32 = loops.getF32Type();

    float scale = op.getScale().convertToFloat();
    if (fixed)
      scale = static_cast<float>(
          std::ldexp(static_cast<double>(scale),
                     -(formatOf(op.getQ()).exponent + formatOf(op.getK()).exponent)));
    Value scores = loops.map(pairs, f32, scoreInputs(adaptor, attention),
                             [&](OpBuilder &b, Location loc, ValueRange v) {
                               return score(op, adaptor, attention, scale, b, loc, v);
                             });

    auto [exponentials, totals] = attention.softmax(scores, fixed);
    totals = loops.expand(totals,
                          {attention.batch, attention.kvHeads, attention.group(), attention.rows},
                          {{0}, {1, 2}, {3}});
    totals = loops.collapse(totals, {{0, 1}, {2, 3}});

    Value weighted =
        attention.product(attention.fromPairs(exponentials), attention.splitValues(adaptor.getV()));
    Value quotients = loops.map(
        tensorOf(weighted).getShape(), type.getElementType(),
        {{weighted, loops.identity(3)}, {totals, loops.leading(3, 2)}},
        [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          IRArithmetic arithmetic(b, loc);
          if (!fixed) {
            // A row without keys has total 0 and gives zeros.
            Value zero = arithmetic.f32(0.0f);
            Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, v[1], zero);
            return arithmetic.select(none, zero, arithmetic.div(v[0], v[1]));
          }
          FixedPoint to = formatOf(op.getResult());
          return Loops::narrow(
              b, loc, type.getElementType(),
              loops.rules(arithmetic)
                  .normalize(v[0], v[1], formatOf(op.getV()).exponent, to.exponent, to.bits));
        });
    return attention.merge(quotients, type.getShape());
  }

  static Value maskOf(AttentionOp::Adaptor) { return {}; }
  static Value maskOf(MaskedAttentionOp::Adaptor adaptor) { return adaptor.getMask(); }

  static SmallVector<Input> scoreInputs(Adaptor adaptor, AttentionLoops &attention) {
    SmallVector<Input> inputs;
    inputs.push_back(
        {attention.scores(adaptor.getQ(), adaptor.getK()), attention.loops.identity(4)});
    if (Value bias = adaptor.getBias())
      inputs.push_back(attention.biasInput(bias));
    if (Value mask = maskOf(adaptor))
      inputs.push_back(attention.maskInput(mask));
    return inputs;
  }

  /// The score of a pair: scaled and biased; minus infinity where the key is not
  /// visible or not kept.
  static Value score(Op op, Adaptor adaptor, AttentionLoops &attention, float scale, OpBuilder &b,
                     Location loc, ValueRange v) {
    IRArithmetic arithmetic(b, loc);
    const bool isFixed = !isFloat(op.getQ());
    Rules rules = attention.loops.rules(arithmetic);
    Value score = isFixed ? rules.score(v[0], scale) : arithmetic.mul(v[0], arithmetic.f32(scale));
    if (adaptor.getBias())
      score = isFixed ? rules.biasedScore(score, v[1]) : arithmetic.add(score, v[1]);
    Value minusInfinity = arithmetic.f32(-std::numeric_limits<float>::infinity());
    if (attention.causal)
      score = arithmetic.select(attention.isVisible(b, loc), score, minusInfinity);
    if (maskOf(adaptor))
      score = arithmetic.select(v[adaptor.getBias() ? 2 : 1], score, minusInfinity);
    return score;
  }
};

/// Key j is kept when it is admissible and fewer than `keep` admissible keys beat
/// it (those of a larger score, or of the same score and a smaller id), and by the
/// rule of the thresholds where there are any.
struct DetectLowering : Lowering<DetectOp> {
  using Lowering::Lowering;

  Value lower(DetectOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    AttentionLoops attention(loops, adaptor.getQ(), adaptor.getK(), op.getHeads(), op.getKeyHeads(),
                             op.getCausal());
    SmallVector<int64_t> pairs = attention.pairs();
    Value scores = op.getKeys() ? ofHashes(op, adaptor, attention)
                                : attention.scores(adaptor.getQ(), adaptor.getK());
    bool isFloatScore = isFloat(scores);

    SmallVector<Input> inputs;
    if (Value bias = adaptor.getBias())
      inputs.push_back(attention.biasInput(bias));
    Value admissible = loops.map(
        pairs, loops.getI1Type(), inputs, [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          IRArithmetic arithmetic(b, loc);
          Value result = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
          if (adaptor.getBias())
            result = arithmetic.less(arithmetic.f32(kInadmissibleBias), v[0]);
          if (attention.causal)
            result = arith::AndIOp::create(b, loc, result, attention.isVisible(b, loc));
          return result;
        });

    using utils::IteratorType;
    SmallVector<IteratorType> iterators(5, IteratorType::parallel);
    iterators.back() = IteratorType::reduction;
    Value noRank = loops.filled(pairs, loops.zero(loops.getI32Type()));
    Value ranks =
        loops
            .nest({{scores, loops.select(5, {0, 1, 2, 3})},
                   {scores, loops.select(5, {0, 1, 2, 4})},
                   {admissible, loops.select(5, {0, 1, 2, 4})}},
                  {{noRank, loops.leading(5, 4)}}, iterators,
                  [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                    Value j = linalg::IndexOp::create(b, loc, 3);
                    Value other = linalg::IndexOp::create(b, loc, 4);
                    Value larger, equal;
                    if (isFloatScore) {
                      larger = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, v[1], v[0]);
                      equal = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, v[1], v[0]);
                    } else {
                      larger = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, v[1], v[0]);
                      equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, v[1], v[0]);
                    }
                    Value before =
                        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, other, j);
                    Value tie = arith::AndIOp::create(b, loc, equal, before);
                    Value beats = arith::OrIOp::create(b, loc, larger, tie);
                    beats = arith::AndIOp::create(b, loc, beats, v[2]);
                    Value one = arith::ExtUIOp::create(b, loc, b.getI32Type(), beats);
                    return {arith::AddIOp::create(b, loc, v[3], one)};
                  })
            .front();

    int64_t keep = op.getMask().getType().getKeep();
    Value mask = loops.map(
        pairs, loops.getI1Type(), {{ranks, loops.identity(4)}, {admissible, loops.identity(4)}},
        [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          Value limit = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(keep));
          Value ahead = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, v[0], limit);
          return arith::AndIOp::create(b, loc, ahead, v[1]);
        });
    if (op.getThresholds()) {
      Value passing = op.getSoftmaxScale() ? probable(op, adaptor, attention, scores, mask)
                                           : reaching(op, attention, scores, mask);
      mask = op.getBalance() ? balanced(op, attention, ranks, mask, passing) : passing;
    }
    return type.getRank() == 4 ? mask : loops.collapse(mask, {{0, 1}, {2}, {3}});
  }

  /// Scores where the factors are hashes of the keys.
  static Value ofHashes(DetectOp op, Adaptor adaptor, AttentionLoops &attention) {
    Loops &loops = attention.loops;
    const bool fixed = !isFloat(op.getQ());
    const int64_t bits = tensorOf(op.getQ()).getShape().back() / attention.heads;
    // In f32 a hash is the signs of what it is given as.
    auto signs = [&](Value x) {
      if (fixed)
        return x;
      return loops.map(
          tensorOf(x).getShape(), loops.getF32Type(), {{x, loops.identity(tensorOf(x).getRank())}},
          [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
            IRArithmetic arithmetic(b, loc);
            Value zero = arithmetic.f32(0.0f);
            Value rest =
                arithmetic.select(arithmetic.less(v[0], zero), arithmetic.f32(-1.0f), zero);
            return arithmetic.select(arithmetic.less(zero, v[0]), arithmetic.f32(1.0f), rest);
          });
    };
    Value agreement = attention.product(attention.splitQueries(signs(adaptor.getQ())),
                                        attention.splitKeys(signs(adaptor.getK())));

    Value keys = attention.splitValues(adaptor.getKeys());
    Shape shape = tensorOf(keys).getShape();
    Type sumType = fixed ? Type(loops.getI64Type()) : Type(loops.getF32Type());
    Value squares =
        loops
            .reduceLast(shape, {{keys, loops.identity(3)}},
                        {loops.filled(shape.drop_back(), loops.zero(sumType))},
                        [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                          IRArithmetic arithmetic(b, loc);
                          if (!fixed)
                            return {arithmetic.add(v[1], arithmetic.mul(v[0], v[0]))};
                          Value x = Loops::widen(b, loc, v[0]);
                          return {arithmetic.addi(v[1], arithmetic.muli(x, x))};
                        })
            .front();
    Value lengths = loops.map(shape.drop_back(), sumType, {{squares, loops.identity(2)}},
                              [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                                IRArithmetic arithmetic(b, loc);
                                return fixed ? Rules{arithmetic}.length(v[0], shiftOf(op))
                                             : arithmetic.sqrt(v[0]);
                              });
    return attention.toPairs(
        loops.map(tensorOf(agreement).getShape(), sumType,
                  {{agreement, loops.identity(3)}, {lengths, loops.select(3, {0, 2})}},
                  [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                    IRArithmetic arithmetic(b, loc);
                    Rules rules{arithmetic};
                    return fixed ? rules.estimate(v[0], bits, v[1])
                                 : arithmetic.mul(rules.cosineOfHashes(v[0], bits), v[1]);
                  }));
  }

  /// The places by which the lengths of keys are lowered.
  static int shiftOf(DetectOp op) {
    return lengthShift(tensorOf(op.getKeys()).getShape().back() / op.getKeyHeads(),
                       formatOf(op.getKeys()).bits);
  }

  /// The exponent of a head's scores.
  static int scoreExponent(DetectOp op, int64_t head) {
    if (isFloat(op.getQ()))
      return 0;
    if (op.getKeys())
      return kCosineFractionBits + formatOf(op.getKeys()).exponent - shiftOf(op);
    const int64_t heads = op.getHeads(), keyHeads = op.getKeyHeads();
    return exponentOf(op.getQ(), head, heads) +
           exponentOf(op.getK(), head / (heads / keyHeads), keyHeads);
  }

  /// The exponent of a head of a factor.
  static int exponentOf(Value factor, int64_t head, int64_t heads) {
    if (auto columns = getPerColumnFixedPoint(elementOf(factor)))
      return columns->exponents[head * (columns->exponents.size() / heads)];
    return formatOf(factor).exponent;
  }

  /// The keys of `mask` whose scores reach the threshold of their head.
  static Value reaching(DetectOp op, AttentionLoops &attention, Value scores, Value mask) {
    Loops &loops = attention.loops;
    ArrayRef<float> thresholds = *op.getThresholds();
    SmallVector<float> stored;
    for (int64_t head = 0; head < attention.heads; ++head)
      stored.push_back(
          std::ldexp(thresholds[thresholds.size() == 1 ? 0 : head], scoreExponent(op, head)));
    Value perHead = loops.constant(DenseElementsAttr::get(
        RankedTensorType::get({attention.heads}, loops.getF32Type()), ArrayRef(stored)));
    return loops.map(
        attention.pairs(), loops.getI1Type(),
        {{scores, loops.identity(4)}, {mask, loops.identity(4)}, {perHead, loops.select(4, {1})}},
        [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          IRArithmetic arithmetic(b, loc);
          Value reaches = isFloat(op.getQ()) ? arithmetic.lessEqual(v[2], v[0])
                                             : loops.rules(arithmetic).reaches(v[0], v[2]);
          return arith::AndIOp::create(b, loc, reaches, v[1]);
        });
  }

  /// The keys of `mask` whose estimated probability exceeds the threshold.
  static Value probable(DetectOp op, Adaptor adaptor, AttentionLoops &attention, Value scores,
                        Value mask) {
    Loops &loops = attention.loops;
    bool fixed = !isFloat(op.getQ());
    double scale = op.getSoftmaxScale()->convertToFloat();
    if (fixed)
      scale = std::ldexp(scale, -(formatOf(op.getQ()).exponent + formatOf(op.getK()).exponent));
    SmallVector<Input> inputs{{scores, loops.identity(4)}};
    if (Value bias = adaptor.getBias())
      inputs.push_back(attention.biasInput(bias));
    Value scaled =
        loops.map(attention.pairs(), loops.getF32Type(), inputs,
                  [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                    IRArithmetic arithmetic(b, loc);
                    auto factor = static_cast<float>(scale);
                    Rules rules = loops.rules(arithmetic);
                    Value score = fixed ? rules.score(v[0], factor)
                                        : arithmetic.mul(v[0], arithmetic.f32(factor));
                    if (adaptor.getBias())
                      score = fixed ? rules.biasedScore(score, v[1]) : arithmetic.add(score, v[1]);
                    Value minusInfinity = arithmetic.f32(-std::numeric_limits<float>::infinity());
                    return attention.causal ? arithmetic.select(attention.isVisible(b, loc), score,
                                                                minusInfinity)
                                            : score;
                  });
    auto [exponentials, totals] = attention.softmax(scaled, fixed);
    ArrayRef<float> thresholds = *op.getThresholds();
    SmallVector<float> each(attention.heads, thresholds.front());
    if (thresholds.size() > 1)
      each.assign(thresholds.begin(), thresholds.end());
    Value perHead = loops.constant(DenseElementsAttr::get(
        RankedTensorType::get({attention.heads}, loops.getF32Type()), ArrayRef(each)));
    return loops.map(
        attention.pairs(), loops.getI1Type(),
        {{exponentials, loops.identity(4)},
         {totals, loops.leading(4, 3)},
         {mask, loops.identity(4)},
         {perHead, loops.select(4, {1})}},
        [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          IRArithmetic arithmetic(b, loc);
          Value more =
              fixed ? loops.rules(arithmetic).isProbable(Loops::widen(b, loc, v[0]), v[1], v[3])
                    : arithmetic.less(arithmetic.mul(v[3], v[1]), v[0]);
          return arith::AndIOp::create(b, loc, more, v[2]);
        });
  }

  /// The keys of `mask` that are among the first of their row, as many as pass on
  /// average in the row's group.
  static Value balanced(DetectOp op, AttentionLoops &attention, Value ranks, Value mask,
                        Value passing) {
    Loops &loops = attention.loops;
    SmallVector<int64_t> pairShape = attention.pairs();
    Shape rowShape = Shape(pairShape).drop_back();
    Value none = loops.filled(rowShape, loops.zero(loops.getI64Type()));
    Value counts =
        loops
            .reduceLast(pairShape, {{passing, loops.identity(4)}}, {none},
                        [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                          Value one = arith::ExtUIOp::create(b, loc, b.getI64Type(), v[0]);
                          return {arith::AddIOp::create(b, loc, v[1], one)};
                        })
            .front();
    // Of all rows, each adds those of its group: their number and what passes.
    auto groupOf = [&](OpBuilder &b, Location loc, int64_t dimension) -> Value {
      Value rows = arith::ConstantIndexOp::create(b, loc, *op.getBalance());
      return arith::DivUIOp::create(b, loc, linalg::IndexOp::create(b, loc, dimension), rows);
    };
    using utils::IteratorType;
    SmallVector<IteratorType> iterators(4, IteratorType::parallel);
    iterators.back() = IteratorType::reduction;
    ValueRange sums =
        loops.nest({{counts, loops.select(4, {0, 1, 3})}},
                   {{none, loops.leading(4, 3)}, {none, loops.leading(4, 3)}}, iterators,
                   [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                     Value same = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                                        groupOf(b, loc, 2), groupOf(b, loc, 3));
                     Value one = arith::ExtUIOp::create(b, loc, b.getI64Type(), same);
                     Value count = arith::MulIOp::create(b, loc, v[0], one);
                     return {arith::AddIOp::create(b, loc, v[1], count),
                             arith::AddIOp::create(b, loc, v[2], one)};
                   });
    return loops.map(
        pairShape, loops.getI1Type(),
        {{ranks, loops.identity(4)},
         {mask, loops.identity(4)},
         {sums[0], loops.leading(4, 3)},
         {sums[1], loops.leading(4, 3)}},
        [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          IRArithmetic arithmetic(b, loc);
          Value within =
              loops.rules(arithmetic).isWithinShare(Loops::widen(b, loc, v[0]), v[2], v[3]);
          return arith::AndIOp::create(b, loc, within, v[1]);
        });
  }
};

struct ConstantMaskLowering : Lowering<ConstantMaskOp> {
  using Lowering::Lowering;

  Value lower(ConstantMaskOp op, Adaptor, RankedTensorType type, Loops &loops) const final {
    MaskType mask = op.getMask().getType();
    const int64_t rows = mask.getHeads() * mask.getRows(), keep = mask.getKeep();
    auto ids = *getConstantData<int32_t>(op.getIds());
    SmallVector<bool> kept(type.getNumElements());
    for (int64_t pair = 0; pair < type.getNumElements() / mask.getKeys() * keep; ++pair)
      if (int32_t id = ids[pair % (rows * keep)]; id >= 0)
        kept[pair / keep * mask.getKeys() + id] = true;
    return loops.constant(DenseElementsAttr::get(type, kept));
  }
};

//===----------------------------------------------------------------------===//
// Softmax and normalisations
//===----------------------------------------------------------------------===//

struct SoftmaxLowering : Lowering<SoftmaxOp> {
  using Lowering::Lowering;

  Value lower(SoftmaxOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    Shape shape = type.getShape();
    unsigned rank = shape.size();
    Shape rowShape = shape.drop_back();
    bool fixed = !isFloat(op.getX());
    AffineMap all = loops.identity(rank), row = loops.leading(rank, rank - 1);
    Value scores = adaptor.getX();
    Type f32 = loops.getF32Type();
    if (fixed)
      scores =
          loops.map(shape, f32, {{scores, all}}, [&](OpBuilder &b, Location loc, ValueRange v) {
            IRArithmetic arithmetic(b, loc);
            return loops.rules(arithmetic)
                .score(Loops::widen(b, loc, v[0]), std::ldexp(1.0f, -formatOf(op.getX()).exponent));
          });
    Value rowMax = rowMaxOf(loops, shape, scores, fixed);
    Type exponentialType = fixed ? Type(loops.getI64Type()) : Type(f32);
    Value exponentials = loops.map(shape, exponentialType, {{scores, all}, {rowMax, row}},
                                   [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                                     IRArithmetic arithmetic(b, loc);
                                     if (fixed)
                                       return loops.rules(arithmetic).expScore(v[0], v[1]);
                                     return math::ExpOp::create(b, loc, arithmetic.sub(v[0], v[1]));
                                   });
    Value totals =
        loops
            .reduceLast(shape, {{exponentials, all}},
                        {loops.filled(rowShape, loops.zero(exponentialType))},
                        [&](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                          if (fixed)
                            return {arith::AddIOp::create(b, loc, v[1], v[0])};
                          return {arith::AddFOp::create(b, loc, v[1], v[0])};
                        })
            .front();
    return loops.map(shape, type.getElementType(), {{exponentials, all}, {totals, row}},
                     [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                       IRArithmetic arithmetic(b, loc);
                       if (!fixed)
                         return arithmetic.div(v[0], v[1]);
                       FixedPoint to = formatOf(op.getResult());
                       return Loops::narrow(
                           b, loc, type.getElementType(),
                           loops.rules(arithmetic).normalize(v[0], v[1], 0, to.exponent, to.bits));
                     });
  }
};

/// Sums of x and of x^2 along the last dimension, exact.
ValueRange moments(Value x, Loops &loops) {
  Shape shape = tensorOf(x).getShape();
  Value zeros = loops.filled(shape.drop_back(), loops.zero(loops.getI64Type()));
  return loops.reduceLast(shape, {{x, loops.identity(shape.size())}}, {zeros, zeros},
                          [](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                            Value wide = Loops::widen(b, loc, v[0]);
                            Value square = arith::MulIOp::create(b, loc, wide, wide);
                            return {arith::AddIOp::create(b, loc, v[1], wide),
                                    arith::AddIOp::create(b, loc, v[2], square)};
                          });
}

/// 1 / sqrt(sum / n + epsilon) of each row.
Value reciprocalRoot(Value sums, int64_t n, float epsilon, Loops &loops) {
  Shape shape = tensorOf(sums).getShape();
  return loops.map(shape, loops.getF32Type(), {{sums, loops.identity(shape.size())}},
                   [&](OpBuilder &b, Location loc, ValueRange v) {
                     IRArithmetic a(b, loc);
                     Value mean = a.div(v[0], a.f32(static_cast<float>(n)));
                     return a.div(a.f32(1.0f), a.sqrt(a.add(mean, a.f32(epsilon))));
                   });
}

/// What norms loop over: rows of `n` values, and how an iteration finds a value, its
/// row's and its column's.
struct RowLoops {
  Shape shape;
  int64_t n;
  AffineMap all, row, column;
};
RowLoops overRows(RankedTensorType type, Loops &loops) {
  unsigned rank = type.getRank();
  return {type.getShape(), type.getShape().back(), loops.identity(rank),
          loops.leading(rank, rank - 1), loops.trailing(rank, 1)};
}

struct LayerNormLowering : Lowering<LayerNormOp> {
  using Lowering::Lowering;

  Value lower(LayerNormOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    auto [shape, n, all, row, column] = overRows(type, loops);
    Type f32 = loops.getF32Type();
    float epsilon = op.getEpsilon().convertToFloat();
    Value x = adaptor.getX();
    if (isFloat(op.getX())) {
      Value zeros = loops.filled(shape.drop_back(), loops.constant(0.0f));
      Value sums =
          loops
              .reduceLast(shape, {{x, all}}, {zeros},
                          [](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                            return {arith::AddFOp::create(b, loc, v[1], v[0])};
                          })
              .front();
      Value means = loops.map(shape.drop_back(), f32, {{sums, loops.identity(shape.size() - 1)}},
                              [&](OpBuilder &b, Location loc, ValueRange v) {
                                IRArithmetic a(b, loc);
                                return a.div(v[0], a.f32(static_cast<float>(n)));
                              });
      Value squares =
          loops
              .reduceLast(shape, {{x, all}, {means, row}}, {zeros},
                          [](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                            IRArithmetic a(b, loc);
                            Value centred = a.sub(v[0], v[1]);
                            return {a.add(v[2], a.mul(centred, centred))};
                          })
              .front();
      Value factors = reciprocalRoot(squares, n, epsilon, loops);
      return loops.map(shape, f32,
                       {{x, all},
                        {means, row},
                        {factors, row},
                        {adaptor.getGain(), column},
                        {adaptor.getBias(), column}},
                       [](OpBuilder &b, Location loc, ValueRange v) {
                         IRArithmetic a(b, loc);
                         Value y = a.mul(a.sub(v[0], v[1]), v[2]);
                         return a.add(a.mul(y, v[3]), v[4]);
                       });
    }
    ValueRange sums = moments(x, loops);
    AffineMap rowAll = loops.identity(shape.size() - 1);
    int from = formatOf(op.getX()).exponent;
    FixedPoint to = formatOf(op.getResult());
    Value factors = loops.map(shape.drop_back(), f32, {{sums[0], rowAll}, {sums[1], rowAll}},
                              [&](OpBuilder &b, Location loc, ValueRange v) {
                                IRArithmetic a(b, loc);
                                return loops.rules(a).layerNormFactor(v[0], v[1], n, from, epsilon);
                              });
    return loops.map(shape, type.getElementType(),
                     {{x, all},
                      {sums[0], row},
                      {factors, row},
                      {adaptor.getGain(), column},
                      {adaptor.getBias(), column}},
                     [&](OpBuilder &b, Location loc, ValueRange v) {
                       IRArithmetic a(b, loc);
                       Value q = Loops::widen(b, loc, v[0]);
                       return Loops::narrow(b, loc, type.getElementType(),
                                            loops.rules(a).layerNorm(q, v[1], v[2], v[3], v[4], n,
                                                                     to.exponent, to.bits));
                     });
  }
};

// quote: meaning
struct RmsNormLowering : Lowering<RmsNormOp> {
  using Lowering::Lowering;

  Value lower(RmsNormOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    auto [shape, n, all, row, column] = overRows(type, loops);
    Type f32 = loops.getF32Type();
    float epsilon = op.getEpsilon().convertToFloat();
    Value x = adaptor.getX();
    if (isFloat(op.getX())) {
      Value zeros = loops.filled(shape.drop_back(), loops.constant(0.0f));
      Value squares =
          loops
              .reduceLast(shape, {{x, all}}, {zeros},
                          [](OpBuilder &b, Location loc, ValueRange v) -> SmallVector<Value> {
                            IRArithmetic a(b, loc);
                            return {a.add(v[1], a.mul(v[0], v[0]))};
                          })
              .front();
      Value factors = reciprocalRoot(squares, n, epsilon, loops);
      return loops.map(shape, f32, {{x, all}, {factors, row}, {adaptor.getGain(), column}},
                       [](OpBuilder &b, Location loc, ValueRange v) {
                         IRArithmetic a(b, loc);
                         return a.mul(a.mul(v[0], v[1]), v[2]);
                       });
    }
    Value squares = moments(x, loops)[1];
    int from = formatOf(op.getX()).exponent;
    FixedPoint to = formatOf(op.getResult());
    Value factors = loops.map(shape.drop_back(), f32, {{squares, loops.identity(shape.size() - 1)}},
                              [&](OpBuilder &b, Location loc, ValueRange v) {
                                IRArithmetic a(b, loc);
                                return loops.rules(a).rmsNormFactor(v[0], n, from, epsilon);
                              });
    return loops.map(shape, type.getElementType(),
                     {{x, all}, {factors, row}, {adaptor.getGain(), column}},
                     [&](OpBuilder &b, Location loc, ValueRange v) {
                       IRArithmetic a(b, loc);
                       return Loops::narrow(b, loc, type.getElementType(),
                                            loops.rules(a).rmsNorm(Loops::widen(b, loc, v[0]), v[1],
                                                                   v[2], to.exponent, to.bits));
                     });
  }
};
// end quote

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

/// The model's function, by the host's mathematics.
Value activateFloat(ActivationKind kind, Value x, OpBuilder &b, Location loc) {
  IRArithmetic a(b, loc);
  auto sigmoid = [&](Value y) {
    Value e = math::ExpOp::create(b, loc, a.sub(a.f32(0.0f), y));
    return a.div(a.f32(1.0f), a.add(a.f32(1.0f), e));
  };
  auto gelu = [&](Value inner) { return a.mul(a.mul(a.f32(0.5f), x), a.add(a.f32(1.0f), inner)); };
  switch (kind) {
  case ActivationKind::Relu:
    return arith::MaximumFOp::create(b, loc, x, a.f32(0.0f));
  case ActivationKind::Gelu:
    return gelu(math::ErfOp::create(b, loc, a.mul(x, a.f32(0.70710678f))));
  case ActivationKind::GeluTanh: {
    Value cube = a.mul(a.mul(x, x), x);
    Value inner = a.add(x, a.mul(a.f32(0.044715f), cube));
    return gelu(math::TanhOp::create(b, loc, a.mul(a.f32(0.79788456f), inner)));
  }
  case ActivationKind::QuickGelu:
    return a.mul(x, sigmoid(a.mul(a.f32(1.702f), x)));
  case ActivationKind::Silu:
    return a.mul(x, sigmoid(x));
  case ActivationKind::Sigmoid:
    return sigmoid(x);
  case ActivationKind::Tanh:
    return math::TanhOp::create(b, loc, x);
  case ActivationKind::Identity:
    return x;
  }
  llvm_unreachable("unknown activation");
}

/// The machine's function.
Value activate(ActivationKind kind, Value x, Rules &rules) {
  switch (kind) {
  case ActivationKind::Relu:
    return rules.relu(x);
  case ActivationKind::Gelu:
    return rules.gelu(x);
  case ActivationKind::GeluTanh:
    return rules.geluTanh(x);
  case ActivationKind::QuickGelu:
    return rules.quickGelu(x);
  case ActivationKind::Silu:
    return rules.silu(x);
  case ActivationKind::Sigmoid:
    return rules.sigmoid(x);
  case ActivationKind::Tanh:
    return rules.tanh(x);
  case ActivationKind::Identity:
    return x;
  }
  llvm_unreachable("unknown activation");
}

struct ActivationLowering : Lowering<ActivationOp> {
  using Lowering::Lowering;

  Value lower(ActivationOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    return loops.map(
        type.getShape(), type.getElementType(), {{adaptor.getX(), loops.identity(type.getRank())}},
        [&](OpBuilder &b, Location loc, ValueRange v) {
          if (isFloat(op.getX()))
            return activateFloat(op.getKind(), v[0], b, loc);
          IRArithmetic a(b, loc);
          Rules rules = loops.rules(a);
          FixedPoint to = formatOf(op.getResult());
          Value y =
              rules.activate(Loops::widen(b, loc, v[0]), formatOf(op.getX()).exponent, to.exponent,
                             to.bits, [&](Value x) { return activate(op.getKind(), x, rules); });
          return Loops::narrow(b, loc, type.getElementType(), y);
        });
  }
};

/// dota.add and dota.mul.
template <typename Op>
struct BinaryLowering : Lowering<Op> {
  using Lowering<Op>::Lowering;

  Value lower(Op op, Op::Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    unsigned rank = type.getRank();
    return loops.map(type.getShape(), type.getElementType(),
                     {{adaptor.getX(), loops.identity(rank)},
                      {adaptor.getY(), loops.trailing(rank, tensorOf(adaptor.getY()).getRank())}},
                     [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                       constexpr bool isAdd = std::is_same_v<Op, AddOp>;
                       IRArithmetic a(b, loc);
                       if (isFloat(op.getX()))
                         return isAdd ? a.add(v[0], v[1]) : a.mul(v[0], v[1]);
                       Rules rules = loops.rules(a);
                       Value x = Loops::widen(b, loc, v[0]), y = Loops::widen(b, loc, v[1]);
                       int ex = formatOf(op.getX()).exponent, ey = formatOf(op.getY()).exponent;
                       FixedPoint to = formatOf(op.getResult());
                       Value z = isAdd ? rules.add(x, ex, y, ey, to.exponent, to.bits)
                                       : rules.mul(x, ex, y, ey, to.exponent, to.bits);
                       return Loops::narrow(b, loc, type.getElementType(), z);
                     });
  }
};

struct RotateLowering : Lowering<RotateOp> {
  using Lowering::Lowering;

  Value lower(RotateOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    unsigned rank = type.getRank(), tableRank = tensorOf(adaptor.getTable()).getRank();
    int64_t distance = op.getDistance(), group = 2 * distance,
            width = tensorOf(adaptor.getTable()).getShape().back() / 2;
    // A map's last result, of the column.
    auto column = [&](AffineMap map, llvm::function_ref<AffineExpr(AffineExpr)> of) {
      SmallVector<AffineExpr> results(map.getResults());
      results.back() = of(results.back());
      return AffineMap::get(rank, 0, results, loops.getContext());
    };
    AffineMap all = loops.identity(rank), row = loops.trailing(rank, tableRank);
    AffineMap partner = column(
        all, [&](AffineExpr c) { return c.floorDiv(group) * group + (c + distance) % group; });
    AffineMap cosine = column(row, [&](AffineExpr c) { return c % width; });
    AffineMap sine = column(row, [&](AffineExpr c) { return c % width + width; });
    return loops.map(type.getShape(), type.getElementType(),
                     {{adaptor.getX(), all},
                      {adaptor.getTable(), cosine},
                      {adaptor.getX(), partner},
                      {adaptor.getTable(), sine}},
                     [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                       IRArithmetic a(b, loc);
                       if (isFloat(op.getX()))
                         return a.add(a.mul(v[0], v[1]), a.mul(v[2], v[3]));
                       auto wide = [&](Value x) { return Loops::widen(b, loc, x); };
                       FixedPoint to = formatOf(op.getResult());
                       int from = formatOf(op.getX()).exponent + formatOf(op.getTable()).exponent;
                       return Loops::narrow(b, loc, type.getElementType(),
                                            loops.rules(a).rotate(wide(v[0]), wide(v[1]),
                                                                  wide(v[2]), wide(v[3]), from,
                                                                  to.exponent, to.bits));
                     });
  }
};

/// Calls `part` for each run of equal exponents of a fixed-point type, with the
/// slice of `value` that has them, and puts the results together.
Value forEachFormat(Value value, Type format, Type resultElement, Loops &loops,
                    function_ref<Value(Value, int exponent, int bits)> part) {
  if (auto fixed = getFixedPoint(format))
    return part(value, fixed->exponent, fixed->bits);
  PerColumnFixedPoint columns = *getPerColumnFixedPoint(format);
  Shape shape = tensorOf(value).getShape();
  int64_t extent = shape[columns.dimension];
  Value result = loops.empty(shape, resultElement);
  SmallVector<OpFoldResult> offsets(shape.size(), loops.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(shape.size(), loops.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(loops.getContext(), shape);
  for (int64_t begin = 0, end; begin < extent; begin = end) {
    end = begin + 1;
    while (end < extent && columns.exponents[end] == columns.exponents[begin])
      ++end;
    offsets[columns.dimension] = loops.getIndexAttr(begin);
    sizes[columns.dimension] = loops.getIndexAttr(end - begin);
    Value slice = tensor::ExtractSliceOp::create(loops, value, offsets, sizes, strides);
    result =
        tensor::InsertSliceOp::create(loops, part(slice, columns.exponents[begin], columns.bits),
                                      result, offsets, sizes, strides);
  }
  return result;
}

struct QuantizeLowering : Lowering<QuantizeOp> {
  using Lowering::Lowering;

  Value lower(QuantizeOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    return forEachFormat(adaptor.getX(), elementOf(op.getResult()), type.getElementType(), loops,
                         [&](Value x, int exponent, int bits) {
                           return loops.map(tensorOf(x).getShape(), type.getElementType(),
                                            {{x, loops.identity(type.getRank())}},
                                            [&](OpBuilder &b, Location loc, ValueRange v) {
                                              IRArithmetic a(b, loc);
                                              return Loops::narrow(
                                                  b, loc, type.getElementType(),
                                                  loops.rules(a).quantize(v[0], exponent, bits));
                                            });
                         });
  }
};

struct DequantizeLowering : Lowering<DequantizeOp> {
  using Lowering::Lowering;

  Value lower(DequantizeOp op, Adaptor adaptor, RankedTensorType type, Loops &loops) const final {
    return forEachFormat(adaptor.getX(), elementOf(op.getX()), type.getElementType(), loops,
                         [&](Value x, int exponent, int) {
                           return loops.map(tensorOf(x).getShape(), type.getElementType(),
                                            {{x, loops.identity(type.getRank())}},
                                            [&](OpBuilder &b, Location loc, ValueRange v) {
                                              IRArithmetic a(b, loc);
                                              return loops.rules(a).dequantize(
                                                  Loops::widen(b, loc, v[0]), exponent);
                                            });
                         });
  }
};

struct ConstantLowering : Lowering<ConstantOp> {
  using Lowering::Lowering;

  Value lower(ConstantOp op, Adaptor, RankedTensorType, Loops &loops) const final {
    return loops.constant(cast<TypedAttr>(op.getValue()));
  }
};

//===----------------------------------------------------------------------===//
// Calibration and device regions
//===----------------------------------------------------------------------===//

struct ObserveLowering : OpConversionPattern<ObserveOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(ObserveOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    constexpr StringLiteral name = "dotaObserve";
    Location loc = op.getLoc();
    auto unranked = UnrankedTensorType::get(rewriter.getF32Type());
    Type i64 = rewriter.getI64Type();
    auto module = op->getParentOfType<ModuleOp>();
    if (!module.lookupSymbol(name)) {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(module.getBody());
      auto function = func::FuncOp::create(rewriter, loc, name,
                                           rewriter.getFunctionType({i64, i64, unranked}, {}));
      function.setPrivate();
      function->setAttr("llvm.emit_c_interface", rewriter.getUnitAttr());
      // The recorder only reads; without this bufferisation copies each value.
      function.setArgAttr(2, "bufferization.access", rewriter.getStringAttr("read"));
    }
    Value id = arith::ConstantOp::create(rewriter, loc, op.getIdAttr());
    Value moment = arith::ConstantOp::create(rewriter, loc,
                                             rewriter.getI64IntegerAttr(op.getMoment() ? 1 : 0));
    Value value = tensor::CastOp::create(rewriter, loc, unranked, adaptor.getValue());
    func::CallOp::create(rewriter, loc, name, TypeRange{}, ValueRange{id, moment, value});
    rewriter.eraseOp(op);
    return success();
  }
};

struct ProgramLowering : OpConversionPattern<ProgramOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(ProgramOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const final {
    FunctionType type = op.getFunctionType();
    TypeConverter::SignatureConversion signature(type.getNumInputs());
    SmallVector<Type> results;
    if (failed(getTypeConverter()->convertSignatureArgs(type.getInputs(), signature)) ||
        failed(getTypeConverter()->convertTypes(type.getResults(), results)))
      return rewriter.notifyMatchFailure(op, "signature cannot be converted");
    auto function =
        func::FuncOp::create(rewriter, op.getLoc(), op.getSymName(),
                             rewriter.getFunctionType(signature.getConvertedTypes(), results));
    function.setVisibility(op.getVisibility());
    if (MfuAttr mfu = op.getMfuAttr())
      function->setAttr(DotaDialect::kMfuAttrName, mfu);
    rewriter.inlineRegionBefore(op.getBody(), function.getBody(), function.end());
    if (failed(rewriter.convertRegionTypes(&function.getBody(), *getTypeConverter(), &signature)))
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

struct ReturnLowering : OpConversionPattern<ReturnOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(ReturnOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    rewriter.replaceOpWithNewOp<func::ReturnOp>(op, adaptor.getOperands());
    return success();
  }
};

/// A call, or with a batch a loop of calls, each on its slices.
struct LaunchLowering : OpConversionPattern<LaunchOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(LaunchOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    Loops loops(op, rewriter);
    if (!op.getBatch()) {
      rewriter.replaceOpWithNewOp<func::CallOp>(op, op.getProgram(), op.getResultTypes(),
                                                adaptor.getOperands());
      return success();
    }
    int64_t batch = *op.getBatch();
    // The program may be a function by now.
    auto program =
        SymbolTable::lookupNearestSymbolFrom<FunctionOpInterface>(op, op.getProgramAttr());
    if (!program)
      return rewriter.notifyMatchFailure(op, "no such program");
    SmallVector<Value> inits;
    for (Type type : op.getResultTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      inits.push_back(loops.empty(tensor.getShape(), tensor.getElementType()));
    }
    Value zero = arith::ConstantIndexOp::create(loops, 0);
    Value one = arith::ConstantIndexOp::create(loops, 1);
    Value end = arith::ConstantIndexOp::create(loops, batch);
    auto loop = scf::ForOp::create(
        rewriter, op.getLoc(), zero, end, one, inits,
        [&](OpBuilder &b, Location loc, Value index, ValueRange results) {
          SmallVector<Value> operands;
          for (auto [operand, type] :
               llvm::zip_equal(adaptor.getOperands(), program.getArgumentTypes()))
            operands.push_back(operand.getType() == type
                                   ? operand
                                   : slice(b, loc, operand, cast<RankedTensorType>(type), index));
          SmallVector<Type> resultTypes;
          for (Type type : op.getResultTypes())
            resultTypes.push_back(
                RankedTensorType::get(cast<RankedTensorType>(type).getShape().drop_front(),
                                      cast<RankedTensorType>(type).getElementType()));
          auto call = func::CallOp::create(b, loc, op.getProgram(), resultTypes, operands);
          SmallVector<Value> next;
          for (auto [value, result] : llvm::zip_equal(call.getResults(), results)) {
            auto [offsets, sizes, strides] = window(b, tensorOf(result), index);
            next.push_back(
                tensor::InsertSliceOp::create(b, loc, value, result, offsets, sizes, strides));
          }
          scf::YieldOp::create(b, loc, next);
        });
    rewriter.replaceOp(op, loop.getResults());
    return success();
  }

  /// Sequence `index` of a batch.
  static std::tuple<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>
  window(OpBuilder &b, RankedTensorType type, Value index) {
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
    offsets[0] = index;
    SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(b.getContext(), type.getShape());
    sizes[0] = b.getIndexAttr(1);
    return {offsets, sizes, SmallVector<OpFoldResult>(type.getRank(), b.getIndexAttr(1))};
  }

  static Value slice(OpBuilder &b, Location loc, Value value, RankedTensorType type, Value index) {
    auto [offsets, sizes, strides] = window(b, tensorOf(value), index);
    return tensor::ExtractSliceOp::create(b, loc, type, value, offsets, sizes, strides);
  }
};

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

struct DotaToLinalg : mlir::dota::impl::DotaToLinalgBase<DotaToLinalg> {
  void runOnOperation() final {
    MLIRContext *context = &getContext();
    TypeConverter types;
    types.addConversion([](Type type) { return type; });
    types.addConversion([](RankedTensorType type) -> Type {
      return getStoredBits(type.getElementType()) ? getStorageType(type) : type;
    });
    types.addConversion([](MaskType type) -> Type {
      return RankedTensorType::get(type.getShape(), IntegerType::get(type.getContext(), 1));
    });

    RewritePatternSet patterns(context);
    patterns
        .add<LinearLowering, AttentionLowering<AttentionOp>, AttentionLowering<MaskedAttentionOp>,
             DetectLowering, ConstantMaskLowering, SoftmaxLowering, LayerNormLowering,
             RmsNormLowering, ActivationLowering, BinaryLowering<AddOp>, BinaryLowering<MulOp>,
             RotateLowering, QuantizeLowering, DequantizeLowering, ConstantLowering,
             ObserveLowering, ProgramLowering, ReturnLowering, LaunchLowering>(types, context);

    ConversionTarget target(*context);
    target.addIllegalDialect<DotaDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return types.isSignatureLegal(op.getFunctionType()) && types.isLegal(&op.getBody());
    });
    target.markUnknownOpDynamicallyLegal([&](Operation *op) { return types.isLegal(op); });
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns, types);
    populateCallOpTypeConversionPattern(patterns, types);
    populateReturnOpTypeConversionPattern(patterns, types);
    scf::populateSCFStructuralTypeConversions(types, patterns);
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
