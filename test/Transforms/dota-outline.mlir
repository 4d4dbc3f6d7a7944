// RUN: dota-opt --dota-outline --split-input-file %s | FileCheck %s
// RUN: dota-opt --dota-outline --dota-outline --split-input-file %s | FileCheck %s
// RUN: dota-opt --dota-outline --split-input-file --remarks-filter=dota-outline %s 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!q = !quant.uniform<i16<-32767:32767>:f32, 0.0009765625>

// One program of a batch; the row is shared by all sequences.
// CHECK: dota.program @program_0(%[[X:.*]]: tensor<4x8xf32>, %[[ROW:.*]]: tensor<8xf32>) -> tensor<4x8xf32> {
// CHECK-NEXT: %[[QX:.*]] = dota.quantize %[[X]] : tensor<4x8xf32>
// CHECK-NEXT: %[[QROW:.*]] = dota.quantize %[[ROW]] : tensor<8xf32>
// CHECK-NEXT: %[[SUM:.*]] = dota.add %[[QX]], %[[QROW]]
// CHECK-NEXT: %[[Y:.*]] = dota.dequantize %[[SUM]]
// CHECK-NEXT: dota.return %[[Y]] : tensor<4x8xf32>
// CHECK-LABEL: func @batch
// CHECK-SAME: %[[X:.*]]: tensor<2x4x8xf32>, %[[ROW:.*]]: tensor<8xf32>
// CHECK: %[[Y:.*]] = dota.launch @program_0(%[[X]], %[[ROW]]) {batch = 2 : i64} : (tensor<2x4x8xf32>, tensor<8xf32>) -> tensor<2x4x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @batch(%x: tensor<2x4x8xf32>, %row: tensor<8xf32>) -> tensor<2x4x8xf32> {
  %0 = dota.quantize %x : tensor<2x4x8xf32> -> tensor<2x4x8x!q>
  %1 = dota.quantize %row : tensor<8xf32> -> tensor<8x!q>
  %2 = dota.add %0, %1 : (tensor<2x4x8x!q>, tensor<8x!q>) -> tensor<2x4x8x!q>
  %y = dota.dequantize %2 : tensor<2x4x8x!q> -> tensor<2x4x8xf32>
  return %y : tensor<2x4x8xf32>
}

// -----

!q = !quant.uniform<i16<-32767:32767>:f32, 0.0009765625>

