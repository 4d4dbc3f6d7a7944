// RUN: dota-opt %s --dota-quantize -split-input-file -verify-diagnostics

func.func @uncalibrated(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{'dota.activation' op has no calibrated range}}
  %y = dota.activation <relu> %x {dota.operand_ranges = array<f32: 1.0>} : tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @uncalibrated_operand(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{'dota.activation' op operand 0 has no calibrated range}}
  %y = dota.activation <relu> %x {dota.range = 1.0 : f32} : tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @not_finite(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<[[0.0, 1.0], [0xFF800000, 0.0]]> : tensor<2x2xf32>
  // expected-error @+1 {{'dota.linear' op weight holds a value that is not finite, at index [1, 0]}}
  %y = dota.linear %x, %w {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @not_a_number(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %b = arith.constant dense<[0.0, 0x7FC00000]> : tensor<2xf32>
  // expected-error @+1 {{'dota.linear' op bias holds a value that is not finite, at index [1]}}
  %y = dota.linear %x, %w, %b {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0, 0.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @missing(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense_resource<absent> : tensor<2x2xf32>
  // expected-error @+1 {{'dota.linear' op weight is a constant that is neither dense nor a resource at hand}}
  %y = dota.linear %x, %w {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @heads(%x: tensor<2x2xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  // expected-error @+1 {{'dota.linear' op has 4 columns, no multiple of 3 exponents}}
  %y = dota.linear %x, %w {dota.exponents = array<i64: 1, 2, 3>, dota.precision = #dota.precision<int4>, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @head_exponent(%x: tensor<2x2xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  // expected-error @+1 {{'dota.linear' op has exponent 31 for a head; -15 to 30 expected}}
  %y = dota.linear %x, %w {dota.exponents = array<i64: 1, 31>, dota.precision = #dota.precision<int4>, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @hidden(%x: tensor<2x2xf32>, %mask: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{'dota.add' op y reaches 3.000000e+38; 16 bits hold at most 1.073709e+09}}
  %y = dota.add %x, %mask {dota.range = 3.0e38 : f32, dota.operand_ranges = array<f32: 1.0, 3.0e38>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @large_result(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{'dota.mul' op result reaches 4.000000e+09; 16 bits hold at most 1.073709e+09}}
  %y = dota.mul %x, %x {dota.range = 4.0e9 : f32, dota.operand_ranges = array<f32: 65536.0, 65536.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @large_weight(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<4.0e9> : tensor<2x2xf32>
  // expected-error @+1 {{'dota.linear' op weight reaches 4.000000e+09; 16 bits hold at most 1.073709e+09}}
  %y = dota.linear %x, %w {dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0, 0.0>} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
