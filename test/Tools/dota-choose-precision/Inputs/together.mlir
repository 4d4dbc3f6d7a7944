// Three linears that read the same, which a sum reads in 16 bits: to round it takes longer
// than one of them saves.
func.func @main(%x: tensor<32x64xf32>) -> tensor<32x64xf32> {
  %n = dota.activation <relu> %x : tensor<32x64xf32> -> tensor<32x64xf32>
  %u = arith.constant dense<0.3> : tensor<64x64xf32>
  %v = arith.constant dense<0.2> : tensor<64x64xf32>
  %w = arith.constant dense<0.1> : tensor<64x64xf32>
  %a = dota.linear %n, %u : tensor<32x64xf32>, tensor<64x64xf32> -> tensor<32x64xf32> loc("a")
  %b = dota.linear %n, %v : tensor<32x64xf32>, tensor<64x64xf32> -> tensor<32x64xf32> loc("b")
  %c = dota.linear %n, %w : tensor<32x64xf32>, tensor<64x64xf32> -> tensor<32x64xf32> loc("c")
  %ab = dota.mul %a, %b : (tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<32x64xf32>
  %abc = dota.add %ab, %c : (tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<32x64xf32>
  %y = dota.add %abc, %n : (tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<32x64xf32>
  return %y : tensor<32x64xf32>
}
