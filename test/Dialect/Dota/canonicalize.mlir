// RUN: dota-opt %s --canonicalize -split-input-file | FileCheck %s

!fx16 = !quant.uniform<i16<-32767:32767>:f32, 0.125>
!fx8 = !quant.uniform<i8<-127:127>:f32, 0.125>
!bias = !quant.uniform<i32<-2147483647:2147483647>:f32, 0.015625>
!columns = !quant.uniform<i4<-7:7>:f32:1, {0.25, 0.5}>

// Half to even, saturated; the last is NaN.
// CHECK-LABEL: func.func @constants
// CHECK-DAG: %[[Q:.*]] = dota.constant dense<[1, 0, 2, 32767, 0]> : tensor<5xi16>
// CHECK-DAG: %[[C:.*]] = dota.constant dense<{{\[}}[4, 2]]> : tensor<1x2xi8>
// CHECK-DAG: %[[F:.*]] = arith.constant dense<[5.000000e-01, -2.500000e-01]> : tensor<2xf32>
// CHECK: return %[[Q]], %[[C]], %[[F]]
func.func @constants() -> (tensor<5x!fx16>, tensor<1x2x!columns>, tensor<2xf32>) {
  %x = arith.constant dense<[0.125, 0.0625, 0.1875, 1.0e9, 0x7FC00000]> : tensor<5xf32>
  %q = dota.quantize %x : tensor<5xf32> -> tensor<5x!fx16>
  %y = arith.constant dense<1.0> : tensor<1x2xf32>
  %c = dota.quantize %y : tensor<1x2xf32> -> tensor<1x2x!columns>
  %s = dota.constant dense<[4, -2]> : tensor<2xi8> : tensor<2x!fx8>
  %f = dota.dequantize %s : tensor<2x!fx8> -> tensor<2xf32>
  return %q, %c, %f : tensor<5x!fx16>, tensor<1x2x!columns>, tensor<2xf32>
}

// CHECK-LABEL: func.func @round_trip
// CHECK-SAME: %[[X:.*]]: tensor<2x!quant{{[^,]*}}, 1.250000e-01>>
// CHECK: %[[N:.*]] = dota.quantize
// CHECK: return %[[X]], %[[N]]
func.func @round_trip(%x: tensor<2x!fx16>) -> (tensor<2x!fx16>, tensor<2x!fx8>) {
  %f = dota.dequantize %x : tensor<2x!fx16> -> tensor<2xf32>
  %same = dota.quantize %f : tensor<2xf32> -> tensor<2x!fx16>
  %other = dota.quantize %f : tensor<2xf32> -> tensor<2x!fx8>
  return %same, %other : tensor<2x!fx16>, tensor<2x!fx8>
}

// CHECK-LABEL: func.func @neutral
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x2xf32>, %[[Q:[^:]*]]: tensor
// CHECK-NOT: dota
// CHECK: return %[[X]], %[[Q]], %[[X]], %[[Q]]
func.func @neutral(%x: tensor<2x2xf32>, %q: tensor<2x2x!fx16>) -> (tensor<2x2xf32>, tensor<2x2x!fx16>, tensor<2x2xf32>, tensor<2x2x!fx16>) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %qzero = dota.constant dense<0> : tensor<2x2xi8> : tensor<2x2x!fx8>
  %one = arith.constant dense<1.0> : tensor<2x2xf32>
  %qone = dota.constant dense<8> : tensor<2xi8> : tensor<2x!fx8>
  %a = dota.add %x, %zero : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %b = dota.add %q, %qzero : (tensor<2x2x!fx16>, tensor<2x2x!fx8>) -> tensor<2x2x!fx16>
  %c = dota.mul %one, %x : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %d = dota.mul %q, %qone : (tensor<2x2x!fx16>, tensor<2x!fx8>) -> tensor<2x2x!fx16>
  return %a, %b, %c, %d : tensor<2x2xf32>, tensor<2x2x!fx16>, tensor<2x2xf32>, tensor<2x2x!fx16>
}

// A result of another format is rounded: these stay.
// CHECK-LABEL: func.func @not_neutral
// CHECK: dota.add
// CHECK: dota.mul
func.func @not_neutral(%q: tensor<2x2x!fx16>) -> (tensor<2x2x!fx8>, tensor<2x2x!fx16>) {
  %qzero = dota.constant dense<0> : tensor<2x2xi8> : tensor<2x2x!fx8>
  %qtwo = dota.constant dense<16> : tensor<2xi8> : tensor<2x!fx8>
  %b = dota.add %q, %qzero : (tensor<2x2x!fx16>, tensor<2x2x!fx8>) -> tensor<2x2x!fx8>
  %d = dota.mul %q, %qtwo : (tensor<2x2x!fx16>, tensor<2x!fx8>) -> tensor<2x2x!fx16>
  return %b, %d : tensor<2x2x!fx8>, tensor<2x2x!fx16>
}

// CHECK-LABEL: func.func @zero_bias
// CHECK: dota.linear %{{.*}}, %{{.*}} {dota.operand_ranges = array<f32: 1.000000e+00, 2.000000e+00>} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK: dota.linear %{{.*}}, %{{.*}} : tensor<2x2x!quant{{.*}}>, tensor<2x2x!quant{{.*}}> -> tensor<2x2x!quant{{.*}}>
func.func @zero_bias(%x: tensor<2x2xf32>, %w: tensor<2x2xf32>, %q: tensor<2x2x!fx16>) -> (tensor<2x2xf32>, tensor<2x2x!fx16>) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %y = dota.linear %x, %w, %zero {dota.operand_ranges = array<f32: 1.0, 2.0, 3.0>} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  %qzero = dota.constant dense<0> : tensor<2xi32> : tensor<2x!bias>
  %z = dota.linear %q, %q, %qzero : tensor<2x2x!fx16>, tensor<2x2x!fx16>, tensor<2x!bias> -> tensor<2x2x!fx16>
  return %y, %z : tensor<2x2xf32>, tensor<2x2x!fx16>
}
