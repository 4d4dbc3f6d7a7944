// RUN: not dota-tblgen -gen-runtime %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// CHECK: duplicate-opcode-invalid.td:[[#@LINE+4]]:5: error: opcode 7 is given twice
// CHECK: duplicate-opcode-invalid.td:[[#@LINE+1]]:5: note: it is the opcode of first
def FirstOp : Instruction<"first", 7, Mfu, []> { let summary = "one"; }
def OtherOp : Instruction<"other", 8, Mfu, []> { let summary = "other"; }
def SecondOp : Instruction<"second", 7, Dma, []> { let summary = "two"; }
