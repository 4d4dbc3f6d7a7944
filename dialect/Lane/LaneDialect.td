//===- LaneDialect.td - the lane dialect -----------------------*- tablegen -*-===//
#ifndef LANE_DIALECT
#define LANE_DIALECT

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"

def LaneDialect : Dialect {
  let name = "lane";
  let cppNamespace = "::mlir::lane";
  let summary = "instruction streams of the lanes of a DOTA accelerator";
  let description = [{
    One op is one instruction. `dialect/Lane/Instructions.td` defines them; from
    the same records come encoder, decoder, assembler, disassembler, dispatch and
    the manual (`docs/instruction-set.md`).

    SRAM operands are `!lane.sram` values. Before placement they come from
    `lane.buffer` and `lane.view`; after it from `lane.address`.
  }];
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["::mlir::dota::DotaDialect"];
}

def Lane_Sram : TypeDef<LaneDialect, "Sram", []> {
  let mnemonic = "sram";
  let summary = "an address in a lane's SRAM";
}

#endif // LANE_DIALECT
