//===- RaiseTest.cpp - raising keeps what a function computes ---------------===//
//
// Runs every function of test/Raise as it is and as raised, on the same random
// inputs. What must be raised and what must not, those files say themselves.
//
//===----------------------------------------------------------------------===//

#include "HostFixture.h"
#include "dota/Pipeline/Pipeline.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::dota;

namespace {

class RaiseTest : public HostFixture, public testing::WithParamInterface<const char *> {
protected:
  /// Floats in -1 .. 1; integers, as they count tokens or are masks, 0 or 1; and
  /// three quarters of the booleans true.
  static HostTensor random(RankedTensorType type, std::mt19937 &generator) {
    HostTensor tensor = HostTensor::zeros(type);
    auto fill = [&](auto zero, auto draw) {
      using T = decltype(zero);
      for (int64_t i = 0; i < type.getNumElements(); ++i) {
        T value = static_cast<T>(draw());
        std::memcpy(tensor.data.data() + i * sizeof(T), &value, sizeof(T));
      }
    };
    auto real = [&] { return (generator() % 2001) / 1000.0 - 1; };
    auto bit = [&] { return generator() % 2; };
    Type element = type.getElementType();
    if (element.isF32())
      fill(float(), real);
    else if (element.isF64())
      fill(double(), real);
    else if (element.isInteger(1))
      fill(char(), [&] { return generator() % 4 != 0; });
    else if (element.isInteger(32))
      fill(int32_t(), bit);
    else if (element.isInteger(64))
      fill(int64_t(), bit);
    else
      ADD_FAILURE() << "an argument of another type";
    return tensor;
  }

  static std::vector<double> values(const HostTensor &tensor) {
    std::vector<double> result(tensor.type.getNumElements());
    auto read = [&](auto zero) {
      for (size_t i = 0; i < result.size(); ++i) {
        std::memcpy(&zero, tensor.data.data() + i * sizeof(zero), sizeof(zero));
        result[i] = static_cast<double>(zero);
      }
    };
    Type element = tensor.type.getElementType();
    if (element.isF32())
      read(float());
    else if (element.isF64())
      read(double());
    else
      ADD_FAILURE() << "a result of another type";
    return result;
  }

  std::vector<HostTensor> run(ModuleOp module, bool isRaised, uint32_t seed) {
    OwningOpRef<ModuleOp> copy = module.clone();
    PassManager pm(&context);
    if (isRaised) {
      buildRaising(pm);
      pm.addPass(createDotaToLinalg());
    } else {
      buildFrontend(pm);
    }
    JitOptions options;
    options.optLevel = 0;
    if (failed(pm.run(*copy)))
      return {};
    auto jit = Jit::create(std::move(copy), "", options);
    if (failed(jit))
      return {};
    std::mt19937 generator(seed);
    std::vector<HostTensor> inputs;
    for (RankedTensorType type : (*jit)->getArgumentTypes())
      inputs.push_back(random(type, generator));
    auto results = (*jit)->run(inputs);
    if (!results) {
      diagnostics += toString(results.takeError());
      return {};
    }
    return std::move(*results);
  }
};

TEST_P(RaiseTest, KeepsValues) {
  std::string path = std::string(DOTA_SOURCE_DIR "/test/Raise/") + GetParam() + ".mlir";
  auto buffer = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(buffer)) << path;
  SmallVector<StringRef> parts;
  (*buffer)->getBuffer().split(parts, "// -----\n");
  for (StringRef part : parts) {
    diagnostics.clear();
    auto module = parse(part);
    ASSERT_TRUE(module);
    FunctionOpInterface entry = findEntry(*module, "");
    ASSERT_TRUE(entry) << diagnostics;
    std::string name = entry.getName().str();
    auto wanted = run(*module, /*isRaised=*/false, 1), got = run(*module, /*isRaised=*/true, 1);
    ASSERT_FALSE(wanted.empty()) << name << ": " << diagnostics;
    ASSERT_EQ(got.size(), wanted.size()) << name << ": " << diagnostics;
    for (size_t result = 0; result < wanted.size(); ++result) {
      std::vector<double> a = values(wanted[result]), b = values(got[result]);
      double largest = 0, difference = 0;
      for (size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::fabs(a[i]));
        // Also what is no number on one side only.
        difference = std::max(difference, std::isnan(a[i]) && std::isnan(b[i]) ? 0
                                          : std::isnan(a[i] - b[i]) ? INFINITY
                                                                    : std::fabs(a[i] - b[i]));
      }
      EXPECT_GT(largest, 0) << name;
      EXPECT_LE(difference, 2e-5 * largest) << name << ", result " << result;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, RaiseTest,
                         testing::Values("dota-raise-activation", "dota-raise-attention",
                                         "dota-raise-attention-spellings", "dota-raise-linear",
                                         "dota-raise-masks", "dota-raise-norm", "dota-raise-rotate",
                                         "near-misses"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
