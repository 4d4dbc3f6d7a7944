//===- Frontend.cpp - from a framework's module to linalg on tensors --------===//
//
// Prepares a module for raising and for the JIT: one level of functions, linalg
// on tensors only. Idempotent. Fails where an upstream conversion fails.
//
//===----------------------------------------------------------------------===//

#include "dota/Passes.h"
#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::dota {
#define GEN_PASS_DEF_FRONTEND
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;

namespace {

/// The passes of TOSA's own pipeline but for its validation: exporters mix
/// profiles (f64 sums, i64 gathers), and validation refuses the mix.
void addTosaToLinalg(OpPassManager &functions) {
  functions.addPass(tosa::createTosaOptionalDecompositionsPass());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(tosa::createTosaInferShapesPass());
  functions.addPass(tosa::createTosaMakeBroadcastablePass());
  functions.addPass(tosa::createTosaToLinalgNamed());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(tosa::createTosaLayerwiseConstantFoldPass());
  functions.addPass(tosa::createTosaMakeBroadcastablePass());
  functions.addPass(tosa::createTosaToLinalg());
  functions.addPass(createTosaToArithPass());
  functions.addPass(createTosaToTensorPass());
}

LogicalResult decomposeSoftmax(ModuleOp module) {
  SmallVector<linalg::SoftmaxOp> ops;
  module.walk([&](linalg::SoftmaxOp op) { ops.push_back(op); });
  IRRewriter rewriter(module.getContext());
  for (linalg::SoftmaxOp op : ops) {
    rewriter.setInsertionPoint(op);
    FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
    if (failed(results))
      return op.emitOpError("cannot be decomposed");
    rewriter.replaceOp(op, *results);
  }
  return success();
}

struct Frontend : mlir::dota::impl::FrontendBase<Frontend> {
  void runOnOperation() override {
    ModuleOp module = getOperation();

    OpPassManager inlining(ModuleOp::getOperationName());
    inlining.addPass(createInlinerPass());
    inlining.addPass(createSymbolDCEPass());
    if (failed(runPipeline(inlining, module)))
      return signalPassFailure();

    bool hasTosa = module
                       .walk([](Operation *op) {
                         return isa_and_nonnull<tosa::TosaDialect>(op->getDialect())
                                    ? WalkResult::interrupt()
                                    : WalkResult::advance();
                       })
                       .wasInterrupted();

    OpPassManager lowering(ModuleOp::getOperationName());
    OpPassManager &functions = lowering.nest<func::FuncOp>();
    if (hasTosa)
      addTosaToLinalg(functions);
    functions.addPass(createConvertElementwiseToLinalgPass());
    functions.addPass(createCanonicalizerPass());
    functions.addPass(createCSEPass());
    if (failed(runPipeline(lowering, module)) || failed(decomposeSoftmax(module)))
      return signalPassFailure();
  }
};

} // namespace
