// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op mask has the shape 2x4x6; 2x4x5 expected}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x6, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<3x4x8xf32>, %b: tensor<3x5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op mask has the shape 2x4x5; 3x2x4x5 expected}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<3x4x8xf32>, tensor<3x5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x6xf32>) {
  // expected-error @+1 {{'dota.detect' op a head of q is 4 wide, one of k 3}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x8xf32>, tensor<5x6xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8x!quant.uniform<i4<-7:7>:f32, 0.25>>) {
  // expected-error @+1 {{'dota.detect' op q is f32 and k fixed point; both f32 or both fixed point expected}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x8xf32>, tensor<5x8x!quant.uniform<i4<-7:7>:f32, 0.25>>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {0.5,0.25,0.5,0.5}>>, %b: tensor<5x4x!quant.uniform<i4<-7:7>:f32, 0.25>>) {
  // expected-error @+1 {{'dota.detect' op q has exponent 2 in column 1 and 1 in column 0; one exponent a head expected}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {0.5,0.25,0.5,0.5}>>, tensor<5x4x!quant.uniform<i4<-7:7>:f32, 0.25>>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<1x1x4xf32>) {
  // expected-error @+1 {{'dota.detect' op bias has 4 keys; 5 expected}}
  %r = dota.detect %a, %b bias %c {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<1x1x4xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{mask keeps 6 of 5 keys}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 6>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{mask has 2 dimensions; heads x rows x keys or batch x heads x rows x keys expected}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<4x5, keep = 1>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{mask has an extent of 0}}
  %r = dota.detect %a, %b {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<0x4x5, keep = 1>
  return
}
