// Keeps 2 of 8 keys for each of 8 queries by their products with themselves, and
// gives the sums of those products, as stored.
module attributes {lane.machine = "name = \22one\22\0A[lanes]\0Acount = 1\0A"} {
  lane.program @sparse dram 2048 attributes {macs = 640 : i64, pairs_dense = 64 : i64} {
    lane.input "x" at 0 : tensor<8x4xf32>
    lane.output "y" at 1024 : tensor<8x2xf32>
    lane.mask 0 {heads = 1, rows = 8, keys = 8, keep = 2}
    lane.stream 0 {
      %x = lane.address 0
      %q = lane.address 256
      %scores = lane.address 512
      %ids = lane.address 1024
      %schedule = lane.address 1152
      %c = lane.address 1536
      %r = lane.address 2048
      %y = lane.address 2304
      lane.load %x {dram = 0, rows = 1, rowBytes = 128, dramStride = 128, sramStride = 128} loc("quantize"("sparse.mlir":1:1))
      lane.wait {unit = 1, count = 1}
      lane.quantize %x, %q {rows = 8, cols = 4, xStride = 16, outStride = 8, to = 4, precision = #dota.precision<fx16>} loc("quantize"("sparse.mlir":1:1))
      lane.wait {unit = 3, count = 1}
      lane.matmul %q, %q, %scores {rows = 8, cols = 8, depth = 4, aStride = 8, bStride = 8, aPrecision = #dota.precision<fx16>, bPrecision = #dota.precision<fx16>, transposeB} loc("detect"("sparse.mlir":2:1))
      lane.wait {unit = 2, count = 1}
      lane.select %scores, %scores, %ids {rows = 8, keys = 8, keep = 2, biasStride = 0, diagonal = 0, mask = 0, head = 0, firstRow = 0} loc("detect"("sparse.mlir":2:1))
      lane.wait {unit = 4, count = 1}
      lane.order %ids, %schedule {rows = 8, keys = 8, keep = 2, group = 4, mask = 0, head = 0, firstRow = 0} loc("detect"("sparse.mlir":2:1))
      lane.wait {unit = 5, count = 1}
      lane.sddmm %q, %q, %ids, %schedule, %c {rows = 8, keep = 2, keys = 8, depth = 4, qStride = 8, kStride = 8, group = 4, precision = #dota.precision<fx16>} loc("masked_attention"("sparse.mlir":3:1))
      lane.wait {unit = 2, count = 2}
      lane.requantize %c, %c, %c, %r {rows = 8, cols = 2, outStride = 4, shift = 4, biasShift = 0, precision = #dota.precision<fx16>} loc("masked_attention"("sparse.mlir":3:1))
      lane.dequantize %r, %y {rows = 8, cols = 2, xStride = 4, outStride = 8, from = 4, precision = #dota.precision<fx16>} loc("dequantize"("sparse.mlir":4:1))
      lane.wait {unit = 3, count = 3}
      lane.store %y {dram = 1024, rows = 1, rowBytes = 64, dramStride = 64, sramStride = 64} loc("dequantize"("sparse.mlir":4:1))
      lane.halt
    }
  }
}
