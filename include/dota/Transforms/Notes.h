//===- Notes.h - what a reader of results must know -------------*- C++ -*-===//
//
// Passes that choose something on the user's behalf note it on the module; the
// notes go into the container, the statistics and the tools' messages.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TRANSFORMS_NOTES_H
#define DOTA_TRANSFORMS_NOTES_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace mlir::dota {

/// An array of strings on the module.
inline constexpr llvm::StringLiteral kNotesAttrName = "dota.notes";

void addNote(ModuleOp module, StringRef note);
std::vector<std::string> notesOf(ModuleOp module);

} // namespace mlir::dota

#endif // DOTA_TRANSFORMS_NOTES_H
