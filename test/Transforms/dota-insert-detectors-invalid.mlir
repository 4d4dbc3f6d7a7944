// RUN: dota-opt --dota-insert-detectors='retain=0.3' --split-input-file --verify-diagnostics %s
// Options are errors at the module.
// RUN: not dota-opt --dota-insert-detectors='retain=1.5' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=RETAIN
// RUN: not dota-opt --dota-insert-detectors='rank=-1' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not dota-opt --dota-insert-detectors='detector=magic' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=DETECTOR
// RUN: not dota-opt --dota-insert-detectors='precision=fx3' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=PRECISION
// RUN: not dota-opt --dota-insert-detectors='share=all' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=SHARE
// RUN: not dota-opt --dota-insert-detectors='balance=-1' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not dota-opt --dota-insert-detectors='detector=sanger balance=4' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=SANGER
// RUN: not dota-opt --dota-insert-detectors='detector=oracle dump=x' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=DUMP
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=elsa dump=x' %S/dota-insert-observers.mlir 2>&1 | FileCheck %s --check-prefix=HASHES
// HASHES: dota-insert-observers.mlir:0:0: error: detector 'elsa' has no factors to write to x
// SHARE: dota-insert-observers.mlir:0:0: error: share is 'all'; head, layer or encoder expected
// NEGATIVE: dota-insert-observers.mlir:0:0: error: balance is -1; 0 or more rows expected
// SANGER: dota-insert-observers.mlir:0:0: error: balance is 4; 0 expected for probabilities, of which each row keeps what passes
// DUMP: dota-insert-observers.mlir:0:0: error: detector 'oracle' has no factors to write to x
// RETAIN: dota-insert-observers.mlir:0:0: error: retain is 1.5{{.*}}; a share from 0 to 1 expected
// RANK: dota-insert-observers.mlir:0:0: error: rank is -1; 0 or more expected
// DETECTOR: dota-insert-observers.mlir:0:0: error: detector is 'magic'; weighted, svd, random, oracle, sanger, elsa or a file expected
// PRECISION: dota-insert-observers.mlir:0:0: error: precision is 'fx3'; fx16, fx8, fx4, int4 or int2 expected

func.func @weights(%x: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %w = arith.constant dense_resource<gone> : tensor<8x8xf32>
  // expected-error @+1 {{has a weight whose values are not at hand; a detector cannot be computed from it}}
  %q = dota.linear %x, %w : tensor<10x8xf32>, tensor<8x8xf32> -> tensor<10x8xf32>
  %y = dota.attention %q, %q, %q {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}

// -----

func.func @bias(%x: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %w = arith.constant dense<0.5> : tensor<8x8xf32>
  %b = arith.constant dense_resource<gone> : tensor<8xf32>
  // expected-error @+1 {{has a bias whose values are not at hand; a detector cannot be computed from it}}
  %q = dota.linear %x, %w, %b : tensor<10x8xf32>, tensor<8x8xf32>, tensor<8xf32> -> tensor<10x8xf32>
  %y = dota.attention %q, %q, %q {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}

// -----

func.func @moment(%x: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %w = arith.constant dense<0.5> : tensor<8x8xf32>
  %q = dota.linear %x, %w : tensor<10x8xf32>, tensor<8x8xf32> -> tensor<10x8xf32>
  // expected-error @+1 {{dota.second_moment has 4 values; 9 x 9 expected}}
  %y = dota.attention %q, %q, %q {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32, dota.second_moment = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}
