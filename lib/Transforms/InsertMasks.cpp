//===- InsertMasks.cpp - attention over masks that are known ----------------===//
//
// Fails on options it does not know, and on masks that do not fit the attentions.
// Idempotent: what it makes has no dota.attention.
//
//===----------------------------------------------------------------------===//

#include "MaskAttention.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Passes.h"
#include "dota/Transforms/Notes.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "dota/runtime/Masks.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include <tuple>

namespace mlir::dota {
#define GEN_PASS_DEF_INSERTMASKS
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

/// The masks of a file in the order of their programs and numbers. Throws Error where
/// a program has those of several runs: what is known is the same for all.
SmallVector<const ::dota::Mask *> inOrder(const ::dota::Masks &masks, const std::string &file) {
  auto numberOf = [](StringRef text) {
    unsigned number = 0;
    text.getAsInteger(10, number);
    return number;
  };
  std::vector<std::tuple<unsigned, std::string, unsigned, const ::dota::Mask *>> sorted;
  std::map<std::string, std::string> runs;
  for (const auto &[name, mask] : masks.all()) {
    auto [rest, id] = StringRef(name).rsplit('.');
    auto [program, run] = rest.rsplit('.');
    auto [seen, isNew] = runs.insert({program.str(), run.str()});
    if (seen->second != run)
      throw ::dota::Error(file + ": program '" + program.str() + "' has masks of runs " +
                          seen->second + " and " + run.str() + "; one run expected");
    // program_10 comes after program_9.
    sorted.emplace_back(numberOf(program.rsplit('_').second), program.str(), numberOf(id), &mask);
  }
  llvm::sort(sorted);
  SmallVector<const ::dota::Mask *> result;
  for (const auto &entry : sorted)
    result.push_back(std::get<3>(entry));
  return result;
}

struct InsertMasks : mlir::dota::impl::InsertMasksBase<InsertMasks> {
  using InsertMasksBase::InsertMasksBase;

  void runOnOperation() override {
    const SmallVector<AttentionOp> dense = floatAttentions(getOperation());
    try {
      if (failed(insert(dense)))
        return signalPassFailure();
    } catch (const ::dota::Error &error) {
      emitError(getOperation().getLoc()) << error.what();
      return signalPassFailure();
    }
    for (AttentionOp op : dense)
      op.erase();
    if (!dense.empty())
      addNote(getOperation(), "masks: " + masks + ", known at compile time, in " +
                                  std::to_string(dense.size()) + " attentions");
  }

  LogicalResult insert(ArrayRef<AttentionOp> dense) {
    if (!namesFile(masks)) {
      ::dota::MaskFamily family = ::dota::MaskFamily::parse(masks);
      if (!(retain > 0 && retain <= 1))
        return emitError(getOperation().getLoc())
               << "retain is " << retain.getValue() << "; a share above 0, up to 1, expected";
      for (size_t index = 0; index < dense.size(); ++index) {
        AttentionOp op = dense[index];
        const int64_t rows = rowsOf(op), keys = keysOf(op);
        std::optional<int64_t> diagonal;
        if (op.getCausal())
          diagonal = keys - rows;
        if (failed(replace(op, family.make(op.getHeads(), rows, keys, keptKeys(retain, keys),
                                           diagonal, index))))
          return failure();
      }
      return success();
    }
    const ::dota::Masks file = ::dota::readMasks(::dota::readFile(masks), masks.getValue());
    const SmallVector<const ::dota::Mask *> all = inOrder(file, masks);
    if (all.size() != dense.size())
      return emitError(getOperation().getLoc())
             << masks.getValue() << ": holds " << all.size() << " masks; the module has "
             << dense.size() << " attentions";
    for (size_t index = 0; index < dense.size(); ++index) {
      AttentionOp op = dense[index];
      const ::dota::Mask *mask = all[index];
      const int64_t rows = rowsOf(op), heads = op.getHeads(), given = mask->heads;
      if ((given != heads && given != 1) || static_cast<int64_t>(mask->rows) != rows)
        return op.emitOpError() << "has " << heads << " heads and " << rows << " rows; the mask in "
                                << masks.getValue() << " " << mask->heads << " and " << mask->rows;
      ::dota::checkKeys(*mask, keysOf(op), masks.getValue());
      if (failed(replace(op, *mask)))
        return failure();
    }
    return success();
  }

  LogicalResult replace(AttentionOp op, const ::dota::Mask &mask) {
    OpBuilder builder(op);
    if (scores && mask.scores.empty())
      return op.emitOpError() << "is to have scores of its mask; there are none in "
                              << masks.getValue();
    const int64_t rows = rowsOf(op), heads = mask.heads, keep = mask.keep;
    std::vector<int32_t> ids(mask.ids.begin(), mask.ids.end());
    ElementsAttr strengths;
    if (scores)
      strengths = makeConstantData(RankedTensorType::get({heads, rows, keep}, builder.getF32Type()),
                                   mask.scores);
    auto known = ConstantMaskOp::create(
        builder, op.getLoc(), maskTypeOf(op, heads, keep),
        makeConstantData(RankedTensorType::get({heads, rows, keep}, builder.getI32Type()), ids),
        strengths, /*grouping=*/nullptr, /*order=*/nullptr, /*group=*/nullptr);
    maskAttention(op, known.getMask());
    remark::passed(op.getLoc(), remark::RemarkOpts::name("Mask").category("dota-insert-masks"))
        << "attention keeps the keys of a known mask" << remark::metric("keep", keep)
        << remark::metric("keys", keysOf(op)) << remark::metric("pairs", mask.pairs());
    return success();
  }
};

} // namespace
