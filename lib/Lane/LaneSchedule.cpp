//===- LaneSchedule.cpp - lane-schedule -------------------------------------===//
//
// Orders the instructions of each stream, between barriers, so that units work
// beside one another. The issue of a lane is in order and stops at the first wait:
//
//     load a0; matmul a0; store c0; load a1; matmul a1; ...
//
// leaves every unit but one idle. In
//
//     load a0; load a1; matmul a0; load a2; matmul a1; store c0; ...
//
// tiles are loaded while others are computed, and stores do not hold up what comes
// after them. The pass works on buffers, before placement, where tiles have space
// of their own.
//
// It is list scheduling: the stream is issued in a model of the lane, with the
// machine's own costs; each time that instruction of a window goes next which can
// be issued first, the earliest in the stream of equals. It may go ahead only if
// what it passes over could still be issued in the old order within the SRAM that
// there is. The new order is taken if the model is faster with it and its buffers
// can be placed, else it is tried with less SRAM, else the stream stays as it is.
//
// A stream that is placed already, or needs more SRAM than there is, is left alone,
// and a remark says so.
//
//===----------------------------------------------------------------------===//

#include "SramCapacity.h"
#include "StreamDependences.h"
#include "dota/Passes.h"
#include "dota/runtime/Timing.h"
#include "mlir/IR/Remarks.h"
#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace mlir::dota {
#define GEN_PASS_DEF_LANESCHEDULE
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::lane;

namespace {

/// Cycles of an instruction in its unit. Lanes that load at the same time share
/// DRAM; key orders are not known yet, so each is taken to share nothing, nor which
/// rows are live, so all are taken to be.
class Costs {
public:
  Costs(const ::dota::Machine &machine, size_t lanes) : machine(machine) {
    this->machine.dram.bytesPerCycle =
        std::max<unsigned>(1, machine.dram.bytesPerCycle / std::max<size_t>(1, lanes));
  }

  uint64_t of(const ::dota::Instruction &instruction, const ::dota::RmmuMode &mode) const {
    ::dota::OrderWork work;
    auto assume = [&](const auto &i) {
      work.groups = ::dota::groups(i.rows, i.group);
      work.steps = work.groups * i.keep;
      work.kept = work.loads = uint64_t{i.rows} * i.keep;
    };
    if (auto *order = std::get_if<::dota::Order>(&instruction))
      assume(*order);
    else if (auto *sddmm = std::get_if<::dota::Sddmm>(&instruction))
      assume(*sddmm);
    else if (auto *spmm = std::get_if<::dota::Spmm>(&instruction))
      assume(*spmm);
    auto *product = std::get_if<::dota::RowsMatmul>(&instruction);
    return ::dota::costOf(instruction, machine, mode, &work, product ? product->rows : 0).cycles;
  }

private:
  ::dota::Machine machine;
};

/// What the model of a lane knows when the next instruction is to be issued.
class LaneModel {
public:
  LaneModel(ArrayRef<StreamInstruction> stream, ArrayRef<uint64_t> cycles,
            ArrayRef<BufferLife> buffers, uint64_t capacity, unsigned queue)
      : stream(stream), cycles(cycles), buffers(buffers), capacity(capacity), queue(queue),
        ready(stream.size()), usesLeft(buffers.size()), alive(buffers.size()) {
    for (const StreamInstruction &instruction : stream)
      for (uint32_t buffer : instruction.buffers)
        ++usesLeft[buffer];
  }

  uint64_t now() const { return time; }
  uint64_t bytesAlive() const { return aliveBytes; }
  bool isAlive(uint32_t buffer) const { return alive[buffer]; }
  uint32_t getUsesLeft(uint32_t buffer) const { return usesLeft[buffer]; }

  /// When an instruction could be issued: what it waits for in other units is done,
  /// there is room in its unit's queue, and units are done with the space that its
  /// new buffers take.
  uint64_t issueTime(uint32_t index) const {
    const StreamInstruction &instruction = stream[index];
    uint64_t at = std::max(time, ready[index]);
    ArrayRef<uint64_t> unitStarts = starts[instruction.unit];
    if (unitStarts.size() >= queue)
      at = std::max(at, unitStarts[unitStarts.size() - queue]);
    uint64_t bytes = newBytes(index);
    uint64_t room = capacity - std::min(capacity, aliveBytes + leavingBytes);
    for (auto it = leaving.begin(); it != leaving.end() && room < bytes; ++it) {
      at = std::max(at, it->first);
      room += it->second;
    }
    return at;
  }

