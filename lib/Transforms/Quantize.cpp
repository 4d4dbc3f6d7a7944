//===- Quantize.cpp - calibrated f32 dota ops to fixed point ----------------===//
//
// Builds, for each f32 op in program order, its fixed-point form beside it, then
// hands the results that others read back through dota.dequantize and erases the
// f32 ops. Fails, at its location, at the first op that is not calibrated and at
// the first constant that is not finite. Idempotent.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Passes.h"
#include "dota/Transforms/Precisions.h"
#include "dota/Transforms/WeightExponents.h"
#include "dota/runtime/Numerics.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include <algorithm>
#include <cmath>

namespace mlir::dota {
#define GEN_PASS_DEF_QUANTIZE
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// Rounds a constant to stored integers. Reports the first value that is not
/// finite at `op`, the constant's user, as `name`.
class ConstantQuantizer {
public:
  /// The largest magnitude of a constant; failure if it is not finite.
  FailureOr<double> range(Operation *op, StringRef name, ElementsAttr value) {
    auto [known, isNew] = ranges.try_emplace(value, 0.0);
    if (!isNew)
      return known->second;
    auto data = getConstantData<float>(value);
    if (!data)
      return op->emitOpError() << name
                               << " is a constant that is neither dense nor a resource at hand";
    // A maximum alone would miss NaN; the sum of differences does not: x - x is 0
    // for finite x and NaN for all others.
    float largest = 0, differences = 0;
    for (float x : data->stored) {
      largest = std::max(largest, std::fabs(x));
      differences += x - x;
    }
    if (differences != 0 || std::isnan(differences)) {
      auto *bad = llvm::find_if(data->stored, [](float x) { return !std::isfinite(x); });
      SmallVector<int64_t> index = delinearize(value, bad - data->stored.begin());
      InFlightDiagnostic error = op->emitOpError()
                                 << name << " holds a value that is not finite, at index [";
      llvm::interleaveComma(index, error);
      ranges.erase(value);
      return error << "]", failure();
    }
    ranges[value] = largest;
    return static_cast<double>(largest);
  }

  /// The exponents of a weight that is known to be finite.
  ArrayRef<int> weightExponents(ElementsAttr value, int bits, bool perColumn) {
    SmallVector<int> &known = weights[{value, 2 * bits + (perColumn ? 1 : 0)}];
    if (known.empty())
      known = chooseWeightExponents(*getConstantData<float>(value), value.getNumElements(),
                                    value.getShapedType().getShape().back(), perColumn, bits);
    return known;
  }

  /// A constant whose range is known to be finite, in fixed point.
  Value quantize(OpBuilder &builder, Location loc, ElementsAttr value, Type format) {
    RankedTensorType type = RankedTensorType::get(value.getShapedType().getShape(), format);
    ElementsAttr &known = quantized[{value, format}];
    if (!known)
      known = quantizeConstant(value, type);
    return ConstantOp::create(builder, loc, type, known);
  }

private:
  static SmallVector<int64_t> delinearize(ElementsAttr value, int64_t linear) {
    ArrayRef<int64_t> shape = value.getShapedType().getShape();
    SmallVector<int64_t> index(shape.size());
    for (size_t dimension = shape.size(); dimension-- > 0;) {
      index[dimension] = linear % shape[dimension];
      linear /= shape[dimension];
    }
    return index;
  }

  DenseMap<Attribute, double> ranges;
  DenseMap<std::pair<Attribute, int>, SmallVector<int>> weights;
  DenseMap<std::pair<Attribute, Type>, ElementsAttr> quantized;
};

/// The f32 constant behind a value, if it is one.
ElementsAttr constantOf(Value value) {
  auto op = value.getDefiningOp<arith::ConstantOp>();
  return op ? dyn_cast<ElementsAttr>(op.getValue()) : ElementsAttr();
}

class Quantizer {
public:
  Quantizer(ModuleOp module, const PrecisionOptions &options)
      : module(module), context(module.getContext()), precisions(module, options) {}

