// RUN: dota-opt %s --dota-frontend --dota-raise --canonicalize --cse --split-input-file | FileCheck %s

// Rotary position embedding, however its pairs are written.

// Halves of a head; the table is put together by the host.

// CHECK-LABEL: func.func @halves
// CHECK-SAME: %[[COS:[a-z0-9]+]]: tensor<5x4xf32>, %[[SIN:[a-z0-9]+]]: tensor<5x4xf32>)
// CHECK: %[[Q:.*]] = dota.linear
// CHECK: %[[T:.*]] = linalg.generic {{.*}} ins(%[[COS]], %[[SIN]] : {{.*}}) outs({{.*}} : tensor<5x2x4xf32>)
// CHECK: %[[TABLE:.*]] = tensor.collapse_shape %[[T]] {{.*}} into tensor<5x8xf32>
// CHECK: %[[Y:.*]] = dota.rotate %[[Q]], %[[TABLE]] {distance = 2 : i64} : (tensor<5x12xf32>, tensor<5x8xf32>) -> tensor<5x12xf32>
// CHECK: %[[R:.*]] = tensor.expand_shape %[[Y]]
// CHECK: return %[[R]]
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @halves(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>) -> tensor<5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %ay = tensor.extract_slice %h[0, 0, 0] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %by = tensor.extract_slice %h[0, 0, 2] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %ey = tensor.empty() : tensor<5x3x2xf32>
  %my = linalg.negf ins(%by : tensor<5x3x2xf32>) outs(%ey : tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  %ry = tensor.concat dim(2) %my, %ay : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  %oy = tensor.empty() : tensor<5x3x4xf32>
  %y = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%h, %cos, %ry, %sin : tensor<5x3x4xf32>, tensor<5x4xf32>, tensor<5x3x4xf32>, tensor<5x4xf32>) outs(%oy : tensor<5x3x4xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}

// -----

// Neighbours, with constant angles: the table is a constant.

// CHECK-LABEL: func.func @neighbours
// CHECK: %[[TABLE:.*]] = arith.constant dense<{{.*}}> : tensor<5x8xf32>
// CHECK: dota.rotate %{{.*}}, %[[TABLE]] {distance = 1 : i64}
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @neighbours(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>) -> tensor<5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %cos = arith.constant dense<[[1.0, 1.0, 1.0, 1.0], [0.5, 0.5, 0.75, 0.75], [0.25, 0.25, 0.5, 0.5], [0.0, 0.0, 0.25, 0.25], [-0.25, -0.25, 0.0, 0.0]]> : tensor<5x4xf32>
  %sin = arith.constant dense<[[0.0, 0.0, 0.0, 0.0], [0.75, 0.75, 0.5, 0.5], [1.0, 1.0, 0.75, 0.75], [1.0, 1.0, 0.9, 0.9], [0.9, 0.9, 1.0, 1.0]]> : tensor<5x4xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %even = tensor.extract_slice %h[0, 0, 0] [5, 3, 2] [1, 1, 2] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %odd = tensor.extract_slice %h[0, 0, 1] [5, 3, 2] [1, 1, 2] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %e1 = tensor.empty() : tensor<5x3x2xf32>
  %minus = linalg.negf ins(%odd : tensor<5x3x2xf32>) outs(%e1 : tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  %m4 = tensor.expand_shape %minus [[0], [1], [2, 3]] output_shape [5, 3, 2, 1] : tensor<5x3x2xf32> into tensor<5x3x2x1xf32>
  %e4 = tensor.expand_shape %even [[0], [1], [2, 3]] output_shape [5, 3, 2, 1] : tensor<5x3x2xf32> into tensor<5x3x2x1xf32>
  %pairs = tensor.concat dim(3) %m4, %e4 : (tensor<5x3x2x1xf32>, tensor<5x3x2x1xf32>) -> tensor<5x3x2x2xf32>
  %part = tensor.collapse_shape %pairs [[0], [1], [2, 3]] : tensor<5x3x2x2xf32> into tensor<5x3x4xf32>
  %oy = tensor.empty() : tensor<5x3x4xf32>
  %y = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%h, %cos, %part, %sin : tensor<5x3x4xf32>, tensor<5x4xf32>, tensor<5x3x4xf32>, tensor<5x4xf32>) outs(%oy : tensor<5x3x4xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}

