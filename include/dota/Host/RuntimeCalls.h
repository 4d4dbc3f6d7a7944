//===- RuntimeCalls.h - calls of the host runtime in IR ---------*- C++ -*-===//
#ifndef DOTA_HOST_RUNTIMECALLS_H
#define DOTA_HOST_RUNTIMECALLS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::dota {

/// Calls `function`, declared in `module` where it is not yet, through the C
/// interface and without results.
void callRuntime(OpBuilder &builder, Location loc, ModuleOp module, StringRef function,
                 ValueRange operands);

/// The same, with `text` as first operand, a memref of i8.
void callWithText(OpBuilder &builder, Location loc, ModuleOp module, StringRef function,
                  StringRef text, ValueRange operands);

} // namespace mlir::dota

#endif // DOTA_HOST_RUNTIMECALLS_H
