// What the PE rows are set to: for each step, for each product in turns, or in two
// parts. A lane has 32 rows and groups of 4.
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml detect-rows=8' | FileCheck %s --check-prefixes=CHECK,BESIDE
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml detect-rows=0' | FileCheck %s --check-prefixes=CHECK,TURNS
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml detect-rows=8' --remarks-filter=dota-to-lane --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml detect-rows=0' --remarks-filter=dota-to-lane --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK-TURNS
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml' --remarks-filter=dota-to-lane --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=CHOSEN
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/tiny.toml detect-rows=8' | FileCheck %s --check-prefix=AHEAD
// RUN: not dota-opt %s --split-input-file --dota-to-lane=detect-rows=6 -o /dev/null 2>&1 | FileCheck %s --check-prefix=GROUPS
// RUN: not dota-opt %s --split-input-file --dota-to-lane=detect-rows=32 -o /dev/null 2>&1 | FileCheck %s --check-prefix=ALL

// GROUPS: error: detect-rows is 6; multiples of 4 below 32 are possible
// ALL: error: detect-rows is 32; multiples of 4 below 32 are possible

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i4<-7:7>:f32, 0.5>

// Beside: the last 8 rows in INT4 for the whole step, the others in FX16; the next tile's
// estimated scores are issued before this tile's products. In turns: all rows for each.
// CHECK-LABEL: lane.program @masked
// CHECK: lane.stream 0
// BESIDE-NOT: lane.matmul
// BESIDE: lane.configure {detectPrecision = #dota.precision<int4>, detectRows = 8 : i64, precision = #dota.precision<fx16>}
// BESIDE: lane.estimate {{.*}}aPrecision = #dota.precision<int4>
// BESIDE: lane.estimate
// BESIDE: lane.sddmm
// BESIDE-NOT: lane.configure
// BESIDE: lane.spmm
// TURNS-NOT: lane.estimate
// TURNS: lane.configure {detectPrecision = #dota.precision<int4>, detectRows = 0 : i64, precision = #dota.precision<int4>}
// TURNS: lane.matmul {{.*}}aPrecision = #dota.precision<int4>
// TURNS: lane.configure {detectPrecision = #dota.precision<fx16>, detectRows = 0 : i64, precision = #dota.precision<fx16>}
// TURNS-NEXT: lane.sddmm
// CHECK: lane.stream 1

// REMARK: [Analysis] beside | Category:dota-to-lane
// REMARK-SAME: Remark="detection runs in PE rows of its own, beside computation, as was asked"
// REMARK-SAME: computeRows=24
// REMARK-SAME: detectRows=8
// REMARK-TURNS: [Analysis] in-turns | Category:dota-to-lane
// REMARK-TURNS-SAME: take turns, as was asked", computeRows=32
// REMARK-TURNS-SAME: detectRows=0
// Where a tile for each stage does not fit, detection is one tile ahead of all the rest:
// the second tile's ids are found before the first one's scores, no others.
// AHEAD-LABEL: lane.program @masked
// AHEAD: lane.estimate
// AHEAD: lane.select
// AHEAD: lane.order
// AHEAD: lane.estimate
// AHEAD: lane.select
// AHEAD-NOT: lane.estimate
// AHEAD: lane.sddmm
// AHEAD-NOT: lane.estimate
// AHEAD: lane.softmax
// AHEAD: lane.estimate

// CHOSEN: [Analysis] in-turns {{.*}}"detection and computation take turns, as its keys come block by block", computeRows=32, cycles={{[0-9]+}}, {{.*}}cyclesInTurns={{[0-9]+}}
dota.program @masked(%a: tensor<64x8xf32>, %b: tensor<64x4xf32>) -> tensor<64x8xf32> {
  %x = dota.quantize %a : tensor<64x8xf32> -> tensor<64x8x!x>
  %d = dota.quantize %b : tensor<64x4xf32> -> tensor<64x4x!d>
  %m = dota.detect %d, %d {heads = 2 : i64} : (tensor<64x4x!d>, tensor<64x4x!d>) -> !dota.mask<2x64x64, keep = 4>
  %y = dota.masked_attention %x, %x, %x mask %m {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<64x8x!x>, tensor<64x8x!x>, tensor<64x8x!x>, !dota.mask<2x64x64, keep = 4>) -> tensor<64x8x!x>
  %z = dota.dequantize %y : tensor<64x8x!x> -> tensor<64x8xf32>
  dota.return %z : tensor<64x8xf32>
}

// -----

!x = !quant.uniform<i8<-127:127>:f32, 0.0625>
!w = !quant.uniform<i8<-127:127>:f32, 0.0078125>
!v = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>

// The widest product of a linear's step counts: FX8, then FX16, which is what the rows
// are set to at the start and again after attention: scores in FX8, values in FX16.
// CHECK-LABEL: lane.program @steps
// CHECK: lane.stream 0
// CHECK-NOT: lane.matmul
// CHECK: lane.configure {detectPrecision = #dota.precision<fx8>, detectRows = 0 : i64, precision = #dota.precision<fx8>}
// CHECK-NOT: lane.configure
// CHECK: lane.matmul
// CHECK-NOT: lane.configure
// CHECK: lane.matmul {{.*}}transposeB
// CHECK: lane.configure {detectPrecision = #dota.precision<fx16>, detectRows = 0 : i64, precision = #dota.precision<fx16>}
// CHECK-NEXT: lane.matmul {{.*}}unsignedA
// CHECK-NOT: lane.configure
// CHECK: lane.matmul {{.*}}bPrecision = #dota.precision<fx16>
// CHECK-NOT: lane.configure
// CHECK: lane.halt
dota.program @steps(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %w = dota.constant dense<3> : tensor<8x8xi8> : tensor<8x8x!w>
  %v = dota.constant dense<3> : tensor<8x8xi16> : tensor<8x8x!v>
  %x = dota.quantize %a : tensor<8x8xf32> -> tensor<8x8x!x>
  %q = dota.linear %x, %w : tensor<8x8x!x>, tensor<8x8x!w> -> tensor<8x8x!x>
  %y = dota.attention %q, %q, %q {heads = 1 : i64, kv_heads = 1 : i64, scale = 0.5 : f32} : (tensor<8x8x!x>, tensor<8x8x!x>, tensor<8x8x!x>) -> tensor<8x8x!x>
  %r = dota.linear %y, %v : tensor<8x8x!x>, tensor<8x8x!v> -> tensor<8x8x!x>
  %z = dota.dequantize %r : tensor<8x8x!x> -> tensor<8x8xf32>
  dota.return %z : tensor<8x8xf32>
}
