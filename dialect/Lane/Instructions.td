//===- Instructions.td - the instruction set -------------------*- tablegen -*-===//
//
// Formats in SRAM. An *operand matrix* holds packed elements of a precision, row
// by row, rows starting on whole bytes, `stride` bytes apart. An *accumulator
// matrix* holds exact sums, little-endian, of 64 bits unless `narrow` says otherwise:
// a sum takes 8 >> narrow bytes. *Exponentials* are unsigned
// 16-bit with 15 fraction bits. *Ids* are u32, a row of `keep` for each query,
// ascending, filled up with 0xffffffff. A *schedule* is, for each group of
// `group` query rows: u32 steps, u32 loads, u32 rows of the group (0xffffffff
// beyond the last), then steps x group u32 positions in the ids of each row
// (0xffffffff: idle), in a slot of 8 + 4 * group * (keep + 1) bytes a group (a
// group takes as many steps as its longest row, so at most `keep`). Any rows may
// form a group; each row is in one.
//
//===----------------------------------------------------------------------===//
#ifndef LANE_INSTRUCTIONS
#define LANE_INSTRUCTIONS

include "Dota/DotaTypes.td"
include "Lane/Instruction.td"

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

def HaltOp : Instruction<"halt", 0, Control, []> {
  let summary = "end of the stream, once every unit is idle";
}
def WaitOp : Instruction<"wait", 1, Control, [
    U<"unit", 3, "number of the unit">,
    U<"count", 32, "instructions of that unit, from the start of the stream">]> {
  let summary = "hold the issue until a unit has completed `count` instructions";
}
def BarrierOp : Instruction<"barrier", 2, Control, [
    U<"id", 16, "running number, the same in every lane">]> {
  let summary = "hold the issue until every unit of every lane is idle";
}

//===----------------------------------------------------------------------===//
// DMA
//===----------------------------------------------------------------------===//

class TransferOp<string mnemonic, int opcode> : Instruction<mnemonic, opcode, Dma, [
    Sram<"sram", "first byte in SRAM">,
    U<"dram", 40, "first byte in DRAM">,
    U<"rows", 24, "rows">,
    U<"rowBytes", 24, "bytes of a row">,
    U<"dramStride", 40, "bytes from row to row in DRAM">,
    U<"sramStride", 24, "bytes from row to row in SRAM">]>;
def LoadOp : TransferOp<"load", 3> {
  let summary = "DRAM to SRAM";
  let writes = [Footprint<"sram", "rows", "rowBytes", "sramStride">];
}
def StoreOp : TransferOp<"store", 4> {
  let summary = "SRAM to DRAM";
  let reads = [Footprint<"sram", "rows", "rowBytes", "sramStride">];
}

//===----------------------------------------------------------------------===//
// RMMU: the PE rows that compute, and those that detect beside them
//===----------------------------------------------------------------------===//

def ConfigureOp : Instruction<"configure", 11, Rmmu, [
    PrecisionField<"precision", "widest operand of the PE rows that compute">,
    U<"detectRows", 20, "PE rows that detect, at the end of the array; the others compute">,
    PrecisionField<"detectPrecision", "widest operand of the PE rows that detect">]> {
  let summary = "set the precision of the PE rows; at the start all of them compute in FX16";
}
def EstimateOp : Instruction<"estimate", 12, Estimator, [
    Sram<"a", "operand matrix of low-rank queries, rows x depth">,
    Sram<"b", "operand matrix of low-rank keys, cols x depth">,
    Sram<"c", "accumulator matrix of estimated scores, rows x cols">,
    U<"rows", 16, "rows of a and c">,
    U<"cols", 20, "columns of c">,
    U<"depth", 20, "terms of a sum">,
    U<"aStride", 24, "bytes from row to row of a">,
    U<"bStride", 24, "bytes from row to row of b">,
    PrecisionField<"aPrecision", "precision of a">,
    PrecisionField<"bPrecision", "precision of b">,
    U0<"cStride", 24, "bytes from row to row of c; 0: without gaps">,
    U0<"narrow", 2, "a sum of c takes 8 >> narrow bytes; one that does not fit is an error">]> {
  let summary = "c = a b^T, in the PE rows that detect";
  let reads = [Footprint<"a", "rows", "bytes(depth, aPrecision)", "aStride">,
               Footprint<"b", "cols", "bytes(depth, bPrecision)", "bStride">];
  let writes = [Footprint<"c", "rows", "(8 >> narrow) * cols", "cStride ? cStride : (8 >> narrow) * cols">];
}

