// RUN: dota-opt %s --dota-reorder-keys='machine=%S/Inputs/two-rows.toml' --remarks-filter=dota-reorder-keys 2>&1 | FileCheck %s
// RUN: dota-opt %s --dota-reorder-keys='machine=%S/Inputs/two-rows.toml' | dota-opt --dota-reorder-keys='machine=%S/Inputs/two-rows.toml rule=in-order' | FileCheck %s --check-prefix=ONCE
// RUN: dota-opt %s --dota-reorder-keys='machine=%S/Inputs/two-rows.toml rule=in-order' | FileCheck %s --check-prefix=NONE
// RUN: not dota-opt %s --dota-reorder-keys='rule=fast' 2>&1 | FileCheck %s --check-prefix=RULE
// RUN: not dota-opt %s --dota-reorder-keys='machine=absent' 2>&1 | FileCheck %s --check-prefix=MACHINE

// RULE: error: rule is 'fast'; in-order, greedy or best expected
// MACHINE: error: {{.*}}absent

// Key 1 is loaded once for both rows.
// CHECK: remark: {{.*}}keys ordered{{.*}}loads=3, loadsInOrder=4, pairs=4, steps=2
// CHECK: dota.constant_mask dense<{{.*}}> : tensor<1x2x2xi32> order dense<{{\[\[\[}}2, 3, 0, 1, 1, 0, 0, 1]]]> : tensor<1x1x8xi32> of 2
// ONCE: order dense<{{\[\[\[}}2, 3, 0, 1, 1, 0, 0, 1]]]>
// NONE: order dense<{{\[\[\[}}2, 4, 0, 1, 0, 0, 1, 1]]]>
func.func @pair() {
  %0 = dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32> : !dota.mask<1x2x4, keep = 2>
  return
}

// Rows 0 and 2 form a group; the schedule names them.
// CHECK-LABEL: @grouped
// CHECK: order dense<{{\[\[\[}}1, 1, 0, 2, 0, 0], [1, 1, 1, 3, 0, 0]]]> : tensor<1x2x6xi32> of 2
func.func @grouped() {
  %0 = dota.constant_mask dense<[[[0], [1], [0], [1]]]> : tensor<1x4x1xi32>
      grouping dense<[[0, 2, 1, 3]]> : tensor<1x4xi32> : !dota.mask<1x4x4, keep = 1>
  return
}
