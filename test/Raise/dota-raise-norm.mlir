// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// Layer norm and RMS norm.

// Mean, differences, their squares.

// CHECK-LABEL: func.func @textbook
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[G:.*]]: tensor<6xf32>, %[[B:.*]]: tensor<6xf32>
// CHECK: %[[Y:.*]] = dota.layer_norm %[[X]], %[[G]], %[[B]] {epsilon = 9.99999974E-6 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @textbook(%x: tensor<4x6xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) -> (tensor<4x6xf32>) {
  %c0 = arith.constant 6.0 : f32
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<4xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x6xf32>) outs(%v4 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<4xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v5 : tensor<4xf32>) outs(%e6 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.divf %a0, %c0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e8 = tensor.empty() : tensor<4x6xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v7 : tensor<4x6xf32>, tensor<4xf32>) outs(%e8 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e10 = tensor.empty() : tensor<4x6xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9 : tensor<4x6xf32>) outs(%e10 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c11 = arith.constant 0.0 : f32
  %e13 = tensor.empty() : tensor<4xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<4xf32>) -> tensor<4xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v11 : tensor<4x6xf32>) outs(%v14 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c15 = arith.constant 1.0e-05 : f32
  %e17 = tensor.empty() : tensor<4xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v15 : tensor<4xf32>) outs(%e17 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c0 : f32
    %e = arith.addf %v, %c15 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e19 = tensor.empty() : tensor<4x6xf32>
  %v20 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9, %v18 : tensor<4x6xf32>, tensor<4xf32>) outs(%e19 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e21 = tensor.empty() : tensor<4x6xf32>
  %v22 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v20, %g : tensor<4x6xf32>, tensor<6xf32>) outs(%e21 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e23 = tensor.empty() : tensor<4x6xf32>
  %v24 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v22, %b : tensor<4x6xf32>, tensor<6xf32>) outs(%e23 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v24 : tensor<4x6xf32>
}

// -----

// The mean of the squares less the square of the mean; the gain on the other factor.

// CHECK-LABEL: func.func @moments
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[G:.*]]: tensor<6xf32>, %[[B:.*]]: tensor<6xf32>
// CHECK: %[[Y:.*]] = dota.layer_norm %[[X]], %[[G]], %[[B]] {epsilon = 9.99999974E-6 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @moments(%x: tensor<4x6xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) -> (tensor<4x6xf32>) {
  %c0 = arith.constant 6.0 : f32
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<4xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x6xf32>) outs(%v4 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<4xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v5 : tensor<4xf32>) outs(%e6 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.divf %a0, %c0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e8 = tensor.empty() : tensor<4x6xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e8 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c9 = arith.constant 0.0 : f32
  %e11 = tensor.empty() : tensor<4xf32>
  %v12 = linalg.fill ins(%c9 : f32) outs(%e11 : tensor<4xf32>) -> tensor<4xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v9 : tensor<4x6xf32>) outs(%v12 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c13 = arith.constant 1.0e-05 : f32
  %c14 = arith.constant 0.0 : f32
  %e16 = tensor.empty() : tensor<4xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v13, %v7 : tensor<4xf32>, tensor<4xf32>) outs(%e16 : tensor<4xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %v = arith.divf %a0, %c0 : f32
    %m2 = arith.mulf %a1, %a1 : f32
    %w = arith.subf %v, %m2 : f32
    %p = arith.maximumf %w, %c14 : f32
    %e = arith.addf %p, %c13 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e18 = tensor.empty() : tensor<4x6xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v17, %g : tensor<4xf32>, tensor<6xf32>) outs(%e18 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e20 = tensor.empty() : tensor<4x6xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v7 : tensor<4x6xf32>, tensor<4xf32>) outs(%e20 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e22 = tensor.empty() : tensor<4x6xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v21, %v19 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e22 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e24 = tensor.empty() : tensor<4x6xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v23, %b : tensor<4x6xf32>, tensor<6xf32>) outs(%e24 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v25 : tensor<4x6xf32>
}

// -----

// Powers of two and a square root, as ONNX has it.