// -----

// The first half of each head turns, in halves of its own, the rest stays.

// CHECK-LABEL: func.func @some
// CHECK: %[[Q:.*]] = dota.linear
// CHECK: %[[Y:.*]] = dota.rotate %[[Q]], %{{.*}} {distance = 1 : i64} : (tensor<5x12xf32>, tensor<5x8xf32>) -> tensor<5x12xf32>
// CHECK: %[[R:.*]] = tensor.expand_shape %[[Y]]
// CHECK: return %[[R]]
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @some(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>, %cos: tensor<5x2xf32>, %sin: tensor<5x2xf32>) -> tensor<5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %turned = tensor.extract_slice %h[0, 0, 0] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %stays = tensor.extract_slice %h[0, 0, 2] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %at = tensor.extract_slice %turned[0, 0, 0] [5, 3, 1] [1, 1, 1] : tensor<5x3x2xf32> to tensor<5x3x1xf32>
  %bt = tensor.extract_slice %turned[0, 0, 1] [5, 3, 1] [1, 1, 1] : tensor<5x3x2xf32> to tensor<5x3x1xf32>
  %et = tensor.empty() : tensor<5x3x1xf32>
  %mt = linalg.negf ins(%bt : tensor<5x3x1xf32>) outs(%et : tensor<5x3x1xf32>) -> tensor<5x3x1xf32>
  %rt = tensor.concat dim(2) %mt, %at : (tensor<5x3x1xf32>, tensor<5x3x1xf32>) -> tensor<5x3x2xf32>
  %ot = tensor.empty() : tensor<5x3x2xf32>
  %t = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%turned, %cos, %rt, %sin : tensor<5x3x2xf32>, tensor<5x2xf32>, tensor<5x3x2xf32>, tensor<5x2xf32>) outs(%ot : tensor<5x3x2xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x3x2xf32>
  %y = tensor.concat dim(2) %t, %stays : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}

// -----

// Queries and keys of one projection: each its columns, both the same table.

// CHECK-LABEL: func.func @fused
// CHECK-DAG: %[[Q:.*]] = dota.linear {{.*}} -> tensor<5x4xf32>
// CHECK-DAG: %[[K:.*]] = dota.linear {{.*}} -> tensor<5x4xf32>
// CHECK-DAG: %[[TABLE:.*]] = tensor.collapse_shape {{.*}} into tensor<5x4xf32>
// CHECK-DAG: dota.rotate %[[Q]], %[[TABLE]] {distance = 1 : i64}
// CHECK-DAG: dota.rotate %[[K]], %[[TABLE]] {distance = 1 : i64}
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @fused(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>, %cos: tensor<5x2xf32>, %sin: tensor<5x2xf32>) -> (tensor<5x2x2xf32>, tensor<5x2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 2, 6] : tensor<5x12xf32> into tensor<5x2x6xf32>
  %hq = tensor.extract_slice %h[0, 0, 0] [5, 2, 2] [1, 1, 1] : tensor<5x2x6xf32> to tensor<5x2x2xf32>
  %hk = tensor.extract_slice %h[0, 0, 2] [5, 2, 2] [1, 1, 1] : tensor<5x2x6xf32> to tensor<5x2x2xf32>
  %ay = tensor.extract_slice %hq[0, 0, 0] [5, 2, 1] [1, 1, 1] : tensor<5x2x2xf32> to tensor<5x2x1xf32>
  %by = tensor.extract_slice %hq[0, 0, 1] [5, 2, 1] [1, 1, 1] : tensor<5x2x2xf32> to tensor<5x2x1xf32>
  %ey = tensor.empty() : tensor<5x2x1xf32>
  %my = linalg.negf ins(%by : tensor<5x2x1xf32>) outs(%ey : tensor<5x2x1xf32>) -> tensor<5x2x1xf32>
  %ry = tensor.concat dim(2) %my, %ay : (tensor<5x2x1xf32>, tensor<5x2x1xf32>) -> tensor<5x2x2xf32>
  %oy = tensor.empty() : tensor<5x2x2xf32>
  %y = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%hq, %cos, %ry, %sin : tensor<5x2x2xf32>, tensor<5x2xf32>, tensor<5x2x2xf32>, tensor<5x2xf32>) outs(%oy : tensor<5x2x2xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x2x2xf32>
  %az = tensor.extract_slice %hk[0, 0, 0] [5, 2, 1] [1, 1, 1] : tensor<5x2x2xf32> to tensor<5x2x1xf32>
  %bz = tensor.extract_slice %hk[0, 0, 1] [5, 2, 1] [1, 1, 1] : tensor<5x2x2xf32> to tensor<5x2x1xf32>
  %ez = tensor.empty() : tensor<5x2x1xf32>
  %mz = linalg.negf ins(%bz : tensor<5x2x1xf32>) outs(%ez : tensor<5x2x1xf32>) -> tensor<5x2x1xf32>
  %rz = tensor.concat dim(2) %mz, %az : (tensor<5x2x1xf32>, tensor<5x2x1xf32>) -> tensor<5x2x2xf32>
  %oz = tensor.empty() : tensor<5x2x2xf32>
  %z = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%hk, %cos, %rz, %sin : tensor<5x2x2xf32>, tensor<5x2xf32>, tensor<5x2x2xf32>, tensor<5x2xf32>) outs(%oz : tensor<5x2x2xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x2x2xf32>
  return %y, %z : tensor<5x2x2xf32>, tensor<5x2x2xf32>
}

