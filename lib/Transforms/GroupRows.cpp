//===- GroupRows.cpp - which rows share the loads of known keys -------------===//
//
// The rule is the runtime's, RowGroups.h. Rows do not move in memory: schedules
// name the rows of their groups, so nothing has to be undone.
//
// Idempotent: masks whose rows are grouped or ordered stay as they are.
//
//===----------------------------------------------------------------------===//

#include "KnownMask.h"
#include "dota/Passes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Machine.h"
#include "dota/runtime/RowGroups.h"
#include "mlir/IR/Remarks.h"

namespace mlir::dota {
#define GEN_PASS_DEF_GROUPROWS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

struct GroupRows : mlir::dota::impl::GroupRowsBase<GroupRows> {
  using GroupRowsBase::GroupRowsBase;

  void runOnOperation() override {
    try {
      const unsigned group = ::dota::Machine::named(machine).rmmu.group;
      getOperation()->walk([&](ConstantMaskOp op) {
        if (!op.getGrouping() && !op.getOrder())
          regroup(op, group);
      });
    } catch (const ::dota::Error &error) {
      getOperation()->emitError() << error.what();
      signalPassFailure();
    }
  }

  void regroup(ConstantMaskOp op, unsigned group) {
    KnownMask mask(op);
    ::dota::OrderWork before, after;
    for (int64_t head = 0; head < mask.heads; ++head) {
      ::dota::RowGroups rows =
          ::dota::groupRows(mask.idsOf(head), mask.rows, mask.keep, mask.keys, group, tile);
      before += rows.before;
      after += rows.after;
      mask.grouping.insert(mask.grouping.end(), rows.order.begin(), rows.order.end());
    }
    if (after.loads == before.loads) {
      remark::missed(op.getLoc(), remark::RemarkOpts::name("kept").category("dota-group-rows"))
          << "rows stay in their groups: no others take fewer loads"
          << remark::metric("loads", before.loads);
      return;
    }
    mask.writeTo(op);
    remark::passed(op.getLoc(), remark::RemarkOpts::name("grouped").category("dota-group-rows"))
        << "rows grouped" << remark::metric("loadsBefore", before.loads)
        << remark::metric("loads", after.loads) << remark::metric("steps", after.steps);
  }
};

} // namespace
