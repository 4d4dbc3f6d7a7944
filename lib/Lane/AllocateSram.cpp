//===- AllocateSram.cpp - lane-allocate-sram --------------------------------===//
//
// Gives every buffer of a stream an address and replaces buffers and views by
// `lane.address`. A buffer lives from the first to the last instruction that
// names it, in order of issue; as units run beside one another, what takes over
// its space must wait for them: lane-insert-waits comes after this pass. Streams
// without buffers are left as they are, so the pass is idempotent.
//
// Fails where a stream needs more SRAM than there is, at the instruction where
// most is alive, where an instruction reaches beyond a buffer, and where a stream
// with buffers names fixed addresses too.
//
//===----------------------------------------------------------------------===//

#include "SramCapacity.h"
#include "SramPlacement.h"
#include "dota/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

namespace mlir::dota {
#define GEN_PASS_DEF_ALLOCATESRAM
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::lane;

namespace {

struct AllocateSram : mlir::dota::impl::AllocateSramBase<AllocateSram> {
  using AllocateSramBase::AllocateSramBase;

  LogicalResult allocate(StreamOp stream, uint64_t capacity) {
    StreamLives lives(stream);
    if (stream.getBody().getOps<BufferOp>().empty())
      return success();
    for (InstructionOpInterface instruction : lives.instructions)
      for (Value operand : instruction->getOperands())
        if (!getSramPlace(operand).buffer)
          return instruction->emitOpError() << "names address " << getSramPlace(operand).offset
                                            << " in a stream that has buffers";

    // Past its end a buffer would run into another.
    for (InstructionOpInterface instruction : lives.instructions) {
      LogicalResult inside = success();
      forEachOperandRegion(instruction, [&](OperandRegion part) {
        SramPlace place = getSramPlace(part.operand->get());
        part.region.base = place.offset;
        if (failed(inside) || part.region.end() <= place.buffer.getBytes())
          return;
        InFlightDiagnostic diagnostic = instruction->emitOpError()
                                        << "reaches byte " << part.region.end()
                                        << " of a buffer of " << place.buffer.getBytes();
        diagnostic.attachNote(place.buffer.getLoc()) << "the buffer is here";
        inside = diagnostic;
      });
      if (failed(inside))
        return failure();
    }

    Placement placement = placeBuffers(lives.buffers, capacity);
    if (!placement.fits())
      return lives.instructions[placement.peakInstruction]->emitOpError()
             << "tiles need " << placement.extent << " bytes of lane SRAM; " << capacity
             << " available";
    remark::analysis(stream.getLoc(),
                     remark::RemarkOpts::name("placed").category("lane-allocate-sram"))
        << "buffers placed in SRAM" << remark::metric("lane", stream.getLane())
        << remark::metric("buffers", lives.buffers.size())
        << remark::metric("extent", placement.extent) << remark::metric("peak", placement.peak)
        << remark::metric("available", capacity);

    llvm::DenseMap<Operation *, uint64_t> address;
    for (auto [life, begin] : llvm::zip_equal(lives.buffers, placement.addresses))
      address[life.buffer] = begin;
    AddressValues values(stream);
    for (InstructionOpInterface instruction : lives.instructions)
      for (OpOperand &operand : instruction->getOpOperands()) {
        SramPlace place = getSramPlace(operand.get());
        operand.set(values.get(address.lookup(place.buffer) + place.offset));
      }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(stream.getBody().front())))
      if (isa<ViewOp, BufferOp>(op))
        op.erase();
    return success();
  }

  void runOnOperation() override {
    FailureOr<uint64_t> capacity = getSramCapacity(getOperation(), bytes, machine);
    if (failed(capacity))
      return signalPassFailure();
    for (StreamOp stream : getOperation().getOps<StreamOp>())
      if (failed(allocate(stream, *capacity)))
        return signalPassFailure();
  }
};

} // namespace
