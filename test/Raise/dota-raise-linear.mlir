// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// Products with a weight.

// Of two arguments the second is the weight.

// CHECK-LABEL: func.func @arguments
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[W:.*]]: tensor<6x5xf32>
// CHECK-NEXT: %[[Y:.*]] = dota.linear %[[X]], %[[W]] : tensor<4x6xf32>, tensor<6x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT: return %[[Y]]
func.func @arguments(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>) -> (tensor<4x5xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<4x5xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%v3 : tensor<4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x5xf32>
  return %v4 : tensor<4x5xf32>
}

// -----

// A constant weight is transposed now; a bias added later is the bias.

// CHECK-LABEL: func.func @transposed_weight
// CHECK-SAME: (%[[X:.*]]: tensor<4x3xf32>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00{{\]\]}}>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[7.000000e+00, 8.000000e+00]>
// CHECK: %[[Y:.*]] = dota.linear %[[X]], %[[W]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @transposed_weight(%x: tensor<4x3xf32>) -> (tensor<4x2xf32>) {
  %cst1 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %e2 = tensor.empty() : tensor<3x2xf32>
  %v3 = linalg.transpose ins(%cst1 : tensor<2x3xf32>) outs(%e2 : tensor<3x2xf32>) permutation = [1, 0]
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<4x2xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<4x2xf32>) -> tensor<4x2xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %v3 : tensor<4x3xf32>, tensor<3x2xf32>) outs(%v6 : tensor<4x2xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x2xf32>
  %cst8 = arith.constant dense<[7.0, 8.0]> : tensor<2xf32>
  %e9 = tensor.empty() : tensor<4x2xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%cst8, %v7 : tensor<2xf32>, tensor<4x2xf32>) outs(%e9 : tensor<4x2xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x2xf32>
  return %v10 : tensor<4x2xf32>
}

// -----

// A weight that is an argument, transposed and repeated for the batch.

// CHECK-LABEL: func.func @broadcast_weight
// CHECK-SAME: (%[[X:.*]]: tensor<2x4x6xf32>, %[[W:.*]]: tensor<5x6xf32>
// CHECK: %[[WT:.*]] = linalg.{{generic|transpose}}
// CHECK: dota.linear %[[X]], %{{.*}} : tensor<2x4x6xf32>, tensor<6x5xf32> -> tensor<2x4x5xf32>
func.func @broadcast_weight(%x: tensor<2x4x6xf32>, %w: tensor<5x6xf32>) -> (tensor<2x4x5xf32>) {
  %e1 = tensor.empty() : tensor<6x5xf32>
  %v2 = linalg.transpose ins(%w : tensor<5x6xf32>) outs(%e1 : tensor<6x5xf32>) permutation = [1, 0]
  %e3 = tensor.empty() : tensor<2x6x5xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%v2 : tensor<6x5xf32>) outs(%e3 : tensor<2x6x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x6x5xf32>
  %e5 = tensor.empty() : tensor<2x6x5xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%v2 : tensor<6x5xf32>) outs(%e5 : tensor<2x6x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %r = arith.mulf %a0, %one : f32
    linalg.yield %r : f32
  } -> tensor<2x6x5xf32>
  %c6 = arith.constant 0.0 : f32
  %e8 = tensor.empty() : tensor<2x4x5xf32>
  %v9 = linalg.fill ins(%c6 : f32) outs(%e8 : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %v6 : tensor<2x4x6xf32>, tensor<2x6x5xf32>) outs(%v9 : tensor<2x4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5xf32>
  return %v10 : tensor<2x4x5xf32>
}

// -----

// Kernels of three dimensions, as JAX keeps them; the second sums over two.

// CHECK-LABEL: func.func @kernel_of_heads
// CHECK-SAME: (%[[X:.*]]: tensor<2x4x6xf32>, %[[W:.*]]: tensor<6x2x3xf32>, %[[O:.*]]: tensor<2x3x6xf32>
// CHECK-DAG: %[[W2:.*]] = tensor.collapse_shape %[[W]] {{\[\[}}0], [1, 2{{\]\]}}
// CHECK-DAG: %[[O2:.*]] = tensor.collapse_shape %[[O]] {{\[\[}}0, 1], [2{{\]\]}}
// CHECK-DAG: %[[Y:.*]] = dota.linear %[[X]], %[[W2]]
// CHECK: %[[Z:.*]] = dota.linear %[[Y]], %[[O2]]
// CHECK: return %[[Z]]
func.func @kernel_of_heads(%x: tensor<2x4x6xf32>, %w: tensor<6x2x3xf32>, %o: tensor<2x3x6xf32>) -> (tensor<2x4x6xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<2x4x2x3xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<2x4x2x3xf32>) -> tensor<2x4x2x3xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4x6xf32>, tensor<6x2x3xf32>) outs(%v3 : tensor<2x4x2x3xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x2x3xf32>
  %c4 = arith.constant 0.0 : f32
  %e6 = tensor.empty() : tensor<2x4x6xf32>
  %v7 = linalg.fill ins(%c4 : f32) outs(%e6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d3, d4, d2)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%v4, %o : tensor<2x4x2x3xf32>, tensor<2x3x6xf32>) outs(%v7 : tensor<2x4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6xf32>
  return %v8 : tensor<2x4x6xf32>
}

