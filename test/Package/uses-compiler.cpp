// Parses a module with an op of the dota dialect through the installed package.
#include "dota/Dialect/Dota/Dota.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

int main() {
  mlir::MLIRContext context;
  context.loadDialect<mlir::dota::DotaDialect>();
  const char *source = R"(
    %x = "elsewhere.value"() : () -> tensor<4x8xf32>
    %y = dota.softmax %x : tensor<4x8xf32> -> tensor<4x8xf32>)";
  context.allowUnregisteredDialects();
  return mlir::parseSourceString<mlir::ModuleOp>(source, &context) ? 0 : 1;
}
