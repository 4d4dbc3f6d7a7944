//===- SkipDeadKeys.cpp - no projections of keys that no query keeps --------===//
//
// A key that no query of a head keeps needs neither its row of K nor its row of V in
// that head: attention over the mask never reads them. So the linears that make keys
// and values take the mask of their attention, where it does not depend on them, and
// follow it; with them goes what stands between, as long as it works row by row.
//
// Where a mask is found that moves its detection in front: the ids wait in DRAM and
// x is read once more. That has to be less than the products that are left out. How
// many these are is counted of a mask that is known. Of one that is found an option
// says it; without that such masks are left alone.
//
// Idempotent: linears that have a mask keep it.
//
//===----------------------------------------------------------------------===//

#include "LiveRows.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Passes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Timing.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/Remarks.h"
#include <cmath>

namespace mlir::dota {
#define GEN_PASS_DEF_SKIPDEADKEYS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }
int64_t columnsOf(Value value) { return tensorOf(value).getShape().back(); }
int64_t rowsOf(Value value) { return tensorOf(value).getNumElements() / columnsOf(value); }

struct SkipDeadKeys : mlir::dota::impl::SkipDeadKeysBase<SkipDeadKeys> {
  using SkipDeadKeysBase::SkipDeadKeysBase;

  void runOnOperation() override {
    if (dead > 1) {
      getOperation()->emitError() << "dead is " << dead.getValue() << "; a share up to 1 expected";
      return signalPassFailure();
    }
    try {
      chosen = ::dota::Machine::named(machine);
    } catch (const ::dota::Error &error) {
      getOperation()->emitError() << error.what();
      return signalPassFailure();
    }
    if (dead == 0)
      return;
    SmallVector<MaskedAttentionOp> attentions;
    getOperation()->walk([&](MaskedAttentionOp op) { attentions.push_back(op); });
    for (MaskedAttentionOp op : attentions)
      visit(op);
  }

  /// What is to be done for an attention.
  struct Candidate {
    mutable MaskedAttentionOp attention; // getters of ops are not const
    Operation *mask;
    int64_t heads; ///< of keys; 1 where a mask is for all
    SmallVector<LinearOp> linears;
    llvm::SetVector<Operation *> follow; ///< linears and what is made of them, to the attention
  };

  void visit(MaskedAttentionOp attention) {
    Operation *mask = attention.getMask().getDefiningOp();
    if (!isa_and_present<DetectOp, ConstantMaskOp>(mask) ||
        mask->getBlock() != attention->getBlock())
      return;
    const bool isShared = attention.getMask().getType().getHeads() == 1;
    Candidate candidate{attention, mask, isShared ? 1 : int64_t(attention.getKvHeads()), {}, {}};
    SetVector<Operation *> before;
    BackwardSliceOptions options;
    options.inclusive = true;
    options.filter = [&](Operation *op) { return op->getBlock() == mask->getBlock(); };
    (void)getBackwardSlice(mask, &before, options);

    bool isEntangled = false;
    for (Value side : {attention.getK(), attention.getV()}) {
      for (LinearOp linear : linearsOf(side, columnsOf(side) / attention.getKvHeads())) {
        if (before.contains(linear)) {
          isEntangled = true;
          continue;
        }
        llvm::SetVector<Operation *> follow;
        if (linear.getLive() || llvm::is_contained(candidate.linears, linear) ||
            !isOnlyRead(linear, candidate, follow))
          continue;
        candidate.linears.push_back(linear);
        candidate.follow.insert_range(follow);
      }
    }
    if (candidate.linears.empty()) {
      if (isEntangled)
        missed(attention, "its mask is made of its keys");
      return;
    }
    // Of masks that are found the compiler knows nothing.
    if (dead > 0 || isa<ConstantMaskOp>(mask))
      weigh(candidate);
  }

  /// Does nothing but attention over the mask read what the op makes, as keys or
  /// values? What is in between goes to `follow`.
  static bool isOnlyRead(Operation *op, const Candidate &candidate,
                         llvm::SetVector<Operation *> &follow) {
    if (op->getBlock() != candidate.mask->getBlock())
      return false;
    follow.insert(op);
    const Value value = op->getResult(0);
    const auto kvHeads = static_cast<int64_t>(candidate.attention.getKvHeads());
    return llvm::all_of(value.getUses(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      if (auto attention = dyn_cast<MaskedAttentionOp>(user))
        return attention.getMask() == candidate.attention.getMask() &&
               static_cast<int64_t>(attention.getKvHeads()) == kvHeads &&
               use.getOperandNumber() != 0;
      return worksByRows(user, columnsOf(value) / kvHeads) &&
             tensorOf(user->getResult(0)).getShape() == tensorOf(value).getShape() &&
             isOnlyRead(user, candidate, follow);
    });
  }

