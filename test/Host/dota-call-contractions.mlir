// RUN: dota-opt --dota-call-contractions --split-input-file %s | FileCheck %s

// A transposed weight: its dimensions come in the order reduction, columns.

#x = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (n, k)>
#y = affine_map<(b, m, n, k) -> (b, m, n)>
// CHECK: func.func private @dotaContract(memref<*xf32>, memref<*xf32>, memref<*xf32>, i64, i64, i64, i64) attributes {llvm.emit_c_interface}
// CHECK-LABEL: func @linear
// CHECK-SAME: %[[X:.*]]: memref<2x16x8xf32>, %[[W:.*]]: memref<32x8xf32>, %[[Y:.*]]: memref<2x16x32xf32>
func.func @linear(%x: memref<2x16x8xf32>, %w: memref<32x8xf32>, %y: memref<2x16x32xf32>) {
  // CHECK-DAG: memref.cast %[[X]]
  // CHECK-DAG: %[[T:.*]] = memref.transpose %[[W]] (d0, d1) -> (d1, d0)
  // CHECK-DAG: memref.cast %[[T]]
  // CHECK: call @dotaContract
  // CHECK-NOT: linalg
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<2x16x8xf32>, memref<32x8xf32>) outs(%y : memref<2x16x32xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %t = arith.mulf %p, %q : f32
    %u = arith.addf %acc, %t : f32
    linalg.yield %u : f32
  }
  return
}

// -----

// Too small, integer, or a convolution: these stay.
// CHECK-LABEL: func @others
func.func @others(%a: memref<4x4xf32>, %b: memref<64x64xi32>, %s: memref<1x64x64x4xf32>,
                  %f: memref<3x3x4x8xf32>, %o: memref<1x62x62x8xf32>) {
  // CHECK: linalg.matmul
  linalg.matmul ins(%a, %a : memref<4x4xf32>, memref<4x4xf32>) outs(%a : memref<4x4xf32>)
  // CHECK: linalg.matmul
  linalg.matmul ins(%b, %b : memref<64x64xi32>, memref<64x64xi32>) outs(%b : memref<64x64xi32>)
  // CHECK: linalg.conv_2d_nhwc_hwcf
  linalg.conv_2d_nhwc_hwcf ins(%s, %f : memref<1x64x64x4xf32>, memref<3x3x4x8xf32>)
      outs(%o : memref<1x62x62x8xf32>)
  return
}
