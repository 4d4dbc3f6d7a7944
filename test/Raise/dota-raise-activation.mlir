// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// Activations, by their values.

// Five ops of an exported BERT.

// CHECK-LABEL: func.func @gelu
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <gelu> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @gelu(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.constant 1.41421354 : f32
    %r = arith.divf %a0, %s : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e7 = tensor.empty() : tensor<4x6xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v6, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e7 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = math.erf %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e9 = tensor.empty() : tensor<4x6xf32>
  %v10 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v8, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e9 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %o = arith.constant 1.0 : f32
    %r = arith.addf %a0, %o : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e11 = tensor.empty() : tensor<4x6xf32>
  %v12 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v10, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e11 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a1, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e13 = tensor.empty() : tensor<4x6xf32>
  %v14 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v12, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e13 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %h = arith.constant 0.5 : f32
    %r = arith.mulf %a0, %h : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v14 : tensor<4x6xf32>
}

// -----

// With the complement.

// CHECK-LABEL: func.func @gelu_erfc
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <gelu> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @gelu_erfc(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.constant -0.707106769 : f32
    %t = arith.mulf %a0, %s : f32
    %e = math.erfc %t : f32
    %h = arith.constant 0.5 : f32
    %hx = arith.mulf %a0, %h : f32
    %r = arith.mulf %hx, %e : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// The approximation by tanh.

// CHECK-LABEL: func.func @gelu_tanh
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <gelu_tanh> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @gelu_tanh(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %c = arith.constant 4.471500e-02 : f32
    %b = arith.constant 0.797884583 : f32
    %o = arith.constant 1.0 : f32
    %h = arith.constant 0.5 : f32
    %three = arith.constant 3.0 : f32
    %x3 = math.powf %a0, %three : f32
    %t = arith.mulf %x3, %c : f32
    %u = arith.addf %a0, %t : f32
    %v = arith.mulf %u, %b : f32
    %th = math.tanh %v : f32
    %p = arith.addf %th, %o : f32
    %q = arith.mulf %a0, %p : f32
    %r = arith.mulf %q, %h : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// x sigmoid(1.702 x).

// CHECK-LABEL: func.func @quick_gelu
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <quick_gelu> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @quick_gelu(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %c = arith.constant 1.702 : f32
    %t = arith.mulf %a0, %c : f32
    %n = arith.negf %t : f32
    %e = math.exp %n : f32
    %o = arith.constant 1.0 : f32
    %d = arith.addf %e, %o : f32
    %r = arith.divf %a0, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// The logistic function, and then the product.

// CHECK-LABEL: func.func @silu
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <silu> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @silu(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %n = arith.negf %a0 : f32
    %e = math.exp %n : f32
    %o = arith.constant 1.0 : f32
    %d = arith.addf %e, %o : f32
    %r = arith.divf %o, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  %e7 = tensor.empty() : tensor<4x6xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v6, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e7 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.mulf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v8 : tensor<4x6xf32>
}

// -----

// A comparison and a selection.

// CHECK-LABEL: func.func @relu
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <relu> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @relu(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %c = arith.cmpf ugt, %a0, %z : f32
    %r = arith.select %c, %a0, %z : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// A maximum.

// CHECK-LABEL: func.func @relu_max
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <relu> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @relu_max(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %z, %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// The logistic function.

// CHECK-LABEL: func.func @sigmoid
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <sigmoid> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @sigmoid(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %n = arith.negf %a0 : f32
    %e = math.exp %n : f32
    %o = arith.constant 1.0 : f32
    %d = arith.addf %o, %e : f32
    %r = arith.divf %o, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// The hyperbolic tangent.

// CHECK-LABEL: func.func @tanh
// CHECK: %[[H:.*]] = dota.linear
// CHECK-NEXT: %[[Y:.*]] = dota.activation <tanh> %[[H]]
// CHECK-NEXT: return %[[Y]]
func.func @tanh(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = math.tanh %a0 : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// A function that the device has not.

// CHECK-LABEL: func.func @elu
// CHECK: dota.linear
// CHECK-NOT: dota.activation
func.func @elu(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %o = arith.constant 1.0 : f32
    %e = math.exp %a0 : f32
    %m = arith.subf %e, %o : f32
    %c = arith.cmpf ogt, %a0, %z : f32
    %r = arith.select %c, %a0, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}

// -----

// A slope below zero: no ReLU.

// CHECK-LABEL: func.func @leaky
// CHECK: dota.linear
// CHECK-NOT: dota.activation
func.func @leaky(%x: tensor<4x6xf32>, %w: tensor<6x6xf32>) -> (tensor<4x6xf32>) {
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
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v4, %v4 : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e5 : tensor<4x6xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %o = arith.constant 0.01 : f32
    %m = arith.mulf %a0, %o : f32
    %c = arith.cmpf ogt, %a0, %z : f32
    %r = arith.select %c, %a0, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %v6 : tensor<4x6xf32>
}