  LogicalResult run() {
    module->walk([&](Operation *op) {
      if (isFloatOp(op))
        ops.insert(op);
    });
    for (Operation *op : ops)
      if (failed(convert(op)))
        return failure();
    if (!borrowed.empty()) {
      OpOperand &first = *borrowed.front();
      InFlightDiagnostic warning = first.getOwner()->emitWarning();
      warning << "operand " << first.getOperandNumber() << " is read in "
              << getBits(precisions.ofOperand(first))
              << " bits with the range that was calibrated for more";
      if (borrowed.size() > 1)
        warning << ", the first of " << borrowed.size() << " such operands";
    }
    handBack();
    return success();
  }

private:
  /// A compute op of the float level.
  static bool isFloatOp(Operation *op) {
    return isa<WorkOpInterface>(op) && !isa<QuantizeOp, DequantizeOp>(op) &&
           tensorOf(op->getOperand(0)).getElementType().isF32();
  }

  //===--------------------------------------------------------------------===//
  // Formats
  //===--------------------------------------------------------------------===//

  FailureOr<double> rangeOf(Operation *op) {
    auto range = op->getAttrOfType<FloatAttr>(DotaDialect::kRangeAttrName);
    if (!range)
      return op->emitOpError() << "has no calibrated range";
    return range.getValueAsDouble();
  }

  FailureOr<double> operandRangeOf(OpOperand &operand) {
    Operation *op = operand.getOwner();
    auto ranges = op->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName);
    if (!ranges)
      return op->emitOpError() << "operand " << operand.getOperandNumber()
                               << " has no calibrated range";
    return static_cast<double>(ranges[operand.getOperandNumber()]);
  }

  static int exponentOf(Value fixed) {
    return getFixedPoint(tensorOf(fixed).getElementType())->exponent;
  }

  /// The exponent for magnitudes up to `range`; an error at `op` where none holds
  /// them, as for the "minus infinity" of a mask that is no attention's bias.
  static FailureOr<int> exponentFor(Operation *op, const Twine &what, double range, int bits) {
    double most = std::ldexp(static_cast<double>(::dota::maxStored(bits)), -kMinExponent);
    if (range > most)
      return op->emitOpError() << what << " reaches " << range << "; " << bits
                               << " bits hold at most " << most;
    return chooseExponent(range, bits);
  }

  /// One exponent for all, or one an index of `dimension`.
  Type formatFor(int bits, int dimension, ArrayRef<int> exponents) {
    if (llvm::all_equal(exponents))
      return getFixedPointType(context, bits, exponents.front());
    return getPerColumnFixedPointType(context, bits, dimension, exponents);
  }

  /// The element type of an op's result, with an exponent of at most `largest`, which is
  /// of all columns or of each.
  FailureOr<Type> resultFormat(Operation *op, ArrayRef<int> largest) {
    Value result = op->getResult(0);
    Precision chosen = precisions.ofResult(result);
    if (auto exponents = op->getAttrOfType<DenseI64ArrayAttr>(DotaDialect::kExponentsAttrName)) {
      int64_t columns = tensorOf(result).getShape().back(), heads = exponents.size();
      if (heads == 0 || columns % heads != 0)
        return op->emitOpError() << "has " << columns << " columns, no multiple of " << heads
                                 << " exponents";
      for (int64_t exponent : exponents.asArrayRef())
        if (exponent < kMinExponent || exponent > kMaxExponent)
          return op->emitOpError() << "has exponent " << exponent << " for a head; " << kMinExponent
                                   << " to " << kMaxExponent << " expected";
      SmallVector<int> each;
      for (int64_t head = 0, width = columns / heads; head < heads; ++head) {
        ArrayRef<int> bounds = largest.size() == 1 ? largest : largest.slice(head * width, width);
        each.append(width, std::min<int64_t>(exponents[head], *llvm::min_element(bounds)));
      }
      return getPerColumnFixedPointType(context, getBits(chosen), tensorOf(result).getRank() - 1,
                                        each);
    }
    FailureOr<double> range = rangeOf(op);
    if (failed(range))
      return failure();
    FailureOr<int> exponent = exponentFor(op, "result", *range, getBits(chosen));
    if (failed(exponent))
      return failure();
    return getFixedPointType(context, chosen, std::min(*exponent, *llvm::min_element(largest)));
  }

  //===--------------------------------------------------------------------===//
  // Operands
  //===--------------------------------------------------------------------===//

