// RUN: dota-opt %s --lane-allocate-sram=bytes=1216 -split-input-file -verify-diagnostics
// RUN: not dota-opt %s --lane-allocate-sram=machine=nosuch.toml 2>&1 | FileCheck %s

// CHECK: error: {{.*}}nosuch.toml

lane.program @large dram 4096 {
  lane.stream 0 {
    %a = lane.buffer 512
    %b = lane.buffer 256
    %c = lane.buffer 512
    lane.quantize %a, %b {rows = 8, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // expected-error @+1 {{tiles need 1280 bytes of lane SRAM; 1216 available}}
    lane.matmul %b, %b, %c {rows = 8, cols = 8, depth = 16, aStride = 32, bStride = 32,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>, transposeB}
    lane.store %a {dram = 1024, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @mixed dram 4096 {
  lane.stream 0 {
    %a = lane.buffer 512
    %b = lane.address 256
    // expected-error @+1 {{names address 256 in a stream that has buffers}}
    lane.quantize %a, %b {rows = 8, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @beyond dram 4096 {
  lane.stream 0 {
    // expected-note @+1 {{the buffer is here}}
    %a = lane.buffer 512
    %v = lane.view %a + 64
    // expected-error @+1 {{'lane.load' op reaches byte 576 of a buffer of 512}}
    lane.load %v {dram = 1024, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}
