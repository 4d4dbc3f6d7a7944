//===- Mfu.cpp - the MFU's rules as an attribute ----------------------------===//

#include "dota/Dialect/Dota/Mfu.h"

using namespace mlir;
using namespace mlir::dota;

LogicalResult MfuAttr::verify(function_ref<InFlightDiagnostic()> emitError, MfuFormat,
                              unsigned expDegree) {
  if (expDegree < ::dota::kLeastExpDegree || expDegree > ::dota::kGreatestExpDegree)
    return emitError() << "exponentials have degree " << expDegree << "; "
                       << ::dota::kLeastExpDegree << " to " << ::dota::kGreatestExpDegree
                       << " expected";
  return success();
}

::dota::MfuRules mlir::dota::mfuRulesOf(MfuAttr attr) {
  if (!attr)
    return {};
  return {static_cast<::dota::MfuFormat>(attr.getFormat()), attr.getExpDegree()};
}

MfuAttr mlir::dota::mfuAttrOf(MLIRContext *context, const ::dota::MfuRules &rules) {
  if (rules == ::dota::MfuRules{})
    return {};
  return MfuAttr::get(context, static_cast<MfuFormat>(rules.format), rules.expDegree);
}

::dota::MfuRules mlir::dota::mfuRulesFor(Operation *op) {
  for (; op; op = op->getParentOp()) {
    if (auto program = dyn_cast<ProgramOp>(op))
      return mfuRulesOf(program.getMfuAttr());
    if (auto attr = op->getAttrOfType<MfuAttr>(DotaDialect::kMfuAttrName))
      return mfuRulesOf(attr);
  }
  return {};
}
