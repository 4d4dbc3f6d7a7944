// One op at a time, and what runs together. The machine has 4 lanes.
// RUN: dota-opt %s --split-input-file --dota-to-lane | FileCheck %s
// RUN: dota-opt %s --split-input-file --pass-pipeline='builtin.module(dota-to-lane,lane.program(lane-allocate-sram,lane-insert-waits,lane-verify))' -o /dev/null
// RUN: dota-opt %s --split-input-file --pass-pipeline='builtin.module(dota-to-lane{machine=dota-iso},lane.program(lane-allocate-sram{machine=dota-iso},lane-insert-waits,lane-verify{machine=dota-iso}))' -o /dev/null
// RUN: dota-opt %s --split-input-file --dota-to-lane --mlir-print-debuginfo | FileCheck %s --check-prefix=LOC

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!b = !quant.uniform<i32<-2147483647:2147483647>:f32, 3.0517578125e-05>

// An encoder layer's attention (docs/lowering.md). Rows of x are quantised by the
// lane that has them; a barrier; each lane's head; partial sums; a barrier; rows.
// CHECK-LABEL: lane.program @encoder
// CHECK-SAME: macs = 81920 : i64, pairs_dense = 1024 : i64, pairs_kept = 1024 : i64
// CHECK: lane.input "arg0" at 0 : tensor<16x32xf32>
// CHECK: lane.output "result0" at 2048 : tensor<16x32xf32>
// CHECK: lane.stream 0
// CHECK: lane.quantize
// CHECK-SAME: to = 10
// CHECK: lane.store
// CHECK: lane.barrier {id = 0 : i64}
// Queries, keys, values: 8 columns of each, 16 rows, biases behind the weights.
// CHECK: lane.matmul {{.*}}cols = 8 : i64, depth = 32 : i64, rows = 16 : i64}
// CHECK: lane.requantize {{.*}}{biasShift = 10 : i64, cols = 8 : i64, hasBias
// CHECK-SAME: shift = 15
// They stay: nothing goes to DRAM before the partial sums.
// CHECK-NOT: lane.store
// CHECK: lane.matmul {{.*}}cols = 16 : i64, depth = 8 : i64, rows = 16 : i64, transposeB}
// CHECK: lane.softmax {{.*}}scale = 1.1920929E-7 : f32}
// CHECK: lane.matmul {{.*}}cols = 8 : i64, depth = 16 : i64, rows = 16 : i64, unsignedA}
// CHECK: lane.normalize
// CHECK: lane.matmul {{.*}}cols = 32 : i64, depth = 8 : i64, rows = 16 : i64}
// CHECK: lane.store {{.*}}rowBytes = 4096
// CHECK: lane.barrier {id = 1 : i64}
// CHECK-COUNT-3: lane.accumulate
// CHECK: lane.requantize {{.*}}hasBias
// CHECK: lane.add
// CHECK: lane.layer_norm
// CHECK: lane.dequantize
// CHECK: lane.store
// CHECK: lane.halt
// CHECK: lane.stream 3
// CHECK: lane.barrier {id = 0 : i64}
// CHECK: lane.barrier {id = 1 : i64}
// CHECK: lane.halt

