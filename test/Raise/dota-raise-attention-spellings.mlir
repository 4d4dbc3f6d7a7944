// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// Attention as it is written here and there.

// Heads beside tokens, no transposes before the products, the values on the left, as JAX writes it; more keys than queries.

// CHECK-LABEL: func.func @jax
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 5.000000e-01 : f32}
// CHECK-NEXT: return %[[O]]
func.func @jax(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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
  %c7 = arith.constant 0.5 : f32
  %e9 = tensor.empty() : tensor<2x3x5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e9 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %c7 : f32
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
  %e26 = tensor.empty() : tensor<2x3x4x5xf32>
  %v27 = linalg.fill ins(%c24 : f32) outs(%e26 : tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
  %v28 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d1, d2)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v3, %v24 : tensor<2x7x3x4xf32>, tensor<2x3x5x7xf32>) outs(%v27 : tensor<2x3x4x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x4x5xf32>
  %e29 = tensor.empty() : tensor<2x5x3x4xf32>
  %v30 = linalg.transpose ins(%v28 : tensor<2x3x4x5xf32>) outs(%e29 : tensor<2x5x3x4xf32>) permutation = [0, 3, 1, 2]
  %v31 = tensor.collapse_shape %v30 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v31 : tensor<2x5x12xf32>
}

// -----

// Scores keys by queries, softmax over the keys all the same.

// CHECK-LABEL: func.func @keys_by_queries
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @keys_by_queries(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x3x7x5xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x3x7x5xf32>) -> tensor<2x3x7x5xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v2, %v1 : tensor<2x7x3x4xf32>, tensor<2x5x3x4xf32>) outs(%v6 : tensor<2x3x7x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x7x5xf32>
  %c7 = arith.constant 0xFF800000 : f32
  %e9 = tensor.empty() : tensor<2x3x5xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v7 : tensor<2x3x7x5xf32>) outs(%v10 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e12 = tensor.empty() : tensor<2x3x7x5xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v11 : tensor<2x3x7x5xf32>, tensor<2x3x5xf32>) outs(%e12 : tensor<2x3x7x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x7x5xf32>
  %e14 = tensor.empty() : tensor<2x3x7x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13 : tensor<2x3x7x5xf32>) outs(%e14 : tensor<2x3x7x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x7x5xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x3x5xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v15 : tensor<2x3x7x5xf32>) outs(%v18 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e20 = tensor.empty() : tensor<2x3x7x5xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v15, %v19 : tensor<2x3x7x5xf32>, tensor<2x3x5xf32>) outs(%e20 : tensor<2x3x7x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x7x5xf32>
  %c21 = arith.constant 0.0 : f32
  %e23 = tensor.empty() : tensor<2x5x3x4xf32>
  %v24 = linalg.fill ins(%c21 : f32) outs(%e23 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d4, d1)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v21, %v3 : tensor<2x3x7x5xf32>, tensor<2x7x3x4xf32>) outs(%v24 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v26 = tensor.collapse_shape %v25 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v26 : tensor<2x5x12xf32>
}

// -----

// The scale on queries and keys; a reciprocal, as TOSA writes it.

