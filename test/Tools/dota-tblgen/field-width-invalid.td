// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: field-width-invalid.td:[[#@LINE+1]]:5: error: field 'count' of kind signed is 33 bits wide; 1 to 32 possible
def WideOp : Instruction<"wide", 1, Mfu, [S<"count", 33, "">]> { let summary = "wide"; }
