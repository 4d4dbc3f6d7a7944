// RUN: not dota-tblgen -gen-lane-ops %record_paths %s 2>&1 | FileCheck %s
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

// 8 + 62 x 4 bits are just enough.
def FullOp : Instruction<"full", 1, Mfu, [U<"a", 62, "">, U<"b", 62, "">, U<"c", 62, "">, U<"d", 62, "">]> {
  let summary = "full";
}
// CHECK: wide-word-invalid.td:[[#@LINE+1]]:5: error: word of wide needs 257 bits; 256 available
def WideOp : Instruction<"wide", 2, Mfu, [U<"a", 62, "">, U<"b", 62, "">, U<"c", 62, "">, U<"d", 62, "">, Flag<"e", "">]> {
  let summary = "wide";
}
