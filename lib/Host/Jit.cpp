//===- Jit.cpp - compiles and runs a module of upstream dialects -----------===//

#include "dota/Host/Jit.h"
#include "Symbols.h"
#include "dota/Host/Session.h"
#include "dota/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <bit>
#include <cstdlib>
#include <cstring>
#include <set>

using namespace mlir;
using namespace mlir::dota;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

int64_t HostTensor::elementBytes(Type elementType) {
  return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
}

HostTensor HostTensor::zeros(RankedTensorType type) {
  return {type, std::vector<char>(type.getNumElements() * elementBytes(type.getElementType()))};
}

namespace {

bool isHostElement(Type type) {
  return type.isF16() || type.isF32() || type.isF64() || type.isSignlessInteger(1) ||
         type.isSignlessInteger(8) || type.isSignlessInteger(32) || type.isSignlessInteger(64);
}

LogicalResult takeTypes(FunctionOpInterface function, StringRef what, ArrayRef<Type> types,
                        SmallVectorImpl<RankedTensorType> &taken) {
  for (auto [number, type] : llvm::enumerate(types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape() || !isHostElement(tensor.getElementType()))
      return function.emitError() << what << " " << number << " of '" << function.getName()
                                  << "' has type " << type
                                  << "; a static tensor of f16, f32, f64, i1, i8, i32 or i64 "
                                     "expected";
    taken.push_back(tensor);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Constants that LLVM does not see: code has their addresses.
struct DetachedConstants {
  llvm::StringMap<const char *> addresses;
  // Bytes that are not the attribute's own.
  std::vector<std::unique_ptr<char[]>> owned;
};

/// A constant larger than this many bytes is kept from LLVM, which would copy
/// and print it into an object file.
constexpr int64_t kLargestInlineConstant = 1024;

/// Row-major bytes of `value`, one element after the other, or null.
const char *bytesOf(ElementsAttr value, DetachedConstants &constants) {
  ShapedType type = value.getShapedType();
  int64_t width = HostTensor::elementBytes(type.getElementType());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || static_cast<int64_t>(blob->getData().size()) != type.getNumElements() * width)
      return nullptr;
    return blob->getData().data();
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return nullptr;
  ArrayRef<char> raw = dense.getRawData();
  bool packedBits = type.getElementType().isInteger(1);
  if (!dense.isSplat() && !packedBits)
    return raw.data();
  auto bytes = std::make_unique<char[]>(type.getNumElements() * width);
  if (packedBits) {
    for (auto [index, bit] : llvm::enumerate(dense.getValues<bool>()))
      bytes[index] = bit;
  } else {
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      std::memcpy(&bytes[i * width], raw.data(), width);
  }
  constants.owned.push_back(std::move(bytes));
  return constants.owned.back().get();
}

/// Takes the values of large constant globals away. The attributes stay alive in
/// the context, and their bytes with them.
void detachConstants(ModuleOp module, DetachedConstants &constants) {
  for (auto global : module.getOps<memref::GlobalOp>()) {
    auto value = dyn_cast_or_null<ElementsAttr>(global.getInitialValueAttr());
    if (!value || !value.getElementType().isIntOrFloat())
      continue;
    int64_t size = value.getNumElements() * HostTensor::elementBytes(value.getElementType());
    if (size <= kLargestInlineConstant)
      continue;
    if (const char *bytes = bytesOf(value, constants)) {
      constants.addresses[global.getSymName()] = bytes;
      global.setInitialValueAttr(UnitAttr::get(module.getContext()));
    }
  }
}

/// Names detached constants by their address. The code runs in this process, so
/// that no relocation has to reach memory that may lie anywhere.
void attachConstants(ModuleOp module, const DetachedConstants &constants) {
  module.walk([&](LLVM::AddressOfOp op) {
    auto found = constants.addresses.find(op.getGlobalName());
    if (found == constants.addresses.end())
      return;
    OpBuilder builder(op);
    Value address = LLVM::ConstantOp::create(
        builder, op.getLoc(), builder.getI64Type(),
        builder.getI64IntegerAttr(reinterpret_cast<int64_t>(found->second)));
    op.replaceAllUsesWith(
        LLVM::IntToPtrOp::create(builder, op.getLoc(), op.getType(), address).getResult());
    op.erase();
  });
  for (auto global : llvm::make_early_inc_range(module.getOps<LLVM::GlobalOp>()))
    if (constants.addresses.contains(global.getSymName()))
      global.erase();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

struct DecomposeAggregates : OpInterfaceRewritePattern<linalg::AggregatedOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::AggregatedOpInterface op,
                                PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
    if (failed(values))
      return failure();
    rewriter.replaceOp(op, *values);
    return success();
  }
};

/// Rewrites what one-shot bufferisation has no rule for.
LogicalResult prepare(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  patterns.add<DecomposeAggregates>(module.getContext());
  tensor::populateDecomposeTensorConcatPatterns(patterns);
  return applyPatternsGreedily(module, std::move(patterns));
}

void addBufferization(PassManager &pm) {
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.functionBoundaryTypeConversion = bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  bufferization::buildBufferDeallocationPipeline(pm);
  pm.addPass(createConvertBufferizationToMemRefPass());
}

void addLowering(PassManager &pm, const JitOptions &options) {
  if (options.libraryProducts)
    pm.addPass(createCallContractions());
  pm.addPass(createOutlineLoops());
  pm.addPass(func::createDuplicateFunctionEliminationPass());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(createReportAssertions());
  math::MathExpandOpsPassOptions powers;
  powers.opMnemonics = {"fpowi"};
  pm.addNestedPass<func::FuncOp>(math::createMathExpandOpsPass(powers));
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertMathToFuncs());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertComplexToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

bool isHostRuntimeFunction(StringRef name) {
  for (const HostSymbol &symbol : hostSymbols())
    if (StringRef(symbol.name) == ("_mlir_ciface_" + name).str())
      return true;
  return false;
}

std::string messageOf(llvm::Error error) { return llvm::toString(std::move(error)); }

} // namespace