// CHECK-LABEL: func.func @square_root
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[G:.*]]: tensor<6xf32>, %[[B:.*]]: tensor<6xf32>
// CHECK: %[[Y:.*]] = dota.layer_norm %[[X]], %[[G]], %[[B]] {epsilon = 9.99999974E-6 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @square_root(%x: tensor<4x6xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) -> (tensor<4x6xf32>) {
  %c0 = arith.constant 6.0 : f32
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<4xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x6xf32>) outs(%v4 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<4xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v5 : tensor<4xf32>) outs(%e6 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.divf %a0, %c0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e8 = tensor.empty() : tensor<4x6xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v7 : tensor<4x6xf32>, tensor<4xf32>) outs(%e8 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c9 = arith.constant 2.0 : f32
  %e11 = tensor.empty() : tensor<4x6xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9 : tensor<4x6xf32>) outs(%e11 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.powf %a0, %c9 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c12 = arith.constant 0.0 : f32
  %e14 = tensor.empty() : tensor<4xf32>
  %v15 = linalg.fill ins(%c12 : f32) outs(%e14 : tensor<4xf32>) -> tensor<4xf32>
  %v16 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v12 : tensor<4x6xf32>) outs(%v15 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c16 = arith.constant 1.0e-05 : f32
  %e18 = tensor.empty() : tensor<4xf32>
  %v19 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v16 : tensor<4xf32>) outs(%e18 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c0 : f32
    %e = arith.addf %v, %c16 : f32
    %r = math.sqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e20 = tensor.empty() : tensor<4x6xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9, %v19 : tensor<4x6xf32>, tensor<4xf32>) outs(%e20 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.divf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e22 = tensor.empty() : tensor<4x6xf32>
  %v23 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%g, %v21 : tensor<6xf32>, tensor<4x6xf32>) outs(%e22 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e24 = tensor.empty() : tensor<4x6xf32>
  %v25 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%b, %v23 : tensor<6xf32>, tensor<4x6xf32>) outs(%e24 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v25 : tensor<4x6xf32>
}

// -----

// Without gain and bias.

// CHECK-LABEL: func.func @no_parameters
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<6xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<6xf32>
// CHECK: dota.layer_norm %[[X]], %[[ONE]], %[[ZERO]] {epsilon = 9.99999996E-13 : f32}
func.func @no_parameters(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>) {
  %c0 = arith.constant 6.0 : f32
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<4xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x6xf32>) outs(%v4 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<4xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v5 : tensor<4xf32>) outs(%e6 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.divf %a0, %c0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e8 = tensor.empty() : tensor<4x6xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v7 : tensor<4x6xf32>, tensor<4xf32>) outs(%e8 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e10 = tensor.empty() : tensor<4x6xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9 : tensor<4x6xf32>) outs(%e10 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c11 = arith.constant 0.0 : f32
  %e13 = tensor.empty() : tensor<4xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<4xf32>) -> tensor<4xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v11 : tensor<4x6xf32>) outs(%v14 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c15 = arith.constant 1.0e-12 : f32
  %e17 = tensor.empty() : tensor<4xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v15 : tensor<4xf32>) outs(%e17 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c0 : f32
    %e = arith.addf %v, %c15 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e19 = tensor.empty() : tensor<4x6xf32>
  %v20 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9, %v18 : tensor<4x6xf32>, tensor<4xf32>) outs(%e19 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v20 : tensor<4x6xf32>
}

// -----

// Of a residual sum, which is a result too.

// CHECK-LABEL: func.func @of_a_sum
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[W:.*]]: tensor<6x6xf32>, %[[G:.*]]: tensor<6xf32>, %[[B:.*]]: tensor<6xf32>
// CHECK-NEXT: %[[H:.*]] = dota.linear %[[X]], %[[W]]
// CHECK-NEXT: %[[S:.*]] = dota.add %[[X]], %[[H]]
// CHECK-NEXT: %[[Y:.*]] = dota.layer_norm %[[S]], %[[G]], %[[B]]
// CHECK-NEXT: return %[[Y]], %[[S]]
func.func @of_a_sum(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<4x6xf32>
  %v3 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<4x6xf32>) -> tensor<4x6xf32>
  %v4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x6xf32>, tensor<6x6xf32>) outs(%v3 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %m = arith.mulf %a0, %a1 : f32
    %r = arith.addf %out, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e5 = tensor.empty() : tensor<4x6xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c6 = arith.constant 6.0 : f32
  %c7 = arith.constant 0.0 : f32
  %e9 = tensor.empty() : tensor<4xf32>
  %v10 = linalg.fill ins(%c7 : f32) outs(%e9 : tensor<4xf32>) -> tensor<4xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v6 : tensor<4x6xf32>) outs(%v10 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e12 = tensor.empty() : tensor<4xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v11 : tensor<4xf32>) outs(%e12 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.divf %a0, %c6 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e14 = tensor.empty() : tensor<4x6xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v6, %v13 : tensor<4x6xf32>, tensor<4xf32>) outs(%e14 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e16 = tensor.empty() : tensor<4x6xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v15 : tensor<4x6xf32>) outs(%e16 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c17 = arith.constant 0.0 : f32
  %e19 = tensor.empty() : tensor<4xf32>
  %v20 = linalg.fill ins(%c17 : f32) outs(%e19 : tensor<4xf32>) -> tensor<4xf32>
  %v21 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v17 : tensor<4x6xf32>) outs(%v20 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c21 = arith.constant 1.0e-05 : f32
  %e23 = tensor.empty() : tensor<4xf32>
  %v24 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v21 : tensor<4xf32>) outs(%e23 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c6 : f32
    %e = arith.addf %v, %c21 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e25 = tensor.empty() : tensor<4x6xf32>
  %v26 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v15, %v24 : tensor<4x6xf32>, tensor<4xf32>) outs(%e25 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e27 = tensor.empty() : tensor<4x6xf32>
  %v28 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v26, %g : tensor<4x6xf32>, tensor<6xf32>) outs(%e27 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e29 = tensor.empty() : tensor<4x6xf32>
  %v30 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v28, %b : tensor<4x6xf32>, tensor<6xf32>) outs(%e29 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v30, %v6 : tensor<4x6xf32>, tensor<4x6xf32>
}

