//===- Plan.h - what a program becomes on the lanes, before any instruction ---===//
//
// The plan of one `dota.program`: how each value is spread over the lanes, which
// ops run together as one step, what stays in SRAM between steps, where barriers
// stand and where everything lies in DRAM. docs/lowering.md tells the story.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_CONVERSION_DOTATOLANE_PLAN_H
#define DOTA_CONVERSION_DOTATOLANE_PLAN_H

#include "dota/Dialect/Dota/Dota.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Machine.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include <map>
#include <memory>
#include <vector>

namespace mlir::dota::tolane {

/// Rows, columns or heads `begin` to `end - 1`.
struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
  bool empty() const { return begin >= end; }
  bool operator==(const Range &) const = default;
};

/// The range of each lane.
using Slicing = std::vector<Range>;

/// `count` things over the lanes, in whole `unit`s, the first lanes taking one more.
Slicing partition(int64_t count, unsigned lanes, int64_t unit = 1);

/// Bytes of `count` packed elements.
inline int64_t bytesOf(int64_t count, int bits) { return (count * bits + 7) / 8; }
inline int64_t alignBytes(int64_t bytes) { return (bytes + 63) / 64 * 64; }

enum class Storage {
  Tile,     ///< only ever a tile inside one step
  Resident, ///< each lane's columns in its SRAM
  Slices,   ///< each lane's columns in DRAM, one matrix a lane
  Dram,     ///< the whole matrix in DRAM
};

/// Who wrote, or reads, which part of a matrix in DRAM.
enum class Pattern { Host, Rows, Columns, Whole };

/// A tensor as the machine sees it: a matrix of rows (all leading dimensions) by
/// columns (the last), and where it is kept.
struct Matrix {
  Value value;
  size_t number = 0; ///< in order of definition
  int64_t rows = 1, cols = 1;
  bool isFloat = false; ///< f32; else fixed point
  int bits = 32;
  Precision precision = Precision::FX16;
  Exponents exponents; ///< of fixed point
  /// Columns that start on a whole byte together: all, or those of a head.
  int64_t unit = 1;

  Storage storage = Storage::Tile;
  Pattern written = Pattern::Host;
  /// Columns of each lane, of a private value or of one written by columns.
  Slicing slicing;
  bool isPrivate = false;
  int firstStep = -1, lastStep = -1;
  int64_t address = -1;                ///< of Storage::Dram
  SmallVector<int64_t> sliceAddresses; ///< of Storage::Slices, a lane
  int64_t writtenEpoch = -1;

  bool padded() const { return unit != cols && unit * bits % 8 != 0; }
  /// Bytes from the start of a row to column `c`.
  int64_t columnOffset(int64_t c) const;
  int64_t rowBytes(Range columns) const {
    return columnOffset(columns.end) - columnOffset(columns.begin);
  }
  int64_t rowBytes() const { return columnOffset(cols); }
  int exponent(int64_t column = 0) const { return exponents[column]; }
};

/// A mask that a `dota.detect` finds, or that is known.
struct MaskInfo {
  MaskType type;
  DetectOp op;          ///< null where it is known
  ConstantMaskOp known; ///< null where it is found
  int64_t id = 0;
  Slicing heads;
  /// Found where it is used, or by a step of its own that keeps the ids in DRAM.
  bool fused = false;
  /// One head for all of an attention's: rows are split over the lanes that find it.
  bool shared = false;
  SmallVector<int64_t> addresses; ///< a lane: heads x rows x keep ids, or of all rows
  /// Where linears leave out rows whose key nobody keeps: a byte a key, a row a head, or,
  /// of a shared mask, one a lane that finds a part of it. In DRAM; of one that is
  /// known the data has them.
  bool marked = false;
  int64_t marks = -1;
  int64_t foundEpoch = -1; ///< of a step of its own
};

/// A linear and the element-wise ops that run on its tiles.
struct Chain {
  // Getters of ops are not const.
  mutable LinearOp linear;
  SmallVector<Operation *> ops;
  /// Of a row-parallel linear: exact sums of each lane, rows x cols, or -1.
  SmallVector<int64_t> partials;
};

/// Has the op no instructions, as what it makes lies in DRAM from the start?
inline bool isConstant(Operation *op) {
  return op->hasTrait<OpTrait::ConstantLike>() || isa<ConstantMaskOp>(op);
}

class Kernel;

/// Ops that run together in one loop over tiles.
struct Step {
  enum Kind {
    Linear,    ///< column-parallel: a lane computes its columns
    Partial,   ///< row-parallel: a lane sums over its part of the depth
    Rows,      ///< whole rows, rows split over lanes; sums of lanes are added here
    Columns,   ///< element-wise on columns that lanes own
    Attention, ///< dense or masked, heads split over lanes
    Detect,    ///< a mask for later steps
    Copy,      ///< an operand to a result
  };
  Kind kind;
  SmallVector<Operation *> ops; ///< in program order
  std::vector<Chain> chains;    ///< Linear, Partial
  int64_t rows = 0;             ///< Rows, Columns
  Slicing slicing;              ///< Columns
  Value copied;                 ///< Copy
  int64_t copyAddress = -1;

  bool barrier = false; ///< before the step
  std::unique_ptr<Kernel> kernel;
  SmallVector<int64_t> scratch; ///< DRAM of the kernel's own, a lane
};

