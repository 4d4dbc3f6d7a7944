// RUN: dota-opt %s --dota-quantize=operand-precision=fx8 | FileCheck %s
// RUN: dota-opt %s --dota-quantize | FileCheck %s --check-prefix=STATED
// RUN: dota-opt %s --dota-quantize 2>&1 >/dev/null | FileCheck %s --check-prefix=BORROWED

// What products alone read has their bits from the start; what a sum reads too is
// narrowed for them, once, to the range that calibration noted at either.
// CHECK-LABEL: func.func @options
// CHECK: %[[N:.*]] = dota.activation <relu> {{.*}} -> tensor<2x2x!quant.uniform<i16
// CHECK: %[[N8:.*]] = dota.activation <identity> %[[N]] {{.*}} -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 1.562500e-02>>
// CHECK: %[[P:.*]] = dota.linear %[[N8]]
// CHECK: %[[G:.*]] = dota.activation <gelu> %[[P]] {{.*}} -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 3.125000e-02>>
// CHECK: %[[Q:.*]] = dota.linear %[[G]], {{.*}} -> tensor<2x2x!quant.uniform<i16
// CHECK-NOT: identity
// CHECK: %[[R:.*]] = dota.linear %[[N8]]
// CHECK: dota.add %[[Q]], %[[N]]
// STATED-LABEL: func.func @options
// STATED-NOT: identity
// STATED-NOT: i8<
func.func @options(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  %n = dota.activation <relu> %x {dota.range = 4.0 : f32, dota.operand_ranges = array<f32: 4.0>} : tensor<2x2xf32> -> tensor<2x2xf32>
  %p = dota.linear %n, %w {dota.range = 2.0 : f32} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %g = dota.activation <gelu> %p {dota.range = 3.0 : f32} : tensor<2x2xf32> -> tensor<2x2xf32>
  %q = dota.linear %g, %w {dota.range = 4.0 : f32} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %r = dota.linear %n, %w {dota.range = 2.0 : f32, dota.operand_ranges = array<f32: 1.5, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %s = dota.add %q, %n {dota.range = 8.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %t = dota.add %s, %r {dota.range = 8.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %t : tensor<2x2xf32>
}

// What an op states goes before the options. Without a range of its own the narrow
// value has the wide one's; queries, keys and values are read by the same rule.
// STATED-LABEL: func.func @stated
// STATED: %[[X:.*]] = dota.quantize {{.*}} -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 3.125000e-02>>
// STATED: dota.constant dense<{{\[}}[7, 6], [1, 6]]> : tensor<2x2xi8> : tensor<2x2x!quant.uniform<i4<-7:7>:f32:1, {5.000000e-01,6.250000e-02}>>
// STATED: %[[Q:.*]] = dota.linear %[[X]], {{.*}} -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 3.125000e-02>>
// STATED: %[[N:.*]] = dota.activation <relu> {{.*}} -> tensor<2x2x!quant.uniform<i16
// STATED: %[[N8:.*]] = dota.activation <identity> %[[N]] {{.*}} -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 3.125000e-02>>
// STATED: dota.attention %[[Q]], %[[N8]], %[[N8]] {heads
// STATED: -> tensor<2x2x!quant.uniform<i16
func.func @stated(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  // 4 bits hold 3.4 and 0.4 with the least error in steps of a half.
  %w = arith.constant dense<[[3.4, 0.4], [0.4, 0.4]]> : tensor<2x2xf32>
  %q = dota.linear %x, %w {dota.range = 3.0 : f32, dota.operand_ranges = array<f32: 2.5, 0.0>, dota.operand_precision = #dota.precision<fx8>, dota.weight_precision = #dota.precision<fx4>, dota.precision = #dota.precision<fx8>}
    : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %n = dota.activation <relu> %x {dota.range = 3.5 : f32, dota.operand_ranges = array<f32: 4.0>} : tensor<2x2xf32> -> tensor<2x2xf32>
  // BORROWED: [[@LINE+1]]:8: warning: operand 1 is read in 8 bits with the range that was calibrated for more, the first of 2 such operands
  %a = dota.attention %q, %n, %n {heads = 1 : i64, kv_heads = 1 : i64, scale = 1.0 : f32, dota.range = 4.0 : f32, dota.operand_precision = #dota.precision<fx8>}
    : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %a, %n : tensor<2x2xf32>, tensor<2x2xf32>
}
