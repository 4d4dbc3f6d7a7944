//===- KnownMask.cpp - masks that passes work on ----------------------------===//

#include "KnownMask.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/runtime/KeyOrder.h"
#include "mlir/IR/Builders.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::dota;

template <typename To, typename From>
static std::vector<To> elementsOf(ElementsAttr attribute) {
  std::vector<To> result;
  if (!attribute)
    return result;
  // The verifier has seen to the type.
  auto data = *getConstantData<From>(attribute);
  result.reserve(attribute.getNumElements());
  for (int64_t i = 0; i < attribute.getNumElements(); ++i)
    result.push_back(static_cast<To>(data[i]));
  return result;
}

KnownMask::KnownMask(ConstantMaskOp op)
    : heads(op.getMask().getType().getHeads()), rows(op.getMask().getType().getRows()),
      keys(op.getMask().getType().getKeys()), keep(op.getMask().getType().getKeep()),
      ids(elementsOf<uint32_t, int32_t>(op.getIds())),
      scores(elementsOf<float, float>(op.getScoresAttr())),
      grouping(elementsOf<int32_t, int32_t>(op.getGroupingAttr())) {}

int64_t KnownMask::lengthOf(int64_t head, int64_t row) const {
  auto begin = ids.begin() + (head * rows + row) * keep;
  return std::find(begin, begin + keep, ::dota::kNoKey) - begin;
}

int64_t KnownMask::pairs() const {
  return ids.size() - std::count(ids.begin(), ids.end(), ::dota::kNoKey);
}

void KnownMask::writeTo(ConstantMaskOp op) const {
  Builder builder(op.getContext());
  auto tensor = [&](ArrayRef<int64_t> shape, Type element) {
    return RankedTensorType::get(shape, element);
  };
  std::vector<int32_t> stored(ids.begin(), ids.end());
  op.setIdsAttr(makeConstantData(tensor({heads, rows, keep}, builder.getI32Type()), stored));
  if (scores.empty())
    op.removeScoresAttr();
  else
    op.setScoresAttr(makeConstantData(tensor({heads, rows, keep}, builder.getF32Type()), scores));
  if (grouping.empty())
    op.removeGroupingAttr();
  else
    op.setGroupingAttr(makeConstantData(tensor({heads, rows}, builder.getI32Type()), grouping));
  op.removeOrderAttr();
  op.removeGroupAttr();
  MaskType type = op.getMask().getType();
  op.getMask().setType(MaskType::get(op.getContext(), type.getShape(), keep));
}
