//===- DotaOps.td - ops of the dota dialect --------------------*- tablegen -*-===//
#ifndef DOTA_OPS
#define DOTA_OPS

include "Dota/DotaDialect.td"
include "Dota/DotaTypes.td"
include "Dota/DotaInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/CommonTypeConstraints.td"

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

/// f32, or a quantised type with a power-of-two scale and zero point 0.
def Dota_Element : AnyTypeOf<[F32,
    Type<CPred<"::llvm::isa<::mlir::quant::QuantizedType>($_self)">,
         "quantised type">]>;
def Dota_Tensor : StaticShapeTensorOf<[Dota_Element]>;
def Dota_FloatTensor : StaticShapeTensorOf<[F32]>;

class Dota_Op<string mnemonic, list<Trait> traits = []>
    : Op<DotaDialect, mnemonic, traits>;

/// A compute op: pure, one result, counts its work.
class Dota_ComputeOp<string mnemonic, list<Trait> traits = []>
    : Dota_Op<mnemonic, !listconcat([Pure, Dota_WorkOpInterface], traits)> {
  let hasVerifier = 1;
}

/// A compute op with matrix products. Fixed point: products are exact integers.
class Dota_ProductOp<string mnemonic, list<Trait> traits = []>
    : Dota_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<Dota_WorkOpInterface, ["getMacs"]>], traits)> {
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Matrix products and attention: RMMU
//===----------------------------------------------------------------------===//

def Dota_LinearOp : Dota_ProductOp<"linear", [AttrSizedOperandSegments]> {
  let summary = "y = x W + b";
  let description = [{
    `x: [B x] N x K`, `weight: K x O`, `bias: O`, result `[B x] N x O`.

    Fixed point: exact integer sum, bias aligned to the product's scale and
    added exactly, rounded once (half to even) and saturated. The types of
    weight, bias and result may be quantised per column (dimension of O).

    ```mlir
    %y = dota.linear %x, %w, %b : tensor<128x384xf32>, tensor<384x1536xf32>, tensor<1536xf32> -> tensor<128x1536xf32>
    ```

    With a mask of N keys as `live` the columns fall into `heads` groups of one
    width, and so do the mask's heads. The products of a row are left out in the columns of a
    group where no query of the group's heads keeps the row's key: there y = b. Attention over
    that mask never reads them.

    ```mlir
    %k = dota.linear %x, %w live %m {heads = 12} : tensor<128x384xf32>, tensor<384x384xf32> live !dota.mask<12x128x128, keep = 13> -> tensor<128x384xf32>
    ```
  }];
  let arguments = (ins Dota_Tensor:$x, Dota_Tensor:$weight, Optional<Dota_Tensor>:$bias,
      Optional<Dota_MaskType>:$live, OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$heads);
  let results = (outs Dota_Tensor:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$x, "::mlir::Value":$weight,
                             "::mlir::Value":$bias), [{
    build($_builder, $_state, type, x, weight, bias, /*live=*/::mlir::Value(), /*heads=*/::mlir::IntegerAttr());
  }]>];
  let assemblyFormat = [{
    $x `,` $weight (`,` $bias^)? (`live` $live^)? attr-dict `:` type($x) `,` type($weight)
    (`,` type($bias)^)? (`live` qualified(type($live))^)? `->` type($result)
  }];
  let hasCanonicalizer = 1;
}

def Dota_AttentionOp : Dota_ProductOp<"attention"> {
  let summary = "softmax(scale q k^T + bias) v, every key";
  let description = [{
    `q: [B x] N x (heads d)`, `k: [B x] M x (kv_heads d)`,
    `v: [B x] M x (kv_heads e)`, result `[B x] N x (heads e)`. Head h of the
    queries uses key and value head `h / (heads / kv_heads)`.

    `bias` (f32) is added to the scaled scores: `[Bb x] Hb x Nb x M`, where
    each of Bb, Hb, Nb is 1 or the full extent. A key whose bias is -8192 or
    less is inadmissible: a detector never selects it. With `causal`, key j is
    visible to query i when `j <= i + (M - N)`.

    ```mlir
    %o = dota.attention %q, %k, %v {heads = 12, kv_heads = 12, scale = 0.176776 : f32}
        : (tensor<128x384xf32>, tensor<128x384xf32>, tensor<128x384xf32>) -> tensor<128x384xf32>
    %o = dota.attention %q, %k, %v bias %m {...} : (tensor<...>, tensor<...>, tensor<...>, tensor<1x1x128xf32>) -> tensor<...>
    ```
  }];
  let arguments = (ins Dota_Tensor:$q, Dota_Tensor:$k, Dota_Tensor:$v,
      Optional<Dota_FloatTensor>:$bias,
      ConfinedAttr<I64Attr, [IntPositive]>:$heads, ConfinedAttr<I64Attr, [IntPositive]>:$kv_heads,
      F32Attr:$scale, UnitAttr:$causal);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
}

