//===- Compare.h - the device against the f32 reference, op by op -*- C++ -*-===//
//
// Both sides run as compiled code: the reference as what the f32 ops mean, the
// device as what its fixed-point ops mean, which is to the bit what the simulator
// computes. Saturations are the simulator's.
//
// Beside each op of the device runs what it means in f32 on the very operands that it
// had there. What lies between the two is the op's own error; what lies between that
// and the reference came in with the operands.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_HOST_COMPARE_H
#define DOTA_HOST_COMPARE_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/Jit.h"
#include "dota/runtime/ProgramFile.h"
#include "dota/runtime/Statistics.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::dota {

/// Values beside those they are measured by. Where the latter are not finite nothing
/// is compared.
struct Deviation {
  /// Sums of squares, of what is measured by and of the differences from it.
  double signal = 0, noise = 0;

  void take(float wanted, float value);
  Deviation &operator+=(const Deviation &other);
  /// Signal-to-noise ratio in dB: infinite where nothing differs.
  double decibels() const;
};

/// One line of a comparison: an op, or what was done to a value on its way to one.
struct ComparedOp {
  /// Without the dialect: "linear". Besides ops of the model "quantize", a value of the
  /// host as the device reads it; "narrow", a result in the fewer bits that products read
  /// it in; "omit", in f32, what an op leaves out: keys, or tokens.
  std::string kind;
  ::dota::Program::Location place;
  llvm::SmallVector<int64_t> shape;
  /// Of the result on the device: "fx16 e12"; of the weight it multiplies by, or "".
  std::string format, weight;
  /// The device against the reference, and against the f32 meaning of the op on the
  /// device's operands.
  Deviation error, own;
  /// The part of the error of the function's results that was made here, estimated; none
  /// where the results have no error.
  std::optional<double> share;
  /// The largest magnitude of the reference.
  float range = 0;
  float largestError = 0;
  /// Where that is, in the reference's shape.
  llvm::SmallVector<int64_t> largestAt;
  /// Values compared; 0 where the op did not run on the device.
  int64_t values = 0;
  /// Counted at the op's place for ops of its kind; none without a simulation, and for
  /// what is no op of the device.
  std::optional<uint64_t> saturations;
  /// Compared ops of this kind at this place, which have their saturations together.
  int64_t sharing = 1;
};

class Comparison {
public:
  /// Numbers the f32 dota ops of a raised module (`dota.number`), which their fixed-point
  /// forms keep; runs `function` of it in f32 and keeps every op's values: as much memory
  /// as all of them need. Reports errors.
  LogicalResult runReference(ModuleOp raised, StringRef function, ArrayRef<HostTensor> inputs);

  /// Runs the module that became of it, with device programs, and compares. Reports
  /// errors. Once, after the reference.
  LogicalResult runDevice(ModuleOp programs, StringRef function, ArrayRef<HostTensor> inputs);

  /// Takes the saturations of a simulation of these programs.
  void count(const ::dota::Statistics &statistics);

  /// Those that ran on the device, each after all that it reads.
  std::vector<const ComparedOp *> compared() const;
  /// The first whose ratio is below `decibels`, or null: of its error, or of its own.
  const ComparedOp *firstBelow(double decibels) const;
  const ComparedOp *firstOwnBelow(double decibels) const;

  /// A table, one line an op, and where most of the results' error was made.
  std::string text() const;
  /// {"version", "ops": [{"op", "name", "file", "line", "column", "shape", "format", "weight",
  /// "values", "snr", "own", "share", "error", "index", "range", "saturations", "sharing"}]},
  /// "snr" and "own" null where nothing differs.
  std::string json() const;

private:
  /// A value of the raised module that the device computes or reads.
  struct Source {
    std::string kind; ///< of the op that computes it; "" for a value of the host
    ::dota::Program::Location place;
    llvm::SmallVector<int64_t> shape;
    std::vector<float> reference; ///< until it has been compared
    /// Of an op: the sources that it reads, or -1, and its constants, or null.
    llvm::SmallVector<int64_t> operands;
    llvm::SmallVector<ElementsAttr> constants;
    /// Of a value of the host: the results of ops that it is computed from.
    llvm::SmallVector<int64_t> origins;
  };
  /// A line, and where its error may have come from.
  struct Row {
    ComparedOp op;
    int64_t source;
    /// As the simulator calls it: a narrowing is an activation.
    std::string countedAs;
    llvm::SmallVector<size_t> inputs; ///< rows
    /// Of each token, in their order: the squares of the reference and of the error.
    std::vector<double> signal, noise;
    /// Sums over the tokens of the squares of the errors by those of the reference.
    double own = 0, inherited = 0;
    /// Errors add up as they are.
    bool isSum = false;

    void take(llvm::ArrayRef<float> wanted, llvm::ArrayRef<float> meaning,
              llvm::ArrayRef<float> device);
  };
  struct Observed;

  void findSources(ModuleOp raised, StringRef function, llvm::SmallVectorImpl<Value> &values);
  int64_t sourceOf(Value fixed) const;
  std::vector<Observed> findRows(ModuleOp programs);
  Value floatMeaning(Operation *op, OpBuilder &builder) const;
  void estimateShares();

  /// Results of ops, by their numbers, then values of the host.
  std::vector<Source> sources;
  /// What the function's results are computed from.
  llvm::SmallVector<int64_t> results;
  std::vector<Row> rows;
};

/// "linear at model.mlir:3:5", with its name where it has one.
std::string describe(const ComparedOp &op);

} // namespace mlir::dota

#endif // DOTA_HOST_COMPARE_H
