//===- ReorderKeys.cpp - the order in which rows visit known keys -----------===//
//
// The scheduler is the runtime's, KeyOrder.h: the one that the Scheduler unit of a
// lane runs on masks that are found.
//
// Fails on options it does not know. Idempotent: masks that have an order keep it.
//
//===----------------------------------------------------------------------===//

#include "KnownMask.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Passes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Machine.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

namespace mlir::dota {
#define GEN_PASS_DEF_REORDERKEYS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;
using ::dota::OrderRule;

namespace {

struct ReorderKeys : mlir::dota::impl::ReorderKeysBase<ReorderKeys> {
  using ReorderKeysBase::ReorderKeysBase;

  void runOnOperation() override {
    std::optional<OrderRule> chosen = llvm::StringSwitch<std::optional<OrderRule>>(rule)
                                          .Case("in-order", OrderRule::InOrder)
                                          .Case("greedy", OrderRule::Greedy)
                                          .Case("best", OrderRule::Best)
                                          .Default(std::nullopt);
    if (!chosen) {
      emitError(getOperation()->getLoc())
          << "rule is '" << rule.getValue() << "'; in-order, greedy or best expected";
      return signalPassFailure();
    }
    try {
      const ::dota::Machine chosenMachine = ::dota::Machine::named(machine);
      const unsigned group = chosenMachine.rmmu.group;
      ::dota::OrderOptions options = chosenMachine.orderOptions();
      options.rule = *chosen;
      getOperation()->walk([&](ConstantMaskOp op) {
        if (!op.getOrder())
          reorder(op, options, group);
      });
    } catch (const ::dota::Error &error) {
      getOperation()->emitError() << error.what();
      signalPassFailure();
    }
  }

  void reorder(ConstantMaskOp op, const ::dota::OrderOptions &options, unsigned group) {
    const KnownMask mask(op);
    const int64_t groups = llvm::divideCeil(mask.rows, group);
    const int64_t slot = ::dota::scheduleWords(group, mask.keep);
    std::vector<uint32_t> words(mask.heads * groups * slot, ::dota::kNoKey), ids;
    ::dota::KeyOrder scheduler(options), inOrder(OrderRule::InOrder);
    ::dota::OrderWork before, after;
    for (int64_t head = 0; head < mask.heads; ++head) {
      std::span<const uint32_t> natural = mask.idsOf(head);
      ids.clear();
      for (int64_t place = 0; place < mask.rows; ++place) {
        auto row = natural.subspan(mask.rowAt(head, place) * mask.keep, mask.keep);
        ids.insert(ids.end(), row.begin(), row.end());
      }
      uint32_t *schedule = words.data() + head * groups * slot;
      before += inOrder.order(natural, mask.rows, mask.keep, mask.keys, group);
      after += scheduler.order(ids, mask.rows, mask.keep, mask.keys, group, schedule);
      // The schedule names the rows as they were given.
      for (int64_t g = 0; g < groups; ++g)
        for (unsigned member = 0; member < group; ++member)
          if (uint32_t &row = schedule[g * slot + 2 + member]; row != ::dota::kNoKey)
            row = mask.rowAt(head, row);
    }
    std::vector<int32_t> stored(words.begin(), words.end());
    OpBuilder builder(op);
    op.setOrderAttr(makeConstantData(
        RankedTensorType::get({mask.heads, groups, slot}, builder.getI32Type()), stored));
    op.setGroup(group);
    remark::passed(op.getLoc(), remark::RemarkOpts::name("ordered").category("dota-reorder-keys"))
        << "keys ordered" << remark::metric("pairs", after.kept)
        << remark::metric("steps", after.steps) << remark::metric("loadsInOrder", before.loads)
        << remark::metric("loads", after.loads);
  }
};

} // namespace
