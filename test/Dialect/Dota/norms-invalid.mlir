// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.softmax' op result has the shape 4x7; 4x8 expected}}
  %r = dota.softmax %a : tensor<4x8xf32> -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.softmax' op x is fixed point and result f32; both f32 or both fixed point expected}}
  %r = dota.softmax %a : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<7xf32>, %c: tensor<8xf32>) {
  // expected-error @+1 {{'dota.layer_norm' op gain has the shape 7; 8 expected}}
  %r = dota.layer_norm %a, %b, %c {epsilon = 1.0e-5 : f32} : (tensor<4x8xf32>, tensor<7xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8xf32>, %c: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.layer_norm' op bias has the shape 4x8; 8 expected}}
  %r = dota.layer_norm %a, %b, %c {epsilon = 1.0e-5 : f32} : (tensor<4x8xf32>, tensor<8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8xf32>, %c: tensor<8xf32>) {
  // expected-error @+1 {{'dota.layer_norm' op epsilon is 0.000000; more than 0 expected}}
  %r = dota.layer_norm %a, %b, %c {epsilon = 0.0 : f32} : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<1x65537xf32>, %b: tensor<65537xf32>, %c: tensor<65537xf32>) {
  // expected-error @+1 {{'dota.layer_norm' op x has 65537 features; at most 65536 expected}}
  %r = dota.layer_norm %a, %b, %c {epsilon = 1.0e-5 : f32} : (tensor<1x65537xf32>, tensor<65537xf32>, tensor<65537xf32>) -> tensor<1x65537xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<1xf32>) {
  // expected-error @+1 {{'dota.rms_norm' op gain has the shape 1; 8 expected}}
  %r = dota.rms_norm %a, %b {epsilon = 1.0e-5 : f32} : (tensor<4x8xf32>, tensor<1xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'dota.rms_norm' op epsilon is -1.000000; more than 0 expected}}
  %r = dota.rms_norm %a, %b {epsilon = -1.0 : f32} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}
