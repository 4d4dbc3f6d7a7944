// Thresholds of a detection, one mask for all heads, and hashes.
// RUN: dota-opt %s --split-input-file --dota-to-lane='machine=%S/Inputs/lanes-2.toml' | FileCheck %s

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i4<-7:7>:f32, 0.5>

// A mask for both heads: each lane finds half of the rows, both attend to all of
// them after a barrier. A threshold of 1.5 is 6 in units of 2^-2.
// CHECK-LABEL: lane.program @shared
// CHECK: lane.mask 0 {heads = 1 : i64, keep = 4 : i64, keys = 16 : i64, rows = 16 : i64}
// CHECK: lane.stream 0
// CHECK: lane.matmul {{.*}}aPrecision = #dota.precision<int4>
// CHECK: lane.select {{.*}}firstRow = 0 : i64, head = 0 : i64, {{.*}}rows = 8 : i64}
// CHECK-NEXT: lane.trim {{.*}}balance = 4 : i64, firstRow = 0 : i64, head = 0 : i64, keep = 4 : i64, keys = 16 : i64, mask = 0 : i64, rows = 8 : i64, threshold = 6.000000e+00 : f32}
// CHECK: lane.store
// CHECK: lane.barrier
// CHECK: lane.order {{.*}}firstRow = 0 : i64, {{.*}}head = 0 : i64, {{.*}}rows = 16 : i64}
// CHECK: lane.stream 1
// CHECK: lane.select {{.*}}firstRow = 8 : i64, head = 0 : i64, {{.*}}rows = 8 : i64}
// CHECK: lane.barrier
// CHECK: lane.order {{.*}}firstRow = 0 : i64, {{.*}}head = 0 : i64, {{.*}}rows = 16 : i64}
dota.program @shared(%a: tensor<16x8xf32>, %b: tensor<16x4xf32>) -> tensor<16x8xf32> {
  %x = dota.quantize %a : tensor<16x8xf32> -> tensor<16x8x!x>
  %d = dota.quantize %b : tensor<16x4xf32> -> tensor<16x4x!d>
  %m = dota.detect %d, %d {heads = 1 : i64, thresholds = array<f32: 1.5>, balance = 4 : i64} : (tensor<16x4x!d>, tensor<16x4x!d>) -> !dota.mask<1x16x16, keep = 4>
  %y = dota.masked_attention %x, %x, %x mask %m {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<16x8x!x>, tensor<16x8x!x>, tensor<16x8x!x>, !dota.mask<1x16x16, keep = 4>) -> tensor<16x8x!x>
  %z = dota.dequantize %y : tensor<16x8x!x> -> tensor<16x8xf32>
  dota.return %z : tensor<16x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i4<-7:7>:f32, 0.5>

// Probabilities: the exponentials of all visible keys, and their sum.
// CHECK-LABEL: lane.program @probable
// CHECK: lane.select %[[SCORES:[^,]*]], %[[BIAS:[^,]*]], %[[IDS:[^ ]*]] {
// CHECK: lane.softmax %[[SCORES]], %[[BIAS]], %[[SCORES]], %[[E:[^,]*]], %[[SUM:[^ ]*]] {{.*}}cols = 16 : i64, {{.*}}hasBias, keys = 16 : i64, rows = 16 : i64, scale = 1.250000e-01 : f32}
// CHECK-NEXT: lane.trim %[[E]], %[[SUM]], %[[IDS]] {balance = 0 : i64, {{.*}}probability, rows = 16 : i64, threshold = 2.500000e-01 : f32}
dota.program @probable(%a: tensor<16x8xf32>, %b: tensor<16x8xf32>, %bias: tensor<1x1x16xf32>) -> tensor<16x8xf32> {
  %x = dota.quantize %a : tensor<16x8xf32> -> tensor<16x8x!x>
  %d = dota.quantize %b : tensor<16x8xf32> -> tensor<16x8x!d>
  %m = dota.detect %d, %d bias %bias {heads = 2 : i64, thresholds = array<f32: 0.25>, softmax_scale = 0.5 : f32} : (tensor<16x8x!d>, tensor<16x8x!d>, tensor<1x1x16xf32>) -> !dota.mask<2x16x16, keep = 4>
  %y = dota.masked_attention %x, %x, %x mask %m bias %bias {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<16x8x!x>, tensor<16x8x!x>, tensor<16x8x!x>, !dota.mask<2x16x16, keep = 4>, tensor<1x1x16xf32>) -> tensor<16x8x!x>
  %z = dota.dequantize %y : tensor<16x8x!x> -> tensor<16x8xf32>
  dota.return %z : tensor<16x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!bit = !quant.uniform<i2<-1:1>:f32, 1.0>

// Four heads hash to 8 bits and share two key heads, whose lengths a lane takes once.
// Half a unit of the keys is 0.5 * 2^(10 + 15 - 1) of the estimates.
// CHECK-LABEL: lane.program @hashed
// CHECK: lane.stream 0
// CHECK: lane.length %{{.*}}, %[[LENGTHS:[^ ]*]] {cols = 4 : i64, precision = #dota.precision<fx16>, rows = 16 : i64, shift = 1 : i64
// CHECK-NOT: lane.length
// CHECK: lane.estimate %{{.*}}, %[[KEYS:[^,]*]], %[[SCORES:[^ ]*]] {aPrecision = #dota.precision<int2>, {{.*}}depth = 8 : i64
// CHECK: lane.estimate %{{.*}}, %[[KEYS]], %{{.*}} {aPrecision = #dota.precision<int2>
// CHECK: lane.cosine %[[SCORES]], %[[LENGTHS]] {cols = 16 : i64, hashBits = 8 : i64, rows = 16 : i64}
// CHECK-NEXT: lane.select %[[SCORES]],
// CHECK-NEXT: lane.trim {{.*}}threshold = 0x4B000000 : f32}
// CHECK: lane.cosine %{{.*}}, %[[LENGTHS]]
// CHECK-NOT: lane.length
// CHECK: lane.stream 1
// CHECK: lane.length
dota.program @hashed(%a: tensor<16x16xf32>, %b: tensor<16x8xf32>, %c: tensor<16x32xf32>, %d: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %q = dota.quantize %a : tensor<16x16xf32> -> tensor<16x16x!x>
  %k = dota.quantize %b : tensor<16x8xf32> -> tensor<16x8x!x>
  %hq = dota.quantize %c : tensor<16x32xf32> -> tensor<16x32x!bit>
  %hk = dota.quantize %d : tensor<16x16xf32> -> tensor<16x16x!bit>
  %m = dota.detect %hq, %hk keys %k {heads = 4 : i64, kv_heads = 2 : i64, thresholds = array<f32: 0.5>} : (tensor<16x32x!bit>, tensor<16x16x!bit>, tensor<16x8x!x>) -> !dota.mask<4x16x16, keep = 4>
  %y = dota.masked_attention %q, %k, %k mask %m {heads = 4 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<16x16x!x>, tensor<16x8x!x>, tensor<16x8x!x>, !dota.mask<4x16x16, keep = 4>) -> tensor<16x16x!x>
  %z = dota.dequantize %y : tensor<16x16x!x> -> tensor<16x16xf32>
  dota.return %z : tensor<16x16xf32>
}
