// RUN: dota-opt %s --dota-quantize="weight-precision=fx8" | FileCheck %s --check-prefix=CHANNEL
// RUN: dota-opt %s --dota-quantize="weight-precision=fx8 weight-scales=tensor" | FileCheck %s --check-prefix=TENSOR
// RUN: dota-opt %s --dota-quantize | FileCheck %s --check-prefix=WIDE
// RUN: dota-opt %s --dota-quantize="weight-scales=channel" | FileCheck %s --check-prefix=WIDE-CHANNEL

// The second column is 64 times smaller, and has a bias that no 32 bits hold with the
// exponent of its products, 2^26.

// CHANNEL-LABEL: func.func @linear
// CHANNEL: dota.constant dense<{{\[}}[64, 64], [-32, 127]]> : tensor<2x2xi8> : tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {7.812500e-03,1.220703125E-4}>>
// CHANNEL: dota.constant dense<[1048576, -1073741824]> : tensor<2xi32> : tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32:0, {9.5367431640625E-7,6.103515625E-5}>>
// CHANNEL: dota.linear
// TENSOR-LABEL: func.func @linear
// TENSOR: tensor<2x2xi8> : tensor<2x2x!quant.uniform<i8<-127:127>:f32, 7.812500e-03>>
// WIDE-LABEL: func.func @linear
// WIDE: tensor<2x2xi16> : tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 3.0517578125E-5>>
// WIDE-CHANNEL-LABEL: func.func @linear
// WIDE-CHANNEL: tensor<2x2xi16> : tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:1, {3.0517578125E-5,
func.func @linear(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0078125], [-0.25, 0.0155029296875]]> : tensor<2x2xf32>
  %b = arith.constant dense<[1.0, -65536.0]> : tensor<2xf32>
  %y = dota.linear %x, %w, %b {dota.range = 66000.0 : f32, dota.operand_ranges = array<f32: 3.0, 0.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
