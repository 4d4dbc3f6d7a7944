// RUN: dota-opt %s --split-input-file --dota-skip-dead-keys=dead=0.5 --remarks-filter=dota-skip-dead-keys 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks
// RUN: dota-opt %s --split-input-file --dota-skip-dead-keys=dead=0.5 --dota-skip-dead-keys=dead=0.5 | FileCheck %s
// RUN: dota-opt %s --split-input-file -o %t.same && dota-opt %t.same --split-input-file --dota-skip-dead-keys=dead=0 | diff %t.same -
// RUN: not dota-opt %s --split-input-file --dota-skip-dead-keys=dead=2 2>&1 | FileCheck %s --check-prefix=SHARE
// RUN: not dota-opt %s --split-input-file --dota-skip-dead-keys=machine=absent 2>&1 | FileCheck %s --check-prefix=MACHINE

// SHARE: error: dead is 2.000000e+00; a share up to 1 expected
// MACHINE: error: {{.*}}absent

// Keys are rotated on their way to attention. With the values they move behind the
// mask; queries stay.
//
// REMARK: keys that no query keeps are not projected{{.*}}costCycles=720, dead=5.000000e-01, linears=2, savedCycles=2048
// CHECK-LABEL: @moved
// CHECK: %[[Q:.*]] = dota.linear %{{.*}}, %{{.*}} : tensor<64x256xf32>
// CHECK: %[[M:.*]] = dota.detect
// CHECK-NEXT: %[[K:.*]] = dota.linear %arg0, %arg2 live %[[M]] {heads = 4 : i64} : tensor<64x256xf32>, tensor<256x256xf32> live !dota.mask<4x64x64, keep = 8> -> tensor<64x256xf32>
// CHECK-NEXT: %[[R:.*]] = dota.rotate %[[K]]
// CHECK-NEXT: %[[V:.*]] = dota.linear %arg0, %arg2, %arg4 live %[[M]] {heads = 4 : i64}
// CHECK-NEXT: dota.masked_attention %[[Q]], %[[R]], %[[V]] mask %[[M]]
func.func @moved(%x: tensor<64x256xf32>, %l: tensor<64x16xf32>, %w: tensor<256x256xf32>, %t: tensor<64x128xf32>, %b: tensor<256xf32>) -> tensor<64x256xf32> {
  %q = dota.linear %x, %w : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %k = dota.linear %x, %w : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %r = dota.rotate %k, %t {distance = 32} : (tensor<64x256xf32>, tensor<64x128xf32>) -> tensor<64x256xf32>
  %v = dota.linear %x, %w, %b : tensor<64x256xf32>, tensor<256x256xf32>, tensor<256xf32> -> tensor<64x256xf32>
  %m = dota.detect %l, %l {heads = 4} : (tensor<64x16xf32>, tensor<64x16xf32>) -> !dota.mask<4x64x64, keep = 8>
  %y = dota.masked_attention %q, %r, %v mask %m {heads = 4, kv_heads = 4, scale = 0.1 : f32} : (tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, !dota.mask<4x64x64, keep = 8>) -> tensor<64x256xf32>
  return %y : tensor<64x256xf32>
}

// -----

// A detector that reads the keys comes after them, but before the values.
//
// REMARK: keys that no query keeps are not projected{{.*}}linears=1
// CHECK-LABEL: @oracle
// CHECK: %[[K:.*]] = dota.linear %{{.*}}, %{{.*}} : tensor<64x256xf32>
// CHECK: dota.detect %{{.*}}, %[[K]]
// CHECK-NEXT: dota.linear {{.*}} live
func.func @oracle(%x: tensor<64x256xf32>, %w: tensor<256x256xf32>) -> tensor<64x256xf32> {
  %k = dota.linear %x, %w : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %v = dota.linear %x, %w : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %m = dota.detect %x, %k {heads = 4} : (tensor<64x256xf32>, tensor<64x256xf32>) -> !dota.mask<4x64x64, keep = 8>
  %y = dota.masked_attention %x, %k, %v mask %m {heads = 4, kv_heads = 4, scale = 0.1 : f32} : (tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, !dota.mask<4x64x64, keep = 8>) -> tensor<64x256xf32>
  return %y : tensor<64x256xf32>
}

// -----

