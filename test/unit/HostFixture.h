//===- HostFixture.h - what tests of the host part share --------------------===//
//
// A context with every dialect, its diagnostics as text, tensors of the host, and
// what the ops of a module mean, run.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TEST_UNIT_HOSTFIXTURE_H
#define DOTA_TEST_UNIT_HOSTFIXTURE_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/Jit.h"
#include "dota/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cstring>

namespace mlir::dota {

using Floats = std::vector<float>;

class HostFixture : public testing::Test {
protected:
  HostFixture() : context(registry()) {
    context.loadDialect<DotaDialect>();
    context.getDiagEngine().registerHandler(
        [&](Diagnostic &diagnostic) { diagnostics += diagnostic.str() + "\n"; });
  }

  OwningOpRef<ModuleOp> parse(StringRef text) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << diagnostics;
    return module;
  }

  template <class T>
  static HostTensor tensor(ArrayRef<int64_t> shape, Type element, const std::vector<T> &values) {
    HostTensor result = HostTensor::zeros(RankedTensorType::get(shape, element));
    EXPECT_EQ(result.data.size(), values.size() * sizeof(T));
    std::memcpy(result.data.data(), values.data(), result.data.size());
    return result;
  }
  HostTensor tensor(ArrayRef<int64_t> shape, const Floats &values) {
    return tensor(shape, Float32Type::get(&context), values);
  }

  /// Lowers by --dota-to-linalg and runs `main`; f32 in, f32 or i1 (as 0 and 1) out.
  /// Empty, and a failure, where something fails.
  std::vector<Floats> runAsLinalg(OwningOpRef<ModuleOp> module, ArrayRef<Floats> inputs) {
    if (!module)
      return {};
    PassManager passes(&context);
    passes.addPass(createDotaToLinalg());
    EXPECT_TRUE(succeeded(passes.run(*module))) << diagnostics;
    auto jit = Jit::create(std::move(module), "main");
    if (failed(jit)) {
      ADD_FAILURE() << diagnostics;
      return {};
    }
    std::vector<HostTensor> arguments;
    for (auto [type, values] : llvm::zip_equal((*jit)->getArgumentTypes(), inputs))
      arguments.push_back(tensor(type.getShape(), type.getElementType(), values));
    auto results = (*jit)->run(arguments);
    if (!results) {
      ADD_FAILURE() << toString(results.takeError());
      return {};
    }
    std::vector<Floats> all;
    for (const HostTensor &result : *results) {
      Floats &values = all.emplace_back(result.type.getNumElements());
      if (result.type.getElementType().isInteger(1))
        std::copy(result.data.begin(), result.data.end(), values.begin());
      else
        std::memcpy(values.data(), result.data.data(), result.data.size());
    }
    return all;
  }

  MLIRContext context;
  std::string diagnostics;

private:
  static DialectRegistry registry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registry.insert<DotaDialect>();
    return registry;
  }
};

} // namespace mlir::dota

#endif // DOTA_TEST_UNIT_HOSTFIXTURE_H
