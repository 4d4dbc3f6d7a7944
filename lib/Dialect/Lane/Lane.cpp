//===- Lane.cpp - the lane dialect: the frame that instructions stand in ----===//

#include "dota/Dialect/Lane/Lane.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lane;

#include "dota/Dialect/Lane/LaneDialect.cpp.inc"
#include "dota/Dialect/Lane/LaneInterfaces.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dota/Dialect/Lane/LaneTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dota/Dialect/Lane/LaneOps.cpp.inc"

void LaneDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dota/Dialect/Lane/LaneTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dota/Dialect/Lane/LaneOps.cpp.inc"
      >();
}

/// A number that is not negative.
static LogicalResult verifyAtLeast(Operation *op, StringRef what, int64_t value, int64_t lowest) {
  if (value < lowest)
    return op->emitOpError() << what << " is " << value << "; " << lowest << " at least";
  return success();
}

//===----------------------------------------------------------------------===//
// SRAM values
//===----------------------------------------------------------------------===//

SramPlace lane::getSramPlace(Value sram) {
  uint64_t offset = 0;
  while (auto view = sram.getDefiningOp<ViewOp>()) {
    offset += view.getOffset();
    sram = view.getBase();
  }
  if (auto address = sram.getDefiningOp<AddressOp>())
    return {nullptr, offset + address.getValue()};
  // The stream's verifier lets no other value through.
  return {sram.getDefiningOp<BufferOp>(), offset};
}

Value AddressValues::get(uint64_t address) {
  Value &value = values[address];
  if (!value) {
    OpBuilder builder = OpBuilder::atBlockBegin(&stream.getBody().front());
    if (last)
      builder.setInsertionPointAfter(last);
    last = AddressOp::create(builder, stream.getLoc(), address);
    value = last;
  }
  return value;
}

LogicalResult BufferOp::verify() {
  int64_t bytes = getBytesAttr().getInt();
  if (bytes <= 0 || bytes % kBufferAlignment != 0)
    return emitOpError() << "bytes is " << bytes << "; a multiple of " << kBufferAlignment
                         << " above 0 expected";
  return success();
}

LogicalResult ViewOp::verify() {
  if (failed(verifyAtLeast(*this, "offset", getOffsetAttr().getInt(), 0)))
    return failure();
  // Dominance is verified later, and following views must end: what comes before
  // has been verified, so it leads to a buffer or an address.
  Operation *base = getBase().getDefiningOp();
  if (!base || base->getBlock() != (*this)->getBlock() || !base->isBeforeInBlock(*this))
    return emitOpError() << "stands before its base";
  SramPlace place = getSramPlace(getBase());
  uint64_t offset = place.offset + getOffset();
  if (place.buffer && offset >= place.buffer.getBytes()) {
    InFlightDiagnostic diagnostic = emitOpError() << "starts at byte " << offset
                                                  << " of a buffer of " << place.buffer.getBytes();
    diagnostic.attachNote(place.buffer.getLoc()) << "the buffer is here";
    return diagnostic;
  }
  if (!place.buffer && offset >= kSramAddresses)
    return emitOpError() << "address is " << offset << "; " << kSramAddresses - 1 << " at most";
  return success();
}

LogicalResult AddressOp::verify() {
  int64_t value = getValueAttr().getInt();
  if (failed(verifyAtLeast(*this, "address", value, 0)))
    return failure();
  if (static_cast<uint64_t>(value) >= kSramAddresses)
    return emitOpError() << "address is " << value << "; " << kSramAddresses - 1 << " at most";
  return success();
}

//===----------------------------------------------------------------------===//
// Contents of DRAM
//===----------------------------------------------------------------------===//

/// Bytes of an argument or a result; none where the container cannot say its type.
static std::optional<uint64_t> getTensorBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !(tensor.getElementType().isF32() || tensor.getElementType().isSignlessInteger(32)))
    return std::nullopt;
  return static_cast<uint64_t>(tensor.getNumElements()) * 4;
}

std::optional<uint64_t> InputOp::getByteCount() { return getTensorBytes(getType()); }
std::optional<uint64_t> OutputOp::getByteCount() { return getTensorBytes(getType()); }

template <class Op>
static LogicalResult verifyTensor(Op op) {
  if (!op.getByteCount())
    return op.emitOpError() << "has type " << op.getType()
                            << "; a tensor of f32 or i32 with a static shape expected";
  return verifyAtLeast(op, "address", op.getAddressAttr().getInt(), 0);
}
LogicalResult InputOp::verify() { return verifyTensor(*this); }
LogicalResult OutputOp::verify() { return verifyTensor(*this); }

