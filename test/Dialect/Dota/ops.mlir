// Every op as text and as bytecode, and back.
// RUN: dota-opt %s | dota-opt | FileCheck %s
// RUN: dota-opt %s -emit-bytecode | dota-opt | FileCheck %s

!fx16 = !quant.uniform<i16<-32767:32767>:f32, 0.00390625>
!fx16w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!bias = !quant.uniform<i32<-2147483647:2147483647>:f32, 1.1920928955078125e-07>
!int4 = !quant.uniform<i4<-7:7>:f32, 0.25>
!columns = !quant.uniform<i4<-7:7>:f32:1, {0.25, 0.25, 0.5, 0.5}>
!int2 = !quant.uniform<i2<-1:1>:f32, 1.0>

// CHECK-LABEL: func.func @linear
func.func @linear(%x: tensor<4x8xf32>, %x3: tensor<2x4x8xf32>, %w: tensor<8x6xf32>, %b: tensor<6xf32>) {
  // CHECK: dota.linear %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32> -> tensor<4x6xf32>
  %0 = dota.linear %x, %w, %b : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32> -> tensor<4x6xf32>
  // CHECK: dota.linear %{{.*}}, %{{.*}} {dota.operand_ranges = array<f32: 1.000000e+00, 2.000000e+00>, dota.range = 3.000000e+00 : f32} : tensor<2x4x8xf32>, tensor<8x6xf32> -> tensor<2x4x6xf32>
  %1 = dota.linear %x3, %w {dota.range = 3.0 : f32, dota.operand_ranges = array<f32: 1.0, 2.0>} : tensor<2x4x8xf32>, tensor<8x6xf32> -> tensor<2x4x6xf32>
  return
}

// CHECK-LABEL: func.func @linear_live
func.func @linear_live(%x: tensor<4x8xf32>, %w: tensor<8x6xf32>, %b: tensor<6xf32>, %m: !dota.mask<4x3x4, keep = 1>) {
  // CHECK: dota.linear %{{.*}}, %{{.*}}, %{{.*}} live %{{.*}} {heads = 2 : i64} : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32> live !dota.mask<4x3x4, keep = 1> -> tensor<4x6xf32>
  %0 = dota.linear %x, %w, %b live %m {heads = 2} : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32> live !dota.mask<4x3x4, keep = 1> -> tensor<4x6xf32>
  // CHECK: dota.linear %{{.*}}, %{{.*}} live %{{.*}} {heads = 1 : i64} : tensor<4x8xf32>, tensor<8x6xf32> live !dota.mask<4x3x4, keep = 1> -> tensor<4x6xf32>
  %1 = dota.linear %x, %w live %m {heads = 1} : tensor<4x8xf32>, tensor<8x6xf32> live !dota.mask<4x3x4, keep = 1> -> tensor<4x6xf32>
  return
}

