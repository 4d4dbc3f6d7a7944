// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2' --split-input-file --remarks-filter=dota-insert-detectors %s 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks
// RUN: dota-opt --dota-insert-detectors --split-input-file %s | FileCheck %s --check-prefix=DENSE

// CHECK: module attributes {dota.notes = ["detector: weighted, rank 2, int4, retain 0.3, in 1 attentions, in 1 without a second moment: plain truncated SVD"]}
// CHECK-LABEL: func @self
// CHECK-SAME: %[[X:.*]]: tensor<2x10x8xf32>, %[[BIAS:.*]]: tensor<2x1x1x10xf32>
// DENSE-LABEL: func @self
// DENSE: dota.attention
// REMARK: Detector {{.*}}attention keeps 3 of 10 keys a row
func.func @self(%x: tensor<2x10x8xf32>, %bias: tensor<2x1x1x10xf32>) -> tensor<2x10x8xf32> {
  %wq = arith.constant dense<[[1.,2.,0.,0.,3.,0.,1.,0.],[0.,1.,0.,0.,0.,1.,0.,0.],[0.,0.,1.,0.,2.,0.,0.,1.],[0.,0.,0.,1.,0.,0.,1.,0.],[1.,0.,0.,0.,0.,0.,0.,0.],[0.,0.,1.,0.,0.,0.,0.,2.],[0.,0.,0.,0.,1.,0.,0.,0.],[1.,0.,0.,0.,0.,0.,0.,1.]]> : tensor<8x8xf32>
  %wk = arith.constant dense<[[1.,0.,0.,1.],[0.,1.,0.,0.],[0.,0.,1.,0.],[0.,2.,0.,0.],[1.,0.,0.,0.],[0.,0.,0.,3.],[0.,1.,0.,0.],[0.,0.,0.,1.]]> : tensor<8x4xf32>
  %b = arith.constant dense<0.25> : tensor<8xf32>
  // CHECK: %[[Q:.*]] = dota.linear %[[X]], %{{.*}} -> tensor<2x10x8xf32>
  // CHECK: %[[K:.*]] = dota.linear %[[X]], %{{.*}} -> tensor<2x10x4xf32>
  %q = dota.linear %x, %wq, %b {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 4.0, 0.0, 0.0>} : tensor<2x10x8xf32>, tensor<8x8xf32>, tensor<8xf32> -> tensor<2x10x8xf32>
  %k = dota.linear %x, %wk {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 4.0, 0.0>} : tensor<2x10x8xf32>, tensor<8x4xf32> -> tensor<2x10x4xf32>
  // Two heads of two columns for queries and, as each query head has a key factor
  // of its own, for keys.
  // CHECK: %[[A:.*]] = dota.linear %[[X]], %{{.*}}, %{{.*}} {dota.exponents = array<i64: 0, 0>, dota.operand_ranges = array<f32: 4.000000e+00, 0.000000e+00, 0.000000e+00>, dota.precision = #dota.precision<int4>, dota.range = 7.000000e+00 : f32} : {{.*}} -> tensor<2x10x4xf32>
  // CHECK: %[[B:.*]] = dota.linear %[[X]], %{{[^,]*}} {dota.exponents = array<i64: 0, 0>, {{.*}} -> tensor<2x10x4xf32>
  // CHECK: %[[M:.*]] = dota.detect %[[A]], %[[B]] bias %[[BIAS]] {causal, heads = 2 : i64} : {{.*}} -> !dota.mask<2x2x10x10, keep = 3>
  // CHECK: dota.masked_attention %[[Q]], %[[K]], %[[K]] mask %[[M]] bias %[[BIAS]] {causal, dota.operand_ranges = array<f32: 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00>, dota.range = 5.000000e-01 : f32, heads = 2 : i64, kv_heads = 1 : i64, scale = 5.000000e-01 : f32}
  // CHECK-NOT: dota.attention
  %y = dota.attention %q, %k, %k bias %bias {heads = 2 : i64, kv_heads = 1 : i64, scale = 0.5 : f32, causal, dota.range = 0.5 : f32, dota.operand_ranges = array<f32: 0.0, 0.0, 0.0, 0.0>} : (tensor<2x10x8xf32>, tensor<2x10x4xf32>, tensor<2x10x4xf32>, tensor<2x1x1x10xf32>) -> tensor<2x10x8xf32>
  return %y : tensor<2x10x8xf32>
}

// -----

// Queries and keys that are no projections: the detector projects them.
// CHECK-LABEL: func @rotated
// CHECK-SAME: %[[Q:.*]]: tensor<10x8xf32>, %[[K:.*]]: tensor<10x8xf32>
// CHECK: %[[A:.*]] = dota.linear %[[Q]], %{{.*}} {{.*}} -> tensor<10x4xf32>
// CHECK: %[[B:.*]] = dota.linear %[[K]], %{{.*}} {{.*}} -> tensor<10x4xf32>
// CHECK: dota.detect %[[A]], %[[B]]
// REMARK: Detector {{.*}}attention keeps 3 of 10 keys a row; its detector reads queries or keys, as they are no projection by constants
func.func @rotated(%q: tensor<10x8xf32>, %k: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %y = dota.attention %q, %k, %k {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}