/// DRAM, handed out from address 0. What is released can be had again after the
/// barrier that follows.
class Dram {
public:
  int64_t allocate(int64_t bytes);
  int64_t allocateScratch(int64_t bytes, int64_t epoch);
  void release(int64_t address, int64_t epoch);
  int64_t size() const { return top; }

private:
  struct Free {
    int64_t address, bytes, epoch;
  };
  int64_t top = 0;
  std::vector<Free> free;
  std::map<int64_t, int64_t> sizes;
};

class Plan {
public:
  /// At most `mostResident` bytes of a lane's SRAM hold values between steps.
  Plan(ProgramOp program, const ::dota::Machine &machine, int64_t mostResident);
  ~Plan();
  LogicalResult make();

  Matrix &operator[](Value value) { return matrices.find(value)->second; }
  const Matrix &operator[](Value value) const { return matrices.find(value)->second; }
  MaskInfo &mask(Value value) { return masks.find(value)->second; }
  const MaskInfo &mask(Value value) const { return masks.find(value)->second; }

  unsigned lanes() const { return machine.lanes; }
  /// SRAM of a lane that a step can use beside what stays resident.
  int64_t room(int step) const;
  /// Step that makes the value, or where `op` runs.
  int stepOf(Operation *op) const { return steps_.lookup(op); }
  /// Step in which `op` reads its operands; after the last for the return.
  int readStepOf(Operation *op) const;
  /// Does an op outside of step `step`, or the program's end, read the value?
  bool usedAfter(Value value, int step) const;
  /// Bytes of a matrix's row in the place it is kept, and of one lane's slice.
  int64_t sliceRowBytes(const Matrix &matrix, unsigned lane) const {
    return matrix.rowBytes(matrix.slicing[lane]);
  }
  Range rowsOf(int64_t rows, unsigned lane) const { return partition(rows, lanes())[lane]; }
  Slicing headsOf(Operation *op) const;
  /// Rows of a shared mask that each lane finds: whole groups.
  Slicing rowsOf(const MaskInfo &mask) const;
  /// Rows of a mask's marks.
  int64_t markRows(const MaskInfo &mask) const;
  /// Those of them that tell which rows of a linear's columns are live; it has a mask.
  Range markRows(LinearOp linear, Range columns) const;
  /// Are the values of an op whole rows of one row, for all rows of another?
  bool isBroadcast(Operation *op, Value operand) const;
  /// Are they the cosines and sines of a rotation, for the columns of every head?
  static bool isTable(OpOperand &use);

  mutable ProgramOp program; // getters of ops are not const
  const ::dota::Machine &machine;
  const int64_t mostResident;
  /// PE rows that detect while the others compute, if they were asked for.
  std::optional<int64_t> detectRows;
  std::vector<Step> steps;
  llvm::MapVector<Value, MaskInfo> masks;
  Dram dram;
  SmallVector<int64_t> inputAddresses, outputAddresses;

private:
  struct Demand {
    enum Kind { None, Any, Slices, Whole } kind = None;
    Slicing slicing;
  };

  LogicalResult describe();
  LogicalResult describe(Value value);
  LogicalResult checkOp(Operation *op);
  LogicalResult checkMask(MaskedAttentionOp op);
  LogicalResult checkLinear(LinearOp op);
  bool readsMarksOfOthers(LinearOp linear) const;
  Demand demandOf(Value value);
  Demand useDemand(OpOperand &use);
  bool spread();
  bool keepWhole(Value value);
  void makePrivate(Matrix &matrix, const Slicing &slicing);
  void group();
  void setLifetimes();
  /// Fails where a step does not fit; `again` where its ops were taken apart.
  LogicalResult chooseStorage(bool &again);
  void placeInDram();
  void readsOf(const Step &step, llvm::function_ref<void(Matrix &, Pattern)> f);

  llvm::MapVector<Value, Matrix> matrices;
  llvm::DenseMap<Operation *, int> steps_;
  llvm::DenseMap<Value, Demand> demands;
  llvm::DenseSet<Value> whole;
  /// Ops that start a step, as their tiles do not fit beside those of others.
  llvm::DenseSet<Operation *> apart;
  enum class Mode { Columns, Partial, Heads, Rows };
  llvm::DenseMap<Operation *, Mode> modes;
};

/// One step's loops: sizes of tiles first, instructions after.
class Stream;
class Data;
class Kernel {
public:
  virtual ~Kernel() = default;
  /// Chooses the tiles that fit in `room` bytes of SRAM. Else gives the bytes that
  /// the least tiles need.
  virtual std::optional<int64_t> choose(int64_t room) = 0;
  /// Cycles that the chosen tiles should take, where more room could save some; else 0.
  virtual double cycles() const { return 0; }
  /// DRAM that the kernel wants for itself in a lane.
  virtual int64_t scratchBytes(unsigned lane) const { return 0; }
  /// Lays out constants; after addresses are given.
  virtual void layOut(Data &data) {}
  virtual void emit(Stream &stream) = 0;
};

std::unique_ptr<Kernel> makeLinearKernel(const Plan &plan, const Step &step);
std::unique_ptr<Kernel> makeTileKernel(const Plan &plan, const Step &step);
std::unique_ptr<Kernel> makeAttentionKernel(const Plan &plan, const Step &step);

} // namespace mlir::dota::tolane

#endif // DOTA_CONVERSION_DOTATOLANE_PLAN_H
