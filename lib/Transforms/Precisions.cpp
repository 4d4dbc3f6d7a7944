//===- Precisions.cpp - how many bits each value gets -----------------------===//

#include "dota/Transforms/Precisions.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::dota;

std::optional<PrecisionOptions> mlir::dota::parsePrecisions(const PrecisionNames &names,
                                                            std::string &error) {
  auto parse = [&](StringRef what, StringRef name, bool isValue) -> std::optional<Precision> {
    std::optional<Precision> precision = symbolizePrecision(name);
    if (precision && *precision <= (isValue ? Precision::FX8 : Precision::FX4))
      return precision;
    error = (what + "precision is '" + name + "'; " +
             (isValue ? "fx16 or fx8 expected" : "fx16, fx8 or fx4 expected"))
                .str();
    return std::nullopt;
  };
  const auto products = parse("", names.products, false);
  const auto operands =
      names.operands.empty() ? products : parse("operand ", names.operands, false);
  const auto weights = names.weights.empty() ? products : parse("weight ", names.weights, false);
  const auto values = parse("value ", names.values, true);
  const auto scales = llvm::StringSwitch<std::optional<WeightScales>>(names.scales)
                          .Case("auto", WeightScales::Auto)
                          .Case("tensor", WeightScales::Tensor)
                          .Case("channel", WeightScales::Channel)
                          .Default(std::nullopt);
  if (!scales)
    error = ("weight scale is '" + names.scales + "'; auto, tensor or channel expected").str();
  if (!products || !operands || !weights || !values || !scales)
    return std::nullopt;
  return PrecisionOptions{*values, *operands, *weights, *scales};
}

bool mlir::dota::isProductOperand(const OpOperand &operand) {
  // Not a member of a const operand, though it changes nothing.
  unsigned number = const_cast<OpOperand &>(operand).getOperandNumber();
  if (isa<LinearOp>(operand.getOwner()))
    return number == 0;
  return isa<AttentionOp, MaskedAttentionOp>(operand.getOwner()) && number < 3;
}

static std::optional<Precision> stated(Operation *op, StringRef name) {
  if (op)
    if (auto precision = op->getAttrOfType<PrecisionAttr>(name))
      return precision.getValue();
  return std::nullopt;
}

static Precision wider(Precision a, Precision b) { return getBits(a) >= getBits(b) ? a : b; }
static Precision narrower(Precision a, Precision b) { return getBits(a) <= getBits(b) ? a : b; }

Precisions::Precisions(ModuleOp module, const PrecisionOptions &options) : options(options) {
  module->walk([&](DetectOp detect) {
    std::optional<Precision> chosen, others;
    for (Value factor : {detect.getQ(), detect.getK()}) {
      if (!chosen)
        chosen = stated(factor.getDefiningOp(), DotaDialect::kPrecisionAttrName);
      if (!llvm::all_of(factor.getUsers(), llvm::IsaPred<DetectOp>))
        others = others ? wider(*others, asRead(factor)) : asRead(factor);
    }
    if (!chosen)
      chosen = others.value_or(Precision::INT4);
    for (Value factor : {detect.getQ(), detect.getK()})
      factors.try_emplace(factor, *chosen);
  });
}

Precision Precisions::asRead(Value result) const {
  std::optional<Precision> read;
  for (const OpOperand &use : result.getUses()) {
    if (isa<DetectOp>(use.getOwner()))
      continue;
    if (!isProductOperand(use))
      return options.values;
    Precision precision = ofOperand(use);
    read = read ? wider(*read, precision) : precision;
  }
  return read ? narrower(*read, options.values) : options.values;
}

Precision Precisions::ofResult(Value result) const {
  if (auto precision = stated(result.getDefiningOp(), DotaDialect::kPrecisionAttrName))
    return *precision;
  if (auto known = factors.find(result); known != factors.end())
    return known->second;
  return asRead(result);
}

Precision Precisions::ofOperand(const OpOperand &operand) const {
  if (auto known = factors.find(operand.get());
      known != factors.end() && isa<DetectOp>(operand.getOwner()))
    return known->second;
  if (!isProductOperand(operand))
    return options.values;
  return stated(operand.getOwner(), DotaDialect::kOperandPrecisionAttrName)
      .value_or(options.operands);
}

Precision Precisions::ofWeight(LinearOp op) const {
  return stated(op, DotaDialect::kWeightPrecisionAttrName).value_or(options.weights);
}

bool Precisions::areScalesOfChannels(Precision weight) const {
  return options.scales == WeightScales::Channel ||
         (options.scales == WeightScales::Auto && getBits(weight) < 16);
}
