//===- Tiles.h - ops on one tile ------------------------------------*- C++ -*-===//
//
// The MFU's ops of a step, run on a tile of rows (and columns) at a time: where
// the tile of each value lies, what is loaded before and stored after. Used on
// the results of a linear, on the sums over lanes, and by itself.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_CONVERSION_DOTATOLANE_TILES_H
#define DOTA_CONVERSION_DOTATOLANE_TILES_H

#include "Stream.h"

namespace mlir::dota::tolane {

/// Buffers for tiles. Chains of one step that take turns share them.
struct TileRings {
  std::vector<Ring> loaded; ///< two slots: one is filled while the other is read
  std::vector<Ring> stored; ///< two slots: one is written while the other is read
  std::vector<Ring> inner;  ///< one slot: all its users run in the MFU, in order

  Ring &ring(std::vector<Ring> &rings, size_t index, int64_t slots) {
    while (rings.size() <= index)
      rings.push_back({0, slots, {}});
    return rings[index];
  }
  int64_t total() const {
    int64_t bytes = 0;
    for (const std::vector<Ring> *rings : {&loaded, &stored, &inner})
      for (const Ring &ring : *rings)
        bytes += ring.total();
    return bytes;
  }
};

class Tiles {
public:
  /// `entries` are values that the step's own instructions write into tiles.
  Tiles(const Plan &plan, ArrayRef<Operation *> ops, ArrayRef<Value> entries, bool wholeRows);

  /// Makes room for tiles of `rows` rows and, by columns, `cols` columns.
  void size(TileRings &rings, int64_t rows, int64_t cols) const;
  /// Bytes of what is loaded once: rows for all rows. `cols` of a lane, at most.
  int64_t constantBytes(int64_t cols) const;
  bool loads() const { return !loaded.empty(); }

  /// Loads what is loaded once, for a lane's columns. The following are of one lane.
  void begin(Stream &stream, Range columns);
  void load(Stream &stream, TileRings &rings, int64_t turn, Range rows, Range columns);
  void compute(Stream &stream, TileRings &rings, int64_t turn, Range rows, Range columns);
  void store(Stream &stream, TileRings &rings, int64_t turn, Range rows, Range columns);
  Place place(Stream &stream, TileRings &rings, Value value, int64_t turn, Range rows,
              Range columns);

private:
  enum class Role { Loaded, Stored, Inner, Resident };
  struct Tile {
    Role role;
    size_t index; ///< of the ring
  };
  /// Bytes of one row of a tile of `cols` columns, or of a whole row.
  int64_t rowBytes(const Matrix &matrix, int64_t cols) const;
  Range columnsOf(const Matrix &matrix, Range columns) const {
    return readsWholeRows(matrix) ? Range{0, matrix.cols} : columns;
  }
  bool readsWholeRows(const Matrix &matrix) const {
    return wholeRows || tables.contains(matrix.value);
  }
  void computeOp(Stream &stream, TileRings &rings, Operation *op, int64_t turn, Range rows,
                 Range columns);

  const Plan &plan;
  SmallVector<Operation *> ops;
  bool wholeRows;
  llvm::DenseSet<Value> tables; ///< of rotations
  llvm::MapVector<Value, Tile> tiles;
  SmallVector<Value> loaded, stored;
  llvm::MapVector<Value, Value> constants; ///< rows for all rows, and their buffers
  Range laneColumns;
  /// Rings of softmax: scores, exponentials, sums.
  static constexpr size_t kScratch = 3;
  llvm::DenseMap<Operation *, size_t> scratch;
  size_t innerRings = 0;
};

} // namespace mlir::dota::tolane

#endif // DOTA_CONVERSION_DOTATOLANE_TILES_H
