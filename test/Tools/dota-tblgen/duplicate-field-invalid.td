// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: duplicate-field-invalid.td:[[#@LINE+1]]:5: error: field 'rows' is declared twice
def TwiceOp : Instruction<"twice", 1, Mfu, [U<"rows", 8, "">, U<"cols", 8, "">, U<"rows", 9, "">]> {
  let summary = "twice";
}
