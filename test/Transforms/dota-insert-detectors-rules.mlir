// Which keys are kept, who shares a mask, and detectors without factors.

// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2 threshold=1.5 balance=4' %s | FileCheck %s --check-prefix=BALANCE
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2 threshold=1.5,-2' %s | FileCheck %s --check-prefix=EACH
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2 share=layer' %s | FileCheck %s --check-prefix=LAYER
// RUN: dota-opt --dota-insert-detectors='retain=0.3 rank=2 share=encoder' --remarks-filter=dota-insert-detectors %s 2>%t.remarks | FileCheck %s --check-prefix=ENCODER
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=oracle threshold=1.5' %s | FileCheck %s --check-prefix=ORACLE
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=oracle share=layer' %s | FileCheck %s --check-prefix=SUM
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=sanger' %s | FileCheck %s --check-prefix=SANGER
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=sanger threshold=0.25' %s | FileCheck %s --check-prefix=LIKELY

// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=elsa' %s | FileCheck %s --check-prefix=ELSA
// RUN: dota-opt --dota-insert-detectors='retain=0.3 detector=elsa rank=6 share=layer threshold=0.5 balance=4' %s | FileCheck %s --check-prefix=HASHES

// BALANCE: ["detector: weighted, rank 2, int4, retain 0.3, threshold 1.5, balance 4, in 2 attentions, of 1 from queries or keys themselves, in 2 without
// BALANCE: dota.detect {{.*}} {balance = 4 : i64, heads = 2 : i64, thresholds = array<f32: {{[0-9.e+-]+}}, {{[0-9.e+-]+}}>}

// EACH: threshold 1.5 -2, in 2 attentions
// EACH: dota.detect {{.*}} {heads = 2 : i64, thresholds = array<f32: {{[0-9.e+-]+}}, -{{[0-9.e+-]+}}>}

// LAYER: in 2 attentions, of 2 masks, each for all heads, of 1 from queries
// LAYER: %[[A:.*]] = dota.linear %arg0, %{{.*}} {dota.exponents = array<i64: 0>, {{.*}} -> tensor<10x2xf32>
// LAYER: %[[B:.*]] = dota.linear %arg0, %{{.*}} {dota.exponents = array<i64: 0>, {{.*}} -> tensor<10x2xf32>
// LAYER: %[[M:.*]] = dota.detect %[[A]], %[[B]] bias %arg1 {heads = 1 : i64} : {{.*}} -> !dota.mask<1x10x10, keep = 3>
// LAYER: dota.masked_attention {{.*}} mask %[[M]] bias %arg1 {{.*}}heads = 2 : i64
// LAYER: dota.detect
// LAYER: dota.masked_attention

// ENCODER: of 1 masks, each for all heads
// ENCODER: %[[M:.*]] = dota.detect
// ENCODER: dota.masked_attention {{.*}} mask %[[M]]
// ENCODER-NOT: dota.detect
// ENCODER: dota.masked_attention {{.*}} mask %[[M]]
// REMARK: attention keeps 3 of 10 keys a row"
// REMARK: attention keeps 3 of 10 keys a row; it has the mask of an earlier one

// 1.5 in scores of 0.5 q k.
// ORACLE: ["detector: oracle, retain 0.3, threshold 1.5, in 2 attentions"]
// ORACLE: %[[Q:.*]] = dota.linear
// ORACLE: %[[K:.*]] = dota.linear
// ORACLE: dota.detect %[[Q]], %[[K]] bias %arg1 {dota.operand_ranges = array<f32: 1.000000e+00, 2.000000e+00, 0.000000e+00>, heads = 2 : i64, thresholds = array<f32: 3.000000e+00>}
// SUM: dota.detect %{{.*}}, %{{.*}} bias %arg1 {{.*}}heads = 1 : i64} : {{.*}} -> !dota.mask<1x10x10, keep = 3>

