// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: footprint-invalid.td:[[#@LINE+1]]:5: error: footprint is based on 'rows', which is no SRAM address of the instruction
def OffOp : Instruction<"off", 1, Mfu, [Sram<"x", "">, U<"rows", 8, "">]> {
  let summary = "";
  let reads = [Footprint<"rows", "1", "8">];
}
