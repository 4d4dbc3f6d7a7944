// RUN: dota-opt %s --dota-equalize=operand-precision=fx8 | FileCheck %s
// RUN: dota-opt %s --dota-equalize=operand-precision=fx8 --dota-equalize=operand-precision=fx8 | FileCheck %s
// RUN: dota-opt %s --dota-equalize | FileCheck %s --check-prefix=WIDE
// RUN: not dota-opt %s --dota-equalize=operand-precision=int4 2>&1 | FileCheck %s --check-prefix=INVALID
// INVALID: error: operand precision is 'int4'; fx16, fx8 or fx4 expected
// WIDE-NOT: dota.mul

// The first feature is 16 times the others and its weights are alike: both share it.
// Both linears read the same; the sum reads what it did.
// CHECK-LABEL: func.func @shared
// CHECK: %[[N:.*]] = dota.activation <relu>
// CHECK: %[[S:.*]] = arith.constant dense<[2.500000e-01, 1.000000e+00, 1.000000e+00]> : tensor<3xf32>
// CHECK: %[[X:.*]] = dota.mul %[[N]], %[[S]]
// CHECK: %[[A:.*]] = arith.constant dense<{{\[}}[4.000000e+00, -2.000000e+00], [1.000000e+00, 5.000000e-01], [1.000000e+00, 5.000000e-01]]>
// CHECK: %[[Y:.*]] = dota.linear %[[X]], %[[A]] {dota.range
// CHECK: %[[B:.*]] = arith.constant dense<{{\[}}[4.000000e+00], [1.000000e+00], [1.000000e+00]]>
// CHECK: %[[Z:.*]] = dota.linear %[[X]], %[[B]] : tensor
// CHECK: dota.add %[[N]], %[[N]]
func.func @shared(%x: tensor<2x3xf32>) -> (tensor<2x2xf32>, tensor<2x1xf32>, tensor<2x3xf32>) {
  %a = arith.constant dense<[[1.0, -0.5], [1.0, 0.5], [1.0, 0.5]]> : tensor<3x2xf32>
  %b = arith.constant dense<1.0> : tensor<3x1xf32>
  %n = dota.activation <relu> %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = dota.linear %n, %a {dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 16.0, 0.0>, dota.feature_ranges = array<f32: 16.0, 1.0, 1.0>} : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
  %z = dota.linear %n, %b : tensor<2x3xf32>, tensor<3x1xf32> -> tensor<2x1xf32>
  %s = dota.add %n, %n : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y, %z, %s : tensor<2x2xf32>, tensor<2x1xf32>, tensor<2x3xf32>
}

// What the linear alone reads has 8 bits from the start; even features stay; without
// ranges nothing is known.
// CHECK-LABEL: func.func @left
// CHECK-NOT: dota.mul
// CHECK: return
func.func @left(%x: tensor<2x3xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x3xf32>) {
  %b = arith.constant dense<1.0> : tensor<3x1xf32>
  %n = dota.activation <relu> %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = dota.linear %n, %b {dota.feature_ranges = array<f32: 16.0, 1.0, 1.0>} : tensor<2x3xf32>, tensor<3x1xf32> -> tensor<2x1xf32>
  %m = dota.activation <gelu> %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %z = dota.linear %m, %b {dota.feature_ranges = array<f32: 1.0, 1.5, 0.0>} : tensor<2x3xf32>, tensor<3x1xf32> -> tensor<2x1xf32>
  %o = dota.activation <tanh> %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %u = dota.linear %o, %b : tensor<2x3xf32>, tensor<3x1xf32> -> tensor<2x1xf32>
  return %y, %z, %m, %u, %o : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x3xf32>
}