//===----------------------------------------------------------------------===//
// Jit
//===----------------------------------------------------------------------===//

struct Jit::Impl {
  SmallVector<RankedTensorType> arguments, results;
  DetachedConstants constants;
  // The attributes that `constants` points into live in its context.
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<ExecutionEngine> engine;
  void (*entry)(void **) = nullptr;
};

Jit::Jit() : impl(std::make_unique<Impl>()) {}
Jit::~Jit() = default;
ArrayRef<RankedTensorType> Jit::getArgumentTypes() const { return impl->arguments; }
ArrayRef<RankedTensorType> Jit::getResultTypes() const { return impl->results; }

FunctionOpInterface mlir::dota::findEntry(ModuleOp module, StringRef name) {
  SmallVector<func::FuncOp> candidates;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    if (function.getSymName() == (name.empty() ? "main" : name))
      return function;
    if (function.isPublic())
      candidates.push_back(function);
  }
  if (!name.empty()) {
    module.emitError() << "the module has no function '" << name << "'";
    return {};
  }
  if (candidates.size() == 1)
    return candidates.front();
  auto diagnostic = module.emitError()
                    << "the module has no function 'main', and " << candidates.size()
                    << " public functions; name one with --function";
  for (func::FuncOp candidate : candidates)
    diagnostic.attachNote(candidate.getLoc()) << "'" << candidate.getSymName() << "'";
  return {};
}

FailureOr<std::unique_ptr<Jit>> Jit::create(OwningOpRef<ModuleOp> owned, StringRef function,
                                            const JitOptions &options) {
  ModuleOp module = *owned;
  MLIRContext *context = module.getContext();
  FunctionOpInterface entry = findEntry(module, function);
  if (!entry)
    return failure();
  std::unique_ptr<Jit> jit(new Jit());
  Impl &impl = *jit->impl;
  if (failed(takeTypes(entry, "argument", entry.getArgumentTypes(), impl.arguments)) ||
      failed(takeTypes(entry, "result", entry.getResultTypes(), impl.results)))
    return failure();

  // A model's function may be called `tanh`; the code we call must not find it.
  SymbolTable symbols(module);
  for (auto callee : llvm::to_vector(module.getOps<func::FuncOp>())) {
    if (callee.isExternal()) {
      if (isHostRuntimeFunction(callee.getSymName()))
        continue;
      return callee.emitError() << "function '" << callee.getSymName() << "' has no body";
    }
    if (failed(symbols.rename(callee, "host_" + callee.getSymName().str())))
      return failure();
  }
  std::string entryName = entry.getName().str();
  OpBuilder builder(context);
  entry->setAttr("llvm.emit_c_interface", builder.getUnitAttr());
  for (unsigned i = 0; i < entry.getNumArguments(); ++i)
    entry.setArgAttr(i, "bufferization.writable", builder.getBoolAttr(false));

  if (failed(prepare(module)))
    return failure();
  PassManager buffers(context);
  addBufferization(buffers);
  if (failed(buffers.run(module)))
    return failure();
  // They have done their work; translation to LLVM would warn of them.
  for (auto callee : module.getOps<func::FuncOp>())
    for (unsigned i = 0; i < callee.getNumArguments(); ++i)
      for (StringRef attribute : {"bufferization.access", "bufferization.writable"})
        callee.removeArgAttr(i, attribute);
  detachConstants(module, impl.constants);
  PassManager lowering(context);
  addLowering(lowering, options);
  if (failed(lowering.run(module)))
    return failure();
  attachConstants(module, impl.constants);

  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry translations;
  registerAllToLLVMIRTranslations(translations);
  context->appendDialectRegistry(translations);

  auto fail = [&](llvm::Error error) {
    return module.emitError() << "cannot compile the host part: " << messageOf(std::move(error));
  };
  auto hostBuilder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!hostBuilder)
    return fail(hostBuilder.takeError());
  hostBuilder->setCodeGenOptLevel(static_cast<llvm::CodeGenOptLevel>(options.optLevel));
  auto target = hostBuilder->createTargetMachine();
  if (!target)
    return fail(target.takeError());
  auto optimize = makeOptimizingTransformer(options.optLevel, /*sizeLevel=*/0, target->get());
  ExecutionEngineOptions engineOptions;
  engineOptions.transformer = optimize;
  engineOptions.jitCodeGenOptLevel = static_cast<llvm::CodeGenOptLevel>(options.optLevel);
  engineOptions.enableGDBNotificationListener = false;
  engineOptions.enablePerfNotificationListener = false;
  auto engine = ExecutionEngine::create(module, engineOptions, std::move(*target));
  if (!engine)
    return fail(engine.takeError());
  (*engine)->registerSymbols([&](llvm::orc::MangleAndInterner mangle) {
    llvm::orc::SymbolMap map;
    auto add = [&](StringRef name, void *address) {
      map[mangle(name)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                           llvm::JITSymbolFlags::Exported};
    };
    for (const HostSymbol &symbol : hostSymbols())
      add(symbol.name, symbol.address);
    return map;
  });
  impl.engine = std::move(*engine);
  // Compiled on first look-up; what cannot be resolved is an error now.
  if (auto address = impl.engine->lookup("_mlir__mlir_ciface_" + entryName); !address)
    return fail(address.takeError());
  else
    impl.entry = reinterpret_cast<void (*)(void **)>(*address);
  impl.module = std::move(owned);
  return jit;
}

