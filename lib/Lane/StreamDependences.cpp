//===- StreamDependences.cpp - what must stay in order in a stream ----------===//

#include "StreamDependences.h"
#include "dota/runtime/RmmuMode.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::lane;
/// Rows of SRAM or DRAM.
using Bytes = ::dota::Region;

namespace {

/// Without gaps between rows, or with a single one.
bool isContiguous(const Bytes &region) {
  return region.rows == 1 || region.stride <= region.rowBytes;
}

/// Whether two regions may share a byte. Exact for regions without gaps and for
/// those of one stride; others overlap where their hulls do.
bool overlap(const Bytes &a, const Bytes &b) {
  if (a.empty() || b.empty() || a.end() <= b.base || b.end() <= a.base)
    return false;
  if (isContiguous(a) || isContiguous(b) || a.stride != b.stride)
    return true;
  // Columns, modulo the stride.
  uint64_t distance = b.base >= a.base ? (b.base - a.base) % a.stride
                                       : (a.stride - (a.base - b.base) % a.stride) % a.stride;
  return distance < a.rowBytes || distance + b.rowBytes > a.stride;
}

/// Whether `a` holds every byte of `b`, where that is easily seen.
bool contains(const Bytes &a, const Bytes &b) {
  if (b.base < a.base || b.end() > a.end())
    return false;
  return isContiguous(a) ||
         (a.stride == b.stride && (b.base - a.base) % a.stride + b.rowBytes <= a.rowBytes);
}

struct Access {
  uint32_t instruction;
  Bytes region;
};

/// Earlier accesses to one buffer or one page, as far as later ones must know.
struct Accesses {
  SmallVector<Access, 4> reads, writes;
};

class DependenceFinder {
public:
  explicit DependenceFinder(const StreamLives &lives) {
    for (auto [number, life] : llvm::enumerate(lives.buffers))
      bufferNumber[life.buffer] = number;
    buffers.resize(lives.buffers.size());
    for (InstructionOpInterface op : lives.instructions)
      add(op);
  }

  std::vector<StreamInstruction> result;

private:
  void add(InstructionOpInterface op) {
    current = static_cast<uint32_t>(result.size());
    FailureOr<::dota::Instruction> instruction = op.toInstruction(
        [](OpOperand &operand) -> FailureOr<uint32_t> { return operand.getOperandNumber(); });
    result.push_back(
        {op, *instruction, static_cast<unsigned>(op.getIssueUnit()), {}, {}, 0, false});
    StreamInstruction &self = result.back();
    if (op.getIssueUnit() == ::dota::Unit::Control) {
      self.fence = true;
      for (uint32_t number : used)
        buffers[number] = {};
      used.clear();
      pages.clear();
      mode = {};
      return;
    }
    for (Value operand : op->getOperands()) {
      uint32_t number = bufferNumber.lookup(getSramPlace(operand).buffer);
      if (llvm::is_contained(self.buffers, number))
        continue;
      self.buffers.push_back(number);
      used.push_back(number);
    }

    SmallVector<std::pair<Accesses *, Bytes>> touched;
    ::dota::forEachRegion(*instruction, [&](Bytes region) {
      SramPlace place = getSramPlace(op->getOperand(region.base));
      region.base = place.offset;
      touched.push_back({&buffers[bufferNumber.lookup(place.buffer)], region});
    });
    if (::dota::ModeUse use = ::dota::modeUseOf(*instruction); use != ::dota::ModeUse::None)
      touched.push_back({&mode, {0, 1, 1, 0, use == ::dota::ModeUse::Sets}});
    if (auto load = dyn_cast<LoadOp>(*op))
      touchDram(load, /*write=*/false);
    else if (auto store = dyn_cast<StoreOp>(*op))
      touchDram(store, /*write=*/true);

    // Against what came before, then for what comes after.
    for (auto &[accesses, region] : touched)
      findConflicts(*accesses, region);
    for (auto &[accesses, region] : touched)
      if (!region.write)
        accesses->reads.push_back({current, region});
    for (auto &[accesses, region] : touched)
      if (region.write)
        noteWrite(*accesses, region);
  }

  template <class Op>
  void touchDram(Op op, bool write) {
    constexpr uint64_t kPage = uint64_t{1} << 14;
    Bytes region{op.getDram(), op.getRows(), op.getRowBytes(), op.getDramStride(), write};
    if (region.empty())
      return;
    uint64_t next = 0; // no page twice
    for (uint64_t row = 0; row < region.rows; ++row) {
      uint64_t begin = region.base + row * region.stride;
      uint64_t first = std::max(begin / kPage, next);
      next = std::max(next, (begin + region.rowBytes - 1) / kPage + 1);
      for (uint64_t page = first; page < next; ++page) {
        Accesses &accesses = pages[page];
        findConflicts(accesses, region);
        (write ? accesses.writes : accesses.reads).push_back({current, region});
      }
      if (region.stride == 0)
        break;
    }
  }

  void findConflicts(const Accesses &accesses, const Bytes &region) {
    auto order = [&](const Access &earlier) {
      if (earlier.instruction == current || !overlap(earlier.region, region))
        return;
      SmallVectorImpl<uint32_t> &successors = result[earlier.instruction].successors;
      if (!successors.empty() && successors.back() == current)
        return;
      successors.push_back(current);
      ++result[current].predecessors;
    };
    llvm::for_each(accesses.writes, order);
    if (region.write)
      llvm::for_each(accesses.reads, order);
  }

  /// What a write covers need not be known any more: whoever comes after it comes
  /// after the write.
  void noteWrite(Accesses &accesses, const Bytes &region) {
    auto covered = [&](const Access &earlier) {
      return earlier.instruction != current && contains(region, earlier.region);
    };
    llvm::erase_if(accesses.reads, covered);
    llvm::erase_if(accesses.writes, covered);
    accesses.writes.push_back({current, region});
  }

  uint32_t current = 0;
  llvm::DenseMap<Operation *, uint32_t> bufferNumber;
  std::vector<Accesses> buffers;
  std::vector<uint32_t> used; // buffers since the last fence
  llvm::DenseMap<uint64_t, Accesses> pages;
  Accesses mode; // of the RMMU, as if it were a byte
};

} // namespace

std::vector<StreamInstruction> lane::findDependences(const StreamLives &lives) {
  return DependenceFinder(lives).result;
}
