//===- Lane.h - the lane dialect --------------------------------*- C++ -*-===//
#ifndef DOTA_DIALECT_LANE_LANE_H
#define DOTA_DIALECT_LANE_LANE_H

#include "dota/Dialect/Dota/Dota.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dota/Dialect/Lane/LaneDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dota/Dialect/Lane/LaneTypes.h.inc"
#define GET_OP_CLASSES
#include "dota/Dialect/Lane/LaneOps.h.inc"

#endif // DOTA_DIALECT_LANE_LANE_H
