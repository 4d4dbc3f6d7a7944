//===- LaneVerify.cpp - lane-verify -----------------------------------------===//
//
// Checks that a placed program is right whatever the timing of the units, without
// sharing anything with the passes that made it so: SRAM is followed byte by byte
// here, in granules there.
//
//===----------------------------------------------------------------------===//

#include "SramCapacity.h"
#include "dota/Passes.h"
#include "dota/runtime/RmmuMode.h"
#include "llvm/ADT/STLExtras.h"
#include <array>
#include <map>

namespace mlir::dota {
#define GEN_PASS_DEF_LANEVERIFY
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::lane;

//===----------------------------------------------------------------------===//
// One stream
//===----------------------------------------------------------------------===//

namespace {

constexpr unsigned kUnits = ::dota::kUnitCount;
using Counts = std::array<uint32_t, kUnits>;

/// What was last done to a stretch of SRAM; numbers count the instructions of a
/// unit from 1.
struct Use {
  unsigned writer = 0;
  uint32_t written = 0; // 0: never
  Counts read = {};
};

/// SRAM in stretches that were used alike.
class SramUses {
public:
  SramUses() { stretches[0]; }

  /// Calls `f` for the stretches that make up [begin, end) exactly.
  template <class F>
  void forEach(uint64_t begin, uint64_t end, F &&f) {
    auto first = cut(begin), last = cut(end);
    for (auto it = first; it != last; ++it)
      f(it->second);
  }

  void set(uint64_t begin, uint64_t end, const Use &use) {
    auto first = cut(begin), last = cut(end);
    first->second = use;
    stretches.erase(std::next(first), last);
  }

private:
  /// The stretch that starts at `byte`, cut off the one it lies in where needed.
  std::map<uint64_t, Use>::iterator cut(uint64_t byte) {
    auto it = std::prev(stretches.upper_bound(byte));
    return it->first == byte ? it : stretches.emplace_hint(std::next(it), byte, it->second);
  }

  std::map<uint64_t, Use> stretches; // by first byte; each ends where the next begins
};

/// Calls `f(begin, end)` for the rows of a region, together where they touch.
template <class F>
void forEachRow(const ::dota::Region &region, F &&f) {
  if (region.empty())
    return;
  if (region.stride <= region.rowBytes)
    return f(region.base, region.end());
  for (uint64_t row = 0; row < region.rows; ++row)
    f(region.base + row * region.stride, region.base + row * region.stride + region.rowBytes);
}

class StreamChecker {
public:
  StreamChecker(StreamOp stream, uint64_t capacity, unsigned peRows)
      : stream(stream), capacity(capacity), peRows(peRows) {}

  LogicalResult run() {
    for (Operation &op : stream.getBody().front()) {
      auto instruction = dyn_cast<InstructionOpInterface>(op);
      if (!instruction)
        continue;
      LogicalResult result = success();
      if (auto wait = dyn_cast<WaitOp>(op))
        result = checkWait(wait);
      else if (isa<BarrierOp>(op))
        for (unsigned unit = 0; unit < kUnits; ++unit)
          known[unit] = issued[unit].size();
      else if (instruction.getIssueUnit() != ::dota::Unit::Control)
        result = checkInstruction(instruction);
      if (failed(result))
        return failure();
    }
    return success();
  }

private:
  static StringRef nameOf(unsigned unit) { return ::dota::name(static_cast<::dota::Unit>(unit)); }

  LogicalResult checkWait(WaitOp wait) {
    uint64_t unit = wait.getUnit();
    if (unit >= kUnits || unit == static_cast<unsigned>(::dota::Unit::Control))
      return wait.emitOpError() << "is for unit " << unit << "; units to wait for are 1 to "
                                << kUnits - 1;
    if (wait.getCount() > issued[unit].size())
      return wait.emitOpError() << "is for " << wait.getCount() << " instructions of "
                                << nameOf(unit) << "; " << issued[unit].size()
                                << " issued before it";
    known[unit] = std::max(known[unit], static_cast<uint32_t>(wait.getCount()));
    return success();
  }

  LogicalResult checkInstruction(InstructionOpInterface op) {
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
    auto unit = static_cast<unsigned>(op.getIssueUnit());
    LogicalResult result = success();
    ::dota::forEachRegion(*instruction, [&](const ::dota::Region &region) {
      if (succeeded(result))
        result = checkRegion(op, unit, region);
    });
    if (failed(result) || failed(checkMode(op, unit, *instruction)))
      return failure();

    issued[unit].push_back(op);
    auto number = static_cast<uint32_t>(issued[unit].size());
    if (::dota::ModeUse use = ::dota::modeUseOf(*instruction); use == ::dota::ModeUse::Sets)
      modeUses = {unit, number, {}};
    else if (use == ::dota::ModeUse::Needs)
      modeUses.read[unit] = number;
    for (bool write : {false, true})
      ::dota::forEachRegion(*instruction, [&](const ::dota::Region &region) {
        if (region.write == write)
          forEachRow(region, [&](uint64_t begin, uint64_t end) {
            if (write)
              return uses.set(begin, end, {unit, number, {}});
            uses.forEach(begin, end, [&](Use &use) { use.read[unit] = number; });
          });
      });
    return success();
  }