  //===--------------------------------------------------------------------===//
  // What it saves and what it costs
  //===--------------------------------------------------------------------===//

  /// Share of the keys and heads that no query keeps, of a mask that is known.
  static double deadShare(ConstantMaskOp op, int64_t kvHeads) {
    MaskType type = op.getMask().getType();
    auto ids = *getConstantData<int32_t>(op.getIds());
    const int64_t pairs = type.getRows() * type.getKeep(), each = type.getHeads() / kvHeads;
    llvm::BitVector live(kvHeads * type.getKeys());
    for (int64_t i = 0; i < type.getHeads() * pairs; ++i)
      if (ids[i] >= 0)
        live.set(i / pairs / each * type.getKeys() + ids[i]);
    return 1 - static_cast<double>(live.count()) / static_cast<double>(live.size());
  }

  void weigh(const Candidate &candidate) {
    MaskType type = candidate.attention.getMask().getType();
    auto known = dyn_cast<ConstantMaskOp>(candidate.mask);
    const double share = known ? deadShare(known, candidate.heads) : dead.getValue();
    const double lanes = chosen.lanes, dram = chosen.dram.bytesPerCycle;
    auto bitsOf = [](Value value) {
      Type element = tensorOf(value).getElementType();
      std::optional<FixedPoint> format = getFixedPoint(element);
      return format ? format->bits : 16;
    };
    const bool moves = !known && llvm::any_of(candidate.follow, [&](Operation *op) {
      return op->isBeforeInBlock(candidate.mask);
    });
    double saved = 0, costs = 0;
    llvm::SmallDenseSet<Value> read;
    for (LinearOp linear : candidate.linears) {
      Value x = linear.getX();
      const double narrow =
          ::dota::productsPerCycle(std::max(bitsOf(x), bitsOf(linear.getWeight())), chosen);
      saved += share * static_cast<double>(linear.getMacs()) /
               (lanes * chosen.rmmu.rows * chosen.rmmu.columns * narrow);
      // Beside what is multiplied before the mask it would have been loaded once.
      if (moves && read.insert(x).second)
        costs += lanes * static_cast<double>(rowsOf(x) * columnsOf(x) * bitsOf(x)) / 8 / dram;
    }
    if (!known) {
      const auto ids = static_cast<double>(type.getHeads() * type.getRows() * type.getKeep());
      costs += ids / (lanes * chosen.detector.elements);
      // Where nothing else reads the mask it is found tile by tile where it is used: beside
      // attention, its ids never in DRAM.
      if (candidate.mask->hasOneUse())
        costs += 2 * 4 * ids / dram +
                 static_cast<double>(type.getHeads() * type.getRows() * type.getKeys()) *
                     chosen.detector.passes / (lanes * chosen.detector.elements);
    }
    if (saved <= costs || share == 0) {
      missed(candidate.attention,
             share == 0 ? "every key is kept" : "finding its mask first costs more")
          << remark::metric("dead", share) << remark::metric("savedCycles", std::llround(saved))
          << remark::metric("costCycles", std::llround(costs));
      return;
    }
    rewrite(candidate);
    remark::passed(candidate.attention.getLoc(),
                   remark::RemarkOpts::name("skipped").category("dota-skip-dead-keys"))
        << "keys that no query keeps are not projected"
        << remark::metric("linears", candidate.linears.size()) << remark::metric("dead", share)
        << remark::metric("savedCycles", std::llround(saved))
        << remark::metric("costCycles", std::llround(costs));
  }

  static remark::detail::InFlightRemark missed(MaskedAttentionOp attention, StringRef why) {
    auto remark = remark::missed(attention.getLoc(),
                                 remark::RemarkOpts::name("kept").category("dota-skip-dead-keys"));
    remark << ("all keys are projected: " + why).str();
    return remark;
  }

  static void rewrite(const Candidate &candidate) {
    for (LinearOp linear : candidate.linears) {
      linear.getLiveMutable().assign(candidate.attention.getMask());
      linear.setHeads(candidate.heads);
    }
    // A mask that is known depends on nothing.
    if (isa<ConstantMaskOp>(candidate.mask))
      candidate.mask->moveBefore(&candidate.mask->getBlock()->front());
    // In their order, behind the mask.
    SmallVector<Operation *> moved;
    for (Operation *op : candidate.follow)
      if (op->isBeforeInBlock(candidate.mask))
        moved.push_back(op);
    llvm::sort(moved, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    Operation *last = candidate.mask;
    for (Operation *op : moved) {
      op->moveAfter(last);
      last = op;
    }
  }

  ::dota::Machine chosen;
};

} // namespace
