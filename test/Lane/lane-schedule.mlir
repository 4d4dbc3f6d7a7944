// RUN: dota-opt %s --lane-schedule --split-input-file | FileCheck %s
// RUN: dota-opt %s --lane-schedule --split-input-file --remarks-filter=lane-schedule --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: dota-opt %s --lane-schedule --lane-allocate-sram --lane-insert-waits --lane-verify --split-input-file -o /dev/null
// With room for one tile alone nothing can go ahead.
// RUN: dota-opt %s --lane-schedule=bytes=98304 --split-input-file | FileCheck %s --check-prefix=TIGHT
// RUN: dota-opt %s --lane-schedule=bytes=98304 --split-input-file --remarks-filter=lane-schedule --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=TIGHTREMARK

// Two tiles: the second is loaded while the first is computed, and the store of the
// first waits for the end of its product, behind the second.

// REMARK: [Passed] ordered
// REMARK-SAME: cyclesAfter={{[0-9]+}}, cyclesBefore={{[0-9]+}}
// TIGHTREMARK: [Missed] kept
// TIGHTREMARK-SAME: no other order is faster

// CHECK-LABEL: lane.program @overlap
// TIGHT-LABEL: lane.program @overlap
lane.program @overlap dram 1048576 {
  lane.input "x" at 0 : tensor<131072xf32>
  lane.stream 0 {
    // CHECK: lane.load %[[A0:.*]] {dram = 0
    // CHECK: lane.load %[[A1:.*]] {dram = 65536
    // CHECK: lane.matmul %[[A0]], %[[A0]], %[[C0:[0-9]+]]
    // CHECK: lane.matmul %[[A1]], %[[A1]], %[[C1:[0-9]+]]
    // CHECK: lane.store %[[C0]] {dram = 524288
    // CHECK: lane.barrier
    // CHECK: lane.load %{{.*}} {dram = 0
    // CHECK: lane.store %[[C1]] {dram = 589824
    // CHECK: lane.halt
    // TIGHT: lane.load
    // TIGHT: lane.matmul
    // TIGHT: lane.store
    // TIGHT: lane.load
    // TIGHT: lane.matmul
    // TIGHT: lane.barrier
    %a0 = lane.buffer 65536
    %c0 = lane.buffer 32768
    %a1 = lane.buffer 65536
    %c1 = lane.buffer 32768
    %a2 = lane.buffer 65536
    lane.load %a0 {dram = 0, rows = 64, rowBytes = 1024, dramStride = 1024, sramStride = 1024}
    lane.matmul %a0, %a0, %c0 {rows = 64, cols = 64, depth = 512, aStride = 1024, bStride = 1024, transposeB,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    lane.store %c0 {dram = 524288, rows = 64, rowBytes = 512, dramStride = 512, sramStride = 512}
    lane.load %a1 {dram = 65536, rows = 64, rowBytes = 1024, dramStride = 1024, sramStride = 1024}
    lane.matmul %a1, %a1, %c1 {rows = 64, cols = 64, depth = 512, aStride = 1024, bStride = 1024, transposeB,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    // Nothing crosses the barrier, though the load could.
    lane.barrier {id = 0}
    lane.load %a2 {dram = 0, rows = 64, rowBytes = 1024, dramStride = 1024, sramStride = 1024}
    lane.store %c1 {dram = 589824, rows = 64, rowBytes = 512, dramStride = 512, sramStride = 512}
    lane.halt
  }
}

// -----

// The load of the second tile reads what the store of the first wrote, so it stays
// behind it; that of the third does not.

// CHECK-LABEL: lane.program @through_dram
lane.program @through_dram dram 1048576 {
  lane.input "x" at 0 : tensor<131072xf32>
  lane.stream 0 {
    // CHECK: lane.load %{{.*}} {dram = 0
    // CHECK: lane.load %{{.*}} {dram = 131072
    // CHECK: lane.matmul
    // CHECK: lane.matmul
    // CHECK: lane.store %{{.*}} {dram = 524288
    // CHECK: lane.load %{{.*}} {dram = 524800
    // CHECK: lane.matmul
    // CHECK: lane.halt
    %a0 = lane.buffer 65536
    %c0 = lane.buffer 32768
    %a1 = lane.buffer 65536
    %c1 = lane.buffer 32768
    %a2 = lane.buffer 65536
    %c2 = lane.buffer 32768
    lane.load %a0 {dram = 0, rows = 64, rowBytes = 1024, dramStride = 1024, sramStride = 1024}
    lane.matmul %a0, %a0, %c0 {rows = 64, cols = 64, depth = 512, aStride = 1024, bStride = 1024, transposeB,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    lane.store %c0 {dram = 524288, rows = 64, rowBytes = 512, dramStride = 512, sramStride = 512}
    lane.load %a1 {dram = 524800, rows = 1, rowBytes = 512, dramStride = 512, sramStride = 1024}
    lane.matmul %a1, %a1, %c1 {rows = 64, cols = 64, depth = 512, aStride = 1024, bStride = 1024, transposeB,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    lane.load %a2 {dram = 131072, rows = 64, rowBytes = 1024, dramStride = 1024, sramStride = 1024}
    lane.matmul %a2, %a2, %c2 {rows = 64, cols = 64, depth = 512, aStride = 1024, bStride = 1024, transposeB,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

// REMARK: [Missed] kept
// REMARK-SAME: the stream is placed already

// CHECK-LABEL: lane.program @placed
lane.program @placed dram 4096 {
  lane.input "x" at 0 : tensor<1024xf32>
  lane.stream 0 {
    %a = lane.address 0
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

// TIGHTREMARK: the stream needs more SRAM than there is

// CHECK-LABEL: lane.program @large
lane.program @large dram 4096 {
  lane.input "x" at 0 : tensor<1024xf32>
  lane.stream 0 {
    %a = lane.buffer 262144
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}