  /// Bounds, and that all is done with which `region` must not meet.
  LogicalResult checkRegion(InstructionOpInterface op, unsigned unit,
                            const ::dota::Region &region) {
    if (region.end() > capacity)
      return op->emitOpError() << "reaches byte " << region.end() << " of SRAM; " << capacity
                               << " available";
    LogicalResult result = success();
    auto complain = [&](unsigned other, uint32_t number, StringRef doing) {
      InFlightDiagnostic diagnostic = op->emitOpError();
      diagnostic << (region.write ? "writes" : "reads") << " SRAM from byte " << region.base
                 << ", which instruction " << number << " of " << nameOf(other) << " may still be "
                 << doing;
      diagnostic.attachNote(issued[other][number - 1]->getLoc()) << "that instruction is here";
      result = diagnostic;
    };
    forEachRow(region, [&](uint64_t begin, uint64_t end) {
      uses.forEach(begin, end, [&](Use &use) {
        if (failed(result))
          return;
        if (use.writer != unit && use.written > known[use.writer])
          return complain(use.writer, use.written, "writing");
        for (unsigned reader = 0; region.write && reader < kUnits; ++reader)
          if (reader != unit && use.read[reader] > known[reader])
            return complain(reader, use.read[reader], "reading");
      });
    });
    return result;
  }

  /// That a product fits the rows that it runs in, that they are set when it starts, and
  /// that they are not set while another one runs there.
  LogicalResult checkMode(InstructionOpInterface op, unsigned unit,
                          const ::dota::Instruction &instruction) {
    ::dota::ModeUse use = ::dota::modeUseOf(instruction);
    if (use == ::dota::ModeUse::None)
      return success();
    if (std::optional<std::string> misfit = ::dota::findMisfit(instruction, mode, peRows))
      return op->emitError() << *misfit;
    mode.follow(instruction);
    auto complain = [&](unsigned other, uint32_t number, StringRef what) {
      InFlightDiagnostic diagnostic = op->emitOpError() << what << " instruction " << number
                                                        << " of " << nameOf(other);
      diagnostic.attachNote(issued[other][number - 1]->getLoc()) << "that instruction is here";
      return diagnostic;
    };
    if (modeUses.writer != unit && modeUses.written > known[modeUses.writer])
      return complain(modeUses.writer, modeUses.written,
                      "runs in PE rows that may still be set by");
    for (unsigned other = 0; use == ::dota::ModeUse::Sets && other < kUnits; ++other)
      if (other != unit && modeUses.read[other] > known[other])
        return complain(other, modeUses.read[other], "sets PE rows that may still run");
    return success();
  }

