//===- EmitProgram.cpp - lane programs to the container ---------------------===//
//
// Total: each op of a program is encoded or is an error at its location.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/Mfu.h"
#include "dota/Target/Program.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Machine.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include <map>
#include <tuple>

using namespace mlir;
using namespace mlir::lane;
using Program = ::dota::Program;

Program::Location mlir::lane::describeLocation(Location location) {
  Program::Location result;
  SmallVector<Location> left{location};
  while (!left.empty()) {
    Location current = left.pop_back_val();
    if (auto name = dyn_cast<NameLoc>(current)) {
      if (result.name.empty())
        result.name = name.getName().str();
      left.push_back(name.getChildLoc());
    } else if (auto file = dyn_cast<FileLineColRange>(current)) {
      if (result.file.empty()) {
        result.file = file.getFilename().str();
        result.line = file.getStartLine();
        result.column = file.getStartColumn();
      }
    } else if (auto call = dyn_cast<CallSiteLoc>(current)) {
      left.push_back(call.getCallee());
    } else if (auto fused = dyn_cast<FusedLoc>(current)) {
      llvm::append_range(left, llvm::reverse(fused.getLocations()));
    }
  }
  return result;
}

std::string mlir::lane::placeText(const Program::Location &place) {
  if (place.file.empty())
    return place.name.empty() ? "an unknown place" : place.name;
  std::string text = llvm::formatv("{0}:{1}:{2}", place.file, place.line, place.column);
  return place.name.empty() ? text : text + " (" + place.name + ")";
}

namespace {

/// The locations of a program, each once.
class LocationTable {
public:
  explicit LocationTable(std::vector<Program::Location> &table) : table(table) {}

  uint32_t add(Location location) {
    auto [known, fresh] = numbers.try_emplace(location, 0);
    if (fresh) {
      Program::Location described = describeLocation(location);
      auto [same, isNew] = descriptions.try_emplace(
          std::tuple(described.name, described.file, described.line, described.column),
          static_cast<uint32_t>(table.size()));
      if (isNew)
        table.push_back(std::move(described));
      known->second = same->second;
    }
    return known->second;
  }

private:
  std::vector<Program::Location> &table;
  llvm::DenseMap<Location, uint32_t> numbers;
  std::map<std::tuple<std::string, std::string, uint32_t, uint32_t>, uint32_t> descriptions;
};

Program::Tensor describeTensor(StringRef name, uint64_t address, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Program::Tensor result;
  result.name = name.str();
  result.element = tensor.getElementType().isF32() ? Program::Element::F32 : Program::Element::I32;
  result.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  result.address = address;
  return result;
}

LogicalResult emitStream(StreamOp stream, LocationTable &locations, Program::Stream &out) {
  for (InstructionOpInterface op : stream.getBody().getOps<InstructionOpInterface>()) {
    FailureOr<::dota::Instruction> instruction =
        op.toInstruction([&](OpOperand &operand) -> FailureOr<uint32_t> {
          SramPlace place = getSramPlace(operand.get());
          if (place.buffer)
            return op->emitOpError() << "operand " << operand.getOperandNumber()
                                     << " has no address; run lane-allocate-sram before";
          return static_cast<uint32_t>(place.offset);
        });
    if (failed(instruction))
      return failure();
    if (std::optional<std::string> problem = ::dota::findUnencodable(*instruction))
      return op->emitOpError() << *problem;
    out.words.push_back(::dota::encode(*instruction));
    out.locations.push_back(locations.add(op->getLoc()));
  }
  return success();
}

} // namespace

FailureOr<Program> lane::emitProgram(ProgramOp program) {
  Program result;
  result.name = program.getSymName().str();
  result.dramBytes = program.getDramBytes();
  result.macs = program.getMacs();
  result.pairsKept = program.getPairsKept();
  result.pairsDense = program.getPairsDense();
  result.mfu = mlir::dota::mfuRulesOf(program.getMfuAttr());
  LocationTable locations(result.locations);
  for (Operation &op : program.getBody().front()) {
    auto emitted =
        llvm::TypeSwitch<Operation *, LogicalResult>(&op)
            .Case([&](InputOp input) {
              result.inputs.push_back(
                  describeTensor(input.getName(), input.getAddress(), input.getType()));
              return success();
            })
            .Case([&](OutputOp output) {
              result.outputs.push_back(
                  describeTensor(output.getName(), output.getAddress(), output.getType()));
              return success();
            })
            .Case([&](DataOp data) {
              result.data.push_back({data.getAddress(), {}});
              appendBytes(data.getValue(), result.data.back().bytes);
              return success();
            })
            .Case([&](MaskOp mask) -> LogicalResult {
              for (auto [name, value] :
                   {std::pair("id", mask.getId()), std::pair("heads", mask.getHeads()),
                    std::pair("rows", mask.getRows()), std::pair("keys", mask.getKeys())})
                if (value > UINT32_MAX)
                  return mask.emitOpError() << name << " is " << value << "; 4294967295 at most";
              // No more are kept than there are keys.
              result.masks.push_back(
                  {static_cast<uint32_t>(mask.getId()), static_cast<uint32_t>(mask.getHeads()),
                   static_cast<uint32_t>(mask.getRows()), static_cast<uint32_t>(mask.getKeys()),
                   static_cast<uint32_t>(mask.getKeep())});
              return success();
            })
            .Case([&](StreamOp stream) {
              return emitStream(stream, locations, result.streams.emplace_back());
            })
            .Default([](Operation *other) -> LogicalResult {
              return other->emitOpError() << "has no place in a program";
            });
    if (failed(emitted))
      return failure();
  }
  return result;
}

FailureOr<::dota::ProgramFile> lane::emitProgramFile(ModuleOp module) {
  ::dota::ProgramFile file;
  if (Attribute machine = module->getAttr(kMachineAttrName)) {
    auto text = dyn_cast<StringAttr>(machine);
    if (!text)
      return module.emitOpError() << kMachineAttrName << " is " << machine << "; a string expected";
    try {
      ::dota::Machine::parse(text.getValue(), kMachineAttrName);
    } catch (const ::dota::Error &error) {
      return module.emitOpError() << error.what();
    }
    file.machine = text.getValue().str();
  } else {
    file.machine = ::dota::Machine::named("dota").text();
  }
  if (Attribute notes = module->getAttr(kNotesAttrName)) {
    auto list = dyn_cast<ArrayAttr>(notes);
    if (!list || !llvm::all_of(list, llvm::IsaPred<StringAttr>))
      return module.emitOpError() << kNotesAttrName << " is " << notes
                                  << "; an array of strings expected";
    for (auto note : list.getAsRange<StringAttr>())
      file.notes.push_back(note.getValue().str());
  }
  if (Attribute host = module->getAttr(kHostAttrName)) {
    auto elements = dyn_cast<ElementsAttr>(host);
    std::optional<ArrayRef<char>> bytes =
        elements && elements.getElementType().isInteger(8) ? getRawBytes(elements) : std::nullopt;
    if (!bytes)
      return module.emitOpError() << kHostAttrName << " does not hold bytes";
    appendBytes(elements, file.host);
  }
  for (Operation &op : *module.getBody()) {
    auto program = dyn_cast<ProgramOp>(op);
    if (!program)
      return op.emitOpError() << "is no lane.program, and is not encoded";
    FailureOr<Program> emitted = emitProgram(program);
    if (failed(emitted))
      return failure();
    file.programs.push_back(std::move(*emitted));
  }
  return file;
}
