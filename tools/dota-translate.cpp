//===- dota-translate.cpp - lane programs to and from the container ---------===//

#include "dota/Target/Program.h"
#include "mlir/Support/LLVM.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int main(int argc, char **argv) {
  mlir::lane::registerProgramTranslations();
  return mlir::failed(mlir::mlirTranslateMain(argc, argv, "DOTA program translator\n"));
}
