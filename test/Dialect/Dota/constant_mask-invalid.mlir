// RUN: dota-opt %s -split-input-file -verify-diagnostics

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op ids has the shape 1x2x3; 1x2x2 expected}}
  %0 = dota.constant_mask dense<0> : tensor<1x2x3xi32> : !dota.mask<1x2x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op ids has elements of type 'i64'; i32 expected}}
  %0 = dota.constant_mask dense<0> : tensor<1x2x1xi64> : !dota.mask<1x2x4, keep = 1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op ids are neither dense nor a resource at hand}}
  %0 = dota.constant_mask dense_resource<absent> : tensor<1x2x1xi32> : !dota.mask<1x2x4, keep = 1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op row 1 of head 0 keeps key 4; there are 4 keys}}
  %0 = dota.constant_mask dense<[[[0], [4]]]> : tensor<1x2x1xi32> : !dota.mask<1x2x4, keep = 1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op row 0 of head 0 keeps key 1 after key 2; ascending keys expected}}
  %0 = dota.constant_mask dense<[[[2, 1]]]> : tensor<1x1x2xi32> : !dota.mask<1x1x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op row 0 of head 1 keeps key 2 after a free place}}
  %0 = dota.constant_mask dense<[[[1, 2]], [[-1, 2]]]> : tensor<2x1x2xi32> : !dota.mask<2x1x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op score 1 is not a number}}
  %0 = dota.constant_mask dense<[[[1, 2]]]> : tensor<1x1x2xi32>
      scores dense<[[[1.0, 0x7FC00000]]]> : tensor<1x1x2xf32> : !dota.mask<1x1x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op scores are no f32 values at hand}}
  %0 = dota.constant_mask dense<[[[1, 2]]]> : tensor<1x1x2xi32>
      scores dense<0.0> : tensor<1x1x2xf64> : !dota.mask<1x1x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op grouping of head 0 has row 1 twice; each of 2 rows once expected}}
  %0 = dota.constant_mask dense<0> : tensor<1x2x1xi32>
      grouping dense<[[1, 1]]> : tensor<1x2xi32> : !dota.mask<1x2x4, keep = 1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op grouping of head 0 has row 2; there are 2 rows}}
  %0 = dota.constant_mask dense<0> : tensor<1x2x1xi32>
      grouping dense<[[1, 2]]> : tensor<1x2xi32> : !dota.mask<1x2x4, keep = 1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op order has the shape 1x1x6; 1x1x8 expected}}
  %0 = dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32>
      order dense<0> : tensor<1x1x6xi32> of 2 : !dota.mask<1x2x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op has an order of 9 rows a group; at most 8 can share a load}}
  %0 = dota.constant_mask dense<0> : tensor<1x2x1xi32>
      order dense<0> : tensor<1x1x6xi32> of 9 : !dota.mask<1x2x4, keep = 1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op row 1 of the order of head 0 visits position 0 twice}}
  %0 = dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32>
      order dense<[[[2, 3, 0, 1, 1, 0, 0, 0]]]> : tensor<1x1x8xi32> of 2 : !dota.mask<1x2x4, keep = 2>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.constant_mask' op row 0 of the order of head 0 says 2 loads; its steps make 3}}
  %0 = dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32>
      order dense<[[[2, 2, 0, 1, 1, 0, 0, 1]]]> : tensor<1x1x8xi32> of 2 : !dota.mask<1x2x4, keep = 2>
  return
}
