// The hash is of what gives a word its meaning, and of nothing else.
// RUN: split-file %s %t
// RUN: sh -c 'for i in base described opcode name width kind order enum unit; do cat %t/head.td %t/$i.td | dota-tblgen -gen-runtime %record_paths; done' | grep 'kInstructionSetHash =' > %t/hashes
// Nine sets, eight hashes: the description does not count.
// RUN: sort -u %t/hashes | wc -l | FileCheck %s
// RUN: head -n 2 %t/hashes | uniq | wc -l | FileCheck %s --check-prefix=SAME
// CHECK: {{^ *}}8
// SAME: {{^ *}}1

//--- head.td
include "Dota/DotaTypes.td"
include "Lane/Instruction.td"
//--- base.td
def AOp : Instruction<"a", 1, Mfu, [U<"x", 8, "">, U<"y", 8, "">]> { let summary = ""; }
//--- described.td
def AOp : Instruction<"a", 1, Mfu, [U<"x", 8, "changed">, U<"y", 8, "">]> { let summary = "changed"; }
//--- opcode.td
def AOp : Instruction<"a", 2, Mfu, [U<"x", 8, "">, U<"y", 8, "">]> { let summary = ""; }
//--- name.td
def AOp : Instruction<"a", 1, Mfu, [U<"x", 8, "">, U<"z", 8, "">]> { let summary = ""; }
//--- width.td
def AOp : Instruction<"a", 1, Mfu, [U<"x", 9, "">, U<"y", 8, "">]> { let summary = ""; }
//--- kind.td
def AOp : Instruction<"a", 1, Mfu, [S<"x", 8, "">, U<"y", 8, "">]> { let summary = ""; }
//--- order.td
def AOp : Instruction<"a", 1, Mfu, [U<"y", 8, "">, U<"x", 8, "">]> { let summary = ""; }
//--- enum.td
def AOp : Instruction<"a", 1, Mfu, [U<"x", 8, "">, U<"y", 8, "">, PrecisionField<"p", "">]> { let summary = ""; }
//--- unit.td
def AOp : Instruction<"a", 1, Dma, [U<"x", 8, "">, U<"y", 8, "">]> { let summary = ""; }