/// Bytes of an element; 0 where it takes no whole number of them.
static uint64_t getElementBytes(ElementsAttr elements) {
  Type element = elements.getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() % 8 != 0)
    return 0;
  return element.getIntOrFloatBitWidth() / 8;
}

std::optional<ArrayRef<char>> lane::getRawBytes(ElementsAttr elements) {
  if (getElementBytes(elements) == 0)
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return std::nullopt;
}

void lane::appendBytes(ElementsAttr elements, std::vector<uint8_t> &out) {
  ArrayRef<char> raw = *getRawBytes(elements);
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  size_t copies = dense && dense.isSplat() ? dense.getNumElements() : 1;
  out.reserve(out.size() + copies * raw.size());
  for (size_t i = 0; i < copies; ++i)
    out.insert(out.end(), raw.begin(), raw.end());
}

std::optional<uint64_t> DataOp::getByteCount() {
  uint64_t elementBytes = getElementBytes(getValue());
  if (elementBytes == 0 || !isa<DenseElementsAttr, DenseResourceElementsAttr>(getValue()))
    return std::nullopt;
  return static_cast<uint64_t>(getValue().getNumElements()) * elementBytes;
}

LogicalResult DataOp::verify() {
  std::optional<uint64_t> bytes = getByteCount();
  if (!bytes)
    return emitOpError() << "holds " << getValue().getType()
                         << "; dense elements of whole bytes expected";
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(getValue())) {
    std::optional<ArrayRef<char>> raw = getRawBytes(resource);
    if (!raw)
      return emitOpError() << "has no data for resource '" << resource.getRawHandle().getKey()
                           << "'";
    if (raw->size() != *bytes)
      return emitOpError() << "has " << raw->size() << " bytes of data for " << getValue().getType()
                           << ", which takes " << *bytes;
  }
  return verifyAtLeast(*this, "address", getAddressAttr().getInt(), 0);
}

LogicalResult MaskOp::verify() {
  if (failed(verifyAtLeast(*this, "id", getIdAttr().getInt(), 0)) ||
      failed(verifyAtLeast(*this, "heads", getHeadsAttr().getInt(), 1)) ||
      failed(verifyAtLeast(*this, "rows", getRowsAttr().getInt(), 1)) ||
      failed(verifyAtLeast(*this, "keep", getKeepAttr().getInt(), 1)))
    return failure();
  if (getKeep() > getKeys())
    return emitOpError() << "keeps " << getKeep() << " of " << getKeys() << " keys";
  return success();
}

//===----------------------------------------------------------------------===//
// Stream and program
//===----------------------------------------------------------------------===//

LogicalResult StreamOp::verify() {
  Block &body = getBody().front();
  if (body.getNumArguments())
    return emitOpError() << "has " << body.getNumArguments() << " arguments; none expected";
  for (Operation &op : body) {
    if (!isa<InstructionOpInterface, BufferOp, ViewOp, AddressOp>(op))
      return op.emitOpError() << "is no instruction of a lane";
    if (isa<HaltOp>(op) && &op != &body.back())
      return op.emitOpError() << "stands before the end of the stream";
  }
  if (body.empty() || !isa<HaltOp>(body.back()))
    return emitOpError() << "does not end with lane.halt";
  return success();
}

/// A piece of DRAM that is not the program's own to write over.
struct DramPiece {
  Operation *op;
  uint64_t begin, end;
};

