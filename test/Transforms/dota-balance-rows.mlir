// RUN: dota-opt %s --dota-balance-rows='machine=%S/Inputs/two-rows.toml' --remarks-filter=dota-balance-rows 2>&1 | FileCheck %s
// RUN: dota-opt %s --dota-balance-rows='machine=%S/Inputs/two-rows.toml' | dota-opt --dota-balance-rows='machine=%S/Inputs/two-rows.toml' | FileCheck %s --check-prefix=TWICE
// RUN: dota-opt %s --dota-balance-rows='keep=1 machine=%S/Inputs/two-rows.toml' --verify-diagnostics | FileCheck %s --check-prefix=ONE --allow-empty
// RUN: not dota-opt %s --dota-balance-rows='machine=absent' 2>&1 | FileCheck %s --check-prefix=MACHINE
// RUN: dota-opt %s --dota-balance-rows='group=1' | FileCheck %s --check-prefix=ALONE
// RUN: not dota-opt %s --dota-balance-rows='group=-1' 2>&1 | FileCheck %s --check-prefix=GROUP

// Each row is its own mean.
// ALONE: dota.constant_mask dense<{{\[\[\[}}0, 1, 2], [3, -1, -1]]]> : tensor<1x2x3xi32> scores
// GROUP: error: group is -1; 0 or more rows expected
// MACHINE: error: {{.*}}absent

// The mean of 3 and 1 keys is 2: row 0 loses its least score, row 1 gains nothing.
// CHECK: rows balanced{{.*}}freePlaces=1, keep=2, pairs=3, pairsBefore=4, rowsPadded=1
// Without scores nothing is lost; two of the rows are padded.
// CHECK: rows balanced{{.*}}freePlaces=2, keep=2, pairs=6, pairsBefore=6, rowsPadded=2
// CHECK-LABEL: @scores
// CHECK: dota.constant_mask dense<{{\[\[\[}}1, 2], [3, -1]]]> : tensor<1x2x2xi32> scores dense<{{\[\[\[}}0.899999976, 5.000000e-01], [0.699999988, 0.000000e+00]]]> : tensor<1x2x2xf32> : !dota.mask<1x2x4, keep = 2>
// TWICE-LABEL: @scores
// TWICE: dense<{{\[\[\[}}1, 2], [3, -1]]]>
func.func @scores() {
  %0 = dota.constant_mask dense<[[[0, 1, 2], [3, -1, -1]]]> : tensor<1x2x3xi32>
      scores dense<[[[0.1, 0.9, 0.5], [0.7, 0.0, 0.0]]]> : tensor<1x2x3xf32> : !dota.mask<1x2x4, keep = 3>
  return
}

// CHECK-LABEL: @none
// CHECK: dota.constant_mask dense<{{\[\[\[}}0, 1], [2, -1], [1, -1], [1, 2]]]> : tensor<1x4x2xi32> : !dota.mask<1x4x4, keep = 2>
// ONE-NOT: constant_mask
func.func @none() {
  // expected-error @+1 {{'dota.constant_mask' op keeps 2 keys in row 0 of head 0, 1 are to stay, and no scores say which}}
  %0 = dota.constant_mask dense<[[[0, 1, -1], [2, -1, -1], [1, -1, -1], [1, 2, -1]]]> : tensor<1x4x3xi32> : !dota.mask<1x4x4, keep = 3>
  return
}
