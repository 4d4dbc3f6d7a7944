//===- ImportProgram.cpp - lane programs from the container -----------------===//
//
// The way back of EmitProgram.cpp.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/Mfu.h"
#include "dota/Target/Program.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlir::lane;
using Program = ::dota::Program;

namespace {

/// Bytes up to this many stand in the text where they belong; more of them are a
/// resource at its end.
constexpr size_t kInlineBytes = 64;

ElementsAttr makeBytes(Builder &builder, StringRef name, ArrayRef<uint8_t> bytes) {
  auto type =
      RankedTensorType::get({static_cast<int64_t>(bytes.size())}, builder.getIntegerType(8));
  if (bytes.size() <= kInlineBytes)
    return DenseElementsAttr::get(type, bytes);
  ArrayRef<char> raw(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  return DenseResourceElementsAttr::get(type, name,
                                        HeapAsmResourceBlob::allocateAndCopyWithAlign(raw, 8));
}

Location makeLocation(MLIRContext *context, const Program::Location &location) {
  Location result = UnknownLoc::get(context);
  if (!location.file.empty())
    result = FileLineColLoc::get(context, location.file, location.line, location.column);
  if (!location.name.empty())
    result = NameLoc::get(StringAttr::get(context, location.name), result);
  return result;
}

Type makeType(Builder &builder, const Program::Tensor &tensor) {
  Type element = tensor.element == Program::Element::F32 ? Type(builder.getF32Type())
                                                         : Type(builder.getI32Type());
  return RankedTensorType::get(SmallVector<int64_t>(tensor.shape.begin(), tensor.shape.end()),
                               element);
}

LogicalResult importStream(OpBuilder &builder, Location location, ArrayRef<Location> locations,
                           const Program::Stream &stream, uint64_t lane) {
  OpBuilder::InsertionGuard guard(builder);
  auto op = StreamOp::create(builder, location, lane);
  builder.createBlock(&op.getBody());
  AddressValues addresses(op);
  for (auto [index, word] : llvm::enumerate(stream.words)) {
    std::optional<::dota::Instruction> instruction = ::dota::decode(word);
    if (!instruction || stream.locations[index] >= locations.size())
      return emitError(location) << "word " << index << " of lane " << lane
                                 << (instruction ? " has no location" : " is no instruction");
    createInstruction(builder, locations[stream.locations[index]], *instruction,
                      [&](uint32_t address) { return addresses.get(address); });
  }
  return success();
}

} // namespace

FailureOr<ProgramOp> lane::importProgram(OpBuilder &builder, const Program &program) {
  OpBuilder::InsertionGuard guard(builder);
  Location location = NameLoc::get(builder.getStringAttr(program.name));
  auto op = ProgramOp::create(builder, location, program.name, program.dramBytes, program.macs,
                              program.pairsKept, program.pairsDense,
                              mlir::dota::mfuAttrOf(builder.getContext(), program.mfu));
  builder.createBlock(&op.getBody());
  for (const Program::Tensor &input : program.inputs)
    InputOp::create(builder, location, input.name, input.address, makeType(builder, input));
  for (const Program::Tensor &output : program.outputs)
    OutputOp::create(builder, location, output.name, output.address, makeType(builder, output));
  for (const Program::Data &data : program.data)
    DataOp::create(builder, location, data.address, makeBytes(builder, program.name, data.bytes));
  for (const Program::Mask &mask : program.masks)
    MaskOp::create(builder, location, mask.id, mask.heads, mask.rows, mask.keys, mask.keep);

  SmallVector<Location> locations;
  for (const Program::Location &entry : program.locations)
    locations.push_back(makeLocation(builder.getContext(), entry));
  for (auto [lane, stream] : llvm::enumerate(program.streams))
    if (failed(importStream(builder, location, locations, stream, lane))) {
      op.erase();
      return failure();
    }
  if (failed(verify(op))) {
    op.erase();
    return failure();
  }
  return op;
}

OwningOpRef<ModuleOp> lane::importProgramFile(MLIRContext *context,
                                              const ::dota::ProgramFile &file) {
  context->loadDialect<LaneDialect>();
  OpBuilder builder(context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, builder.getUnknownLoc());
  (*module)->setAttr(kMachineAttrName, builder.getStringAttr(file.machine));
  if (!file.notes.empty()) {
    SmallVector<StringRef> notes(file.notes.begin(), file.notes.end());
    (*module)->setAttr(kNotesAttrName, builder.getStrArrayAttr(notes));
  }
  if (!file.host.empty())
    (*module)->setAttr(kHostAttrName, makeBytes(builder, "host", file.host));
  builder.setInsertionPointToEnd(module->getBody());
  for (const Program &program : file.programs)
    if (failed(importProgram(builder, program)))
      return nullptr;
  return module;
}
