// RUN: dota-opt %s --dota-group-rows='machine=%S/Inputs/two-rows.toml' --remarks-filter=dota-group-rows 2>&1 | FileCheck %s
// RUN: dota-opt %s --dota-group-rows='machine=%S/Inputs/two-rows.toml' --dota-group-rows='machine=%S/Inputs/two-rows.toml' | FileCheck %s --check-prefix=ONCE
// RUN: dota-opt %s --dota-group-rows='machine=%S/Inputs/two-rows.toml tile=2' | FileCheck %s --check-prefix=TILE
// RUN: not dota-opt %s --dota-group-rows='machine=absent' 2>&1 | FileCheck %s --check-prefix=MACHINE

// MACHINE: error: {{.*}}absent

// CHECK: rows grouped{{.*}}loads=2, loadsBefore=4, steps=2
// CHECK: rows stay in their groups: no others take fewer loads{{.*}}loads=2
// CHECK-LABEL: @pairs
// CHECK: dota.constant_mask dense<{{.*}}> : tensor<1x4x1xi32> grouping dense<{{\[\[}}0, 2, 1, 3]]> : tensor<1x4xi32> : !dota.mask<1x4x2, keep = 1>
// ONCE: grouping dense<{{\[\[}}0, 2, 1, 3]]>
// In tiles of two rows there is nothing to choose.
// TILE-NOT: grouping
func.func @pairs() {
  %0 = dota.constant_mask dense<[[[0], [1], [0], [1]]]> : tensor<1x4x1xi32> : !dota.mask<1x4x2, keep = 1>
  return
}

// CHECK-LABEL: @local
// CHECK-NOT: grouping
func.func @local() {
  %0 = dota.constant_mask dense<[[[0], [0], [1], [1]]]> : tensor<1x4x1xi32> : !dota.mask<1x4x2, keep = 1>
  return
}
