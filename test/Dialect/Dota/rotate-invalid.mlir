// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<2x4x8xf32>, %t: tensor<2x8xf32>) {
  // expected-error @+1 {{'dota.rotate' op table has the rows 2, no trailing part of 2x4}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<2x4x8xf32>, tensor<2x8xf32>) -> tensor<2x4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<1x4x8xf32>) {
  // expected-error @+1 {{'dota.rotate' op table has the rows 1x4, no trailing part of 4}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<4x8xf32>, tensor<1x4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{'dota.rotate' op table has rank 1; 2 or 3 expected}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<4x7xf32>) {
  // expected-error @+1 {{'dota.rotate' op table has 7 columns; as many cosines as sines, in groups of 2, expected}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<4x8xf32>, tensor<4x7xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.rotate' op table has 8 columns; as many cosines as sines, in groups of 8, expected}}
  %r = dota.rotate %x, %t {distance = 4} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<4x12xf32>) {
  // expected-error @+1 {{'dota.rotate' op x has 8 features, no multiple of a head's 6}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<4x8xf32>, tensor<4x12xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.rotate' op attribute 'distance' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %r = dota.rotate %x, %t {distance = 0} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.rotate' op result has the shape 4x4; 4x8 expected}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %t: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.rotate' op x is fixed point and table f32; both f32 or both fixed point expected}}
  %r = dota.rotate %x, %t {distance = 1} : (tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<4x8xf32>) -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%x: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.rotate' op sum with exponent 16 and result with exponent -50 are 66 places apart; -15 to 62 expected}}
  %r = dota.rotate %x, %x {distance = 1} : (tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 1125899906842624.0>>
  return
}
