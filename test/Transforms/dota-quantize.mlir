// RUN: dota-opt %s --dota-quantize -split-input-file | FileCheck %s
// A second run changes nothing.
// RUN: dota-opt %s --dota-quantize --dota-quantize -split-input-file | FileCheck %s

// Range 4 fits 13 fraction bits (4 * 2^13 = 32768 does not: 12), the weight's
// largest magnitude 0.5 15; the bias takes the exponent of the products, 28.
// CHECK-LABEL: func.func @linear
// CHECK-SAME: %[[X:.*]]: tensor<2x2xf32>
// CHECK-DAG: %[[Q:.*]] = dota.quantize %[[X]] {dota.range = 3.000000e+00 : f32} : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 1.220703125E-4>>
// CHECK-DAG: %[[W:.*]] = dota.constant dense<{{\[}}[16384, -8192], [0, 1]]> : tensor<2x2xi16> : tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 3.0517578125E-5>>
// CHECK-DAG: %[[B:.*]] = dota.constant dense<[268435456, -134217728]> : tensor<2xi32> : tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32, 3.7252902984619141E-9>>
// CHECK: %[[Y:.*]] = dota.linear %[[Q]], %[[W]], %[[B]] : {{.*}} -> tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 2.44140625E-4>>
// CHECK: %[[F:.*]] = dota.dequantize %[[Y]]
// CHECK: return %[[F]]
func.func @linear(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<[[0.5, -0.25], [0.0, 3.0e-5]]> : tensor<2x2xf32>
  %b = arith.constant dense<[1.0, -0.5]> : tensor<2xf32>
  %y = dota.linear %x, %w, %b {dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 3.0, 0.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// Between dota ops nothing is dequantised; two readers of one value share a
// dota.quantize. Gains and biases of a norm stay f32.
// CHECK-LABEL: func.func @chain
// CHECK-COUNT-1: dota.quantize
// CHECK-NOT: dota.quantize
// CHECK: %[[A:.*]] = dota.activation <gelu>
// CHECK: %[[S:.*]] = dota.add %{{.*}}, %[[A]]
// CHECK: dota.layer_norm %[[S]], %{{.*}}, %{{.*}} {epsilon = 9.99999974E-6 : f32} : (tensor<2x2x!quant{{.*}}>, tensor<2xf32>, tensor<2xf32>)
// CHECK-COUNT-1: dota.dequantize
// CHECK-NOT: dota.dequantize
// CHECK: return
func.func @chain(%x: tensor<2x2xf32>, %g: tensor<2xf32>) -> tensor<2x2xf32> {
  %a = dota.activation <gelu> %x {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0>} : tensor<2x2xf32> -> tensor<2x2xf32>
  %s = dota.add %x, %a {dota.range = 2.0 : f32, dota.operand_ranges = array<f32: 1.0, 0.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %n = dota.layer_norm %s, %g, %g {epsilon = 1.0e-5 : f32, dota.range = 2.0 : f32} : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  return %n : tensor<2x2xf32>
}

// -----

// What only detectors read is INT4, at the stated exponents of the heads.
// CHECK-LABEL: func.func @detect
// CHECK: %[[Q:.*]] = dota.linear {{.*}} -> tensor<2x4x!quant.uniform<i4<-7:7>:f32:1, {2.500000e-01,2.500000e-01,5.000000e-01,5.000000e-01}>>
// CHECK: %[[K:.*]] = dota.linear {{.*}} -> tensor<2x4x!quant.uniform<i4<-7:7>:f32, 5.000000e-01>>
// CHECK: %[[M:.*]] = dota.detect %[[Q]], %[[K]] {heads = 2 : i64}
// CHECK: dota.masked_attention %{{.*}}, %{{.*}}, %{{.*}} mask %[[M]] {{.*}} -> tensor<2x2x!quant.uniform<i16<-32767:32767>:f32,
func.func @detect(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x4xf32>
  %q = dota.linear %x, %w {dota.precision = #dota.precision<int4>, dota.exponents = array<i64: 2, 1>, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %k = dota.linear %x, %w {dota.range = 3.0 : f32, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %m = dota.detect %q, %k {heads = 2} : (tensor<2x4xf32>, tensor<2x4xf32>) -> !dota.mask<2x2x2, keep = 1>
  %o = dota.masked_attention %x, %x, %x mask %m {heads = 2, kv_heads = 2, scale = 1.0 : f32, dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0, 1.0, 1.0, 0.0>} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, !dota.mask<2x2x2, keep = 1>) -> tensor<2x2xf32>
  return %o : tensor<2x2xf32>
}

// -----

// Weights that come at run time are quantised at run time.
// CHECK-LABEL: func.func @parameters
// CHECK-DAG: dota.quantize %arg0 {{.*}}i16
// CHECK-DAG: dota.quantize %arg1 {{.*}}i16
// CHECK-DAG: dota.quantize %arg2 {{.*}}i32
// CHECK: dota.linear
func.func @parameters(%x: tensor<1x2x2xf32>, %w: tensor<2x2xf32>, %b: tensor<2xf32>) -> tensor<1x2x2xf32> {
  %y = dota.linear %x, %w, %b {dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 3.0, 1.0, 1.0>} : tensor<1x2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<1x2x2xf32>
  return %y : tensor<1x2x2xf32>
}

// -----

// A bias far larger than the products costs the weight its low bits: the bias's
// exponent is 1 (range 10^9), so that of the products at most 32.
// CHECK-LABEL: func.func @large_bias
// CHECK: dota.constant dense<512> : tensor<2x2xi16> : tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 7.62939453125E-6>>
// CHECK: dota.constant dense<2000000000> : tensor<2xi32> : tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32, 5.000000e-01>>
func.func @large_bias(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<0.00390625> : tensor<2x2xf32>
  %b = arith.constant dense<1.0e9> : tensor<2xf32>
  %y = dota.linear %x, %w, %b {dota.range = 1.0e9 : f32, dota.operand_ranges = array<f32: 0.9, 0.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// A table of cosines and sines up to 1 takes 14 fraction bits; one that the host
// makes is quantised in the program.
// CHECK-LABEL: func.func @rotate
// CHECK: %[[X:.*]] = dota.quantize %{{.*}} {dota.range = 3.000000e+00 : f32} : tensor<1x2xf32>
// CHECK: %[[T:.*]] = dota.constant dense<{{\[\[}}16384, 8192, 0, -8192]]> : tensor<1x4xi16> : tensor<1x4x!quant.uniform<i16<-32767:32767>:f32, 6.103515625E-5>>
// CHECK: %[[Y:.*]] = dota.rotate %[[X]], %[[T]] {distance = 1 : i64} : {{.*}} -> tensor<1x2x!quant.uniform<i16<-32767:32767>:f32, 2.44140625E-4>>
// CHECK: %[[H:.*]] = dota.quantize %{{.*}} {dota.range = 1.000000e+00 : f32} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i16<-32767:32767>:f32, 6.103515625E-5>>
// CHECK: dota.rotate %[[Y]], %[[H]]
func.func @rotate(%x: tensor<1x2xf32>, %h: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %t = arith.constant dense<[[1.0, 0.5, 0.0, -0.5]]> : tensor<1x4xf32>
  %y = dota.rotate %x, %t {distance = 1, dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 3.0, 0.0>} : (tensor<1x2xf32>, tensor<1x4xf32>) -> tensor<1x2xf32>
  %z = dota.rotate %y, %h {distance = 1, dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 0.0, 1.0>} : (tensor<1x2xf32>, tensor<1x4xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}