LogicalResult ProgramOp::verify() {
  int64_t dramBytes = getDramBytesAttr().getInt();
  if (dramBytes < 0 || static_cast<uint64_t>(dramBytes) > kDramAddresses)
    return emitOpError() << "addresses " << dramBytes << " bytes of DRAM; 0 to " << kDramAddresses
                         << " possible";
  for (auto [name, value] : {std::pair("macs", getMacs()), std::pair("pairs_kept", getPairsKept()),
                             std::pair("pairs_dense", getPairsDense())})
    if (failed(verifyAtLeast(*this, name, static_cast<int64_t>(value), 0)))
      return failure();
  Block &body = getBody().front();
  if (body.getNumArguments())
    return emitOpError() << "has " << body.getNumArguments() << " arguments; none expected";

  SmallVector<DramPiece> pieces;
  llvm::DenseMap<uint64_t, Operation *> masks;
  uint64_t lanes = 0;
  for (Operation &op : body) {
    auto addPiece = [&](uint64_t address, std::optional<uint64_t> bytes) {
      // Without a size the op's own verifier complains.
      if (bytes)
        pieces.push_back({&op, address, address + *bytes});
    };
    LogicalResult result =
        llvm::TypeSwitch<Operation *, LogicalResult>(&op)
            .Case<InputOp, OutputOp, DataOp>([&](auto piece) {
              addPiece(piece.getAddress(), piece.getByteCount());
              return success();
            })
            .Case([&](MaskOp mask) {
              auto [other, fresh] = masks.try_emplace(mask.getId(), mask);
              if (fresh)
                return LogicalResult(success());
              InFlightDiagnostic diagnostic = mask.emitOpError()
                                              << "has number " << mask.getId() << " again";
              diagnostic.attachNote(other->second->getLoc()) << "the first one is here";
              return LogicalResult(diagnostic);
            })
            .Case([&](StreamOp stream) {
              if (stream.getLane() == lanes++)
                return LogicalResult(success());
              return LogicalResult(stream.emitOpError() << "is of lane " << stream.getLane()
                                                        << "; lane " << lanes - 1 << " comes next");
            })
            .Default([](Operation *other) {
              return other->emitOpError() << "has no place in a program";
            });
    if (failed(result))
      return failure();
  }
  if (lanes == 0)
    return emitOpError() << "has no stream";

  llvm::sort(pieces, [](const DramPiece &a, const DramPiece &b) { return a.begin < b.begin; });
  for (auto [index, piece] : llvm::enumerate(pieces)) {
    if (piece.end > static_cast<uint64_t>(dramBytes))
      return piece.op->emitOpError()
             << "ends at byte " << piece.end << " of DRAM; the program has " << dramBytes;
    if (index == 0 || pieces[index - 1].end <= piece.begin)
      continue;
    InFlightDiagnostic diagnostic = piece.op->emitOpError()
                                    << "starts at byte " << piece.begin
                                    << " of DRAM, where another piece ends at "
                                    << pieces[index - 1].end;
    diagnostic.attachNote(pieces[index - 1].op->getLoc()) << "the other piece is here";
    return diagnostic;
  }
  return success();
}

/// Transfers stay in the program's DRAM, and masks are used as they are declared.
LogicalResult ProgramOp::verifyRegions() {
  llvm::DenseMap<uint64_t, MaskOp> masks;
  for (MaskOp mask : getOps<MaskOp>())
    masks[mask.getId()] = mask;

  auto verifyTransfer = [&](auto op) -> LogicalResult {
    if (op.getRows() == 0 || op.getRowBytes() == 0)
      return success();
    // Fields are of 40 and 24 bits, so their product may take 64.
    unsigned __int128 end = op.getDramStride();
    end = end * (op.getRows() - 1) + op.getDram() + op.getRowBytes();
    if (end <= getDramBytes())
      return success();
    return op.emitOpError() << "reaches byte " << static_cast<uint64_t>(end)
                            << " of DRAM; the program has " << getDramBytes();
  };
  auto verifyMaskUse = [&](auto op) -> LogicalResult {
    MaskOp mask = masks.lookup(op.getMask());
    if (!mask)
      return op.emitOpError() << "names mask " << op.getMask()
                              << ", which the program does not have";
    auto complain = [&](StringRef what, uint64_t has, uint64_t declared) -> LogicalResult {
      InFlightDiagnostic diagnostic = op.emitOpError() << what << " is " << has << "; mask "
                                                       << op.getMask() << " has " << declared;
      diagnostic.attachNote(mask.getLoc()) << "the mask is here";
      return diagnostic;
    };
    if (op.getHead() >= mask.getHeads())
      return complain("head", op.getHead(), mask.getHeads());
    if (op.getFirstRow() + op.getRows() > mask.getRows())
      return complain("end of the rows", op.getFirstRow() + op.getRows(), mask.getRows());
    if (op.getKeys() > mask.getKeys())
      return complain("keys", op.getKeys(), mask.getKeys());
    if (op.getKeep() != mask.getKeep())
      return complain("keep", op.getKeep(), mask.getKeep());
    return success();
  };
  for (StreamOp stream : getOps<StreamOp>())
    for (Operation &op : stream.getBody().front()) {
      LogicalResult result = llvm::TypeSwitch<Operation *, LogicalResult>(&op)
                                 .Case<LoadOp, StoreOp>(verifyTransfer)
                                 .Case<SelectOp, TrimOp, MarkOp, OrderOp>(verifyMaskUse)
                                 .Default([](Operation *) { return success(); });
      if (failed(result))
        return failure();
    }
  return success();
}