// CHECK-LABEL: func.func @scale_on_both
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NEXT: return %[[O]]
func.func @scale_on_both(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %c3 = arith.constant 0.5 : f32
  %e5 = tensor.empty() : tensor<2x5x3x4xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v1 : tensor<2x5x3x4xf32>) outs(%e5 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %c3, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %e7 = tensor.empty() : tensor<2x7x3x4xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v2 : tensor<2x7x3x4xf32>) outs(%e7 : tensor<2x7x3x4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %c3 : f32
    linalg.yield %r : f32
  } -> tensor<2x7x3x4xf32>
  %c8 = arith.constant 0.0 : f32
  %e10 = tensor.empty() : tensor<2x3x5x7xf32>
  %v11 = linalg.fill ins(%c8 : f32) outs(%e10 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v6, %v8 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v11 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c12 = arith.constant 0xFF800000 : f32
  %e14 = tensor.empty() : tensor<2x3x5xf32>
  %v15 = linalg.fill ins(%c12 : f32) outs(%e14 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v12 : tensor<2x3x5x7xf32>) outs(%v15 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e17 = tensor.empty() : tensor<2x3x5x7xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v12, %v16 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e17 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e19 = tensor.empty() : tensor<2x3x5x7xf32>
  %v20 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v18 : tensor<2x3x5x7xf32>) outs(%e19 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c20 = arith.constant 0.0 : f32
  %e22 = tensor.empty() : tensor<2x3x5xf32>
  %v23 = linalg.fill ins(%c20 : f32) outs(%e22 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v24 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v20 : tensor<2x3x5x7xf32>) outs(%v23 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e25 = tensor.empty() : tensor<2x3x5xf32>
  %v26 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%v24 : tensor<2x3x5xf32>) outs(%e25 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %r = arith.divf %one, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e27 = tensor.empty() : tensor<2x3x5x7xf32>
  %v28 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v20, %v26 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e27 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c28 = arith.constant 0.0 : f32
  %e30 = tensor.empty() : tensor<2x5x3x4xf32>
  %v31 = linalg.fill ins(%c28 : f32) outs(%e30 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v32 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v28, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v31 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v33 = tensor.collapse_shape %v32 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v33 : tensor<2x5x12xf32>
}

// -----

// No maximum is taken.

// CHECK-LABEL: func.func @no_maximum
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @no_maximum(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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

// The normalisation inside a second exponential, no division.

// CHECK-LABEL: func.func @log_sum_exp
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @log_sum_exp(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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
    %d = arith.subf %a0, %a1 : f32
    %r = math.exp %d : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c13 = arith.constant 0.0 : f32
  %e15 = tensor.empty() : tensor<2x3x5xf32>
  %v16 = linalg.fill ins(%c13 : f32) outs(%e15 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v13 : tensor<2x3x5x7xf32>) outs(%v16 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e18 = tensor.empty() : tensor<2x3x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%v17, %v11 : tensor<2x3x5xf32>, tensor<2x3x5xf32>) outs(%e18 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %l = math.log %a0 : f32
    %r = arith.addf %l, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e20 = tensor.empty() : tensor<2x3x5x7xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v19 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e20 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %d = arith.subf %a0, %a1 : f32
    %r = math.exp %d : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c21 = arith.constant 0.0 : f32
  %e23 = tensor.empty() : tensor<2x5x3x4xf32>
  %v24 = linalg.fill ins(%c21 : f32) outs(%e23 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v21, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v24 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v26 = tensor.collapse_shape %v25 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v26 : tensor<2x5x12xf32>
}

// -----

// The division after the second product.

// CHECK-LABEL: func.func @normalised_late
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @normalised_late(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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
    %d = arith.subf %a0, %a1 : f32
    %r = math.exp %d : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c13 = arith.constant 0.0 : f32
  %e15 = tensor.empty() : tensor<2x3x5xf32>
  %v16 = linalg.fill ins(%c13 : f32) outs(%e15 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v13 : tensor<2x3x5x7xf32>) outs(%v16 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %c17 = arith.constant 0.0 : f32
  %e19 = tensor.empty() : tensor<2x5x3x4xf32>
  %v20 = linalg.fill ins(%c17 : f32) outs(%e19 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v13, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v20 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %e22 = tensor.empty() : tensor<2x5x3x4xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d2, d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v21, %v17 : tensor<2x5x3x4xf32>, tensor<2x3x5xf32>) outs(%e22 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v24 = tensor.collapse_shape %v23 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v24 : tensor<2x5x12xf32>
}

// -----

// Powers of two, log2(e) in the scale.

// CHECK-LABEL: func.func @powers_of_two
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = {{1.0000.*e\+00|0.99999.*}} : f32}
func.func @powers_of_two(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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
  %c7 = arith.constant 1.44269502 : f32
  %e9 = tensor.empty() : tensor<2x3x5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e9 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %c7 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e11 = tensor.empty() : tensor<2x3x5x7xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v10 : tensor<2x3x5x7xf32>) outs(%e11 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp2 %a0 : f32
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
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v18, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v21 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v23 = tensor.collapse_shape %v22 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v23 : tensor<2x5x12xf32>
}

// -----

// linalg.softmax, decomposed by the frontend.

// CHECK-LABEL: func.func @named_softmax
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @named_softmax(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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
  %v9 = linalg.softmax dimension(3) ins(%v7 : tensor<2x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
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

// Causal, added, decided by the indices.

// CHECK-LABEL: func.func @causal_by_index
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x5x12xf32>, %[[V:.*]]: tensor<2x5x12xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] {causal, heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
func.func @causal_by_index(%q: tensor<2x5x12xf32>, %k: tensor<2x5x12xf32>, %v: tensor<2x5x12xf32>) -> (tensor<2x5x12xf32>) {
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
  %c8 = arith.constant 0.0 : f32
  %e10 = tensor.empty() : tensor<2x3x5x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x5xf32>) outs(%e10 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %c = arith.cmpi sge, %i, %j : index
    %m = arith.select %c, %c8, %c7 : f32
    %r = arith.addf %a0, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c11 = arith.constant 0xFF800000 : f32
  %e13 = tensor.empty() : tensor<2x3x5xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v11 : tensor<2x3x5x5xf32>) outs(%v14 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e16 = tensor.empty() : tensor<2x3x5x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v11, %v15 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e16 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %e18 = tensor.empty() : tensor<2x3x5x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v17 : tensor<2x3x5x5xf32>) outs(%e18 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c19 = arith.constant 0.0 : f32
  %e21 = tensor.empty() : tensor<2x3x5xf32>
  %v22 = linalg.fill ins(%c19 : f32) outs(%e21 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v19 : tensor<2x3x5x5xf32>) outs(%v22 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e24 = tensor.empty() : tensor<2x3x5x5xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v19, %v23 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e24 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c25 = arith.constant 0.0 : f32
  %e27 = tensor.empty() : tensor<2x5x3x4xf32>
  %v28 = linalg.fill ins(%c25 : f32) outs(%e27 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v29 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v25, %v3 : tensor<2x3x5x5xf32>, tensor<2x5x3x4xf32>) outs(%v28 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v30 = tensor.collapse_shape %v29 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v30 : tensor<2x5x12xf32>
}

// -----

// Causal, selected, with two keys of the past.

// CHECK-LABEL: func.func @causal_with_past
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] {causal,
func.func @causal_with_past(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>) {
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
  %c7 = arith.constant -1.0e+30 : f32
  %c8 = arith.constant 2 : index
  %e10 = tensor.empty() : tensor<2x3x5x7xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x7xf32>) outs(%e10 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %i2 = arith.addi %i, %c8 : index
    %c = arith.cmpi slt, %i2, %j : index
    %r = arith.select %c, %c7, %a0 : f32
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

// A sliding window is a bias, known now.

// CHECK-LABEL: func.func @window
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x5x12xf32>, %[[V:.*]]: tensor<2x5x12xf32>
// CHECK: %[[W:.*]] = arith.constant dense<{{\[\[\[\[}}0.000000e+00, -3.40282347E+38, -3.40282347E+38, -3.40282347E+38, -3.40282347E+38], [0.000000e+00, 0.000000e+00, -3.40282347E+38,{{.*}} : tensor<1x1x5x5xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %[[W]] {heads
func.func @window(%q: tensor<2x5x12xf32>, %k: tensor<2x5x12xf32>, %v: tensor<2x5x12xf32>) -> (tensor<2x5x12xf32>) {
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
  %c8 = arith.constant 2 : index
  %e10 = tensor.empty() : tensor<2x3x5x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7 : tensor<2x3x5x5xf32>) outs(%e10 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %j2 = arith.addi %j, %c8 : index
    %c0 = arith.cmpi sge, %i, %j : index
    %c1 = arith.cmpi slt, %i, %j2 : index
    %c = arith.andi %c0, %c1 : i1
    %r = arith.select %c, %a0, %c7 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c11 = arith.constant 0xFF800000 : f32
  %e13 = tensor.empty() : tensor<2x3x5xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v11 : tensor<2x3x5x5xf32>) outs(%v14 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e16 = tensor.empty() : tensor<2x3x5x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v11, %v15 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e16 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %e18 = tensor.empty() : tensor<2x3x5x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v17 : tensor<2x3x5x5xf32>) outs(%e18 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c19 = arith.constant 0.0 : f32
  %e21 = tensor.empty() : tensor<2x3x5xf32>
  %v22 = linalg.fill ins(%c19 : f32) outs(%e21 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v19 : tensor<2x3x5x5xf32>) outs(%v22 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e24 = tensor.empty() : tensor<2x3x5x5xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v19, %v23 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e24 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c25 = arith.constant 0.0 : f32
  %e27 = tensor.empty() : tensor<2x5x3x4xf32>
  %v28 = linalg.fill ins(%c25 : f32) outs(%e27 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v29 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v25, %v3 : tensor<2x3x5x5xf32>, tensor<2x5x3x4xf32>) outs(%v28 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v30 = tensor.collapse_shape %v29 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v30 : tensor<2x5x12xf32>
}

// -----

// A padding mask of booleans, true where a key is kept.

// CHECK-LABEL: func.func @padding
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>, %[[KEEP:.*]]: tensor<2x7xi1>
// CHECK: %[[W:.*]] = linalg.generic {{.*}} ins(%[[KEEP]] : tensor<2x7xi1>) outs(%{{.*}} : tensor<2x7xf32>)
// CHECK: arith.select
// CHECK: %[[B:.*]] = tensor.expand_shape %[[W]] {{.*}} into tensor<2x1x1x7xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %[[B]] {heads
func.func @padding(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %keep: tensor<2x7xi1>) -> (tensor<2x5x12xf32>) {
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

// (1 - mask) * -10000, added.

// CHECK-LABEL: func.func @ten_thousand
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %{{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32} : ({{.*}}, tensor<2x1x1x7xf32>)
func.func @ten_thousand(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %mask: tensor<2x7xi64>) -> (tensor<2x5x12xf32>) {
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
  %c7 = arith.constant -1.0e+04 : f32
  %c8 = arith.constant 1.0 : f32
  %e10 = tensor.empty() : tensor<2x7xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%mask : tensor<2x7xi64>) outs(%e10 : tensor<2x7xf32>) {
  ^bb0(%a0: i64, %out: f32):
    %x = arith.sitofp %a0 : i64 to f32
    %y = arith.subf %c8, %x : f32
    %r = arith.mulf %y, %c7 : f32
    linalg.yield %r : f32
  } -> tensor<2x7xf32>
  %e12 = tensor.empty() : tensor<2x3x5x7xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v11, %v7 : tensor<2x7xf32>, tensor<2x3x5x7xf32>) outs(%e12 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c13 = arith.constant 0xFF800000 : f32
  %e15 = tensor.empty() : tensor<2x3x5xf32>
  %v16 = linalg.fill ins(%c13 : f32) outs(%e15 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v13 : tensor<2x3x5x7xf32>) outs(%v16 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e18 = tensor.empty() : tensor<2x3x5x7xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13, %v17 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e18 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %e20 = tensor.empty() : tensor<2x3x5x7xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v19 : tensor<2x3x5x7xf32>) outs(%e20 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c21 = arith.constant 0.0 : f32
  %e23 = tensor.empty() : tensor<2x3x5xf32>
  %v24 = linalg.fill ins(%c21 : f32) outs(%e23 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v21 : tensor<2x3x5x7xf32>) outs(%v24 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e26 = tensor.empty() : tensor<2x3x5x7xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v21, %v25 : tensor<2x3x5x7xf32>, tensor<2x3x5xf32>) outs(%e26 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c27 = arith.constant 0.0 : f32
  %e29 = tensor.empty() : tensor<2x5x3x4xf32>
  %v30 = linalg.fill ins(%c27 : f32) outs(%e29 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v31 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v27, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v30 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v32 = tensor.collapse_shape %v31 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v32 : tensor<2x5x12xf32>
}

// -----

// Causal and padding together are a bias.

// CHECK-LABEL: func.func @causal_and_padding
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x5x12xf32>, %[[V:.*]]: tensor<2x5x12xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %{{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32} : ({{.*}}, tensor<2x1x5x5xf32>)
func.func @causal_and_padding(%q: tensor<2x5x12xf32>, %k: tensor<2x5x12xf32>, %v: tensor<2x5x12xf32>, %keep: tensor<2x5xi1>) -> (tensor<2x5x12xf32>) {
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
  %c7 = arith.constant -3.40282347E+38 : f32
  %e9 = tensor.empty() : tensor<2x3x5x5xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%keep, %v7 : tensor<2x5xi1>, tensor<2x3x5x5xf32>) outs(%e9 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: i1, %a1: f32, %out: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %c0 = arith.cmpi sge, %i, %j : index
    %c = arith.andi %c0, %a0 : i1
    %r = arith.select %c, %a1, %c7 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c10 = arith.constant 0xFF800000 : f32
  %e12 = tensor.empty() : tensor<2x3x5xf32>
  %v13 = linalg.fill ins(%c10 : f32) outs(%e12 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v14 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v10 : tensor<2x3x5x5xf32>) outs(%v13 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e15 = tensor.empty() : tensor<2x3x5x5xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v10, %v14 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e15 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %e17 = tensor.empty() : tensor<2x3x5x5xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v16 : tensor<2x3x5x5xf32>) outs(%e17 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c18 = arith.constant 0.0 : f32
  %e20 = tensor.empty() : tensor<2x3x5xf32>
  %v21 = linalg.fill ins(%c18 : f32) outs(%e20 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v18 : tensor<2x3x5x5xf32>) outs(%v21 : tensor<2x3x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5xf32>
  %e23 = tensor.empty() : tensor<2x3x5x5xf32>
  %v24 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v18, %v22 : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>) outs(%e23 : tensor<2x3x5x5xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x5xf32>
  %c24 = arith.constant 0.0 : f32
  %e26 = tensor.empty() : tensor<2x5x3x4xf32>
  %v27 = linalg.fill ins(%c24 : f32) outs(%e26 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v28 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v24, %v3 : tensor<2x3x5x5xf32>, tensor<2x5x3x4xf32>) outs(%v27 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v29 = tensor.collapse_shape %v28 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v29 : tensor<2x5x12xf32>
}

// -----

// A bias for each head.

// CHECK-LABEL: func.func @position_bias
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>, %[[BIAS:.*]]: tensor<1x3x5x7xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %[[BIAS]]
func.func @position_bias(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %bias: tensor<1x3x5x7xf32>) -> (tensor<2x5x12xf32>) {
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
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %bias : tensor<2x3x5x7xf32>, tensor<1x3x5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
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

// -----

// Zeros for rows without any key, as scaled_dot_product_attention has it.

// CHECK-LABEL: func.func @safe_softmax
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>, %[[MASK:.*]]: tensor<5x7xf32>
// CHECK: %[[B:.*]] = tensor.expand_shape %[[MASK]] {{.*}} into tensor<1x1x5x7xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %[[B]] {heads
func.func @safe_softmax(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %mask: tensor<5x7xf32>) -> (tensor<2x5x12xf32>) {
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
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v7, %mask : tensor<2x3x5x7xf32>, tensor<5x7xf32>) outs(%e8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
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
  %c23 = arith.constant 0xFF800000 : f32
  %c24 = arith.constant 0.0 : f32
  %c25 = arith.constant true
  %e27 = tensor.empty() : tensor<2x3x5xi1>
  %v28 = linalg.fill ins(%c25 : i1) outs(%e27 : tensor<2x3x5xi1>) -> tensor<2x3x5xi1>
  %e29 = tensor.empty() : tensor<2x3x5x7xi1>
  %v30 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v9 : tensor<2x3x5x7xf32>) outs(%e29 : tensor<2x3x5x7xi1>) {
  ^bb0(%a0: f32, %out: i1):
    %r = arith.cmpf oeq, %a0, %c23 : f32
    linalg.yield %r : i1
  } -> tensor<2x3x5x7xi1>
  %v31 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v30 : tensor<2x3x5x7xi1>) outs(%v28 : tensor<2x3x5xi1>) {
  ^bb0(%a0: i1, %out: i1):
    %r = arith.andi %a0, %out : i1
    linalg.yield %r : i1
  } -> tensor<2x3x5xi1>
  %e32 = tensor.empty() : tensor<2x3x5x7xf32>
  %v33 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v31, %v23 : tensor<2x3x5xi1>, tensor<2x3x5x7xf32>) outs(%e32 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: i1, %a1: f32, %out: f32):
    %r = arith.select %a0, %c24, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x3x5x7xf32>
  %c33 = arith.constant 0.0 : f32
  %e35 = tensor.empty() : tensor<2x5x3x4xf32>
  %v36 = linalg.fill ins(%c33 : f32) outs(%e35 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v37 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v33, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v36 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v38 = tensor.collapse_shape %v37 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v38 : tensor<2x5x12xf32>
}

// -----

// Grouped queries: keys and values repeated for the queries of a group.

// CHECK-LABEL: func.func @repeated_keys
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x16xf32>, %[[K:.*]]: tensor<2x7x8xf32>, %[[V:.*]]: tensor<2x7x8xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 4 : i64, kv_heads = 2 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @repeated_keys(%q: tensor<2x5x16xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x8xf32>) -> (tensor<2x5x16xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 4, 4] : tensor<2x5x16xf32> into tensor<2x5x4x4xf32>
  %e2 = tensor.empty() : tensor<2x4x5x4xf32>
  %v3 = linalg.transpose ins(%v1 : tensor<2x5x4x4xf32>) outs(%e2 : tensor<2x4x5x4xf32>) permutation = [0, 2, 1, 3]
  %v4 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 2, 4] : tensor<2x7x8xf32> into tensor<2x7x2x4xf32>
  %e5 = tensor.empty() : tensor<2x2x7x4xf32>
  %v6 = linalg.transpose ins(%v4 : tensor<2x7x2x4xf32>) outs(%e5 : tensor<2x2x7x4xf32>) permutation = [0, 2, 1, 3]
  %e7 = tensor.empty() : tensor<2x2x2x7x4xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v6 : tensor<2x2x7x4xf32>) outs(%e7 : tensor<2x2x2x7x4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.addf %a0, %z : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x7x4xf32>
  %v9 = tensor.collapse_shape %v8 [[0], [1, 2], [3], [4]] : tensor<2x2x2x7x4xf32> into tensor<2x4x7x4xf32>
  %v10 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 2, 4] : tensor<2x7x8xf32> into tensor<2x7x2x4xf32>
  %e11 = tensor.empty() : tensor<2x2x7x4xf32>
  %v12 = linalg.transpose ins(%v10 : tensor<2x7x2x4xf32>) outs(%e11 : tensor<2x2x7x4xf32>) permutation = [0, 2, 1, 3]
  %e13 = tensor.empty() : tensor<2x2x2x7x4xf32>
  %v14 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v12 : tensor<2x2x7x4xf32>) outs(%e13 : tensor<2x2x2x7x4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.addf %a0, %z : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x7x4xf32>
  %v15 = tensor.collapse_shape %v14 [[0], [1, 2], [3], [4]] : tensor<2x2x2x7x4xf32> into tensor<2x4x7x4xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x4x5x7xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v3, %v9 : tensor<2x4x5x4xf32>, tensor<2x4x7x4xf32>) outs(%v18 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %c19 = arith.constant 0xFF800000 : f32
  %e21 = tensor.empty() : tensor<2x4x5xf32>
  %v22 = linalg.fill ins(%c19 : f32) outs(%e21 : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v19 : tensor<2x4x5x7xf32>) outs(%v22 : tensor<2x4x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5xf32>
  %e24 = tensor.empty() : tensor<2x4x5x7xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v19, %v23 : tensor<2x4x5x7xf32>, tensor<2x4x5xf32>) outs(%e24 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %e26 = tensor.empty() : tensor<2x4x5x7xf32>
  %v27 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v25 : tensor<2x4x5x7xf32>) outs(%e26 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %c27 = arith.constant 0.0 : f32
  %e29 = tensor.empty() : tensor<2x4x5xf32>
  %v30 = linalg.fill ins(%c27 : f32) outs(%e29 : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v31 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v27 : tensor<2x4x5x7xf32>) outs(%v30 : tensor<2x4x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5xf32>
  %e32 = tensor.empty() : tensor<2x4x5x7xf32>
  %v33 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v27, %v31 : tensor<2x4x5x7xf32>, tensor<2x4x5xf32>) outs(%e32 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %c33 = arith.constant 0.0 : f32
  %e35 = tensor.empty() : tensor<2x4x5x4xf32>
  %v36 = linalg.fill ins(%c33 : f32) outs(%e35 : tensor<2x4x5x4xf32>) -> tensor<2x4x5x4xf32>
  %v37 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d4, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v33, %v15 : tensor<2x4x5x7xf32>, tensor<2x4x7x4xf32>) outs(%v36 : tensor<2x4x5x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x4xf32>
  %e38 = tensor.empty() : tensor<2x5x4x4xf32>
  %v39 = linalg.transpose ins(%v37 : tensor<2x4x5x4xf32>) outs(%e38 : tensor<2x5x4x4xf32>) permutation = [0, 2, 1, 3]
  %v40 = tensor.collapse_shape %v39 [[0], [1], [2, 3]] : tensor<2x5x4x4xf32> into tensor<2x5x16xf32>
  return %v40 : tensor<2x5x16xf32>
}

// -----

// Grouped queries: the group a dimension of its own.

// CHECK-LABEL: func.func @grouped_queries
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x16xf32>, %[[K:.*]]: tensor<2x7x8xf32>, %[[V:.*]]: tensor<2x7x8xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 4 : i64, kv_heads = 2 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @grouped_queries(%q: tensor<2x5x16xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x8xf32>) -> (tensor<2x5x16xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3, 4]] output_shape [2, 5, 2, 2, 4] : tensor<2x5x16xf32> into tensor<2x5x2x2x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 2, 4] : tensor<2x7x8xf32> into tensor<2x7x2x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 2, 4] : tensor<2x7x8xf32> into tensor<2x7x2x4xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<2x2x2x5x7xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<2x2x2x5x7xf32>) -> tensor<2x2x2x5x7xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %v2 : tensor<2x5x2x2x4xf32>, tensor<2x7x2x4xf32>) outs(%v6 : tensor<2x2x2x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x5x7xf32>
  %c7 = arith.constant 0xFF800000 : f32
  %e9 = tensor.empty() : tensor<2x2x2x5xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<2x2x2x5xf32>) -> tensor<2x2x2x5xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v7 : tensor<2x2x2x5x7xf32>) outs(%v10 : tensor<2x2x2x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x5xf32>
  %e12 = tensor.empty() : tensor<2x2x2x5x7xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v7, %v11 : tensor<2x2x2x5x7xf32>, tensor<2x2x2x5xf32>) outs(%e12 : tensor<2x2x2x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x5x7xf32>
  %e14 = tensor.empty() : tensor<2x2x2x5x7xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v13 : tensor<2x2x2x5x7xf32>) outs(%e14 : tensor<2x2x2x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x5x7xf32>
  %c15 = arith.constant 0.0 : f32
  %e17 = tensor.empty() : tensor<2x2x2x5xf32>
  %v18 = linalg.fill ins(%c15 : f32) outs(%e17 : tensor<2x2x2x5xf32>) -> tensor<2x2x2x5xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v15 : tensor<2x2x2x5x7xf32>) outs(%v18 : tensor<2x2x2x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x5xf32>
  %e20 = tensor.empty() : tensor<2x2x2x5x7xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v15, %v19 : tensor<2x2x2x5x7xf32>, tensor<2x2x2x5xf32>) outs(%e20 : tensor<2x2x2x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x2x2x5x7xf32>
  %c21 = arith.constant 0.0 : f32
  %e23 = tensor.empty() : tensor<2x5x2x2x4xf32>
  %v24 = linalg.fill ins(%c21 : f32) outs(%e23 : tensor<2x5x2x2x4xf32>) -> tensor<2x5x2x2x4xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d3, d1, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d5, d2, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v21, %v3 : tensor<2x2x2x5x7xf32>, tensor<2x7x2x4xf32>) outs(%v24 : tensor<2x5x2x2x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x2x2x4xf32>
  %v26 = tensor.collapse_shape %v25 [[0], [1], [2, 3, 4]] : tensor<2x5x2x2x4xf32> into tensor<2x5x16xf32>
  return %v26 : tensor<2x5x16xf32>
}

// -----

// One head of keys and values.

// CHECK-LABEL: func.func @one_key_head
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x16xf32>, %[[K:.*]]: tensor<2x7x4xf32>, %[[V:.*]]: tensor<2x7x4xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 4 : i64, kv_heads = 1 : i64, scale = 1.000000e+00 : f32}
// CHECK-NEXT: return %[[O]]
func.func @one_key_head(%q: tensor<2x5x16xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x4xf32>) -> (tensor<2x5x16xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 4, 4] : tensor<2x5x16xf32> into tensor<2x5x4x4xf32>
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<2x4x5x7xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v1, %k : tensor<2x5x4x4xf32>, tensor<2x7x4xf32>) outs(%v4 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %c5 = arith.constant 0xFF800000 : f32
  %e7 = tensor.empty() : tensor<2x4x5xf32>
  %v8 = linalg.fill ins(%c5 : f32) outs(%e7 : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v5 : tensor<2x4x5x7xf32>) outs(%v8 : tensor<2x4x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5xf32>
  %e10 = tensor.empty() : tensor<2x4x5x7xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v5, %v9 : tensor<2x4x5x7xf32>, tensor<2x4x5xf32>) outs(%e10 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %e12 = tensor.empty() : tensor<2x4x5x7xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v11 : tensor<2x4x5x7xf32>) outs(%e12 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %c13 = arith.constant 0.0 : f32
  %e15 = tensor.empty() : tensor<2x4x5xf32>
  %v16 = linalg.fill ins(%c13 : f32) outs(%e15 : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%v13 : tensor<2x4x5x7xf32>) outs(%v16 : tensor<2x4x5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5xf32>
  %e18 = tensor.empty() : tensor<2x4x5x7xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v13, %v17 : tensor<2x4x5x7xf32>, tensor<2x4x5xf32>) outs(%e18 : tensor<2x4x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x7xf32>
  %c19 = arith.constant 0.0 : f32
  %e21 = tensor.empty() : tensor<2x5x4x4xf32>
  %v22 = linalg.fill ins(%c19 : f32) outs(%e21 : tensor<2x5x4x4xf32>) -> tensor<2x5x4x4xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v19, %v : tensor<2x4x5x7xf32>, tensor<2x7x4xf32>) outs(%v22 : tensor<2x5x4x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x4x4xf32>
  %v24 = tensor.collapse_shape %v23 [[0], [1], [2, 3]] : tensor<2x5x4x4xf32> into tensor<2x5x16xf32>
  return %v24 : tensor<2x5x16xf32>
}

// -----

// One sequence, one head; values wider than keys.

// CHECK-LABEL: func.func @one_head
// CHECK-SAME: (%[[Q:.*]]: tensor<5x4xf32>, %[[K:.*]]: tensor<7x4xf32>, %[[V:.*]]: tensor<7x6xf32>
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] {heads = 1 : i64, kv_heads = 1 : i64, scale = 1.000000e+00 : f32} : (tensor<5x4xf32>, tensor<7x4xf32>, tensor<7x6xf32>) -> tensor<5x6xf32>
// CHECK-NEXT: return %[[O]]
func.func @one_head(%q: tensor<5x4xf32>, %k: tensor<7x4xf32>, %v: tensor<7x6xf32>) -> (tensor<5x6xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<5x7xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%q, %k : tensor<5x4xf32>, tensor<7x4xf32>) outs(%v3 : tensor<5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %c4 = arith.constant 0xFF800000 : f32
  %e6 = tensor.empty() : tensor<5xf32>
  %v7 = linalg.fill ins(%c4 : f32) outs(%e6 : tensor<5xf32>) -> tensor<5xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v4 : tensor<5x7xf32>) outs(%v7 : tensor<5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.maximumf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<5xf32>
  %e9 = tensor.empty() : tensor<5x7xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v8 : tensor<5x7xf32>, tensor<5xf32>) outs(%e9 : tensor<5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %e11 = tensor.empty() : tensor<5x7xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v10 : tensor<5x7xf32>) outs(%e11 : tensor<5x7xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.exp %a0 : f32
    linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %c12 = arith.constant 0.0 : f32
  %e14 = tensor.empty() : tensor<5xf32>
  %v15 = linalg.fill ins(%c12 : f32) outs(%e14 : tensor<5xf32>) -> tensor<5xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v12 : tensor<5x7xf32>) outs(%v15 : tensor<5xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<5xf32>
  %e17 = tensor.empty() : tensor<5x7xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v12, %v16 : tensor<5x7xf32>, tensor<5xf32>) outs(%e17 : tensor<5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %c18 = arith.constant 0.0 : f32
  %e20 = tensor.empty() : tensor<5x6xf32>
  %v21 = linalg.fill ins(%c18 : f32) outs(%e20 : tensor<5x6xf32>) -> tensor<5x6xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%v18, %v : tensor<5x7xf32>, tensor<7x6xf32>) outs(%v21 : tensor<5x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<5x6xf32>
  return %v22 : tensor<5x6xf32>
}

// -----

// The probabilities are a result too, and stay.

// CHECK-LABEL: func.func @probabilities_too
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]]
// CHECK: return %[[O]], %{{.*}} :
func.func @probabilities_too(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) -> (tensor<2x5x12xf32>, tensor<2x3x5x7xf32>) {
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
  %c21 = arith.constant 0.0 : f32
  %e23 = tensor.empty() : tensor<2x5x3x4xf32>
  %v24 = linalg.fill ins(%c21 : f32) outs(%e23 : tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v21, %v3 : tensor<2x3x5x7xf32>, tensor<2x7x3x4xf32>) outs(%v24 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %v26 = tensor.collapse_shape %v25 [[0], [1], [2, 3]] : tensor<2x5x3x4xf32> into tensor<2x5x12xf32>
  return %v26, %v21 : tensor<2x5x12xf32>, tensor<2x3x5x7xf32>
}

// -----

// Queries that the host changes: what it computes is taken.

// CHECK-LABEL: func.func @turned_queries
// CHECK-SAME: (%[[Q:.*]]: tensor<2x5x12xf32>, %[[K:.*]]: tensor<2x7x12xf32>, %[[V:.*]]: tensor<2x7x12xf32>
// CHECK: %[[T:.*]] = linalg.generic
// CHECK: arith.mulf
// CHECK: %[[F:.*]] = tensor.collapse_shape %[[T]] {{.*}} into tensor<2x5x12xf32>
// CHECK: dota.attention %[[F]], %[[K]], %[[V]] {heads = 3
func.func @turned_queries(%q: tensor<2x5x12xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>, %table: tensor<5x4xf32>) -> (tensor<2x5x12xf32>) {
  %v1 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %v2 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %v3 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [2, 7, 3, 4] : tensor<2x7x12xf32> into tensor<2x7x3x4xf32>
  %e4 = tensor.empty() : tensor<2x5x3x4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v1, %table : tensor<2x5x3x4xf32>, tensor<5x4xf32>) outs(%e4 : tensor<2x5x3x4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<2x5x3x4xf32>
  %c5 = arith.constant 0.0 : f32
  %e7 = tensor.empty() : tensor<2x3x5x7xf32>
  %v8 = linalg.fill ins(%c5 : f32) outs(%e7 : tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%v5, %v2 : tensor<2x5x3x4xf32>, tensor<2x7x3x4xf32>) outs(%v8 : tensor<2x3x5x7xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
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