// Every instruction says which op it is of.
// LOC-LABEL: lane.program @encoder
// LOC: lane.softmax {{.*}}loc([[SOFTMAX:#loc[0-9]+]])
// LOC: lane.layer_norm {{.*}}loc([[NORM:#loc[0-9]+]])
// LOC: [[SOFTMAX]] = loc("attention"(#{{.*}}))
// LOC: [[NORM]] = loc("layer_norm"(#{{.*}}))
dota.program @encoder(%arg: tensor<16x32xf32>) -> tensor<16x32xf32> {
  %w = dota.constant dense<3> : tensor<32x32xi16> : tensor<32x32x!w>
  %b = dota.constant dense<7> : tensor<32xi32> : tensor<32x!b>
  %g = arith.constant dense<1.0> : tensor<32xf32>
  %x = dota.quantize %arg : tensor<16x32xf32> -> tensor<16x32x!x>
  %q = dota.linear %x, %w, %b : tensor<16x32x!x>, tensor<32x32x!w>, tensor<32x!b> -> tensor<16x32x!x>
  %k = dota.linear %x, %w, %b : tensor<16x32x!x>, tensor<32x32x!w>, tensor<32x!b> -> tensor<16x32x!x>
  %v = dota.linear %x, %w : tensor<16x32x!x>, tensor<32x32x!w> -> tensor<16x32x!x>
  %a = dota.attention %q, %k, %v {heads = 4, kv_heads = 4, scale = 0.125 : f32} : (tensor<16x32x!x>, tensor<16x32x!x>, tensor<16x32x!x>) -> tensor<16x32x!x>
  %o = dota.linear %a, %w, %b : tensor<16x32x!x>, tensor<32x32x!w>, tensor<32x!b> -> tensor<16x32x!x>
  %r = dota.add %x, %o : (tensor<16x32x!x>, tensor<16x32x!x>) -> tensor<16x32x!x>
  %n = dota.layer_norm %r, %g, %g {epsilon = 1.0e-5 : f32} : (tensor<16x32x!x>, tensor<32xf32>, tensor<32xf32>) -> tensor<16x32x!x>
  %y = dota.dequantize %n : tensor<16x32x!x> -> tensor<16x32xf32>
  dota.return %y : tensor<16x32xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i8<-127:127>:f32, 7.8125e-03>

// A feed-forward block: the activation on the tiles of the first linear, its result
// in SRAM, partial sums from the second. The gate's tile meets the other's.
// CHECK-LABEL: lane.program @gated
// CHECK: lane.barrier {id = 0 : i64}
// CHECK: lane.matmul {{.*}}bPrecision = #dota.precision<fx8>
// CHECK: lane.activation {{.*}}kind = #dota.activation_kind<silu>
// CHECK-NOT: lane.store
// CHECK: lane.mul
// CHECK-NOT: lane.accumulate
// CHECK: lane.barrier {id = 1 : i64}
// CHECK: lane.accumulate
dota.program @gated(%arg: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %w = dota.constant dense<3> : tensor<16x64xi8> : tensor<16x64x!w>
  %wo = dota.constant dense<-3> : tensor<64x16xi8> : tensor<64x16x!w>
  %x = dota.quantize %arg : tensor<8x16xf32> -> tensor<8x16x!x>
  %g = dota.linear %x, %w : tensor<8x16x!x>, tensor<16x64x!w> -> tensor<8x64x!x>
  %s = dota.activation <silu> %g : tensor<8x64x!x> -> tensor<8x64x!x>
  %u = dota.linear %x, %w : tensor<8x16x!x>, tensor<16x64x!w> -> tensor<8x64x!x>
  %h = dota.mul %s, %u : (tensor<8x64x!x>, tensor<8x64x!x>) -> tensor<8x64x!x>
  %o = dota.linear %h, %wo : tensor<8x64x!x>, tensor<64x16x!w> -> tensor<8x16x!x>
  %y = dota.dequantize %o : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y : tensor<8x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!d = !quant.uniform<i4<-7:7>:f32:1, {1.0, 1.0, 0.5, 0.5, 1.0, 1.0, 2.0, 2.0}>

// Detection with an exponent for each head, then the kept keys alone. The schedule
// groups as many rows as the machine does.
// CHECK-LABEL: lane.program @masked
// CHECK-SAME: pairs_dense = 272 : i64}
// CHECK: lane.mask 0 {heads = 4 : i64, keep = 4 : i64, keys = 12 : i64, rows = 8 : i64}
// CHECK: lane.stream 0
// CHECK: lane.requantize {{.*}}cols = 2 : i64, {{.*}}precision = #dota.precision<int4>, rows = 8 : i64, shift = 25 : i64}
// CHECK: lane.estimate {{.*}}{aPrecision = #dota.precision<int4>, {{.*}}bPrecision = #dota.precision<int4>, {{.*}}cols = 12 : i64, depth = 2 : i64, narrow = 2 : i64, rows = 8 : i64}
// CHECK: lane.select {{.*}}{biasStride = 0 : i64, causal, diagonal = 4 : i64, firstRow = 0 : i64, hasBias, head = 0 : i64, keep = 4 : i64, keys = 12 : i64, mask = 0 : i64, narrow = 2 : i64, rows = 8 : i64}
// CHECK: lane.order {{.*}}{firstRow = 0 : i64, group = 4 : i64, head = 0 : i64, keep = 4 : i64, keys = 12 : i64, mask = 0 : i64, rows = 8 : i64}
// CHECK: lane.sddmm {{.*}}depth = 4 : i64, group = 4 : i64, kStride = 8 : i64, keep = 4 : i64, keys = 12 : i64
// CHECK: lane.softmax {{.*}}causal, cols = 4 : i64, diagonal = 4 : i64, hasBias, hasIds, keys = 12 : i64
// CHECK: lane.spmm {{.*}}cols = 4 : i64, group = 4 : i64, keep = 4 : i64, keys = 12 : i64
// CHECK: lane.normalize
// CHECK: lane.stream 1
// CHECK: lane.requantize {{.*}}precision = #dota.precision<int4>, rows = 8 : i64, shift = 24 : i64}
// CHECK: lane.select {{.*}}head = 1 : i64
dota.program @masked(%arg: tensor<8x16xf32>, %mem: tensor<12x16xf32>) -> tensor<8x16xf32> {
  %w = dota.constant dense<3> : tensor<16x16xi16> : tensor<16x16x!w>
  %wd = dota.constant dense<3> : tensor<16x8xi16> : tensor<16x8x!w>
  %bias = arith.constant dense<0.0> : tensor<1x1x12xf32>
  %x = dota.quantize %arg : tensor<8x16xf32> -> tensor<8x16x!x>
  %m = dota.quantize %mem : tensor<12x16xf32> -> tensor<12x16x!x>
  %q = dota.linear %x, %w : tensor<8x16x!x>, tensor<16x16x!w> -> tensor<8x16x!x>
  %lq = dota.linear %x, %wd : tensor<8x16x!x>, tensor<16x8x!w> -> tensor<8x8x!d>
  %k = dota.linear %m, %w : tensor<12x16x!x>, tensor<16x16x!w> -> tensor<12x16x!x>
  %v = dota.linear %m, %w : tensor<12x16x!x>, tensor<16x16x!w> -> tensor<12x16x!x>
  %lk = dota.linear %m, %wd : tensor<12x16x!x>, tensor<16x8x!w> -> tensor<12x8x!d>
  %mask = dota.detect %lq, %lk bias %bias {heads = 4, causal} : (tensor<8x8x!d>, tensor<12x8x!d>, tensor<1x1x12xf32>) -> !dota.mask<4x8x12, keep = 4>
  %a = dota.masked_attention %q, %k, %v mask %mask bias %bias {heads = 4, kv_heads = 4, scale = 1.0 : f32, causal} : (tensor<8x16x!x>, tensor<12x16x!x>, tensor<12x16x!x>, !dota.mask<4x8x12, keep = 4>, tensor<1x1x12xf32>) -> tensor<8x16x!x>
  %y = dota.dequantize %a : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y : tensor<8x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>
!d = !quant.uniform<i2<-1:1>:f32, 1.0>

// A mask for two attentions is found once; the ids wait in DRAM and are ordered by
// each. Two columns of two bits a head fill no byte: each head starts on one.
// CHECK-LABEL: lane.program @shared_mask
// CHECK: lane.stream 0
// CHECK: lane.requantize {{.*}}cols = 2 : i64, outStride = 1 : i64, precision = #dota.precision<int2>
// CHECK: lane.select
// CHECK: lane.store
// CHECK-NOT: lane.select
// CHECK: lane.order
// CHECK: lane.sddmm
// CHECK-NOT: lane.select
// CHECK: lane.order
// CHECK: lane.sddmm
// CHECK: lane.halt
dota.program @shared_mask(%arg: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %w = dota.constant dense<3> : tensor<16x16xi16> : tensor<16x16x!w>
  %wd = dota.constant dense<3> : tensor<16x8xi16> : tensor<16x8x!w>
  %x = dota.quantize %arg : tensor<8x16xf32> -> tensor<8x16x!x>
  %q = dota.linear %x, %w : tensor<8x16x!x>, tensor<16x16x!w> -> tensor<8x16x!x>
  %l = dota.linear %x, %wd : tensor<8x16x!x>, tensor<16x8x!w> -> tensor<8x8x!d>
  %mask = dota.detect %l, %l {heads = 4} : (tensor<8x8x!d>, tensor<8x8x!d>) -> !dota.mask<4x8x8, keep = 2>
  %a = dota.masked_attention %q, %q, %q mask %mask {heads = 4, kv_heads = 4, scale = 1.0 : f32} : (tensor<8x16x!x>, tensor<8x16x!x>, tensor<8x16x!x>, !dota.mask<4x8x8, keep = 2>) -> tensor<8x16x!x>
  %b = dota.masked_attention %a, %q, %q mask %mask {heads = 4, kv_heads = 4, scale = 1.0 : f32} : (tensor<8x16x!x>, tensor<8x16x!x>, tensor<8x16x!x>, !dota.mask<4x8x8, keep = 2>) -> tensor<8x16x!x>
  %y = dota.dequantize %b : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y : tensor<8x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!p = !quant.uniform<i16<-32767:32767>:f32, 3.0517578125e-05>

// What works by rows is one loop: no barrier, nothing in DRAM in between. A row for
// all rows is loaded once. An operand that is a result is copied.
// CHECK-LABEL: lane.program @rows
// CHECK: lane.data at
// CHECK: lane.stream 0
// CHECK-NOT: lane.barrier
// CHECK: lane.quantize
// CHECK: lane.add {{.*}}yStride = 0
// CHECK: lane.mul
// CHECK: lane.widen
// CHECK: lane.softmax
// CHECK: lane.widen {{.*}}unsignedX
// CHECK: lane.normalize {{.*}}from = 0
// CHECK: lane.rms_norm
// CHECK: lane.dequantize
// CHECK-NOT: lane.barrier
// CHECK: lane.load
// CHECK: lane.store
// CHECK: lane.halt
dota.program @rows(%arg: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %row = dota.constant dense<5> : tensor<16xi16> : tensor<16x!x>
  %g = arith.constant dense<1.0> : tensor<16xf32>
  %x = dota.quantize %arg : tensor<8x16xf32> -> tensor<8x16x!x>
  %a = dota.add %x, %row : (tensor<8x16x!x>, tensor<16x!x>) -> tensor<8x16x!x>
  %m = dota.mul %a, %x : (tensor<8x16x!x>, tensor<8x16x!x>) -> tensor<8x16x!x>
  %s = dota.softmax %m : tensor<8x16x!x> -> tensor<8x16x!p>
  %n = dota.rms_norm %s, %g {epsilon = 1.0e-5 : f32} : (tensor<8x16x!p>, tensor<16xf32>) -> tensor<8x16x!x>
  %y = dota.dequantize %n : tensor<8x16x!x> -> tensor<8x16xf32>
  dota.return %y, %arg : tensor<8x16xf32>, tensor<8x16xf32>
}

// -----

!x = !quant.uniform<i16<-32767:32767>:f32, 9.765625e-04>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25, 0.125, 0.125, 0.5, 0.5, 0.5, 0.5}>
!b = !quant.uniform<i32<-2147483647:2147483647>:f32:0, {4.8828125e-04, 2.44140625e-04, 1.220703125e-04, 1.220703125e-04, 9.765625e-04, 9.765625e-04, 9.765625e-04, 9.765625e-04}>

// Columns with an exponent each are one product, and bring their shifts behind their
// biases: places to the right, and to the left for the bias. Where all columns of a lane
// are alike the shifts are the instruction's own.
// CHECK-LABEL: lane.program @channels
// CHECK: lane.data {{.*}}0500000005000000050000000500000001000200030003000000
// CHECK: lane.stream 0
// CHECK: lane.matmul {{.*}}cols = 4 : i64
// CHECK-NOT: lane.matmul
// CHECK: %[[SHIFTS:.*]] = lane.view %{{.*}} + 80
// CHECK: lane.requantize %{{.*}}, %{{.*}}, %[[SHIFTS]], %{{.*}}biasShift = 0 : i64, cols = 4 : i64, hasBias, outStride = 8 : i64, perColumn, {{.*}}shift = 0 : i64
// CHECK: lane.stream 1
// CHECK: lane.requantize {{.*}}biasShift = 1 : i64, cols = 4 : i64, hasBias, outStride = 8 : i64, precision = {{.*}}shift = 1 : i64
dota.program @channels(%arg: tensor<8x16xf32>) -> tensor<8x8xf32> {
  %w = dota.constant dense<3> : tensor<16x8xi8> : tensor<16x8x!w>
  %b = dota.constant dense<5> : tensor<8xi32> : tensor<8x!b>
  %x = dota.quantize %arg : tensor<8x16xf32> -> tensor<8x16x!x>
  %y = dota.linear %x, %w, %b : tensor<8x16x!x>, tensor<16x8x!w>, tensor<8x!b> -> tensor<8x8x!x>
  %f = dota.dequantize %y : tensor<8x8x!x> -> tensor<8x8xf32>
  dota.return %f : tensor<8x8xf32>
}
