// The float ops, run on numbers small enough to check by hand.
// RUN: dota-opt %s --dota-to-linalg %host_pipeline \
// RUN:   | mlir-runner -e main -entry-point-result=void \
// RUN:       -shared-libs=%mlir_runner_utils,%mlir_c_runner_utils | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

func.func @print2(%x: tensor<2x2xf32>) {
  %y = tensor.cast %x : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%y) : (tensor<*xf32>) -> ()
  return
}

func.func @print3(%x: tensor<1x2x2xf32>) {
  %y = tensor.cast %x : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%y) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 2.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  // CHECK: [12, 23]
  // CHECK-NEXT: [15, 25]
  %linear = dota.linear %x, %w, %b : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  call @print2(%linear) : (tensor<2x2xf32>) -> ()

  // Equal scores: the mean of the values; with a causal mask the first row sees
  // its own alone.
  %zero = arith.constant dense<0.0> : tensor<2x2xf32>
  // CHECK: [2, 3]
  // CHECK-NEXT: [2, 3]
  %mean = dota.attention %zero, %x, %x {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  call @print2(%mean) : (tensor<2x2xf32>) -> ()
  // CHECK: [1, 2]
  // CHECK-NEXT: [2, 3]
  %causal = dota.attention %zero, %x, %x {heads = 2, kv_heads = 2, scale = 1.0 : f32, causal} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  call @print2(%causal) : (tensor<2x2xf32>) -> ()
  // A bias that hides key 0, with a batch; both query heads use the one key head.
  %x3 = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 2, 2] : tensor<2x2xf32> into tensor<1x2x2xf32>
  %kv = arith.constant dense<[[[1.0], [5.0]]]> : tensor<1x2x1xf32>
  %bias = arith.constant dense<[[[[-3.0e38, 0.0]]]]> : tensor<1x1x1x2xf32>
  // CHECK: [5, 5]
  // CHECK-NEXT: [5, 5]
  %biased = dota.attention %x3, %kv, %kv bias %bias {heads = 2, kv_heads = 1, scale = 1.0 : f32} : (tensor<1x2x2xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x2x2xf32>
  call @print3(%biased) : (tensor<1x2x2xf32>) -> ()

  // Row 0 prefers key 1 (11 against 5), and so does row 1; ties would go to key 0.
  // CHECK: [3, 4]
  // CHECK-NEXT: [3, 4]
  %mask = dota.detect %x, %x {heads = 1} : (tensor<2x2xf32>, tensor<2x2xf32>) -> !dota.mask<1x2x2, keep = 1>
  %kept = dota.masked_attention %x, %x, %x mask %mask {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, !dota.mask<1x2x2, keep = 1>) -> tensor<2x2xf32>
  call @print2(%kept) : (tensor<2x2xf32>) -> ()
  // CHECK: [1, 2]
  // CHECK-NEXT: [1, 2]
  %ties = dota.detect %zero, %x {heads = 1} : (tensor<2x2xf32>, tensor<2x2xf32>) -> !dota.mask<1x2x2, keep = 1>
  %first = dota.masked_attention %x, %x, %x mask %ties {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, !dota.mask<1x2x2, keep = 1>) -> tensor<2x2xf32>
  call @print2(%first) : (tensor<2x2xf32>) -> ()
  // Every key inadmissible: the rows keep nothing and give zeros.
  %hidden = arith.constant dense<-1.0e4> : tensor<1x1x2xf32>
  // CHECK: [0, 0]
  // CHECK-NEXT: [0, 0]
  %none = dota.detect %x, %x bias %hidden {heads = 1} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<1x1x2xf32>) -> !dota.mask<1x2x2, keep = 1>
  %zeros = dota.masked_attention %x, %x, %x mask %none {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, !dota.mask<1x2x2, keep = 1>) -> tensor<2x2xf32>
  call @print2(%zeros) : (tensor<2x2xf32>) -> ()

  // Only signs count of hashes: row 0 agrees with key 0 in both bits and with key 1,
  // whose product is larger, in one; row 1 with key 1 alone.
  %hashes = arith.constant dense<[[0.5, -0.1], [1.0, 1.0]]> : tensor<2x2xf32>
  %keyHashes = arith.constant dense<[[3.0, -1.0], [9.0, 4.0]]> : tensor<2x2xf32>
  // CHECK: [1, 2]
  // CHECK-NEXT: [3, 4]
  %hashed = dota.detect %hashes, %keyHashes keys %x {heads = 1} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> !dota.mask<1x2x2, keep = 1>
  %near = dota.masked_attention %x, %x, %x mask %hashed {heads = 1, kv_heads = 1, scale = 1.0 : f32} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, !dota.mask<1x2x2, keep = 1>) -> tensor<2x2xf32>
  call @print2(%near) : (tensor<2x2xf32>) -> ()

  // CHECK: [0.268941, 0.731059]
  // CHECK-NEXT: [0.268941, 0.731059]
  %softmax = dota.softmax %x : tensor<2x2xf32> -> tensor<2x2xf32>
  call @print2(%softmax) : (tensor<2x2xf32>) -> ()
  // CHECK: [9, 21]
  // CHECK-NEXT: [9, 21]
  %one = arith.constant dense<1.0> : tensor<2xf32>
  %norm = dota.layer_norm %x, %one, %b {epsilon = 1.0e-12 : f32} : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  call @print2(%norm) : (tensor<2x2xf32>) -> ()
  // CHECK: [0.632456, 1.26491]
  // CHECK-NEXT: [0.848528, 1.13137]
  %rms = dota.rms_norm %x, %one {epsilon = 1.0e-12 : f32} : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  call @print2(%rms) : (tensor<2x2xf32>) -> ()

  // CHECK: [0.841345, 1.9545]
  // CHECK-NEXT: [2.99595, 3.99987]
  %gelu = dota.activation <gelu> %x : tensor<2x2xf32> -> tensor<2x2xf32>
  call @print2(%gelu) : (tensor<2x2xf32>) -> ()
  // CHECK: [0.841192, 1.9546]
  // CHECK-NEXT: [2.99636, 3.99993]
  %gelu_tanh = dota.activation <gelu_tanh> %x : tensor<2x2xf32> -> tensor<2x2xf32>
  call @print2(%gelu_tanh) : (tensor<2x2xf32>) -> ()
  // CHECK: [0.845796, 1.93566]
  // CHECK-NEXT: [2.98193, 3.99558]
  %quick = dota.activation <quick_gelu> %x : tensor<2x2xf32> -> tensor<2x2xf32>
  call @print2(%quick) : (tensor<2x2xf32>) -> ()
  // CHECK: [0.731059, 1.76159]
  // CHECK-NEXT: [2.85772, 3.92806]
  %silu = dota.activation <silu> %x : tensor<2x2xf32> -> tensor<2x2xf32>
  call @print2(%silu) : (tensor<2x2xf32>) -> ()
  // CHECK: [11, 22]
  // CHECK-NEXT: [13, 24]
  %sum = dota.add %x, %b : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  call @print2(%sum) : (tensor<2x2xf32>) -> ()
  // CHECK: [1, 4]
  // CHECK-NEXT: [9, 16]
  %square = dota.mul %x3, %x : (tensor<1x2x2xf32>, tensor<2x2xf32>) -> tensor<1x2x2xf32>
  call @print3(%square) : (tensor<1x2x2xf32>) -> ()

  // CHECK: [11, 22]
  // CHECK-NEXT: [13, 24]
  %launched = dota.launch @program(%x3, %b) {batch = 1} : (tensor<1x2x2xf32>, tensor<2xf32>) -> tensor<1x2x2xf32>
  call @print3(%launched) : (tensor<1x2x2xf32>) -> ()
  return
}

dota.program @program(%x: tensor<2x2xf32>, %b: tensor<2xf32>) -> tensor<2x2xf32> {
  %y = dota.add %x, %b : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  dota.return %y : tensor<2x2xf32>
}