  void issue(uint32_t index) {
    const StreamInstruction &instruction = stream[index];
    if (instruction.fence) {
      for (uint64_t unitFree : unitsFree)
        time = std::max(time, unitFree);
      ++time;
      return;
    }
    uint64_t at = issueTime(index);
    uint64_t start = std::max(at, unitsFree[instruction.unit]);
    uint64_t end = start + cycles[index];
    starts[instruction.unit].push_back(start);
    unitsFree[instruction.unit] = end;
    time = at + 1;
    // Within a unit the order is enough.
    for (uint32_t successor : instruction.successors)
      if (stream[successor].unit != instruction.unit)
        ready[successor] = std::max(ready[successor], end);

    while (!leaving.empty() && leaving.begin()->first <= time) {
      leavingBytes -= leaving.begin()->second;
      leaving.erase(leaving.begin());
    }
    aliveBytes += newBytes(index);
    for (uint32_t buffer : instruction.buffers) {
      alive[buffer] = true;
      if (--usesLeft[buffer] != 0)
        continue;
      alive[buffer] = false;
      aliveBytes -= buffers[buffer].bytes;
      leavingBytes += buffers[buffer].bytes;
      leaving.emplace(end, buffers[buffer].bytes);
    }
  }

  /// When all units are done.
  uint64_t end() const { return std::max(time, *llvm::max_element(unitsFree)); }

private:
  /// Bytes of the buffers that come to life with an instruction.
  uint64_t newBytes(uint32_t index) const {
    uint64_t bytes = 0;
    for (uint32_t buffer : stream[index].buffers)
      if (!alive[buffer])
        bytes += buffers[buffer].bytes;
    return bytes;
  }

  ArrayRef<StreamInstruction> stream;
  ArrayRef<uint64_t> cycles;
  ArrayRef<BufferLife> buffers;
  uint64_t capacity;
  unsigned queue;

  uint64_t time = 0; // of the next issue
  std::vector<uint64_t> ready;
  std::array<uint64_t, ::dota::kUnitCount> unitsFree = {};
  std::array<std::vector<uint64_t>, ::dota::kUnitCount> starts;
  std::vector<uint32_t> usesLeft;
  std::vector<bool> alive;
  uint64_t aliveBytes = 0;
  // Buffers without further use that units still work on, by when they are done.
  std::multimap<uint64_t, uint64_t> leaving;
  uint64_t leavingBytes = 0;
};

/// Chooses an order for a stream.
class Scheduler {
public:
  Scheduler(ArrayRef<StreamInstruction> stream, ArrayRef<uint64_t> cycles,
            ArrayRef<BufferLife> buffers, uint64_t capacity, unsigned queue, unsigned window)
      : stream(stream), buffers(buffers), capacity(capacity), window(window),
        model(stream, cycles, buffers, capacity, queue), issued(stream.size()),
        usesTried(buffers.size()), triedIn(buffers.size()) {
    for (const StreamInstruction &instruction : stream)
      waitsFor.push_back(instruction.predecessors);
  }

  std::vector<uint32_t> run() {
    while (oldest < stream.size()) {
      uint32_t next = choose();
      issued[next] = true;
      furthest = std::max(furthest, next);
      order.push_back(next);
      model.issue(next);
      for (uint32_t successor : stream[next].successors)
        --waitsFor[successor];
      while (oldest < stream.size() && issued[oldest])
        ++oldest;
    }
    return std::move(order);
  }

private:
  uint32_t choose() {
    candidates.clear();
    size_t end = std::min<size_t>(stream.size(), size_t{oldest} + window);
    for (uint32_t index = oldest; index < end && !stream[index].fence; ++index)
      if (!issued[index] && waitsFor[index] == 0)
        candidates.push_back({model.issueTime(index), index});
    // Most of the time the first will do, so the rest is not sorted.
    while (!candidates.empty()) {
      auto best = llvm::min_element(candidates);
      uint32_t index = best->second;
      if (index == oldest || fits(index))
        return index;
      *best = candidates.back();
      candidates.pop_back();
    }
    // A fence.
    return oldest;
  }

  /// Whether, with `index` next, the rest up to the furthest can still be issued in
  /// the old order. Beyond it, all is as it was in the old order, which fits.
  bool fits(uint32_t index) {
    ++attempt;
    uint64_t alive = model.bytesAlive();
    auto use = [&](uint32_t instruction) {
      for (uint32_t buffer : stream[instruction].buffers) {
        if (triedIn[buffer] != attempt) {
          triedIn[buffer] = attempt;
          usesTried[buffer] = model.getUsesLeft(buffer);
          if (!model.isAlive(buffer))
            alive += buffers[buffer].bytes;
        }
      }
      if (alive > capacity)
        return false;
      for (uint32_t buffer : stream[instruction].buffers)
        if (--usesTried[buffer] == 0)
          alive -= buffers[buffer].bytes;
      return true;
    };
    if (!use(index))
      return false;
    uint32_t last = std::max(furthest, index);
    for (uint32_t other = oldest; other <= last; ++other)
      if (!issued[other] && other != index && !use(other))
        return false;
    return true;
  }

