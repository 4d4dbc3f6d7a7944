// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// An encoder block's attention as torch-mlir writes it: flattened rows, a
// transposed weight, heads split and transposed, keys transposed again, scores
// divided by sqrt(d), an additive mask from an argument.

// CHECK-LABEL: func.func @torch_block
// CHECK-SAME:    %[[X:.*]]: tensor<2x5x6xf32>, %[[MASK:.*]]: tensor<2x1x1x5xf32>
// CHECK-DAG:     %[[Q:.*]] = dota.linear %[[X]], %{{.*}}, %{{.*}} : tensor<2x5x6xf32>, tensor<6x6xf32>, tensor<6xf32> -> tensor<2x5x6xf32>
// CHECK-DAG:     %[[K:.*]] = dota.linear %[[X]], %{{[^,]*}} : tensor<2x5x6xf32>, tensor<6x6xf32> -> tensor<2x5x6xf32>
// CHECK-DAG:     %[[V:.*]] = dota.linear %[[X]], %{{[^,]*}} : tensor<2x5x6xf32>, tensor<6x6xf32> -> tensor<2x5x6xf32>
// CHECK:         %[[O:.*]] = dota.attention %[[Q]], %[[K]], %[[V]] bias %[[MASK]] {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.577350{{.*}} : f32}
// CHECK-NEXT:    return %[[O]] : tensor<2x5x6xf32>
#id2 = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
#id4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#row4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#mask4 = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, d3)>
func.func @torch_block(%x: tensor<2x5x6xf32>, %mask: tensor<2x1x1x5xf32>,
    %wq: tensor<6x6xf32>, %wk: tensor<6x6xf32>, %wv: tensor<6x6xf32>) -> tensor<2x5x6xf32> {
  %bq = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf32>
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %root = arith.constant 1.73205078 : f32
  %e66 = tensor.empty() : tensor<6x6xf32>
  %e106 = tensor.empty() : tensor<10x6xf32>
  %wt = linalg.transpose ins(%wq : tensor<6x6xf32>) outs(%e66 : tensor<6x6xf32>) permutation = [1, 0]
  %flat = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x5x6xf32> into tensor<10x6xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e106 : tensor<10x6xf32>) -> tensor<10x6xf32>
  %q0 = linalg.matmul ins(%flat, %wt : tensor<10x6xf32>, tensor<6x6xf32>) outs(%init : tensor<10x6xf32>) -> tensor<10x6xf32>
  %q1 = linalg.generic {indexing_maps = [#id2, #col, #id2], iterator_types = ["parallel", "parallel"]} ins(%q0, %bq : tensor<10x6xf32>, tensor<6xf32>) outs(%e106 : tensor<10x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<10x6xf32>
  %k1 = linalg.matmul ins(%flat, %wk : tensor<10x6xf32>, tensor<6x6xf32>) outs(%init : tensor<10x6xf32>) -> tensor<10x6xf32>
  %v1 = linalg.matmul ins(%flat, %wv : tensor<10x6xf32>, tensor<6x6xf32>) outs(%init : tensor<10x6xf32>) -> tensor<10x6xf32>
  %q2 = tensor.expand_shape %q1 [[0, 1], [2, 3]] output_shape [2, 5, 2, 3] : tensor<10x6xf32> into tensor<2x5x2x3xf32>
  %k2 = tensor.expand_shape %k1 [[0, 1], [2, 3]] output_shape [2, 5, 2, 3] : tensor<10x6xf32> into tensor<2x5x2x3xf32>
  %v2 = tensor.expand_shape %v1 [[0, 1], [2, 3]] output_shape [2, 5, 2, 3] : tensor<10x6xf32> into tensor<2x5x2x3xf32>
  %eh = tensor.empty() : tensor<2x2x5x3xf32>
  %ek = tensor.empty() : tensor<2x2x3x5xf32>
  %q3 = linalg.transpose ins(%q2 : tensor<2x5x2x3xf32>) outs(%eh : tensor<2x2x5x3xf32>) permutation = [0, 2, 1, 3]
  %k3 = linalg.transpose ins(%k2 : tensor<2x5x2x3xf32>) outs(%eh : tensor<2x2x5x3xf32>) permutation = [0, 2, 1, 3]
  %v3 = linalg.transpose ins(%v2 : tensor<2x5x2x3xf32>) outs(%eh : tensor<2x2x5x3xf32>) permutation = [0, 2, 1, 3]
  %k4 = linalg.transpose ins(%k3 : tensor<2x2x5x3xf32>) outs(%ek : tensor<2x2x3x5xf32>) permutation = [0, 1, 3, 2]
  %q5 = tensor.collapse_shape %q3 [[0, 1], [2], [3]] : tensor<2x2x5x3xf32> into tensor<4x5x3xf32>
  %k5 = tensor.collapse_shape %k4 [[0, 1], [2], [3]] : tensor<2x2x3x5xf32> into tensor<4x3x5xf32>
  %v5 = tensor.collapse_shape %v3 [[0, 1], [2], [3]] : tensor<2x2x5x3xf32> into tensor<4x5x3xf32>
  %es = tensor.empty() : tensor<4x5x5xf32>
  %is = linalg.fill ins(%zero : f32) outs(%es : tensor<4x5x5xf32>) -> tensor<4x5x5xf32>
  %s0 = linalg.batch_matmul ins(%q5, %k5 : tensor<4x5x3xf32>, tensor<4x3x5xf32>) outs(%is : tensor<4x5x5xf32>) -> tensor<4x5x5xf32>
  %s1 = tensor.expand_shape %s0 [[0, 1], [2], [3]] output_shape [2, 2, 5, 5] : tensor<4x5x5xf32> into tensor<2x2x5x5xf32>
  %e4 = tensor.empty() : tensor<2x2x5x5xf32>
  %s2 = linalg.generic {indexing_maps = [#id4, #mask4, #id4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%s1, %mask : tensor<2x2x5x5xf32>, tensor<2x1x1x5xf32>) outs(%e4 : tensor<2x2x5x5xf32>) {
  ^bb0(%a: f32, %m: f32, %out: f32):
    %d = arith.divf %a, %root : f32
    %s = arith.addf %d, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x2x5x5xf32>
  %er = tensor.empty() : tensor<2x2x5x1xf32>
  %im = linalg.fill ins(%low : f32) outs(%er : tensor<2x2x5x1xf32>) -> tensor<2x2x5x1xf32>
  %max = linalg.generic {indexing_maps = [#id4, #row4], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%s2 : tensor<2x2x5x5xf32>) outs(%im : tensor<2x2x5x1xf32>) {
  ^bb0(%a: f32, %out: f32):
    %m = arith.maximumf %a, %out : f32
    linalg.yield %m : f32
  } -> tensor<2x2x5x1xf32>
  %exp = linalg.generic {indexing_maps = [#id4, #row4, #id4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%s2, %max : tensor<2x2x5x5xf32>, tensor<2x2x5x1xf32>) outs(%e4 : tensor<2x2x5x5xf32>) {
  ^bb0(%a: f32, %m: f32, %out: f32):
    %d = arith.subf %a, %m : f32
    %e = math.exp %d : f32
    linalg.yield %e : f32
  } -> tensor<2x2x5x5xf32>
  %iz = linalg.fill ins(%zero : f32) outs(%er : tensor<2x2x5x1xf32>) -> tensor<2x2x5x1xf32>
  %sum = linalg.generic {indexing_maps = [#id4, #row4], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%exp : tensor<2x2x5x5xf32>) outs(%iz : tensor<2x2x5x1xf32>) {
  ^bb0(%a: f32, %out: f32):
    %m = arith.addf %a, %out : f32
    linalg.yield %m : f32
  } -> tensor<2x2x5x1xf32>
  %p = linalg.generic {indexing_maps = [#id4, #row4, #id4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%exp, %sum : tensor<2x2x5x5xf32>, tensor<2x2x5x1xf32>) outs(%e4 : tensor<2x2x5x5xf32>) {
  ^bb0(%a: f32, %m: f32, %out: f32):
    %d = arith.divf %a, %m : f32
    linalg.yield %d : f32
  } -> tensor<2x2x5x5xf32>
  %p1 = tensor.collapse_shape %p [[0, 1], [2], [3]] : tensor<2x2x5x5xf32> into tensor<4x5x5xf32>
  %eo = tensor.empty() : tensor<4x5x3xf32>
  %io = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x5x3xf32>) -> tensor<4x5x3xf32>
  %o0 = linalg.batch_matmul ins(%p1, %v5 : tensor<4x5x5xf32>, tensor<4x5x3xf32>) outs(%io : tensor<4x5x3xf32>) -> tensor<4x5x3xf32>
  %o1 = tensor.expand_shape %o0 [[0, 1], [2], [3]] output_shape [2, 2, 5, 3] : tensor<4x5x3xf32> into tensor<2x2x5x3xf32>
  %eb = tensor.empty() : tensor<2x5x2x3xf32>
  %o2 = linalg.transpose ins(%o1 : tensor<2x2x5x3xf32>) outs(%eb : tensor<2x5x2x3xf32>) permutation = [0, 2, 1, 3]
  %o3 = tensor.collapse_shape %o2 [[0], [1], [2, 3]] : tensor<2x5x2x3xf32> into tensor<2x5x6xf32>
  return %o3 : tensor<2x5x6xf32>
}
