//===- Dota.cpp - the dota dialect and its types ----------------------------===//
//
// Verifiers, folders and counts of work lie in files of their own beside this one.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/Dota.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
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

namespace {

/// Scales of hundreds of columns stand at the top of a module, not in every op.
struct DotaAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Type type, raw_ostream &os) const final {
    auto columns = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
    if (!columns || columns.getScales().size() <= 16)
      return AliasResult::NoAlias;
    os << "i" << columns.getStorageTypeIntegralWidth() << "_per_column";
    return AliasResult::FinalAlias;
  }
};

} // namespace

void DotaDialect::initialize() {
  addInterfaces<DotaAsmInterface>();
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
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/false) ||
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
    return emitError()
           << "mask has " << shape.size()
           << " dimensions; heads x rows x keys or batch x heads x rows x keys expected";
  if (llvm::is_contained(shape, 0))
    return emitError() << "mask has an extent of 0";
  if (keep < 1 || keep > shape.back())
    return emitError() << "mask keeps " << keep << " of " << shape.back() << " keys";
  return success();
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

ParseResult ProgramOp::parse(OpAsmParser &parser, OperationState &result) {
  auto build = [](Builder &builder, ArrayRef<Type> arguments, ArrayRef<Type> results,
                  function_interface_impl::VariadicFlag,
                  std::string &) { return builder.getFunctionType(arguments, results); };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false, getFunctionTypeAttrName(result.name), build,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void ProgramOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false,
                                           getFunctionTypeAttrName(), getArgAttrsAttrName(),
                                           getResAttrsAttrName());
}