def MatmulOp : Instruction<"matmul", 8, Rmmu, [
    Sram<"a", "operand matrix, rows x depth">,
    Sram<"b", "operand matrix, depth x cols, or cols x depth with `transposeB`">,
    Sram<"c", "accumulator matrix, rows x cols">,
    U<"rows", 16, "rows of a and c">,
    U<"cols", 20, "columns of c">,
    U<"depth", 20, "terms of a sum">,
    U<"aStride", 24, "bytes from row to row of a">,
    U<"bStride", 24, "bytes from row to row of b">,
    PrecisionField<"aPrecision", "precision of a">,
    PrecisionField<"bPrecision", "precision of b">,
    Flag<"unsignedA", "a holds exponentials">,
    Flag<"transposeB", "b is cols x depth">,
    Flag<"accumulate", "add to c instead of overwriting it">,
    U0<"cStride", 24, "bytes from row to row of c; 0: without gaps">,
    U0<"narrow", 2, "a sum of c takes 8 >> narrow bytes; one that does not fit is an error">]> {
  let summary = "c = a b";
  let reads = [Footprint<"a", "rows", "bytes(depth, aPrecision)", "aStride">,
               Footprint<"b", "transposeB ? cols : depth", "bytes(transposeB ? depth : cols, bPrecision)", "bStride">,
               FootprintIf<"accumulate", "c", "rows", "(8 >> narrow) * cols", "cStride ? cStride : (8 >> narrow) * cols">];
  let writes = [Footprint<"c", "rows", "(8 >> narrow) * cols", "cStride ? cStride : (8 >> narrow) * cols">];
}

def RowsMatmulOp : Instruction<"rows_matmul", 13, Rmmu, [
    Sram<"a", "operand matrix, rows x depth">,
    Sram<"b", "operand matrix, depth x cols">,
    Sram<"live", "a byte for each head and row of a, heads x rows: a row is live where one of its bytes is not 0">,
    Sram<"c", "accumulator matrix, rows x cols, without gaps">,
    U<"rows", 16, "rows of a and c">,
    U<"cols", 20, "columns of c">,
    U<"depth", 20, "terms of a sum">,
    U<"aStride", 24, "bytes from row to row of a">,
    U<"bStride", 24, "bytes from row to row of b">,
    U<"heads", 12, "rows of live">,
    U<"liveStride", 20, "bytes from row to row of live">,
    PrecisionField<"aPrecision", "precision of a">,
    PrecisionField<"bPrecision", "precision of b">,
    Flag<"accumulate", "add to c instead of overwriting it">]> {
  let summary = "c = a b in the rows that are live, 0 (with `accumulate`: c as it was) in the others";
  let reads = [Footprint<"a", "rows", "bytes(depth, aPrecision)", "aStride">,
               Footprint<"b", "depth", "bytes(cols, bPrecision)", "bStride">,
               Footprint<"live", "heads", "rows", "liveStride">,
               FootprintIf<"accumulate", "c", "rows", "8 * cols", "8 * cols">];
  let writes = [Footprint<"c", "rows", "8 * cols", "8 * cols">];
}

