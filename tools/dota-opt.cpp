//===- dota-opt.cpp - runs any pass or pipeline ------------------------------===//

#include "dota/Dialect/Lane/Lane.h"
#include "dota/Passes.h"
#include "dota/Pipeline/Pipeline.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<mlir::dota::DotaDialect, mlir::lane::LaneDialect>();
  mlir::registerAllPasses();
  mlir::dota::registerDotaPasses();
  mlir::dota::registerDotaPipeline();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "DOTA optimizer\n", registry));
}
