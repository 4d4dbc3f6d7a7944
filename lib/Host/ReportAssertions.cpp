//===- ReportAssertions.cpp - make a failed assertion an error of the run --===//
//
// Frameworks guard gathers with `cf.assert`; a wrong token id must become a
// message and not the end of the process. Idempotent; does not fail.
//
//===----------------------------------------------------------------------===//

#include "dota/Host/RuntimeCalls.h"
#include "dota/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::dota {
#define GEN_PASS_DEF_REPORTASSERTIONS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

struct ReportAssertions : mlir::dota::impl::ReportAssertionsBase<ReportAssertions> {
  void runOnOperation() override {
    SmallVector<cf::AssertOp> assertions;
    getOperation().walk([&](cf::AssertOp op) { assertions.push_back(op); });
    for (cf::AssertOp op : assertions) {
      std::string text;
      if (auto place = op.getLoc()->findInstanceOf<FileLineColLoc>())
        text = (place.getFilename().strref() + ":" + Twine(place.getLine()) + ":" +
                Twine(place.getColumn()) + ": ")
                   .str();
      text += ("assertion failed while the model ran: " + op.getMsg()).str();
      OpBuilder builder(op);
      Location loc = op.getLoc();
      Value yes = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
      Value wrong = arith::XOrIOp::create(builder, loc, op.getArg(), yes);
      scf::IfOp::create(builder, loc, wrong, [&](OpBuilder &inside, Location where) {
        callWithText(inside, where, getOperation(), "dotaFail", text, {});
        scf::YieldOp::create(inside, where);
      });
      op.erase();
    }
  }
};

} // namespace
