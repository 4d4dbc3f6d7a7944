// RUN: dota-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{has no stream}}
lane.program @p dram 0 {
}

// -----

// expected-error @+1 {{addresses 1099511627777 bytes of DRAM; 0 to 1099511627776 possible}}
lane.program @p dram 1099511627777 {
  lane.stream 0 { lane.halt }
}

// -----

// expected-error @+1 {{macs is -1; 0 at least}}
lane.program @p dram 0 attributes {macs = -1 : i64} {
  lane.stream 0 { lane.halt }
}

// -----

// expected-error @+1 {{'lane.program' op has 1 arguments; none expected}}
lane.program @p dram 0 {
^body(%a: !lane.sram):
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 0 {
  // expected-error @+1 {{is of lane 1; lane 0 comes next}}
  lane.stream 1 { lane.halt }
}

// -----

lane.program @p dram 0 {
  // expected-error @+1 {{'builtin.module' op has no place in a program}}
  builtin.module {}
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{ends at byte 128 of DRAM; the program has 100}}
  lane.input "x" at 64 : tensor<16xf32>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-note @+1 {{the other piece is here}}
  lane.input "x" at 0 : tensor<16xf32>
  // expected-error @+1 {{starts at byte 60 of DRAM, where another piece ends at 64}}
  lane.data at 60 dense<0> : tensor<4xi8>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{has type 'tensor<?xf32>'; a tensor of f32 or i32 with a static shape expected}}
  lane.input "x" at 0 : tensor<?xf32>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{has type 'tensor<4xf64>'; a tensor of f32 or i32 with a static shape expected}}
  lane.output "y" at 0 : tensor<4xf64>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{address is -4; 0 at least}}
  lane.output "y" at -4 : tensor<1xf32>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{holds 'tensor<4xi4>'; dense elements of whole bytes expected}}
  lane.data at 0 dense<1> : tensor<4xi4>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{has no data for resource 'w'}}
  lane.data at 0 dense_resource<w> : tensor<4xi8>
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{has 4 bytes of data for 'tensor<5xi8>', which takes 5}}
  lane.data at 0 dense_resource<v> : tensor<5xi8>
  lane.stream 0 { lane.halt }
}

