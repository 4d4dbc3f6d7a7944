//===- Passes.td - the passes of the dota compiler -------------*- tablegen -*-===//
#ifndef DOTA_PASSES
#define DOTA_PASSES

include "mlir/Pass/PassBase.td"

#endif // DOTA_PASSES
