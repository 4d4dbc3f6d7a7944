//===- CallContractions.cpp - call a library for products of matrices ------===//
//
// Host code is the reference and what the device does not take; a library's
// product is better than loops that we would tile ourselves. Leaves alone what is
// no plain contraction of f32: convolutions, mixed types, broadcast operands.
// Idempotent; does not fail.
//
//===----------------------------------------------------------------------===//

#include "dota/Host/RuntimeCalls.h"
#include "dota/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::dota {
#define GEN_PASS_DEF_CALLCONTRACTIONS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

constexpr int64_t kSmallestCall = 4096;

/// `view` with its dimensions in the order of `loops`, unranked.
Value arrange(OpBuilder &builder, Location loc, Value view, AffineMap map,
              ArrayRef<unsigned> loops) {
  SmallVector<unsigned> order;
  for (unsigned loop : loops)
    for (auto [position, result] : llvm::enumerate(map.getResults()))
      if (cast<AffineDimExpr>(result).getPosition() == loop)
        order.push_back(position);
  auto permutation = AffineMap::getPermutationMap(order, builder.getContext());
  if (!permutation.isIdentity())
    view = memref::TransposeOp::create(builder, loc, view, AffineMapAttr::get(permutation));
  auto unranked = UnrankedMemRefType::get(builder.getF32Type(), nullptr);
  return memref::CastOp::create(builder, loc, unranked, view);
}

SmallVector<unsigned> concat(ArrayRef<unsigned> a, ArrayRef<unsigned> b, ArrayRef<unsigned> c) {
  SmallVector<unsigned> all(a);
  all.append(b.begin(), b.end());
  all.append(c.begin(), c.end());
  return all;
}

struct CallContractions : mlir::dota::impl::CallContractionsBase<CallContractions> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> contractions;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isPlainContraction(op))
        contractions.push_back(op);
    });
    for (linalg::LinalgOp op : contractions)
      replace(op);
  }

  static bool isPlainContraction(linalg::LinalgOp op) {
    if (!op.hasPureBufferSemantics() || !linalg::isaContractionOpInterface(op))
      return false;
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<MemRefType>(operand.getType());
      if (!type || !type.getElementType().isF32() || !type.isStrided())
        return false;
    }
    for (AffineMap map : op.getIndexingMapsArray())
      if (!map.isProjectedPermutation())
        return false;
    int64_t work = 1;
    for (int64_t extent : op.getStaticLoopRanges()) {
      if (ShapedType::isDynamic(extent))
        return false;
      work *= extent;
    }
    if (work < kSmallestCall)
      return false;
    auto dims = linalg::inferContractionDims(op);
    if (failed(dims))
      return false;
    return dims->batch.size() + dims->m.size() + dims->n.size() + dims->k.size() ==
           op.getNumLoops();
  }

  void replace(linalg::LinalgOp op) {
    auto dims = linalg::inferContractionDims(op);
    auto maps = op.getIndexingMapsArray();
    OpBuilder builder(op);
    Location loc = op.getLoc();
    SmallVector<Value> operands{
        arrange(builder, loc, op->getOperand(0), maps[0], concat(dims->batch, dims->m, dims->k)),
        arrange(builder, loc, op->getOperand(1), maps[1], concat(dims->batch, dims->k, dims->n)),
        arrange(builder, loc, op->getOperand(2), maps[2], concat(dims->batch, dims->m, dims->n))};
    for (size_t count : {dims->batch.size(), dims->m.size(), dims->n.size(), dims->k.size()})
      operands.push_back(arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(count)));
    callRuntime(builder, loc, getOperation(), "dotaContract", operands);
    op->erase();
  }
};

} // namespace