def Dota_DetectOp : Dota_ProductOp<"detect", [AttrSizedOperandSegments]> {
  let summary = "the keys with the largest estimated scores";
  let description = [{
    `q: [B x] N x (heads r)`, `k: [B x] M x (kv_heads r)`: the low-rank projections
    of queries and keys, usually in INT4 or INT2 (produced by `dota.linear`). Without
    `kv_heads` each head has a key factor of its own, else heads share them as in
    `dota.attention`. For each head, `S~ = q k^T`; each row keeps its `keep` largest
    admissible scores, ties by the smaller key id. `bias` and `causal` say what is
    admissible, as for `dota.attention`; the bias's finite values are not added.

    The factors are any two: a weighted SVD's, or the paper's P W~.

    With `keys: [B x] M x (kv_heads d)`, the keys themselves, the factors are hashes
    of r bits: only their signs count, which in fixed point INT2 holds (a 0 agrees by
    half). Where h of its r bits differ from the query's, a key has the score
    `S~ = |key| cos(pi h / r)`: up to the length of the query, the product of two
    vectors at the angle that their hashes tell.

    With `thresholds`, one for all heads or one a head, a row keeps of those keys
    the ones whose score reaches it; there may be none. In fixed point a score is
    `S~ * 2^-(exponents of q and k)`, rounded to f32; of hashes it is in the units of
    the keys.

    With `balance = T` as well the rows of a group keep the same number of keys, so
    that rows that run together end together: of T consecutive rows (the last group
    may have fewer) each keeps as many as reach the threshold on average, rounded up
    and at least one, or all that are admissible where these are fewer.

    With `softmax_scale` as well the thresholds are of the estimated probabilities
    `softmax(softmax_scale S~ + bias)` over the visible keys, which must exceed it.

    ```mlir
    %m = dota.detect %q, %k {heads = 2 : i64, thresholds = array<f32: 1.5, 2.0>, balance = 4 : i64}
        : (tensor<16x16x!q>, tensor<16x16x!q>) -> !dota.mask<2x16x16, keep = 4>
    %m = dota.detect %q, %k keys %keys {heads = 4 : i64, kv_heads = 2 : i64}
        : (tensor<16x32x!bit>, tensor<16x16x!bit>, tensor<16x24x!x>) -> !dota.mask<4x16x16, keep = 4>
    ```
  }];
  let arguments = (ins Dota_Tensor:$q, Dota_Tensor:$k, Optional<Dota_Tensor>:$keys,
      Optional<Dota_FloatTensor>:$bias,
      ConfinedAttr<I64Attr, [IntPositive]>:$heads,
      OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$kv_heads, UnitAttr:$causal,
      OptionalAttr<DenseF32ArrayAttr>:$thresholds,
      OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$balance,
      OptionalAttr<F32Attr>:$softmax_scale);
  let results = (outs Dota_MaskType:$mask);
  let assemblyFormat = [{
    $q `,` $k (`keys` $keys^)? (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    /// Heads of `k`, and of `keys`.
    int64_t getKeyHeads() { return static_cast<int64_t>(getKvHeads().value_or(getHeads())); }
    /// Operands that heads have their columns of: the factors, and the keys.
    unsigned getMatrices() { return getKeys() ? 3 : 2; }
  }];
}

def Dota_ConstantMaskOp : Dota_Op<"constant_mask", [Pure]> {
  let summary = "a mask that is known at compile time";
  let description = [{
    `ids: heads x rows x keep` i32: the keys that each row keeps, in ascending
    order, filled up with -1. All sequences of a batch have the same.

    `scores`, of the same shape in f32, say how much each kept key is worth, where
    that is known: `dota-balance-rows` drops the least.

    `grouping: heads x rows` i32 are each head's rows in the order in which groups
    are formed, made by `dota-group-rows`: the first `group` of them are the first
    group. Without it groups are of consecutive rows.

    `order: heads x groups x (2 + group * (keep + 1))` i32 is the order in which
    the rows of a group visit their keys, made by `dota-reorder-keys`: for each
    group its steps, its loads, its rows, then for each step a position in the ids
    of each row, or -1 where a row idles. The values depend on neither.

    Example, of two rows that share the load of key 1:
    ```mlir
    %mask = dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32>
        order dense<[[[2, 3, 0, 1, 1, 0, 0, 1]]]> : tensor<1x1x8xi32> of 2
        : !dota.mask<1x2x4, keep = 2>
    ```
  }];
  let arguments = (ins ElementsAttr:$ids, OptionalAttr<ElementsAttr>:$scores,
      OptionalAttr<ElementsAttr>:$grouping, OptionalAttr<ElementsAttr>:$order,
      OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$group);
  let results = (outs Dota_MaskType:$mask);
  let assemblyFormat = [{
    $ids (`scores` $scores^)? (`grouping` $grouping^)? (`order` $order^ `of` $group)? attr-dict `:` qualified(type($mask))
  }];
  let hasVerifier = 1;
}

def Dota_MaskedAttentionOp : Dota_ProductOp<"masked_attention"> {
  let summary = "attention over the kept keys only";
  let description = [{
    As `dota.attention`, over the keys of `mask` only. A row that keeps no key
    gives zeros. A mask of one head is for all heads.
  }];
  let arguments = (ins Dota_Tensor:$q, Dota_Tensor:$k, Dota_Tensor:$v, Dota_MaskType:$mask,
      Optional<Dota_FloatTensor>:$bias,
      ConfinedAttr<I64Attr, [IntPositive]>:$heads, ConfinedAttr<I64Attr, [IntPositive]>:$kv_heads,
      F32Attr:$scale, UnitAttr:$causal);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v `mask` $mask (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// The rest of an encoder: MFU
//===----------------------------------------------------------------------===//

def Dota_SoftmaxOp : Dota_ComputeOp<"softmax"> {
  let summary = "softmax along the last dimension";
  let arguments = (ins Dota_Tensor:$x);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Dota_LayerNormOp : Dota_ComputeOp<"layer_norm"> {
  let summary = "(x - mean) / sqrt(var + epsilon) * gain + bias along the last dimension";
  let description = [{
    `x: [B x] N x F`; `gain`, `bias`: f32, `F`. Fixed point: the two moments are
    exact integers, the rest is f32 in a stated order, rounded once.
  }];
  let arguments = (ins Dota_Tensor:$x, Dota_FloatTensor:$gain, Dota_FloatTensor:$bias,
      F32Attr:$epsilon);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x `,` $gain `,` $bias attr-dict `:` functional-type(operands, results)";
}

// quote: record
def Dota_RmsNormOp : Dota_ComputeOp<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * gain along the last dimension";
  let arguments = (ins Dota_Tensor:$x, Dota_FloatTensor:$gain, F32Attr:$epsilon);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x `,` $gain attr-dict `:` functional-type(operands, results)";
}
// end quote

def Dota_ActivationOp : Dota_ComputeOp<"activation"> {
  let summary = "element-wise function of one operand";
  let description = [{
    `identity` changes the format alone: a fixed-point value is rounded once, to the
    bit as `roundShift` would.
  }];
  let arguments = (ins Dota_Tensor:$x, Dota_ActivationKindAttr:$kind);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($x) `->` type($result)";
}

def Dota_AddOp : Dota_ComputeOp<"add"> {
  let summary = "x + y, element by element";
  let description = [{
    Same shapes, or `y` of the trailing shape of `x` (a row for all tokens, or
    one sequence's addend for all of a batch).
  }];
  let arguments = (ins Dota_Tensor:$x, Dota_Tensor:$y);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Dota_MulOp : Dota_ComputeOp<"mul"> {
  let summary = "x * y, element by element";
  let description = "Shapes as for `dota.add`.";
  let arguments = (ins Dota_Tensor:$x, Dota_Tensor:$y);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Dota_RotateOp : Dota_ComputeOp<"rotate"> {
  let summary = "rotate pairs of columns by the angles of a token";
  let description = [{
    Rotary position embedding. `x: [B x] N x (heads d)`, `table: [B x] N x (2 d)`:
    d cosines of each token, then d sines, for every head the same. The columns of a
    head fall into groups of `2 distance`; in a group columns `distance` apart are
    partners: `distance = d / 2` pairs the halves of a head, 1 pairs neighbours.

    `result[n, c] = x[n, c] cos[n, c mod d] + x[n, partner(c)] sin[n, c mod d]`

    A sine carries its sign: the same angle has `-sin` in one column and `sin` in the
    partner's. Columns with cosine 1 and sine 0 stay. Fixed point: the exact sum,
    rounded once.

    ```mlir
    %y = dota.rotate %x, %t {distance = 32} : (tensor<128x768xf32>, tensor<128x128xf32>) -> tensor<128x768xf32>
    ```
  }];
  let arguments = (ins Dota_Tensor:$x, Dota_Tensor:$table,
      ConfinedAttr<I64Attr, [IntPositive]>:$distance);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x `,` $table attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Between float and fixed point
//===----------------------------------------------------------------------===//

def Dota_QuantizeOp : Dota_ComputeOp<"quantize"> {
  let summary = "f32 to fixed point, half to even, saturating; NaN gives 0";
  let arguments = (ins Dota_FloatTensor:$x);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasFolder = 1;
}

def Dota_DequantizeOp : Dota_ComputeOp<"dequantize"> {
  let summary = "fixed point to f32, exact";
  let arguments = (ins Dota_Tensor:$x);
  let results = (outs Dota_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasFolder = 1;
}

def Dota_ConstantOp : Dota_Op<"constant", [Pure, ConstantLike]> {
  let summary = "a tensor of stored integers with a fixed-point type";
  let description = [{
    `value` holds the stored integers (i8, i16 or i32), the result type says what
    they mean. INT4 and INT2 values are stored one to an i8 here, and packed in
    a program.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Dota_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Calibration
//===----------------------------------------------------------------------===//

def Dota_ObserveOp : Dota_Op<"observe", []> {
  let summary = "hand a value to the calibration recorder";
  let description = [{
    Passes a float value to the recorder under the number `id`; lowered to a call
    of the host runtime. `moment` asks for the second moment of the rows (with a
    trailing 1 appended) as well as for the range.
  }];
  let arguments = (ins Dota_FloatTensor:$value, I64Attr:$id, UnitAttr:$moment);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

//===----------------------------------------------------------------------===//
// Device regions
//===----------------------------------------------------------------------===//

def Dota_ProgramOp : Dota_Op<"program", [IsolatedFromAbove, Symbol, FunctionOpInterface,
    SingleBlock]> {
  let summary = "what the device runs for one sequence";
  let description = [{
    A function on one sequence: arguments and results are f32 (or i32) tensors of
    one sequence, quantised and dequantised inside. The body holds ops of this
    dialect and constants. `mfu` says by which of the machine's rules they compute.

    ```mlir
    dota.program @encoder(%x: tensor<128x384xf32>) -> tensor<128x384xf32> {
      ...
      dota.return %y : tensor<128x384xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
      OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs,
      OptionalAttr<Dota_MfuAttr>:$mfu);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ArrayRef<Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ArrayRef<Type> getResultTypes() { return getFunctionType().getResults(); }
    Region *getCallableRegion() { return &getBody(); }
  }];
}

def Dota_ReturnOp : Dota_Op<"return", [Pure, HasParent<"ProgramOp">, ReturnLike, Terminator]> {
  let summary = "end of a program";
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
  let hasVerifier = 1;
}

def Dota_LaunchOp : Dota_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a program, once a sequence";
  let description = [{
    Operands and results are those of the program, or, with `batch`, have one
    more leading dimension of that extent; an operand without it is shared by
    all sequences.

    ```mlir
    %y = dota.launch @encoder(%x) {batch = 2} : (tensor<2x128x384xf32>) -> tensor<2x128x384xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$program, Variadic<AnyStaticShapeTensor>:$operands,
      OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$batch);
  let results = (outs Variadic<AnyStaticShapeTensor>);
  let assemblyFormat = "$program `(` $operands `)` attr-dict `:` functional-type(operands, results)";
}

#endif // DOTA_OPS
