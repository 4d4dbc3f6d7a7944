// RUN: dota-opt --dota-outline=machine=%S/Inputs/half.toml %s | FileCheck %s
// RUN: dota-opt --dota-outline %s | FileCheck %s --check-prefix=USUAL
// RUN: not dota-opt --dota-outline=machine=nowhere %s 2>&1 | FileCheck %s --check-prefix=NOWHERE

// NOWHERE: error: no machine is named 'nowhere'

!q = !quant.uniform<i16<-32767:32767>:f32, 0.0009765625>

// CHECK: dota.program @program_0(%{{.*}}: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {mfu = #dota.mfu<fp16, exp_degree = 4>} {
// USUAL: dota.program @program_0(%{{.*}}: tensor<4x8xf32>) -> tensor<4x8xf32> {
func.func @softmax(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = dota.quantize %x : tensor<4x8xf32> -> tensor<4x8x!q>
  %1 = dota.softmax %0 : tensor<4x8x!q> -> tensor<4x8x!q>
  %y = dota.dequantize %1 : tensor<4x8x!q> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
