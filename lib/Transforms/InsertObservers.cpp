//===- InsertObservers.cpp - hand values to the calibration recorder -------===//
//
// Does not fail. Not idempotent: a second run observes everything once more.
// `calibrate` (lib/Host/Calibrate.cpp) reads what comes back by the same ids.
//
//===----------------------------------------------------------------------===//

#include "dota/Passes.h"
#include "dota/Transforms/Observations.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

namespace mlir::dota {
#define GEN_PASS_DEF_INSERTOBSERVERS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

static ScoreInput findInput(Value scored) {
  auto linear = scored.getDefiningOp<LinearOp>();
  if (linear && matchPattern(linear.getWeight(), m_Constant()) &&
      (!linear.getBias() || matchPattern(linear.getBias(), m_Constant())))
    return {linear.getX(), linear};
  return {scored, {}};
}

ScoreInput mlir::dota::findQueryInput(AttentionOp op) { return findInput(op.getQ()); }
ScoreInput mlir::dota::findKeyInput(AttentionOp op) { return findInput(op.getK()); }

namespace {

bool isF32Tensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

/// A value whose format nobody else's range gives.
bool comesFromOutside(Value value) {
  Operation *op = value.getDefiningOp();
  return !op || (!isa<WorkOpInterface>(op) && !matchPattern(op, m_Constant()));
}

/// Operands that are quantised: biases of scores, gains and biases of norms stay
/// f32.
unsigned quantizedOperands(Operation *op) {
  if (isa<LinearOp>(op))
    return op->getNumOperands();
  if (isa<AttentionOp, MaskedAttentionOp>(op))
    return 3;
  if (isa<DetectOp, AddOp, MulOp, RotateOp>(op))
    return 2;
  return 1;
}

} // namespace

SmallVector<Observation> mlir::dota::findObservations(ModuleOp module) {
  SmallVector<Observation> found;
  auto add = [&](Observation::Kind kind, Operation *op, Value value, unsigned operand = 0) {
    found.push_back({static_cast<int64_t>(found.size()), kind, op, value, operand});
  };
  module.walk([&](Operation *op) {
    if (!isa<WorkOpInterface>(op) || isa<QuantizeOp, DequantizeOp>(op) ||
        !isF32Tensor(op->getOperand(0)))
      return;
    for (unsigned i = 0; i < quantizedOperands(op); ++i)
      if (isF32Tensor(op->getOperand(i)) && comesFromOutside(op->getOperand(i)))
        add(Observation::Kind::Operand, op, op->getOperand(i), i);
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      Value x = findQueryInput(attention).x, y = findKeyInput(attention).x;
      if (!matchPattern(x, m_Constant()))
        add(Observation::Kind::Moment, op, x);
      if (x != y && !matchPattern(y, m_Constant()))
        add(Observation::Kind::KeyMoment, op, y);
    }
    if (isF32Tensor(op->getResult(0)))
      add(Observation::Kind::Result, op, op->getResult(0));
  });
  return found;
}

namespace {

// quote: pass
struct InsertObservers : mlir::dota::impl::InsertObserversBase<InsertObservers> {
  void runOnOperation() override {
    for (const Observation &seen : findObservations(getOperation())) {
      OpBuilder builder(seen.op);
      if (seen.kind == Observation::Kind::Result)
        builder.setInsertionPointAfter(seen.op);
      bool moment =
          seen.kind == Observation::Kind::Moment || seen.kind == Observation::Kind::KeyMoment;
      ObserveOp::create(builder, seen.op->getLoc(), seen.value, seen.id, moment);
    }
  }
};
// end quote

} // namespace
