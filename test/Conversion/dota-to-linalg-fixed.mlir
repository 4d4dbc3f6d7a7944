// The fixed-point ops, run on numbers small enough to check by hand.
// RUN: dota-opt %s --dota-to-linalg %host_pipeline \
// RUN:   | mlir-runner -e main -entry-point-result=void \
// RUN:       -shared-libs=%mlir_runner_utils,%mlir_c_runner_utils | FileCheck %s

!e1 = !quant.uniform<i16<-32767:32767>:f32, 0.5>
!e2 = !quant.uniform<i16<-32767:32767>:f32, 0.25>
!e14 = !quant.uniform<i16<-32767:32767>:f32, 6.103515625e-05>
!bias = !quant.uniform<i32<-2147483647:2147483647>:f32, 0.125>
!int4 = !quant.uniform<i4<-7:7>:f32, 1.0>

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

func.func @print(%x: tensor<2x2x!e1>) {
  %f = dota.dequantize %x : tensor<2x2x!e1> -> tensor<2x2xf32>
  %y = tensor.cast %f : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%y) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  // Half to even (0.25 is half a step of 0.5), saturated, NaN to 0.
  // CHECK: [0, 1]
  // CHECK-NEXT: [16383.5, 0]
  %f = arith.constant dense<[[0.25, 0.75], [1.0e9, 0x7FC00000]]> : tensor<2x2xf32>
  %rounded = dota.quantize %f : tensor<2x2xf32> -> tensor<2x2x!e1>
  call @print(%rounded) : (tensor<2x2x!e1>) -> ()

  // Row 0: 1.5 * 1 - 2 * 0.25 + 0.25 = 1.25, half a step from 1 and 1.5, and
  // 1.5 * 0.5 - 2 * 1 - 0.25 = -1.5.
  // CHECK: [1, -1.5]
  // CHECK-NEXT: [16383.5, -16383.5]
  %x = dota.constant dense<[[3, -4], [32767, -32767]]> : tensor<2x2xi16> : tensor<2x2x!e1>
  %w = dota.constant dense<[[4, 2], [1, 4]]> : tensor<2x2xi16> : tensor<2x2x!e2>
  %b = dota.constant dense<[2, -2]> : tensor<2xi32> : tensor<2x!bias>
  %wide = dota.constant dense<[[32767, -32767], [-32767, 32767]]> : tensor<2x2xi16> : tensor<2x2x!e2>
  %linear = dota.linear %x, %w, %b : tensor<2x2x!e1>, tensor<2x2x!e2>, tensor<2x!bias> -> tensor<2x2x!e1>
  %row = dota.linear %x, %wide : tensor<2x2x!e1>, tensor<2x2x!e2> -> tensor<2x2x!e1>
  %first = dota.dequantize %linear : tensor<2x2x!e1> -> tensor<2x2xf32>
  %second = dota.dequantize %row : tensor<2x2x!e1> -> tensor<2x2xf32>
  %top = tensor.extract_slice %first[0, 0] [1, 2] [1, 1] : tensor<2x2xf32> to tensor<1x2xf32>
  %both = tensor.insert_slice %top into %second[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<2x2xf32>
  %again = dota.quantize %both : tensor<2x2xf32> -> tensor<2x2x!e1>
  call @print(%again) : (tensor<2x2x!e1>) -> ()

  // Equal scores: the mean of the values.
  // CHECK: [2, 3]
  // CHECK-NEXT: [2, 3]
  %zero = dota.constant dense<0> : tensor<2x2xi16> : tensor<2x2x!e1>
  %v = dota.constant dense<[[2, 4], [6, 8]]> : tensor<2x2xi16> : tensor<2x2x!e1>
  %mean = dota.attention %zero, %v, %v {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2x!e1>, tensor<2x2x!e1>, tensor<2x2x!e1>) -> tensor<2x2x!e1>
  call @print(%mean) : (tensor<2x2x!e1>) -> ()

  // Estimated scores of row 0: 1 and 5; of row 1: 0 and 0, a tie.
  // CHECK: [3, 4]
  // CHECK-NEXT: [1, 2]
  %dq = dota.constant dense<[[1], [0]]> : tensor<2x1xi8> : tensor<2x1x!int4>
  %dk = dota.constant dense<[[1], [5]]> : tensor<2x1xi8> : tensor<2x1x!int4>
  %mask = dota.detect %dq, %dk {heads = 1} : (tensor<2x1x!int4>, tensor<2x1x!int4>) -> !dota.mask<1x2x2, keep = 1>
  %kept = dota.masked_attention %zero, %v, %v mask %mask {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2x!e1>, tensor<2x2x!e1>, tensor<2x2x!e1>, !dota.mask<1x2x2, keep = 1>) -> tensor<2x2x!e1>
  call @print(%kept) : (tensor<2x2x!e1>) -> ()

  // exp(-0.5) = 0.60653, so 0.37754 and 0.62246, in steps of 2^-14.
  // CHECK: 0.37756{{[0-9]*}}, 0.62243{{[0-9]*}}
  %s = dota.constant dense<[[0, 1], [0, 0]]> : tensor<2x2xi16> : tensor<2x2x!e1>
  %softmax = dota.softmax %s : tensor<2x2x!e1> -> tensor<2x2x!e14>
  %p = dota.dequantize %softmax : tensor<2x2x!e14> -> tensor<2x2xf32>
  %q = tensor.cast %p : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%q) : (tensor<*xf32>) -> ()
  return
}