def SddmmOp : Instruction<"sddmm", 9, Rmmu, [
    Sram<"q", "operand matrix of queries, rows x depth">,
    Sram<"k", "operand matrix of keys, keys x depth">,
    Sram<"ids", "kept keys, rows x keep">,
    Sram<"schedule", "order of the keys">,
    Sram<"c", "accumulator matrix, rows x keep">,
    U<"rows", 12, "query rows">,
    U<"keep", 16, "kept keys a row">,
    U<"keys", 20, "rows of k">,
    U<"depth", 12, "terms of a sum">,
    U<"qStride", 19, "bytes from row to row of q">,
    U<"kStride", 20, "bytes from row to row of k">,
    U<"group", 4, "query rows that share a load">,
    PrecisionField<"precision", "precision of q and k">,
    U0<"firstKey", 20, "key of the first row of k, with `partial`">,
    Flag<"partial", "only `keys` keys from firstKey on are there; the others add nothing">,
    Flag<"accumulate", "add to c instead of overwriting it">]> {
  let summary = "scores of the kept keys: c[i][j] = q[i] . k[ids[i][j]]; 0 where there is no id";
  let reads = [Footprint<"q", "rows", "bytes(depth, precision)", "qStride">,
               Footprint<"k", "keys", "bytes(depth, precision)", "kStride">,
               Footprint<"ids", "rows", "4 * keep", "4 * keep">,
               Footprint<"schedule", "groups(rows, group)", "scheduleBytes(group, keep)", "scheduleBytes(group, keep)">,
               FootprintIf<"accumulate", "c", "rows", "8 * keep", "8 * keep">];
  let writes = [Footprint<"c", "rows", "8 * keep", "8 * keep">];
}

def SpmmOp : Instruction<"spmm", 10, Rmmu, [
    Sram<"p", "exponentials, rows x keep, without gaps">,
    Sram<"v", "operand matrix of values, keys x cols">,
    Sram<"ids", "kept keys, rows x keep">,
    Sram<"schedule", "order of the keys">,
    Sram<"c", "accumulator matrix, rows x cols">,
    U<"rows", 16, "query rows">,
    U<"keep", 16, "kept keys a row">,
    U<"keys", 20, "rows of v">,
    U<"cols", 16, "width of a value">,
    U<"vStride", 20, "bytes from row to row of v">,
    U<"group", 4, "query rows that share a load">,
    PrecisionField<"precision", "precision of v">,
    U0<"firstKey", 20, "key of the first row of v, with `partial`">,
    Flag<"partial", "only `keys` keys from firstKey on are there; the others add nothing">,
    Flag<"accumulate", "add to c instead of overwriting it">]> {
  let summary = "c[i] = sum over j of p[i][j] v[ids[i][j]]";
  let reads = [Footprint<"p", "rows", "2 * keep", "2 * keep">,
               Footprint<"v", "keys", "bytes(cols, precision)", "vStride">,
               Footprint<"ids", "rows", "4 * keep", "4 * keep">,
               Footprint<"schedule", "groups(rows, group)", "scheduleBytes(group, keep)", "scheduleBytes(group, keep)">,
               FootprintIf<"accumulate", "c", "rows", "8 * cols", "8 * cols">];
  let writes = [Footprint<"c", "rows", "8 * cols", "8 * cols">];
}

//===----------------------------------------------------------------------===//
// MFU
//===----------------------------------------------------------------------===//

def RequantizeOp : Instruction<"requantize", 16, Mfu, [
    Sram<"acc", "accumulator matrix, rows x cols, without gaps">,
    Sram<"bias", "i32 a column, with `hasBias`">,
    Sram<"shifts", "two signed bytes a column, with `perColumn`: they take the places of `shift` and `biasShift`">,
    Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">,
    U<"cols", 20, "columns">,
    U<"outStride", 24, "bytes from row to row of out">,
    S<"shift", 8, "places to the right, after the bias">,
    S<"biasShift", 8, "places to the left that align the bias with the sum">,
    PrecisionField<"precision", "precision of out">,
    Flag<"hasBias", "there is a bias">,
    Flag<"perColumn", "each column has shifts of its own">]> {
  let summary = "exact sums, bias added, rounded once (half to even) and saturated";
  let reads = [Footprint<"acc", "rows", "8 * cols", "8 * cols">,
               FootprintIf<"hasBias", "bias", "1", "4 * cols">,
               FootprintIf<"perColumn", "shifts", "1", "2 * cols">];
  let writes = [Footprint<"out", "rows", "bytes(cols, precision)", "outStride">];
}

