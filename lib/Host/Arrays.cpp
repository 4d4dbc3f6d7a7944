//===- Arrays.cpp - host tensors from and to .npy arrays --------------------===//

#include "dota/Host/Arrays.h"
#include "dota/runtime/Error.h"

using namespace mlir;
using namespace mlir::dota;

static std::optional<::dota::NpyType> npyTypeOf(Type element) {
  using ::dota::NpyType;
  if (element.isF16())
    return NpyType::F16;
  if (element.isF32())
    return NpyType::F32;
  if (element.isF64())
    return NpyType::F64;
  if (element.isInteger(1))
    return NpyType::Bool;
  if (element.isInteger(32))
    return NpyType::I32;
  if (element.isInteger(64))
    return NpyType::I64;
  return std::nullopt;
}

static std::string textOf(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static void checkElement(const ::dota::NpyArray &array, RankedTensorType type, StringRef name) {
  if (npyTypeOf(type.getElementType()) != array.type)
    throw ::dota::Error(
        (name + " holds " + array.typeText() + "; the function takes " + textOf(type)).str());
}

HostTensor mlir::dota::tensorFromNpy(::dota::NpyArray array, RankedTensorType type,
                                     StringRef name) {
  checkElement(array, type, name);
  if (!llvm::equal(array.shape, type.getShape()))
    throw ::dota::Error(
        (name + " holds " + array.typeText() + "; the function takes " + textOf(type)).str());
  HostTensor tensor{type, {}};
  tensor.data.assign(array.bytes.begin(), array.bytes.end());
  return tensor;
}

std::vector<HostTensor> mlir::dota::tensorsFromNpy(const ::dota::NpyArray &array,
                                                   RankedTensorType type, StringRef name) {
  bool several = array.shape.size() == static_cast<size_t>(type.getRank()) + 1 &&
                 array.shape.front() != 0 &&
                 llvm::equal(ArrayRef(array.shape).drop_front(), type.getShape());
  if (!several)
    return {tensorFromNpy(array, type, name)};
  checkElement(array, type, name);
  std::vector<HostTensor> tensors;
  size_t bytes = array.bytes.size() / array.shape.front();
  for (uint64_t run = 0; run < array.shape.front(); ++run) {
    HostTensor &tensor = tensors.emplace_back(HostTensor{type, {}});
    auto first = array.bytes.begin() + run * bytes;
    tensor.data.assign(first, first + bytes);
  }
  return tensors;
}

::dota::NpyArray mlir::dota::npyFromTensor(HostTensor tensor, StringRef name) {
  auto type = npyTypeOf(tensor.type.getElementType());
  if (!type)
    throw ::dota::Error((name + " is " + textOf(tensor.type) +
                         "; .npy files hold f16, f32, f64, i1, i32 or i64 here")
                            .str());
  ::dota::NpyArray array{*type, {}, {}};
  array.shape.assign(tensor.type.getShape().begin(), tensor.type.getShape().end());
  array.bytes.assign(tensor.data.begin(), tensor.data.end());
  return array;
}
