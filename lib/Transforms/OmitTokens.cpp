//===- OmitTokens.cpp - no feed-forward for tokens that nobody attends to ---===//
//
// Lossy: a token whose key no query of any head keeps in a layer goes through that
// layer's feed-forward network by the residual alone, with the bias of its last
// linear. What the layers after it see of the token is then something else.
//
// A feed-forward network is found by what it is: linears of x, or of a norm of x, then
// ops by rows, then a linear whose result is added to x. Its tokens are those of the
// last attention before it, whose queries and keys are of the same rows.
//
// Idempotent: linears that have a mask keep it.
//
//===----------------------------------------------------------------------===//

#include "LiveRows.h"
#include "dota/Passes.h"
#include "dota/Transforms/Notes.h"
#include "mlir/IR/Remarks.h"

namespace mlir::dota {
#define GEN_PASS_DEF_OMITTOKENS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

/// The value that a norm normalises, else the value.
Value beforeNorm(Value value) {
  Operation *def = value.getDefiningOp();
  return isa_and_present<LayerNormOp, RmsNormOp>(def) ? def->getOperand(0) : value;
}

/// Is every value on the way from `first` to `last` read on that way alone?
bool isClosed(Operation *first, Operation *last) {
  return llvm::all_of(first->getUsers(), [&](Operation *user) {
    return user == last || (user->getBlock() == last->getBlock() && user->isBeforeInBlock(last) &&
                            worksByRows(user, 0) && isClosed(user, last));
  });
}

struct OmitTokens : mlir::dota::impl::OmitTokensBase<OmitTokens> {
  using OmitTokensBase::OmitTokensBase;

  void runOnOperation() override {
    int64_t count = 0;
    getOperation()->walk([&](ProgramOp program) {
      MaskedAttentionOp attention;
      for (Operation &op : program.getBody().front()) {
        if (auto found = dyn_cast<MaskedAttentionOp>(op))
          attention = isOfItself(found) ? found : MaskedAttentionOp();
        else if (isa<AttentionOp>(op))
          attention = {};
        else if (auto sum = dyn_cast<AddOp>(op); sum && attention)
          count += omit(sum, attention);
      }
    });
    addNote(getOperation(), "tokens omitted, which is lossy: in " + std::to_string(count) +
                                " feed-forward networks, where no query keeps their key");
  }

  /// Are queries and keys made of the same tokens?
  static bool isOfItself(MaskedAttentionOp op) {
    auto tokens = [](Value value) {
      SmallVector<LinearOp> linears = linearsOf(value, 0);
      return linears.empty() ? beforeNorm(value) : beforeNorm(linears.front().getX());
    };
    return tokens(op.getQ()) == tokens(op.getK());
  }

  /// Whether the sum is that of a residual and a feed-forward network.
  bool omit(AddOp sum, MaskedAttentionOp attention) {
    for (auto [residual, made] :
         {std::pair(sum.getX(), sum.getY()), std::pair(sum.getY(), sum.getX())}) {
      auto last = made.getDefiningOp<LinearOp>();
      if (!last || last.getLive() || !last->hasOneUse())
        continue;
      SmallVector<LinearOp> linears = linearsOf(last.getX(), 0);
      bool isNetwork = !linears.empty() && last.getX().getDefiningOp() != linears.front();
      for (LinearOp linear : linears) {
        Value x = linear.getX();
        isNetwork &= !linear.getLive() && (x == residual || beforeNorm(x) == residual) &&
                     attention->isBeforeInBlock(linear) && isClosed(linear, last);
      }
      auto shape = cast<RankedTensorType>(last.getX().getType()).getShape();
      MaskType mask = attention.getMask().getType();
      if (!isNetwork || shape.drop_back().back() != mask.getKeys())
        continue;
      linears.push_back(last);
      for (LinearOp linear : linears) {
        linear.getLiveMutable().assign(attention.getMask());
        linear.setHeads(1);
      }
      remark::passed(last.getLoc(),
                     remark::RemarkOpts::name("omitted").category("dota-omit-tokens"))
          << "tokens whose key no query keeps go by the residual alone; this is lossy"
          << remark::metric("linears", linears.size());
      return true;
    }
    return false;
  }
};

} // namespace