def AccumulateOp : Instruction<"accumulate", 17, Mfu, [
    Sram<"src", "accumulator matrix">,
    Sram<"acc", "accumulator matrix that is added to">,
    U<"elements", 24, "sums in each">]> {
  let summary = "acc += src, exact: partial sums of lanes";
  let reads = [Footprint<"src", "1", "8 * elements">, Footprint<"acc", "1", "8 * elements">];
  let writes = [Footprint<"acc", "1", "8 * elements">];
}

def WidenOp : Instruction<"widen", 18, Mfu, [
    Sram<"x", "operand matrix, rows x cols">,
    Sram<"acc", "accumulator matrix, rows x cols, without gaps">,
    U<"rows", 16, "rows">, U<"cols", 20, "columns">,
    U<"xStride", 24, "bytes from row to row of x">,
    PrecisionField<"precision", "precision of x">,
    Flag<"unsignedX", "x holds exponentials">]> {
  let summary = "stored values as exact sums";
  let reads = [Footprint<"x", "rows", "bytes(cols, precision)", "xStride">];
  let writes = [Footprint<"acc", "rows", "8 * cols", "8 * cols">];
}

def SoftmaxOp : Instruction<"softmax", 19, Mfu, [
    Sram<"acc", "accumulator matrix of scores, rows x cols, without gaps">,
    Sram<"bias", "f32, rows x keys at biasStride bytes (0: one row for all), with `hasBias`">,
    Sram<"ids", "kept keys, rows x cols, with `hasIds`; else column j is key j">,
    Sram<"e", "exponentials, rows x cols, without gaps">,
    Sram<"sum", "their sum a row, 64-bit">,
    U<"rows", 12, "rows">,
    U<"cols", 18, "columns">,
    U<"biasStride", 20, "bytes from row to row of bias">,
    U<"keys", 18, "columns of bias">,
    Float<"scale", "scale of the model times that of the products">,
    Flag<"hasBias", "there is a bias">,
    Flag<"hasIds", "the columns are kept keys">,
    Flag<"causal", "key j is visible to row i when j <= i + diagonal">,
    S<"diagonal", 21, "first row of the tile plus keys minus queries">]> {
  let summary = "dequantise, scale, exponentials of the distance to the row's maximum, their sum";
  let reads = [Footprint<"acc", "rows", "8 * cols", "8 * cols">,
               FootprintIf<"hasBias", "bias", "biasStride ? rows : 1", "4 * keys", "biasStride">,
               FootprintIf<"hasIds", "ids", "rows", "4 * cols", "4 * cols">];
  let writes = [Footprint<"e", "rows", "2 * cols", "2 * cols">, Footprint<"sum", "1", "8 * rows">];
}

def NormalizeOp : Instruction<"normalize", 20, Mfu, [
    Sram<"acc", "accumulator matrix, rows x cols, without gaps">,
    Sram<"sum", "divisor a row, 64-bit">,
    Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 20, "columns">,
    U<"outStride", 24, "bytes from row to row of out">,
    S<"from", 8, "exponent of the values">, S<"to", 8, "exponent of out">,
    PrecisionField<"precision", "precision of out">]> {
  let summary = "divide by the sum of the exponentials, requantise";
  let reads = [Footprint<"acc", "rows", "8 * cols", "8 * cols">, Footprint<"sum", "1", "8 * rows">];
  let writes = [Footprint<"out", "rows", "bytes(cols, precision)", "outStride">];
}

def LayerNormOp : Instruction<"layer_norm", 21, Mfu, [
    Sram<"x", "operand matrix, rows x cols">,
    Sram<"gain", "f32 a column">, Sram<"bias", "f32 a column">,
    Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 16, "columns">,
    U<"xStride", 20, "bytes from row to row of x">, U<"outStride", 20, "bytes from row to row of out">,
    S<"from", 8, "exponent of x">, S<"to", 8, "exponent of out">,
    Float<"epsilon", "added to the variance">,
    PrecisionField<"precision", "precision of x">, PrecisionField<"outPrecision", "precision of out">]> {
  let summary = "layer normalisation of each row";
  let reads = [Footprint<"x", "rows", "bytes(cols, precision)", "xStride">,
               Footprint<"gain", "1", "4 * cols">, Footprint<"bias", "1", "4 * cols">];
  let writes = [Footprint<"out", "rows", "bytes(cols, outPrecision)", "outStride">];
}

