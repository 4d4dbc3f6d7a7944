// RUN: dota-opt %s --dota-raise --split-input-file --remark-format=emitRemark --remarks-filter=dota-raise -o /dev/null 2>&1 | FileCheck %s

// Every candidate has a remark: raised, or why not. Attention's are in near-misses-run.test.

#all = affine_map<(n, m) -> (n, m)>
#row = affine_map<(n, m) -> (n)>

// CHECK: :[[#@LINE+7]]:8: remark: [Passed] linear | Category:dota-raise | Function=raised | Remark=raised
// CHECK: :[[#@LINE+8]]:8: remark: [Passed] activation | {{.*}}Remark=raised
// CHECK: :[[#@LINE+7]]:8: remark: [Passed] add | {{.*}}Remark=raised
func.func @raised(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %h = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %a = linalg.tanh ins(%h : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.add ins(%a, %h : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// CHECK: remark: [Passed] mul | {{.*}}Function=product
func.func @product(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %g: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %a = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%x, %g : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.mul ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// CHECK: remark: [Missed] elementwise | {{.*}}Function=cosine | Remark="neither a norm nor an activation, nor a sum or product of such"
func.func @cosine(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %h = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.map { math.cos } ins(%h : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>)
  return %y : tensor<4x4xf32>
}

// -----

#all = affine_map<(n, m) -> (n, m)>
#row = affine_map<(n, m) -> (n)>

// CHECK: remark: [Missed] norm | {{.*}}Function=length | Remark="what the sum of squares is used for is no norm, or one without epsilon"
func.func @length(%x: tensor<4x6xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x6xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.mulf %a, %a : f32
    %r = arith.addf %o, %m : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// CHECK: remark: [Missed] linear | {{.*}}Function=two_activations | Remark="no factor is a weight: made of parameters, with a column of its own"
func.func @two_activations(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %e = tensor.empty() : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %h = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%h, %h : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// CHECK: remark: [Missed] linear | {{.*}}Function=windows | Remark="the windows of the convolution overlap"
func.func @windows(%x: tensor<1x2x8xf32>, %w: tensor<5x2x3xf32>) -> tensor<1x5x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x5x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x5x6xf32>) -> tensor<1x5x6xf32>
  %y = linalg.conv_1d_ncw_fcw ins(%x, %w : tensor<1x2x8xf32>, tensor<5x2x3xf32>) outs(%f : tensor<1x5x6xf32>) -> tensor<1x5x6xf32>
  return %y : tensor<1x5x6xf32>
}

// -----

// CHECK: remark: [Missed] linear | {{.*}}Function=groups | Remark="9 groups would take as many times the products"
func.func @groups(%x: tensor<9x3x2xf32>) -> tensor<9x3x2xf32> {
  %w = arith.constant dense<0.5> : tensor<9x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<9x3x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<9x3x2xf32>) -> tensor<9x3x2xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<9x3x2xf32>, tensor<9x2x2xf32>) outs(%f : tensor<9x3x2xf32>) -> tensor<9x3x2xf32>
  return %y : tensor<9x3x2xf32>
}

// -----

// CHECK: remark: [Missed] linear | {{.*}}Function=dynamic | Remark="its shape is dynamic"
func.func @dynamic(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>, %f: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: remark: [Missed] function | {{.*}}Function=blocks | Remark="it has several blocks"
func.func @blocks(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  cf.br ^next
^next:
  return %x : tensor<4x4xf32>
}

// -----

// CHECK: remark: [Missed] function | {{.*}}Function=vast | Remark="it has a tensor of more than 2^40 elements"
func.func @vast(%x: tensor<9223372036854775807x4xf32>, %w: tensor<4x4xf32>, %f: tensor<9223372036854775807x4xf32>) -> tensor<9223372036854775807x4xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<9223372036854775807x4xf32>, tensor<4x4xf32>) outs(%f : tensor<9223372036854775807x4xf32>) -> tensor<9223372036854775807x4xf32>
  return %y : tensor<9223372036854775807x4xf32>
}
