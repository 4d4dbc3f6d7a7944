// RUN: dota-opt %s --lane-insert-waits | FileCheck %s
// RUN: dota-opt %s --lane-insert-waits --lane-insert-waits | FileCheck %s
// RUN: dota-opt %s --lane-insert-waits --remarks-filter=lane-insert-waits --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: lane=0, waits=5

lane.program @p dram 65536 {
  lane.input "x" at 0 : tensor<128xf32>
  // CHECK: lane.stream 0
  lane.stream 0 {
    %x = lane.address 0
    %q = lane.address 512
    %c = lane.address 1024
    // CHECK-NOT: lane.wait
    // CHECK: lane.load
    lane.load %x {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // Read after write.
    // CHECK-NEXT: lane.wait {count = 1 : i64, unit = 1 : i64}
    // CHECK-NEXT: lane.quantize
    lane.quantize %x, %q {rows = 8, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // CHECK-NEXT: lane.wait {count = 1 : i64, unit = 3 : i64}
    // CHECK-NEXT: lane.matmul
    lane.matmul %q, %q, %c {rows = 8, cols = 8, depth = 16, aStride = 32, bStride = 32,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>, transposeB}
    // Write after read: the quantisation is known to be done.
    // CHECK-NEXT: lane.load
    lane.load %x {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // Write after read of another unit.
    // CHECK-NEXT: lane.wait {count = 1 : i64, unit = 2 : i64}
    // CHECK-NEXT: lane.load
    lane.load %q {dram = 0, rows = 4, rowBytes = 64, dramStride = 64, sramStride = 64}
    // The same unit runs in order.
    // CHECK-NEXT: lane.load
    lane.load %q {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // The wait for the matmul is remembered.
    // CHECK-NEXT: lane.store
    lane.store %c {dram = 1024, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // One wait for the latest of what is needed: read and write after write.
    // CHECK-NEXT: lane.wait {count = 5 : i64, unit = 1 : i64}
    // CHECK-NEXT: lane.matmul
    lane.matmul %q, %q, %c {rows = 8, cols = 8, depth = 16, aStride = 32, bStride = 32,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>, transposeB, accumulate}
    // A barrier makes everything known.
    // CHECK-NEXT: lane.barrier
    lane.barrier {id = 0}
    // CHECK-NEXT: lane.requantize
    lane.requantize %c, %c, %c, %x {rows = 8, cols = 8, outStride = 16, shift = 3, biasShift = 0, precision = #dota.precision<fx16>}
    // Rows with gaps: the store's rows are those that the requantisation leaves alone.
    // CHECK-NEXT: lane.requantize
    lane.requantize %c, %c, %c, %c {rows = 4, cols = 4, outStride = 128, shift = 3, biasShift = 0, precision = #dota.precision<fx16>}
    %c1 = lane.address 1088
    // CHECK: lane.store
    lane.store %c1 {dram = 1024, rows = 4, rowBytes = 64, dramStride = 64, sramStride = 128}
    // CHECK-NEXT: lane.wait {count = 3 : i64, unit = 3 : i64}
    // CHECK-NEXT: lane.store
    lane.store %c {dram = 1024, rows = 4, rowBytes = 64, dramStride = 64, sramStride = 128}
    // CHECK-NEXT: lane.halt
    lane.halt
  }
}