  ArrayRef<StreamInstruction> stream;
  ArrayRef<BufferLife> buffers;
  uint64_t capacity;
  unsigned window;
  LaneModel model;
  std::vector<uint32_t> order;
  std::vector<bool> issued;
  std::vector<uint32_t> waitsFor; // predecessors that are not issued
  uint32_t oldest = 0, furthest = 0;
  SmallVector<std::pair<uint64_t, uint32_t>> candidates;
  // What `fits` tries, valid where `triedIn` is the present attempt.
  std::vector<uint32_t> usesTried, triedIn;
  uint32_t attempt = 0;
};

/// The lives of buffers in another order of the instructions.
std::vector<BufferLife> reorderLives(ArrayRef<StreamInstruction> stream,
                                     ArrayRef<BufferLife> buffers, ArrayRef<uint32_t> order) {
  std::vector<BufferLife> lives(buffers);
  std::vector<bool> seen(buffers.size());
  std::vector<uint32_t> byFirst;
  for (auto [position, index] : llvm::enumerate(order))
    for (uint32_t buffer : stream[index].buffers) {
      if (!seen[buffer]) {
        seen[buffer] = true;
        lives[buffer].first = position;
        byFirst.push_back(buffer);
      }
      lives[buffer].last = position;
    }
  std::vector<BufferLife> sorted;
  sorted.reserve(byFirst.size());
  for (uint32_t buffer : byFirst)
    sorted.push_back(lives[buffer]);
  return sorted;
}

struct LaneSchedule : mlir::dota::impl::LaneScheduleBase<LaneSchedule> {
  using LaneScheduleBase::LaneScheduleBase;

  void missed(StreamOp stream, StringRef why) {
    remark::missed(stream.getLoc(), remark::RemarkOpts::name("kept").category("lane-schedule"))
        << why << remark::metric("lane", stream.getLane());
  }

  void schedule(StreamOp stream, const Costs &costs, const ::dota::Machine &machine,
                uint64_t capacity) {
    StreamLives lives(stream);
    for (InstructionOpInterface instruction : lives.instructions)
      for (Value operand : instruction->getOperands())
        if (!getSramPlace(operand).buffer)
          return missed(stream, "the stream is placed already");
    if (placeBuffers(lives.buffers, capacity).peak > capacity)
      return missed(stream, "the stream needs more SRAM than there is");

    std::vector<StreamInstruction> instructions = findDependences(lives);
    std::vector<uint64_t> cycles;
    cycles.reserve(instructions.size());
    // No product changes places with a `configure`, so it finds the same mode in any order.
    ::dota::RmmuMode mode;
    for (const StreamInstruction &instruction : instructions) {
      cycles.push_back(instruction.fence ? 0 : costs.of(instruction.instruction, mode));
      mode.follow(instruction.instruction);
    }
    auto estimate = [&](ArrayRef<uint32_t> order) {
      LaneModel model(instructions, cycles, lives.buffers, capacity, machine.issue.queue);
      for (uint32_t index : order)
        model.issue(index);
      return model.end();
    };
    std::vector<uint32_t> old(instructions.size());
    std::iota(old.begin(), old.end(), 0);
    uint64_t before = estimate(old);

    // Reordering may scatter what is alive so that it cannot be placed; with less
    // SRAM it does so less.
    for (uint64_t budget = capacity; budget >= capacity / 2; budget -= capacity / 8) {
      if (budget < placeBuffers(lives.buffers, capacity).peak)
        break;
      std::vector<uint32_t> order =
          Scheduler(instructions, cycles, lives.buffers, budget, machine.issue.queue, window).run();
      std::vector<BufferLife> reordered = reorderLives(instructions, lives.buffers, order);
      Placement placement = placeBuffers(reordered, capacity);
      if (!placement.fits())
        continue;
      uint64_t after = estimate(order);
      if (after >= before)
        break;
      size_t moved = 0;
      for (auto [position, index] : llvm::enumerate(order))
        moved += position != index;
      remark::passed(stream.getLoc(), remark::RemarkOpts::name("ordered").category("lane-schedule"))
          << "instructions ordered for overlap" << remark::metric("lane", stream.getLane())
          << remark::metric("moved", moved) << remark::metric("cyclesBefore", before)
          << remark::metric("cyclesAfter", after) << remark::metric("extent", placement.extent);
      apply(stream, instructions, order);
      return;
    }
    missed(stream, "no other order is faster");
  }

  /// Moves the instructions, each behind the buffers and views it names.
  static void apply(StreamOp stream, ArrayRef<StreamInstruction> instructions,
                    ArrayRef<uint32_t> order) {
    Block *body = &stream.getBody().front();
    llvm::DenseSet<Operation *> placed;
    auto place = [&](auto &&self, Value value) -> void {
      Operation *op = value.getDefiningOp();
      if (!placed.insert(op).second)
        return;
      for (Value operand : op->getOperands())
        self(self, operand);
      op->moveBefore(body, body->end());
    };
    for (uint32_t index : order) {
      Operation *op = instructions[index].op;
      for (Value operand : op->getOperands())
        place(place, operand);
      op->moveBefore(body, body->end());
    }
  }

  void runOnOperation() override {
    FailureOr<::dota::Machine> found = getMachine(getOperation(), machine);
    if (failed(found))
      return signalPassFailure();
    uint64_t capacity = bytes ? bytes.getValue() : found->sram.bytes;
    SmallVector<StreamOp> streams(getOperation().getOps<StreamOp>());
    Costs costs(*found, streams.size());
    for (StreamOp stream : streams)
      schedule(stream, costs, *found, capacity);
  }
};

} // namespace
