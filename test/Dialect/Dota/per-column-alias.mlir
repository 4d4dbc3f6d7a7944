// RUN: dota-opt %s | FileCheck %s
// RUN: dota-opt %s | dota-opt | FileCheck %s

!x = !quant.uniform<i16<-32767:32767>:f32, 5.000000e-01>

// The scales of many columns stand once, ahead of the ops.
// CHECK: !i8_per_column = !quant.uniform<i8<-127:127>:f32:1, {{.*}}>
// CHECK: func.func @many
// CHECK: dota.linear %{{.*}}, %{{.*}} : {{.*}}, tensor<2x17x!i8_per_column> ->
func.func @many(%x: tensor<3x2x!x>, %w: tensor<2x17x!quant.uniform<i8<-127:127>:f32:1, {0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5}>>) {
  %y = dota.linear %x, %w : tensor<3x2x!x>, tensor<2x17x!quant.uniform<i8<-127:127>:f32:1, {0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5,0.25,0.5}>> -> tensor<3x17x!x>
  return
}

// CHECK: func.func @few(%{{.*}}: tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {5.000000e-01,2.500000e-01}>>)
func.func @few(%w: tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {0.5,0.25}>>) {
  return
}
