// Calibrated. A weight that 4 bits round, one that they hold, and a value that products
// read in 8 bits and a sum in 16.
func.func @main(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %w = arith.constant dense<0.3> : tensor<4x4xf32>
  %y = dota.linear %x, %w {dota.operand_ranges = array<f32: 1.0, 0.0>, dota.range = 1.5 : f32,
      dota.weight_precision = #dota.precision<fx4>}
    : tensor<2x3x4xf32>, tensor<4x4xf32> -> tensor<2x3x4xf32> loc("rounds")
  %half = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = dota.linear %y, %half {dota.operand_ranges = array<f32: 63.0, 0.0>, dota.range = 3.0 : f32,
      dota.operand_precision = #dota.precision<fx8>}
    : tensor<2x3x4xf32>, tensor<4x4xf32> -> tensor<2x3x4xf32> loc("holds")
  %s = dota.add %z, %y {dota.range = 4.0 : f32}
    : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32> loc("adds")
  return %s : tensor<2x3x4xf32>
}
