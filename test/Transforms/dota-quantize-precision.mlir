// RUN: dota-opt %s --dota-quantize="precision=fx8 value-precision=fx8 weight-precision=fx4" | FileCheck %s

// CHECK-LABEL: func.func @linear
// CHECK: dota.quantize {{.*}}!quant.uniform<i8<-127:127>:f32, 3.125000e-02>>
// CHECK: dota.constant dense<{{\[}}[4, -4], [0, 0]]> : tensor<2x2xi8> : tensor<2x2x!quant.uniform<i4<-7:7>:f32:1, {1.250000e-01,6.250000e-02}>>
// CHECK: dota.constant dense<[256, -256]> : tensor<2xi32> : tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32:0, {3.906250e-03,0.001953125}>>
// CHECK: dota.linear {{.*}} -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 6.250000e-02>>
func.func @linear(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<[[0.5, -0.25], [0.0, 3.0e-5]]> : tensor<2x2xf32>
  %b = arith.constant dense<[1.0, -0.5]> : tensor<2xf32>
  %y = dota.linear %x, %w, %b {dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 3.0, 0.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
