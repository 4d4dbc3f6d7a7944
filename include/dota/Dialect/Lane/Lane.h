//===- Lane.h - the lane dialect --------------------------------*- C++ -*-===//
//
// Instruction streams of the lanes. The instruction ops and their encoding come
// from the same records, dialect/Lane/Instructions.td.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_DIALECT_LANE_LANE_H
#define DOTA_DIALECT_LANE_LANE_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/runtime/Instructions.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::lane {
/// The address that an SRAM operand of an instruction stands for.
using SramResolver = llvm::function_ref<llvm::FailureOr<uint32_t>(mlir::OpOperand &)>;
} // namespace mlir::lane

#include "dota/Dialect/Lane/LaneDialect.h.inc"
#include "dota/Dialect/Lane/LaneInterfaces.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dota/Dialect/Lane/LaneTypes.h.inc"
#define GET_OP_CLASSES
#include "dota/Dialect/Lane/LaneOps.h.inc"

namespace mlir::lane {

/// Bytes that a buffer's size and address are a multiple of.
inline constexpr uint64_t kBufferAlignment = 64;

/// Bytes that an instruction can address: in a lane's SRAM (24 bits), and in the
/// device's DRAM (40 bits).
inline constexpr uint64_t kSramAddresses = uint64_t{1} << 24;
inline constexpr uint64_t kDramAddresses = uint64_t{1} << 40;

/// Where an `!lane.sram` value lies.
struct SramPlace {
  BufferOp buffer; // null: `offset` is the address itself
  uint64_t offset; // bytes from the start of the buffer
};
/// Follows views to the buffer or the address that a value comes from.
SramPlace getSramPlace(Value sram);

/// A region of SRAM that an instruction touches, by the operand it starts at;
/// `region.base` is the number of that operand.
struct OperandRegion {
  OpOperand *operand;
  ::dota::Region region;
};
/// Calls `f` for each region that an instruction reads or writes, whether its
/// operands have addresses yet or not.
void forEachOperandRegion(InstructionOpInterface instruction,
                          llvm::function_ref<void(const OperandRegion &)> f);

/// Makes the op of an instruction; `address` makes the value of an SRAM address.
Operation *createInstruction(OpBuilder &builder, Location location,
                             const ::dota::Instruction &instruction,
                             llvm::function_ref<Value(uint32_t)> address);

/// One `lane.address` for each address, in front of a stream.
class AddressValues {
public:
  explicit AddressValues(StreamOp stream) : stream(stream) {}
  Value get(uint64_t address);

private:
  StreamOp stream;
  AddressOp last; // the one that the next follows
  llvm::DenseMap<uint64_t, Value> values;
};

/// The bytes of dense elements, or the one element of a splat; none where elements
/// are no whole bytes or a resource has no data.
std::optional<ArrayRef<char>> getRawBytes(ElementsAttr elements);
/// Appends the bytes of dense elements, little-endian and row-major.
void appendBytes(ElementsAttr elements, std::vector<uint8_t> &out);

} // namespace mlir::lane

#endif // DOTA_DIALECT_LANE_LANE_H
