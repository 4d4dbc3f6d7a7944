//===- RuntimeCalls.cpp - calls of the host runtime in IR ------------------===//

#include "dota/Host/RuntimeCalls.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::dota;

void mlir::dota::callRuntime(OpBuilder &builder, Location loc, ModuleOp module, StringRef function,
                             ValueRange operands) {
  if (!module.lookupSymbol(function)) {
    OpBuilder outside = OpBuilder::atBlockBegin(module.getBody());
    auto type = outside.getFunctionType(operands.getTypes(), {});
    auto declaration = func::FuncOp::create(outside, module.getLoc(), function, type);
    declaration.setPrivate();
    declaration->setAttr("llvm.emit_c_interface", outside.getUnitAttr());
  }
  func::CallOp::create(builder, loc, function, TypeRange{}, operands);
}

void mlir::dota::callWithText(OpBuilder &builder, Location loc, ModuleOp module, StringRef function,
                              StringRef text, ValueRange operands) {
  int64_t length = text.size();
  auto stored = MemRefType::get({length}, builder.getI8Type());
  auto bytes =
      DenseElementsAttr::getFromRawBuffer(RankedTensorType::get({length}, builder.getI8Type()),
                                          ArrayRef<char>(text.begin(), text.end()));
  // One global a text: the same assertion stands in every layer.
  memref::GlobalOp global;
  for (auto known : module.getOps<memref::GlobalOp>())
    if (known.getInitialValueAttr() == bytes)
      global = known;
  if (!global) {
    OpBuilder outside(module.getContext());
    global = memref::GlobalOp::create(outside, module.getLoc(), "dota_text",
                                      outside.getStringAttr("private"), stored, bytes,
                                      /*constant=*/true, /*alignment=*/nullptr);
    SymbolTable(module).insert(global, module.getBody()->begin());
  }
  Value view = memref::GetGlobalOp::create(builder, loc, stored, global.getSymName());
  auto open = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  SmallVector<Value> all{memref::CastOp::create(builder, loc, open, view)};
  all.append(operands.begin(), operands.end());
  callRuntime(builder, loc, module, function, all);
}
