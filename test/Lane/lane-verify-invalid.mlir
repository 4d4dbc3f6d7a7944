// RUN: dota-opt %s --lane-verify=bytes=4096 -split-input-file -verify-diagnostics

lane.program @read_after_write dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 0
    %b = lane.address 256
    // expected-note @+1 {{that instruction is here}}
    lane.load %a {dram = 0, rows = 4, rowBytes = 64, dramStride = 64, sramStride = 64}
    // expected-error @+1 {{'lane.quantize' op reads SRAM from byte 0, which instruction 1 of dma may still be writing}}
    lane.quantize %a, %b {rows = 4, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @write_after_read dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 0
    %b = lane.address 256
    // expected-note @+1 {{that instruction is here}}
    lane.quantize %a, %b {rows = 4, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // expected-error @+1 {{'lane.load' op writes SRAM from byte 0, which instruction 1 of mfu may still be reading}}
    lane.load %a {dram = 0, rows = 4, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @write_after_write dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 0
    %b = lane.address 256
    lane.quantize %a, %b {rows = 4, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // expected-note @+1 {{that instruction is here}}
    lane.quantize %a, %b {rows = 4, cols = 16, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    lane.wait {unit = 3, count = 1}
    // expected-error @+1 {{'lane.load' op writes SRAM from byte 256, which instruction 2 of mfu may still be writing}}
    lane.load %b {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

// Only the last byte is shared.
lane.program @bytes dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 0
    %b = lane.address 63
    %c = lane.address 64
    // expected-note @+1 {{that instruction is here}}
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.quantize %c, %c {rows = 1, cols = 1, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    // expected-error @+1 {{reads SRAM from byte 63, which instruction 1 of dma may still be writing}}
    lane.quantize %b, %c {rows = 1, cols = 1, xStride = 64, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @bounds dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 4064
    // expected-error @+1 {{'lane.load' op reaches byte 4128 of SRAM; 4096 available}}
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @unplaced dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.buffer 64
    // expected-error @+1 {{operand 0 has no address; run lane-allocate-sram before}}
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @wait dram 4096 {
  lane.input "x" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 0
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    // expected-error @+1 {{'lane.wait' op is for 2 instructions of dma; 1 issued before it}}
    lane.wait {unit = 1, count = 2}
    lane.halt
  }
}

// -----

lane.program @wait_unit dram 4096 {
  lane.stream 0 {
    // expected-error @+1 {{'lane.wait' op is for unit 7; units to wait for are 1 to 6}}
    lane.wait {unit = 7, count = 0}
    lane.halt
  }
}

// -----

lane.program @barrier_ids dram 4096 {
  lane.stream 0 {
    // expected-note @+1 {{the barrier of lane 0 is here}}
    lane.barrier {id = 0}
    lane.halt
  }
  lane.stream 1 {
    // expected-error @+1 {{'lane.barrier' op has id 1 in lane 1; lane 0 has 0 there}}
    lane.barrier {id = 1}
    lane.halt
  }
}

// -----

lane.program @missing_barrier dram 4096 {
  lane.stream 0 {
    lane.barrier {id = 0}
    lane.halt
  }
  // expected-error @+1 {{'lane.stream' op has 0 barriers; lane 0 has 1}}
  lane.stream 1 {
    lane.halt
  }
}

// -----

lane.program @extra_barrier dram 4096 {
  lane.stream 0 {
    lane.barrier {id = 0}
    lane.halt
  }
  lane.stream 1 {
    lane.barrier {id = 0}
    // expected-error @+1 {{'lane.barrier' op is number 2 of lane 1; lane 0 has 1}}
    lane.barrier {id = 1}
    lane.halt
  }
}

// -----

lane.program @unwritten dram 4096 {
  lane.input "x" at 0 : tensor<16xf32>
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.load' op reads DRAM byte 64, which nothing has written before}}
    lane.load %a {dram = 0, rows = 1, rowBytes = 128, dramStride = 64, sramStride = 64}
    lane.store %a {dram = 64, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @never_written dram 4096 {
  lane.output "y" at 0 : tensor<64xf32>
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.load' op reads DRAM byte 0, which nothing has written before}}
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @data dram 4096 {
  lane.data at 100 dense<1> : tensor<16xi32>
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.store' op writes DRAM bytes 64 to 127, where data stands}}
    lane.store %a {dram = 64, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @race_of_writes dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    lane.store %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
  lane.stream 1 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.store' op writes DRAM byte 32, which lane 0 writes between the same barriers}}
    lane.store %a {dram = 32, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @race dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    lane.store %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.barrier {id = 0}
    // expected-error @+1 {{'lane.load' op reads DRAM byte 0, which lane 1 writes between the same barriers}}
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
  lane.stream 1 {
    %a = lane.address 0
    lane.barrier {id = 0}
    lane.store %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @too_wide dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    lane.configure {precision = #dota.precision<fx8>, detectRows = 0, detectPrecision = #dota.precision<fx8>}
    // expected-error @+1 {{matmul has operands of 16 bits; the PE rows that compute are set to fx8}}
    lane.matmul %a, %a, %a {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<fx8>, bPrecision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @too_wide_to_detect dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    lane.configure {precision = #dota.precision<fx16>, detectRows = 4, detectPrecision = #dota.precision<int2>}
    lane.wait {unit = 2, count = 1}
    // expected-error @+1 {{estimate has operands of 4 bits; the PE rows that detect are set to int2}}
    lane.estimate %a, %a, %a {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<int2>, bPrecision = #dota.precision<int4>}
    lane.halt
  }
}

// -----

lane.program @none_detects dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{estimate has no PE rows that detect}}
    lane.estimate %a, %a, %a {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<int2>, bPrecision = #dota.precision<int2>}
    lane.halt
  }
}

// -----

lane.program @none_computes dram 4096 {
  lane.stream 0 {
    // expected-error @+1 {{configure has 32 PE rows detect; the array has 32, and one at least computes}}
    lane.configure {precision = #dota.precision<fx8>, detectRows = 32, detectPrecision = #dota.precision<fx8>}
    lane.halt
  }
}

// -----

lane.program @still_being_set dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-note @+1 {{that instruction is here}}
    lane.configure {precision = #dota.precision<fx16>, detectRows = 4, detectPrecision = #dota.precision<int2>}
    // expected-error @+1 {{'lane.estimate' op runs in PE rows that may still be set by instruction 1 of rmmu}}
    lane.estimate %a, %a, %a {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<int2>, bPrecision = #dota.precision<int2>}
    lane.halt
  }
}

// -----

lane.program @still_running dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    lane.configure {precision = #dota.precision<fx16>, detectRows = 4, detectPrecision = #dota.precision<int2>}
    lane.wait {unit = 2, count = 1}
    // expected-note @+1 {{that instruction is here}}
    lane.estimate %a, %a, %a {rows = 1, cols = 1, depth = 1, aStride = 2, bStride = 2,
        aPrecision = #dota.precision<int2>, bPrecision = #dota.precision<int2>}
    // expected-error @+1 {{'lane.configure' op sets PE rows that may still run instruction 1 of estimator}}
    lane.configure {precision = #dota.precision<fx16>, detectRows = 0, detectPrecision = #dota.precision<fx16>}
    lane.halt
  }
}
