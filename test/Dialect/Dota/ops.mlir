// RUN: dota-opt %s | dota-opt | FileCheck %s

// CHECK-LABEL: func.func @linear
// CHECK: dota.linear %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32> -> tensor<4x6xf32>
func.func @linear(%x: tensor<4x8xf32>, %w: tensor<8x6xf32>, %b: tensor<6xf32>) -> tensor<4x6xf32> {
  %y = dota.linear %x, %w, %b : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32> -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}
