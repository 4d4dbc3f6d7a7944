// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<8xf32>, %b: tensor<8x6xf32>) {
  // expected-error @+1 {{'dota.linear' op x has rank 1; 2 or 3 expected}}
  %r = dota.linear %a, %b : tensor<8xf32>, tensor<8x6xf32> -> tensor<6xf32>
  return
}

// -----

func.func @f(%a: tensor<0x8xf32>, %b: tensor<8x6xf32>) {
  // expected-error @+1 {{'dota.linear' op x has the shape 0x8; no empty dimension expected}}
  %r = dota.linear %a, %b : tensor<0x8xf32>, tensor<8x6xf32> -> tensor<0x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<1x8x6xf32>) {
  // expected-error @+1 {{'dota.linear' op weight has rank 3; 2 expected}}
  %r = dota.linear %a, %b : tensor<4x8xf32>, tensor<1x8x6xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<7x6xf32>) {
  // expected-error @+1 {{'dota.linear' op x has 8 features, weight 7 rows}}
  %r = dota.linear %a, %b : tensor<4x8xf32>, tensor<7x6xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>) {
  // expected-error @+1 {{'dota.linear' op result has the shape 4x5; 4x6 expected}}
  %r = dota.linear %a, %b : tensor<4x8xf32>, tensor<8x6xf32> -> tensor<4x5xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %c: tensor<5xf32>) {
  // expected-error @+1 {{'dota.linear' op bias has the shape 5; 6 expected}}
  %r = dota.linear %a, %b, %c : tensor<4x8xf32>, tensor<8x6xf32>, tensor<5xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x6xf32>) {
  // expected-error @+1 {{'dota.linear' op x is fixed point and weight f32; both f32 or both fixed point expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x6xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'dota.linear' op x is fixed point and bias f32; both f32 or both fixed point expected}}
  %r = dota.linear %a, %b, %c : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<6xf32> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %c: tensor<6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op bias is stored in 16 bits; 32 expected}}
  %r = dota.linear %a, %b, %c : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i32<-2147483647:2147483647>:f32, 0.00390625>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x is stored in 32 bits; 16 or less expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i32<-2147483647:2147483647>:f32, 0.00390625>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %c: tensor<6x!quant.uniform<i32<-2147483647:2147483647>:f32, 7.62939453125e-06>>) {
  // expected-error @+1 {{'dota.linear' op bias has exponent 17, the products 16; at most that of the products expected}}
  %r = dota.linear %a, %b, %c : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<6x!quant.uniform<i32<-2147483647:2147483647>:f32, 7.62939453125e-06>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %c: tensor<6x!quant.uniform<i32<-2147483647:2147483647>:f32, 65536.0>>) {
  // expected-error @+1 {{'dota.linear' op bias is 32 places from the products; at most 31 expected}}
  %r = dota.linear %a, %b, %c : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<6x!quant.uniform<i32<-2147483647:2147483647>:f32, 65536.0>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op sum with exponent 16 and result with exponent 32 are -16 places apart; -15 to 62 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 2.3283064365386962891e-10>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.3>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x has scale 3.000000e-01; a power of two expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.3>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 4.336808689942017736e-19>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x has exponent 61; -60 to 60 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 4.336808689942017736e-19>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.5:3>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x has zero point 3; 0 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.5:3>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16:f32, 0.5>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x has the stored range -32768 to 32767; -32767 to 32767 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16:f32, 0.5>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<u8:f32, 0.5>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x is stored as u8; i16, i8, i4 or i2 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<u8:f32, 0.5>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i7<-63:63>:f32, 0.5>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x is stored as i7; i16, i8, i4 or i2 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i7<-63:63>:f32, 0.5>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.uniform<i16<-32767:32767>:f64, 0.5>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x means 'f64'; f32 expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.uniform<i16<-32767:32767>:f64, 0.5>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x8x!quant.any<i16<-32767:32767>:f32>>, %b: tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op x has the element type '!quant.any<i16<-32767:32767>:f32>'; a scale for all or a scale a column expected}}
  %r = dota.linear %a, %b : tensor<4x8x!quant.any<i16<-32767:32767>:f32>>, tensor<8x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.5,0.25}>>, %b: tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>) {
  // expected-error @+1 {{'dota.linear' op x has a scale a column; one scale expected}}
  %r = dota.linear %a, %b : tensor<4x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.5,0.25}>>, tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>> -> tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, %b: tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:0, {0.5,0.25}>>) {
  // expected-error @+1 {{'dota.linear' op weight is quantised along dimension 0; the last, 1, expected}}
  %r = dota.linear %a, %b : tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:0, {0.5,0.25}>> -> tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, %b: tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.125,0.5}>>, %c: tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32, 0.125>>) {
  // expected-error @+1 {{'dota.linear' op bias has exponent 3, the products 2 in column 1; at most that of the products expected}}
  %r = dota.linear %a, %b, %c : tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.125,0.5}>>, tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32, 0.125>> -> tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, %b: tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, %c: tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32:0, {0.5,1073741824.0}>>) {
  // expected-error @+1 {{'dota.linear' op bias is 32 places from the products in column 1; at most 31 expected}}
  %r = dota.linear %a, %b, %c : tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32:0, {0.5,1073741824.0}>> -> tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, %b: tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.5,65536.0}>>) {
  // expected-error @+1 {{'dota.linear' op sum with exponent -15 and result with exponent 8 are -23 places apart in column 1; -15 to 62 expected}}
  %r = dota.linear %a, %b : tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.5,65536.0}>> -> tensor<4x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op result is quantised along dimension 0; the last, 1, expected}}
  %r = dota.linear %a, %b : tensor<2x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:0, {0.5,0.25}>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, %b: tensor<8x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>) {
  // expected-error @+1 {{'dota.linear' op result has 3 scales for 2 columns}}
  %r = dota.linear %a, %b : tensor<2x8x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>>, tensor<8x2x!quant.uniform<i16<-32767:32767>:f32, 0.00390625>> -> tensor<2x2x!quant.uniform<i16<-32767:32767>:f32:1, {0.5,0.25,0.5}>>
  return
}

