// What surrounds the arithmetic: signatures, programs, launches, calibration.
// RUN: dota-opt %s --dota-to-linalg -split-input-file | FileCheck %s
// RUN: dota-opt %s --dota-to-linalg --dota-to-linalg -split-input-file | FileCheck %s

!fx16 = !quant.uniform<i16<-32767:32767>:f32, 0.125>
!int4 = !quant.uniform<i4<-7:7>:f32, 0.125>
!bias = !quant.uniform<i32<-2147483647:2147483647>:f32, 0.015625>

// Stored integers and masks at every border.
// CHECK-LABEL: func.func @callee
// CHECK-SAME: (%{{.*}}: tensor<4x8xi16>, %{{.*}}: tensor<4x8xi8>, %{{.*}}: tensor<8xi32>, %{{.*}}: tensor<2x4x4xi1>) -> (tensor<4x8xi16>, tensor<2x4x4xi1>)
func.func @callee(%a: tensor<4x8x!fx16>, %b: tensor<4x8x!int4>, %c: tensor<8x!bias>, %m: !dota.mask<2x4x4, keep = 1>) -> (tensor<4x8x!fx16>, !dota.mask<2x4x4, keep = 1>) {
  return %a, %m : tensor<4x8x!fx16>, !dota.mask<2x4x4, keep = 1>
}

// CHECK-LABEL: func.func @caller
// CHECK: %[[C:.*]] = arith.constant dense<3> : tensor<4x8xi8>
// CHECK: call @callee(%{{.*}}, %[[C]], %{{.*}}, %{{.*}}) : (tensor<4x8xi16>, tensor<4x8xi8>, tensor<8xi32>, tensor<2x4x4xi1>) -> (tensor<4x8xi16>, tensor<2x4x4xi1>)
// CHECK: scf.for {{.*}} -> (tensor<4x8xi16>)
func.func @caller(%a: tensor<4x8x!fx16>, %c: tensor<8x!bias>, %m: !dota.mask<2x4x4, keep = 1>, %n: index) -> tensor<4x8x!fx16> {
  %b = dota.constant dense<3> : tensor<4x8xi8> : tensor<4x8x!int4>
  %y, %k = call @callee(%a, %b, %c, %m) : (tensor<4x8x!fx16>, tensor<4x8x!int4>, tensor<8x!bias>, !dota.mask<2x4x4, keep = 1>) -> (tensor<4x8x!fx16>, !dota.mask<2x4x4, keep = 1>)
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %z = scf.for %i = %zero to %n step %one iter_args(%x = %y) -> tensor<4x8x!fx16> {
    %next = dota.add %x, %a : (tensor<4x8x!fx16>, tensor<4x8x!fx16>) -> tensor<4x8x!fx16>
    scf.yield %next : tensor<4x8x!fx16>
  }
  return %z : tensor<4x8x!fx16>
}

// -----

// A loop of calls; what has no batch is shared.
// CHECK-LABEL: func.func @launch
// CHECK-SAME: %[[X:.*]]: tensor<3x4x8xf32>, %[[R:.*]]: tensor<8xf32>
// CHECK: scf.for %[[I:.*]] = {{.*}} iter_args(%[[ACC:.*]] = %{{.*}}) -> (tensor<3x4x8xf32>)
// CHECK:   %[[SLICE:.*]] = tensor.extract_slice %[[X]][%[[I]], 0, 0] [1, 4, 8] [1, 1, 1] : tensor<3x4x8xf32> to tensor<4x8xf32>
// CHECK:   %[[Y:.*]] = func.call @program(%[[SLICE]], %[[R]])
// CHECK:   tensor.insert_slice %[[Y]] into %[[ACC]][%[[I]], 0, 0] [1, 4, 8] [1, 1, 1]
func.func @launch(%x: tensor<3x4x8xf32>, %r: tensor<8xf32>) -> tensor<3x4x8xf32> {
  %y = dota.launch @program(%x, %r) {batch = 3} : (tensor<3x4x8xf32>, tensor<8xf32>) -> tensor<3x4x8xf32>
  return %y : tensor<3x4x8xf32>
}

// CHECK-LABEL: func.func @launch_one
// CHECK: call @program(%{{.*}}, %{{.*}}) : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
func.func @launch_one(%x: tensor<4x8xf32>, %r: tensor<8xf32>) -> tensor<4x8xf32> {
  %y = dota.launch @program(%x, %r) : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @program
// CHECK-SAME: (%{{.*}}: tensor<4x8xf32>, %{{.*}}: tensor<8xf32>) -> tensor<4x8xf32>
// CHECK: return %{{.*}} : tensor<4x8xf32>
dota.program @program(%x: tensor<4x8xf32>, %r: tensor<8xf32>) -> tensor<4x8xf32> {
  %y = dota.add %x, %r : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  dota.return %y : tensor<4x8xf32>
}

// -----

// One declaration; the recorder only reads.
// CHECK: func.func private @dotaObserve(i64, i64, tensor<*xf32> {bufferization.access = "read"}) attributes {llvm.emit_c_interface}
// CHECK-NOT: func.func private @dotaObserve
// CHECK-LABEL: func.func @observe
// CHECK: call @dotaObserve(%c7_i64, %c0_i64, %{{.*}}) : (i64, i64, tensor<*xf32>) -> ()
// CHECK: call @dotaObserve(%c8_i64, %c1_i64, %{{.*}}) : (i64, i64, tensor<*xf32>) -> ()
func.func @observe(%x: tensor<4x8xf32>) {
  dota.observe %x {id = 7} : tensor<4x8xf32>
  dota.observe %x {id = 8, moment} : tensor<4x8xf32>
  return
}
