//===- DotaDialect.td - the dota dialect -----------------------*- tablegen -*-===//
#ifndef DOTA_DIALECT
#define DOTA_DIALECT

include "mlir/IR/OpBase.td"

def DotaDialect : Dialect {
  let name = "dota";
  let cppNamespace = "::mlir::dota";
  let summary = "transformer blocks with detection and omission of weak attention";
  let description = [{
    The `dota` dialect describes what a DOTA accelerator computes: linear
    transformations, attention dense or over the keys a detector kept,
    normalisations, activations and residual sums.

    Every compute op works at two levels, told apart by its element types:

    - *float*: `f32` tensors, the meaning of the model as it was imported;
    - *fixed point*: `!quant.uniform` tensors with a power-of-two scale and zero
      point 0, the meaning of the machine, exact to the bit. `docs/numbers.md`
      has the rules; `--dota-to-linalg` is their executable form.

    Shapes: a sequence is `tensor<NxF>`, N tokens of F features; a batch of B
    sequences is `tensor<BxNxF>`. Inside `dota.program` there is one sequence.
    All shapes are static.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::quant::QuantDialect"];
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Name of the discardable attribute that calibration puts on a compute op:
    /// the largest magnitude its result took (an f32, at least 0).
    static constexpr ::llvm::StringLiteral kRangeAttrName = "dota.range";
    /// The same for the operands that no dota op defines: an array of f32, one an
    /// operand, 0 where it does not apply.
    static constexpr ::llvm::StringLiteral kOperandRangesAttrName = "dota.operand_ranges";
    /// On an f32 op: the precision of its result (a `#dota.precision`); on one that
    /// multiplies matrices, that in which it reads what is no weight, and its weight.
    static constexpr ::llvm::StringLiteral kPrecisionAttrName = "dota.precision";
    static constexpr ::llvm::StringLiteral kOperandPrecisionAttrName = "dota.operand_precision";
    static constexpr ::llvm::StringLiteral kWeightPrecisionAttrName = "dota.weight_precision";
    /// On a `dota.linear` that feeds a detector: the exponents of its result, one a
    /// head, as an array of i64.
    static constexpr ::llvm::StringLiteral kExponentsAttrName = "dota.exponents";
    /// By which a comparison knows an f32 op in its fixed-point form: an i64.
    static constexpr ::llvm::StringLiteral kNumberAttrName = "dota.number";
    /// On a function that was a program: the program's `mfu`.
    static constexpr ::llvm::StringLiteral kMfuAttrName = "dota.mfu";
  }];
}

#endif // DOTA_DIALECT
