// Rows of keys that no query keeps are left out of the projections.
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml' | FileCheck %s

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!d = !quant.uniform<i4<-7:7>:f32, 0.5>

// A head a lane: it marks what its queries keep, and multiplies the rows that are marked.
// CHECK-LABEL: lane.program @found
// CHECK: lane.stream 0
// CHECK: lane.select {{.*}}head = 0 : i64
// CHECK: lane.mark %{{[^,]*}}, %[[MARKS:[^ ]*]] {firstRow = 0 : i64, head = 0 : i64, keep = 4 : i64, keys = 16 : i64, mask = 0 : i64, rows = 16 : i64
// CHECK: lane.store %[[MARKS]] {{.*}}rowBytes = 16 : i64
// CHECK-NOT: lane.barrier
// CHECK: lane.load %[[LOADED:[^ ]*]] {{.*}}rowBytes = 16 : i64, rows = 1
// CHECK: lane.rows_matmul %{{[^,]*}}, %{{[^,]*}}, %[[LOADED]], %{{[^ ]*}} {{.*}}cols = 4 : i64, depth = 8 : i64, heads = 1 : i64, liveStride = 16 : i64, rows = 16 : i64}
// CHECK: lane.sddmm
// CHECK: lane.stream 1
// CHECK: lane.mark {{.*}}head = 1 : i64
// CHECK: lane.rows_matmul
dota.program @found(%a: tensor<16x8xf32>, %b: tensor<16x4xf32>) -> tensor<16x8xf32> {
  %w = dota.constant dense<1> : tensor<8x8xi16> : tensor<8x8x!w>
  %x = dota.quantize %a : tensor<16x8xf32> -> tensor<16x8x!x>
  %d = dota.quantize %b : tensor<16x4xf32> -> tensor<16x4x!d>
  %m = dota.detect %d, %d {heads = 2 : i64} : (tensor<16x4x!d>, tensor<16x4x!d>) -> !dota.mask<2x16x16, keep = 4>
  %k = dota.linear %x, %w live %m {heads = 2} : tensor<16x8x!x>, tensor<8x8x!w> live !dota.mask<2x16x16, keep = 4> -> tensor<16x8x!x>
  %y = dota.masked_attention %x, %k, %x mask %m {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<16x8x!x>, tensor<16x8x!x>, tensor<16x8x!x>, !dota.mask<2x16x16, keep = 4>) -> tensor<16x8x!x>
  %z = dota.dequantize %y : tensor<16x8x!x> -> tensor<16x8xf32>
  dota.return %z : tensor<16x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!d = !quant.uniform<i4<-7:7>:f32, 0.5>

// Columns of which any head may want a row: lanes read the marks of both after a barrier.
// CHECK-LABEL: lane.program @any
// CHECK: lane.stream 0
// CHECK: lane.mark
// CHECK: lane.barrier
// CHECK: lane.rows_matmul {{.*}}heads = 2 : i64, liveStride = 16 : i64
dota.program @any(%a: tensor<16x8xf32>, %b: tensor<16x4xf32>) -> tensor<16x8xf32> {
  %w = dota.constant dense<1> : tensor<8x8xi16> : tensor<8x8x!w>
  %x = dota.quantize %a : tensor<16x8xf32> -> tensor<16x8x!x>
  %d = dota.quantize %b : tensor<16x4xf32> -> tensor<16x4x!d>
  %m = dota.detect %d, %d {heads = 2 : i64} : (tensor<16x4x!d>, tensor<16x4x!d>) -> !dota.mask<2x16x16, keep = 4>
  %k = dota.linear %x, %w live %m {heads = 1} : tensor<16x8x!x>, tensor<8x8x!w> live !dota.mask<2x16x16, keep = 4> -> tensor<16x8x!x>
  %z = dota.dequantize %k : tensor<16x8x!x> -> tensor<16x8xf32>
  dota.return %z : tensor<16x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>

// Marks of a known mask lie in DRAM from the start.
// CHECK-LABEL: lane.program @known
// CHECK: lane.data {{.*}} dense<[0, 1, 1, 0{{.*}}]>
// CHECK-NOT: lane.mark
// CHECK: lane.rows_matmul {{.*}}heads = 1 : i64, liveStride = 4 : i64
dota.program @known(%a: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = dota.constant dense<1> : tensor<8x8xi16> : tensor<8x8x!w>
  %x = dota.quantize %a : tensor<4x8xf32> -> tensor<4x8x!x>
  %m = dota.constant_mask dense<[[[1], [2], [1], [2]]]> : tensor<1x4x1xi32> : !dota.mask<1x4x4, keep = 1>
  %k = dota.linear %x, %w live %m {heads = 1} : tensor<4x8x!x>, tensor<8x8x!w> live !dota.mask<1x4x4, keep = 1> -> tensor<4x8x!x>
  %z = dota.dequantize %k : tensor<4x8x!x> -> tensor<4x8xf32>
  dota.return %z : tensor<4x8xf32>
}