// -----

// No sum of products goes beyond 64 bits.
func.func @f(%x: tensor<1x4294967296xf32>, %w: tensor<4294967296x1xf32>) {
  // expected-error @+1 {{'dota.linear' op x has 4294967296 features; at most 4294967295 expected}}
  %r = dota.linear %x, %w : tensor<1x4294967296xf32>, tensor<4294967296x1xf32> -> tensor<1x1xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %m: !dota.mask<2x3x4, keep = 1>) {
  // expected-error @+1 {{'dota.linear' op has a live mask and no heads; both or none expected}}
  %r = dota.linear %a, %b live %m : tensor<4x8xf32>, tensor<8x6xf32> live !dota.mask<2x3x4, keep = 1> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>) {
  // expected-error @+1 {{'dota.linear' op has heads and no live mask; both or none expected}}
  %r = dota.linear %a, %b {heads = 2} : tensor<4x8xf32>, tensor<8x6xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %m: !dota.mask<2x3x5, keep = 1>) {
  // expected-error @+1 {{'dota.linear' op live mask has the shape 2x3x5; 2x3x4 expected}}
  %r = dota.linear %a, %b live %m {heads = 2} : tensor<4x8xf32>, tensor<8x6xf32> live !dota.mask<2x3x5, keep = 1> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x8xf32>, %b: tensor<8x6xf32>, %m: !dota.mask<2x3x4, keep = 1>) {
  // expected-error @+1 {{'dota.linear' op live mask has the shape 2x3x4; 2x2x3x4 expected}}
  %r = dota.linear %a, %b live %m {heads = 2} : tensor<2x4x8xf32>, tensor<8x6xf32> live !dota.mask<2x3x4, keep = 1> -> tensor<2x4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %m: !dota.mask<4x3x4, keep = 1>) {
  // expected-error @+1 {{'dota.linear' op has 6 columns for 4 heads; a multiple expected}}
  %r = dota.linear %a, %b live %m {heads = 4} : tensor<4x8xf32>, tensor<8x6xf32> live !dota.mask<4x3x4, keep = 1> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %m: !dota.mask<4x3x4, keep = 1>) {
  // expected-error @+1 {{'dota.linear' op has 4 heads of the live mask for 3 heads; a multiple expected}}
  %r = dota.linear %a, %b live %m {heads = 3} : tensor<4x8xf32>, tensor<8x6xf32> live !dota.mask<4x3x4, keep = 1> -> tensor<4x6xf32>
  return
}
