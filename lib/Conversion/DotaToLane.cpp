//===- DotaToLane.cpp - dota-to-lane ---------------------------------------===//
//
// Turns each fixed-point `dota.program` into a `lane.program` of the same name:
// one stream of instructions a lane, buffers without addresses, no waits. First
// the plan (DotaToLane/Plan.cpp), then, step by step, the instructions of each
// lane (DotaToLane/{Linear,Rows,Attention}.cpp). docs/lowering.md tells the story.
//
// Fails at the op that is not in fixed point, or whose least tile does not fit in
// a lane's SRAM. Programs that are gone make it idempotent.
//
//===----------------------------------------------------------------------===//

#include "../Lane/SramPlacement.h"
#include "DotaToLane/Stream.h"
#include "dota/Dialect/Dota/Mfu.h"
#include "dota/Passes.h"
#include "dota/runtime/Error.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::dota {
#define GEN_PASS_DEF_DOTATOLANE
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

/// Constants that are operands of anything but a linear's weights and bias.
static void placeConstants(Plan &plan, Data &data) {
  for (Operation &op : plan.program.getBody().front()) {
    if (!op.hasTrait<OpTrait::ConstantLike>() || op.use_empty())
      continue;
    Value value = op.getResult(0);
    bool needed = llvm::any_of(value.getUses(), [](OpOperand &use) {
      return !isa<LinearOp>(use.getOwner()) || use.getOperandNumber() == 0;
    });
    if (!needed)
      continue;
    Matrix &matrix = plan[value];
    std::optional<Constant> constant = Constant::get(value);
    matrix.address = data.add(op.getLoc(), matrix.rows * matrix.rowBytes());
    constant->pack(data.last().data(), matrix.cols, {0, matrix.rows}, {0, matrix.cols},
                   matrix.bits);
  }
}

/// (query, key) pairs that attention without a mask visits, and that all would
/// without one. Those that masks keep are counted when the program runs.
static void countPairs(ProgramOp program, int64_t &kept, int64_t &dense) {
  auto count = [&](auto attention, bool masked) {
    auto sizeOf = [](Value value) {
      auto type = cast<RankedTensorType>(value.getType());
      return type.getShape()[type.getRank() - 2];
    };
    int64_t heads = attention.getHeads(), queries = sizeOf(attention.getQ()),
            keys = sizeOf(attention.getK());
    for (int64_t i = 0; i < queries; ++i) {
      int64_t visible =
          attention.getCausal() ? std::clamp<int64_t>(i + keys - queries + 1, 0, keys) : keys;
      dense += heads * visible;
      kept += masked ? 0 : heads * visible;
    }
  };
  for (Operation &op : program.getBody().front()) {
    if (auto attention = dyn_cast<AttentionOp>(op))
      count(attention, false);
    if (auto attention = dyn_cast<MaskedAttentionOp>(op))
      count(attention, true);
  }
}

namespace {

struct DotaToLane : mlir::dota::impl::DotaToLaneBase<DotaToLane> {
  using DotaToLaneBase::DotaToLaneBase;

  LogicalResult lower(ProgramOp program, const ::dota::Machine &machine) {
    // What nothing reads has no place in DRAM or SRAM either.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(program.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    // Buffers with different lives may leave gaps that no other fits in: less that
    // lives long leaves fewer.
    const auto capacity = static_cast<int64_t>(machine.sram.bytes);
    for (int64_t mostResident : {capacity / 2, capacity / 4, int64_t{0}}) {
      FailureOr<lane::ProgramOp> lanes = emit(program, machine, mostResident);
      if (failed(lanes))
        return failure();
      if (mostResident == 0 || fits(*lanes, machine.sram.bytes)) {
        report(*lanes);
        break;
      }
      lanes->erase();
    }
    program.erase();
    return success();
  }

  static void report(lane::ProgramOp program) {
    int64_t lanes = 0, instructions = 0, barriers = 0;
    for (lane::StreamOp stream : program.getOps<lane::StreamOp>()) {
      ++lanes;
      instructions += llvm::range_size(stream.getBody().getOps<lane::InstructionOpInterface>());
      barriers = llvm::range_size(stream.getBody().getOps<lane::BarrierOp>());
    }
    remark::analysis(program.getLoc(), remark::RemarkOpts::name("lowered").category("dota-to-lane"))
        << "program lowered to lanes" << remark::metric("lanes", lanes)
        << remark::metric("instructions", instructions) << remark::metric("barriers", barriers)
        << remark::metric("dram", program.getDramBytes());
  }

