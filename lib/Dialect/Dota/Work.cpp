//===- Work.cpp - multiply-accumulates of dota ops --------------------------===//
#include "dota/Dialect/Dota/Dota.h"

using namespace mlir;
using namespace mlir::dota;

/// Rows of all sequences.
static int64_t rowsOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getNumElements() / type.getShape().back();
}

static int64_t extentOf(Value value, int fromBack) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  return shape[shape.size() - 1 - fromBack];
}

int64_t LinearOp::getMacs() {
  return rowsOf(getX()) * extentOf(getX(), 0) * extentOf(getWeight(), 0);
}

int64_t AttentionOp::getMacs() {
  return rowsOf(getQ()) * extentOf(getK(), 1) * (extentOf(getQ(), 0) + extentOf(getResult(), 0));
}

int64_t MaskedAttentionOp::getMacs() {
  return rowsOf(getQ()) * getMask().getType().getKeep() *
         (extentOf(getQ(), 0) + extentOf(getResult(), 0));
}

int64_t DetectOp::getMacs() { return rowsOf(getQ()) * extentOf(getK(), 1) * extentOf(getQ(), 0); }