// SANGER: ["detector: sanger, retain 0.3, threshold 0.002, in 2 attentions"]
// SANGER: %[[ONE:.*]] = arith.constant dense_resource<detector> : tensor<8xf32>
// SANGER: %[[Q:.*]] = dota.mul %{{.*}}, %[[ONE]] {dota.operand_ranges = array<f32: 1.000000e+00, 1.000000e+00>, dota.precision = #dota.precision<int4>, dota.range = 1.000000e+00 : f32}
// SANGER: %[[K:.*]] = dota.mul {{.*}} dota.range = 2.000000e+00 : f32}
// SANGER: dota.detect %[[Q]], %[[K]] bias %arg1 {heads = 2 : i64, softmax_scale = 5.000000e-01 : f32, thresholds = array<f32: 2.000000e-03>}

// The signs of 64 projections a head; keys of their calibrated range.
// ELSA: ["detector: elsa, hashes of 64 bits, retain 0.3, in 2 attentions, of 1 from queries or keys themselves"]
// ELSA: %[[K:.*]] = dota.linear {{.*}}dota.range = 2.000000e+00
// ELSA: %[[A:.*]] = dota.linear %arg0, %{{.*}} {dota.exponents = array<i64: 30, 30>, dota.operand_ranges = {{.*}}, dota.precision = #dota.precision<int2>, {{.*}} -> tensor<10x128xf32>
// ELSA: %[[B:.*]] = dota.linear %arg0, %{{.*}} {dota.exponents = array<i64: 30, 30>, {{.*}} -> tensor<10x128xf32>
// ELSA: dota.detect %[[A]], %[[B]] keys %[[K]] bias %arg1 {dota.operand_ranges = array<f32: 0.000000e+00, 0.000000e+00, 2.000000e+00, 0.000000e+00>, heads = 2 : i64} : (tensor<10x128xf32>, tensor<10x128xf32>, tensor<10x8xf32>, tensor<1x1x10xf32>) -> !dota.mask<2x10x10, keep = 3>
// HASHES: hashes of 6 bits, retain 0.3, threshold 0.5, balance 4, in 2 attentions, of 2 masks, each for all heads
// HASHES: dota.linear %arg0, %{{.*}} {dota.exponents = array<i64: 30>, {{.*}} -> tensor<10x6xf32>
// HASHES: dota.detect {{.*}} keys {{.*}}balance = 4 : i64, {{.*}}heads = 1 : i64, thresholds = array<f32: 5.000000e-01>} : {{.*}} -> !dota.mask<1x10x10, keep = 3>
// LIKELY: thresholds = array<f32: 2.500000e-01>
func.func @two(%x: tensor<10x8xf32>, %bias: tensor<1x1x10xf32>) -> tensor<10x8xf32> {
  %w = arith.constant dense<[[1.,2.,0.,0.,3.,0.,1.,0.],[0.,1.,0.,0.,0.,1.,0.,0.],[0.,0.,1.,0.,2.,0.,0.,1.],[0.,0.,0.,1.,0.,0.,1.,0.],[1.,0.,0.,0.,0.,0.,0.,0.],[0.,0.,1.,0.,0.,0.,0.,2.],[0.,0.,0.,0.,1.,0.,0.,0.],[1.,0.,0.,0.,0.,0.,0.,1.]]> : tensor<8x8xf32>
  %q = dota.linear %x, %w {dota.range = 1.0 : f32} : tensor<10x8xf32>, tensor<8x8xf32> -> tensor<10x8xf32>
  %k = dota.linear %x, %w {dota.range = 2.0 : f32} : tensor<10x8xf32>, tensor<8x8xf32> -> tensor<10x8xf32>
  %y = dota.attention %q, %k, %k bias %bias {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32, dota.range = 1.0 : f32, dota.operand_ranges = array<f32: 1.0, 2.0, 2.0, 0.0>} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>, tensor<1x1x10xf32>) -> tensor<10x8xf32>
  %z = dota.attention %y, %k, %k bias %bias {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<10x8xf32>, tensor<10x8xf32>, tensor<10x8xf32>, tensor<1x1x10xf32>) -> tensor<10x8xf32>
  return %z : tensor<10x8xf32>
}
