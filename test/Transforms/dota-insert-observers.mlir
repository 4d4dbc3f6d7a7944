// RUN: dota-opt --dota-insert-observers %s | FileCheck %s

// Operands from outside, each result, and the moment of what queries and keys
// are projections of.
// CHECK-LABEL: func @encoder
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>
func.func @encoder(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<0.5> : tensor<8x8xf32>
  // CHECK: dota.observe %[[X]] {id = 0 : i64}
  // CHECK: %[[Q:.*]] = dota.linear
  // CHECK: dota.observe %[[Q]] {id = 1 : i64}
  %q = dota.linear %x, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  // CHECK: dota.observe %[[X]] {id = 2 : i64}
  // CHECK: %[[K:.*]] = dota.linear
  // CHECK: dota.observe %[[K]] {id = 3 : i64}
  %k = dota.linear %x, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  // CHECK-NOT: {id = 5 : i64, moment}
  // CHECK: dota.observe %[[X]] {id = 4 : i64, moment}
  // CHECK: %[[Y:.*]] = dota.attention
  // CHECK: dota.observe %[[Y]] {id = 5 : i64}
  %y = dota.attention %q, %k, %k {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
