// RUN: dota-opt %s --lane-insert-waits -split-input-file -verify-diagnostics

lane.program @p dram 4096 {
  lane.stream 0 {
    %a = lane.buffer 512
    // expected-error @+1 {{operand 0 has no address; run lane-allocate-sram before}}
    lane.load %a {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @p dram 4096 {
  lane.stream 0 {
    %a = lane.address 16777000
    // expected-error @+1 {{reaches byte 16777512 of SRAM; 16777216 can be addressed}}
    lane.load %a {dram = 0, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}