// -----

// Each sequence at positions of its own.

// CHECK-LABEL: func.func @batch
// CHECK: dota.rotate %{{.*}}, %{{.*}} {distance = 2 : i64} : (tensor<2x5x12xf32>, tensor<2x5x8xf32>) -> tensor<2x5x12xf32>
#all = affine_map<(b, n, h, c) -> (b, n, h, c)>
#each = affine_map<(b, n, h, c) -> (b, n, c)>
func.func @batch(%x: tensor<2x5x12xf32>, %w: tensor<12x12xf32>, %cos: tensor<2x5x4xf32>, %sin: tensor<2x5x4xf32>) -> tensor<2x5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<2x5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<2x5x12xf32>) -> tensor<2x5x12xf32>
  %q = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>] ins(%x, %w : tensor<2x5x12xf32>, tensor<12x12xf32>) outs(%f0 : tensor<2x5x12xf32>) -> tensor<2x5x12xf32>
  %h = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, 5, 3, 4] : tensor<2x5x12xf32> into tensor<2x5x3x4xf32>
  %a = tensor.extract_slice %h[0, 0, 0, 0] [2, 5, 3, 2] [1, 1, 1, 1] : tensor<2x5x3x4xf32> to tensor<2x5x3x2xf32>
  %b = tensor.extract_slice %h[0, 0, 0, 2] [2, 5, 3, 2] [1, 1, 1, 1] : tensor<2x5x3x4xf32> to tensor<2x5x3x2xf32>
  %e1 = tensor.empty() : tensor<2x5x3x2xf32>
  %m = linalg.negf ins(%b : tensor<2x5x3x2xf32>) outs(%e1 : tensor<2x5x3x2xf32>) -> tensor<2x5x3x2xf32>
  %r = tensor.concat dim(3) %m, %a : (tensor<2x5x3x2xf32>, tensor<2x5x3x2xf32>) -> tensor<2x5x3x4xf32>
  %e2 = tensor.empty() : tensor<2x5x3x4xf32>
  %y = linalg.generic {indexing_maps = [#all, #each, #all, #each, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%h, %cos, %r, %sin : tensor<2x5x3x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3x4xf32>, tensor<2x5x4xf32>) outs(%e2 : tensor<2x5x3x4xf32>) {
  ^bb0(%p: f32, %c: f32, %q0: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %q0, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<2x5x3x4xf32>
  return %y : tensor<2x5x3x4xf32>
}

// -----

// Angles that vary with the head: no rotation.

// CHECK-LABEL: func.func @by_head
// CHECK-NOT: dota.rotate
// CHECK: return
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @by_head(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>, %cos: tensor<5x3x4xf32>, %sin: tensor<5x4xf32>) -> tensor<5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %ay = tensor.extract_slice %h[0, 0, 0] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %by = tensor.extract_slice %h[0, 0, 2] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %ey = tensor.empty() : tensor<5x3x2xf32>
  %my = linalg.negf ins(%by : tensor<5x3x2xf32>) outs(%ey : tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  %ry = tensor.concat dim(2) %my, %ay : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  %oy = tensor.empty() : tensor<5x3x4xf32>
  %y = linalg.generic {indexing_maps = [#heads, #heads, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%h, %cos, %ry, %sin : tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x4xf32>) outs(%oy : tensor<5x3x4xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}

// -----

// Partners of another head: no rotation.

// CHECK-LABEL: func.func @other_head
// CHECK-NOT: dota.rotate
// CHECK: return
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @other_head(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>) -> tensor<5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %ay = tensor.extract_slice %h[0, 0, 0] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %by = tensor.extract_slice %h[0, 0, 2] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %ey = tensor.empty() : tensor<5x3x2xf32>
  %my = linalg.negf ins(%by : tensor<5x3x2xf32>) outs(%ey : tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  %ry = tensor.concat dim(2) %my, %ay : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  %first = tensor.extract_slice %ry[0, 1, 0] [5, 2, 4] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x2x4xf32>
  %last = tensor.extract_slice %ry[0, 0, 0] [5, 1, 4] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x1x4xf32>
  %swapped = tensor.concat dim(1) %first, %last : (tensor<5x2x4xf32>, tensor<5x1x4xf32>) -> tensor<5x3x4xf32>
  %oy = tensor.empty() : tensor<5x3x4xf32>
  %y = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%h, %cos, %swapped, %sin : tensor<5x3x4xf32>, tensor<5x4xf32>, tensor<5x3x4xf32>, tensor<5x4xf32>) outs(%oy : tensor<5x3x4xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}

// -----

// A product of the two of a pair: no rotation.

// CHECK-LABEL: func.func @products
// CHECK-NOT: dota.rotate
// CHECK: return
#heads = affine_map<(n, h, c) -> (n, h, c)>
#token = affine_map<(n, h, c) -> (n, c)>
func.func @products(%x: tensor<5x8xf32>, %w: tensor<8x12xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>) -> tensor<5x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %q = linalg.matmul ins(%x, %w : tensor<5x8xf32>, tensor<8x12xf32>) outs(%f0 : tensor<5x12xf32>) -> tensor<5x12xf32>
  %h = tensor.expand_shape %q [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %ay = tensor.extract_slice %h[0, 0, 0] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %by = tensor.extract_slice %h[0, 0, 2] [5, 3, 2] [1, 1, 1] : tensor<5x3x4xf32> to tensor<5x3x2xf32>
  %ey = tensor.empty() : tensor<5x3x2xf32>
  %my = linalg.negf ins(%by : tensor<5x3x2xf32>) outs(%ey : tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  %ry = tensor.concat dim(2) %my, %ay : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  %oy = tensor.empty() : tensor<5x3x4xf32>
  %y = linalg.generic {indexing_maps = [#heads, #token, #heads, #token, #heads], iterator_types = ["parallel", "parallel", "parallel"]} ins(%h, %cos, %ry, %sin : tensor<5x3x4xf32>, tensor<5x4xf32>, tensor<5x3x4xf32>, tensor<5x4xf32>) outs(%oy : tensor<5x3x4xf32>) {
  ^bb0(%p: f32, %c: f32, %r: f32, %s: f32, %out: f32):
    %pc = arith.mulf %p, %c : f32
    %rp = arith.mulf %r, %p : f32
    %rs = arith.mulf %rp, %s : f32
    %sum = arith.addf %pc, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}
