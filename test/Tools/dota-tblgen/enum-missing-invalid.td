// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: error: field 'kind' of kind precision has no enum attribute
def NoEnumOp : Instruction<"none", 1, Mfu, [Field<"kind", "precision", 3, I64Attr, "">]> { let summary = ""; }
