// Key heads that several query heads share.

// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=oracle threshold=1,2,3,4' %s | FileCheck %s --check-prefix=ORACLE
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=sanger' %s | FileCheck %s --check-prefix=SANGER
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=elsa rank=5' %s | FileCheck %s --check-prefix=ELSA
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2' %s | FileCheck %s --check-prefix=WEIGHTED

// ORACLE: dota.detect %arg0, %arg1 {causal, heads = 4 : i64, kv_heads = 2 : i64, thresholds = array<f32: 2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00>} : (tensor<10x8xf32>, tensor<10x4xf32>) -> !dota.mask<4x10x10, keep = 3>
// SANGER: dota.detect %{{.*}}, %{{.*}} {causal, heads = 4 : i64, kv_heads = 2 : i64, softmax_scale = 5.000000e-01 : f32, thresholds = array<f32: 2.000000e-03>} : (tensor<10x8xf32>, tensor<10x4xf32>) ->
// ELSA: %[[Q:.*]] = dota.linear %arg0, %{{.*}} : tensor<10x8xf32>, tensor<8x20xf32>
// ELSA: %[[K:.*]] = dota.linear %arg1, %{{.*}} : tensor<10x4xf32>, tensor<4x10xf32>
// ELSA: dota.detect %[[Q]], %[[K]] keys %arg1 {causal, heads = 4 : i64, kv_heads = 2 : i64} :
// Each query head has its own factor of the keys.
// WEIGHTED: dota.detect %{{.*}}, %{{.*}} {causal, heads = 4 : i64} : (tensor<10x8xf32>, tensor<10x8xf32>) ->
func.func @grouped(%q: tensor<10x8xf32>, %k: tensor<10x4xf32>) -> tensor<10x8xf32> {
  %y = dota.attention %q, %k, %k {heads = 4 : i64, kv_heads = 2 : i64, scale = 0.5 : f32, causal} : (tensor<10x8xf32>, tensor<10x4xf32>, tensor<10x4xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}
