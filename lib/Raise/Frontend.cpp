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
#include "mlir/IR/DialectResourceBlobManager.h"
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

/// Refuses weights that the file names and does not hold, or not all of: what
/// comes after would find them missing without knowing where.
LogicalResult checkWeights(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    for (NamedAttribute named : op->getAttrs()) {
      auto resource = dyn_cast<DenseResourceElementsAttr>(named.getValue());
      if (!resource)
        continue;
      DenseResourceElementsHandle handle = resource.getRawHandle();
      AsmResourceBlob *blob = handle.getBlob();
      if (!blob) {
        op->emitError() << "weights '" << handle.getKey() << "' have no data in this module";
        return WalkResult::interrupt();
      }
      ShapedType type = resource.getType();
      if (!type.getElementType().isIntOrFloat())
        continue;
      // A boolean is a byte.
      int64_t bytes = type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
      if (int64_t(blob->getData().size()) != bytes) {
        op->emitError() << "weights '" << handle.getKey() << "' hold " << blob->getData().size()
                        << " bytes; " << type << " takes " << bytes;
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
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
    if (failed(checkWeights(module)))
      return signalPassFailure();

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
