//===- dota-tblgen.cpp - code and manual from the instruction records -------===//
//
//   -gen-runtime    runtime/include/dota/runtime/Instructions.h.inc
//   -gen-lane-ops   verifiers of the lane ops, and their way to and from instructions
//   -gen-manual     docs/instruction-set.md
//
// All read dialect/Lane/Instructions.td.
//
//===----------------------------------------------------------------------===//

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/TableGen/Main.h"
#include "llvm/TableGen/TableGenBackend.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::ParseCommandLineOptions(argc, argv, "code and manual from instruction records\n");
  return llvm::TableGenMain(argv[0], llvm::MultiFileTableGenMainFn());
}
