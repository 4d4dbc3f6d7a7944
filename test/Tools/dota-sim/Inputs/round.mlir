// y = x rounded to 16ths, on one lane: quantize and dequantize.
module attributes {lane.machine = "name = \22one\22\0A[lanes]\0Acount = 1\0A", lane.notes = ["rounds to 16ths"]} {
  lane.program @round dram 128 attributes {macs = 5 : i64, pairs_kept = 2 : i64, pairs_dense = 3 : i64} {
    lane.input "x" at 0 : tensor<2x4xf32>
    lane.output "y" at 64 : tensor<2x4xf32>
    lane.stream 0 {
      %x = lane.address 0
      %q = lane.address 64
      %y = lane.address 128
      lane.load %x {dram = 0, rows = 1, rowBytes = 32, dramStride = 32, sramStride = 32} loc("quantize"("round.mlir":3:4))
      lane.wait {unit = 1, count = 1}
      lane.quantize %x, %q {rows = 2, cols = 4, xStride = 16, outStride = 8, to = 4, precision = #dota.precision<fx16>} loc("quantize"("round.mlir":3:4))
      lane.dequantize %q, %y {rows = 2, cols = 4, xStride = 8, outStride = 16, from = 4, precision = #dota.precision<fx16>} loc("dequantize"("round.mlir":5:4))
      lane.wait {unit = 3, count = 2}
      lane.store %y {dram = 64, rows = 1, rowBytes = 32, dramStride = 32, sramStride = 32} loc("dequantize"("round.mlir":5:4))
      lane.halt
    }
  }
}
