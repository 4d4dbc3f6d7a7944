//===- Program.h - lane programs to and from the container ------*- C++ -*-===//
//
// `lane.program` and `dota::Program` say the same. Both ways keep every
// instruction, address, name and source location, so that a program that was
// read back as IR is emitted to the same bytes.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TARGET_PROGRAM_H
#define DOTA_TARGET_PROGRAM_H

#include "dota/Dialect/Lane/Lane.h"
#include "dota/runtime/ProgramFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::lane {

/// Attributes of a module that stand for the rest of a container: the machine
/// description (a string, TOML), the notes (an array of strings) and the host part
/// (bytes). A module without a machine is for the machine "dota".
inline constexpr llvm::StringLiteral kMachineAttrName = "lane.machine";
inline constexpr llvm::StringLiteral kNotesAttrName = "lane.notes";
inline constexpr llvm::StringLiteral kHostAttrName = "lane.host";

/// What a container keeps of a location: the outermost name, which is that of the
/// op it came from, and the first place in a file.
::dota::Program::Location describeLocation(Location location);
/// "model.mlir:3:5", with the name in brackets where it has one; the name alone where
/// it has no file.
std::string placeText(const ::dota::Program::Location &place);

/// Encodes a verified program. What cannot be encoded (a buffer without an
/// address, a value beyond its field) is an error at its location.
FailureOr<::dota::Program> emitProgram(ProgramOp program);

/// Encodes the programs of a module, which holds nothing else.
FailureOr<::dota::ProgramFile> emitProgramFile(ModuleOp module);

/// Makes the op of a program, at the builder's place, with `lane.address` for each
/// SRAM address in front of its stream. Fails, with an error, where the words are
/// no valid program.
FailureOr<ProgramOp> importProgram(OpBuilder &builder, const ::dota::Program &program);

/// Makes a module of a container's programs; null, with an error, on failure.
OwningOpRef<ModuleOp> importProgramFile(MLIRContext *context, const ::dota::ProgramFile &file);

/// `--lane-to-program` and `--program-to-lane` of dota-translate.
void registerProgramTranslations();

} // namespace mlir::lane

#endif // DOTA_TARGET_PROGRAM_H
