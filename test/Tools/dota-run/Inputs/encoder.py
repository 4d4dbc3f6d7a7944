"""Prints a small encoder: an embedding on the host, a layer for the device, an
operation of the host that cuts it (with "cut"), a feed-forward network (with "feed"), a linear
for the device, a mean on the host."""
import random
import sys

random.seed(7)
N, F, H = 6, 16, 2


def constant(name, *shape):
    def rows(sizes):
        if not sizes:
            return f"{random.uniform(-0.6, 0.6):.6f}"
        return "[" + ", ".join(rows(sizes[1:]) for _ in range(sizes[0])) + "]"

    size = "x".join(map(str, shape))
    return f"  %{name} = arith.constant dense<{rows(shape)}> : tensor<{size}xf32>"


X = f"tensor<2x{N}x{F}xf32>"
W = f"tensor<{F}x{F}xf32>"
V = f"tensor<{F}xf32>"
print(f"func.func @main(%ids: tensor<2x{N}xi64>) -> ({X}, tensor<2x{F}xf32>) {{")
print(constant("table", 20, F))
for name in "wq", "wk", "wv", "wo":
    print(constant(name, F, F))
for name in "bq", "gain", "bias":
    print(constant(name, F))
print(f"""
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {X}
  %x = linalg.generic {{indexing_maps = [affine_map<(b, n, f) -> (b, n)>, affine_map<(b, n, f) -> (b, n, f)>],
      iterator_types = ["parallel", "parallel", "parallel"]}} ins(%ids : tensor<2x{N}xi64>) outs(%e : {X}) {{
  ^bb0(%id: i64, %o: f32):
    %i = arith.index_cast %id : i64 to index
    %f = linalg.index 2 : index
    %rows = arith.constant 20 : index
    %fits = arith.cmpi ult, %i, %rows : index
    cf.assert %fits, "id must be smaller than the table"
    %v = tensor.extract %table[%i, %f] : tensor<20x{F}xf32>
    linalg.yield %v : f32
  }} -> {X}
  %q = dota.linear %x, %wq, %bq : {X}, {W}, {V} -> {X}
  %k = dota.linear %x, %wk : {X}, {W} -> {X}
  %v = dota.linear %x, %wv : {X}, {W} -> {X}
  %a = dota.attention %q, %k, %v {{heads = {H} : i64, kv_heads = {H} : i64, scale = 0.5 : f32}} : ({X}, {X}, {X}) -> {X}
  %s = dota.add %a, %x : ({X}, {X}) -> {X}
  %n = dota.layer_norm %s, %gain, %bias {{epsilon = 1.0e-5 : f32}} : ({X}, {V}, {V}) -> {X}""")
last = "%n"
if "cut" in sys.argv:
    print(f"  %cos = math.cos %n : {X}")
    last = "%cos"
if "feed" in sys.argv:
    print(constant("w1", F, 2 * F))
    print(constant("w2", 2 * F, F))
    print(f"""  %h = dota.linear {last}, %w1 : {X}, tensor<{F}x{2 * F}xf32> -> tensor<2x{N}x{2 * F}xf32>
  %g = dota.activation <gelu> %h : tensor<2x{N}x{2 * F}xf32> -> tensor<2x{N}x{2 * F}xf32>
  %d = dota.linear %g, %w2 : tensor<2x{N}x{2 * F}xf32>, tensor<{2 * F}x{F}xf32> -> {X}
  %r = dota.add %d, {last} : ({X}, {X}) -> {X}""")
    last = "%r"
print(f"""  %y = dota.linear {last}, %wo : {X}, {W} -> {X}
  %p = tensor.empty() : tensor<2x{F}xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%p : tensor<2x{F}xf32>) -> tensor<2x{F}xf32>
  %mean = linalg.reduce {{ arith.addf }} ins(%y : {X}) outs(%fill : tensor<2x{F}xf32>) dimensions = [1]
  return %y, %mean : {X}, tensor<2x{F}xf32>
}}""")
