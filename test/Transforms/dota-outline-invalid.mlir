// RUN: dota-opt --dota-outline --split-input-file --verify-diagnostics %s

func.func @float(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{is f32; only fixed-point ops can go to the device}}
  %y = dota.activation <relu> %x : tensor<4x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

!q = !quant.uniform<i16<-32767:32767>:f32, 0.0009765625>
func.func @nested(%x: tensor<4x8xf32>, %c: i1) -> tensor<4x8xf32> {
  %y = scf.if %c -> tensor<4x8xf32> {
    // expected-error @+1 {{is inside 'scf.if'; only ops of a function's own block can go to the device}}
    %0 = dota.quantize %x : tensor<4x8xf32> -> tensor<4x8x!q>
    %1 = dota.dequantize %0 : tensor<4x8x!q> -> tensor<4x8xf32>
    scf.yield %1 : tensor<4x8xf32>
  } else {
    scf.yield %x : tensor<4x8xf32>
  }
  return %y : tensor<4x8xf32>
}

// -----

!q = !quant.uniform<i16<-32767:32767>:f32, 0.0009765625>
func.func @fixed_argument(%x: tensor<4x8x!q>) -> tensor<4x8xf32> {
  // expected-error @+1 {{operand 0 enters a program as}}
  %0 = dota.activation <relu> %x : tensor<4x8x!q> -> tensor<4x8x!q>
  %1 = dota.dequantize %0 : tensor<4x8x!q> -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
