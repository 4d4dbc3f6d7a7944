//===- Pipeline.cpp - the compiler from end to end --------------------------===//

#include "dota/Pipeline/Pipeline.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "dota/Transforms/Notes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::dota;

void mlir::dota::buildFrontend(OpPassManager &pm) {
  // Every framework's spelling becomes linalg on tensors.
  pm.addPass(createFrontend());
}

void mlir::dota::buildRaising(OpPassManager &pm) {
  buildFrontend(pm);
  // Before any fusion: a norm's gain inside a matrix product is not found again.
  pm.addPass(createRaise());
}

void mlir::dota::buildPrograms(OpPassManager &pm, const PipelineOptions &options) {
  // Layers that compute the same bias each on its own share a mask once it is one value.
  if (options.retain != 0 && options.share == "encoder")
    pm.addPass(createCSEPass());
  // On f32 ops, as detectors are computed from exact weights, and their formats
  // are then chosen with all others.
  if (!options.knownMasks.empty())
    pm.addPass(
        createInsertMasks({options.knownMasks, options.retain, /*scores=*/options.balance != 0}));
  else if (options.retain != 0)
    pm.addPass(createInsertDetectors(
        {options.retain, options.rank, options.detectorPrecision, options.detector, /*seed=*/0,
         options.dumpDetectors,
         SmallVector<double>(options.threshold.begin(), options.threshold.end()), options.balance,
         options.share}));
  pm.addPass(createQuantize({options.precision, options.weightPrecision, options.operandPrecision,
                             options.valuePrecision, options.weightScales}));
  // Ops that read the same host value have quantised it each on its own.
  pm.addPass(createCSEPass());
  pm.addPass(createOutline({options.machine}));
  pm.addPass(createCanonicalizerPass());
  // In programs, where it is known which lanes would multiply in which precision.
  pm.addPass(createSkipDeadKeys({options.machine, options.deadKeys}));
  if (options.omitTokens)
    pm.addPass(createOmitTokens());
}

void mlir::dota::buildLanes(OpPassManager &pm, const PipelineOptions &options) {
  // Masks that are known have their key orders in the streams.
  pm.addPass(createBalanceRows({/*keep=*/0, options.balance, options.machine}));
  pm.addPass(createGroupRows({options.machine, /*tile=*/16}));
  pm.addPass(createReorderKeys({options.machine, /*rule=*/"best"}));
  pm.addPass(createDotaToLane({options.machine, options.detectRows}));
  auto &lanes = pm.nest<lane::ProgramOp>();
  // While tiles are not placed yet, as placing makes them wait for one another.
  lanes.addPass(createLaneSchedule({/*bytes=*/0, options.machine, /*window=*/128}));
  // Then addresses: only now is it known who shares memory with whom.
  lanes.addPass(createAllocateSram({/*bytes=*/0, options.machine}));
  lanes.addPass(createInsertWaits());
  lanes.addPass(createLaneVerify({/*bytes=*/0, options.machine}));
}

void mlir::dota::registerDotaPipeline() {
  PassPipelineRegistration<PipelineOptions>("dota-pipeline",
                                            "from a calibrated module to verified lane programs",
                                            [](OpPassManager &pm, const PipelineOptions &options) {
                                              buildRaising(pm);
                                              buildPrograms(pm, options);
                                              buildLanes(pm, options);
                                            });
}

OwningOpRef<ModuleOp> mlir::dota::lowerPrograms(ModuleOp module, const PipelineOptions &options) {
  OpBuilder builder(module.getContext());
  OwningOpRef<ModuleOp> device = ModuleOp::create(module.getLoc());
  builder.setInsertionPointToEnd(device->getBody());
  for (auto program : module.getOps<ProgramOp>())
    builder.clone(*program);
  PassManager pm(module.getContext());
  if (failed(applyPassManagerCLOptions(pm)))
    return {};
  buildLanes(pm, options);
  if (failed(pm.run(*device)))
    return {};
  return device;
}

OwningOpRef<ModuleOp> mlir::dota::hostPart(ModuleOp module) {
  OwningOpRef<ModuleOp> host = module.clone();
  PassManager pm(module.getContext());
  pm.addPass(createLowerLaunch());
  if (failed(pm.run(*host)))
    return {};
  return host;
}

/// Whether the op sums products of two of its operands' elements.
static bool sumsProducts(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op->getNumRegions() != 1 || op.getNumDpsInits() != 1)
    return false;
  Block &body = op->getRegion(0).front();
  Value accumulator = body.getArguments().back();
  // Casts on the way of a mixed-precision product.
  auto source = [](Value value) {
    while (Operation *cast = value.getDefiningOp()) {
      if (!isa<arith::ExtFOp, arith::TruncFOp>(cast))
        break;
      value = cast->getOperand(0);
    }
    return value;
  };
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  for (auto [one, other] :
       {std::pair(sum.getLhs(), sum.getRhs()), std::pair(sum.getRhs(), sum.getLhs())}) {
    if (one != accumulator)
      continue;
    auto product = source(other).getDefiningOp<arith::MulFOp>();
    if (!product)
      return false;
    Value left = source(product.getLhs()), right = source(product.getRhs());
    // A square is a norm's.
    return isa<BlockArgument>(left) && isa<BlockArgument>(right) && left != right;
  }
  return false;
}

int64_t mlir::dota::countHostMacs(ModuleOp module) {
  int64_t macs = 0;
  module.walk([&](linalg::LinalgOp op) {
    if (!sumsProducts(op) || op->getParentOfType<ProgramOp>())
      return;
    int64_t work = 1;
    for (int64_t extent : op.getStaticLoopRanges())
      work *= ShapedType::isDynamic(extent) ? 1 : extent;
    macs += work;
  });
  return macs;
}

int64_t mlir::dota::countDeviceMacs(ModuleOp module) {
  int64_t macs = 0;
  module.walk([&](LaunchOp launch) {
    auto program = module.lookupSymbol<ProgramOp>(launch.getProgram());
    program.walk([&](WorkOpInterface op) { macs += op.getMacs() * launch.getBatch().value_or(1); });
  });
  return macs;
}