// CHECK-LABEL: func.func @linear_fixed
func.func @linear_fixed(%x: tensor<4x8x!fx16>, %w: tensor<8x4x!fx16w>, %b: tensor<4x!bias>) {
  // CHECK: dota.linear {{.*}} -> tensor<4x4x!quant.uniform<i16<-32767:32767>:f32, 3.906250e-03>>
  %0 = dota.linear %x, %w, %b : tensor<4x8x!fx16>, tensor<8x4x!fx16w>, tensor<4x!bias> -> tensor<4x4x!fx16>
  // CHECK: dota.linear {{.*}} {dota.exponents = array<i64: 2, 1>, dota.precision = #dota.precision<int4>} : {{.*}} -> tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {2.500000e-01,2.500000e-01,5.000000e-01,5.000000e-01}>>
  %1 = dota.linear %x, %w {dota.precision = #dota.precision<int4>, dota.exponents = array<i64: 2, 1>} : tensor<4x8x!fx16>, tensor<8x4x!fx16w> -> tensor<4x4x!columns>
  return
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<2x4x8xf32>, %k: tensor<2x6x4xf32>, %v: tensor<2x6x6xf32>, %bias: tensor<2x1x4x6xf32>) {
  // CHECK: dota.attention %{{.*}}, %{{.*}}, %{{.*}} {heads = 4 : i64, kv_heads = 2 : i64, scale = 5.000000e-01 : f32} : (tensor<2x4x8xf32>, tensor<2x6x4xf32>, tensor<2x6x6xf32>) -> tensor<2x4x12xf32>
  %0 = dota.attention %q, %k, %v {heads = 4, kv_heads = 2, scale = 0.5 : f32} : (tensor<2x4x8xf32>, tensor<2x6x4xf32>, tensor<2x6x6xf32>) -> tensor<2x4x12xf32>
  // CHECK: dota.attention %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} {causal, heads = 4 : i64, kv_heads = 2 : i64, scale = 5.000000e-01 : f32}
  %1 = dota.attention %q, %k, %v bias %bias {heads = 4, kv_heads = 2, scale = 0.5 : f32, causal} : (tensor<2x4x8xf32>, tensor<2x6x4xf32>, tensor<2x6x6xf32>, tensor<2x1x4x6xf32>) -> tensor<2x4x12xf32>
  return
}

// CHECK-LABEL: func.func @constant_mask
func.func @constant_mask() {
  // CHECK: dota.constant_mask dense<{{.*}}> : tensor<1x2x2xi32> : !dota.mask<2x1x2x4, keep = 2>
  %0 = dota.constant_mask dense<[[[0, 1], [1, -1]]]> : tensor<1x2x2xi32> : !dota.mask<2x1x2x4, keep = 2>
  // CHECK: dota.constant_mask dense<{{.*}}> : tensor<1x2x2xi32> scores dense<{{.*}}> : tensor<1x2x2xf32> grouping dense<{{.*}}> : tensor<1x2xi32> order dense<{{.*}}> : tensor<1x1x8xi32> of 2 : !dota.mask<1x2x4, keep = 2>
  %1 = dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32>
      scores dense<0.5> : tensor<1x2x2xf32> grouping dense<[[0, 1]]> : tensor<1x2xi32>
      order dense<[[[2, 3, 0, 1, 1, 0, 0, 1]]]> : tensor<1x1x8xi32> of 2 : !dota.mask<1x2x4, keep = 2>
  return
}

// CHECK-LABEL: func.func @detect
func.func @detect(%q: tensor<4x4x!int4>, %qc: tensor<4x4x!columns>, %x: tensor<4x8x!fx16>, %bias: tensor<1x1x4xf32>, %bits: tensor<4x8x!int2>, %keyBits: tensor<4x4x!int2>) {
  // CHECK: dota.detect %{{.*}}, %{{.*}} {heads = 2 : i64} : {{.*}} -> !dota.mask<2x4x4, keep = 1>
  %0 = dota.detect %qc, %q {heads = 2} : (tensor<4x4x!columns>, tensor<4x4x!int4>) -> !dota.mask<2x4x4, keep = 1>
  // CHECK: dota.detect %{{.*}}, %{{.*}} bias %{{.*}} {causal, heads = 2 : i64}
  %1 = dota.detect %q, %q bias %bias {heads = 2, causal} : (tensor<4x4x!int4>, tensor<4x4x!int4>, tensor<1x1x4xf32>) -> !dota.mask<2x4x4, keep = 3>
  // CHECK: dota.masked_attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} {heads = 2 : i64, kv_heads = 2 : i64, scale = 1.000000e+00 : f32}
  %2 = dota.masked_attention %x, %x, %x mask %0 {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x8x!fx16>, tensor<4x8x!fx16>, tensor<4x8x!fx16>, !dota.mask<2x4x4, keep = 1>) -> tensor<4x8x!fx16>
  // CHECK: dota.masked_attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} bias %{{.*}} {causal,
  %3 = dota.masked_attention %x, %x, %x mask %1 bias %bias {heads = 2, kv_heads = 2, scale = 1.0 : f32, causal} : (tensor<4x8x!fx16>, tensor<4x8x!fx16>, tensor<4x8x!fx16>, !dota.mask<2x4x4, keep = 3>, tensor<1x1x4xf32>) -> tensor<4x8x!fx16>
  // CHECK: dota.detect %{{.*}}, %{{.*}} {balance = 2 : i64, heads = 2 : i64, thresholds = array<f32: 1.500000e+00, 2.000000e+00>}
  %4 = dota.detect %qc, %q {heads = 2, thresholds = array<f32: 1.5, 2.0>, balance = 2} : (tensor<4x4x!columns>, tensor<4x4x!int4>) -> !dota.mask<2x4x4, keep = 1>
  // CHECK: dota.detect %{{.*}}, %{{.*}} {heads = 1 : i64, softmax_scale = 2.500000e-01 : f32, thresholds = array<f32: 2.000000e-03>}
  %5 = dota.detect %q, %q {heads = 1, thresholds = array<f32: 0.002>, softmax_scale = 0.25 : f32} : (tensor<4x4x!int4>, tensor<4x4x!int4>) -> !dota.mask<1x4x4, keep = 2>
  // CHECK: dota.detect %{{.*}}, %{{.*}} keys %{{.*}} bias %{{.*}} {heads = 4 : i64, kv_heads = 2 : i64}
  %hashed = dota.detect %bits, %keyBits keys %x bias %bias {heads = 4, kv_heads = 2} : (tensor<4x8x!int2>, tensor<4x4x!int2>, tensor<4x8x!fx16>, tensor<1x1x4xf32>) -> !dota.mask<4x4x4, keep = 2>
  // CHECK: dota.masked_attention {{.*}} !dota.mask<1x4x4, keep = 2>) ->
  %6 = dota.masked_attention %x, %x, %x mask %5 {heads = 2, kv_heads = 2, scale = 0.5 : f32} : (tensor<4x8x!fx16>, tensor<4x8x!fx16>, tensor<4x8x!fx16>, !dota.mask<1x4x4, keep = 2>) -> tensor<4x8x!fx16>
  return
}

// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<4x8xf32>, %g: tensor<8xf32>) {
  // CHECK: dota.softmax %{{.*}} : tensor<4x8xf32> -> tensor<4x8xf32>
  %0 = dota.softmax %x : tensor<4x8xf32> -> tensor<4x8xf32>
  // CHECK: dota.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 9.99999974E-6 : f32} : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  %1 = dota.layer_norm %x, %g, %g {epsilon = 1.0e-5 : f32} : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  // CHECK: dota.rms_norm %{{.*}}, %{{.*}} {epsilon = 9.99999974E-6 : f32}
  %2 = dota.rms_norm %x, %g {epsilon = 1.0e-5 : f32} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  // CHECK: dota.activation <gelu_tanh> %{{.*}} : tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = dota.activation <gelu_tanh> %x : tensor<4x8xf32> -> tensor<4x8xf32>
  // CHECK: dota.add %{{.*}}, %{{.*}} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  %4 = dota.add %x, %g : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  // CHECK: dota.mul %{{.*}}, %{{.*}} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %5 = dota.mul %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: dota.rotate %{{.*}}, %{{.*}} {distance = 2 : i64} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %6 = dota.rotate %x, %x {distance = 2} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: func.func @formats
func.func @formats(%x: tensor<4x4xf32>) {
  // CHECK: dota.quantize %{{.*}} : tensor<4x4xf32> -> tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {{.*}}>>
  %0 = dota.quantize %x : tensor<4x4xf32> -> tensor<4x4x!columns>
  // CHECK: dota.dequantize %{{.*}} : tensor<4x4x!quant.uniform<i4<-7:7>:f32:1, {{.*}}>> -> tensor<4x4xf32>
  %1 = dota.dequantize %0 : tensor<4x4x!columns> -> tensor<4x4xf32>
  // CHECK: dota.constant dense<[1, -7]> : tensor<2xi8> : tensor<2x!quant.uniform<i4<-7:7>:f32, 2.500000e-01>>
  %2 = dota.constant dense<[1, -7]> : tensor<2xi8> : tensor<2x!int4>
  // CHECK: dota.constant dense<1000000> : tensor<2xi32> : tensor<2x!quant.uniform<i32<-2147483647:2147483647>:f32, {{.*}}>>
  %3 = dota.constant dense<1000000> : tensor<2xi32> : tensor<2x!bias>
  // CHECK: dota.observe %{{.*}} {id = 3 : i64, moment} : tensor<4x4xf32>
  dota.observe %x {id = 3, moment} : tensor<4x4xf32>
  return
}

// CHECK-LABEL: dota.program @program(%{{.*}}: tensor<4x8xf32>, %{{.*}}: tensor<4xi32>) -> tensor<4x8xf32> {
// CHECK: dota.return %{{.*}} : tensor<4x8xf32>
dota.program @program(%x: tensor<4x8xf32>, %ids: tensor<4xi32>) -> tensor<4x8xf32> {
  dota.return %x : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @launch
func.func @launch(%x: tensor<2x4x8xf32>, %ids: tensor<4xi32>) {
  // CHECK: dota.launch @program(%{{.*}}, %{{.*}}) {batch = 2 : i64} : (tensor<2x4x8xf32>, tensor<4xi32>) -> tensor<2x4x8xf32>
  %y = dota.launch @program(%x, %ids) {batch = 2} : (tensor<2x4x8xf32>, tensor<4xi32>) -> tensor<2x4x8xf32>
  return
}
