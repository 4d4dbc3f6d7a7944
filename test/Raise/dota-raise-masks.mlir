// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// Masks and biases that depend on arguments: host code, and what it reads.

#q = affine_map<(n, m, d) -> (n, d)>
#k = affine_map<(n, m, d) -> (m, d)>
#s = affine_map<(n, m, d) -> (n, m)>
#all = affine_map<(n, m) -> (n, m)>
#keys = affine_map<(n, m) -> (m)>

// A corner of a table of more tokens, which no operand of a linalg op can be.

// CHECK-LABEL: func.func @corner
// CHECK-SAME: (%[[Q:.*]]: tensor<5x4xf32>, %[[K:.*]]: tensor<7x4xf32>, %[[V:.*]]: tensor<7x4xf32>, %[[TABLE:.*]]: tensor<8x9xi1>, %[[KEEP:.*]]: tensor<7xi1>)
// CHECK: %[[BIAS:.*]] = linalg.generic {{.*}} ins(%[[KEEP]] : tensor<7xi1>) outs(%{{.*}} : tensor<5x7xf32>)
// CHECK: tensor.extract %[[TABLE]]
// CHECK: %[[B:.*]] = tensor.expand_shape %[[BIAS]] {{.*}} : tensor<5x7xf32> into tensor<1x5x7xf32>
// CHECK: dota.attention %[[Q]], %[[K]], %[[V]] bias %[[B]]
func.func @corner(%q: tensor<5x4xf32>, %k: tensor<7x4xf32>, %v: tensor<7x4xf32>, %table: tensor<8x9xi1>, %keep: tensor<7xi1>) -> tensor<5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x7xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul indexing_maps = [#q, #k, #s] ins(%q, %k : tensor<5x4xf32>, tensor<7x4xf32>) outs(%f0 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %visible = tensor.extract_slice %table[0, 0] [5, 7] [1, 1] : tensor<8x9xi1> to tensor<5x7xi1>
  %masked = linalg.generic {indexing_maps = [#all, #all, #keys, #all], iterator_types = ["parallel", "parallel"]} ins(%s, %visible, %keep : tensor<5x7xf32>, tensor<5x7xi1>, tensor<7xi1>) outs(%e0 : tensor<5x7xf32>) {
  ^bb0(%a: f32, %b: i1, %c: i1, %out: f32):
    %low = arith.constant -3.0e+38 : f32
    %both = arith.andi %b, %c : i1
    %r = arith.select %both, %a, %low : f32
    linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %p = linalg.softmax dimension(1) ins(%masked : tensor<5x7xf32>) outs(%e0 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %e1 = tensor.empty() : tensor<5x4xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<5x4xf32>) -> tensor<5x4xf32>
  %y = linalg.matmul ins(%p, %v : tensor<5x7xf32>, tensor<7x4xf32>) outs(%f1 : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// -----

#q = affine_map<(n, m, d) -> (n, d)>
#k = affine_map<(n, m, d) -> (m, d)>
#s = affine_map<(n, m, d) -> (n, m)>
#all = affine_map<(n, m) -> (n, m)>
#keys = affine_map<(n, m) -> (m)>

// Two biases, each for some of the keys: read outside of itself where the other counts, so clamped.

// CHECK-LABEL: func.func @pieces
// CHECK-SAME: %[[NEAR:[a-z0-9]+]]: tensor<3xf32>, %[[FAR:[a-z0-9]+]]: tensor<4xf32>)
// CHECK: linalg.generic
// CHECK-DAG: arith.maxsi
// CHECK-DAG: arith.minsi
// CHECK-DAG: tensor.extract %[[NEAR]]
// CHECK-DAG: tensor.extract %[[FAR]]
// CHECK: dota.attention %{{.*}}, %{{.*}}, %{{.*}} bias
func.func @pieces(%q: tensor<5x4xf32>, %k: tensor<7x4xf32>, %v: tensor<7x4xf32>, %near: tensor<3xf32>, %far: tensor<4xf32>) -> tensor<5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x7xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul indexing_maps = [#q, #k, #s] ins(%q, %k : tensor<5x4xf32>, tensor<7x4xf32>) outs(%f0 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s2 = tensor.extract_slice %s[0, 0] [5, 3] [1, 1] : tensor<5x7xf32> to tensor<5x3xf32>
  %e2 = tensor.empty() : tensor<5x3xf32>
  %b2 = linalg.generic {indexing_maps = [#all, #keys, #all], iterator_types = ["parallel", "parallel"]} ins(%s2, %near : tensor<5x3xf32>, tensor<3xf32>) outs(%e2 : tensor<5x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %r = arith.addf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<5x3xf32>
  %s3 = tensor.extract_slice %s[0, 3] [5, 4] [1, 1] : tensor<5x7xf32> to tensor<5x4xf32>
  %e3 = tensor.empty() : tensor<5x4xf32>
  %b3 = linalg.generic {indexing_maps = [#all, #keys, #all], iterator_types = ["parallel", "parallel"]} ins(%s3, %far : tensor<5x4xf32>, tensor<4xf32>) outs(%e3 : tensor<5x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %r = arith.addf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<5x4xf32>
  %biased = tensor.concat dim(1) %b2, %b3 : (tensor<5x3xf32>, tensor<5x4xf32>) -> tensor<5x7xf32>
  %p = linalg.softmax dimension(1) ins(%biased : tensor<5x7xf32>) outs(%e0 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %e1 = tensor.empty() : tensor<5x4xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<5x4xf32>) -> tensor<5x4xf32>
  %y = linalg.matmul ins(%p, %v : tensor<5x7xf32>, tensor<7x4xf32>) outs(%f1 : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}
