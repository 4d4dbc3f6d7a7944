// What is right passes, whatever the order in which it was made so.
// RUN: dota-opt %s --lane-verify
// RUN: dota-opt %S/lane-insert-waits.mlir --lane-insert-waits --lane-verify=bytes=1600
// RUN: dota-opt %S/lane-allocate-sram.mlir --lane-allocate-sram --lane-insert-waits --lane-verify

lane.program @exact dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.data at 256 dense<1> : tensor<64xi32>
  lane.output "y" at 1024 : tensor<64xf32>
  lane.stream 0 {
    // Two units on alternate bytes need no wait.
    %a = lane.address 0
    %b = lane.address 4
    // A load across two pieces.
    lane.load %a {dram = 192, rows = 8, rowBytes = 4, dramStride = 20, sramStride = 8}
    lane.requantize %b, %b, %b, %b {rows = 1, cols = 0, outStride = 8, shift = 3, biasShift = 0, precision = #dota.precision<fx16>}
    lane.quantize %b, %b {rows = 8, cols = 1, xStride = 8, outStride = 8, to = 8, precision = #dota.precision<fx16>}
    lane.store %a {dram = 1024, rows = 2, rowBytes = 4, dramStride = 8, sramStride = 8}
    lane.barrier {id = 0}
    // Written by the other lane before the barrier.
    lane.load %a {dram = 1028, rows = 2, rowBytes = 4, dramStride = 8, sramStride = 8}
    // Written by this one.
    lane.load %a {dram = 1024, rows = 2, rowBytes = 4, dramStride = 8, sramStride = 8}
    lane.halt
  }
  lane.stream 1 {
    %a = lane.address 0
    // Between the bytes that lane 0 writes.
    lane.store %a {dram = 1028, rows = 2, rowBytes = 4, dramStride = 8, sramStride = 8}
    lane.load %a {dram = 1028, rows = 2, rowBytes = 4, dramStride = 8, sramStride = 8}
    lane.barrier {id = 0}
    lane.halt
  }
}
