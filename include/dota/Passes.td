//===- Passes.td - the passes of the dota compiler -------------*- tablegen -*-===//
#ifndef DOTA_PASSES
#define DOTA_PASSES

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// The dota dialect: meaning, fixed point, lanes
//===----------------------------------------------------------------------===//

def DotaToLinalg : Pass<"dota-to-linalg", "::mlir::ModuleOp"> {
  let summary = "lower every dota op to upstream dialects: its executable meaning";
  let description = [{
    Float ops become `linalg` on f32 tensors, fixed-point ops `linalg` on the
    stored integers, to the bit what the machine computes: the scalar rules come
    from the same templates as the simulator's (`dota/runtime/Numerics.h`).
    Fixed-point tensors become tensors of their stored integers (i16, i32; i8 for
    8 bits and less) and masks `tensor<[Bx]HxNxMxi1>`, in signatures too.
    `dota.program` becomes a private function, `dota.launch` a call of it, or a
    loop of calls over the batch; `dota.observe` a call of the external function
    `dotaObserve(id: i64, moment: i64, value: tensor<*xf32>)`.

    The pass is total: it fails where a dota op is left.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def Quantize : Pass<"dota-quantize", "::mlir::ModuleOp"> {
  let summary = "calibrated f32 dota ops to fixed point";
  let description = [{
    Every f32 op of the dialect becomes its fixed-point form. Formats:

    - a result: the largest exponent that holds its `dota.range`;
    - a constant operand: the largest exponent that holds its largest magnitude, or,
      for weights of 8 bits and less, for each output column that of the least
      squared error (`weight-scales`); stored integers in a `dota.constant`; a bias of
      `dota.linear` in 32 bits at an exponent that is at most that of the products;
    - what products read (x of a linear, queries, keys and values) in
      `operand-precision`: what they alone read has it from the start, anything else
      is narrowed for them by a `dota.activation <identity>`;
    - any other operand that comes from elsewhere: a `dota.quantize` by the
      consumer's `dota.operand_ranges`;
    - what only detectors read: INT4, or what `dota.exponents` (one a head) of the
      producing `dota.linear` say.

    An op's own `dota.precision` (of its result), `dota.operand_precision` and
    `dota.weight_precision` go before the options.

    A `dota.dequantize` serves users outside of the dialect. Exponents are lowered
    where the bounds of the rounding rule need it (`dota.linear`'s verifier).

    Errors: an op or an operand without a calibrated range, or with one that no
    exponent holds; a constant that holds NaN or infinity. Ops that are fixed point already are left as they are, so a
    second run changes nothing.

    ```mlir
    %y = dota.linear %x, %w {dota.range = 3.0 : f32, dota.operand_ranges = array<f32: 2.0, 0.0>}
        : tensor<4x8xf32>, tensor<8x6xf32> -> tensor<4x6xf32>
    // becomes
    %0 = dota.quantize %x {dota.range = 2.0 : f32} : tensor<4x8xf32> -> tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 2^-13>>
    %1 = dota.constant ... : tensor<8x6x!quant.uniform<...>>
    %2 = dota.linear %0, %1 : ... -> tensor<4x6x!quant.uniform<i16<-32767:32767>:f32, 2^-13>>
    %y = dota.dequantize %2 : ... -> tensor<4x6xf32>
    ```
  }];
  let options = [
    Option<"precision", "precision", "std::string", "\"fx16\"",
           "of what matrix products read: fx16, fx8 or fx4">,
    Option<"weightPrecision", "weight-precision", "std::string", "\"\"",
           "of constant weights: fx16, fx8 or fx4 (as precision)">,
    Option<"operandPrecision", "operand-precision", "std::string", "\"\"",
           "of what else matrix products read: fx16, fx8 or fx4 (as precision)">,
    Option<"valuePrecision", "value-precision", "std::string", "\"fx16\"",
           "of all other values: fx16 or fx8">,
    Option<"weightScales", "weight-scales", "std::string", "\"auto\"",
           "of constant weights: one a tensor, one a channel (output column), or auto, which is channel below 16 bits">
  ];
}

def DotaToLane : Pass<"dota-to-lane", "::mlir::ModuleOp"> {
  let summary = "lower fixed-point programs to instruction streams of the lanes";
  let description = [{
    Each `dota.program` becomes a `lane.program` of the same name, with the
    machine's number of lanes. Heads, and columns of the weights, are split over
    lanes; linears whose operand lanes hold by columns give exact partial sums,
    which are added and rounded once; what works on whole rows is split by rows.
    Hence the same bits for any number of lanes. Tiles are chosen so that they fit
    in a lane's SRAM; buffers have no addresses yet and there are no waits.
    `docs/lowering.md` has the details and an example.

    Detected: any program of fixed-point ops on one sequence. Not detected: float
    ops (an error), tiles that cannot be made small enough (an error that says
    how much they need).
  }];
  let options = [
    Option<"machine", "machine", "std::string", /*default=*/"\"dota\"", "shipped machine, or a file">,
    Option<"detectRows", "detect-rows", "int64_t", /*default=*/"-1",
           "PE rows that detect while the others compute, where tiles allow it (0: none, all take "
           "turns; -1: what should take the fewest cycles)">
  ];
  let dependentDialects = ["::mlir::lane::LaneDialect"];
}

//===----------------------------------------------------------------------===//
// Back end: lane programs
//===----------------------------------------------------------------------===//

defvar Lane_SramOptions = [
  Option<"bytes", "bytes", "uint64_t", /*default=*/"0", "SRAM of a lane (0: what the machine has)">,
  Option<"machine", "machine", "std::string", /*default=*/"\"dota\"", "shipped machine, or a file">
];

def LaneSchedule : Pass<"lane-schedule", "::mlir::lane::ProgramOp"> {
  let summary = "order the instructions of each lane so that its units overlap";
  let description = [{
    Between barriers, instructions that do not depend on one another change places
    so that loads run ahead of the products that need them and stores hold nothing
    up, as far as SRAM allows. Works on buffers, before `lane-allocate-sram`. What
    each instruction costs is the machine's own estimate.

    ```mlir
    lane.load %a0 {...}                 lane.load %a0 {...}
    lane.matmul %a0, %b, %c0 {...}      lane.load %a1 {...}
    lane.load %a1 {...}            ==>  lane.matmul %a0, %b, %c0 {...}
    lane.matmul %a1, %b, %c1 {...}      lane.matmul %a1, %b, %c1 {...}
    ```

    Streams that are placed already are left alone.
  }];
  let options = !listconcat(Lane_SramOptions, [
    Option<"window", "window", "unsigned", /*default=*/"128",
           "instructions after the oldest one that is left, of which the next is chosen">]);
  let dependentDialects = ["::mlir::lane::LaneDialect"];
}

def AllocateSram : Pass<"lane-allocate-sram", "::mlir::lane::ProgramOp"> {
  let summary = "give the buffers of lane streams their addresses in SRAM";
  let description = [{
    Buffers and views become `lane.address`. A buffer lives from the first to the
    last instruction that names it, in order of issue. Fails at the instruction
    where most is alive if a stream needs more than there is.

    ```mlir
    %a = lane.buffer 1024                 %0 = lane.address 0
    %v = lane.view %a + 512        ==>    %512 = lane.address 512
    lane.quantize %a, %v {...}            lane.quantize %0, %512 {...}
    ```
  }];
  let options = Lane_SramOptions;
  let dependentDialects = ["::mlir::lane::LaneDialect"];
}

def InsertWaits : Pass<"lane-insert-waits", "::mlir::lane::ProgramOp"> {
  let summary = "hold instructions until other units have finished with their SRAM";
  let description = [{
    Puts a `lane.wait` in front of each instruction that reads what another unit
    may still be writing, or writes what another unit may still be reading or
    writing, unless an earlier wait or barrier has made it known to be done. Runs
    after placement; idempotent.
  }];
  let dependentDialects = ["::mlir::lane::LaneDialect"];
}

def LaneVerify : Pass<"lane-verify", "::mlir::lane::ProgramOp"> {
  let summary = "check that streams are right whatever the timing of the units";
  let description = [{
    What verifiers of single ops cannot see. In each stream: SRAM is in bounds, no
    instruction touches SRAM that another unit may still work on (worked out from
    waits and barriers alone, without what lane-insert-waits knows), no wait is for
    more than has been issued. Between streams: the same barriers in the same
    order; DRAM is written before it is read, in the same lane or before the last
    barrier, by one lane between two barriers, and data not at all. Limits: in
    programs with much DRAM the last is looked at in blocks, and races within a
    block are not seen. Changes nothing.
  }];
  let options = Lane_SramOptions;
}

//===----------------------------------------------------------------------===//
// Host part (lib/Host)
//===----------------------------------------------------------------------===//

def CallContractions : Pass<"dota-call-contractions", "::mlir::ModuleOp"> {
  let summary = "call a library for products of f32 matrices in memory";
  let description = [{
    Replaces linalg ops on memrefs that are contractions of two f32 operands (a
    product summed over some loops, every map a projected permutation) with a call
    of `dotaContract`, whose operands are the same memory with its dimensions in
    the order batch, rows, reduction, columns. Products of fewer than 4096
    multiply-accumulates stay: a call costs more.

    ```mlir
    linalg.matmul ins(%a, %b : memref<128x384xf32>, memref<384x384xf32>) outs(%c : memref<128x384xf32>)
    // becomes
    call @dotaContract(%a', %b', %c', %batch, %rows, %columns, %reductions) : (memref<*xf32>, ...
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect"];
}

def ReportAssertions : Pass<"dota-report-assertions", "::mlir::ModuleOp"> {
  let summary = "make a failed assertion an error of the run";
  let description = [{
    Replaces `cf.assert` with a call of `dotaFail` where the condition is false,
    with the location and the message. Upstream's lowering aborts the process.
    Runs on buffers, after loops are made.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def OutlineLoops : Pass<"dota-outline-loops", "::mlir::ModuleOp"> {
  let summary = "a function for each loop nest of host code";
  let description = [{
    Each linalg op on memrefs goes into a private function that LLVM does not
    inline; constants that its body reads go along. With upstream's
    `duplicate-function-elimination` the layers of a model share their loops.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def LowerLaunch : Pass<"dota-lower-launch", "::mlir::ModuleOp"> {
  let summary = "launches become calls of the host runtime";
  let description = [{
    A `dota.launch` becomes calls that name the program and the batch, hand over
    each operand's and each new result's buffer, and run it; programs are erased,
    as the device has them by now. What remains is the host part.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

//===----------------------------------------------------------------------===//
// Raising (lib/Raise)
//===----------------------------------------------------------------------===//

def Frontend : Pass<"dota-frontend", "::mlir::ModuleOp"> {
  let summary = "bring a framework's module to linalg on tensors, ready to raise and to run";
  let description = [{
    Inlines private helpers, lowers TOSA to linalg pass by pass where the module
    has TOSA ops (`tosa-to-linalg-pipeline` refuses the mixed profiles that
    exporters write), turns elementwise ops on tensors into `linalg.generic`, and
    decomposes `linalg.softmax`. What is linalg on tensors already passes through.

    Deliberately without elementwise fusion: it moves a norm's gain or a mask into
    matrix products, where raising no longer finds it.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::cf::ControlFlowDialect", "::mlir::func::FuncDialect", "::mlir::index::IndexDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def Raise : Pass<"dota-raise", "::mlir::ModuleOp"> {
  let summary = "recognise transformer blocks in linalg on tensors as f32 dota ops";
  let description = [{
    Recognises by meaning, never by an exporter's spelling: values are traced to
    expressions over symbolic indices, in which reshapes, transposes, broadcasts
    and slices dissolve, and what an expression computes is decided by evaluating
    it. Recognised are

    - attention: `softmax(scale q k^T + bias) v` however scale, masks and heads are
      written, grouped queries and cross attention too;
    - products with a weight, patch convolutions included, and their bias;
    - rotary position embedding, of halves of a head or of neighbours, of all of a
      head's columns or some;
    - layer norm and RMS norm; GELU (erf, tanh, quick), SiLU, ReLU, sigmoid, tanh;
    - sums and products of what those compute.

    Not recognised, on purpose: softmax over another axis, masks after the
    softmax, a denominator with further terms, soft-capped scores, keys or values
    that change with the query. They stay as they are, and so does everything
    else: the pass never changes what a module computes.

    Rows whose keys are all masked have no defined attention; the raised op gives
    their average where a "safe" softmax gave zeros.

    Remarks of category `dota-raise` say what was raised, and why a candidate was
    not: `--remarks-filter=dota-raise --remark-format=emitRemark`.

    ```mlir
    // Before
    %0 = linalg.matmul ins(%x, %w : tensor<128x384xf32>, tensor<384x384xf32>) outs(%zero : ...)
    %1 = linalg.generic ... // %0 + %b
    // After
    %1 = dota.linear %x, %w, %b : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::dota::DotaDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

//===----------------------------------------------------------------------===//
// Calibration, detectors, device regions (lib/Transforms)
//===----------------------------------------------------------------------===//

// quote: record
def InsertObservers : Pass<"dota-insert-observers", "::mlir::ModuleOp"> {
  let summary = "hand the values that calibration needs to the recorder";
  let description = [{
    After each f32 dota op a `dota.observe` of its result, and before it one of
    each operand that comes neither from a dota op nor from a constant. Before an
    attention, with `moment`, also what its queries and keys are projections of, or
    themselves where they are none. Ids count up in the order of the walk, so that the
    module without observers has the same.

    ```mlir
    dota.observe %x {id = 0 : i64} : tensor<4x8xf32>
    %y = dota.activation <relu> %x : tensor<4x8xf32> -> tensor<4x8xf32>
    dota.observe %y {id = 1 : i64} : tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::dota::DotaDialect"];
}
// end quote

def Equalize : Pass<"dota-equalize", "::mlir::ModuleOp"> {
  let summary = "even out the features of what products read with few bits";
  let description = [{
    A few features of a norm's result are often far larger than all others, which
    with 8 bits lose their low bits to them. Where an f32 value has to be narrowed for
    linears of constant weights, each of its features is divided by a power of two and
    the row of their weights multiplied by it, exactly: half, in logarithms, of what
    the feature is larger than its weights, relative to the median feature. The
    `dota.mul` that divides takes the place of what would narrow the value.

    `dota.feature_ranges` on one of the linears, an array of f32, says how large each
    feature gets; without it nothing happens. Ranges are to be calibrated afterwards.

    ```mlir
    %y = dota.linear %x, %w {dota.feature_ranges = array<f32: 16.0, 1.0, 1.0>} : ...
    // becomes
    %s = arith.constant dense<[0.25, 1.0, 1.0]> : tensor<3xf32>
    %0 = dota.mul %x, %s : ...
    %y = dota.linear %0, %4w : ...   // the first row of %w times 4
    ```
  }];
  let options = [
    Option<"operandPrecision", "operand-precision", "std::string", "\"fx16\"",
           "in which matrix products read values: fx16 or fx8">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::dota::DotaDialect"];
}

def Outline : Pass<"dota-outline", "::mlir::ModuleOp"> {
  let summary = "move fixed-point dota ops into as few device programs as can be";
  let description = [{
    Every fixed-point op of a function goes into a `dota.program` for one sequence,
    and a `dota.launch` with the batch takes its place. A device op has the level of
    its producers, and a host op that reads a device op's result one more; the ops
    of one level and one batch extent are one program. So a region is cut only
    where the host computes something between two device ops; a remark (category
    `dota-outline`) names that op.

    Constants move inside. Values that cross from one program to another do so as
    f32, which holds every 16-bit value. A mask cannot: its detector moves to where
    the mask is read. Operands without the batch dimension are shared by all
    sequences.

    Programs get the rules of the machine's MFU, which their results depend on, where these are
    not the usual ones.

    Errors: a dota op that is still f32, or inside another op's region.

    ```mlir
    %0 = dota.quantize %x : tensor<2x4x8xf32> -> tensor<2x4x8x!q>
    %1 = dota.activation <relu> %0 : tensor<2x4x8x!q> -> tensor<2x4x8x!q>
    %y = dota.dequantize %1 : tensor<2x4x8x!q> -> tensor<2x4x8xf32>
    // becomes
    %y = dota.launch @program_0(%x) {batch = 2 : i64} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
    ```
  }];
  let options = [
    Option<"machine", "machine", "std::string", /*default=*/"\"dota\"", "shipped machine, or a file">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::dota::DotaDialect",
                           "::mlir::tensor::TensorDialect"];
}

def InsertDetectors : Pass<"dota-insert-detectors", "::mlir::ModuleOp"> {
  let summary = "replace dense attention by detection and masked attention";
  let description = [{
    An f32 `dota.attention` becomes two narrow projections, a `dota.detect` that
    keeps `ceil(retain * keys)` keys a row (at least one), and a
    `dota.masked_attention`. Where queries or keys are a `dota.linear` of constants,
    the detector projects that op's input, beside it; otherwise (rotated by their
    position, say) the queries or keys themselves, after them. A remark (category
    `dota-insert-detectors`) says which.

    Detectors, from the weights in closed form, `rank` columns a head (at most the
    head's width):
    - `weighted`: the low-rank scores nearest to the exact ones on inputs of the
      calibrated `dota.second_moment`; without one as `svd`;
    - `svd`: the truncated SVD of Wq Wk^T, which treats every direction of the
      input alike;
    - `random`: as `weighted`, of what the paper's sparse random projection to a
      quarter of the features lets through.
    Or from a file (a name with a dot or a slash), trained elsewhere: rank and
    precision are the file's. `docs/detector-file.md` has the format; `dump` writes
    the detectors in use, whatever they are, in the same.

    For comparison, of the queries and keys themselves:
    - `oracle`: the exact scores of the queries and keys themselves, in their format:
      the best that any detector can do;
    - `sanger`: the queries and keys in INT4 at their full width; a key stays if its
      estimated probability exceeds `threshold` (0.002);
    - `elsa`: hashes, the signs of `rank` (64) projections on random directions, which
      are orthogonal as far as the head's width goes (`seed`), compared and weighted by
      the lengths of the keys; `threshold` is in units of the keys.

    With a `threshold`, or one in the file, a row keeps of its `keep` largest scores
    those that reach it; with `balance` the rows of a group keep the same number
    (`dota.detect` has the rule). It is in units of the attention's scaled scores,
    which computed factors and `oracle` estimate; for a file in units of the
    products of its factors.

    With `share = layer` the heads of an attention have one mask, found by one pair
    of factors, `rank` columns in all, whose scores estimate the sum of the heads'
    (the closed form for all heads' columns as one head). With `share = encoder`
    later attentions of the same shape, bias and causality have the first one's.

    Computed factors are rotated by a Hadamard matrix and scaled so that the step of their
    quantiser is the best for a Gaussian. With grouped queries each query head has
    its own key factor. Module attribute `dota.notes` says what was inserted.

    ```mlir
    %o = dota.attention %q, %k, %v {heads = 2, ...}
    // becomes
    %a = dota.linear %x, %A, %a0 {dota.precision = #dota.precision<int4>, dota.exponents = array<i64: 0, 0>, ...}
    %b = dota.linear %x, %B, %b0 {...}
    %m = dota.detect %a, %b {heads = 2}
    %o = dota.masked_attention %q, %k, %v mask %m {heads = 2, ...}
    ```
  }];
  let options = [
    Option<"retain", "retain", "double", "0", "share of the keys that a row keeps; 0 leaves attention dense">,
    Option<"rank", "rank", "int64_t", "0", "columns a head of the detector; 0: 8, bits of elsa 64">,
    Option<"precision", "precision", "std::string", "\"int4\"", "of the detector's projections: int4, int2, fx4, fx8 or fx16">,
    Option<"detector", "detector", "std::string", "\"weighted\"", "weighted, svd, random, oracle, sanger, elsa or a file">,
    Option<"seed", "seed", "uint64_t", "0", "of random projections">,
    Option<"dump", "dump", "std::string", "\"\"", "file that the detectors in use are written to">,
    ListOption<"threshold", "threshold", "double",
               "of estimated scores, one for all heads or one a head; none: the largest of each row">,
    Option<"balance", "balance", "int64_t", "0",
           "rows of a group that keep the same number of keys, with a threshold (0: each row what passes)">,
    Option<"share", "share", "std::string", "\"head\"", "a mask for each head, layer or encoder">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::dota::DotaDialect"];
}

//===----------------------------------------------------------------------===//
// Masks that are known at compile time
//===----------------------------------------------------------------------===//

class MaskPass<string flag> : Pass<flag> {
  let dependentDialects = ["::mlir::dota::DotaDialect"];
}

def InsertMasks : Pass<"dota-insert-masks", "::mlir::ModuleOp"> {
  let summary = "replace dense attention by attention over masks that are known";
  let description = [{
    Each f32 `dota.attention` becomes a `dota.constant_mask` and a
    `dota.masked_attention`: static patterns, or masks that were captured, in place of
    detection. `masks` is a file that `--dump-masks` wrote (a name with a dot or a
    slash), with one mask for each attention of the module in its order, of one run;
    or a family of masks, `NAME` or `NAME:SEED` (uniform, window, zipf, clustered,
    causal, bigbird, lowrank or smooth), of which each row keeps
    `ceil(retain * keys)` keys. All sequences of a batch have the same masks. Module
    attribute `dota.notes` says what was inserted, a remark (category
    `dota-insert-masks`) how many pairs stay. With `scores` masks have those of the
    file, which must have some, so that `dota-balance-rows` knows what to drop.

    ```mlir
    %o = dota.attention %q, %k, %v {heads = 2, ...}
    // becomes
    %m = dota.constant_mask dense<...> : tensor<2x128x13xi32> : !dota.mask<2x128x128, keep = 13>
    %o = dota.masked_attention %q, %k, %v mask %m {heads = 2, ...}
    ```
  }];
  let options = [
    Option<"masks", "masks", "std::string", "\"\"", "file, or family of masks">,
    Option<"retain", "retain", "double", "0", "share of the keys that a row keeps, of a family">,
    Option<"scores", "scores", "bool", "false", "give masks the scores of the file">
  ];
  let dependentDialects = ["::mlir::dota::DotaDialect"];
}

def BalanceRows : MaskPass<"dota-balance-rows"> {
  let summary = "as many keys in each row of a group, where a mask is known";
  let description = [{
    A group of rows takes as many steps as its longest row keeps keys, and the others
    idle. In each `dota.constant_mask` a row that keeps more keys than its group's
    target loses those of least score. The target is `keep`, or else the mean of the
    group's rows, rounded up, where the mask has scores, and the longest row where it
    has none: then nothing is lost. With `keep` and without scores, a longer row is an
    error. No key is added: shorter rows keep free places, and idle there. A remark
    (category `dota-balance-rows`) counts pairs before and after and free places.

    ```mlir
    dota.constant_mask dense<[[[0, 1, 2], [3, -1, -1]]]> : tensor<1x2x3xi32>
        scores dense<[[[0.1, 0.9, 0.5], [0.7, 0.0, 0.0]]]> : tensor<1x2x3xf32>
        : !dota.mask<1x2x4, keep = 3>
    // becomes
    dota.constant_mask dense<[[[1, 2], [3, -1]]]> : tensor<1x2x2xi32>
        scores dense<[[[0.9, 0.5], [0.7, 0.0]]]> : tensor<1x2x2xf32>
        : !dota.mask<1x2x4, keep = 2>
    ```
  }];
  let options = [
    Option<"keep", "keep", "int64_t", "0", "keys that a row keeps at most; 0: by group">,
    Option<"group", "group", "int64_t", "0", "rows of a group; 0: as many as share a load on the machine">,
    Option<"machine", "machine", "std::string", "\"dota\"", "shipped machine, or a file; says how many rows are a group">
  ];
}

def GroupRows : MaskPass<"dota-group-rows"> {
  let summary = "rows that want the same keys in one group, where a mask is known";
  let description = [{
    Which rows share their loads is free inside a tile. In each tile of `tile` rows of
    a `dota.constant_mask`, rows that have most keys in common become a group, where
    that takes fewer loads than groups of consecutive rows, and no more steps. The rows
    do not move: the order that `dota-reorder-keys` makes names them. A mask whose rows
    no grouping helps stays as it is; a remark (category `dota-group-rows`) counts
    loads before and after.

    ```mlir
    dota.constant_mask dense<[[[0], [1], [0], [1]]]> : tensor<1x4x1xi32> : !dota.mask<1x4x2, keep = 1>
    // becomes, with two rows in a group
    dota.constant_mask dense<[[[0], [1], [0], [1]]]> : tensor<1x4x1xi32>
        grouping dense<[[0, 2, 1, 3]]> : tensor<1x4xi32> : !dota.mask<1x4x2, keep = 1>
    ```
  }];
  let options = [
    Option<"machine", "machine", "std::string", "\"dota\"", "shipped machine, or a file; says how many rows are a group">,
    Option<"tile", "tile", "uint64_t", "16", "rows that are grouped among themselves; 0: all">
  ];
}

def SkipDeadKeys : Pass<"dota-skip-dead-keys", "::mlir::ModuleOp"> {
  let summary = "no projections of keys that no query keeps";
  let description = [{
    The linears that make the keys and values of a `dota.masked_attention` take its
    mask as `live`: a row whose key no query of the head keeps is not multiplied.
    Attention never reads it, so results stay to the bit. What follows such a linear up
    to the attention moves with it behind the mask; where that is found, its detection
    so comes first.

    Of a mask that is known the share of such keys is counted; of one that is found `dead`
    must say what to expect. Left alone are linears that something else reads, those that the
    mask is made of (a detector that reads the keys), masks that keep every key of a head, and
    attentions where finding the mask first should cost more cycles than are saved:
    its ids go through DRAM, and x is read again. A remark (category
    `dota-skip-dead-keys`) tells which, with both numbers.

    ```mlir
    %k = dota.linear %x, %w : tensor<128x384xf32>, tensor<384x384xf32> -> tensor<128x384xf32>
    %m = dota.detect %lq, %lk {heads = 12} : (...) -> !dota.mask<12x128x128, keep = 13>
    // becomes
    %m = dota.detect %lq, %lk {heads = 12} : (...) -> !dota.mask<12x128x128, keep = 13>
    %k = dota.linear %x, %w live %m {heads = 12} : tensor<128x384xf32>, tensor<384x384xf32> live !dota.mask<12x128x128, keep = 13> -> tensor<128x384xf32>
    ```
  }];
  let options = [
    Option<"machine", "machine", "std::string", "\"dota\"", "shipped machine, or a file; says what is cheaper">,
    Option<"dead", "dead", "double", "-1", "share of the keys that no query of a head keeps, of masks that are found; below 0: for masks that are known alone; 0: for none">
  ];
  let dependentDialects = ["::mlir::dota::DotaDialect"];
}

def OmitTokens : Pass<"dota-omit-tokens", "::mlir::ModuleOp"> {
  let summary = "lossy: no feed-forward for tokens whose key no query keeps";
  let description = [{
    After a `dota.masked_attention` of a program whose queries and keys are of the same tokens, the
    linears of a feed-forward network take its mask as `live`, all heads together: linears
    of x or a norm of x, ops by rows, a linear whose result is added to x. A token whose
    key no query of any head keeps goes by the residual alone, with the last linear's
    bias. That is lossy: the layers after it see another token. Attentions and networks of
    other forms stay. A note on the module says in how many networks it was done, a remark
    (category `dota-omit-tokens`) in which.

    ```mlir
    %h = dota.linear %x, %w1 live %m {heads = 1} : tensor<128x384xf32>, tensor<384x1536xf32> live !dota.mask<12x128x128, keep = 13> -> tensor<128x1536xf32>
    %a = dota.activation <gelu> %h : tensor<128x1536xf32> -> tensor<128x1536xf32>
    %y = dota.linear %a, %w2 live %m {heads = 1} : tensor<128x1536xf32>, tensor<1536x384xf32> live !dota.mask<12x128x128, keep = 13> -> tensor<128x384xf32>
    %r = dota.add %y, %x : (tensor<128x384xf32>, tensor<128x384xf32>) -> tensor<128x384xf32>
    ```
  }];
  let dependentDialects = ["::mlir::dota::DotaDialect"];
}

def ReorderKeys : MaskPass<"dota-reorder-keys"> {
  let summary = "an order of the kept keys that shares loads, where a mask is known";
  let description = [{
    Gives each `dota.constant_mask` without an order the one in which the rows of a
    group visit their keys with the fewest loads (`best`), by the paper's rule
    (`greedy`), or each in ascending order (`in-order`). docs/key-order.md has the
    rules. A remark (category `dota-reorder-keys`) counts loads before and after.

    ```mlir
    dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32> : !dota.mask<1x2x4, keep = 2>
    // becomes, with two rows in a group: key 1 for both, then 0 and 3
    dota.constant_mask dense<[[[0, 1], [1, 3]]]> : tensor<1x2x2xi32>
        order dense<[[[2, 3, 0, 1, 1, 0, 0, 1]]]> : tensor<1x1x8xi32> of 2
        : !dota.mask<1x2x4, keep = 2>
    ```
  }];
  let options = [
    Option<"machine", "machine", "std::string", "\"dota\"", "shipped machine, or a file; says how many rows are a group">,
    Option<"rule", "rule", "std::string", "\"best\"", "in-order, greedy or best">
  ];
}

#endif // DOTA_PASSES