def RmsNormOp : Instruction<"rms_norm", 22, Mfu, [
    Sram<"x", "operand matrix, rows x cols">,
    Sram<"gain", "f32 a column">,
    Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 16, "columns">,
    U<"xStride", 20, "bytes from row to row of x">, U<"outStride", 20, "bytes from row to row of out">,
    S<"from", 8, "exponent of x">, S<"to", 8, "exponent of out">,
    Float<"epsilon", "added to the mean square">,
    PrecisionField<"precision", "precision of x">, PrecisionField<"outPrecision", "precision of out">]> {
  let summary = "root-mean-square normalisation of each row";
  let reads = [Footprint<"x", "rows", "bytes(cols, precision)", "xStride">, Footprint<"gain", "1", "4 * cols">];
  let writes = [Footprint<"out", "rows", "bytes(cols, outPrecision)", "outStride">];
}

def ActivationOp : Instruction<"activation", 23, Mfu, [
    Sram<"x", "operand matrix, rows x cols">, Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 20, "columns">,
    U<"xStride", 24, "bytes from row to row of x">, U<"outStride", 24, "bytes from row to row of out">,
    S<"from", 8, "exponent of x">, S<"to", 8, "exponent of out">,
    ActivationField<"kind", "the function">,
    PrecisionField<"precision", "precision of x">, PrecisionField<"outPrecision", "precision of out">]> {
  let summary = "element-wise function";
  let reads = [Footprint<"x", "rows", "bytes(cols, precision)", "xStride">];
  let writes = [Footprint<"out", "rows", "bytes(cols, outPrecision)", "outStride">];
}

class ElementwiseOp<string mnemonic, int opcode> : Instruction<mnemonic, opcode, Mfu, [
    Sram<"x", "operand matrix, rows x cols">,
    Sram<"y", "operand matrix, rows x cols, or one row with yStride 0">,
    Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 16, "columns">,
    U<"xStride", 20, "bytes from row to row of x">,
    U<"yStride", 20, "bytes from row to row of y">,
    U<"outStride", 20, "bytes from row to row of out">,
    S<"xExponent", 8, "exponent of x">, S<"yExponent", 8, "exponent of y">, S<"to", 8, "exponent of out">,
    PrecisionField<"xPrecision", "precision of x">, PrecisionField<"yPrecision", "precision of y">,
    PrecisionField<"outPrecision", "precision of out">]> {
  let reads = [Footprint<"x", "rows", "bytes(cols, xPrecision)", "xStride">,
               Footprint<"y", "yStride ? rows : 1", "bytes(cols, yPrecision)", "yStride">];
  let writes = [Footprint<"out", "rows", "bytes(cols, outPrecision)", "outStride">];
}
def AddOp : ElementwiseOp<"add", 24> { let summary = "x + y, exact, rounded once"; }
def MulOp : ElementwiseOp<"mul", 25> { let summary = "x * y, exact, rounded once"; }

def RotateOp : Instruction<"rotate", 28, Mfu, [
    Sram<"x", "operand matrix, rows x cols">,
    Sram<"table", "a cosine for each column of a head, then a sine: operand matrix, rows x 2 width">,
    Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 16, "columns, whole heads">,
    U<"width", 14, "columns of a head">,
    U<"distance", 14, "columns from one of a pair to the other, in groups of twice as many">,
    U<"xStride", 20, "bytes from row to row of x">,
    U<"tableStride", 20, "bytes from row to row of table">,
    U<"outStride", 20, "bytes from row to row of out">,
    S<"xExponent", 8, "exponent of x">, S<"tableExponent", 8, "exponent of table">, S<"to", 8, "exponent of out">,
    PrecisionField<"xPrecision", "precision of x">, PrecisionField<"tablePrecision", "precision of table">,
    PrecisionField<"outPrecision", "precision of out">]> {
  let summary = "x cos + partner sin of pairs of columns, exact, rounded once";
  let reads = [Footprint<"x", "rows", "bytes(cols, xPrecision)", "xStride">,
               Footprint<"table", "rows", "bytes(2 * width, tablePrecision)", "tableStride">];
  let writes = [Footprint<"out", "rows", "bytes(cols, outPrecision)", "outStride">];
}

