// RUN: dota-opt %s --dota-omit-tokens --remarks-filter=dota-omit-tokens 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks
// RUN: dota-opt %s --dota-omit-tokens -o %t.once && dota-opt %t.once --dota-omit-tokens | FileCheck %s --check-prefix=AGAIN

// CHECK: dota.notes = ["tokens omitted, which is lossy: in 2 feed-forward networks, where no query keeps their key"]
// AGAIN: "tokens omitted, which is lossy: in 0 feed-forward networks, where no query keeps their key"]

!m = !dota.mask<2x4x4, keep = 1>

// Of a norm of x, and gated: three linears.
// REMARK: tokens whose key no query keeps go by the residual alone; this is lossy{{.*}}linears=3
// CHECK-LABEL: @gated
// CHECK: %[[M:.*]] = dota.detect
// CHECK: %[[N:.*]] = dota.rms_norm
// CHECK: dota.linear %[[N]], %{{.*}} live %[[M]] {heads = 1 : i64}
// CHECK: dota.linear %[[N]], %{{.*}} live %[[M]] {heads = 1 : i64}
// CHECK: dota.linear %{{.*}}, %{{.*}} live %[[M]] {heads = 1 : i64}{{.*}} live {{.*}}
// CHECK-NOT: live
dota.program @gated(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %u: tensor<16x8xf32>, %s: tensor<8x8xf32>, %g: tensor<8xf32>) -> tensor<4x8xf32> {
  %q = dota.linear %x, %s : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %k = dota.linear %x, %s : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %m = dota.detect %x, %x {heads = 2} : (tensor<4x8xf32>, tensor<4x8xf32>) -> !m
  %a = dota.masked_attention %q, %k, %x mask %m {heads = 2, kv_heads = 2, scale = 0.1 : f32} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !m) -> tensor<4x8xf32>
  %r = dota.add %a, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %n = dota.rms_norm %r, %g {epsilon = 1.0e-5 : f32} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  %h0 = dota.linear %n, %w : tensor<4x8xf32>, tensor<8x16xf32> -> tensor<4x16xf32>
  %h1 = dota.activation <silu> %h0 : tensor<4x16xf32> -> tensor<4x16xf32>
  %h2 = dota.linear %n, %w : tensor<4x8xf32>, tensor<8x16xf32> -> tensor<4x16xf32>
  %h3 = dota.mul %h1, %h2 : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = dota.linear %h3, %u : tensor<4x16xf32>, tensor<16x8xf32> -> tensor<4x8xf32>
  %z = dota.add %r, %y : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  dota.return %z : tensor<4x8xf32>
}

// Of x itself. A sum of something else, a network that something else reads, and
// one after attention to other tokens stay.
// REMARK: tokens whose key{{.*}}linears=2
// CHECK-LABEL: @plain
// CHECK: dota.linear {{.*}} live {{.*}} live {{.*}}
// CHECK: dota.linear {{.*}} live {{.*}} live {{.*}}
// CHECK-NOT: live
dota.program @plain(%x: tensor<4x8xf32>, %o: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %m = dota.detect %x, %x {heads = 2} : (tensor<4x8xf32>, tensor<4x8xf32>) -> !m
  %a = dota.masked_attention %x, %x, %x mask %m {heads = 2, kv_heads = 2, scale = 0.1 : f32} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !m) -> tensor<4x8xf32>
  %h = dota.linear %a, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %i = dota.activation <relu> %h : tensor<4x8xf32> -> tensor<4x8xf32>
  %y = dota.linear %i, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %z = dota.add %y, %a : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %other = dota.add %z, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %h1 = dota.linear %other, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %i1 = dota.activation <relu> %h1 : tensor<4x8xf32> -> tensor<4x8xf32>
  %y1 = dota.linear %i1, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %z1 = dota.add %y1, %other : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %n = dota.detect %z1, %o {heads = 2} : (tensor<4x8xf32>, tensor<4x8xf32>) -> !m
  %b = dota.masked_attention %z1, %o, %o mask %n {heads = 2, kv_heads = 2, scale = 0.1 : f32} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !m) -> tensor<4x8xf32>
  %h2 = dota.linear %b, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %i2 = dota.activation <relu> %h2 : tensor<4x8xf32> -> tensor<4x8xf32>
  %y2 = dota.linear %i2, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %z2 = dota.add %y2, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  dota.return %z2, %i1 : tensor<4x8xf32>, tensor<4x8xf32>
}