// -----

// The bias is what the sum starts from.

// CHECK-LABEL: func.func @bias_as_init
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[W:.*]]: tensor<6x5xf32>, %[[B:.*]]: tensor<5xf32>
// CHECK-NEXT: %[[Y:.*]] = dota.linear %[[X]], %[[W]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @bias_as_init(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %b: tensor<5xf32>) -> (tensor<4x5xf32>) {
  %e1 = tensor.empty() : tensor<4x5xf32>
  %v2 = linalg.broadcast ins(%b : tensor<5xf32>) outs(%e1 : tensor<4x5xf32>) dimensions = [0]
  %v3 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%v2 : tensor<4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x5xf32>
  return %v3 : tensor<4x5xf32>
}

// -----

// A residual is what the sum starts from.

// CHECK-LABEL: func.func @residual_as_init
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[W:.*]]: tensor<6x5xf32>, %[[R:.*]]: tensor<4x5xf32>
// CHECK-NEXT: %[[Y:.*]] = dota.linear %[[X]], %[[W]]
// CHECK-NEXT: %[[Z:.*]] = dota.add %[[Y]], %[[R]]
// CHECK-NEXT: return %[[Z]]
func.func @residual_as_init(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %res: tensor<4x5xf32>) -> (tensor<4x5xf32>) {
  %v1 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%res : tensor<4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x5xf32>
  return %v1 : tensor<4x5xf32>
}

// -----

// A convolution whose windows tile the image: the host gathers the patches.

// CHECK-LABEL: func.func @patches
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x8xf32>, %[[W:.*]]: tensor<5x3x4x4xf32>, %[[B:.*]]: tensor<5xf32>
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<1x3x8x8xf32>) outs(%{{.*}} : tensor<2x2x3x4x4xf32>)
// CHECK: dota.linear %{{.*}}, %{{.*}}, %[[B]] : tensor<4x48xf32>, tensor<48x5xf32>, tensor<5xf32> -> tensor<4x5xf32>
// CHECK-NOT: linalg.transpose
func.func @patches(%x: tensor<1x3x8x8xf32>, %w: tensor<5x3x4x4xf32>, %b: tensor<5xf32>) -> (tensor<1x4x5xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<1x5x2x2xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<1x5x2x2xf32>) -> tensor<1x5x2x2xf32>
  %v4 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<4> : tensor<2xi64>} ins(%x, %w : tensor<1x3x8x8xf32>, tensor<5x3x4x4xf32>) outs(%v3 : tensor<1x5x2x2xf32>) -> tensor<1x5x2x2xf32>
  %v5 = tensor.collapse_shape %v4 [[0], [1], [2, 3]] : tensor<1x5x2x2xf32> into tensor<1x5x4xf32>
  %e6 = tensor.empty() : tensor<1x4x5xf32>
  %v7 = linalg.transpose ins(%v5 : tensor<1x5x4xf32>) outs(%e6 : tensor<1x4x5xf32>) permutation = [0, 2, 1]
  %e8 = tensor.empty() : tensor<1x4x5xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%v7, %b : tensor<1x4x5xf32>, tensor<5xf32>) outs(%e8 : tensor<1x4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<1x4x5xf32>
  return %v9 : tensor<1x4x5xf32>
}

// -----

// Windows that overlap stay with the host.

// CHECK-LABEL: func.func @overlapping
// CHECK-NOT: dota
// CHECK: linalg.conv_2d_nchw_fchw
func.func @overlapping(%x: tensor<1x3x8x8xf32>, %w: tensor<5x3x3x3xf32>) -> (tensor<1x5x6x6xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<1x5x6x6xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<1x5x6x6xf32>) -> tensor<1x5x6x6xf32>
  %v4 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x3x8x8xf32>, tensor<5x3x3x3xf32>) outs(%v3 : tensor<1x5x6x6xf32>) -> tensor<1x5x6x6xf32>
  return %v4 : tensor<1x5x6x6xf32>
}

