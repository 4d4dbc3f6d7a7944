// RUN: dota-opt --dota-outline-loops --duplicate-function-elimination %s | FileCheck %s

// Two layers with the same loops share a function; the table that the body reads
// is an argument, the constant is not.
// CHECK-LABEL: func @main
// CHECK-SAME: %[[A:.*]]: memref<4xindex>, %[[B:.*]]: memref<4xf32>, %[[T:.*]]: memref<9x2xf32>, %[[U:.*]]: memref<9x2xf32>
// CHECK: call @[[LOOPS:.*]](%[[A]], %[[B]], %[[T]])
// CHECK: call @[[LOOPS]](%[[A]], %[[B]], %[[U]])
// CHECK: func.func private @[[LOOPS]](%{{.*}}: memref<4xindex>, %{{.*}}: memref<4xf32>, %[[TABLE:.*]]: memref<9x2xf32>) attributes {passthrough = ["noinline"]}
// CHECK: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: linalg.generic
// CHECK: memref.load %[[TABLE]][%{{.*}}, %[[ONE]]]
// CHECK-NOT: func.func
func.func @main(%a: memref<4xindex>, %b: memref<4xf32>, %t: memref<9x2xf32>, %u: memref<9x2xf32>) {
  %one = arith.constant 1 : index
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : memref<4xindex>) outs(%b : memref<4xf32>) {
  ^bb0(%id: index, %old: f32):
    %v = memref.load %t[%id, %one] : memref<9x2xf32>
    linalg.yield %v : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : memref<4xindex>) outs(%b : memref<4xf32>) {
  ^bb0(%id: index, %old: f32):
    %v = memref.load %u[%id, %one] : memref<9x2xf32>
    linalg.yield %v : f32
  }
  return
}
