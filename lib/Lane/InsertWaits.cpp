//===- InsertWaits.cpp - lane-insert-waits ----------------------------------===//
//
// Units of a lane run beside one another; the issue holds only at waits. This
// pass puts a `lane.wait` in front of each instruction whose SRAM another unit
// still works on: it reads what is being written, or writes what is being read
// or written. Instructions of one unit run in order and need none.
//
//     lane.load %0 {...}                      lane.load %0 {...}
//     lane.matmul %0, %1, %2 {...}    ==>     lane.wait {unit = 1, count = 1}
//                                             lane.matmul %0, %1, %2 {...}
//
// `configure` counts as a write of the RMMU's mode, products read it: a product of
// the rows that detect is held until they are set, and they are set again when it
// is through.
//
// What earlier waits and barriers have made known is remembered, so no wait is
// put twice and the pass is idempotent. SRAM is looked at in granules of 64 bytes,
// the unit of placement: accesses of two units to one granule are ordered, even
// where they are to different bytes of it.
//
// Fails where an operand has no address yet.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Passes.h"
#include "dota/runtime/RmmuMode.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include <array>

namespace mlir::dota {
#define GEN_PASS_DEF_INSERTWAITS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::lane;

namespace {

constexpr unsigned kUnits = ::dota::kUnitCount;
/// A number of instructions for each unit, from the start of the stream.
using Counts = std::array<uint32_t, kUnits>;

/// What was last done to 64 bytes of SRAM: the number, counted in its unit, of the
/// last instruction that wrote them, and of the last in each unit that read them
/// since. An earlier write needs no memory: whoever overwrote it waited for it.
struct Granule {
  uint32_t written = 0; // 0: never
  uint8_t writer = 0;
  Counts read = {};
};

class WaitInserter {
public:
  explicit WaitInserter(StreamOp stream) : stream(stream) {}

  LogicalResult run() {
    for (Operation &op : stream.getBody().front()) {
      auto instruction = dyn_cast<InstructionOpInterface>(op);
      if (!instruction)
        continue;
      if (auto wait = dyn_cast<WaitOp>(op)) {
        if (wait.getUnit() < kUnits)
          known[wait.getUnit()] =
              std::max(known[wait.getUnit()], static_cast<uint32_t>(wait.getCount()));
        continue;
      }
      if (isa<BarrierOp>(op))
        known = issued;
      if (instruction.getIssueUnit() == ::dota::Unit::Control)
        continue;
      if (failed(visit(instruction)))
        return failure();
    }
    return success();
  }

  uint64_t inserted = 0;

private:
  LogicalResult visit(InstructionOpInterface op) {
    FailureOr<::dota::Instruction> instruction =
        op.toInstruction([&](OpOperand &operand) -> FailureOr<uint32_t> {
          SramPlace place = getSramPlace(operand.get());
          if (place.buffer)
            return op->emitOpError() << "operand " << operand.getOperandNumber()
                                     << " has no address; run lane-allocate-sram before";
          return static_cast<uint32_t>(place.offset);
        });
    if (failed(instruction))
      return failure();

    uint64_t end = 0;
    ::dota::forEachRegion(*instruction,
                          [&](const ::dota::Region &region) { end = std::max(end, region.end()); });
    if (end > kSramAddresses)
      return op->emitOpError() << "reaches byte " << end << " of SRAM; " << kSramAddresses
                               << " can be addressed";
    granules.resize(std::max<size_t>(granules.size(), llvm::divideCeil(end, kBufferAlignment)));

    auto unit = static_cast<unsigned>(op.getIssueUnit());
    Counts needed = {};
    forEachGranule(*instruction, [&](Granule &granule, bool write) {
      if (granule.writer != unit)
        needed[granule.writer] = std::max(needed[granule.writer], granule.written);
      if (write)
        for (unsigned reader = 0; reader < kUnits; ++reader)
          if (reader != unit)
            needed[reader] = std::max(needed[reader], granule.read[reader]);
    });
    OpBuilder builder(op);
    for (unsigned other = 0; other < kUnits; ++other) {
      if (needed[other] <= known[other])
        continue;
      WaitOp::create(builder, op->getLoc(), other, needed[other]);
      known[other] = needed[other];
      ++inserted;
    }

    uint32_t number = ++issued[unit];
    // All reads before all writes, so that what an instruction updates in place
    // ends up as written.
    forEachGranule(*instruction, [&](Granule &granule, bool write) {
      if (!write)
        granule.read[unit] = number;
    });
    forEachGranule(*instruction, [&](Granule &granule, bool write) {
      if (write)
        granule = {number, static_cast<uint8_t>(unit), {}};
    });
    return success();
  }

  template <class F>
  void forEachGranule(const ::dota::Instruction &instruction, F &&f) {
    if (::dota::ModeUse use = ::dota::modeUseOf(instruction); use != ::dota::ModeUse::None)
      f(mode, use == ::dota::ModeUse::Sets);
    ::dota::forEachRegion(instruction, [&](const ::dota::Region &region) {
      if (region.empty())
        return;
      uint64_t next = 0; // no granule twice where rows share one
      for (uint64_t row = 0; row < region.rows; ++row) {
        uint64_t begin = region.base + row * region.stride;
        uint64_t first = std::max(begin / kBufferAlignment, next);
        next = std::max(next, (begin + region.rowBytes - 1) / kBufferAlignment + 1);
        for (uint64_t g = first; g < next; ++g)
          f(granules[g], region.write);
        // Rows that lie on one another touch nothing new.
        if (region.stride == 0)
          break;
      }
    });
  }

  StreamOp stream;
  std::vector<Granule> granules;
  Granule mode;       // of the RMMU
  Counts issued = {}; // so far
  Counts known = {};  // to have been completed at this point of the issue
};

struct InsertWaits : mlir::dota::impl::InsertWaitsBase<InsertWaits> {
  using InsertWaitsBase::InsertWaitsBase;

  void runOnOperation() override {
    for (StreamOp stream : getOperation().getOps<StreamOp>()) {
      WaitInserter inserter(stream);
      if (failed(inserter.run()))
        return signalPassFailure();
      remark::analysis(stream.getLoc(),
                       remark::RemarkOpts::name("inserted").category("lane-insert-waits"))
          << "waits inserted" << remark::metric("lane", stream.getLane())
          << remark::metric("waits", inserter.inserted);
    }
  }
};

} // namespace
