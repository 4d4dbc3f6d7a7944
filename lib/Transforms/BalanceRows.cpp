//===- BalanceRows.cpp - as many keys in each row of a group ----------------===//
//
// A group of rows takes as many steps as its longest row keeps keys; shorter rows
// idle. Rows that are longer than their group's target lose the keys of least
// score. No key is ever added: what a row misses stays a free place.
//
// Fails where keys have to go and no scores say which. Idempotent.
//
//===----------------------------------------------------------------------===//

#include "KnownMask.h"
#include "dota/Passes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Machine.h"
#include "mlir/IR/Remarks.h"
#include <numeric>

namespace mlir::dota {
#define GEN_PASS_DEF_BALANCEROWS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

struct BalanceRows : mlir::dota::impl::BalanceRowsBase<BalanceRows> {
  using BalanceRowsBase::BalanceRowsBase;

  void runOnOperation() override {
    try {
      if (this->group < 0) {
        emitError(getOperation()->getLoc())
            << "group is " << this->group.getValue() << "; 0 or more rows expected";
        return signalPassFailure();
      }
      const int64_t group =
          this->group > 0 ? this->group.getValue() : ::dota::Machine::named(machine).rmmu.group;
      WalkResult result =
          getOperation()->walk([&](ConstantMaskOp op) { return WalkResult(balance(op, group)); });
      if (result.wasInterrupted())
        signalPassFailure();
    } catch (const ::dota::Error &error) {
      getOperation()->emitError() << error.what();
      signalPassFailure();
    }
  }

  /// Keys that each row of a group is to keep at most.
  int64_t targetOf(const KnownMask &mask, ArrayRef<int64_t> lengths) const {
    if (keep > 0)
      return keep;
    if (mask.scores.empty())
      return *llvm::max_element(lengths);
    return llvm::divideCeil(std::accumulate(lengths.begin(), lengths.end(), int64_t{0}),
                            lengths.size());
  }

  LogicalResult balance(ConstantMaskOp op, int64_t group) {
    KnownMask mask(op);
    const int64_t before = mask.pairs();
    int64_t padded = 0, free = 0, longest = 1;
    for (int64_t head = 0; head < mask.heads; ++head)
      for (int64_t first = 0; first < mask.rows; first += group) {
        SmallVector<int64_t> rows, lengths;
        for (int64_t place = first; place < std::min(first + group, mask.rows); ++place) {
          rows.push_back(mask.rowAt(head, place));
          lengths.push_back(mask.lengthOf(head, rows.back()));
        }
        const int64_t target = targetOf(mask, lengths);
        int64_t steps = 0;
        for (auto [row, length] : llvm::zip_equal(rows, lengths)) {
          if (length > target) {
            if (mask.scores.empty())
              return op.emitOpError()
                     << "keeps " << length << " keys in row " << row << " of head " << head << ", "
                     << target << " are to stay, and no scores say which";
            drop(mask, head, row, length, target);
          }
          steps = std::max(steps, std::min(length, target));
        }
        longest = std::max(longest, steps);
        for (int64_t length : lengths)
          if (length < steps) {
            ++padded;
            free += steps - length;
          }
      }
    const int64_t after = mask.pairs();
    if (longest < mask.keep)
      shorten(mask, longest);
    if (after != before || mask.keep != op.getMask().getType().getKeep())
      mask.writeTo(op);
    remark::passed(op.getLoc(), remark::RemarkOpts::name("balanced").category("dota-balance-rows"))
        << "rows balanced" << remark::metric("pairsBefore", before)
        << remark::metric("pairs", after) << remark::metric("rowsPadded", padded)
        << remark::metric("freePlaces", free) << remark::metric("keep", mask.keep);
    return success();
  }

  /// Leaves a row the `target` keys of largest score, of equal ones those of smaller
  /// id; all of them ascend.
  static void drop(KnownMask &mask, int64_t head, int64_t row, int64_t length, int64_t target) {
    const int64_t base = (head * mask.rows + row) * mask.keep;
    SmallVector<int64_t> places(length);
    std::iota(places.begin(), places.end(), 0);
    llvm::stable_sort(places, [&](int64_t a, int64_t b) {
      return mask.scores[base + a] > mask.scores[base + b];
    });
    places.truncate(target);
    llvm::sort(places);
    for (int64_t i = 0; i < mask.keep; ++i) {
      const bool stays = i < target;
      mask.ids[base + i] = stays ? mask.ids[base + places[i]] : ::dota::kNoKey;
      mask.scores[base + i] = stays ? mask.scores[base + places[i]] : 0;
    }
  }

  /// Drops the places that no row needs any more.
  static void shorten(KnownMask &mask, int64_t keep) {
    auto cut = [&](auto &values) {
      if (values.empty())
        return;
      for (int64_t row = 0; row < mask.heads * mask.rows; ++row)
        std::copy_n(values.begin() + row * mask.keep, keep, values.begin() + row * keep);
      values.resize(mask.heads * mask.rows * keep);
    };
    cut(mask.ids);
    cut(mask.scores);
    mask.keep = keep;
  }
};

} // namespace
