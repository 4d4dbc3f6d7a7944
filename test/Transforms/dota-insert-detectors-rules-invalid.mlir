// Rules that an attention cannot have.

// RUN: not dota-opt --dota-insert-detectors='retain=0.3 rank=2 threshold=1,2,3' %s 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 rank=2 balance=4' %s 2>&1 | FileCheck %s --check-prefix=BALANCE
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 rank=2 share=layer' %s 2>&1 | FileCheck %s --check-prefix=BIAS
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=oracle share=layer' %s 2>&1 | FileCheck %s --check-prefix=HEADS
// RUN: %python %S/Inputs/detectors.py write %t.st int4 attention.0.query.weight=8x4 attention.0.key.weight=4x4 attention.0.threshold=3
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.st' %s 2>&1 | FileCheck %s --check-prefix=FILE
// COUNT: [[#@LINE+6]]:8: error: 'dota.attention' op is given 3 thresholds; 1 or 2 expected
// BALANCE: error: 'dota.attention' op balances 4 rows and has no threshold; it is about one
// BIAS: error: 'dota.attention' op has a bias for each of 2 heads; one for all expected where they share a mask
// HEADS: error: 'dota.attention' op has 1 key heads; 2, as many as query heads, expected by detector 'oracle' where they share a mask
// FILE: error: 'dota.attention' op {{.*}}.st: tensor 'attention.0.threshold' has shape [3]; [1] or [2] expected
func.func @one(%x: tensor<10x8xf32>, %k: tensor<10x4xf32>, %bias: tensor<2x1x10xf32>) -> tensor<10x8xf32> {
  %y = dota.attention %x, %k, %k bias %bias {heads = 2 : i64, kv_heads = 1 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x4xf32>, tensor<10x4xf32>, tensor<2x1x10xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}
