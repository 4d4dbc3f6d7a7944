//===- HostFixture.h - what tests of the host part share --------------------===//
//
// A context with every dialect, its diagnostics as text, and tensors of the host.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_TEST_UNIT_HOSTFIXTURE_H
#define DOTA_TEST_UNIT_HOSTFIXTURE_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/Jit.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cstring>

namespace mlir::dota {

class HostFixture : public testing::Test {
protected:
  HostFixture() : context(registry()) {
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
  HostTensor tensor(ArrayRef<int64_t> shape, const std::vector<float> &values) {
    return tensor(shape, Float32Type::get(&context), values);
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
