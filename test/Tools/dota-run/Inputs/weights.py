"""weights.py ATTRIBUTE: prints a model of one product, its weights ATTRIBUTE."""
import sys

print(f"""func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {{
  %w = arith.constant {sys.argv[1]} : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}}""")
