//===- Dota.h - the dota dialect --------------------------------*- C++ -*-===//
#ifndef DOTA_DIALECT_DOTA_DOTA_H
#define DOTA_DIALECT_DOTA_DOTA_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dota/Dialect/Dota/DotaDialect.h.inc"
#include "dota/Dialect/Dota/DotaEnums.h.inc"
#include "dota/Dialect/Dota/DotaInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dota/Dialect/Dota/DotaAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dota/Dialect/Dota/DotaTypes.h.inc"
#define GET_OP_CLASSES
#include "dota/Dialect/Dota/DotaOps.h.inc"

#endif // DOTA_DIALECT_DOTA_DOTA_H