  StreamOp stream;
  uint64_t capacity;
  unsigned peRows;
  ::dota::RmmuMode mode;
  Use modeUses;
  SramUses uses;
  std::array<std::vector<Operation *>, kUnits> issued;
  Counts known = {};
};

//===----------------------------------------------------------------------===//
// Between streams
//===----------------------------------------------------------------------===//

/// Instructions between two barriers, lane by lane.
using Phase = SmallVector<SmallVector<Operation *>>;

/// Splits streams at their barriers, which must be the same in all.
FailureOr<std::vector<Phase>> splitPhases(ProgramOp program) {
  SmallVector<StreamOp> streams(program.getOps<StreamOp>());
  SmallVector<BarrierOp> barriers(streams.front().getBody().getOps<BarrierOp>());
  std::vector<Phase> phases(barriers.size() + 1, Phase(streams.size()));
  for (auto [lane, stream] : llvm::enumerate(streams)) {
    size_t phase = 0;
    for (Operation &op : stream.getBody().front()) {
      if (isa<LoadOp, StoreOp>(op))
        phases[phase][lane].push_back(&op);
      auto barrier = dyn_cast<BarrierOp>(op);
      if (!barrier)
        continue;
      if (phase == barriers.size())
        return barrier.emitOpError() << "is number " << phase + 1 << " of lane " << lane
                                     << "; lane 0 has " << barriers.size();
      if (barrier.getId() != barriers[phase].getId()) {
        InFlightDiagnostic diagnostic = barrier.emitOpError();
        diagnostic << "has id " << barrier.getId() << " in lane " << lane << "; lane 0 has "
                   << barriers[phase].getId() << " there";
        diagnostic.attachNote(barriers[phase].getLoc()) << "the barrier of lane 0 is here";
        return diagnostic;
      }
      ++phase;
    }
    if (phase != barriers.size())
      return stream.emitOpError() << "has " << phase << " barriers; lane 0 has " << barriers.size();
  }
  return phases;
}

/// A transfer's rows of DRAM.
::dota::Region dramOf(Operation *op) {
  auto region = [](auto transfer, bool write) {
    return ::dota::Region{transfer.getDram(), transfer.getRows(), transfer.getRowBytes(),
                          transfer.getDramStride(), write};
  };
  if (auto load = dyn_cast<LoadOp>(op))
    return region(load, false);
  return region(cast<StoreOp>(op), true);
}

/// Bytes of DRAM that stand there from the start, as sorted disjoint stretches.
class Pieces {
public:
  void add(uint64_t begin, uint64_t end) {
    if (begin != end)
      stretches.push_back({begin, end});
  }
  void close() {
    llvm::sort(stretches);
    // Pieces that touch are one, so that a row may run across them.
    size_t last = 0;
    for (size_t i = 1; i < stretches.size(); ++i) {
      if (stretches[i].first <= stretches[last].second)
        stretches[last].second = std::max(stretches[last].second, stretches[i].second);
      else
        stretches[++last] = stretches[i];
    }
    stretches.resize(std::min(stretches.size(), last + 1));
  }
  bool contain(uint64_t begin, uint64_t end) const {
    auto it = after(begin);
    return it != stretches.begin() && std::prev(it)->second >= end;
  }
  bool meet(uint64_t begin, uint64_t end) const {
    auto it = after(begin);
    return (it != stretches.begin() && std::prev(it)->second > begin) ||
           (it != stretches.end() && it->first < end);
  }
  ArrayRef<std::pair<uint64_t, uint64_t>> get() const { return stretches; }

private:
  /// The first stretch that begins after `byte`.
  SmallVector<std::pair<uint64_t, uint64_t>>::const_iterator after(uint64_t byte) const {
    return llvm::upper_bound(stretches, byte,
                             [](uint64_t b, const auto &stretch) { return b < stretch.first; });
  }
  SmallVector<std::pair<uint64_t, uint64_t>> stretches;
};

/// Follows who writes DRAM, in blocks that no transfer divides.
class DramChecker {
public:
  DramChecker(ProgramOp program, const std::vector<Phase> &phases) : phases(phases) {
    for (InputOp input : program.getOps<InputOp>())
      initial.add(input.getAddress(), input.getAddress() + *input.getByteCount());
    for (DataOp op : program.getOps<DataOp>()) {
      initial.add(op.getAddress(), op.getAddress() + *op.getByteCount());
      data.add(op.getAddress(), op.getAddress() + *op.getByteCount());
    }
    initial.close();
    data.close();
    chooseBlocks();
  }

  LogicalResult run() {
    for (auto [number, phase] : llvm::enumerate(phases)) {
      current = static_cast<uint32_t>(number) + 1;
      for (auto [lane, transfers] : llvm::enumerate(phase))
        for (Operation *op : transfers)
          if (isa<StoreOp>(op) && failed(noteStore(op, lane)))
            return failure();
      for (auto [lane, transfers] : llvm::enumerate(phase))
        for (Operation *op : transfers)
          if (failed(isa<LoadOp>(op) ? checkLoad(op, lane) : noteOrder(op)))
            return failure();
      for (ArrayRef<Operation *> transfers : phase)
        for (Operation *op : transfers)
          if (isa<StoreOp>(op))
            forEachBlock(dramOf(op), [&](uint64_t block) { before[block] = true; });
    }
    return success();
  }

private:
  /// Blocks so large that addresses, rows and strides are multiples of them: then
  /// "in the same block" is "at the same bytes". With too many blocks they grow,
  /// and what needs that is not checked.
  void chooseBlocks() {
    constexpr uint64_t kLargestBlock = 64, kMostBlocks = uint64_t{1} << 24;
    uint64_t divisor = kLargestBlock;
    auto divide = [&](uint64_t value) {
      while (value % divisor != 0)
        divisor /= 2;
    };
    uint64_t end = 0;
    begin = UINT64_MAX;
    for (const Phase &phase : phases)
      for (ArrayRef<Operation *> transfers : phase)
        for (Operation *op : transfers) {
          ::dota::Region region = dramOf(op);
          if (region.empty())
            continue;
          divide(region.base);
          divide(region.rowBytes);
          if (region.rows > 1)
            divide(region.stride);
          if (region.write) {
            begin = std::min(begin, region.base);
            end = std::max(end, region.end());
          }
        }
    if (begin > end)
      begin = end;
    blockBytes = divisor;
    while ((end - begin) / blockBytes > kMostBlocks)
      blockBytes *= 2;
    exact = blockBytes == divisor;
    begin -= begin % blockBytes;
    size_t blocks = llvm::divideCeil(end - begin, blockBytes);
    writtenIn.resize(blocks);
    writtenBy.resize(blocks);
    orderedIn.resize(blocks);
    before.resize(blocks);
    for (auto [first, last] : initial.get())
      forEachBlock({first, 1, last - first, 0, false},
                   [&](uint64_t block) { before[block] = true; });
  }

