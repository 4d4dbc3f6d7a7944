// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: field-kind-invalid.td:[[#@LINE+1]]:5: error: field 'x' is of kind 'complex', which dota-tblgen does not know
def ComplexOp : Instruction<"complex", 1, Mfu, [Field<"x", "complex", 2, I64Attr, "">]> { let summary = ""; }
