// Files that do not hold the detectors of this module, one attention of two heads.

// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.none/x' %s 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: {{.*}}.none/x: {{.*}}No such file

// RUN: %python %S/Inputs/detectors.py write %t.count int4 attention.0.query.weight=8x4 attention.0.key.weight=8x4 attention.1.query.weight=8x4 attention.1.key.weight=8x4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.count' %s 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: {{.*}}.count: holds detectors of 2 attentions; the module has 1

// RUN: %python %S/Inputs/detectors.py write %t.features int4 attention.0.query.weight=9x4 attention.0.key.weight=8x4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.features' %s 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: mlir:[[#@LINE+2]]:8: error: 'dota.attention' op {{.*}}.features: tensor 'attention.0.query.weight' has shape [9, 4]; [8, 2 * rank] expected
func.func @one(%x: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %y = dota.attention %x, %x, %x {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  return %y : tensor<10x8xf32>
}

// RUN: %python %S/Inputs/detectors.py write %t.heads int4 attention.0.query.weight=8x5 attention.0.key.weight=8x5
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.heads' %s 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: .heads: tensor 'attention.0.query.weight' has shape [8, 5]; [8, 2 * rank] expected

// RUN: %python %S/Inputs/detectors.py write %t.ranks int4 attention.0.query.weight=8x4 attention.0.key.weight=8x6
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.ranks' %s 2>&1 | FileCheck %s --check-prefix=RANKS
// RANKS: .ranks: tensor 'attention.0.key.weight' has 6 columns; 'attention.0.query.weight' has 4

// RUN: %python %S/Inputs/detectors.py write %t.bias int4 attention.0.query.weight=8x4 attention.0.query.bias=3 attention.0.key.weight=8x4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.bias' %s 2>&1 | FileCheck %s --check-prefix=BIAS
// BIAS: .bias: tensor 'attention.0.query.bias' has 3 columns; 'attention.0.query.weight' has 4

// RUN: %python %S/Inputs/detectors.py write %t.rank3 int4 attention.0.query.weight=8x2x2 attention.0.key.weight=8x4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.rank3' %s 2>&1 | FileCheck %s --check-prefix=RANK3
// RANK3: .rank3: tensor 'attention.0.query.weight' has shape [8, 2, 2]; [features, heads * rank] expected

// RUN: %python %S/Inputs/detectors.py write %t.nan int4 attention.0.query.weight=8x4 attention.0.key.weight=8x4:nan
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.nan' %s 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: .nan: tensor 'attention.0.key.weight' holds nan at index 0; finite numbers expected

// RUN: %python %S/Inputs/detectors.py write %t.key int4 attention.0.query.weight=8x4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.key' %s 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: .key: there is no tensor 'attention.0.key.weight'

// RUN: %python %S/Inputs/detectors.py write %t.name int4 attention.0.query.weight=8x4 attention.0.key.weight=8x4 attention.0.key.offset=4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.name' %s 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: .name: tensor 'attention.0.key.offset' is not known after 1 attentions

// RUN: %python %S/Inputs/detectors.py write %t.precision int3 attention.0.query.weight=8x4 attention.0.key.weight=8x4
// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%t.precision' %s 2>&1 | FileCheck %s --check-prefix=PRECISION
// PRECISION: .precision: precision is 'int3'; fx16, fx8, fx4, int4 or int2 expected

// RUN: not dota-opt --dota-insert-detectors='retain=0.3 detector=%s' %s 2>&1 | FileCheck %s --check-prefix=FORMAT
// FORMAT: file-invalid.mlir: the header has {{[0-9]+}} bytes; the file holds {{[0-9]+}} of them

// RUN: not dota-opt --dota-insert-detectors='retain=0.3 dump=%t.none/x' %s 2>&1 | FileCheck %s --check-prefix=DUMP
// DUMP: error: {{.*}}.none/x: cannot write
