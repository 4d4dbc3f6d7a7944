// The mode of the RMMU's PE rows through the back end: products keep their place between
// the instructions that set it, and wait for it where they run in the other part.
//
// RUN: dota-opt %s --lane-insert-waits --lane-verify | FileCheck %s
// RUN: dota-opt %s --lane-insert-waits --lane-insert-waits --lane-verify | FileCheck %s

// CHECK-LABEL: lane.program @waits
lane.program @waits dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    %b = lane.address 1024
    %c = lane.address 2048
    %d = lane.address 3072
    // One unit runs in order.
    // CHECK: lane.configure
    lane.configure {precision = #dota.precision<fx16>, detectRows = 4, detectPrecision = #dota.precision<int4>}
    // CHECK-NEXT: lane.matmul
    lane.matmul %a, %a, %b {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    // The other part of the RMMU is another unit.
    // CHECK-NEXT: lane.wait {count = 1 : i64, unit = 2 : i64}
    // CHECK-NEXT: lane.estimate
    lane.estimate %c, %c, %d {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<int4>, bPrecision = #dota.precision<int4>}
    // CHECK-NEXT: lane.matmul
    lane.matmul %a, %a, %b {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    // CHECK-NEXT: lane.wait {count = 1 : i64, unit = 6 : i64}
    // CHECK-NEXT: lane.configure
    lane.configure {precision = #dota.precision<fx8>, detectRows = 8, detectPrecision = #dota.precision<int4>}
    // CHECK-NEXT: lane.wait {count = 4 : i64, unit = 2 : i64}
    // CHECK-NEXT: lane.estimate
    lane.estimate %c, %c, %d {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<int4>, bPrecision = #dota.precision<int4>}
    lane.halt
  }
}
