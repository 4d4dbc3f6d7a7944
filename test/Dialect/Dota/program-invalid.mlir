// RUN: dota-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{'dota.program' op argument 0 is 'tensor<4xf64>'; a static tensor of f32 or i32 expected}}
dota.program @p(%x: tensor<4xf64>) -> () {
  dota.return
}

// -----

// expected-error @+1 {{'dota.program' op result 0 is 'tensor<?xf32>'; a static tensor of f32 or i32 expected}}
dota.program @p() -> tensor<?xf32> {
  %x = arith.constant dense<0.0> : tensor<4xf32>
  dota.return %x : tensor<4xf32>
}

// -----

dota.program @p(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'arith.addf' op stands in a program; ops of dota and constants expected}}
  %y = arith.addf %x, %x : tensor<4x8xf32>
  dota.return %y : tensor<4x8xf32>
}

// -----

dota.program @p(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'dota.observe' op stands in a program; only the host can run it}}
  dota.observe %x {id = 0} : tensor<4x8xf32>
  dota.return %x : tensor<4x8xf32>
}

// -----

dota.program @p(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'dota.return' op has 0 operands; program @p has 1 results}}
  dota.return
}

// -----

dota.program @p(%x: tensor<4x8xf32>) -> tensor<4x7xf32> {
  // expected-error @+1 {{'dota.return' op operand 0 is 'tensor<4x8xf32>'; result of program @p is 'tensor<4x7xf32>'}}
  dota.return %x : tensor<4x8xf32>
}

// -----

func.func @f() {
  // expected-error @+1 {{'dota.launch' op there is no dota.program @f}}
  dota.launch @f() : () -> ()
  return
}

// -----

dota.program @p(%x: tensor<4xf32>) -> tensor<4xf32> {
  dota.return %x : tensor<4xf32>
}
func.func @f() {
  // expected-error @+1 {{'dota.launch' op has 0 operands; program @p has 1 arguments}}
  %y = dota.launch @p() : () -> tensor<4xf32>
  return
}

// -----

dota.program @p(%x: tensor<4xf32>) -> tensor<4xf32> {
  dota.return %x : tensor<4xf32>
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'dota.launch' op has 0 results; program @p has 1}}
  dota.launch @p(%x) : (tensor<4xf32>) -> ()
  return
}

// -----

dota.program @p(%x: tensor<4xf32>) -> tensor<4xf32> {
  dota.return %x : tensor<4xf32>
}
func.func @f(%x: tensor<5xf32>) {
  // expected-error @+1 {{'dota.launch' op operand 0 is 'tensor<5xf32>'; 'tensor<4xf32>' expected}}
  %y = dota.launch @p(%x) : (tensor<5xf32>) -> tensor<4xf32>
  return
}

// -----

dota.program @p(%x: tensor<4xf32>) -> tensor<4xf32> {
  dota.return %x : tensor<4xf32>
}
func.func @f(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{'dota.launch' op operand 0 is 'tensor<3x4xf32>'; 'tensor<4xf32>' or 'tensor<2x4xf32>' expected}}
  %y = dota.launch @p(%x) {batch = 2} : (tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

dota.program @p(%x: tensor<4xf32>) -> tensor<4xf32> {
  dota.return %x : tensor<4xf32>
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'dota.launch' op result 0 is 'tensor<4xf32>'; 'tensor<2x4xf32>' expected}}
  %y = dota.launch @p(%x) {batch = 2} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

dota.program @long(%x: tensor<1048576x2xf32>, %y: tensor<1024x1024x1048576xf32>) {
  dota.return
}

// -----

// expected-error @+1 {{'dota.program' op argument 0 is 'tensor<1048577x2xf32>'; 1048576 rows and columns at most are possible}}
dota.program @rows(%x: tensor<1048577x2xf32>) {
  dota.return
}

// -----

// expected-error @+1 {{'dota.program' op argument 0 is 'tensor<4294967296x4294967296x2xf32>'; 1048576 rows and columns at most are possible}}
dota.program @more_than_64_bits(%x: tensor<4294967296x4294967296x2xf32>) {
  dota.return
}

// -----

dota.program @columns(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'arith.constant' op result 0 is 'tensor<1x1048577xf32>'; 1048576 rows and columns at most are possible in a program}}
  %w = arith.constant dense<0.0> : tensor<1x1048577xf32>
  dota.return
}
