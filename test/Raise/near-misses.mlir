// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// What looks like attention and is not.

// Softmax over the queries.

// CHECK-LABEL: func.func @over_queries
// CHECK-NOT: dota.attention
// CHECK: return
func.func @over_queries(%q: tensor<2x5x12xf32>, %k: tensor<2x5x12xf32>, %v: tensor<2x5x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x5xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x5xf32>) -> tensor<2x3x5x5xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x5x3x4xf32>) outs(%v6 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c7 = arith.constant 0xFF800000 : f32
  %e9 = tensor.empty() : tensor<2x3x5xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v7 : tensor<2x3x5x5xf32>) outs(%v10 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e12 = tensor.empty() : tensor<2x3x5x5xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v11 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e12 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %e14 = tensor.empty() : tensor<2x3x5x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13 : tensor<2x3x5x5xf32>) outs(%e14 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x3x5xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v15 : tensor<2x3x5x5xf32>) outs(%v18 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e20 = tensor.empty() : tensor<2x3x5x5xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15, %v19 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e20 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c21 = arith.constant 0.0 : f32
  %e23 = tensor.empty() : tensor<2x5x3x4xf32>
  %v24 = linalg.fill ins(%c21 : f32) outs(%e23 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v21, %v3 : tensor<2x3x5x5xf32>, tensor<2x5x3x4xf32>) outs(%v24 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v26 = tensor.collapse_shape %v25 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v26 : tensor<2x5x12xf32>
}

// -----

// A mask after the softmax.

// CHECK-LABEL: func.func @mask_after
// CHECK-NOT: dota.attention
// CHECK: return
func.func @mask_after(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %mask: tensor<5x7xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 0xFF800000 : f32
  %e9 = tensor.empty() : tensor<2x3x5xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%v10 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e12 = tensor.empty() : tensor<2x3x5x7xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v11 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e12 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e14 = tensor.empty() : tensor<2x3x5x7xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13 : tensor<2x3x5x7xf32>) outs(%e14 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x3x5xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v15 : tensor<2x3x5x7xf32>) outs(%v18 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e20 = tensor.empty() : tensor<2x3x5x7xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15, %v19 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e20 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e22 = tensor.empty() : tensor<2x3x5x7xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v21, %mask : tensor<2x3x5x7xf32>, tensor<5x7xf32>) outs(%e22 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c23 = arith.constant 0.0 : f32
  %e25 = tensor.empty() : tensor<2x5x3x4xf32>
  %v26 = linalg.fill ins(%c23 : f32) outs(%e25 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v23, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v26 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v28 = tensor.collapse_shape %v27 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v28 : tensor<2x5x12xf32>
}

// -----

// No softmax.

// CHECK-LABEL: func.func @no_softmax
// CHECK-NOT: dota.attention
// CHECK: return
func.func @no_softmax(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 0.0 : f32
  %e9 = tensor.empty() : tensor<2x5x3x4xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v7, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v10 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v12 = tensor.collapse_shape %v11 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v12 : tensor<2x5x12xf32>
}

// -----

// Exponentials without a sum.

// CHECK-LABEL: func.func @exponential_alone
// CHECK-NOT: dota.attention
// CHECK: return
func.func @exponential_alone(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e8 = tensor.empty() : tensor<2x3x5x7xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c9 = arith.constant 0.0 : f32
  %e11 = tensor.empty() : tensor<2x5x3x4xf32>
  %v12 = linalg.fill ins(%c9 : f32) outs(%e11 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v9, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v12 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v14 = tensor.collapse_shape %v13 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v14 : tensor<2x5x12xf32>
}

// -----

// A sink in the denominator.

// CHECK-LABEL: func.func @sink
// CHECK-NOT: dota.attention
// CHECK: return
func.func @sink(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %sink: tensor<3xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e8 = tensor.empty() : tensor<2x3x5x7xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c9 = arith.constant 0.0 : f32
  %e11 = tensor.empty() : tensor<2x3x5xf32>
  %v12 = linalg.fill ins(%c9 : f32) outs(%e11 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v9 : tensor<2x3x5x7xf32>) outs(%v12 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e14 = tensor.empty() : tensor<2x3x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%v13, %sink : tensor<2x3x5xf32>, tensor<3xf32>) outs(%e14 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %x = math.exp %a1 : f32
    %r = arith.addf %a0, %x : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e16 = tensor.empty() : tensor<2x3x5x7xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v9, %v15 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e16 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c17 = arith.constant 0.0 : f32
  %e19 = tensor.empty() : tensor<2x5x3x4xf32>
  %v20 = linalg.fill ins(%c17 : f32) outs(%e19 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v17, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v20 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v22 = tensor.collapse_shape %v21 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v22 : tensor<2x5x12xf32>
}

// -----

// The sum of the denominator starts at one.

// CHECK-LABEL: func.func @plus_one
// CHECK-NOT: dota.attention
// CHECK: return
func.func @plus_one(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e8 = tensor.empty() : tensor<2x3x5x7xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c9 = arith.constant 1.0 : f32
  %e11 = tensor.empty() : tensor<2x3x5xf32>
  %v12 = linalg.fill ins(%c9 : f32) outs(%e11 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v9 : tensor<2x3x5x7xf32>) outs(%v12 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e14 = tensor.empty() : tensor<2x3x5x7xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v9, %v13 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e14 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x5x3x4xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v15, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v18 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v20 = tensor.collapse_shape %v19 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v20 : tensor<2x5x12xf32>
}

// -----

// Another denominator.

// CHECK-LABEL: func.func @other_denominator
// CHECK-NOT: dota.attention
// CHECK: return
func.func @other_denominator(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e8 = tensor.empty() : tensor<2x3x5x7xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e10 = tensor.empty() : tensor<2x3x5x7xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e10 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.absf %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c11 = arith.constant 0.0 : f32
  %e13 = tensor.empty() : tensor<2x3x5xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v11 : tensor<2x3x5x7xf32>) outs(%v14 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e16 = tensor.empty() : tensor<2x3x5x7xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v9, %v15 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e16 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c17 = arith.constant 0.0 : f32
  %e19 = tensor.empty() : tensor<2x5x3x4xf32>
  %v20 = linalg.fill ins(%c17 : f32) outs(%e19 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v17, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v20 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v22 = tensor.collapse_shape %v21 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v22 : tensor<2x5x12xf32>
}

// -----

// A factor that varies along the row.

// CHECK-LABEL: func.func @factor_per_key
// CHECK-NOT: dota.attention
// CHECK: return
func.func @factor_per_key(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %w: tensor<7xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 0xFF800000 : f32
  %e9 = tensor.empty() : tensor<2x3x5xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%v10 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e12 = tensor.empty() : tensor<2x3x5x7xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v11 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e12 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e14 = tensor.empty() : tensor<2x3x5x7xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13 : tensor<2x3x5x7xf32>) outs(%e14 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x3x5xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v15 : tensor<2x3x5x7xf32>) outs(%v18 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e20 = tensor.empty() : tensor<2x3x5x7xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15, %v19 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e20 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e22 = tensor.empty() : tensor<2x3x5x7xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v21, %w : tensor<2x3x5x7xf32>, tensor<7xf32>) outs(%e22 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c23 = arith.constant 0.0 : f32
  %e25 = tensor.empty() : tensor<2x5x3x4xf32>
  %v26 = linalg.fill ins(%c23 : f32) outs(%e25 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v23, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v26 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v28 = tensor.collapse_shape %v27 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v28 : tensor<2x5x12xf32>
}

// -----

// A factor that is not one constant.

// CHECK-LABEL: func.func @factor_per_row
// CHECK-NOT: dota.attention
// CHECK: return
func.func @factor_per_row(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %w: tensor<5xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 0xFF800000 : f32
  %e9 = tensor.empty() : tensor<2x3x5xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%v10 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e12 = tensor.empty() : tensor<2x3x5x7xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v11 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e12 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e14 = tensor.empty() : tensor<2x3x5x7xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13 : tensor<2x3x5x7xf32>) outs(%e14 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x3x5xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v15 : tensor<2x3x5x7xf32>) outs(%v18 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e20 = tensor.empty() : tensor<2x3x5x7xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15, %v19 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e20 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e22 = tensor.empty() : tensor<2x3x5x7xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v21, %w : tensor<2x3x5x7xf32>, tensor<5xf32>) outs(%e22 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c23 = arith.constant 0.0 : f32
  %e25 = tensor.empty() : tensor<2x5x3x4xf32>
  %v26 = linalg.fill ins(%c23 : f32) outs(%e25 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v23, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v26 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v28 = tensor.collapse_shape %v27 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v28 : tensor<2x5x12xf32>
}

// -----

// Soft-capped scores.

// CHECK-LABEL: func.func @capped
// CHECK-NOT: dota.attention
// CHECK: return
func.func @capped(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 30.0 : f32
  %e9 = tensor.empty() : tensor<2x3x5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e9 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %x = arith.divf %a0, %c7 : f32
    %y = math.tanh %x : f32
    %r = arith.mulf %y, %c7 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c10 = arith.constant 0xFF800000 : f32
  %e12 = tensor.empty() : tensor<2x3x5xf32>
  %v13 = linalg.fill ins(%c10 : f32) outs(%e12 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v14 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v10 : tensor<2x3x5x7xf32>) outs(%v13 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e15 = tensor.empty() : tensor<2x3x5x7xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v10, %v14 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e15 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e17 = tensor.empty() : tensor<2x3x5x7xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v16 : tensor<2x3x5x7xf32>) outs(%e17 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c18 = arith.constant 0.0 : f32
  %e20 = tensor.empty() : tensor<2x3x5xf32>
  %v21 = linalg.fill ins(%c18 : f32) outs(%e20 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v18 : tensor<2x3x5x7xf32>) outs(%v21 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e23 = tensor.empty() : tensor<2x3x5x7xf32>
  %v24 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v18, %v22 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e23 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c24 = arith.constant 0.0 : f32
  %e26 = tensor.empty() : tensor<2x5x3x4xf32>
  %v27 = linalg.fill ins(%c24 : f32) outs(%e26 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v28 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v24, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v27 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v29 = tensor.collapse_shape %v28 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v29 : tensor<2x5x12xf32>
}

// -----

// A mask that depends on the scores.

// CHECK-LABEL: func.func @score_mask
// CHECK-NOT: dota.attention
// CHECK: return
func.func @score_mask(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 0.0 : f32
  %c8 = arith.constant 0xFF800000 : f32
  %e10 = tensor.empty() : tensor<2x3x5x7xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e10 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %c = arith.cmpf ogt, %a0, %c7 : f32
    %r = arith.select %c, %a0, %c8 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c11 = arith.constant 0xFF800000 : f32
  %e13 = tensor.empty() : tensor<2x3x5xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v11 : tensor<2x3x5x7xf32>) outs(%v14 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e16 = tensor.empty() : tensor<2x3x5x7xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v11, %v15 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e16 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e18 = tensor.empty() : tensor<2x3x5x7xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v17 : tensor<2x3x5x7xf32>) outs(%e18 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c19 = arith.constant 0.0 : f32
  %e21 = tensor.empty() : tensor<2x3x5xf32>
  %v22 = linalg.fill ins(%c19 : f32) outs(%e21 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v19 : tensor<2x3x5x7xf32>) outs(%v22 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e24 = tensor.empty() : tensor<2x3x5x7xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v19, %v23 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e24 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c25 = arith.constant 0.0 : f32
  %e27 = tensor.empty() : tensor<2x5x3x4xf32>
  %v28 = linalg.fill ins(%c25 : f32) outs(%e27 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v29 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v25, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v28 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v30 = tensor.collapse_shape %v29 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v30 : tensor<2x5x12xf32>
}

// -----

// A mask that sets scores to zero.

// CHECK-LABEL: func.func @weak_mask
// CHECK-NOT: dota.attention
// CHECK: return
func.func @weak_mask(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %keep: tensor<2x7xi1>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c7 = arith.constant 0.0 : f32
  %e9 = tensor.empty() : tensor<2x3x5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%keep, %v7 : tensor<2x7xi1>, tensor<2x3x5x7xf32>) outs(%e9 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: i1, %a1: f32, %out: f32):
    %r = arith.select %a0, %a1, %c7 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c10 = arith.constant 0xFF800000 : f32
  %e12 = tensor.empty() : tensor<2x3x5xf32>
  %v13 = linalg.fill ins(%c10 : f32) outs(%e12 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v14 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v10 : tensor<2x3x5x7xf32>) outs(%v13 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e15 = tensor.empty() : tensor<2x3x5x7xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v10, %v14 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e15 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e17 = tensor.empty() : tensor<2x3x5x7xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v16 : tensor<2x3x5x7xf32>) outs(%e17 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c18 = arith.constant 0.0 : f32
  %e20 = tensor.empty() : tensor<2x3x5xf32>
  %v21 = linalg.fill ins(%c18 : f32) outs(%e20 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v18 : tensor<2x3x5x7xf32>) outs(%v21 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e23 = tensor.empty() : tensor<2x3x5x7xf32>
  %v24 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v18, %v22 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e23 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c24 = arith.constant 0.0 : f32
  %e26 = tensor.empty() : tensor<2x5x3x4xf32>
  %v27 = linalg.fill ins(%c24 : f32) outs(%e26 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v28 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v24, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v27 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v29 = tensor.collapse_shape %v28 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v29 : tensor<2x5x12xf32>
}

// -----

// Keys that change with the query.

// CHECK-LABEL: func.func @keys_by_query
// CHECK-NOT: dota.attention
// CHECK: return
func.func @keys_by_query(%q: tensor<2x5x3x4xf32>, %k: tensor<2x5x7x3x4xf32>, %v: tensor<2x7x3x4xf32>) -> (tensor<2x5x3x4xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<2x3x5x7xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%q, %k : tensor<2x5x3x4xf32>, tensor<2x5x7x3x4xf32>) outs(%v3 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c4 = arith.constant 0xFF800000 : f32
  %e6 = tensor.empty() : tensor<2x3x5xf32>
  %v7 = linalg.fill ins(%c4 : f32) outs(%e6 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v4 : tensor<2x3x5x7xf32>) outs(%v7 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e9 = tensor.empty() : tensor<2x3x5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v4, %v8 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e9 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e11 = tensor.empty() : tensor<2x3x5x7xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v10 : tensor<2x3x5x7xf32>) outs(%e11 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c12 = arith.constant 0.0 : f32
  %e14 = tensor.empty() : tensor<2x3x5xf32>
  %v15 = linalg.fill ins(%c12 : f32) outs(%e14 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v12 : tensor<2x3x5x7xf32>) outs(%v15 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e17 = tensor.empty() : tensor<2x3x5x7xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v12, %v16 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e17 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c18 = arith.constant 0.0 : f32
  %e20 = tensor.empty() : tensor<2x5x3x4xf32>
  %v21 = linalg.fill ins(%c18 : f32) outs(%e20 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v18, %v : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v21 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  return %v22 : tensor<2x5x3x4xf32>
}

// -----

// Values that change with the query.

// CHECK-LABEL: func.func @values_by_query
// CHECK-NOT: dota.attention
// CHECK: return
func.func @values_by_query(%q: tensor<2x5x3x4xf32>, %k: tensor<2x7x3x4xf32>, %v: tensor<2x5x7x3x4xf32>) -> (tensor<2x5x3x4xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<2x3x5x7xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%q, %k : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v3 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c4 = arith.constant 0xFF800000 : f32
  %e6 = tensor.empty() : tensor<2x3x5xf32>
  %v7 = linalg.fill ins(%c4 : f32) outs(%e6 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v4 : tensor<2x3x5x7xf32>) outs(%v7 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e9 = tensor.empty() : tensor<2x3x5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v4, %v8 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e9 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e11 = tensor.empty() : tensor<2x3x5x7xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v10 : tensor<2x3x5x7xf32>) outs(%e11 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c12 = arith.constant 0.0 : f32
  %e14 = tensor.empty() : tensor<2x3x5xf32>
  %v15 = linalg.fill ins(%c12 : f32) outs(%e14 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v12 : tensor<2x3x5x7xf32>) outs(%v15 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e17 = tensor.empty() : tensor<2x3x5x7xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v12, %v16 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e17 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c18 = arith.constant 0.0 : f32
  %e20 = tensor.empty() : tensor<2x5x3x4xf32>
  %v21 = linalg.fill ins(%c18 : f32) outs(%e20 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v18, %v : tensor<2x3x5x7xf32>, tensor<2x5x7x3x4xf32>) outs(%v21 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  return %v22 : tensor<2x5x3x4xf32>
}

// -----

// A scale that varies with the query.

// CHECK-LABEL: func.func @two_temperatures
// CHECK-NOT: dota.attention
// CHECK: return
func.func @two_temperatures(%q: tensor<2x5x12xf32>, %k: tensor<2x5x12xf32>, %v: tensor<2x5x12xf32>, %t: tensor<5xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x5xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x5xf32>) -> tensor<2x3x5x5xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x5x3x4xf32>) outs(%v6 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %e8 = tensor.empty() : tensor<2x3x5x5xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %t : tensor<2x3x5x5xf32>, tensor<5xf32>) outs(%e8 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c9 = arith.constant 0xFF800000 : f32
  %e11 = tensor.empty() : tensor<2x3x5xf32>
  %v12 = linalg.fill ins(%c9 : f32) outs(%e11 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v9 : tensor<2x3x5x5xf32>) outs(%v12 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e14 = tensor.empty() : tensor<2x3x5x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v9, %v13 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e14 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %e16 = tensor.empty() : tensor<2x3x5x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15 : tensor<2x3x5x5xf32>) outs(%e16 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c17 = arith.constant 0.0 : f32
  %e19 = tensor.empty() : tensor<2x3x5xf32>
  %v20 = linalg.fill ins(%c17 : f32) outs(%e19 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v17 : tensor<2x3x5x5xf32>) outs(%v20 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e22 = tensor.empty() : tensor<2x3x5x5xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v17, %v21 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e22 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c23 = arith.constant 0.0 : f32
  %e25 = tensor.empty() : tensor<2x5x3x4xf32>
  %v26 = linalg.fill ins(%c23 : f32) outs(%e25 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v23, %v3 : tensor<2x3x5x5xf32>, tensor<2x5x3x4xf32>) outs(%v26 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v28 = tensor.collapse_shape %v27 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v28 : tensor<2x5x12xf32>
}

// -----

// Squared scores.

// CHECK-LABEL: func.func @squared
// CHECK-NOT: dota.attention
// CHECK: return
func.func @squared(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v6 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e8 = tensor.empty() : tensor<2x3x5x7xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c9 = arith.constant 0xFF800000 : f32
  %e11 = tensor.empty() : tensor<2x3x5xf32>
  %v12 = linalg.fill ins(%c9 : f32) outs(%e11 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v9 : tensor<2x3x5x7xf32>) outs(%v12 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e14 = tensor.empty() : tensor<2x3x5x7xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v9, %v13 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e14 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e16 = tensor.empty() : tensor<2x3x5x7xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15 : tensor<2x3x5x7xf32>) outs(%e16 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c17 = arith.constant 0.0 : f32
  %e19 = tensor.empty() : tensor<2x3x5xf32>
  %v20 = linalg.fill ins(%c17 : f32) outs(%e19 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v17 : tensor<2x3x5x7xf32>) outs(%v20 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e22 = tensor.empty() : tensor<2x3x5x7xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v17, %v21 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e22 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c23 = arith.constant 0.0 : f32
  %e25 = tensor.empty() : tensor<2x5x3x4xf32>
  %v26 = linalg.fill ins(%c23 : f32) outs(%e25 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v23, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v26 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v28 = tensor.collapse_shape %v27 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v28 : tensor<2x5x12xf32>
}
