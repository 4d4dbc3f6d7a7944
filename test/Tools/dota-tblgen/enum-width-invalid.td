// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: enum-width-invalid.td:[[#@LINE+1]]:5: error: field 'kind' of kind precision is 2 bits wide; 3 to 8 possible
def NarrowOp : Instruction<"narrow", 1, Mfu, [Field<"kind", "precision", 2, Dota_PrecisionAttr, "">]> { let summary = ""; }
