//===- JitTest.cpp - host code under the execution engine ------------------===//

#include "dota/Host/Jit.h"
#include "HostFixture.h"

using namespace mlir;
using namespace mlir::dota;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class JitTest : public HostFixture {
protected:
  std::unique_ptr<Jit> compile(StringRef text, const JitOptions &options = {}) {
    auto jit = Jit::create(parse(text), "", options);
    return succeeded(jit) ? std::move(*jit) : nullptr;
  }
  template <class T>
  static std::vector<T> values(const HostTensor &tensor) {
    std::vector<T> result(tensor.data.size() / sizeof(T));
    std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
    return result;
  }
};

TEST_F(JitTest, TakesAndReturnsSeveralTensors) {
  auto jit = compile(R"(
    func.func @main(%a: tensor<2x2xf32>, %n: tensor<3xi64>, %p: tensor<2xi1>, %s: tensor<f64>)
        -> (tensor<2x2xf32>, tensor<3xi64>, tensor<2xi1>, tensor<f64>) {
      %twice = arith.addf %a, %a : tensor<2x2xf32>
      %square = arith.muli %n, %n : tensor<3xi64>
      return %twice, %square, %p, %s : tensor<2x2xf32>, tensor<3xi64>, tensor<2xi1>, tensor<f64>
    })");
  ASSERT_TRUE(jit) << diagnostics;
  Builder b(&context);
  auto results = jit->run({tensor<float>({2, 2}, b.getF32Type(), {1, 2, 3, 4}),
                           tensor<int64_t>({3}, b.getI64Type(), {-1, 2, 3}),
                           tensor<char>({2}, b.getI1Type(), {0, 1}),
                           tensor<double>({}, b.getF64Type(), {0.5})});
  ASSERT_TRUE(bool(results)) << toString(results.takeError());
  ASSERT_EQ(results->size(), 4u);
  EXPECT_THAT(values<float>((*results)[0]), ElementsAre(2, 4, 6, 8));
  EXPECT_THAT(values<int64_t>((*results)[1]), ElementsAre(1, 4, 9));
  EXPECT_THAT(values<char>((*results)[2]), ElementsAre(0, 1));
  EXPECT_THAT(values<double>((*results)[3]), ElementsAre(0.5));
}

// 512 i1 and f32 values are more than LLVM is given.
TEST_F(JitTest, ReadsLargeConstants) {
  auto jit = compile(R"(
    func.func @main(%a: tensor<512xf32>) -> (tensor<512xf32>, tensor<2048xi1>) {
      %c = arith.constant dense_resource<weights> : tensor<512xf32>
      %s = arith.constant dense<true> : tensor<2048xi1>
      %r = arith.addf %a, %c : tensor<512xf32>
      return %r, %s : tensor<512xf32>, tensor<2048xi1>
    }
    {-# dialect_resources: { builtin: { weights: "0x04000000)" +
                     [] {
                       std::string hex;
                       for (int i = 0; i < 512; ++i)
                         hex += "0000803f";
                       return hex;
                     }() +
                     R"(" } } #-})");
  ASSERT_TRUE(jit) << diagnostics;
  auto results =
      jit->run({tensor<float>({512}, Float32Type::get(&context), std::vector<float>(512, 2.0f))});
  ASSERT_TRUE(bool(results)) << toString(results.takeError());
  EXPECT_THAT(values<float>((*results)[0]), testing::Each(3.0f));
  EXPECT_THAT(values<char>((*results)[1]), testing::Each(1));
}

