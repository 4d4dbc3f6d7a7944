//===- Passes.td - the passes of the dota compiler -------------*- tablegen -*-===//
#ifndef DOTA_PASSES
#define DOTA_PASSES

include "mlir/Pass/PassBase.td"

def DotaToLinalg : Pass<"dota-to-linalg", "::mlir::ModuleOp"> {
  let summary = "lower every dota op to upstream dialects: its executable meaning";
  let description = [{
    Float ops become `linalg` on f32 tensors, fixed-point ops `linalg` on the
    stored integers, to the bit what the machine computes: the scalar rules come
    from the same templates as the simulator's (`dota/runtime/Numerics.h`).
    Fixed-point tensors become tensors of their stored integers (i16, i32; i8 for
    8 bits and less) and masks `tensor<[Bx]HxNxMxi1>`, in signatures too.
    `dota.program` becomes a private function, `dota.launch` a call of it, or a
    loop of calls over the batch; `dota.observe` a call of the external function
    `dotaObserve(id: i64, moment: i64, value: tensor<*xf32>)`.

    The pass is total: it fails where a dota op is left.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif // DOTA_PASSES
