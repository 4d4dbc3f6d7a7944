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

/// tosa.scatter, which upstream does not lower, row by row: values_in[n, indices[n, w]] =
/// input[n, w].
void lowerScatters(ModuleOp module) {
  module.walk([](tosa::ScatterOp op) {
    auto rows = cast<RankedTensorType>(op.getInput().getType());
    if (!rows.hasStaticShape())
      return;
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto constant = [&](int64_t i) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, i);
    };
    Value zero = constant(0), one = constant(1);
    scf::LoopNest loops = scf::buildLoopNest(
        builder, loc, {zero, zero}, {constant(rows.getDimSize(0)), constant(rows.getDimSize(1))},
        {one, one}, op.getValuesIn(),
        [&](OpBuilder &b, Location loc, ValueRange at, ValueRange scattered) {
          Value index = tensor::ExtractOp::create(b, loc, op.getIndices(), at);
          index = arith::IndexCastOp::create(b, loc, b.getIndexType(), index);
          OpFoldResult first = b.getIndexAttr(0), single = b.getIndexAttr(1);
          SmallVector<OpFoldResult> sizes{single, single, b.getIndexAttr(rows.getDimSize(2))},
              strides(3, single);
          Value row = tensor::ExtractSliceOp::create(b, loc, op.getInput(), {at[0], at[1], first},
                                                     sizes, strides);
          return scf::ValueVector{tensor::InsertSliceOp::create(
              b, loc, row, scattered[0], {at[0], index, first}, sizes, strides)};
        });
    op.replaceAllUsesWith(loops.results.front());
    op.erase();
  });
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
    if (hasTosa) {
      lowerScatters(module);
      addTosaToLinalg(functions);
    }
    functions.addPass(createConvertElementwiseToLinalgPass());
    functions.addPass(createCanonicalizerPass());
    functions.addPass(createCSEPass());
    if (failed(runPipeline(lowering, module)) || failed(decomposeSoftmax(module)))
      return signalPassFailure();
  }
};

} // namespace
