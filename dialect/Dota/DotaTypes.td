//===- DotaTypes.td - types and enums of the dota dialect ------*- tablegen -*-===//
#ifndef DOTA_TYPES
#define DOTA_TYPES

include "Dota/DotaDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Dota_Precision : I32EnumAttr<"Precision", "operand precision of the RMMU", [
    I32EnumAttrCase<"FX16", 0, "fx16">,
    I32EnumAttrCase<"FX8", 1, "fx8">,
    I32EnumAttrCase<"FX4", 2, "fx4">,
    I32EnumAttrCase<"INT4", 3, "int4">,
    I32EnumAttrCase<"INT2", 4, "int2">]> {
  let cppNamespace = "::mlir::dota";
  let genSpecializedAttr = 0;
}
def Dota_PrecisionAttr : EnumAttr<DotaDialect, Dota_Precision, "precision"> {
  let assemblyFormat = "`<` $value `>`";
}

def Dota_ActivationKind : I32EnumAttr<"ActivationKind", "element-wise function", [
    I32EnumAttrCase<"Relu", 0, "relu">,
    I32EnumAttrCase<"Gelu", 1, "gelu">,
    I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,
    I32EnumAttrCase<"QuickGelu", 3, "quick_gelu">,
    I32EnumAttrCase<"Silu", 4, "silu">,
    I32EnumAttrCase<"Sigmoid", 5, "sigmoid">,
    I32EnumAttrCase<"Tanh", 6, "tanh">,
    I32EnumAttrCase<"Identity", 7, "identity">]> {
  let cppNamespace = "::mlir::dota";
  let genSpecializedAttr = 0;
}
def Dota_ActivationKindAttr
    : EnumAttr<DotaDialect, Dota_ActivationKind, "activation_kind"> {
  let assemblyFormat = "`<` $value `>`";
}

def Dota_MfuFormat : I32EnumAttr<"MfuFormat", "values between the units of an MFU", [
    I32EnumAttrCase<"FP32", 0, "fp32">,
    I32EnumAttrCase<"FP16", 1, "fp16">]> {
  let cppNamespace = "::mlir::dota";
  let genSpecializedAttr = 0;
}
def Dota_MfuAttr : AttrDef<DotaDialect, "Mfu"> {
  let mnemonic = "mfu";
  let summary = "how the MFU computes";
  let description = [{
    The format of its values and the degree, 2 to 6, of its exponentials' polynomial
    (`docs/numbers.md`). A program without it has `#dota.mfu<fp32, exp_degree = 6>`.
  }];
  let parameters = (ins EnumParameter<Dota_MfuFormat>:$format, "unsigned":$expDegree);
  let assemblyFormat = "`<` $format `,` `exp_degree` `=` $expDegree `>`";
  let genVerifyDecl = 1;
}

def Dota_MaskType : TypeDef<DotaDialect, "Mask", []> {
  let mnemonic = "mask";
  let summary = "the keys that each query keeps";
  let description = [{
    For each head and each query row the set of keys that attention visits: at
    most `keep` of them, in ascending key id. Rows that have fewer admissible
    keys keep what there is.

    `shape` is `heads x rows x keys`, or `batch x heads x rows x keys`.

    Example: `!dota.mask<12x128x128, keep = 13>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "int64_t":$keep);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getHeads() const { return getShape()[getShape().size() - 3]; }
    int64_t getRows() const { return getShape()[getShape().size() - 2]; }
    int64_t getKeys() const { return getShape()[getShape().size() - 1]; }
  }];
}

#endif // DOTA_TYPES
