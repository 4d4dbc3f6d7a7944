// RUN: dota-opt --dota-insert-masks='masks=window:3 retain=0.3' --remarks-filter=dota-insert-masks %s 2>&1 | FileCheck %s
// RUN: dota-opt --dota-insert-masks='masks=window:3 retain=0.3' --dota-insert-masks='masks=window retain=0.3' %s -o /dev/null
// RUN: not dota-opt --dota-insert-masks='masks=window' %s 2>&1 | FileCheck %s --check-prefix=RETAIN
// RUN: not dota-opt --dota-insert-masks='masks=stripes retain=0.3' %s 2>&1 | FileCheck %s --check-prefix=FAMILY
// RUN: not dota-opt --dota-insert-masks='masks=./absent.safetensors' %s 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not dota-opt --dota-insert-masks='masks=%source_root/bench/masks/minilm.safetensors' %s 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: %python %S/Inputs/masks.py %t.masks
// RUN: dota-opt --dota-insert-masks='masks=%t.masks scores=true' %s | FileCheck %s --check-prefix=SCORES
// RUN: dota-opt --dota-insert-masks='masks=%t.masks' %s | FileCheck %s --check-prefix=IDS
// RUN: not dota-opt --dota-insert-masks='masks=window retain=0.3 scores=true' %s 2>&1 | FileCheck %s --check-prefix=WITHOUT

// SCORES: dota.constant_mask dense<{{.*}}> : tensor<1x10x2xi32> scores dense<{{\[\[\[}}0.000000e+00, 5.000000e-01], [1.000000e+00, 1.500000e+00]{{.*}}> : tensor<1x10x2xf32> :
// IDS: dota.constant_mask dense<{{.*}}> : tensor<1x10x2xi32> : !dota.mask<4x1x10x10, keep = 2>
// WITHOUT: error: 'dota.attention' op is to have scores of its mask; there are none in window
// RETAIN: error: retain is 0{{.*}}; a share above 0, up to 1, expected
// FAMILY: error: {{.*}}stripes
// ABSENT: error: {{.*}}absent.safetensors
// COUNT: error: {{.*}}minilm.safetensors: {{.*}}

// CHECK: remark: {{.*}}attention keeps the keys of a known mask{{.*}}keep=3, keys=10, pairs=60
// CHECK: module attributes {dota.notes = ["masks: window:3, known at compile time, in 1 attentions"]}
// CHECK: %[[MASK:.*]] = dota.constant_mask dense<{{.*}}> : tensor<2x10x3xi32> : !dota.mask<4x2x10x10, keep = 3>
// CHECK: dota.masked_attention %{{.*}}, %{{.*}}, %{{.*}} mask %[[MASK]] {dota.operand_ranges = array<f32: 1.000000e+00, 1.000000e+00, 1.000000e+00, 0.000000e+00>, dota.range = 2.000000e+00 : f32, heads = 2
// CHECK-NOT: dota.attention
func.func @f(%x: tensor<4x10x8xf32>) -> tensor<4x10x8xf32> {
  %y = dota.attention %x, %x, %x {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32, dota.range = 2.0 : f32, dota.operand_ranges = array<f32: 1.0, 1.0, 1.0>} : (tensor<4x10x8xf32>, tensor<4x10x8xf32>, tensor<4x10x8xf32>) -> tensor<4x10x8xf32>
  return %y : tensor<4x10x8xf32>
}
