//===- Jit.h - compiles and runs a module of upstream dialects --*- C++ -*-===//
//
// The host part of a model, or its f32 reference, under MLIR's execution
// engine: linalg on tensors -> buffers -> loops -> LLVM.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_HOST_JIT_H
#define DOTA_HOST_JIT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

namespace mlir::dota {

struct HostSession;

/// A tensor in host memory, row-major, little-endian; an i1 takes one byte.
struct HostTensor {
  RankedTensorType type;
  std::vector<char> data;

  /// Bytes of one element of `type`.
  static int64_t elementBytes(Type elementType);
  /// Zeros of a static shape.
  static HostTensor zeros(RankedTensorType type);
};

struct JitOptions {
  /// LLVM's optimisation level, 0 to 3.
  unsigned optLevel = 2;
  /// Call a library for matrix products of f32, instead of compiled loops.
  bool libraryProducts = true;
};

/// A compiled function.
class Jit {
public:
  ~Jit();

  /// Compiles `module`, which it consumes, for calls of `function`. Arguments and
  /// results are static tensors of f16, f32, f64, i1, i8, i32 or i64. Says what is
  /// wrong at its location otherwise.
  static FailureOr<std::unique_ptr<Jit>> create(OwningOpRef<ModuleOp> module, StringRef function,
                                                const JitOptions &options = {});

  ArrayRef<RankedTensorType> getArgumentTypes() const;
  ArrayRef<RankedTensorType> getResultTypes() const;

  /// Runs the function. `session` serves the calls that the code makes of the
  /// runtime. Fails with what the code reported: a false assertion, a failed launch.
  llvm::Expected<std::vector<HostTensor>> run(ArrayRef<HostTensor> inputs, HostSession &session);
  llvm::Expected<std::vector<HostTensor>> run(ArrayRef<HostTensor> inputs);

private:
  Jit();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

/// The function that a tool runs: `name`, or, where `name` is empty, `main` or
/// the only public function. Emits an error and returns null where there is none.
FunctionOpInterface findEntry(ModuleOp module, StringRef name);

} // namespace mlir::dota

#endif // DOTA_HOST_JIT_H
