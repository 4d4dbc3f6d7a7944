//===- ProgramTranslation.cpp - --lane-to-program, --program-to-lane --------===//

#include "dota/Target/Program.h"
#include "dota/runtime/Error.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::lane;

static LogicalResult writeProgram(Operation *op, raw_ostream &output) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    return op->emitOpError() << "is no module of lane programs";
  FailureOr<::dota::ProgramFile> file = emitProgramFile(module);
  if (failed(file))
    return failure();
  try {
    std::vector<uint8_t> bytes = ::dota::write(*file);
    output.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  } catch (const ::dota::Error &error) {
    return op->emitError() << error.what();
  }
  return success();
}

static OwningOpRef<Operation *> readProgram(llvm::SourceMgr &sources, MLIRContext *context) {
  const llvm::MemoryBuffer *buffer = sources.getMemoryBuffer(sources.getMainFileID());
  StringRef bytes = buffer->getBuffer();
  StringRef name = buffer->getBufferIdentifier();
  try {
    // The container's numbers are read in place, so they must be aligned.
    std::vector<uint64_t> aligned((bytes.size() + 7) / 8);
    std::memcpy(aligned.data(), bytes.data(), bytes.size());
    ::dota::ProgramFile file =
        ::dota::read({reinterpret_cast<const uint8_t *>(aligned.data()), bytes.size()}, name.str());
    return importProgramFile(context, file);
  } catch (const ::dota::Error &error) {
    emitError(UnknownLoc::get(context)) << error.what();
    return nullptr;
  }
}

void lane::registerProgramTranslations() {
  // Upstream dialects too, so that a host part is told from nonsense.
  auto registerDialects = [](DialectRegistry &registry) {
    registerAllDialects(registry);
    registry.insert<LaneDialect>();
  };
  static TranslateFromMLIRRegistration toProgram(
      "lane-to-program", "encode lane programs into the container", writeProgram, registerDialects);
  static TranslateToMLIRRegistration fromProgram(
      "program-to-lane", "decode the programs of a container",
      TranslateRawSourceMgrToMLIRFunction(readProgram), registerDialects);
}
