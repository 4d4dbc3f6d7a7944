// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: opcode-invalid.td:[[#@LINE+1]]:5: error: opcode is 256; 0 to 255 possible
def LargeOp : Instruction<"large", 256, Mfu, []> { let summary = ""; }
