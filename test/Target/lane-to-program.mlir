// The way to the container and back keeps everything: the second program is the
// first, byte for byte, and so are the texts.
// RUN: dota-translate --lane-to-program %s -o %t.dota
// RUN: dota-translate --program-to-lane %t.dota --mlir-print-debuginfo -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: dota-translate --lane-to-program %t.mlir -o %t2.dota
// RUN: cmp %t.dota %t2.dota
// RUN: dota-opt %t.mlir -emit-bytecode -o %t.mlirbc
// RUN: dota-translate --lane-to-program %t.mlirbc -o %t3.dota
// RUN: cmp %t.dota %t3.dota
// RUN: dota-opt %t.mlir --mlir-print-debuginfo -o %t4.mlir
// RUN: dota-opt %t.mlirbc --mlir-print-debuginfo -o %t5.mlir
// RUN: diff %t4.mlir %t5.mlir

// CHECK: module attributes {
// CHECK-SAME: lane.host = dense<[1, 2, 3]> : tensor<3xi8>
// CHECK-SAME: lane.machine = "name = \22small\22\0A"
// CHECK-SAME: lane.notes = ["calibrated on nothing", "a second note"]
module attributes {lane.machine = "name = \22small\22\0A", lane.notes = ["calibrated on nothing", "a second note"],
                   lane.host = dense<[1, 2, 3]> : tensor<3xi8>} {
  // CHECK: lane.program @p dram 65536 attributes {macs = 5 : i64, mfu = #dota.mfu<fp16, exp_degree = 4>, pairs_dense = 3 : i64, pairs_kept = 2 : i64}
  lane.program @p dram 65536 attributes {macs = 5 : i64, pairs_kept = 2 : i64, pairs_dense = 3 : i64, mfu = #dota.mfu<fp16, exp_degree = 4>} {
    // CHECK: lane.input "x" at 0 : tensor<8x16xf32>
    lane.input "x" at 0 : tensor<8x16xf32>
    // CHECK: lane.input "scalar" at 512 : tensor<i32>
    lane.input "scalar" at 512 : tensor<i32>
    // CHECK: lane.output "y" at 1024 : tensor<8x16xf32>
    lane.output "y" at 1024 : tensor<8x16xf32>
    // CHECK: lane.data at 4096 dense<[1, 0, -1, -1]> : tensor<4xi8>
    lane.data at 4096 dense<[1, -1]> : tensor<2xi16>
    // CHECK: lane.data at 8192 dense_resource<p> : tensor<128xi8>
    lane.data at 8192 dense<3> : tensor<32xi32>
    // CHECK: lane.data at 8320 dense_resource<p_1> : tensor<65xi8>
    lane.data at 8320 dense_resource<w> : tensor<65xi8>
    // CHECK: lane.data at 9000 dense<> : tensor<0xi8>
    lane.data at 9000 dense<> : tensor<0xi8>
    // CHECK: lane.mask 7 {heads = 2 : i64, keep = 4 : i64, keys = 16 : i64, rows = 8 : i64}
    lane.mask 7 {heads = 2, rows = 8, keys = 16, keep = 4}
    // CHECK: lane.stream 0
    lane.stream 0 {
      // CHECK-NEXT: %[[A:.*]] = lane.address 64
      // CHECK-NEXT: %[[B:.*]] = lane.address 128
      %base = lane.address 0
      %a = lane.view %base + 64
      %b = lane.view %a + 64
      // CHECK-NEXT: lane.load %[[A]] {dram = 0 : i64, {{.*}}} loc(#[[LINEAR:.*]])
      lane.load %a {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64} loc("linear"("model.mlir":3:4))
      // CHECK-NEXT: lane.wait {count = 1 : i64, unit = 1 : i64} loc(#[[LINEAR]])
      lane.wait {unit = 1, count = 1} loc(fused["linear", "model.mlir":3:4])
      // CHECK-NEXT: lane.select %[[A]], %[[A]], %[[B]] {{{.*}}causal, diagonal = -3 : i64{{.*}}} loc(#[[DETECT:.*]])
      lane.select %a, %a, %b {rows = 2, keys = 16, keep = 4, biasStride = 0, causal, diagonal = -3, mask = 7, head = 1, firstRow = 6}
        loc(callsite("detect" at "other.mlir":1:2))
      // CHECK-NEXT: lane.layer_norm {{.*}}epsilon = 9.99999974E-6 : f32{{.*}} loc(#[[FILE:.*]])
      lane.layer_norm %a, %a, %a, %b {rows = 2, cols = 16, xStride = 32, outStride = 32, from = 8, to = -7, epsilon = 1.0e-5 : f32,
        precision = #dota.precision<fx16>, outPrecision = #dota.precision<int2>} loc("model.mlir":9:1)
      // CHECK-NEXT: lane.halt loc(#[[UNKNOWN:.*]])
      lane.halt loc(unknown)
    }
    // CHECK: lane.stream 1
    lane.stream 1 {
      lane.halt loc(unknown)
    }
  }
  // CHECK: lane.program @empty dram 0 {
  lane.program @empty dram 0 {
    lane.stream 0 {
      lane.halt
    }
  }
}
// CHECK-DAG: #[[UNKNOWN]] = loc(unknown)
// CHECK-DAG: #[[FILE]] = loc("model.mlir":9:1)
// CHECK-DAG: #[[LINEAR]] = loc("linear"(#
// CHECK-DAG: #[[DETECT]] = loc("detect")

{-#
  dialect_resources: { builtin: { w: "0x010000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041" } }
#-}
