// RUN: dota-opt %s --split-input-file --verify-diagnostics --dota-to-lane=machine=%S/Inputs/small.toml

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

dota.program @row_too_long(%arg: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %x = dota.quantize %arg : tensor<4x256xf32> -> tensor<4x256x!x>
  // expected-error @+1 {{tile needs 4672 bytes of lane SRAM; 4096 available}}
  %s = dota.softmax %x : tensor<4x256x!x> -> tensor<4x256x!x>
  %y = dota.dequantize %s : tensor<4x256x!x> -> tensor<4x256xf32>
  dota.return %y : tensor<4x256xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

dota.program @too_many_keys(%arg: tensor<512x4xf32>) -> tensor<512x4xf32> {
  %x = dota.quantize %arg : tensor<512x4xf32> -> tensor<512x4x!x>
  // expected-error @+1 {{tile needs 5696 bytes of lane SRAM; 4096 available}}
  %a = dota.attention %x, %x, %x {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<512x4x!x>, tensor<512x4x!x>, tensor<512x4x!x>) -> tensor<512x4x!x>
  %y = dota.dequantize %a : tensor<512x4x!x> -> tensor<512x4xf32>
  dota.return %y : tensor<512x4xf32>
}

// -----

dota.program @not_quantised(%arg: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{works on 'tensor<4x8xf32>'; fixed point expected in a lane}}
  %y = dota.activation <relu> %arg : tensor<4x8xf32> -> tensor<4x8xf32>
  dota.return %y : tensor<4x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

dota.program @batch(%arg: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  %x = dota.quantize %arg : tensor<2x4x8xf32> -> tensor<2x4x8x!x>
  // expected-error @+1 {{works on 2 sequences; one expected}}
  %a = dota.attention %x, %x, %x {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x4x8x!x>, tensor<2x4x8x!x>, tensor<2x4x8x!x>) -> tensor<2x4x8x!x>
  %y = dota.dequantize %a : tensor<2x4x8x!x> -> tensor<2x4x8xf32>
  dota.return %y : tensor<2x4x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i2<-1:1>:f32, 1.0>

dota.program @heads_in_bytes(%arg: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %x = dota.quantize %arg : tensor<4x6xf32> -> tensor<4x6x!x>
  // expected-error @+1 {{makes a matrix in 2 bits whose heads of 3 columns fill no whole bytes; only dota.linear can}}
  %l = dota.quantize %arg : tensor<4x6xf32> -> tensor<4x6x!d>
  %mask = dota.detect %l, %l {heads = 2} : (tensor<4x6x!d>, tensor<4x6x!d>) -> !dota.mask<2x4x4, keep = 2>
  %a = dota.masked_attention %x, %x, %x mask %mask {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x6x!x>, tensor<4x6x!x>, tensor<4x6x!x>, !dota.mask<2x4x4, keep = 2>) -> tensor<4x6x!x>
  %y = dota.dequantize %a : tensor<4x6x!x> -> tensor<4x6xf32>
  dota.return %y : tensor<4x6xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!d = !quant.uniform<i2<-1:1>:f32, 1.0>

dota.program @heads_and_rows(%arg: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %w = dota.constant dense<3> : tensor<6x6xi16> : tensor<6x6x!w>
  %x = dota.quantize %arg : tensor<4x6xf32> -> tensor<4x6x!x>
  %l = dota.linear %x, %w : tensor<4x6x!x>, tensor<6x6x!w> -> tensor<4x6x!d>
  %mask = dota.detect %l, %l {heads = 2} : (tensor<4x6x!d>, tensor<4x6x!d>) -> !dota.mask<2x4x4, keep = 2>
  %a = dota.masked_attention %x, %x, %x mask %mask {heads = 2, kv_heads = 2, scale = 1.0 : f32} : (tensor<4x6x!x>, tensor<4x6x!x>, tensor<4x6x!x>, !dota.mask<2x4x4, keep = 2>) -> tensor<4x6x!x>
  %y = dota.dequantize %a : tensor<4x6x!x> -> tensor<4x6xf32>
  // expected-error @+1 {{takes a matrix in 2 bits whose heads of 3 columns fill no whole bytes}}
  %z = dota.dequantize %l : tensor<4x6x!d> -> tensor<4x6xf32>
  dota.return %y, %z : tensor<4x6xf32>, tensor<4x6xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

dota.program @no_order(%arg: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %x = dota.quantize %arg : tensor<4x8xf32> -> tensor<4x8x!x>
  // expected-error @+1 {{'dota.constant_mask' op has no order of its keys; dota-reorder-keys makes one}}
  %m = dota.constant_mask dense<1> : tensor<1x4x1xi32> : !dota.mask<1x4x4, keep = 1>
  %a = dota.masked_attention %x, %x, %x mask %m {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<4x8x!x>, tensor<4x8x!x>, tensor<4x8x!x>, !dota.mask<1x4x4, keep = 1>) -> tensor<4x8x!x>
  %y = dota.dequantize %a : tensor<4x8x!x> -> tensor<4x8xf32>
  dota.return %y : tensor<4x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

dota.program @group(%arg: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %x = dota.quantize %arg : tensor<5x8xf32> -> tensor<5x8x!x>
  // expected-error @+1 {{'dota.constant_mask' op has an order of 5 rows a group; at most 4 share a load on machine 'small'}}
  %m = dota.constant_mask dense<1> : tensor<1x5x1xi32>
      order dense<[[[1, 1, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0]]]> : tensor<1x1x12xi32> of 5 : !dota.mask<1x5x5, keep = 1>
  %a = dota.masked_attention %x, %x, %x mask %m {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<5x8x!x>, tensor<5x8x!x>, tensor<5x8x!x>, !dota.mask<1x5x5, keep = 1>) -> tensor<5x8x!x>
  %y = dota.dequantize %a : tensor<5x8x!x> -> tensor<5x8xf32>
  dota.return %y : tensor<5x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// expected-error @+1 {{is for an MFU in fp16 with exponentials of degree 3; that of machine 'small' is in fp32 with degree 6}}
dota.program @other_mfu(%arg: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {mfu = #dota.mfu<fp16, exp_degree = 3>} {
  %x = dota.quantize %arg : tensor<4x8xf32> -> tensor<4x8x!x>
  %y = dota.dequantize %x : tensor<4x8x!x> -> tensor<4x8xf32>
  dota.return %y : tensor<4x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>

dota.program @sequences(%a: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  %w = dota.constant dense<1> : tensor<8x8xi16> : tensor<8x8x!w>
  %x = dota.quantize %a : tensor<2x4x8xf32> -> tensor<2x4x8x!x>
  %m = dota.constant_mask dense<[[[1], [2], [1], [2]]]> : tensor<1x4x1xi32> : !dota.mask<2x1x4x4, keep = 1>
  // expected-error @+1 {{'dota.linear' op works on 2 sequences; one expected}}
  %k = dota.linear %x, %w live %m {heads = 1} : tensor<2x4x8x!x>, tensor<8x8x!w> live !dota.mask<2x1x4x4, keep = 1> -> tensor<2x4x8x!x>
  %z = dota.dequantize %k : tensor<2x4x8x!x> -> tensor<2x4x8xf32>
  dota.return %z : tensor<2x4x8xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32:1, {0.5, 0.25}>
dota.program @columns(%arg: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-error @+1 {{works on a matrix with an exponent for each column; only dota.linear and dota.detect can}}
  %x = dota.quantize %arg : tensor<4x2xf32> -> tensor<4x2x!x>
  %y = dota.dequantize %x : tensor<4x2x!x> -> tensor<4x2xf32>
  dota.return %y : tensor<4x2xf32>
}
