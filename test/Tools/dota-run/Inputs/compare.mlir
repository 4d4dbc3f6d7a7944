// Calibrated; the range of the sum is less than what it takes.
func.func @main(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %y = dota.linear %x, %w {dota.operand_ranges = array<f32: 4.0, 0.0>, dota.range = 5.0 : f32}
    : tensor<2x3x4xf32>, tensor<4x4xf32> -> tensor<2x3x4xf32> loc("project")
  %s = dota.add %y, %x {dota.operand_ranges = array<f32: 0.0, 4.0>, dota.range = 1.0 : f32}
    : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %r = dota.activation <relu> %s {dota.range = 9.0 : f32} : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  return %r : tensor<2x3x4xf32>
}
