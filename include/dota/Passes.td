//===- Passes.td - the passes of the dota compiler -------------*- tablegen -*-===//
#ifndef DOTA_PASSES
#define DOTA_PASSES

include "mlir/Pass/PassBase.td"

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

//===----------------------------------------------------------------------===//
// Back end: lane programs
//===----------------------------------------------------------------------===//

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
  let options = [
    Option<"bytes", "bytes", "uint64_t", /*default=*/"0", "SRAM of a lane (0: what the machine has)">,
    Option<"machine", "machine", "std::string", /*default=*/"\"dota\"", "shipped machine, or a file">
  ];
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

#endif // DOTA_PASSES
