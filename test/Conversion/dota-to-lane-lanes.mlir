// The same program on 1, 2, 3 and 8 lanes.
// RUN: dota-opt %s --dota-to-lane=machine=%S/Inputs/lanes-1.toml | FileCheck %s --check-prefix=ONE
// RUN: dota-opt %s --dota-to-lane=machine=%S/Inputs/lanes-2.toml | FileCheck %s --check-prefix=TWO
// RUN: dota-opt %s --dota-to-lane=machine=%S/Inputs/lanes-3.toml | FileCheck %s --check-prefix=THREE
// RUN: dota-opt %s --dota-to-lane=machine=%S/Inputs/lanes-8.toml | FileCheck %s --check-prefix=EIGHT

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>

// A single lane has everything: no sums of lanes, no barrier.
// ONE-NOT: lane.barrier
// ONE-NOT: lane.accumulate
// ONE: lane.matmul {{.*}}cols = 16 : i64, depth = 16 : i64, rows = 9 : i64}
// ONE: lane.halt

// Four heads on two lanes, of which pairs share a key head: two query heads, one key head.
// TWO: lane.stream 0
// TWO: lane.matmul {{.*}}cols = 8 : i64, depth = 16 : i64, rows = 9 : i64}
// TWO: lane.matmul {{.*}}cols = 4 : i64, depth = 16 : i64, rows = 9 : i64}
// TWO: lane.matmul {{.*}}cols = 9 : i64, depth = 4 : i64
// TWO: lane.matmul {{.*}}cols = 9 : i64, depth = 4 : i64
// TWO: lane.matmul {{.*}}cols = 16 : i64, depth = 8 : i64
// TWO: lane.accumulate
// TWO: lane.stream 1

// On three lanes the first has two heads. Rows: three each.
// THREE: lane.stream 0
// THREE: lane.matmul {{.*}}cols = 8 : i64, depth = 16 : i64, rows = 9 : i64}
// THREE: lane.matmul {{.*}}cols = 16 : i64, depth = 8 : i64
// THREE-COUNT-2: lane.accumulate
// THREE: lane.stream 1
// THREE: lane.matmul {{.*}}cols = 4 : i64, depth = 16 : i64, rows = 9 : i64}
// THREE: lane.matmul {{.*}}cols = 16 : i64, depth = 4 : i64

// On eight lanes four have a head each, and both lanes of a pair compute its key
// head; all have rows, the first two.
// EIGHT: lane.stream 0
// EIGHT: lane.matmul {{.*}}cols = 4 : i64, depth = 16 : i64, rows = 9 : i64}
// EIGHT: lane.matmul {{.*}}cols = 16 : i64, depth = 4 : i64
// EIGHT: lane.accumulate
// EIGHT: lane.stream 7
// EIGHT-NOT: lane.matmul
// EIGHT: lane.barrier {id = 1 : i64}
// EIGHT-NOT: lane.matmul
// EIGHT-COUNT-3: lane.accumulate
// EIGHT: lane.halt
dota.program @p(%arg: tensor<9x16xf32>) -> tensor<9x16xf32> {
  %w = dota.constant dense<3> : tensor<16x16xi16> : tensor<16x16x!w>
  %wk = dota.constant dense<3> : tensor<16x8xi16> : tensor<16x8x!w>
  %x = dota.quantize %arg : tensor<9x16xf32> -> tensor<9x16x!x>
  %q = dota.linear %x, %w : tensor<9x16x!x>, tensor<16x16x!w> -> tensor<9x16x!x>
  %k = dota.linear %x, %wk : tensor<9x16x!x>, tensor<16x8x!w> -> tensor<9x8x!x>
  %a = dota.attention %q, %k, %k {heads = 4, kv_heads = 2, scale = 0.5 : f32} : (tensor<9x16x!x>, tensor<9x8x!x>, tensor<9x8x!x>) -> tensor<9x16x!x>
  %o = dota.linear %a, %w : tensor<9x16x!x>, tensor<16x16x!w> -> tensor<9x16x!x>
  %y = dota.dequantize %o : tensor<9x16x!x> -> tensor<9x16xf32>
  dota.return %y : tensor<9x16xf32>
}