  /// Blocks that a region touches, of those that are ever written.
  template <class F>
  void forEachBlock(const ::dota::Region &region, F &&f) {
    forEachRow(region, [&](uint64_t first, uint64_t last) {
      first = std::max(first, begin);
      for (uint64_t block = (first - begin) / blockBytes;
           block < before.size() && begin + block * blockBytes < last; ++block)
        f(block);
    });
  }

  LogicalResult noteStore(Operation *op, unsigned lane) {
    ::dota::Region region = dramOf(op);
    LogicalResult result = success();
    forEachRow(region, [&](uint64_t first, uint64_t last) {
      if (succeeded(result) && data.meet(first, last))
        result = op->emitOpError()
                 << "writes DRAM bytes " << first << " to " << last - 1 << ", where data stands";
    });
    forEachBlock(region, [&](uint64_t block) {
      if (exact && succeeded(result) && writtenIn[block] == current && writtenBy[block] != lane)
        result = op->emitOpError()
                 << "writes DRAM byte " << begin + block * blockBytes << ", which lane "
                 << writtenBy[block] << " writes between the same barriers";
      writtenIn[block] = current;
      writtenBy[block] = lane;
    });
    return result;
  }

  LogicalResult noteOrder(Operation *op) {
    forEachBlock(dramOf(op), [&](uint64_t block) { orderedIn[block] = current; });
    return success();
  }

  LogicalResult checkLoad(Operation *op, unsigned lane) {
    LogicalResult result = success();
    forEachRow(dramOf(op), [&](uint64_t first, uint64_t last) {
      if (failed(result))
        return;
      uint64_t end = begin + before.size() * blockBytes;
      auto complain = [&](uint64_t byte) {
        result = op->emitOpError()
                 << "reads DRAM byte " << byte << ", which nothing has written before";
      };
      // What is never written stands there from the start, or nowhere.
      if (first < begin && !initial.contain(first, std::min(last, begin)))
        return complain(first);
      if (last > end && !initial.contain(std::max(first, end), last))
        return complain(std::max(first, end));
      forEachBlock({first, 1, last - first, 0, false}, [&](uint64_t block) {
        if (failed(result))
          return;
        uint64_t byte = std::max(first, begin + block * blockBytes);
        if (exact && writtenIn[block] == current && writtenBy[block] != lane)
          result = op->emitOpError() << "reads DRAM byte " << byte << ", which lane "
                                     << writtenBy[block] << " writes between the same barriers";
        else if (!before[block] && orderedIn[block] != current)
          complain(byte);
      });
    });
    return result;
  }

  const std::vector<Phase> &phases;
  Pieces initial, data;
  uint64_t begin = 0; // of the DRAM that is ever written, down to a block
  uint64_t blockBytes = 1;
  bool exact = true;
  uint32_t current = 0; // phase, from 1
  // Of each block: the last phase that writes it, the lane that does; the last phase
  // in which its store has come, in the order of its lane; whether it had been
  // written before this phase.
  std::vector<uint32_t> writtenIn;
  std::vector<uint16_t> writtenBy;
  std::vector<uint32_t> orderedIn;
  std::vector<bool> before;
};

struct LaneVerify : mlir::dota::impl::LaneVerifyBase<LaneVerify> {
  using LaneVerifyBase::LaneVerifyBase;

  void runOnOperation() override {
    FailureOr<::dota::Machine> found = getMachine(getOperation(), machine);
    if (failed(found))
      return signalPassFailure();
    uint64_t capacity = bytes ? bytes.getValue() : found->sram.bytes;
    for (StreamOp stream : getOperation().getOps<StreamOp>())
      if (failed(StreamChecker(stream, capacity, found->rmmu.rows).run()))
        return signalPassFailure();
    FailureOr<std::vector<Phase>> phases = splitPhases(getOperation());
    if (failed(phases) || failed(DramChecker(getOperation(), *phases).run()))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
