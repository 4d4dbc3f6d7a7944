// RUN: dota-opt %s --dota-frontend | FileCheck %s

// TOSA becomes linalg, helpers are inlined and dropped, raw tensor arithmetic
// becomes linalg.generic, softmax is decomposed.

// CHECK-LABEL: func.func @main
// CHECK-NOT:     tosa.
// CHECK-NOT:     call
// CHECK-NOT:     linalg.softmax
// CHECK:         linalg.batch_matmul
// CHECK:         math.exp %{{.*}} : f32
// CHECK:         linalg.generic
// CHECK:         arith.maxnumf
// CHECK-NOT:   @helper
func.func @main(%x: tensor<1x4x8xf32>, %w: tensor<1x8x5xf32>) -> tensor<1x4x5xf32> {
  %zero = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %0 = tosa.matmul %x, %w, %zero, %zero : (tensor<1x4x8xf32>, tensor<1x8x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x5xf32>
  %1 = func.call @helper(%0) : (tensor<1x4x5xf32>) -> tensor<1x4x5xf32>
  %empty = tensor.empty() : tensor<1x4x5xf32>
  %2 = linalg.softmax dimension(2) ins(%1 : tensor<1x4x5xf32>) outs(%empty : tensor<1x4x5xf32>) -> tensor<1x4x5xf32>
  return %2 : tensor<1x4x5xf32>
}

func.func private @helper(%x: tensor<1x4x5xf32>) -> tensor<1x4x5xf32> {
  %0 = math.exp %x : tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// A scatter, which upstream does not lower, goes row by row.
// CHECK-LABEL: func.func @scatter
// CHECK-SAME: %[[VALUES:[a-z0-9]+]]: tensor<2x5x2xf32>, %[[INDICES:[a-z0-9]+]]: tensor<2x3xi32>, %[[ROWS:[a-z0-9]+]]: tensor<2x3x2xf32>)
// CHECK: scf.for %[[N:.*]] = %{{.*}} iter_args(%{{.*}} = %[[VALUES]])
// CHECK: scf.for %[[W:.*]] = %{{.*}} iter_args(%[[INTO:.*]] =
// CHECK: %[[I:.*]] = tensor.extract %[[INDICES]][%[[N]], %[[W]]]
// CHECK: %[[AT:.*]] = arith.index_cast %[[I]]
// CHECK: %[[ROW:.*]] = tensor.extract_slice %[[ROWS]][%[[N]], %[[W]], 0] [1, 1, 2]
// CHECK: tensor.insert_slice %[[ROW]] into %[[INTO]][%[[N]], %[[AT]], 0] [1, 1, 2]
func.func @scatter(%values: tensor<2x5x2xf32>, %indices: tensor<2x3xi32>, %rows: tensor<2x3x2xf32>) -> tensor<2x5x2xf32> {
  %0 = tosa.scatter %values, %indices, %rows : (tensor<2x5x2xf32>, tensor<2x3xi32>, tensor<2x3x2xf32>) -> tensor<2x5x2xf32>
  return %0 : tensor<2x5x2xf32>
}
