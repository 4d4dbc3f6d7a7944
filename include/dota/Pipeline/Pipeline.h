//===- Pipeline.h - the compiler from end to end ----------------*- C++ -*-===//
//
// The order of the passes, with the reason for each place, and the steps that the
// tools are made of. `--dota-pipeline` of dota-opt is the same.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_PIPELINE_PIPELINE_H
#define DOTA_PIPELINE_PIPELINE_H

#include "dota/runtime/ProgramFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::dota {

/// What a user chooses; the passes' own descriptions say what each means.
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<std::string> machine{*this, "machine", llvm::cl::desc("shipped machine, or a file"),
                              llvm::cl::init("dota")};
  Option<double> retain{
      *this, "retain",
      llvm::cl::desc("share of the keys that a row keeps; 0 leaves attention dense"),
      llvm::cl::init(0)};
  Option<std::string> detector{*this, "detector",
                               llvm::cl::desc("weighted, svd, random, oracle, sanger or a file"),
                               llvm::cl::init("weighted")};
  Option<std::string> dumpDetectors{*this, "dump-detectors",
                                    llvm::cl::desc("file that the detectors are written to")};
  Option<std::string> knownMasks{
      *this, "known-masks",
      llvm::cl::desc("masks known at compile time, a file or a family, in place of a detector"),
      llvm::cl::init("")};
  Option<int64_t> rank{*this, "rank", llvm::cl::desc("columns a head of the detector"),
                       llvm::cl::init(0)};
  Option<std::string> detectorPrecision{*this, "detector-precision",
                                        llvm::cl::desc("of the detector's projections"),
                                        llvm::cl::init("int4")};
  ListOption<double> threshold{*this, "threshold",
                               llvm::cl::desc("that estimated scores must reach")};
  Option<int64_t> balance{*this, "balance",
                          llvm::cl::desc("rows that keep the same number of keys"),
                          llvm::cl::init(0)};
  Option<std::string> share{*this, "share",
                            llvm::cl::desc("a mask for each head, layer or encoder"),
                            llvm::cl::init("head")};
  Option<int64_t> detectRows{
      *this, "detect-rows",
      llvm::cl::desc("PE rows that detect beside the others; 0 is none, -1 what is fastest"),
      llvm::cl::init(-1)};
  Option<double> deadKeys{
      *this, "dead-keys",
      llvm::cl::desc("share of the keys that no query of a head should keep; 0: all are projected"),
      llvm::cl::init(-1)};
  Option<bool> omitTokens{
      *this, "omit-tokens",
      llvm::cl::desc("lossy: no feed-forward for tokens whose key no query keeps"),
      llvm::cl::init(false)};
  Option<std::string> precision{*this, "precision",
                                llvm::cl::desc("of what matrix products read: fx16, fx8 or fx4"),
                                llvm::cl::init("fx16")};
  Option<std::string> operandPrecision{
      *this, "operand-precision",
      llvm::cl::desc("of what matrix products read beside weights (as precision)")};
  Option<std::string> weightPrecision{*this, "weight-precision",
                                      llvm::cl::desc("of constant weights (as precision)")};
  Option<std::string> valuePrecision{*this, "value-precision",
                                     llvm::cl::desc("of all other values: fx16 or fx8"),
                                     llvm::cl::init("fx16")};
  Option<std::string> weightScales{
      *this, "weight-scales",
      llvm::cl::desc("of constant weights: tensor, channel, or auto: channel below 16 bits"),
      llvm::cl::init("auto")};
};

/// A framework's module to linalg on tensors.
void buildFrontend(OpPassManager &pm);
/// The same, with f32 dota ops where it recognises them.
void buildRaising(OpPassManager &pm);
/// Calibrated f32 dota ops to device programs, and the host part around them.
void buildPrograms(OpPassManager &pm, const PipelineOptions &options);
/// Device programs to lane programs, ready to be emitted.
void buildLanes(OpPassManager &pm, const PipelineOptions &options);

/// Registers `--dota-pipeline`: all of the above on a calibrated module.
void registerDotaPipeline();

/// The device's share of a module after `buildPrograms`: a module of its own with
/// copies of the programs, taken through `buildLanes`; null after an error.
OwningOpRef<ModuleOp> lowerPrograms(ModuleOp module, const PipelineOptions &options);

/// The host's share: a copy with calls of the runtime in place of launches, and
/// without programs; null after an error.
OwningOpRef<ModuleOp> hostPart(ModuleOp module);

/// Multiply-accumulates of matrix products and convolutions that linalg ops of the
/// module would do when each function runs once.
int64_t countHostMacs(ModuleOp module);
/// The same of the programs that the module launches.
int64_t countDeviceMacs(ModuleOp module);

} // namespace mlir::dota

#endif // DOTA_PIPELINE_PIPELINE_H