// -----

// Slices of one product are products of their own: gate and value of a gated unit.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: (%[[X:.*]]: tensor<4x2xf32>
// CHECK-DAG: %[[WG:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [5.000000e+00, 6.000000e+00{{\]\]}}>
// CHECK-DAG: %[[WU:.*]] = arith.constant dense<{{\[\[}}3.000000e+00, 4.000000e+00], [7.000000e+00, 8.000000e+00{{\]\]}}>
// CHECK-DAG: %[[U:.*]] = dota.linear %[[X]], %[[WU]]
// CHECK-DAG: %[[G:.*]] = dota.linear %[[X]], %[[WG]]
// CHECK-DAG: %[[S:.*]] = dota.activation <silu> %[[G]]
// CHECK: %[[Y:.*]] = dota.mul %[[S]], %[[U]]
// CHECK-NEXT: return %[[Y]]
func.func @columns(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>) {
  %cst1 = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<4x4xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %cst1 : tensor<4x2xf32>, tensor<2x4xf32>) outs(%v4 : tensor<4x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32>
  %v6 = tensor.extract_slice %v5[0, 0] [4, 2] [1, 1] : tensor<4x4xf32> to tensor<4x2xf32>
  %v7 = tensor.extract_slice %v5[0, 2] [4, 2] [1, 1] : tensor<4x4xf32> to tensor<4x2xf32>
  %e8 = tensor.empty() : tensor<4x2xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v6 : tensor<4x2xf32>) outs(%e8 : tensor<4x2xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %m = arith.negf %a0 : f32
    %e = math.exp %m : f32
    %one = arith.constant 1.0 : f32
    %d = arith.addf %e, %one : f32
    %r = arith.divf %a0, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x2xf32>
  %e10 = tensor.empty() : tensor<4x2xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9, %v7 : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e10 : tensor<4x2xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x2xf32>
  return %v11 : tensor<4x2xf32>
}

// -----

// A weight for each of the batch is none.

// CHECK-LABEL: func.func @shared_batch
// CHECK-NOT: dota
func.func @shared_batch(%x: tensor<2x4x6xf32>, %w: tensor<2x6x5xf32>) -> (tensor<2x4x5xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<2x4x5xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4x6xf32>, tensor<2x6x5xf32>) outs(%v3 : tensor<2x4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5xf32>
  return %v4 : tensor<2x4x5xf32>
}

// -----

// Two groups of features, each with weights of its own: one product with blocks of zeros.

// CHECK-LABEL: func.func @groups
// CHECK: %[[W:.*]] = arith.constant dense<{{\[}}[1.000000e+00, 2.000000e+00, 0.000000e+00, 0.000000e+00], [3.000000e+00, 4.000000e+00, 0.000000e+00, 0.000000e+00], [0.000000e+00, 0.000000e+00, 5.000000e+00, 6.000000e+00], [0.000000e+00, 0.000000e+00, 7.000000e+00, 8.000000e+00]]> : tensor<4x4xf32>
// CHECK: dota.linear %{{.*}}, %[[W]] : tensor<3x4xf32>, tensor<4x4xf32> -> tensor<3x4xf32>
func.func @groups(%x: tensor<3x4xf32>) -> tensor<3x2x2xf32> {
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]> : tensor<2x2x2xf32>
  %h = tensor.expand_shape %x [[0], [1, 2]] output_shape [3, 2, 2] : tensor<3x4xf32> into tensor<3x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, g, o, k) -> (n, g, k)>, affine_map<(n, g, o, k) -> (g, k, o)>, affine_map<(n, g, o, k) -> (n, g, o)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%h, %w : tensor<3x2x2xf32>, tensor<2x2x2xf32>) outs(%f : tensor<3x2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<3x2x2xf32>
  return %y : tensor<3x2x2xf32>
}

// -----

// Too many groups: the zeros would be most of the work.

// CHECK-LABEL: func.func @many_groups
// CHECK-NOT: dota.linear
func.func @many_groups(%x: tensor<3x9x2xf32>) -> tensor<3x9x2xf32> {
  %w = arith.constant dense<0.5> : tensor<9x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x9x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x9x2xf32>) -> tensor<3x9x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, g, o, k) -> (n, g, k)>, affine_map<(n, g, o, k) -> (g, k, o)>, affine_map<(n, g, o, k) -> (n, g, o)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %w : tensor<3x9x2xf32>, tensor<9x2x2xf32>) outs(%f : tensor<3x9x2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<3x9x2xf32>
  return %y : tensor<3x9x2xf32>
}
