//===- Notes.cpp - what a reader of results must know -----------------------===//

#include "dota/Transforms/Notes.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::dota;

void mlir::dota::addNote(ModuleOp module, StringRef note) {
  SmallVector<Attribute> notes;
  if (auto known = module->getAttrOfType<ArrayAttr>(kNotesAttrName))
    llvm::append_range(notes, known);
  notes.push_back(StringAttr::get(module.getContext(), note));
  module->setAttr(kNotesAttrName, ArrayAttr::get(module.getContext(), notes));
}

std::vector<std::string> mlir::dota::notesOf(ModuleOp module) {
  std::vector<std::string> notes;
  if (auto known = module->getAttrOfType<ArrayAttr>(kNotesAttrName))
    for (auto note : known.getAsRange<StringAttr>())
      notes.push_back(note.str());
  return notes;
}
