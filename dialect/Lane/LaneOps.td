//===- LaneOps.td - ops of the lane dialect --------------------*- tablegen -*-===//
//
// The frame that instructions stand in; the instructions are in Instructions.td.
//
//===----------------------------------------------------------------------===//
#ifndef LANE_OPS
#define LANE_OPS

include "Lane/Instructions.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

class Lane_Op<string mnemonic, list<Trait> traits = []> : Op<LaneDialect, mnemonic, traits>;

def Lane_ProgramOp : Lane_Op<"program", [IsolatedFromAbove, Symbol, NoTerminator, SingleBlock]> {
  let summary = "a program: tensors, data, masks and one stream a lane";
  let description = [{
    ```mlir
    lane.program @encoder dram 1048576 {
      lane.input "x" at 0 : tensor<128x384xf32>
      lane.output "y" at 196608 : tensor<128x384xf32>
      lane.data at 393216 dense<...> : tensor<4096xi8>
      lane.mask 0 {heads = 12, rows = 128, keys = 128, keep = 13}
      lane.stream 0 {
        ...
        lane.halt
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$dram_bytes,
      DefaultValuedAttr<I64Attr, "0">:$macs, DefaultValuedAttr<I64Attr, "0">:$pairs_kept,
      DefaultValuedAttr<I64Attr, "0">:$pairs_dense, OptionalAttr<Dota_MfuAttr>:$mfu);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `dram` $dram_bytes attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}
def Lane_InputOp : Lane_Op<"input", [HasParent<"ProgramOp">]> {
  let summary = "an argument, at an address in DRAM";
  let arguments = (ins StrAttr:$name, I64Attr:$address, TypeAttr:$type);
  let assemblyFormat = "$name `at` $address `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Bytes in DRAM; none where the container has no such type.
    std::optional<uint64_t> getByteCount();
  }];
}
def Lane_OutputOp : Lane_Op<"output", [HasParent<"ProgramOp">]> {
  let summary = "a result, at an address in DRAM";
  let arguments = (ins StrAttr:$name, I64Attr:$address, TypeAttr:$type);
  let assemblyFormat = "$name `at` $address `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Bytes in DRAM; none where the container has no such type.
    std::optional<uint64_t> getByteCount();
  }];
}
def Lane_DataOp : Lane_Op<"data", [HasParent<"ProgramOp">]> {
  let summary = "bytes that stand in DRAM from the start";
  let arguments = (ins I64Attr:$address, ElementsAttr:$value);
  let assemblyFormat = "`at` $address $value attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Bytes in DRAM; none where elements are no whole bytes.
    std::optional<uint64_t> getByteCount();
  }];
}
def Lane_MaskOp : Lane_Op<"mask", [HasParent<"ProgramOp">]> {
  let summary = "a mask that the program finds";
  let arguments = (ins I64Attr:$id, I64Attr:$heads, I64Attr:$rows, I64Attr:$keys, I64Attr:$keep);
  let assemblyFormat = "$id attr-dict";
  let hasVerifier = 1;
}
def Lane_StreamOp : Lane_Op<"stream", [HasParent<"ProgramOp">, NoTerminator, SingleBlock]> {
  let summary = "one lane's instructions, in order of issue";
  let arguments = (ins I64Attr:$lane);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$lane attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Lane_BufferOp : Lane_Op<"buffer", [HasParent<"StreamOp">]> {
  let summary = "room in SRAM that has no address yet";
  let description = [{
    `bytes` is a multiple of 64. Placement (`lane-allocate-sram`) gives it an address
    that no buffer alive at the same time overlaps; its life lasts from the first to
    the last instruction that uses it.
  }];
  let arguments = (ins I64Attr:$bytes);
  let results = (outs Lane_Sram:$result);
  let builders = [OpBuilder<(ins "uint64_t":$bytes), [{
    build($_builder, $_state, SramType::get($_builder.getContext()), bytes);
  }]>];
  let assemblyFormat = "$bytes attr-dict";
  let hasVerifier = 1;
}
def Lane_ViewOp : Lane_Op<"view", [Pure, HasParent<"StreamOp">]> {
  let summary = "an address inside a buffer";
  let arguments = (ins Lane_Sram:$base, I64Attr:$offset);
  let results = (outs Lane_Sram:$result);
  let builders = [OpBuilder<(ins "Value":$base, "uint64_t":$offset), [{
    build($_builder, $_state, SramType::get($_builder.getContext()), base, offset);
  }]>];
  let assemblyFormat = "$base `+` $offset attr-dict";
  let hasVerifier = 1;
}
def Lane_AddressOp : Lane_Op<"address", [Pure, HasParent<"StreamOp">]> {
  let summary = "an address in SRAM";
  let arguments = (ins I64Attr:$value);
  let results = (outs Lane_Sram:$result);
  let builders = [OpBuilder<(ins "uint64_t":$value), [{
    build($_builder, $_state, SramType::get($_builder.getContext()), value);
  }]>];
  let assemblyFormat = "$value attr-dict";
  let hasVerifier = 1;
}

#endif // LANE_OPS
