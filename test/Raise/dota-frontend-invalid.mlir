// RUN: dota-opt %s --dota-frontend --split-input-file --verify-diagnostics

func.func @absent() -> tensor<4x4xf32> {
  // expected-error @+1 {{weights 'absent' have no data in this module}}
  %w = arith.constant dense_resource<absent> : tensor<4x4xf32>
  return %w : tensor<4x4xf32>
}

// -----

func.func @short() -> tensor<4xf32> {
  // expected-error @+1 {{weights 'short' hold 4 bytes; 'tensor<4xf32>' takes 16}}
  %w = arith.constant dense_resource<short> : tensor<4xf32>
  return %w : tensor<4xf32>
}

{-# dialect_resources: { builtin: { short: "0x040000000000803f" } } #-}
