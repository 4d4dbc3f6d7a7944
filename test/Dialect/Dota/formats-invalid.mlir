// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.quantize' op result is f32; fixed point expected}}
  %r = dota.quantize %a : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.quantize' op result has the shape 8x4; 4x8 expected}}
  %r = dota.quantize %a : tensor<4x8xf32> -> tensor<8x4x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.quantize' op result has scale 3.000000e+00; a power of two expected}}
  %r = dota.quantize %a : tensor<4x8xf32> -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 3.0>>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.dequantize' op x is f32; fixed point expected}}
  %r = dota.dequantize %a : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.dequantize' op result has the shape 8x4; 4x8 expected}}
  %r = dota.dequantize %a : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<8x4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant' op result is f32; fixed point expected, and arith.constant for f32}}
  %r = dota.constant dense<1.0> : tensor<2xf32> : tensor<2xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant' op value has the type 'tensor<2xi8>'; 'tensor<2xi16>' expected}}
  %r = dota.constant dense<1> : tensor<2xi8> : tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant' op value has the type 'tensor<3xi16>'; 'tensor<2xi16>' expected}}
  %r = dota.constant dense<1> : tensor<3xi16> : tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant' op value 8 at index 1 is outside of -7 to 7}}
  %r = dota.constant dense<[1, 8]> : tensor<2xi8> : tensor<2x!quant.uniform<i4<-7:7>:f32, 0.25>>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant' op value -32768 at index 0 is outside of -32767 to 32767}}
  %r = dota.constant dense<-32768> : tensor<2xi16> : tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant' op value is neither dense nor a resource at hand}}
  %r = dota.constant dense_resource<absent> : tensor<2xi16> : tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}
