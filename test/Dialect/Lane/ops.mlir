// RUN: dota-opt %s | dota-opt | FileCheck %s
// RUN: dota-opt %s -emit-bytecode | dota-opt | FileCheck %s
// RUN: dota-opt %s -mlir-print-op-generic | dota-opt | FileCheck %s

// CHECK-LABEL: lane.program @p dram 1048576
lane.program @p dram 1048576 attributes {macs = 5 : i64, pairs_kept = 2 : i64, pairs_dense = 3 : i64} {
  // CHECK: lane.input "x" at 0 : tensor<8x16xf32>
  lane.input "x" at 0 : tensor<8x16xf32>
  // CHECK: lane.output "y" at 1024 : tensor<8x16xf32>
  lane.output "y" at 1024 : tensor<8x16xf32>
  // CHECK: lane.data at 4096 dense<{{.*}}> : tensor<4xi8>
  lane.data at 4096 dense<[1, 2, 3, 4]> : tensor<4xi8>
  // CHECK: lane.data at 8192 dense_resource<w> : tensor<2xi16>
  lane.data at 8192 dense_resource<w> : tensor<2xi16>
  // CHECK: lane.mask 0 {heads = 2 : i64, keep = 4 : i64, keys = 16 : i64, rows = 8 : i64}
  lane.mask 0 {heads = 2, rows = 8, keys = 16, keep = 4}
  // CHECK: lane.stream 0 {
  lane.stream 0 {
    // CHECK: %[[B:.*]] = lane.buffer 1024
    %b = lane.buffer 1024
    // CHECK: %[[V:.*]] = lane.view %[[B]] + 512
    %v = lane.view %b + 512
    // CHECK: %[[A:.*]] = lane.address 4096
    %a = lane.address 4096
    // CHECK: lane.load %[[B]] {dram = 0 : i64, dramStride = 64 : i64, rowBytes = 64 : i64, rows = 8 : i64, sramStride = 64 : i64}
    lane.load %b {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // CHECK: lane.wait {count = 1 : i64, unit = 1 : i64}
    lane.wait {unit = 1, count = 1}
    // CHECK: lane.quantize %[[B]], %[[V]] {cols = 16 : i64, outStride = 32 : i64, precision = #dota.precision<fx16>, rows = 8 : i64, to = 8 : i64, xStride = 64 : i64}
    lane.quantize %b, %v {rows = 8, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // CHECK: lane.matmul %[[V]], %[[V]], %[[A]] {aPrecision = #dota.precision<fx16>, aStride = 32 : i64, accumulate, bPrecision = #dota.precision<int4>
    lane.matmul %v, %v, %a {rows = 8, cols = 8, depth = 16, aStride = 32, bStride = 32,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<int4>, transposeB, accumulate}
    // CHECK: lane.activation %[[V]], %[[V]] {{.*}}kind = #dota.activation_kind<gelu_tanh>
    lane.activation %v, %v {rows = 8, cols = 16, xStride = 32, outStride = 32, from = 8, to = -3,
        kind = #dota.activation_kind<gelu_tanh>, precision = #dota.precision<fx16>, outPrecision = #dota.precision<fx8>}
    // CHECK: lane.barrier {id = 0 : i64}
    lane.barrier {id = 0}
    // CHECK: lane.halt
    lane.halt
  }
  // CHECK: lane.stream 1 {
  lane.stream 1 {
    lane.barrier {id = 0}
    lane.halt
  }
}

{-#
  dialect_resources: { builtin: { w: "0x0200000001000200" } }
#-}
