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

// -----

func.func @thresholds(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op has 3 thresholds; 1 or 2 expected}}
  %r = dota.detect %a, %b {heads = 2, thresholds = array<f32: 1.0, 2.0, 3.0>} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @infinite(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op has the threshold inf; a finite number expected}}
  %r = dota.detect %a, %b {heads = 2, thresholds = array<f32: 0x7F800000>} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @balance(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op has balance and no thresholds; it is about them}}
  %r = dota.detect %a, %b {heads = 2, balance = 4} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @rows(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op balances 256 rows; at most 255 expected}}
  %r = dota.detect %a, %b {heads = 2, thresholds = array<f32: 1.0>, balance = 256} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @scale(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op has softmax_scale and no thresholds; it is about them}}
  %r = dota.detect %a, %b {heads = 2, softmax_scale = 0.5 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @both(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>) {
  // expected-error @+1 {{'dota.detect' op has softmax_scale and balance; one of them expected}}
  %r = dota.detect %a, %b {heads = 2, thresholds = array<f32: 1.0>, balance = 2, softmax_scale = 0.5 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @scales(%a: tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {0.5,0.5,0.25,0.25}>>, %b: tensor<5x4x!quant.uniform<i4<-7:7>:f32, 0.25>>) {
  // expected-error @+1 {{'dota.detect' op q has a scale a column; one scale expected with softmax_scale}}
  %r = dota.detect %a, %b {heads = 2, thresholds = array<f32: 1.0>, softmax_scale = 0.5 : f32} : (tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {0.5,0.5,0.25,0.25}>>, tensor<5x4x!quant.uniform<i4<-7:7>:f32, 0.25>>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @grouped(%a: tensor<4x8xf32>, %b: tensor<5x6xf32>) {
  // expected-error @+1 {{'dota.detect' op 4 heads are no multiple of 3 key and value heads}}
  %r = dota.detect %a, %b {heads = 4, kv_heads = 3} : (tensor<4x8xf32>, tensor<5x6xf32>) -> !dota.mask<4x4x5, keep = 1>
  return
}

// -----

func.func @keys(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %k: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.detect' op keys has the shape 4x8; 5x8 expected}}
  %r = dota.detect %a, %b keys %k {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<4x8xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @key_heads(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %k: tensor<5x7xf32>) {
  // expected-error @+1 {{'dota.detect' op keys have 7 features, no multiple of 2 heads}}
  %r = dota.detect %a, %b keys %k {heads = 2} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x7xf32>) -> !dota.mask<2x4x5, keep = 1>
  return
}

// -----

func.func @hash_bits(%a: tensor<4x8x!quant.uniform<i4<-7:7>:f32, 0.25>>, %k: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.25>>) {
  // expected-error @+1 {{'dota.detect' op q is stored in 4 bits; 2 expected of hashes}}
  %r = dota.detect %a, %a keys %k {heads = 2} : (tensor<4x8x!quant.uniform<i4<-7:7>:f32, 0.25>>, tensor<4x8x!quant.uniform<i4<-7:7>:f32, 0.25>>, tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.25>>) -> !dota.mask<2x4x4, keep = 1>
  return
}

// -----

func.func @hash_level(%a: tensor<4x8xf32>, %k: tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.25>>) {
  // expected-error @+1 {{'dota.detect' op k is f32 and keys fixed point; both f32 or both fixed point expected}}
  %r = dota.detect %a, %a keys %k {heads = 2} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.25>>) -> !dota.mask<2x4x4, keep = 1>
  return
}

// -----

func.func @long_hashes(%a: tensor<4x32768xf32>, %k: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.detect' op hashes have 32768 bits; at most 32767 expected}}
  %r = dota.detect %a, %a keys %k {heads = 1} : (tensor<4x32768xf32>, tensor<4x32768xf32>, tensor<4x8xf32>) -> !dota.mask<1x4x4, keep = 1>
  return
}

// -----

func.func @hash_probabilities(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'dota.detect' op has keys and softmax_scale; one of them expected}}
  %r = dota.detect %a, %a keys %a {heads = 2, thresholds = array<f32: 1.0>, softmax_scale = 0.5 : f32} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> !dota.mask<2x4x4, keep = 1>
  return
}
