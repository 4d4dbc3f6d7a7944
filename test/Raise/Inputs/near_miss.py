"""near_miss.py VARIANT: prints a model that is attention but for one thing, between projections that the device takes."""
import random
import sys

variant = sys.argv[1]
random.seed(11)
N, F = 6, 16
X, S = f"tensor<{N}x{F}xf32>", f"tensor<{N}x{N}xf32>"
ROW, CUBE = f"tensor<{N}xf32>", f"tensor<{N}x{N}x{F}xf32>"


def constant(name, *shape):
    def rows(sizes):
        if not sizes:
            return f"{random.uniform(-0.6, 0.6):.6f}"
        return "[" + ", ".join(rows(sizes[1:]) for _ in range(sizes[0])) + "]"

    print(f"  %{name} = arith.constant dense<{rows(shape)}> : tensor<{'x'.join(map(str, shape))}xf32>")


def filled(name, kind):
    print(f"  %{name}_e = tensor.empty() : {kind}")
    print(f"  %{name}_f = linalg.fill ins(%zero : f32) outs(%{name}_e : {kind}) -> {kind}")


def product(name, a, b, kinds, maps="(n, m, k) -> (n, k)|(n, m, k) -> (k, m)|(n, m, k) -> (n, m)"):
    """`name` = sum over k of a b"""
    filled(name, kinds[2])
    maps = ", ".join(f"affine_map<{m}>" for m in maps.split("|"))
    print(f"""  %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%{a}, %{b} : {kinds[0]}, {kinds[1]}) outs(%{name}_f : {kinds[2]}) {{
  ^bb0(%l: f32, %r: f32, %o: f32):
    %t = arith.mulf %l, %r : f32
    %u = arith.addf %o, %t : f32
    linalg.yield %u : f32
  }} -> {kinds[2]}""")


def combined(name, op, a, b, kinds, maps, rank):
    """`name` = a op b, element by element"""
    print(f"  %{name}_e = tensor.empty() : {kinds[2]}")
    maps = ", ".join(f"affine_map<{m}>" for m in maps.split("|"))
    print(f"""  %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{', '.join(['"parallel"'] * rank)}]}}
      ins(%{a}, %{b} : {kinds[0]}, {kinds[1]}) outs(%{name}_e : {kinds[2]}) {{
  ^bb0(%l: f32, %r: f32, %o: f32):
    %u = arith.{op} %l, %r : f32
    linalg.yield %u : f32
  }} -> {kinds[2]}""")


print(f"func.func @main(%x: {X}) -> {X} {{")
print("  %zero = arith.constant 0.0 : f32")
for name in "wq", "wk", "wv", "wo":
    constant(name, F, F)
for name in "qkv":
    product(name, "x", "w" + name, (X, f"tensor<{F}x{F}xf32>", X))

if variant == "keys-by-query":
    constant("shift", N, F)
    combined("kq", "mulf", "k", "shift", (X, X, CUBE), "(n, m, d) -> (m, d)|(n, m, d) -> (n, d)|(n, m, d) -> (n, m, d)", 3)
    product("s", "q", "kq", (X, CUBE, S), "(n, m, d) -> (n, d)|(n, m, d) -> (n, m, d)|(n, m, d) -> (n, m)")
else:
    product("s", "q", "k", (X, X, S), "(n, m, d) -> (n, d)|(n, m, d) -> (m, d)|(n, m, d) -> (n, m)")

axis = 0 if variant == "over-queries" else 1
print(f"  %p_e = tensor.empty() : {S}")
print(f"  %p = linalg.softmax dimension({axis}) ins(%s : {S}) outs(%p_e : {S}) -> {S}")
last = "p"
rows = "(n, m) -> (n, m)|(n, m) -> (n)|(n, m) -> (n, m)"
keys = "(n, m) -> (n, m)|(n, m) -> (m)|(n, m) -> (n, m)"
both = "(n, m) -> (n, m)|(n, m) -> (n, m)|(n, m) -> (n, m)"
if variant == "no-softmax":
    last = "s"
elif variant == "mask-after":
    print(f"  %mask = arith.constant dense<{[[float((n + m) % 3 != 0) for m in range(N)] for n in range(N)]}> : {S}")
    combined("masked", "mulf", "p", "mask", (S, S, S), both, 2)
    last = "masked"
elif variant == "factor":
    print(f"  %three = arith.constant dense<3.0> : {S}")
    combined("scaled", "mulf", "p", "three", (S, S, S), both, 2)
    last = "scaled"
elif variant in ("factor-per-query", "factor-per-key"):
    constant("factors", N)
    combined("scaled", "mulf", "p", "factors", (S, ROW, S), rows if variant == "factor-per-query" else keys, 2)
    last = "scaled"
elif variant == "other-denominator":
    # exp(s) over the sum of exp(s) and one: what some call softmax1.
    print(f"  %one = arith.constant 1.0 : f32\n  %exp = math.exp %s : {S}\n  %d_e = tensor.empty() : {ROW}")
    print(f"  %d_f = linalg.fill ins(%one : f32) outs(%d_e : {ROW}) -> {ROW}")
    print(f"  %d = linalg.reduce {{ arith.addf }} ins(%exp : {S}) outs(%d_f : {ROW}) dimensions = [1]")
    combined("share", "divf", "exp", "d", (S, ROW, S), rows, 2)
    last = "share"

if variant == "values-by-query":
    constant("shift", N, F)
    combined("vq", "mulf", "v", "shift", (X, X, CUBE), "(n, m, d) -> (m, d)|(n, m, d) -> (n, d)|(n, m, d) -> (n, m, d)", 3)
    product("a", last, "vq", (S, CUBE, X), "(n, d, m) -> (n, m)|(n, d, m) -> (n, m, d)|(n, d, m) -> (n, d)")
else:
    product("a", last, "v", (S, X, X))
product("y", "a", "wo", (X, f"tensor<{F}x{F}xf32>", X))
print(f"  return %y : {X}\n}}")
