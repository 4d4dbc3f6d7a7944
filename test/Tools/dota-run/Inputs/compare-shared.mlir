// Calibrated; two ops of one place, one with too small a range.
func.func @main(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %a = dota.activation <relu> %x {dota.operand_ranges = array<f32: 4.0>, dota.range = 4.0 : f32}
    : tensor<2x3x4xf32> -> tensor<2x3x4xf32> loc("there")
  %b = dota.activation <relu> %x {dota.operand_ranges = array<f32: 4.0>, dota.range = 1.0 : f32}
    : tensor<2x3x4xf32> -> tensor<2x3x4xf32> loc("there")
  %s = dota.add %a, %b {dota.range = 8.0 : f32}
    : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %s : tensor<2x3x4xf32>
}