llvm::Expected<std::vector<HostTensor>> Jit::run(ArrayRef<HostTensor> inputs) {
  HostSession session;
  return run(inputs, session);
}

llvm::Expected<std::vector<HostTensor>> Jit::run(ArrayRef<HostTensor> inputs,
                                                 HostSession &session) {
  if (inputs.size() != impl->arguments.size())
    return llvm::createStringError("%zu inputs given; the function takes %zu", inputs.size(),
                                   impl->arguments.size());

  // A memref descriptor: allocated pointer, aligned pointer, offset, sizes,
  // strides; all of 8 bytes.
  std::vector<std::vector<int64_t>> descriptors;
  for (auto [input, type] : llvm::zip_equal(inputs, impl->arguments)) {
    assert(input.type == type && "the caller checks types");
    auto &descriptor = descriptors.emplace_back(3 + 2 * type.getRank());
    descriptor[0] = descriptor[1] = reinterpret_cast<int64_t>(input.data.data());
    int64_t stride = 1;
    for (int64_t d = type.getRank() - 1; d >= 0; --d) {
      descriptor[3 + d] = type.getDimSize(d);
      descriptor[3 + type.getRank() + d] = stride;
      stride *= type.getDimSize(d);
    }
  }
  int64_t resultWords = 0;
  for (RankedTensorType type : impl->results)
    resultWords += 3 + 2 * type.getRank();
  std::vector<int64_t> resultDescriptors(resultWords);

  std::vector<void *> values;
  if (!impl->results.empty())
    values.push_back(resultDescriptors.data());
  for (auto &descriptor : descriptors)
    values.push_back(descriptor.data());
  std::vector<void *> packed;
  packed.reserve(values.size());
  for (void *&value : values)
    packed.push_back(static_cast<void *>(&value));

  HostSession *outer = HostSession::current;
  HostSession::current = &session;
  session.error.clear();
  if (setjmp(session.escape) == 0)
    impl->entry(packed.data());
  HostSession::current = outer;
  if (!session.error.empty())
    return llvm::createStringError(llvm::inconvertibleErrorCode(), session.error);

  std::vector<HostTensor> results;
  std::set<void *> allocated;
  const int64_t *descriptor = resultDescriptors.data();
  for (RankedTensorType type : impl->results) {
    HostTensor result = HostTensor::zeros(type);
    int64_t width = HostTensor::elementBytes(type.getElementType());
    const char *from = std::bit_cast<const char *>(descriptor[1]) + descriptor[2] * width;
    std::memcpy(result.data.data(), from, result.data.size());
    allocated.insert(std::bit_cast<void *>(descriptor[0]));
    results.push_back(std::move(result));
    descriptor += 3 + 2 * type.getRank();
  }
  for (void *memory : allocated)
    std::free(memory);
  return results;
}
