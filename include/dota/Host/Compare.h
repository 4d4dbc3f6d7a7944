//===- Compare.h - the device against the f32 reference, op by op -*- C++ -*-===//
//
// Both sides run as compiled code: the reference as what the f32 ops mean, the
// device as what its fixed-point ops mean, which is to the bit what the simulator
// computes. Saturations are the simulator's.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_HOST_COMPARE_H
#define DOTA_HOST_COMPARE_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Host/Jit.h"
#include "dota/runtime/ProgramFile.h"
#include "dota/runtime/Statistics.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::dota {

/// One op's values on the device beside those of the reference. Where the reference
/// is not finite nothing is compared.
struct ComparedOp {
  /// Without the dialect: "linear".
  std::string kind;
  ::dota::Program::Location place;
  llvm::SmallVector<int64_t> shape;
  /// Sums of squares, of the reference and of the differences from it.
  double signal = 0, noise = 0;
  /// The largest magnitude of the reference.
  float range = 0;
  float largestError = 0;
  /// Where that is, in the reference's shape.
  llvm::SmallVector<int64_t> largestAt;
  /// Values compared; 0 where the op did not run on the device.
  int64_t values = 0;
  /// Counted at the op's place for ops of its kind; none without a simulation.
  std::optional<uint64_t> saturations;
  /// Compared ops of this kind at this place, which have their saturations together.
  int64_t sharing = 1;

  /// Signal-to-noise ratio in dB: infinite where nothing differs.
  double decibels() const;
};

class Comparison {
public:
  /// Takes the f32 dota ops of a raised module, in program order. They get numbers
  /// (`dota.number`), which their fixed-point forms keep.
  explicit Comparison(ModuleOp raised);

  /// Runs `function` of the raised module in f32 and keeps every op's values: as much
  /// memory as all of them need. Reports errors.
  LogicalResult runReference(ModuleOp raised, StringRef function, ArrayRef<HostTensor> inputs);

  /// Runs the module that became of it, with device programs, and compares. Reports
  /// errors. Once, after the reference.
  LogicalResult runDevice(ModuleOp programs, StringRef function, ArrayRef<HostTensor> inputs);

  /// Takes the saturations of a simulation of these programs.
  void count(const ::dota::Statistics &statistics);

  /// Those that ran on the device.
  std::vector<const ComparedOp *> compared() const;
  /// The first op whose ratio is below `decibels`, or null.
  const ComparedOp *firstBelow(double decibels) const;

  /// A table, one line an op.
  std::string text() const;
  /// {"version", "ops": [{"op", "name", "file", "line", "column", "shape", "values",
  /// "snr", "error", "index", "range", "saturations", "sharing"}]}, "snr" null where
  /// nothing differs.
  std::string json() const;

private:
  std::vector<ComparedOp> ops;
  /// Values of the reference, until they have been compared.
  std::vector<std::vector<float>> reference;
};

/// "linear at model.mlir:3:5", with its name where it has one.
std::string describe(const ComparedOp &op);

} // namespace mlir::dota

#endif // DOTA_HOST_COMPARE_H
