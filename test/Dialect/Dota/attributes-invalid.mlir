// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.range is 1 : i32; an f32 expected}}
  %r = dota.softmax %a {dota.range = 1 : i32} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.range is -1.000000; a finite number, 0 or more, expected}}
  %r = dota.softmax %a {dota.range = -1.0 : f32} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.operand_ranges is 1 : i32; an array of f32 expected}}
  %r = dota.softmax %a {dota.operand_ranges = 1 : i32} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.operand_ranges has 2 elements for 1 operands}}
  %r = dota.softmax %a {dota.operand_ranges = array<f32: 1.0, 2.0>} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.operand_ranges holds -1.000000; finite numbers, 0 or more, expected}}
  %r = dota.softmax %a {dota.operand_ranges = array<f32: -1.0>} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.precision is 1 : i32; a #dota.precision expected}}
  %r = dota.softmax %a {dota.precision = 1 : i32} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.exponents is 1 : i32; an array of i64 expected}}
  %r = dota.softmax %a {dota.exponents = 1 : i32} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.number is -1 : i64; an i64, 0 or more, expected}}
  %r = dota.softmax %a {dota.number = -1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.mfu is 1 : i32; a #dota.mfu expected}}
  %r = dota.softmax %a {dota.mfu = 1 : i32} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.operand_precision is 8 : i64; a #dota.precision expected}}
  %r = dota.softmax %a {dota.operand_precision = 8} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dota.weight_precision is 8 : i64; a #dota.precision expected}}
  %r = dota.softmax %a {dota.weight_precision = 8} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

// expected-error @+1 {{exponentials have degree 7; 2 to 6 expected}}
func.func private @f() attributes {dota.mfu = #dota.mfu<fp16, exp_degree = 7>}
