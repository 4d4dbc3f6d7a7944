// Tiles where little fits: 4096 bytes of SRAM a lane.
// RUN: dota-opt %s --split-input-file --dota-to-lane=machine=%S/Inputs/small.toml | FileCheck %s
// RUN: dota-opt %s --split-input-file --pass-pipeline='builtin.module(dota-to-lane{machine=%S/Inputs/small.toml},lane.program(lane-allocate-sram{machine=%S/Inputs/small.toml},lane-insert-waits,lane-verify{machine=%S/Inputs/small.toml}))' -o /dev/null

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>

// A long sum is made of several products; only the last part brings the bias.
// CHECK-LABEL: lane.program @long_sum
// CHECK: lane.stream 0
// CHECK: lane.matmul
// CHECK-NOT: accumulate
// CHECK-SAME: depth = [[DEPTH:[0-9]+]] : i64
// CHECK-NOT: lane.requantize
// CHECK: lane.matmul {{.*}}accumulate,{{.*}}depth = [[DEPTH]] : i64
// CHECK: lane.requantize {{.*}}hasBias
!b = !quant.uniform<i32<-2147483647:2147483647>:f32, 3.0517578125e-05>
dota.program @long_sum(%arg: tensor<4x1024xf32>) -> tensor<4x64xf32> {
  %w = dota.constant dense<3> : tensor<64x64xi16> : tensor<64x64x!w>
  %wl = dota.constant dense<3> : tensor<1024x64xi16> : tensor<1024x64x!w>
  %b = dota.constant dense<7> : tensor<64xi32> : tensor<64x!b>
  %r = dota.constant dense<9> : tensor<4x1024xi16> : tensor<4x1024x!x>
  %y = dota.linear %r, %wl, %b : tensor<4x1024x!x>, tensor<1024x64x!w>, tensor<64x!b> -> tensor<4x64x!x>
  %n = dota.softmax %y : tensor<4x64x!x> -> tensor<4x64x!x>
  %z = dota.linear %n, %w, %b : tensor<4x64x!x>, tensor<64x64x!w>, tensor<64x!b> -> tensor<4x64x!x>
  %f = dota.dequantize %z : tensor<4x64x!x> -> tensor<4x64xf32>
  dota.return %f : tensor<4x64xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// Keys and values of a head do not fit together: exponentials wait in DRAM. The
// first pass has no values, the second no keys.
// CHECK-LABEL: lane.program @two_passes
// CHECK: lane.stream 0
// CHECK: lane.matmul {{.*}}transposeB
// CHECK: lane.softmax
// CHECK-NOT: unsignedA
// CHECK: lane.store
// CHECK: lane.matmul {{.*}}unsignedA
// CHECK-NOT: transposeB
// CHECK: lane.normalize
// CHECK: lane.store
// CHECK: lane.halt
dota.program @two_passes(%q: tensor<8x16xf32>, %m: tensor<72x16xf32>) -> tensor<8x16xf32> {
  %x = dota.quantize %q : tensor<8x16xf32> -> tensor<8x16x!x>
  %k = dota.quantize %m : tensor<72x16xf32> -> tensor<72x16x!x>
  %a = dota.attention %x, %k, %k {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<8x16x!x>, tensor<72x16x!x>, tensor<72x16x!x>) -> tensor<8x16x!x>
  %y = dota.dequantize %a : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y : tensor<8x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i8<-127:127>:f32, 0.03125>

// Estimated scores of four rows at a time would not fit: one row by the other is
// selected, groups of four are ordered together.
// CHECK-LABEL: lane.program @rows_of_scores
// CHECK: lane.stream 0
// CHECK: lane.select {{.*}}firstRow = 0 : i64,{{.*}}rows = [[ROWS:[12]]] : i64}
// CHECK-NOT: lane.order
// CHECK: lane.select {{.*}}rows = [[ROWS]] : i64}
// CHECK: lane.order {{.*}}firstRow = 0 : i64,{{.*}}rows = 8 : i64}
// CHECK: lane.halt
dota.program @rows_of_scores(%q: tensor<8x2xf32>, %m: tensor<150x2xf32>) -> tensor<8x2xf32> {
  %x = dota.quantize %q : tensor<8x2xf32> -> tensor<8x2x!x>
  %k = dota.quantize %m : tensor<150x2xf32> -> tensor<150x2x!x>
  %lx = dota.quantize %q : tensor<8x2xf32> -> tensor<8x2x!d>
  %lk = dota.quantize %m : tensor<150x2xf32> -> tensor<150x2x!d>
  %mask = dota.detect %lx, %lk {heads = 1} : (tensor<8x2x!d>, tensor<150x2x!d>) -> !dota.mask<1x8x150, keep = 2>
  %a = dota.masked_attention %x, %k, %k mask %mask {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<8x2x!x>, tensor<150x2x!x>, tensor<150x2x!x>, !dota.mask<1x8x150, keep = 2>) -> tensor<8x2x!x>
  %y = dota.dequantize %a : tensor<8x2x!x> -> tensor<8x2xf32>
  dota.return %y : tensor<8x2xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// A tile of a causal attention has the keys that its last row can see, no others.
// CHECK-LABEL: lane.program @causal
// CHECK: lane.stream 0
// CHECK: lane.matmul {{.*}}cols = [[ROWS:[0-9]+]] : i64, depth = 4 : i64, rows = [[ROWS]] : i64, transposeB
// CHECK: lane.softmax {{.*}}cols = [[ROWS]] : i64, diagonal = 0 : i64
// CHECK: lane.matmul {{.*}}cols = 4 : i64, depth = [[ROWS]] : i64, rows = [[ROWS]] : i64, unsignedA
// CHECK: lane.softmax {{.*}}cols = 36 : i64, diagonal = 32 : i64
// CHECK: lane.softmax {{.*}}cols = 40 : i64, diagonal = 36 : i64
// CHECK: lane.matmul {{.*}}cols = 4 : i64, depth = 40 : i64, rows = [[ROWS]] : i64, unsignedA
// CHECK: lane.stream 1
dota.program @causal(%q: tensor<40x4xf32>) -> tensor<40x4xf32> {
  %x = dota.quantize %q : tensor<40x4xf32> -> tensor<40x4x!x>
  %a = dota.attention %x, %x, %x {heads = 1, kv_heads = 1, scale = 1.0 : f32, causal} : (tensor<40x4x!x>, tensor<40x4x!x>, tensor<40x4x!x>) -> tensor<40x4x!x>
  %y = dota.dequantize %a : tensor<40x4x!x> -> tensor<40x4xf32>
  dota.return %y : tensor<40x4xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i8<-127:127>:f32, 0.03125>

// So has a detection.
// CHECK-LABEL: lane.program @causal_detection
// CHECK: lane.estimate {{.*}}cols = [[FIRST:[0-9]+]] : i64, depth = 2 : i64, narrow = 1 : i64, rows = [[FIRST]] : i64
// CHECK: lane.select {{.*}}keys = [[FIRST]] : i64, {{.*}}rows = [[FIRST]] : i64
// CHECK: lane.select {{.*}}firstRow = 32 : i64, {{.*}}keys = 40 : i64
// CHECK: lane.halt
dota.program @causal_detection(%q: tensor<40x2xf32>) -> tensor<40x2xf32> {
  %x = dota.quantize %q : tensor<40x2xf32> -> tensor<40x2x!x>
  %l = dota.quantize %q : tensor<40x2xf32> -> tensor<40x2x!d>
  %mask = dota.detect %l, %l {heads = 1, causal} : (tensor<40x2x!d>, tensor<40x2x!d>) -> !dota.mask<1x40x40, keep = 4>
  %a = dota.masked_attention %x, %x, %x mask %mask {heads = 1, kv_heads = 1, scale = 1.0 : f32, causal} : (tensor<40x2x!x>, tensor<40x2x!x>, tensor<40x2x!x>, !dota.mask<1x40x40, keep = 4>) -> tensor<40x2x!x>
  %y = dota.dequantize %a : tensor<40x2x!x> -> tensor<40x2xf32>
  dota.return %y : tensor<40x2xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!d = !quant.uniform<i4<-7:7>:f32, 0.5>

// Neither keys nor values of a head fit. First all rows are detected; then a tile's
// keys are ordered once, and its scores stay while blocks of keys, then of values go by.
// CHECK-LABEL: lane.program @blocks
// CHECK: lane.stream 0
// CHECK-NOT: lane.order
// CHECK: lane.matmul {{.*}}depth = 4 : i64, narrow = 2 : i64
// CHECK: lane.select {{.*}}firstRow = 0 : i64, {{.*}}narrow = 2 : i64
// CHECK-NOT: lane.order
// CHECK: lane.select {{.*}}firstRow = 4 : i64
// CHECK: lane.order {{.*}}firstRow = 0 : i64
// CHECK-NOT: lane.order
// CHECK: lane.sddmm {{.*}}keys = [[KEYS:[0-9]+]] : i64, partial
// CHECK-NOT: lane.softmax
// CHECK: lane.sddmm {{.*}}{accumulate, {{.*}}firstKey = [[KEYS]] : i64, {{.*}}partial
// CHECK-NOT: lane.spmm
// CHECK: lane.softmax
// CHECK-NOT: lane.normalize
// CHECK: lane.spmm {{.*}}keys = [[KEYS]] : i64, partial
// CHECK-NOT: lane.normalize
// CHECK: lane.spmm {{.*}}{accumulate, {{.*}}firstKey = [[KEYS]] : i64, {{.*}}partial
// CHECK: lane.normalize
// CHECK: lane.halt
dota.program @blocks(%q: tensor<8x16xf32>, %m: tensor<300x16xf32>, %l: tensor<8x4xf32>, %n: tensor<300x4xf32>) -> tensor<8x16xf32> {
  %x = dota.quantize %q : tensor<8x16xf32> -> tensor<8x16x!x>
  %k = dota.quantize %m : tensor<300x16xf32> -> tensor<300x16x!x>
  %lx = dota.quantize %l : tensor<8x4xf32> -> tensor<8x4x!d>
  %lk = dota.quantize %n : tensor<300x4xf32> -> tensor<300x4x!d>
  %mask = dota.detect %lx, %lk {heads = 1} : (tensor<8x4x!d>, tensor<300x4x!d>) -> !dota.mask<1x8x300, keep = 4>
  %a = dota.masked_attention %x, %k, %k mask %mask {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<8x16x!x>, tensor<300x16x!x>, tensor<300x16x!x>, !dota.mask<1x8x300, keep = 4>) -> tensor<8x16x!x>
  %y = dota.dequantize %a : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y : tensor<8x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>

// Dense: the scores of all keys stay.
// CHECK-LABEL: lane.program @dense_blocks
// CHECK: lane.matmul {{.*}}cols = [[KEYS:[0-9]+]] : i64, depth = 16 : i64, {{.*}}transposeB
// CHECK-NOT: unsignedA
// CHECK: lane.matmul {{.*}}cols = 12 : i64, depth = 16 : i64, {{.*}}transposeB
// CHECK: lane.softmax {{.*}}cols = 140 : i64
// CHECK: lane.matmul {{.*}}aStride = 280 : i64, bPrecision = {{.*}}depth = [[KEYS]] : i64, {{.*}}unsignedA
// CHECK: lane.matmul {{.*}}aStride = 280 : i64, accumulate, {{.*}}depth = [[KEYS]] : i64, {{.*}}unsignedA
// CHECK: lane.matmul {{.*}}aStride = 280 : i64, accumulate, {{.*}}depth = 12 : i64, {{.*}}unsignedA
// CHECK: lane.normalize
dota.program @dense_blocks(%q: tensor<8x16xf32>, %m: tensor<140x16xf32>) -> tensor<8x16xf32> {
  %x = dota.quantize %q : tensor<8x16xf32> -> tensor<8x16x!x>
  %k = dota.quantize %m : tensor<140x16xf32> -> tensor<140x16x!x>
  %a = dota.attention %x, %k, %k {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<8x16x!x>, tensor<140x16x!x>, tensor<140x16x!x>) -> tensor<8x16x!x>
  %y = dota.dequantize %a : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y : tensor<8x16xf32>
}