{-#
  dialect_resources: { builtin: { v: "0x0100000001000200" } }
#-}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{keeps 5 of 4 keys}}
  lane.mask 0 {heads = 1, rows = 4, keys = 4, keep = 5}
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-error @+1 {{heads is 0; 1 at least}}
  lane.mask 0 {heads = 0, rows = 4, keys = 4, keep = 4}
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 100 {
  // expected-note @+1 {{the first one is here}}
  lane.mask 3 {heads = 1, rows = 4, keys = 4, keep = 4}
  // expected-error @+1 {{has number 3 again}}
  lane.mask 3 {heads = 1, rows = 4, keys = 4, keep = 4}
  lane.stream 0 { lane.halt }
}

// -----

lane.program @p dram 0 {
  // expected-error @+1 {{does not end with lane.halt}}
  lane.stream 0 {
  }
}

// -----

lane.program @p dram 0 {
  // expected-error @+1 {{'lane.stream' op has 1 arguments; none expected}}
  lane.stream 0 {
  ^body(%a: !lane.sram):
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-error @+1 {{stands before the end of the stream}}
    lane.halt
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-error @+1 {{'arith.constant' op is no instruction of a lane}}
    %c = arith.constant 1 : i32
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  // expected-error @+1 {{'lane.halt' op has no place in a program}}
  lane.halt
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-error @+1 {{bytes is 100; a multiple of 64 above 0 expected}}
    %b = lane.buffer 100
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-note @+1 {{the buffer is here}}
    %b = lane.buffer 128
    %v = lane.view %b + 64
    // expected-error @+1 {{starts at byte 128 of a buffer of 128}}
    %w = lane.view %v + 64
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    %b = lane.buffer 128
    // expected-error @+1 {{offset is -1; 0 at least}}
    %v = lane.view %b + -1
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-error @+1 {{stands before its base}}
    %v = lane.view %w + 0
    %w = lane.view %v + 0
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-error @+1 {{address is 16777216; 16777215 at most}}
    %a = lane.address 16777216
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    // expected-error @+1 {{address is -1; 0 at least}}
    %a = lane.address -1
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    %a = lane.address 16777215
    // expected-error @+1 {{address is 16777216; 16777215 at most}}
    %v = lane.view %a + 1
    lane.halt
  }
}

// -----

// Ranges of fields come from the records.
lane.program @p dram 0 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.matmul' op rows is 70000; 65535 at most}}
    lane.matmul %a, %a, %a {rows = 70000, cols = 8, depth = 16, aStride = 32, bStride = 32,
        aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.load' op dram is -1; 0 at least}}
    lane.load %a {dram = -1, rows = 8, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.quantize' op to is -129; -128 at least}}
    lane.quantize %a, %a {rows = 8, cols = 16, xStride = 64, outStride = 32, to = -129, precision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.rms_norm' op epsilon is not a finite number}}
    lane.rms_norm %a, %a, %a {rows = 8, cols = 16, xStride = 64, outStride = 32, from = 3, to = 3, epsilon = 0x7F800000 : f32,
        precision = #dota.precision<fx16>, outPrecision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

lane.program @p dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    // One row has no other to meet.
    lane.load %a {dram = 0, rows = 1, rowBytes = 64, dramStride = 0, sramStride = 0}
    // expected-error @+1 {{'lane.load' op writes 4 rows of 64 bytes, 63 bytes apart}}
    lane.load %a {dram = 0, rows = 4, rowBytes = 64, dramStride = 0, sramStride = 63}
    lane.halt
  }
}

// -----

lane.program @p dram 4096 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.quantize' op reads 4 rows of 64 bytes, 0 bytes apart}}
    lane.quantize %a, %a {rows = 4, cols = 16, xStride = 0, outStride = 32, to = 8, precision = #dota.precision<fx16>}
    lane.halt
  }
}

// -----

// expected-error @+1 {{'lane.halt' op expects parent op 'lane.stream'}}
lane.halt

// -----

lane.program @p dram 100 {
  lane.stream 0 {
    %a = lane.address 0
    lane.load %a {dram = 36, rows = 1, rowBytes = 64, dramStride = 1000, sramStride = 64}
    lane.load %a {dram = 200, rows = 0, rowBytes = 64, dramStride = 64, sramStride = 64}
    // expected-error @+1 {{'lane.store' op reaches byte 128 of DRAM; the program has 100}}
    lane.store %a {dram = 0, rows = 2, rowBytes = 64, dramStride = 64, sramStride = 64}
    lane.halt
  }
}

// -----

// The end of this transfer needs more than 64 bits.
lane.program @p dram 100 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.load' op reaches byte}}
    lane.load %a {dram = 1099511627775, rows = 16777215, rowBytes = 64, dramStride = 1099511627775, sramStride = 64}
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.order' op names mask 1, which the program does not have}}
    lane.order %a, %a {rows = 2, keys = 16, keep = 4, group = 4, mask = 1, head = 0, firstRow = 0}
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  // expected-note @+1 {{the mask is here}}
  lane.mask 1 {heads = 2, rows = 8, keys = 16, keep = 4}
  lane.stream 0 {
    %a = lane.address 0
    lane.order %a, %a {rows = 2, keys = 16, keep = 4, group = 4, mask = 1, head = 1, firstRow = 6}
    // expected-error @+1 {{'lane.order' op end of the rows is 9; mask 1 has 8}}
    lane.order %a, %a {rows = 2, keys = 16, keep = 4, group = 4, mask = 1, head = 1, firstRow = 7}
    lane.halt
  }
}

// -----

lane.program @p dram 0 {
  // expected-note @+1 {{the mask is here}}
  lane.mask 1 {heads = 2, rows = 8, keys = 16, keep = 4}
  lane.stream 0 {
    %a = lane.address 0
    // expected-error @+1 {{'lane.select' op keep is 3; mask 1 has 4}}
    lane.select %a, %a, %a {rows = 2, keys = 16, keep = 3, biasStride = 0, diagonal = 0, mask = 1, head = 0, firstRow = 0}
    lane.halt
  }
}