def QuantizeOp : Instruction<"quantize", 26, Mfu, [
    Sram<"x", "f32, rows x cols">, Sram<"out", "operand matrix, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 20, "columns">,
    U<"xStride", 24, "bytes from row to row of x">, U<"outStride", 24, "bytes from row to row of out">,
    S<"to", 8, "exponent of out">, PrecisionField<"precision", "precision of out">]> {
  let summary = "f32 to fixed point";
  let reads = [Footprint<"x", "rows", "4 * cols", "xStride">];
  let writes = [Footprint<"out", "rows", "bytes(cols, precision)", "outStride">];
}
def DequantizeOp : Instruction<"dequantize", 27, Mfu, [
    Sram<"x", "operand matrix, rows x cols">, Sram<"out", "f32, rows x cols">,
    U<"rows", 16, "rows">, U<"cols", 20, "columns">,
    U<"xStride", 24, "bytes from row to row of x">, U<"outStride", 24, "bytes from row to row of out">,
    S<"from", 8, "exponent of x">, PrecisionField<"precision", "precision of x">]> {
  let summary = "fixed point to f32, exact";
  let reads = [Footprint<"x", "rows", "bytes(cols, precision)", "xStride">];
  let writes = [Footprint<"out", "rows", "4 * cols", "outStride">];
}

def LengthOp : Instruction<"length", 29, Mfu, [
    Sram<"x", "operand matrix, rows x cols">,
    Sram<"out", "operand matrix in FX16, rows x 1, without gaps">,
    U<"rows", 20, "rows">, U<"cols", 16, "columns">,
    U<"xStride", 24, "bytes from row to row of x">,
    S<"shift", 8, "exponent of x minus that of out">,
    PrecisionField<"precision", "precision of x">]> {
  let summary = "Euclidean length of each row, rounded once";
  let reads = [Footprint<"x", "rows", "bytes(cols, precision)", "xStride">];
  let writes = [Footprint<"out", "1", "2 * rows">];
}
def CosineOp : Instruction<"cosine", 30, Mfu, [
    Sram<"scores", "accumulator matrix of products of hashes, rows x cols, without gaps; the estimates that take their place">,
    Sram<"lengths", "length of each key, FX16">,
    U<"rows", 16, "query rows">, U<"cols", 20, "keys">,
    U<"hashBits", 16, "bits of a hash">,
    U0<"narrow", 2, "a score takes 8 >> narrow bytes; one that does not fit is an error">]> {
  let summary = "scores from hashes: the length of a key times the cosine of the angle that the agreeing bits tell";
  let reads = [Footprint<"scores", "rows", "(8 >> narrow) * cols", "(8 >> narrow) * cols">,
               Footprint<"lengths", "1", "2 * cols">];
  let writes = [Footprint<"scores", "rows", "(8 >> narrow) * cols", "(8 >> narrow) * cols">];
}

//===----------------------------------------------------------------------===//
// Detector and Scheduler
//===----------------------------------------------------------------------===//