TEST_F(JitTest, LibraryProductsEqualLoops) {
  // A transposed operand, a batch, and two reduction loops.
  const char *text = R"(
    #a = affine_map<(b, m, n, k, l) -> (b, k, m, l)>
    #b = affine_map<(b, m, n, k, l) -> (n, b, l, k)>
    #c = affine_map<(b, m, n, k, l) -> (b, n, m)>
    func.func @main(%x: tensor<3x4x16x5xf32>, %y: tensor<12x3x5x4xf32>) -> tensor<3x12x16xf32> {
      %zero = arith.constant 0.0 : f32
      %empty = tensor.empty() : tensor<3x12x16xf32>
      %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x12x16xf32>) -> tensor<3x12x16xf32>
      %r = linalg.generic {indexing_maps = [#a, #b, #c],
          iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
          ins(%x, %y : tensor<3x4x16x5xf32>, tensor<12x3x5x4xf32>)
          outs(%init : tensor<3x12x16xf32>) {
      ^bb0(%p: f32, %q: f32, %acc: f32):
        %t = arith.mulf %p, %q : f32
        %u = arith.addf %acc, %t : f32
        linalg.yield %u : f32
      } -> tensor<3x12x16xf32>
      return %r : tensor<3x12x16xf32>
    })";
  std::vector<float> x(3 * 4 * 16 * 5), y(12 * 3 * 5 * 4);
  // Small integers: every order of summation gives the same.
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<int>(i * 7 % 13) - 6;
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = static_cast<int>(i * 5 % 11) - 5;
  Type f32 = Float32Type::get(&context);
  std::vector<std::vector<float>> both;
  for (bool library : {false, true}) {
    JitOptions options;
    options.libraryProducts = library;
    auto jit = compile(text, options);
    ASSERT_TRUE(jit) << diagnostics;
    auto results =
        jit->run({tensor<float>({3, 4, 16, 5}, f32, x), tensor<float>({12, 3, 5, 4}, f32, y)});
    ASSERT_TRUE(bool(results)) << toString(results.takeError());
    both.push_back(values<float>((*results)[0]));
  }
  EXPECT_EQ(both[0], both[1]);
  EXPECT_NE(both[0], std::vector<float>(both[0].size()));
}

TEST_F(JitTest, FailedAssertionIsAnError) {
  auto jit = compile(R"(
    func.func @main(%a: tensor<2xi32>) -> tensor<2xi32> {
      %empty = tensor.empty() : tensor<2xi32>
      %r = linalg.map ins(%a : tensor<2xi32>) outs(%empty : tensor<2xi32>) (%v: i32, %o: i32) {
        %zero = arith.constant 0 : i32
        %fine = arith.cmpi sge, %v, %zero : i32
        cf.assert %fine, "ids are not negative"
        linalg.yield %v : i32
      }
      return %r : tensor<2xi32>
    })");
  ASSERT_TRUE(jit) << diagnostics;
  Type i32 = IntegerType::get(&context, 32);
  auto wrong = jit->run({tensor<int32_t>({2}, i32, {1, -1})});
  ASSERT_FALSE(bool(wrong));
  EXPECT_THAT(toString(wrong.takeError()), HasSubstr("ids are not negative"));
  auto right = jit->run({tensor<int32_t>({2}, i32, {1, 2})});
  ASSERT_TRUE(bool(right)) << toString(right.takeError());
  EXPECT_THAT(values<int32_t>((*right)[0]), ElementsAre(1, 2));
}

TEST_F(JitTest, RefusesDynamicShapes) {
  EXPECT_FALSE(compile("func.func @main(%a: tensor<?xf32>) -> tensor<?xf32> {"
                       " return %a : tensor<?xf32> }"));
  EXPECT_THAT(diagnostics, HasSubstr("argument 0 of 'main' has type 'tensor<?xf32>'"));
}

TEST_F(JitTest, RefusesFunctionsWithoutBody) {
  EXPECT_FALSE(
      compile("func.func private @foo() func.func @main() { call @foo() : () -> () return }"));
  EXPECT_THAT(diagnostics, HasSubstr("function 'foo' has no body"));
}

TEST_F(JitTest, NamesTheCandidatesWhereThereIsNoMain) {
  EXPECT_FALSE(compile("func.func @f() { return } func.func @g() { return }"));
  EXPECT_THAT(diagnostics, HasSubstr("no function 'main', and 2 public functions"));
}

} // namespace
