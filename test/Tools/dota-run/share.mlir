// Two layers that compute the same bias each on its own have one mask.

// RUN: %python %S/Inputs/npy.py write %t.x.npy '<f4' 8x4 1 2 3 4 5
// RUN: %python %S/Inputs/npy.py write %t.b.npy '<f4' 1x1x8 1 0 2
// RUN: dota-run %s --retain=0.5 --share=encoder --input=%t.x.npy --input=%t.b.npy --output=%t.y.npy 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: dota-run %s --retain=0.5 --share=encoder --level=linalg --input=%t.x.npy --input=%t.b.npy --output=%t.z.npy
// RUN: cmp %t.y.npy %t.z.npy
// ONE: in 2 attentions, of 1 masks, each for all heads
func.func @main(%x: tensor<8x4xf32>, %b: tensor<1x1x8xf32>) -> tensor<8x4xf32> {
  %one = math.sqrt %b : tensor<1x1x8xf32>
  %y = dota.attention %x, %x, %x bias %one {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<1x1x8xf32>) -> tensor<8x4xf32>
  %other = math.sqrt %b : tensor<1x1x8xf32>
  %z = dota.attention %y, %y, %y bias %other {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<1x1x8xf32>) -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}
