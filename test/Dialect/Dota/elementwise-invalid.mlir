// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<1x2x4x8xf32>) {
  // expected-error @+1 {{'dota.activation' op x has rank 4; 2 or 3 expected}}
  %r = dota.activation <relu> %a : tensor<1x2x4x8xf32> -> tensor<1x2x4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'dota.add' op y has the shape 4, no trailing part of 4x8}}
  %r = dota.add %a, %b : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'dota.add' op result has the shape 8x4; 4x8 expected}}
  %r = dota.add %a, %b : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<8x4xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 9.3132257461547851562e-10>>, %b: tensor<8x!quant.uniform<i16<-32767:32767>:f32, 131072.0>>) {
  // expected-error @+1 {{'dota.add' op x has exponent 30, y -17; at most 46 apart expected}}
  %r = dota.add %a, %b : (tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 9.3132257461547851562e-10>>, tensor<8x!quant.uniform<i16<-32767:32767>:f32, 131072.0>>) -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.add' op sum with exponent 8 and result with exponent 24 are -16 places apart; -15 to 62 expected}}
  %r = dota.add %a, %b : (tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 5.9604644775390625e-08>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 9.3132257461547851562e-10>>, %b: tensor<8x!quant.uniform<i16<-32767:32767>:f32, 9.3132257461547851562e-10>>) {
  // expected-error @+1 {{'dota.mul' op sum with exponent 60 and result with exponent -3 are 63 places apart; -15 to 62 expected}}
  %r = dota.mul %a, %b : (tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 9.3132257461547851562e-10>>, tensor<8x!quant.uniform<i16<-32767:32767>:f32, 9.3132257461547851562e-10>>) -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 8.0>>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.mul' op x is f32 and y fixed point; both f32 or both fixed point expected}}
  %r = dota.mul %a, %b : (tensor<4x8xf32>, tensor<8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) -> tensor<4x8xf32>
  return
}