  /// The fixed-point value of an operand that an op computes with.
  FailureOr<Value> operandOf(OpOperand &operand, StringRef name) {
    Value value = operand.get();
    if (Value known = fixed.lookup(value))
      return inPrecisionOf(operand, name, known);
    // What is fixed point already keeps its format.
    if (auto dequantize = value.getDefiningOp<DequantizeOp>())
      return dequantize.getX();
    if (ElementsAttr constant = constantOf(value)) {
      FailureOr<double> range = constants.range(operand.getOwner(), name, constant);
      if (failed(range))
        return failure();
      FailureOr<Type> format = operandFormat(operand, name, *range);
      if (failed(format))
        return failure();
      return constants.quantize(builder, value.getLoc(), constant, *format);
    }
    FailureOr<double> range = operandRangeOf(operand);
    if (failed(range))
      return failure();
    FailureOr<Type> format = operandFormat(operand, name, *range);
    if (failed(format))
      return failure();
    return quantizeAtRunTime(value, *format, *range);
  }

  /// A result as an operand reads it: as it is, or with fewer bits.
  FailureOr<Value> inPrecisionOf(OpOperand &operand, StringRef name, Value value) {
    std::optional<FixedPoint> stored = getFixedPoint(tensorOf(value).getElementType());
    if (!stored || !isProductOperand(operand) ||
        stored->bits <= getBits(precisions.ofOperand(operand)))
      return value;
    FailureOr<double> range = narrowRangeOf(operand);
    if (failed(range))
      return failure();
    FailureOr<Type> format = operandFormat(operand, name, *range);
    if (failed(format))
      return failure();
    Value &known = converted[{value, *format}];
    if (!known) {
      // Right after the value, as whoever reads it comes later.
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointAfterValue(value);
      known = ActivationOp::create(builder, value.getLoc(),
                                   RankedTensorType::get(tensorOf(value).getShape(), *format),
                                   value, ActivationKind::Identity);
    }
    return known;
  }

  /// The range for fewer bits than the result has: what calibration noted for them at
  /// any reader, as all of them saw the same values, or else the result's own.
  FailureOr<double> narrowRangeOf(OpOperand &operand) {
    for (OpOperand &use : operand.get().getUses()) {
      auto ranges =
          use.getOwner()->getAttrOfType<DenseF32ArrayAttr>(DotaDialect::kOperandRangesAttrName);
      if (ranges && isProductOperand(use) && ranges[use.getOperandNumber()] > 0 &&
          getBits(precisions.ofOperand(use)) == getBits(precisions.ofOperand(operand)))
        return static_cast<double>(ranges[use.getOperandNumber()]);
    }
    borrowed.push_back(&operand);
    return rangeOf(operand.get().getDefiningOp());
  }

  FailureOr<Type> operandFormat(OpOperand &operand, StringRef name, double range) {
    Precision chosen = precisions.ofOperand(operand);
    FailureOr<int> exponent = exponentFor(operand.getOwner(), name, range, getBits(chosen));
    if (failed(exponent))
      return failure();
    return getFixedPointType(context, chosen, *exponent);
  }

  /// One dota.quantize a value, format and block, before its first reader.
  Value quantizeAtRunTime(Value value, Type format, double range) {
    Value &known = quantized[{value, format, builder.getInsertionBlock()}];
    if (!known) {
      auto type = RankedTensorType::get(tensorOf(value).getShape(), format);
      auto op = QuantizeOp::create(builder, value.getLoc(), type, value);
      op->setAttr(DotaDialect::kRangeAttrName, builder.getF32FloatAttr(range));
      known = op;
    }
    return known;
  }

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  LogicalResult convert(Operation *op) {
    builder.setInsertionPoint(op);
    if (auto linear = dyn_cast<LinearOp>(op))
      return convertLinear(linear);

    // Operands that enter products or sums of stored integers; biases of scores,
    // gains and biases of norms stay f32, masks are neither.
    unsigned integers = 1;
    if (isa<AttentionOp, MaskedAttentionOp>(op))
      integers = 3;
    else if (auto detect = dyn_cast<DetectOp>(op))
      integers = detect.getMatrices();
    else if (isa<AddOp, MulOp, RotateOp>(op))
      integers = 2;
    const StringRef attentionNames[] = {"q", "k", isa<DetectOp>(op) ? "keys" : "v"};
    const StringRef otherNames[] = {"x", isa<RotateOp>(op) ? "table" : "y"};
    SmallVector<Value> operands(op->getOperands());
    for (unsigned index = 0; index < integers; ++index) {
      StringRef name = isa<AttentionOp, MaskedAttentionOp, DetectOp>(op) ? attentionNames[index]
                                                                         : otherNames[index];
      FailureOr<Value> operand = operandOf(op->getOpOperand(index), name);
      if (failed(operand))
        return failure();
      operands[index] = *operand;
    }
    // A mask that a converted detector gives.
    for (Value &operand : MutableArrayRef(operands).drop_front(integers))
      if (Value mask = masks.lookup(operand))
        operand = mask;

    if (isa<DetectOp>(op)) {
      masks[op->getResult(0)] = rebuild(op, operands, op->getResult(0).getType());
      return success();
    }
    int largest = kMaxExponent;
    if (isa<AddOp>(op))
      largest = std::max(exponentOf(operands[0]), exponentOf(operands[1])) + 15;
    if (isa<MulOp, RotateOp>(op))
      largest = exponentOf(operands[0]) + exponentOf(operands[1]) + 15;
    FailureOr<Type> format = resultFormat(op, largest);
    if (failed(format))
      return failure();
    Type type = RankedTensorType::get(tensorOf(op->getResult(0)).getShape(), *format);
    fixed[op->getResult(0)] = rebuild(op, operands, type);
    return success();
  }

