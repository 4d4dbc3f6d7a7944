// RUN: dota-opt --dota-lower-launch %s | FileCheck %s

// CHECK: memref.global "private" constant @dota_text : memref<7xi8> = dense<[101, 110, 99, 111, 100, 101, 114]>
// CHECK-NOT: dota.program
dota.program @encoder(%x: tensor<4x8xf32>, %i: tensor<4x8xi32>) -> tensor<4x8xf32> {
  dota.return %x : tensor<4x8xf32>
}

// CHECK-LABEL: func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x4x8xf32>, %[[I:.*]]: tensor<4x8xi32>
func.func @main(%x: tensor<2x4x8xf32>, %i: tensor<4x8xi32>) -> tensor<2x4x8xf32> {
  // CHECK: %[[BATCH:.*]] = arith.constant 2 : i64
  // CHECK: call @dotaLaunch(%{{.*}}, %[[BATCH]]) : (memref<?xi8>, i64)
  // CHECK: %[[BX:.*]] = bufferization.to_buffer %[[X]] read_only
  // CHECK: %[[UX:.*]] = memref.cast %[[BX]]
  // CHECK: call @dotaLaunchOperandF32(%[[UX]]) : (memref<*xf32>)
  // CHECK: bufferization.to_buffer %[[I]] read_only
  // CHECK: call @dotaLaunchOperandI32(%{{.*}}) : (memref<*xi32>)
  // CHECK: %[[Y:.*]] = memref.alloc() : memref<2x4x8xf32>
  // CHECK: call @dotaLaunchResultF32
  // CHECK: call @dotaLaunchRun()
  // CHECK: %[[R:.*]] = bufferization.to_tensor %[[Y]] restrict writable
  // CHECK: return %[[R]]
  %y = dota.launch @encoder(%x, %i) {batch = 2 : i64} : (tensor<2x4x8xf32>, tensor<4x8xi32>) -> tensor<2x4x8xf32>
  return %y : tensor<2x4x8xf32>
}