// -----

// RMS norm with integer powers, the weight on the left.

// CHECK-LABEL: func.func @rms_integer_powers
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[G:.*]]: tensor<6xf32>
// CHECK: %[[Y:.*]] = dota.rms_norm %[[X]], %[[G]] {epsilon = 9.99999997E-7 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @rms_integer_powers(%x: tensor<4x6xf32>, %g: tensor<6xf32>) -> (tensor<4x6xf32>) {
  %c0 = arith.constant 2 : i32
  %e2 = tensor.empty() : tensor<4x6xf32>
  %v3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e2 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.fpowi %a0, %c0 : f32, i32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c3 = arith.constant 0.0 : f32
  %e5 = tensor.empty() : tensor<4xf32>
  %v6 = linalg.fill ins(%c3 : f32) outs(%e5 : tensor<4xf32>) -> tensor<4xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v3 : tensor<4x6xf32>) outs(%v6 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c7 = arith.constant 6.0 : f32
  %c8 = arith.constant 1.0e-06 : f32
  %e10 = tensor.empty() : tensor<4xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v7 : tensor<4xf32>) outs(%e10 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c7 : f32
    %e = arith.addf %v, %c8 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e12 = tensor.empty() : tensor<4x6xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v11 : tensor<4x6xf32>, tensor<4xf32>) outs(%e12 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e14 = tensor.empty() : tensor<4x6xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%g, %v13 : tensor<6xf32>, tensor<4x6xf32>) outs(%e14 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v15 : tensor<4x6xf32>
}

// -----

// RMS norm with a square root and a reciprocal.

// CHECK-LABEL: func.func @rms_reciprocal
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[G:.*]]: tensor<6xf32>
// CHECK: %[[Y:.*]] = dota.rms_norm %[[X]], %[[G]] {epsilon = 9.99999997E-7 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @rms_reciprocal(%x: tensor<4x6xf32>, %g: tensor<6xf32>) -> (tensor<4x6xf32>) {
  %e1 = tensor.empty() : tensor<4x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e1 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c2 = arith.constant 0.0 : f32
  %e4 = tensor.empty() : tensor<4xf32>
  %v5 = linalg.fill ins(%c2 : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v2 : tensor<4x6xf32>) outs(%v5 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c6 = arith.constant 6.0 : f32
  %c7 = arith.constant 1.0e-06 : f32
  %e9 = tensor.empty() : tensor<4xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v6 : tensor<4xf32>) outs(%e9 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c6 : f32
    %e = arith.addf %v, %c7 : f32
    %s = math.sqrt %e : f32
    %one = arith.constant 1.0 : f32
    %r = arith.divf %one, %s : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e11 = tensor.empty() : tensor<4x6xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v10 : tensor<4x6xf32>, tensor<4xf32>) outs(%e11 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e13 = tensor.empty() : tensor<4x6xf32>
  %v14 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v12, %g : tensor<4x6xf32>, tensor<6xf32>) outs(%e13 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v14 : tensor<4x6xf32>
}

// -----

// A gain of one plus the weight.

