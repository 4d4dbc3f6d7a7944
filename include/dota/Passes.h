//===- Passes.h - the passes of the dota compiler ---------------*- C++ -*-===//
#ifndef DOTA_PASSES_H
#define DOTA_PASSES_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Dialect/Lane/Lane.h"
#include "mlir/Pass/Pass.h"

namespace mlir::dota {

#define GEN_PASS_DECL
#include "dota/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dota/Passes.h.inc"

} // namespace mlir::dota

#endif // DOTA_PASSES_H
