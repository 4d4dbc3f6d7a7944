// Detectors from a file, and written to one.

// RUN: %python %S/Inputs/detectors.py write %t.st int2 attention.0.query.weight=8x6 attention.0.query.bias=6:0.25 attention.0.key.weight=8x6:-1 attention.1.query.weight=8x2 attention.1.key.weight=8x2
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=5 detector=%t.st dump=%t.again' %s | FileCheck %s
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=%t.again' %s | FileCheck %s
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2 dump=%t.dump' %s -o %t.computed.mlir
// RUN: %python %S/Inputs/detectors.py show %t.dump | FileCheck %s --check-prefix=DUMP
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=%t.dump' %s -o %t.read.mlir
// The notes differ, as they say where detectors come from.
// RUN: sed -e 's/dota.notes = .*\]//' %t.computed.mlir > %t.computed
// RUN: sed -e 's/dota.notes = .*\]//' %t.read.mlir > %t.read
// RUN: cmp %t.computed %t.read

// Thresholds go with their detectors, in the units of these.
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2 threshold=1.5 balance=4 dump=%t.dump' %s -o %t.computed.mlir
// RUN: %python %S/Inputs/detectors.py show %t.dump | FileCheck %s --check-prefix=THRESHOLD
// RUN: dota-opt --dota-insert-detectors='retain=0.3 balance=4 detector=%t.dump' %s -o %t.read.mlir
// RUN: sed -e 's/dota.notes = .*\]//' %t.computed.mlir > %t.computed
// RUN: sed -e 's/dota.notes = .*\]//' %t.read.mlir > %t.read
// RUN: cmp %t.computed %t.read
// RUN: dota-opt --dota-insert-detectors='retain=0.3 threshold=2.5 detector=%t.dump' %s | FileCheck %s --check-prefix=OVERRIDE

// THRESHOLD: attention.0.query.weight [8, 4]
// THRESHOLD-NEXT: attention.0.threshold [2]
// THRESHOLD: attention.1.threshold [1]
// OVERRIDE: dota.detect {{.*}} {heads = 2 : i64, thresholds = array<f32: 2.500000e+00>}

// DUMP: __metadata__ {'format': 'dota detectors', 'precision': 'int4', 'version': '1'}
// DUMP-NEXT: attention.0.key.weight [8, 4]
// DUMP-NEXT: attention.0.query.bias [4]
// DUMP-NEXT: attention.0.query.weight [8, 4]
// DUMP-NEXT: attention.1.key.weight [8, 2]
// DUMP-NEXT: attention.1.query.weight [8, 2]

// CHECK: module attributes {dota.notes = ["detector: {{.*}}, rank 3, int2, retain 0.3, in 2 attentions, of 1 from queries or keys themselves"]}
// CHECK-LABEL: func @two
// CHECK-SAME: %[[X:.*]]: tensor<10x8xf32>
// CHECK: %[[A:.*]] = dota.linear %[[X]], %{{.*}}, %{{.*}} {dota.exponents = array<i64: 0, 0>, {{.*}}dota.precision = #dota.precision<int2>, dota.range = 1.000000e+00 : f32} : tensor<10x8xf32>, tensor<8x6xf32>, tensor<6xf32> -> tensor<10x6xf32>
// CHECK: %[[B:.*]] = dota.linear %[[X]], %{{[^,]*}} {{.*}} : tensor<10x8xf32>, tensor<8x6xf32> -> tensor<10x6xf32>
// CHECK: dota.detect %[[A]], %[[B]] {heads = 2 : i64}
// CHECK: %[[C:.*]] = dota.linear %{{.*}} -> tensor<10x2xf32>
// CHECK: %[[D:.*]] = dota.linear %{{.*}} -> tensor<10x2xf32>
// CHECK: dota.detect %[[C]], %[[D]] {heads = 1 : i64}
func.func @two(%x: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %w = arith.constant dense<[[1.,2.,0.,0.,3.,0.,1.,0.],[0.,1.,0.,0.,0.,1.,0.,0.],[0.,0.,1.,0.,2.,0.,0.,1.],[0.,0.,0.,1.,0.,0.,1.,0.],[1.,0.,0.,0.,0.,0.,0.,0.],[0.,0.,1.,0.,0.,0.,0.,2.],[0.,0.,0.,0.,1.,0.,0.,0.],[1.,0.,0.,0.,0.,0.,0.,1.]]> : tensor<8x8xf32>
  %b = arith.constant dense<0.25> : tensor<8xf32>
  %q = dota.linear %x, %w, %b : tensor<10x8xf32>, tensor<8x8xf32>, tensor<8xf32> -> tensor<10x8xf32>
  %k = dota.linear %x, %w : tensor<10x8xf32>, tensor<8x8xf32> -> tensor<10x8xf32>
  %y = dota.attention %q, %k, %k {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  %z = dota.attention %y, %y, %y {heads = 1 : i64, kv_heads = 1 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>) -> tensor<10x8xf32>
  return %z : tensor<10x8xf32>
}