  static bool fits(lane::ProgramOp program, uint64_t capacity) {
    return llvm::all_of(program.getOps<lane::StreamOp>(), [&](lane::StreamOp stream) {
      return lane::placeBuffers(lane::StreamLives(stream).buffers, capacity).fits();
    });
  }

  FailureOr<lane::ProgramOp> emit(ProgramOp program, const ::dota::Machine &machine,
                                  int64_t mostResident) {
    if (const ::dota::MfuRules rules = mfuRulesOf(program.getMfuAttr()); rules != machine.mfu.rules)
      return program.emitOpError()
             << "is for an MFU in " << ::dota::nameOf(rules.format)
             << " with exponentials of degree " << rules.expDegree << "; that of machine '"
             << machine.name << "' is in " << ::dota::nameOf(machine.mfu.rules.format)
             << " with degree " << machine.mfu.rules.expDegree;
    Plan plan(program, machine, mostResident);
    if (detectRows >= 0)
      plan.detectRows = detectRows;
    if (failed(plan.make()))
      return failure();
    Data data(plan.dram);
    placeConstants(plan, data);
    for (Step &step : plan.steps)
      step.kernel->layOut(data);

    int64_t macs = 0, kept = 0, dense = 0;
    for (Operation &op : program.getBody().front())
      if (auto work = dyn_cast<WorkOpInterface>(op))
        macs += work.getMacs();
    countPairs(program, kept, dense);

    OpBuilder builder(program);
    auto lanes = lane::ProgramOp::create(builder, program.getLoc(), program.getSymName(),
                                         plan.dram.size(), macs, kept, dense, program.getMfuAttr());
    builder.createBlock(&lanes.getBody());
    auto name = [&](ArrayAttr attrs, unsigned index, StringRef otherwise) {
      if (attrs)
        if (auto given = cast<DictionaryAttr>(attrs[index]).getAs<StringAttr>("dota.name"))
          return given.str();
      return (otherwise + Twine(index)).str();
    };
    for (auto [index, address] : llvm::enumerate(plan.inputAddresses))
      lane::InputOp::create(builder, program.getLoc(),
                            name(program.getArgAttrsAttr(), index, "arg"), address,
                            program.getArgumentTypes()[index]);
    for (auto [index, address] : llvm::enumerate(plan.outputAddresses))
      lane::OutputOp::create(builder, program.getLoc(),
                             name(program.getResAttrsAttr(), index, "result"), address,
                             program.getResultTypes()[index]);
    for (const Data::Block &block : data.blocks) {
      auto type =
          RankedTensorType::get({static_cast<int64_t>(block.bytes.size())}, builder.getI8Type());
      lane::DataOp::create(builder, block.location, block.address,
                           DenseElementsAttr::getFromRawBuffer(type, block.bytes));
    }
    for (const auto &[value, mask] : plan.masks)
      if (mask.op)
        lane::MaskOp::create(builder, value.getLoc(), mask.id, mask.type.getHeads(),
                             mask.type.getRows(), mask.type.getKeys(), mask.type.getKeep());
    for (unsigned lane = 0; lane < plan.lanes(); ++lane) {
      auto streamOp = lane::StreamOp::create(builder, program.getLoc(), lane);
      OpBuilder inside(builder.getContext());
      inside.createBlock(&streamOp.getBody());
      Stream stream(inside, plan, lane, program.getLoc());
      int64_t barrier = 0;
      for (Step &step : plan.steps) {
        if (step.barrier)
          lane::BarrierOp::create(stream.builder, stream.location(), barrier++);
        step.kernel->emit(stream);
      }
      lane::HaltOp::create(stream.builder, program.getLoc());
    }
    return lanes;
  }

  void runOnOperation() override {
    try {
      ::dota::Machine machine = ::dota::Machine::named(this->machine);
      if (detectRows >= machine.rmmu.rows || detectRows % machine.rmmu.group > 0) {
        getOperation().emitError()
            << "detect-rows is " << detectRows.getValue() << "; multiples of " << machine.rmmu.group
            << " below " << machine.rmmu.rows << " are possible";
        return signalPassFailure();
      }
      for (ProgramOp program : llvm::make_early_inc_range(getOperation().getOps<ProgramOp>()))
        if (failed(lower(program, machine)))
          return signalPassFailure();
    } catch (const ::dota::Error &error) {
      getOperation().emitError() << error.what();
      signalPassFailure();
    }
  }
};

} // namespace
