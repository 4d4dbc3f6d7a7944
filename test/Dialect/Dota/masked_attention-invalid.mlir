// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<4x8xf32>, %b: tensor<5x8xf32>, %c: tensor<5x8xf32>, %d: !dota.mask<2x4x5, keep = 2>) {
  // expected-error @+1 {{'dota.masked_attention' op mask has the shape 2x4x5; 4x4x5 expected}}
  %r = dota.masked_attention %a, %b, %c mask %d {heads = 4, kv_heads = 4, scale = 1.0 : f32} : (tensor<4x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>, !dota.mask<2x4x5, keep = 2>) -> tensor<4x8xf32>
  return
}
