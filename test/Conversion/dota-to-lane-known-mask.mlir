// Attention over a mask that is known: ids and orders lie in DRAM, and no unit finds or
// orders keys.
// RUN: dota-opt %s --split-input-file --dota-reorder-keys --dota-to-lane | FileCheck %s
// RUN: dota-opt %s --split-input-file --dota-reorder-keys --dota-to-lane='machine=%S/Inputs/small.toml' --remarks-filter=dota-to-lane 2>&1 | FileCheck %s --check-prefix=SMALL

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// CHECK-LABEL: lane.program @known
// CHECK-NOT: lane.mask
// CHECK-COUNT-2: lane.data
// CHECK: lane.stream 0
// CHECK-NOT: lane.select
// CHECK-NOT: lane.order
// CHECK: lane.sddmm {{.*}}group = 4
// CHECK: lane.softmax {{.*}}hasIds
// CHECK: lane.spmm {{.*}}group = 4
// CHECK: lane.halt
// SMALL-LABEL: lane.program @known
dota.program @known(%arg: tensor<5x16xf32>) -> tensor<5x16xf32> {
  %x = dota.quantize %arg : tensor<5x16xf32> -> tensor<5x16x!x>
  %m = dota.constant_mask dense<[[[0, 1, 2], [0, 1, 2], [1, 2, 3], [1, 2, 3], [0, 4, -1]],
                                 [[0, 1, 2], [0, 1, 2], [1, 2, 3], [1, 2, 3], [0, 4, -1]]]> : tensor<2x5x3xi32> : !dota.mask<2x5x5, keep = 3>
  %a = dota.masked_attention %x, %x, %x mask %m {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<5x16x!x>, tensor<5x16x!x>, tensor<5x16x!x>, !dota.mask<2x5x5, keep = 3>) -> tensor<5x16x!x>
  %y = dota.dequantize %a : tensor<5x16x!x> -> tensor<5x16xf32>
  dota.return %y : tensor<5x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// Groups of rows that lie far apart want tiles of all rows; where these do not fit,
// the keys of each tile are ordered anew.
// CHECK-LABEL: lane.program @apart
// CHECK: lane.sddmm {{.*}}rows = 128
// SMALL: remark: {{.*}}tiles take groups of rows apart; their keys are ordered anew
// SMALL-LABEL: lane.program @apart
// SMALL-NOT: rows = 128
dota.program @apart(%arg: tensor<128x8xf32>) -> tensor<128x8xf32> {
  %x = dota.quantize %arg : tensor<128x8xf32> -> tensor<128x8x!x>
  %m = dota.constant_mask dense<5> : tensor<1x128x1xi32>
      grouping dense<[[0, 64, 1, 65, 2, 66, 3, 67, 4, 68, 5, 69, 6, 70, 7, 71, 8, 72, 9, 73, 10, 74, 11, 75, 12, 76, 13, 77, 14, 78, 15, 79, 16, 80, 17, 81, 18, 82, 19, 83, 20, 84, 21, 85, 22, 86, 23, 87, 24, 88, 25, 89, 26, 90, 27, 91, 28, 92, 29, 93, 30, 94, 31, 95, 32, 96, 33, 97, 34, 98, 35, 99, 36, 100, 37, 101, 38, 102, 39, 103, 40, 104, 41, 105, 42, 106, 43, 107, 44, 108, 45, 109, 46, 110, 47, 111, 48, 112, 49, 113, 50, 114, 51, 115, 52, 116, 53, 117, 54, 118, 55, 119, 56, 120, 57, 121, 58, 122, 59, 123, 60, 124, 61, 125, 62, 126, 63, 127]]> : tensor<1x128xi32> : !dota.mask<1x128x128, keep = 1>
  %a = dota.masked_attention %x, %x, %x mask %m {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<128x8x!x>, tensor<128x8x!x>, tensor<128x8x!x>, !dota.mask<1x128x128, keep = 1>) -> tensor<128x8x!x>
  %y = dota.dequantize %a : tensor<128x8x!x> -> tensor<128x8xf32>
  dota.return %y : tensor<128x8xf32>
}
