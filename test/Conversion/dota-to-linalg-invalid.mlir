// Fixed-point values belong to dota ops: elsewhere they have no storage to become.
// RUN: dota-opt %s --dota-to-linalg -split-input-file -verify-diagnostics

!fx16 = !quant.uniform<i16<-32767:32767>:f32, 0.125>

func.func @select(%c: i1, %x: tensor<4x8x!fx16>, %z: tensor<4x8x!fx16>) -> tensor<4x8x!fx16> {
  // expected-error @+1 {{failed to legalize operation 'arith.select'}}
  %y = arith.select %c, %x, %z : tensor<4x8x!fx16>
  return %y : tensor<4x8x!fx16>
}