  /// y = x W + b: the exponents of W, b and y depend on each other.
  LogicalResult convertLinear(LinearOp op) {
    FailureOr<Value> x = operandOf(op.getXMutable(), "x");
    if (failed(x))
      return failure();
    int xExponent = exponentOf(*x);

    // Of the weight, the largest that holds it, unless the bias or the result is
    // so much larger that the products would lie too far from them.
    ElementsAttr weight = constantOf(op.getWeight());
    FailureOr<double> weightRange =
        weight ? constants.range(op, "weight", weight) : operandRangeOf(op.getWeightMutable());
    if (failed(weightRange))
      return failure();
    Value knownWeight = fixed.lookup(op.getWeight());
    Precision chosen =
        weight ? precisions.ofWeight(op) : precisions.ofOperand(op.getWeightMutable());
    FailureOr<int> widest = exponentFor(op, "weight", *weightRange, getBits(chosen));
    if (failed(widest))
      return failure();
    // One for all columns, or one each; what follows likewise.
    SmallVector<int> weightExponents{knownWeight ? exponentOf(knownWeight) : *widest};
    if (weight)
      weightExponents = llvm::to_vector(constants.weightExponents(
          weight, getBits(chosen), precisions.areScalesOfChannels(chosen)));

    FailureOr<Bias> bias = biasOf(op, weightExponents.size());
    FailureOr<Type> format = resultFormat(op, kMaxExponent);
    if (failed(bias) || failed(format))
      return failure();
    const Exponents results(*format);
    const int64_t columns = tensorOf(op.getResult()).getShape().back();
    for (auto [column, exponent] : llvm::enumerate(weightExponents)) {
      if (bias->exponents[column])
        exponent = std::min(exponent, *bias->exponents[column] + 31 - xExponent);
      const int64_t end = weightExponents.size() == 1 ? columns : column + 1;
      for (int64_t c = column; c < end; ++c)
        exponent = std::min(exponent, results[c] + 62 - xExponent);
    }

    Value w = knownWeight;
    Type weightFormat = formatFor(getBits(chosen), /*dimension=*/1, weightExponents);
    if (weight)
      w = constants.quantize(builder, op.getWeight().getLoc(), weight, weightFormat);
    else if (!w)
      w = quantizeAtRunTime(op.getWeight(), weightFormat, *weightRange);

    SmallVector<int> products, biasExponents, largest;
    const Exponents stored(tensorOf(w).getElementType());
    for (size_t column = 0; column < weightExponents.size(); ++column) {
      products.push_back(xExponent + stored[column]);
      biasExponents.push_back(
          std::min(bias->exponents[column].value_or(products[column]), products[column]));
      largest.push_back(products[column] + 15);
    }
    SmallVector<Value> operands{*x, w};
    if (op.getBias()) {
      Type biasFormat = formatFor(32, /*dimension=*/0, biasExponents);
      operands.push_back(bias->constant ? constants.quantize(builder, op.getBias().getLoc(),
                                                             bias->constant, biasFormat)
                                        : quantizeAtRunTime(op.getBias(), biasFormat, bias->range));
    }
    if (Value live = op.getLive()) {
      Value mask = masks.lookup(live);
      operands.push_back(mask ? mask : live);
    }
    format = resultFormat(op, largest);
    if (failed(format))
      return failure();
    Type type = RankedTensorType::get(tensorOf(op.getResult()).getShape(), *format);
    fixed[op.getResult()] = rebuild(op, operands, type);
    return success();
  }

