//===- Mfu.h - the MFU's rules as an attribute ------------------*- C++ -*-===//
#ifndef DOTA_DIALECT_DOTA_MFU_H
#define DOTA_DIALECT_DOTA_MFU_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/runtime/MfuRules.h"

namespace mlir::dota {

/// The rules of a program; null stands for the usual ones, both ways.
::dota::MfuRules mfuRulesOf(MfuAttr attr);
MfuAttr mfuAttrOf(MLIRContext *context, const ::dota::MfuRules &rules);

/// The rules that an op computes by: those of the program around it, or of the
/// function that was one.
::dota::MfuRules mfuRulesFor(Operation *op);

} // namespace mlir::dota

#endif // DOTA_DIALECT_DOTA_MFU_H
