// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<8xf32>, %b: tensor<8xf32>, %c: tensor<8xf32>) {
  // expected-error @+1 {{'dota.attention' op q has rank 1; 2 or 3 expected}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<1x5x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op k has rank 3; 2 expected}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<1x5x8xf32>, tensor<5x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x8xf32>, %b: tensor<3x5x8xf32>, %c: tensor<3x5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op q has 2 sequences, k 3}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<2x4x8xf32>, tensor<3x5x8xf32>, tensor<3x5x8xf32>) -> tensor<2x4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x9xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op 3 heads are no multiple of 2 key and value heads}}
  %r = dota.attention %a, %b, %c {heads = 3, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x9xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<4x9xf32>
  return
}

// -----

func.func @f(%a: tensor<4x9xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op q has 9 features, no multiple of 2 heads}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x9xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<4x9xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x9xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op k has 9 features, no multiple of 2 heads}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x9xf32>, tensor<5x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x9xf32>) {
  // expected-error @+1 {{'dota.attention' op v has 9 features, no multiple of 2 heads}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x9xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x10xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op a head of q is 4 wide, one of k 5}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x10xf32>, tensor<5x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<6x8xf32>) {
  // expected-error @+1 {{'dota.attention' op k has 5 rows, v 6}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<6x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x8xf32>, %b: tensor<2x5x8xf32>, %c: tensor<3x5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op k has 2 sequences, v 3}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<2x4x8xf32>, tensor<2x5x8xf32>, tensor<3x5x8xf32>) -> tensor<2x4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x6xf32>) {
  // expected-error @+1 {{'dota.attention' op result has the shape 4x8; 4x6 expected}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x6xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>, %d: tensor<4x5xf32>) {
  // expected-error @+1 {{'dota.attention' op bias has rank 2; 3 or 4 expected}}
  %r = dota.attention %a, %b, %c bias %d {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<4x5xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>, %d: tensor<1x1x1xf32>) {
  // expected-error @+1 {{'dota.attention' op bias has 1 keys; 5 expected}}
  %r = dota.attention %a, %b, %c bias %d {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<1x1x1xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>, %d: tensor<1x3x5xf32>) {
  // expected-error @+1 {{'dota.attention' op bias has 3 query rows; 1 or 4 expected}}
  %r = dota.attention %a, %b, %c bias %d {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<1x3x5xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>, %d: tensor<3x4x5xf32>) {
  // expected-error @+1 {{'dota.attention' op bias has 3 heads; 1 or 2 expected}}
  %r = dota.attention %a, %b, %c bias %d {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<3x4x5xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>, %d: tensor<2x1x1x5xf32>) {
  // expected-error @+1 {{'dota.attention' op bias has 2 sequences; 1 expected}}
  %r = dota.attention %a, %b, %c bias %d {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<2x1x1x5xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<5x8x!quant.uniform<i8<-127:127>:f32, 0.0625>>, %c: tensor<5x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.attention' op q is stored in 16 bits, k in 8}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<5x8x!quant.uniform<i8<-127:127>:f32, 0.0625>>, tensor<5x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.attention' op q is f32 and v fixed point; both f32 or both fixed point expected}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.attention' op scale is inf; a finite number expected}}
  %r = dota.attention %a, %b, %c {heads = 2, kv_heads = 2, scale = 0x7F800000 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

// No sum of weighted values goes beyond 64 bits.
func.func @f(%q: tensor<4x8xf32>, %k: tensor<4294967296x8xf32>) {
  // expected-error @+1 {{'dota.attention' op k has 4294967296 rows; at most 4294967295 expected}}
  %r = dota.attention %q, %k, %k {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<4294967296x8xf32>, tensor<4294967296x8xf32>) -> tensor<4x8xf32>
  return
}
