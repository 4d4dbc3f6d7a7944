//===- LaneInterfaces.td - interfaces of lane ops --------------*- tablegen -*-===//
#ifndef LANE_INTERFACES
#define LANE_INTERFACES

include "mlir/IR/OpBase.td"
include "mlir/IR/Interfaces.td"

def Lane_InstructionOpInterface : OpInterface<"InstructionOpInterface"> {
  let cppNamespace = "::mlir::lane";
  let description = [{
    An op that is an instruction. dota-tblgen writes the methods
    (`-gen-lane-ops`).
  }];
  let methods = [
    InterfaceMethod<"The unit that runs it.", "::dota::Unit", "getIssueUnit", (ins)>,
    InterfaceMethod<[{
      The instruction as the runtime has it. `resolve` gives the address of each
      SRAM operand; where it fails, having reported why, this fails too. Field
      values are in range, as the op was verified.
    }], "::llvm::FailureOr<::dota::Instruction>", "toInstruction",
        (ins "::mlir::lane::SramResolver":$resolve)>
  ];
}

#endif // LANE_INTERFACES