// No batch: a launch without one.
// CHECK-LABEL: func @one_sequence
// CHECK: dota.launch @program_0(%{{.*}}) : (tensor<4x8xf32>) -> tensor<4x8xf32>
func.func @one_sequence(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = dota.quantize %x : tensor<4x8xf32> -> tensor<4x8x!q>
  %1 = dota.activation <relu> %0 : tensor<4x8x!q> -> tensor<4x8x!q>
  %y = dota.dequantize %1 : tensor<4x8x!q> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

!q = !quant.uniform<i16<-32767:32767>:f32, 0.0009765625>
!w = !quant.uniform<i16<-32767:32767>:f32, 6.103515625e-05>
!d = !quant.uniform<i4<-7:7>:f32:2, {1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0}>

// The host's cosine cuts the region; the relu before the cut is needed after it
// and crosses as f32. The detector goes to where its mask is read, and the bias
// that all sequences share loses its batch dimension.
// REMARK: DeviceRegionCut {{.*}}'math.cos' runs on the host between device ops
// CHECK: dota.program @program_0(%{{.*}}: tensor<4x8xf32>) -> tensor<4x8xf32> {
// CHECK-NOT: dota.linear
// CHECK: dota.activation
// CHECK: dota.program @program_1(%[[X:.*]]: tensor<4x8xf32>, %[[BIAS:.*]]: tensor<1x4x4xf32>, %[[COS:.*]]: tensor<4x8xf32>, %[[RELU:.*]]: tensor<4x8xf32>) -> tensor<4x8xf32> {
// CHECK: %[[W:.*]] = dota.constant
// CHECK: %[[F:.*]] = dota.linear %{{.*}}, %[[W]] : {{.*}} -> tensor<4x8x!quant.uniform<i4<-7:7>:f32:1,
// CHECK: %[[MASK:.*]] = dota.detect %[[F]], %[[F]] bias %[[BIAS]] {{.*}} -> !dota.mask<1x4x4, keep = 2>
// CHECK: dota.masked_attention %{{.*}}, %{{.*}}, %{{.*}} mask %[[MASK]] bias %[[BIAS]]
// CHECK-LABEL: func @cut
// CHECK-SAME: %[[X:.*]]: tensor<2x4x8xf32>, %[[B:.*]]: tensor<1x1x4x4xf32>
// CHECK: %[[SHARED:.*]] = tensor.collapse_shape %[[B]]
// CHECK: %[[RELU:.*]] = dota.launch @program_0(%[[X]])
// CHECK: %[[COS:.*]] = math.cos %[[RELU]]
// CHECK: dota.launch @program_1(%[[X]], %[[SHARED]], %[[COS]], %[[RELU]]) {batch = 2 : i64}
func.func @cut(%x: tensor<2x4x8xf32>, %b: tensor<1x1x4x4xf32>) -> tensor<2x4x8xf32> {
  %w = dota.constant dense<100> : tensor<8x8xi16> : tensor<8x8x!w>
  %0 = dota.quantize %x : tensor<2x4x8xf32> -> tensor<2x4x8x!q>
  %1 = dota.activation <relu> %0 : tensor<2x4x8x!q> -> tensor<2x4x8x!q>
  %f = dota.linear %0, %w : tensor<2x4x8x!q>, tensor<8x8x!w> -> tensor<2x4x8x!d>
  %m = dota.detect %f, %f bias %b {heads = 1 : i64} : (tensor<2x4x8x!d>, tensor<2x4x8x!d>, tensor<1x1x4x4xf32>) -> !dota.mask<2x1x4x4, keep = 2>
  %2 = dota.dequantize %1 : tensor<2x4x8x!q> -> tensor<2x4x8xf32>
  %cos = math.cos %2 : tensor<2x4x8xf32>
  %3 = dota.quantize %cos : tensor<2x4x8xf32> -> tensor<2x4x8x!q>
  %4 = dota.masked_attention %3, %1, %1 mask %m bias %b {heads = 1 : i64, kv_heads = 1 : i64, scale = 1.0 : f32} : (tensor<2x4x8x!q>, tensor<2x4x8x!q>, tensor<2x4x8x!q>, !dota.mask<2x1x4x4, keep = 2>, tensor<1x1x4x4xf32>) -> tensor<2x4x8x!q>
  %y = dota.dequantize %4 : tensor<2x4x8x!q> -> tensor<2x4x8xf32>
  return %y : tensor<2x4x8xf32>
}

// -----

!q = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// A known mask goes along with its readers, for each sequence the same.
// CHECK-LABEL: dota.program @program_0(%{{.*}}: tensor<4x8xf32>) -> tensor<4x8xf32> {
// CHECK: %[[MASK:.*]] = dota.constant_mask {{.*}} : !dota.mask<1x4x4, keep = 2>
// CHECK: dota.masked_attention %{{.*}} mask %[[MASK]]
// CHECK-LABEL: func @known
// CHECK-NOT: dota.constant_mask
func.func @known(%x: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  %m = dota.constant_mask dense<[[[0, 1], [1, 2], [2, 3], [3, -1]]]> : tensor<1x4x2xi32> : !dota.mask<2x1x4x4, keep = 2>
  %0 = dota.quantize %x : tensor<2x4x8xf32> -> tensor<2x4x8x!q>
  %1 = dota.masked_attention %0, %0, %0 mask %m {heads = 1 : i64, kv_heads = 1 : i64, scale = 1.0 : f32} : (tensor<2x4x8x!q>, tensor<2x4x8x!q>, tensor<2x4x8x!q>, !dota.mask<2x1x4x4, keep = 2>) -> tensor<2x4x8x!q>
  %y = dota.dequantize %1 : tensor<2x4x8x!q> -> tensor<2x4x8xf32>
  return %y : tensor<2x4x8xf32>
}