def SelectOp : Instruction<"select", 32, Detector, [
    Sram<"scores", "accumulator matrix of estimated scores, rows x keys, without gaps">,
    Sram<"bias", "f32, rows x keys at biasStride bytes (0: one row for all), with `hasBias`">,
    Sram<"ids", "kept keys, rows x keep">,
    U<"rows", 16, "query rows">, U<"keys", 20, "keys">, U<"keep", 16, "keys to keep a row">,
    U<"biasStride", 24, "bytes from row to row of bias">,
    Flag<"hasBias", "there is a bias">,
    Flag<"causal", "key j is visible to row i when j <= i + diagonal">,
    S<"diagonal", 21, "first row of the tile plus keys minus queries">,
    U<"mask", 12, "number of the mask in the program">,
    U<"head", 12, "head">,
    U<"firstRow", 20, "first query row of the tile">,
    U0<"narrow", 2, "a score takes 8 >> narrow bytes">]> {
  let summary = "the `keep` largest admissible scores of each row, ties by the smaller key id";
  let reads = [Footprint<"scores", "rows", "(8 >> narrow) * keys", "(8 >> narrow) * keys">,
               FootprintIf<"hasBias", "bias", "biasStride ? rows : 1", "4 * keys", "biasStride">];
  let writes = [Footprint<"ids", "rows", "4 * keep", "4 * keep">];
}

def TrimOp : Instruction<"trim", 34, Detector, [
    Sram<"scores", "accumulator matrix of estimated scores, rows x keys, or exponentials with `probability`, without gaps">,
    Sram<"sum", "sum of a row's exponentials, 64-bit, with `probability`">,
    Sram<"ids", "selected keys, rows x keep; what stays of them">,
    U<"rows", 12, "query rows">, U<"keys", 18, "keys">, U<"keep", 16, "ids a row">,
    Float<"threshold", "that a score must reach, in units of the sums; that a probability must exceed">,
    U<"balance", 8, "rows of a group that keep the same number of keys (0: each row what passes)">,
    Flag<"probability", "the threshold is of exponentials over their sum">,
    U<"mask", 12, "number of the mask in the program">,
    U<"head", 12, "head">,
    U<"firstRow", 20, "first query row of the tile">]> {
  let summary = "drop selected keys that miss a threshold; or keep each row's largest, as many as pass in its group on average";
  let reads = [FootprintIf<"!probability", "scores", "rows", "8 * keys", "8 * keys">,
               FootprintIf<"probability", "scores", "rows", "2 * keys", "2 * keys">,
               FootprintIf<"probability", "sum", "1", "8 * rows">,
               Footprint<"ids", "rows", "4 * keep", "4 * keep">];
  let writes = [Footprint<"ids", "rows", "4 * keep", "4 * keep">];
}

def MarkOp : Instruction<"mark", 35, Detector, [
    Sram<"ids", "kept keys, rows x keep">,
    Sram<"live", "a byte a key: 1 where some row keeps it, else 0">,
    U<"rows", 16, "query rows">, U<"keys", 20, "keys">, U<"keep", 16, "ids a row">,
    Flag<"accumulate", "live has the marks of other rows; else it is cleared before">,
    U<"mask", 12, "number of the mask in the program">,
    U<"head", 12, "head">,
    U<"firstRow", 20, "first query row of the tile">]> {
  let summary = "mark the keys that some row keeps";
  let reads = [Footprint<"ids", "rows", "4 * keep", "4 * keep">,
               FootprintIf<"accumulate", "live", "1", "keys">];
  let writes = [Footprint<"live", "1", "keys">];
}

def OrderOp : Instruction<"order", 33, Scheduler, [
    Sram<"ids", "kept keys, rows x keep">,
    Sram<"schedule", "order of the keys">,
    U<"rows", 16, "query rows">, U<"keys", 20, "keys">, U<"keep", 16, "kept keys a row">,
    U<"group", 4, "query rows that share a load">,
    U<"mask", 12, "number of the mask in the program">,
    U<"head", 12, "head">,
    U<"firstRow", 20, "first query row of the tile">]> {
  let summary = "the order of the kept keys that shares loads among the rows of a group";
  let reads = [Footprint<"ids", "rows", "4 * keep", "4 * keep">];
  let writes = [Footprint<"schedule", "groups(rows, group)", "scheduleBytes(group, keep)", "scheduleBytes(group, keep)">];
}

#endif // LANE_INSTRUCTIONS
