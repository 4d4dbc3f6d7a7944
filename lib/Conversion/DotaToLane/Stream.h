//===- Stream.h - writing one lane's instructions -----------------------------===//
//
// A stream, places in its SRAM, rings of buffers that a loop turns through, and
// the loop itself: a software pipeline that issues transfers and the stages of
// consecutive tiles so that units work side by side.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_CONVERSION_DOTATOLANE_STREAM_H
#define DOTA_CONVERSION_DOTATOLANE_STREAM_H

#include "Plan.h"
#include "dota/Dialect/Lane/Lane.h"
#include "dota/runtime/RmmuMode.h"
#include "mlir/IR/Builders.h"
#include <functional>

namespace mlir::dota::tolane {

/// A matrix in SRAM: `offset` bytes into a buffer, rows `stride` bytes apart.
struct Place {
  Value base;
  int64_t offset = 0;
  int64_t stride = 0;

  Place at(int64_t row, int64_t bytes = 0) const {
    return {base, offset + row * stride + bytes, stride};
  }
};

/// The one of two precisions that takes more bits.
inline Precision wider(Precision a, Precision b) {
  auto bits = [](Precision p) { return ::dota::bitsOf(static_cast<::dota::Precision>(p)); };
  return bits(a) < bits(b) ? b : a;
}

/// A rectangle in DRAM.
struct Source {
  int64_t address = 0;
  int64_t stride = 0;
};

class Stream {
public:
  Stream(OpBuilder builder, const Plan &plan, unsigned lane, Location location)
      : builder(builder), plan(plan), lane(lane), location_(location) {}

  /// What follows comes from `op`: its location, named after it.
  void comesFrom(Operation *op);
  Location location() const { return location_; }
  operator OpBuilder &() { return builder; }

  Value buffer(int64_t bytes);
  Value at(const Place &place);
  void load(const Place &to, const Source &from, int64_t rows, int64_t rowBytes);
  void store(const Place &from, const Source &to, int64_t rows, int64_t rowBytes);

  /// Sets the PE rows for the products that follow: all of them to `computes`, or the
  /// last `detectRows` of them to `detects`. Nothing where they are set so already.
  void configure(Precision computes, int64_t detectRows = 0, Precision detects = Precision::FX16);

  /// The buffer of a value that stays in this lane's SRAM.
  Place resident(const Matrix &matrix);
  /// Where rows from `row` and columns from `column` of a value lie in DRAM, as
  /// far as this lane may see them.
  Source inDram(const Matrix &matrix, int64_t row, int64_t column) const;

  OpBuilder builder;
  const Plan &plan;
  const unsigned lane;

private:
  Location location_;
  Operation *source = nullptr;
  ::dota::RmmuMode mode;
  llvm::DenseMap<Value, Value> residents;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> views;
};

/// `slots` buffers of `bytes`, used in turn. Made when first used.
struct Ring {
  int64_t bytes = 0;
  int64_t slots = 1;
  SmallVector<Value> buffers;

  void atLeast(int64_t wanted) { bytes = std::max(bytes, wanted); }
  int64_t total() const { return slots * alignBytes(bytes); }
  Value get(Stream &stream, int64_t turn);
  Place place(Stream &stream, int64_t turn, int64_t stride) {
    return {get(stream, turn), 0, stride};
  }
};

/// What a loop loads in one piece: used from iteration `first` to `last`.
struct Chunk {
  int64_t first, last;
  std::function<void(int64_t turn)> emit;
};

/// Iteration t runs stage s of item t - s. The chunks of a channel take turns in
/// `slots` places: each is loaded as soon as its place is free, but no more than
/// `ahead` iterations before it is used.
class Pipeline {
public:
  void channel(std::vector<Chunk> chunks, int64_t slots, int64_t ahead);
  void run(int64_t items, ArrayRef<std::function<void(int64_t)>> stages);

private:
  struct Issue {
    int64_t iteration, first;
    size_t number;
    std::function<void()> emit;
  };
  std::vector<Issue> issues;
};

/// Bytes that stand in DRAM from the start: weights tile by tile, tables.
class Data {
public:
  struct Block {
    int64_t address;
    Location location;
    std::vector<char> bytes;
  };
  Data(Dram &dram) : dram(dram) {}
  /// Room for `bytes`, to be written by `at`. Blocks must not be kept across calls.
  int64_t add(Location location, int64_t bytes);
  std::vector<char> &last() { return blocks.back().bytes; }

  Dram &dram;
  std::vector<Block> blocks;
  /// Of known masks: their marks, their ids (0), and their order for tiles of so many rows.
  static constexpr int64_t kMarks = -1;
  std::map<std::pair<Operation *, int64_t>, int64_t> masks;
};

/// A constant's stored integers or floats, row-major, whatever attribute holds them.
class Constant {
public:
  /// Nothing where the value is no constant.
  static std::optional<Constant> get(Value value);
  int64_t integer(int64_t index) const;
  float number(int64_t index) const;
  /// Packs rows x columns of a matrix of `cols` columns; rows start on whole bytes.
  void pack(char *out, int64_t cols, Range rows, Range columns, int bits) const;

private:
  const char *bytes = nullptr;
  int width = 0; ///< bytes of an element
  bool isSplat = false;
};

inline ::llvm::APFloat toAPFloat(float x) { return ::llvm::APFloat(x); }

} // namespace mlir::dota::tolane

#endif // DOTA_CONVERSION_DOTATOLANE_STREAM_H