// CHECK-LABEL: func.func @rms_one_plus
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>, %[[G:.*]]: tensor<6xf32>
// CHECK: %[[W:.*]] = linalg.generic {{.*}} ins(%[[G]] : tensor<6xf32>)
// CHECK: dota.rms_norm %[[X]], %[[W]]
func.func @rms_one_plus(%x: tensor<4x6xf32>, %g: tensor<6xf32>) -> (tensor<4x6xf32>) {
  %e1 = tensor.empty() : tensor<4x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e1 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c2 = arith.constant 0.0 : f32
  %e4 = tensor.empty() : tensor<4xf32>
  %v5 = linalg.fill ins(%c2 : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v2 : tensor<4x6xf32>) outs(%v5 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c6 = arith.constant 6.0 : f32
  %c7 = arith.constant 1.0e-06 : f32
  %c8 = arith.constant 1.0 : f32
  %e10 = tensor.empty() : tensor<4xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v6 : tensor<4xf32>) outs(%e10 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c6 : f32
    %e = arith.addf %v, %c7 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e12 = tensor.empty() : tensor<4x6xf32>
  %v13 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v11 : tensor<4x6xf32>, tensor<4xf32>) outs(%e12 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e14 = tensor.empty() : tensor<6xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%g : tensor<6xf32>) outs(%e14 : tensor<6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %a0, %c8 : f32
    linalg.yield %r : f32
  } -> tensor<6xf32>
  %e16 = tensor.empty() : tensor<4x6xf32>
  %v17 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v13, %v15 : tensor<4x6xf32>, tensor<6xf32>) outs(%e16 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v17 : tensor<4x6xf32>
}

// -----

// The mean of something else: no norm.

// CHECK-LABEL: func.func @other_rows
// CHECK-NOT: dota
func.func @other_rows(%x: tensor<4x6xf32>, %z: tensor<4x6xf32>) -> (tensor<4x6xf32>) {
  %c0 = arith.constant 6.0 : f32
  %c1 = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<4xf32>
  %v4 = linalg.fill ins(%c1 : f32) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%z : tensor<4x6xf32>) outs(%v4 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<4xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v5 : tensor<4xf32>) outs(%e6 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.divf %a0, %c0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e8 = tensor.empty() : tensor<4x6xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v7 : tensor<4x6xf32>, tensor<4xf32>) outs(%e8 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.subf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e10 = tensor.empty() : tensor<4x6xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9 : tensor<4x6xf32>) outs(%e10 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c11 = arith.constant 0.0 : f32
  %e13 = tensor.empty() : tensor<4xf32>
  %v14 = linalg.fill ins(%c11 : f32) outs(%e13 : tensor<4xf32>) -> tensor<4xf32>
  %v15 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v11 : tensor<4x6xf32>) outs(%v14 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c15 = arith.constant 1.0e-05 : f32
  %e17 = tensor.empty() : tensor<4xf32>
  %v18 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v15 : tensor<4xf32>) outs(%e17 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %v = arith.divf %a0, %c0 : f32
    %e = arith.addf %v, %c15 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e19 = tensor.empty() : tensor<4x6xf32>
  %v20 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v9, %v18 : tensor<4x6xf32>, tensor<4xf32>) outs(%e19 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v20 : tensor<4x6xf32>
}

// -----

// Fourth powers: no norm.

// CHECK-LABEL: func.func @other_power
// CHECK-NOT: dota
func.func @other_power(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>) {
  %e1 = tensor.empty() : tensor<4x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e1 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %s = arith.mulf %a0, %a0 : f32
    %r = arith.mulf %s, %s : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c2 = arith.constant 0.0 : f32
  %e4 = tensor.empty() : tensor<4xf32>
  %v5 = linalg.fill ins(%c2 : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v2 : tensor<4x6xf32>) outs(%v5 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %c6 = arith.constant 1.0e-05 : f32
  %e8 = tensor.empty() : tensor<4xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v6 : tensor<4xf32>) outs(%e8 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %e = arith.addf %a0, %c6 : f32
    %r = math.rsqrt %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e10 = tensor.empty() : tensor<4x6xf32>
  %v11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v9 : tensor<4x6xf32>, tensor<4xf32>) outs(%e10 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v11 : tensor<4x6xf32>
}

// -----

// Length one, without an epsilon: stays with the host.

// CHECK-LABEL: func.func @no_epsilon
// CHECK-NOT: dota
func.func @no_epsilon(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>) {
  %e1 = tensor.empty() : tensor<4x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e1 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.mulf %a0, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %c2 = arith.constant 0.0 : f32
  %e4 = tensor.empty() : tensor<4xf32>
  %v5 = linalg.fill ins(%c2 : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%v2 : tensor<4x6xf32>) outs(%v5 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = arith.addf %out, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e7 = tensor.empty() : tensor<4xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%v6 : tensor<4xf32>) outs(%e7 : tensor<4xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %r = math.rsqrt %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e9 = tensor.empty() : tensor<4x6xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %v8 : tensor<4x6xf32>, tensor<4xf32>) outs(%e9 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v10 : tensor<4x6xf32>
}