// Keys and values of one linear, and a mask made of it.
//
// REMARK: all keys are projected: its mask is made of its keys
// CHECK-LABEL: @entangled
// CHECK-NOT: live
func.func @entangled(%x: tensor<64x256xf32>, %w: tensor<256x256xf32>) -> tensor<64x256xf32> {
  %k = dota.linear %x, %w : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %n = dota.activation <tanh> %k : tensor<64x256xf32> -> tensor<64x256xf32>
  %m = dota.detect %x, %n {heads = 4} : (tensor<64x256xf32>, tensor<64x256xf32>) -> !dota.mask<4x64x64, keep = 8>
  %y = dota.masked_attention %x, %n, %n mask %m {heads = 4, kv_heads = 4, scale = 0.1 : f32} : (tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, !dota.mask<4x64x64, keep = 8>) -> tensor<64x256xf32>
  return %y : tensor<64x256xf32>
}

// -----

// Few features: finding the mask first costs more. Something else reads the values.
//
// REMARK: all keys are projected: finding its mask first costs more{{.*}}costCycles=
// CHECK-LABEL: @dear
// CHECK-NOT: live
func.func @dear(%x: tensor<64x8xf32>, %l: tensor<64x16xf32>, %w: tensor<8x16xf32>) -> (tensor<64x16xf32>, tensor<64x16xf32>) {
  %k = dota.linear %x, %w : tensor<64x8xf32>, tensor<8x16xf32> -> tensor<64x16xf32>
  %v = dota.linear %x, %w : tensor<64x8xf32>, tensor<8x16xf32> -> tensor<64x16xf32>
  %m = dota.detect %l, %l {heads = 4} : (tensor<64x16xf32>, tensor<64x16xf32>) -> !dota.mask<4x64x64, keep = 8>
  %y = dota.masked_attention %l, %k, %v mask %m {heads = 4, kv_heads = 4, scale = 0.1 : f32} : (tensor<64x16xf32>, tensor<64x16xf32>, tensor<64x16xf32>, !dota.mask<4x64x64, keep = 8>) -> tensor<64x16xf32>
  return %y, %v : tensor<64x16xf32>, tensor<64x16xf32>
}

// -----

// What a known mask keeps is counted: of two heads of two keys three, and two for the
// key head that both share. The mask moves, not the linear.
//
// REMARK: keys that no query keeps are not projected{{.*}}costCycles=0, dead=2.500000e-01, linears=1
// REMARK: all keys are projected: every key is kept
// CHECK-LABEL: @known
// CHECK-NEXT: dota.constant_mask
// CHECK: dota.linear %{{.*}} live %{{.*}} {heads = 2 : i64}
// CHECK-LABEL: @shared
// CHECK-NOT: live
func.func @known(%x: tensor<2x64xf32>, %w: tensor<64x64xf32>) -> tensor<2x64xf32> {
  %k = dota.linear %x, %w : tensor<2x64xf32>, tensor<64x64xf32> -> tensor<2x64xf32>
  %m = dota.constant_mask dense<[[[0], [1]], [[1], [1]]]> : tensor<2x2x1xi32> : !dota.mask<2x2x2, keep = 1>
  %y = dota.masked_attention %x, %k, %k mask %m {heads = 2, kv_heads = 2, scale = 0.1 : f32} : (tensor<2x64xf32>, tensor<2x64xf32>, tensor<2x64xf32>, !dota.mask<2x2x2, keep = 1>) -> tensor<2x64xf32>
  return %y : tensor<2x64xf32>
}
func.func @shared(%x: tensor<2x64xf32>, %w: tensor<64x32xf32>) -> tensor<2x64xf32> {
  %m = dota.constant_mask dense<[[[0], [1]], [[1], [1]]]> : tensor<2x2x1xi32> : !dota.mask<2x2x2, keep = 1>
  %k = dota.linear %x, %w : tensor<2x64xf32>, tensor<64x32xf32> -> tensor<2x32xf32>
  %y = dota.masked_attention %x, %k, %k mask %m {heads = 2, kv_heads = 1, scale = 0.1 : f32} : (tensor<2x64xf32>, tensor<2x32xf32>, tensor<2x32xf32>, !dota.mask<2x2x2, keep = 1>) -> tensor<2x64xf32>
  return %y : tensor<2x64xf32>
}
