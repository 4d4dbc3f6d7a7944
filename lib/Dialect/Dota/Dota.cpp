//===- Dota.cpp - the dota dialect: types, verifiers, folders ---------------===//

#include "dota/Dialect/Dota/Dota.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::dota;

#include "dota/Dialect/Dota/DotaDialect.cpp.inc"
#include "dota/Dialect/Dota/DotaEnums.cpp.inc"
#include "dota/Dialect/Dota/DotaInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dota/Dialect/Dota/DotaAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dota/Dialect/Dota/DotaTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dota/Dialect/Dota/DotaOps.cpp.inc"

void DotaDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dota/Dialect/Dota/DotaAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dota/Dialect/Dota/DotaTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dota/Dialect/Dota/DotaOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Mask type
//===----------------------------------------------------------------------===//

Type MaskType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  int64_t keep;
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/false) ||
      parser.parseComma() || parser.parseKeyword("keep") || parser.parseEqual() ||
      parser.parseInteger(keep) || parser.parseGreater())
    return {};
  return parser.getChecked<MaskType>(parser.getContext(), shape, keep);
}

void MaskType::print(AsmPrinter &printer) const {
  printer << '<';
  llvm::interleave(getShape(), printer.getStream(), "x");
  printer << ", keep = " << getKeep() << '>';
}

LogicalResult MaskType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> shape, int64_t keep) {
  if (shape.size() != 3 && shape.size() != 4)
    return emitError() << "mask has " << shape.size()
                       << " dimensions; heads x rows x keys or batch x heads x rows x keys expected";
  if (keep < 1 || keep > shape.back())
    return emitError() << "mask keeps " << keep << " of " << shape.back() << " keys";
  return success();
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

ParseResult ProgramOp::parse(OpAsmParser &parser, OperationState &result) {
  auto build = [](Builder &builder, ArrayRef<Type> arguments, ArrayRef<Type> results,
                  function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(arguments, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false, getFunctionTypeAttrName(result.name), build,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void ProgramOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false,
                                           getFunctionTypeAttrName(), getArgAttrsAttrName(),
                                           getResAttrsAttrName());
}

LogicalResult ProgramOp::verify() { return success(); }
LogicalResult ReturnOp::verify() { return success(); }
LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) { return success(); }

LogicalResult LinearOp::verify() { return success(); }
LogicalResult AttentionOp::verify() { return success(); }
LogicalResult DetectOp::verify() { return success(); }
LogicalResult MaskedAttentionOp::verify() { return success(); }
LogicalResult SoftmaxOp::verify() { return success(); }
LogicalResult LayerNormOp::verify() { return success(); }
LogicalResult RmsNormOp::verify() { return success(); }
LogicalResult ActivationOp::verify() { return success(); }
LogicalResult AddOp::verify() { return success(); }
LogicalResult MulOp::verify() { return success(); }
LogicalResult QuantizeOp::verify() { return success(); }
LogicalResult DequantizeOp::verify() { return success(); }
LogicalResult ConstantOp::verify() { return success(); }

OpFoldResult QuantizeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }
void LinearOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
