// RUN: dota-opt %s --lane-allocate-sram=bytes=1280 | FileCheck %s
// RUN: dota-opt %s --lane-allocate-sram=bytes=1280 | dota-opt --lane-allocate-sram=bytes=1 | FileCheck %s
// RUN: dota-opt %s --lane-allocate-sram=bytes=1280 --remarks-filter=lane-allocate-sram --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: dota-opt %s --lane-allocate-sram -o /dev/null --remarks-filter=lane-allocate-sram --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=MACHINE

// REMARK: available=1280, buffers=4, extent=1280, lane=0, peak=1024
// MACHINE: available=655360, buffers=4

// CHECK-LABEL: lane.program @reuse
lane.program @reuse dram 4096 {
  lane.input "x" at 0 : tensor<256xf32>
  // CHECK: lane.stream 0
  lane.stream 0 {
    // CHECK-DAG: %[[A0:.*]] = lane.address 0
    // CHECK-DAG: %[[A512:.*]] = lane.address 512
    // CHECK-DAG: %[[A768:.*]] = lane.address 768
    // CHECK-NOT: lane.buffer
    // CHECK-NOT: lane.view
    %a = lane.buffer 512
    %b = lane.buffer 256
    %c = lane.buffer 512
    %d = lane.buffer 512
    %unused = lane.buffer 1048576
    %c1 = lane.view %c + 64
    // CHECK: lane.load %[[A0]] {dram = 0
    lane.load %a {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // CHECK: lane.quantize %[[A0]], %[[A512]]
    lane.quantize %a, %b {rows = 8, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // CHECK: lane.matmul %[[A512]], %[[A512]], %[[A768]]
    lane.matmul %b, %b, %c {rows = 8, cols = 8, depth = 16, aStride = 32, bStride = 32,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>, transposeB}
    // The space of %a is free again.
    // CHECK: lane.load %[[A0]] {dram = 512
    lane.load %d {dram = 512, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    // CHECK: lane.store %[[A832:.*]] {dram = 1024
    lane.store %c1 {dram = 1024, rows = 7, rowBytes = 64, dramStride = 64, sramStride = 64}
    // CHECK: lane.halt
    lane.halt
  }
}
