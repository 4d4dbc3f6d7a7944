//===- LowerLaunch.cpp - launches become calls of the host runtime ----------===//
//
// Runs on tensors, before bufferisation. The calls and what answers them stand in
// lib/Host/Session.cpp. Idempotent; does not fail.
//
//===----------------------------------------------------------------------===//

#include "dota/Host/RuntimeCalls.h"
#include "dota/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::dota {
#define GEN_PASS_DEF_LOWERLAUNCH
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

struct LowerLaunch : mlir::dota::impl::LowerLaunchBase<LowerLaunch> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<LaunchOp> launches;
    module.walk([&](LaunchOp op) { launches.push_back(op); });
    for (LaunchOp op : launches)
      lower(op);
    for (ProgramOp program : llvm::make_early_inc_range(module.getOps<ProgramOp>()))
      program.erase();
  }

  /// Hands a buffer to the runtime function of its element type, f32 or i32.
  void pass(OpBuilder &builder, Location loc, StringRef function, Value buffer) {
    Type element = cast<MemRefType>(buffer.getType()).getElementType();
    Value view =
        memref::CastOp::create(builder, loc, UnrankedMemRefType::get(element, nullptr), buffer);
    callRuntime(builder, loc, getOperation(), (function + (element.isF32() ? "F32" : "I32")).str(),
                view);
  }

  void lower(LaunchOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value batch = arith::ConstantOp::create(builder, loc,
                                            builder.getI64IntegerAttr(op.getBatch().value_or(1)));
    callWithText(builder, loc, getOperation(), "dotaLaunch", op.getProgram(), batch);
    for (Value operand : op.getOperands()) {
      auto type = cast<RankedTensorType>(operand.getType());
      Value buffer = bufferization::ToBufferOp::create(
          builder, loc, MemRefType::get(type.getShape(), type.getElementType()), operand,
          /*read_only=*/true);
      pass(builder, loc, "dotaLaunchOperand", buffer);
    }
    SmallVector<Value> buffers;
    for (Type result : op.getResultTypes()) {
      auto type = cast<RankedTensorType>(result);
      buffers.push_back(memref::AllocOp::create(
          builder, loc, MemRefType::get(type.getShape(), type.getElementType())));
      pass(builder, loc, "dotaLaunchResult", buffers.back());
    }
    callRuntime(builder, loc, getOperation(), "dotaLaunchRun", {});
    for (auto [result, buffer] : llvm::zip_equal(op.getResults(), buffers))
      result.replaceAllUsesWith(bufferization::ToTensorOp::create(
          builder, loc, result.getType(), buffer, /*restrict=*/true, /*writable=*/true));
    op.erase();
  }
};

} // namespace
