//===- Instructions.cpp - instruction ops, from and to instructions ---------===//
//
// The bodies come from the records, by dota-tblgen -gen-lane-ops.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lane;

/// A whole number that its field can hold.
static LogicalResult verifyRange(Operation *op, StringRef field, int64_t value, int64_t lowest,
                                 int64_t highest) {
  if (value > highest)
    return op->emitOpError() << field << " is " << value << "; " << highest << " at most";
  if (value < lowest)
    return op->emitOpError() << field << " is " << value << "; " << lowest << " at least";
  return success();
}

static LogicalResult verifyFinite(Operation *op, StringRef field, const APFloat &value) {
  if (value.isFinite())
    return success();
  return op->emitOpError() << field << " is not a finite number";
}

/// Rows of an operand that do not share bytes.
static LogicalResult verifyOperands(InstructionOpInterface op) {
  LogicalResult result = success();
  forEachOperandRegion(op, [&](const OperandRegion &operand) {
    const ::dota::Region &region = operand.region;
    if (succeeded(result) && region.overlaps())
      result = op->emitOpError() << (region.write ? "writes " : "reads ") << region.rows
                                 << " rows of " << region.rowBytes << " bytes, " << region.stride
                                 << " bytes apart";
  });
  return result;
}

#include "dota/Dialect/Lane/LaneInstructions.cpp.inc"

Operation *lane::createInstruction(OpBuilder &builder, Location location,
                                   const ::dota::Instruction &instruction,
                                   function_ref<Value(uint32_t)> address) {
  return std::visit([&](const auto &i) { return create(builder, location, i, address); },
                    instruction);
}

void lane::forEachOperandRegion(InstructionOpInterface instruction,
                                function_ref<void(const OperandRegion &)> f) {
  // Operands stand for their own addresses, so a region's base names its operand.
  FailureOr<::dota::Instruction> decoded = instruction.toInstruction(
      [](OpOperand &operand) -> FailureOr<uint32_t> { return operand.getOperandNumber(); });
  ::dota::forEachRegion(*decoded, [&](const ::dota::Region &region) {
    f({&instruction->getOpOperand(region.base), region});
  });
}