  /// A bias, and the largest exponents that hold it, where it is not zero: of all
  /// columns or of each.
  struct Bias {
    ElementsAttr constant;
    double range = 0;
    SmallVector<std::optional<int>> exponents;
  };
  FailureOr<Bias> biasOf(LinearOp op, size_t count) {
    Bias bias;
    bias.exponents.resize(count);
    if (!op.getBias())
      return bias;
    bias.constant = constantOf(op.getBias());
    FailureOr<double> range = bias.constant ? constants.range(op, "bias", bias.constant)
                                            : operandRangeOf(op->getOpOperand(2));
    if (failed(range))
      return failure();
    bias.range = *range;
    for (auto [column, exponent] : llvm::enumerate(bias.exponents)) {
      double most = bias.range;
      if (bias.constant && count > 1)
        most = std::fabs((*getConstantData<float>(bias.constant))[column]);
      if (most != 0)
        exponent = std::ilogb(static_cast<double>(::dota::maxStored(32)) / most);
    }
    return bias;
  }

  Value rebuild(Operation *op, ValueRange operands, Type type) {
    OperationState state(op->getLoc(), op->getName());
    state.addOperands(operands);
    state.addTypes(type);
    state.propertiesAttr = op->getPropertiesAsAttribute();
    for (NamedAttribute attribute : op->getDiscardableAttrs())
      if (!llvm::is_contained(
              {DotaDialect::kRangeAttrName, DotaDialect::kOperandRangesAttrName,
               DotaDialect::kPrecisionAttrName, DotaDialect::kOperandPrecisionAttrName,
               DotaDialect::kWeightPrecisionAttrName, DotaDialect::kExponentsAttrName},
              attribute.getName()))
        state.addAttribute(attribute.getName(), attribute.getValue());
    return builder.create(state)->getResult(0);
  }

  /// Gives readers outside of the converted ops their f32 values, and erases what
  /// nothing reads any more.
  void handBack() {
    auto isOutside = [&](OpOperand &use) { return !ops.contains(use.getOwner()); };
    SmallVector<Operation *> constantOps;
    for (Operation *op : ops) {
      Value result = op->getResult(0);
      if (Value mask = masks.lookup(result))
        result.replaceUsesWithIf(mask, isOutside);
      else if (llvm::any_of(result.getUses(), isOutside)) {
        builder.setInsertionPoint(op);
        Value value = DequantizeOp::create(builder, op->getLoc(), result.getType(), fixed[result]);
        result.replaceUsesWithIf(value, isOutside);
      }
      for (Value operand : op->getOperands())
        if (auto constant = operand.getDefiningOp<arith::ConstantOp>())
          constantOps.push_back(constant);
    }
    for (Operation *op : llvm::reverse(ops))
      op->erase();
    llvm::sort(constantOps);
    constantOps.erase(llvm::unique(constantOps), constantOps.end());
    for (Operation *op : constantOps)
      if (op->use_empty())
        op->erase();
  }

  ModuleOp module;
  MLIRContext *context;
  OpBuilder builder{context};
  Precisions precisions;
  /// The f32 ops, in program order.
  llvm::SetVector<Operation *> ops;
  /// f32 results and what computes them in fixed point; masks likewise.
  DenseMap<Value, Value> fixed, masks;
  /// Operands with fewer bits than were calibrated.
  SmallVector<OpOperand *> borrowed;
  /// Results with fewer bits, for the products that read them so.
  DenseMap<std::pair<Value, Type>, Value> converted;
  DenseMap<std::tuple<Value, Type, Block *>, Value> quantized;
  ConstantQuantizer constants;
};

struct QuantizePass : mlir::dota::impl::QuantizeBase<QuantizePass> {
  using QuantizeBase::QuantizeBase;

  void runOnOperation() final {
    std::string error;
    std::optional<PrecisionOptions> precisions = parsePrecisions(
        {precision.getValue(), operandPrecision.getValue(), weightPrecision.getValue(),
         valuePrecision.getValue(), weightScales.getValue()},
        error);
    if (!precisions) {
      getOperation().emitError() << error;
      return signalPassFailure();
    }
    if (failed(Quantizer(getOperation(), *precisions).run()))
      signalPassFailure();
  }
};

} // namespace
