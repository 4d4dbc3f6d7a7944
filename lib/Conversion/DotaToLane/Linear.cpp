//===- Linear.cpp - matrix products with weights, tile by tile ----------------===//
//
// Column-parallel: every lane multiplies all rows of x by its columns of the
// weights; linears of the same x share what is loaded of it. Row-parallel: every
// lane multiplies its columns of x by its rows of the weights and leaves exact
// sums in DRAM.
//
// Three orders of loops, of which the cheapest that fits is taken:
//   KeepX        a block of rows of x stays, weights stream past it
//   KeepWeights  a block of weights stays, rows of x stream past it
//   SplitDepth   both stream, a block of the depth at a time
//
// Weights lie in DRAM tile by tile, so that a tile is one long transfer; what rounds
// the sums of its columns, their parameters, follows it.
//
//===----------------------------------------------------------------------===//

#include "Rounding.h"
#include "Tiles.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/runtime/Timing.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

namespace {

class LinearKernel : public Kernel {
public:
  LinearKernel(const Plan &plan, const Step &step);
  std::optional<int64_t> choose(int64_t room) override;
  void layOut(Data &data) override;
  void emit(Stream &stream) override;

private:
  enum Order : uint8_t { KeepX, KeepWeights, SplitDepth };
  struct Layout {
    Order order = KeepX;
    int64_t rows = 0;  ///< of a tile of sums
    int64_t cols = 0;  ///< of a tile of weights
    int64_t depth = 0; ///< of a tile of weights
    int64_t block = 0; ///< rows of x, or tiles of weights, that stay
    Ring x, weights, sums;
    TileRings tiles;
    int64_t bytes = 0;
    double cycles = 0;
  };
  /// Columns of one linear's weights that lie together.
  struct WeightTile {
    size_t chain;
    Range columns;
    int64_t address;           ///< in DRAM
    int64_t parametersAddress; ///< where weights are no constant; else behind them
    SmallVector<Range> runs;   ///< columns that are requantised together
  };

  const Matrix &x() const { return plan[step.chains.front().linear.getX()]; }
  bool partial() const { return step.kind == Step::Partial; }
  /// x is at hand in SRAM and never loaded.
  bool xStays() const { return x().storage == Storage::Resident; }
  Range depthOf(unsigned lane) const {
    return x().isPrivate ? x().slicing[lane] : Range{0, x().cols};
  }
  Range columnsOf(const Chain &chain, unsigned lane) const {
    const Matrix &result = plan[chain.linear.getResult()];
    return partial() ? Range{0, result.cols} : result.slicing[lane];
  }
  /// Of the widest product.
  Precision precision() const {
    Precision widest = x().precision;
    for (const Chain &chain : step.chains)
      widest = wider(widest, plan[chain.linear.getWeight()].precision);
    return widest;
  }
  /// What each lane keeps of a mask's marks: those that its linears need.
  struct Marks {
    const MaskInfo *mask;
    Slicing rows;         ///< of the marks
    int64_t address = -1; ///< of the first in DRAM
  };
  static bool isLive(const Chain &chain) { return static_cast<bool>(chain.linear.getLive()); }
  std::vector<WeightTile> cut(unsigned lane, int64_t cols) const;
  /// Tiles of each chain, in the lane that has most.
  ArrayRef<int64_t> tileCounts(int64_t cols);
  SmallVector<Range> cutRuns(const Chain &chain, Range columns) const;
  /// Bytes of the parameters of so many columns.
  int64_t parameterBytes(size_t chain, int64_t cols) const {
    return partial() ? 0 : roundings[chain].bytes(cols);
  }
  /// Bytes of a tile's weights, before the parameters.
  int64_t weightBytes(const Chain &chain, int64_t depth, int64_t cols) const {
    return alignBytes(depth * bytesOf(cols, plan[chain.linear.getWeight()].bits));
  }
  std::optional<Layout> layoutFor(Order order, int64_t rows, int64_t cols, int64_t depth,
                                  int64_t room, int64_t &least);
  double cyclesOf(const Layout &layout, double traffic, int64_t tileCount) const;
  int64_t marksBytes() const;
  void loadMarks(Stream &stream);
  void run(Stream &stream, Layout &layout);
  void finishTile(Stream &stream, Layout &layout, const WeightTile &tile, Range run, Range rows,
                  Value sums, int64_t weightsTurn, int64_t turn, int64_t depth);

  const Plan &plan;
  const Step &step;
  const int index;
  std::vector<Tiles> tiles;                                      ///< a chain
  std::vector<Rounding> roundings;                               ///< a chain
  SmallVector<int64_t> allRuns;                                  ///< of a chain's whole result
  llvm::DenseMap<int64_t, SmallVector<int64_t>> knownTileCounts; ///< by columns
  llvm::MapVector<Value, Marks> marks;                           ///< by the mask
  Layout best;
  std::vector<std::vector<WeightTile>> laneTiles;
  llvm::DenseMap<Value, Value> loadedMarks; ///< of the lane whose instructions are made
};

} // namespace

LinearKernel::LinearKernel(const Plan &plan, const Step &step)
    : plan(plan), step(step), index(&step - plan.steps.data()) {
  for (const Chain &chain : step.chains) {
    SmallVector<Value> entries;
    if (!partial())
      entries.push_back(chain.linear.getResult());
    tiles.emplace_back(plan, chain.ops, entries, /*wholeRows=*/false);
    roundings.emplace_back(chain.linear);
    allRuns.push_back(cutRuns(chain, {0, plan[chain.linear.getResult()].cols}).size());
    if (!isLive(chain))
      continue;
    Marks &wanted = marks[chain.linear.getLive()];
    wanted.mask = &plan.mask(chain.linear.getLive());
    wanted.rows.resize(plan.lanes());
    for (unsigned lane = 0; lane < plan.lanes(); ++lane) {
      Range &all = wanted.rows[lane], columns = columnsOf(chain, lane);
      if (columns.empty())
        continue;
      Range rows = plan.markRows(chain.linear, columns);
      all =
          all.empty() ? rows : Range{std::min(all.begin, rows.begin), std::max(all.end, rows.end)};
    }
  }
}

/// Of the lane that needs most.
int64_t LinearKernel::marksBytes() const {
  int64_t bytes = 0;
  for (const auto &[mask, wanted] : marks) {
    int64_t rows = 0;
    for (Range range : wanted.rows)
      rows = std::max(rows, range.size());
    bytes += alignBytes(rows * x().rows);
  }
  return bytes;
}

void LinearKernel::loadMarks(Stream &stream) {
  loadedMarks.clear();
  for (const auto &[mask, wanted] : marks) {
    const Range rows = wanted.rows[stream.lane];
    if (rows.empty())
      continue;
    const int64_t keys = x().rows, bytes = rows.size() * keys;
    Value buffer = loadedMarks[mask] = stream.buffer(bytes);
    stream.load({buffer}, {wanted.address + rows.begin * keys, 0}, 1, bytes);
  }
}

/// Columns of a tile that share live rows; a head each where heads are padded.
SmallVector<Range> LinearKernel::cutRuns(const Chain &chain, Range columns) const {
  const Matrix &result = plan[chain.linear.getResult()];
  const int64_t alike = isLive(chain) ? result.cols / *chain.linear.getHeads() : result.cols;
  SmallVector<Range> runs;
  for (int64_t c = columns.begin; c < columns.end; ++c) {
    bool joins = !runs.empty() && c % alike != 0;
    if (joins && !partial())
      joins = !(result.padded() && c % result.unit == 0);
    if (joins)
      ++runs.back().end;
    else
      runs.push_back({c, c + 1});
  }
  return runs;
}

std::vector<LinearKernel::WeightTile> LinearKernel::cut(unsigned lane, int64_t cols) const {
  std::vector<WeightTile> result;
  for (auto [number, chain] : llvm::enumerate(step.chains)) {
    Range all = columnsOf(chain, lane);
    const Matrix &matrix = plan[chain.linear.getResult()];
    const Matrix &weight = plan[chain.linear.getWeight()];
    // A run has to start on a whole byte of the weights, a tile on one of the
    // result.
    bool byRuns = weight.bits < 8;
    int64_t width = matrix.padded() ? cols / matrix.unit * matrix.unit : cols;
    for (int64_t c = all.begin; c < all.end; c += width) {
      Range columns{c, std::min(c + width, all.end)};
      SmallVector<Range> runs = cutRuns(chain, columns);
      if (!byRuns || runs.size() == 1) {
        result.push_back({number, columns, -1, -1, runs});
        continue;
      }
      for (Range run : runs)
        result.push_back({number, run, -1, -1, {run}});
    }
  }
  return result;
}

ArrayRef<int64_t> LinearKernel::tileCounts(int64_t cols) {
  SmallVector<int64_t> &counts = knownTileCounts[cols];
  if (!counts.empty())
    return counts;
  counts.resize(step.chains.size());
  for (unsigned lane = 0; lane < plan.lanes(); ++lane) {
    SmallVector<int64_t> ofLane(step.chains.size());
    for (const WeightTile &tile : cut(lane, cols))
      ++ofLane[tile.chain];
    for (auto [most, count] : llvm::zip_equal(counts, ofLane))
      most = std::max(most, count);
  }
  return counts;
}

/// Cycles, roughly (docs/timing.md): transfers, products and the MFU work side by
/// side, so the slowest counts, and a little of the others.
double LinearKernel::cyclesOf(const Layout &layout, double traffic, int64_t tileCount) const {
  const ::dota::Machine &m = plan.machine;
  const int64_t n = x().rows;
  auto ceil = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  int64_t rowTiles = ceil(n, layout.rows), blocks = 1;
  if (layout.order == KeepX)
    blocks = ceil(n, layout.block);
  double transfers = xStays() ? 0 : static_cast<double>(rowTiles);
  double products = 0, mfu = 0;
  int64_t depth = 0;
  const auto narrow = static_cast<int64_t>(
      ::dota::productsPerCycle(::dota::bitsOf(static_cast<::dota::Precision>(precision())), m));
  for (unsigned lane = 0; lane < plan.lanes(); ++lane)
    depth = std::max(depth, depthOf(lane).size());
  int64_t depths = ceil(depth, layout.depth);
  for (auto [number, chain] : llvm::enumerate(step.chains)) {
    const Matrix &result = plan[chain.linear.getResult()];
    int64_t width = 0;
    for (unsigned lane = 0; lane < plan.lanes(); ++lane)
      width = std::max(width, columnsOf(chain, lane).size());
    int64_t cols = std::min(layout.cols, width), count = ceil(width, std::max<int64_t>(cols, 1));
    int64_t rows = std::min(layout.rows, n);
    // A run of columns is a product.
    int64_t runs = ceil(cols * allRuns[number], result.cols);
    int64_t run = ceil(cols, runs);
    double sums = std::min(ceil(rows, m.rmmu.rows) * run, rows * ceil(run, m.rmmu.rows)) *
                  ceil(std::min(layout.depth, depth), m.rmmu.columns * narrow);
    products += rowTiles * count * depths * runs * (sums + m.rmmu.latency);
    double tile = static_cast<double>(rows * cols);
    mfu += rowTiles * count *
           (tile * (chain.ops.size() + (roundings[number].hasBias() ? 2 : 1)) / m.mfu.lanes +
            (chain.ops.size() + runs) * m.mfu.latency);
    switch (layout.order) {
    case KeepX:
      transfers += static_cast<double>(count) * blocks;
      break;
    case KeepWeights:
      transfers += count;
      break;
    case SplitDepth:
      transfers += static_cast<double>(rowTiles) * count * depths * (xStays() ? 1 : 2);
      break;
    }
    if (partial()) {
      transfers += rowTiles * count;
      traffic += 8.0 * n * width;
    } else if (result.storage != Storage::Resident) {
      transfers += rowTiles * count * runs;
      traffic += static_cast<double>(n) * bytesOf(width, result.bits);
    }
  }
  if (partial())
    mfu = 0;
  if (layout.order == KeepWeights)
    transfers += rowTiles * (ceil(tileCount, layout.block) - 1.0);
  double moved =
      std::max(traffic * plan.lanes() / m.dram.bytesPerCycle,
               transfers * (m.dma.setup + m.dram.latency) + traffic / m.dram.bytesPerCycle);
  return std::max({moved, products, mfu}) + 0.1 * (moved + products + mfu);
}

std::optional<LinearKernel::Layout> LinearKernel::layoutFor(Order order, int64_t rows, int64_t cols,
                                                            int64_t depth, int64_t room,
                                                            int64_t &least) {
  Layout layout;
  layout.order = order;
  layout.rows = rows;
  layout.cols = cols;
  layout.depth = depth;
  const Matrix &x = this->x();
  const int64_t n = x.rows;
  int64_t maxDepth = 0;
  for (unsigned lane = 0; lane < plan.lanes(); ++lane)
    maxDepth = std::max(maxDepth, depthOf(lane).size());
  int64_t xRow = bytesOf(maxDepth, x.bits);

  // Sums of one tile are finished while those of the next are made.
  layout.sums = {rows * cols * 8, 2, {}};
  int64_t allWeights = 0, tileCount = 0, tileBytes = 0, constants = 0;
  for (auto [number, chain] : llvm::enumerate(step.chains)) {
    int64_t width = 0;
    for (unsigned lane = 0; lane < plan.lanes(); ++lane)
      width = std::max(width, columnsOf(chain, lane).size());
    int64_t parameters = alignBytes(parameterBytes(number, cols));
    int64_t bytes = weightBytes(chain, maxDepth, std::min(cols, width)) + parameters;
    int64_t count = tileCounts(cols)[number];
    allWeights += count * bytes;
    tileCount += count;
    tileBytes = std::max(tileBytes, weightBytes(chain, depth, cols) + parameters);
    tiles[number].size(layout.tiles, rows, std::min(cols, width));
    constants += tiles[number].constantBytes(width);
  }
  int64_t fixed = layout.sums.total() + layout.tiles.total() + constants + marksBytes();
  int64_t left = room - fixed;
  int64_t rowTiles = (n + rows - 1) / rows;
  double traffic = 0;
  int64_t xTraffic = xStays() ? 0 : n * xRow;

  switch (order) {
  case KeepX: {
    layout.weights = {tileBytes, 2, {}};
    left -= layout.weights.total();
    // As many rows as there is room for, in whole tiles.
    int64_t block = n;
    if (!xStays() && left < alignBytes(n * xRow)) {
      block = std::min((left - 128) / 2 / std::max<int64_t>(xRow, 1) / rows * rows, n);
      if (block <= 0) {
        least = std::min(least, room - left + 2 * alignBytes(rows * xRow));
        return std::nullopt;
      }
    }
    layout.block = block;
    int64_t blocks = (n + block - 1) / block;
    if (!xStays())
      layout.x = {block * xRow, blocks > 1 ? 2 : 1, {}};
    traffic = xTraffic + allWeights * (tileCount <= 2 ? 1.0 : blocks);
    break;
  }
  case KeepWeights: {
    if (xStays())
      return std::nullopt;
    layout.x = {rows * xRow, 2, {}};
    left -= layout.x.total();
    // Where not all tiles fit, one place is for the next.
    int64_t slots = std::min(left / alignBytes(tileBytes), tileCount);
    int64_t block = slots == tileCount ? slots : slots - 1;
    if (block <= 0) {
      least = std::min(least, room - left + 2 * alignBytes(tileBytes));
      return std::nullopt;
    }
    layout.block = block;
    layout.weights = {tileBytes, slots, {}};
    int64_t blocks = (tileCount + block - 1) / block;
    traffic = allWeights + xTraffic * static_cast<double>(blocks);
    break;
  }
  case SplitDepth:
    layout.weights = {tileBytes, 2, {}};
    if (!xStays())
      layout.x = {rows * bytesOf(depth, x.bits), 2, {}};
    traffic =
        static_cast<double>(xTraffic) * tileCount + static_cast<double>(allWeights) * rowTiles;
    break;
  }
  layout.bytes = fixed + layout.weights.total() + layout.x.total();
  if (layout.bytes > room) {
    least = std::min(least, layout.bytes);
    return std::nullopt;
  }

  layout.cycles = cyclesOf(layout, traffic, tileCount);
  return layout;
}

std::optional<int64_t> LinearKernel::choose(int64_t room) {
  int64_t n = x().rows, depth = 0, cols = 0;
  for (unsigned lane = 0; lane < plan.lanes(); ++lane) {
    depth = std::max(depth, depthOf(lane).size());
    for (const Chain &chain : step.chains)
      cols = std::max(cols, columnsOf(chain, lane).size());
  }
  // Tiles start on whole bytes of every operand.
  auto sizes = [](int64_t all, std::initializer_list<int64_t> choices) {
    SmallVector<int64_t> result;
    for (int64_t choice : choices)
      if (choice < all)
        result.push_back(choice);
    result.push_back(all);
    return result;
  };
  std::optional<Layout> found;
  int64_t least = std::numeric_limits<int64_t>::max();
  auto consider = [&](std::optional<Layout> layout) {
    if (layout && (!found || layout->cycles < found->cycles))
      found = std::move(layout);
  };
  int64_t unit = 1;
  for (const Chain &chain : step.chains)
    if (const Matrix &result = plan[chain.linear.getResult()]; result.padded())
      unit = std::max(unit, result.unit);
  for (int64_t c :
       sizes(std::min<int64_t>(cols, std::max<int64_t>(256, unit)), {8, 16, 32, 64, 96, 128})) {
    if (c < unit)
      continue;
    for (int64_t r : sizes(std::min<int64_t>(n, 256), {1, 4, 8, 16, 32, 64, 96, 128})) {
      consider(layoutFor(KeepX, r, c, depth, room, least));
      consider(layoutFor(KeepWeights, r, c, depth, room, least));
      if (x().bits >= 8)
        for (int64_t k : sizes(depth, {16, 32, 64, 128, 256, 512, 1024}))
          if (k < depth)
            consider(layoutFor(SplitDepth, r, c, k, room, least));
    }
  }
  if (!found)
    return least;
  best = std::move(*found);
  return std::nullopt;
}

/// Marks of a mask that is known.
static int64_t layOutMarks(const MaskInfo &mask, Data &data) {
  ConstantMaskOp known = mask.known;
  auto [entry, isNew] = data.masks.insert({{known, Data::kMarks}, -1});
  if (!isNew)
    return entry->second;
  const int64_t keys = mask.type.getKeys(), pairs = mask.type.getRows() * mask.type.getKeep();
  entry->second = data.add(known.getLoc(), mask.type.getHeads() * keys);
  auto ids = *getConstantData<int32_t>(known.getIds());
  for (int64_t i = 0; i < mask.type.getHeads() * pairs; ++i)
    if (ids[i] >= 0)
      data.last()[i / pairs * keys + ids[i]] = 1;
  return entry->second;
}

void LinearKernel::layOut(Data &data) {
  for (unsigned lane = 0; lane < plan.lanes(); ++lane)
    laneTiles.push_back(depthOf(lane).empty() ? std::vector<WeightTile>{} : cut(lane, best.cols));
  for (auto &[value, wanted] : marks)
    wanted.address = wanted.mask->known ? layOutMarks(*wanted.mask, data) : wanted.mask->marks;
  for (auto [number, chain] : llvm::enumerate(step.chains)) {
    const Matrix &weight = plan[chain.linear.getWeight()];
    std::optional<Constant> constant = Constant::get(weight.value);
    // One block for all lanes' tiles.
    int64_t bytes = 0;
    for (int pass = 0; pass < 2; ++pass) {
      int64_t address = 0, at = 0;
      if (pass == 1) {
        if (bytes == 0)
          continue;
        address = data.add(chain.linear.getLoc(), bytes);
      }
      for (unsigned lane = 0; lane < plan.lanes(); ++lane)
        for (WeightTile &tile : laneTiles[lane]) {
          if (tile.chain != number)
            continue;
          Range depth = depthOf(lane);
          int64_t start = at;
          if (constant)
            at += weightBytes(chain, depth.size(), tile.columns.size());
          int64_t parametersStart = at;
          at += alignBytes(parameterBytes(number, tile.columns.size()));
          if (pass == 0)
            continue;
          tile.address = address + start;
          tile.parametersAddress = address + parametersStart;
          char *out = data.last().data();
          if (constant)
            constant->pack(out + start, weight.cols, depth, tile.columns, weight.bits);
          if (!partial())
            roundings[number].pack(out + parametersStart, tile.columns);
        }
      bytes = at;
    }
  }
}

/// What follows the last product of some sums.
void LinearKernel::finishTile(Stream &stream, Layout &layout, const WeightTile &tile, Range run,
                              Range rows, Value sums, int64_t weightsTurn, int64_t turn,
                              int64_t depth) {
  const Chain &chain = step.chains[tile.chain];
  LinearOp linear = chain.linear;
  stream.comesFrom(linear);
  Place out = tiles[tile.chain].place(stream, layout.tiles, linear.getResult(), turn, rows, run);
  Place parameters{layout.weights.get(stream, weightsTurn),
                   weightBytes(chain, depth, tile.columns.size()), 0};
  roundings[tile.chain].emit(stream, sums, parameters, tile.columns, run, rows.size(), out);
  tiles[tile.chain].compute(stream, layout.tiles, turn, rows, run);
}

void LinearKernel::emit(Stream &stream) {
  if (laneTiles[stream.lane].empty())
    return;
  stream.comesFrom(step.chains.front().linear);
  for (auto [number, chain] : llvm::enumerate(step.chains))
    tiles[number].begin(stream, columnsOf(chain, stream.lane));
  loadMarks(stream);
  stream.comesFrom(step.chains.front().linear);
  stream.configure(precision());
  Layout layout = best;
  run(stream, layout);
}

void LinearKernel::run(Stream &stream, Layout &layout) {
  const unsigned lane = stream.lane;
  const std::vector<WeightTile> &weightTiles = laneTiles[lane];
  const Matrix &x = this->x();
  const int64_t n = x.rows;
  const Range depth = depthOf(lane);

  // The loops, written out: one item is one product.
  struct Item {
    Range rows;
    size_t tile;
    Range run;
    Range depth;      ///< from the start of the lane's
    int64_t sumsTurn; ///< shared by the runs of a tile
    int64_t turn;     ///< of what is made of the sums
    int64_t weightsTurn;
    int64_t xTurn;
    int64_t xRow;     ///< first row of x in its buffer
    bool first, last; ///< product of its sums
  };
  /// A load, for the items from `first` to `last`.
  struct Load {
    int64_t first, last;
    Range rows, depth; ///< of x
    size_t tile;       ///< of weights
    int64_t row;       ///< first row in the buffer
  };
  std::vector<Item> items;
  std::vector<Load> xLoads, weightLoads;
  int64_t sumsTurn = 0, turn = 0;
  auto rowTiles = [&](Range block, auto f) {
    for (int64_t r = block.begin; r < block.end; r += layout.rows)
      f(Range{r, std::min(r + layout.rows, block.end)});
  };
  auto useOf = [&](std::vector<Load> &loads, int64_t load) { loads[load].last = items.size() - 1; };
  const Range whole{0, depth.size()};

  switch (layout.order) {
  case KeepX: {
    // Weights that all fit at once are loaded once.
    bool once = weightTiles.size() <= 2;
    int64_t blocks = 0;
    for (int64_t r = 0; r < n; r += layout.block, ++blocks) {
      Range block{r, std::min(r + layout.block, n)};
      size_t firstLoad = xLoads.size();
      for (size_t t = 0; t < weightTiles.size(); ++t) {
        if (!once || blocks == 0)
          weightLoads.push_back({static_cast<int64_t>(items.size()), 0, {}, whole, t, 0});
        int64_t weightsTurn = once ? t : weightLoads.size() - 1;
        size_t part = firstLoad;
        rowTiles(block, [&](Range rows) {
          if (t == 0)
            xLoads.push_back(
                {static_cast<int64_t>(items.size()), 0, rows, whole, 0, rows.begin - block.begin});
          for (Range run : weightTiles[t].runs) {
            items.push_back({rows, t, run, whole, sumsTurn, turn++, weightsTurn, blocks,
                             rows.begin - block.begin, true, true});
            useOf(weightLoads, weightsTurn);
            useOf(xLoads, part);
          }
          ++sumsTurn;
          ++part;
        });
      }
    }
    break;
  }
  case KeepWeights: {
    int64_t rowLoads = 0;
    for (size_t t = 0; t < weightTiles.size(); t += layout.block) {
      size_t end = std::min(t + layout.block, weightTiles.size());
      rowTiles({0, n}, [&](Range rows) {
        xLoads.push_back({static_cast<int64_t>(items.size()), 0, rows, whole, 0, 0});
        for (size_t u = t; u < end; ++u) {
          if (rows.begin == 0)
            weightLoads.push_back({static_cast<int64_t>(items.size()), 0, {}, whole, u, 0});
          for (Range run : weightTiles[u].runs) {
            items.push_back({rows, u, run, whole, sumsTurn, turn++, static_cast<int64_t>(u),
                             rowLoads, 0, true, true});
            useOf(weightLoads, u);
            useOf(xLoads, rowLoads);
          }
          ++sumsTurn;
        }
        ++rowLoads;
      });
    }
    break;
  }
  case SplitDepth:
    rowTiles({0, n}, [&](Range rows) {
      for (size_t t = 0; t < weightTiles.size(); ++t, ++sumsTurn)
        for (int64_t k = 0; k < depth.size(); k += layout.depth) {
          Range part{k, std::min(k + layout.depth, depth.size())};
          bool last = part.end == depth.size();
          int64_t load = weightLoads.size(), first = items.size();
          xLoads.push_back({first, 0, rows, part, 0, 0});
          weightLoads.push_back({first, 0, {}, part, t, 0});
          for (Range run : weightTiles[t].runs)
            items.push_back(
                {rows, t, run, part, sumsTurn, last ? turn++ : turn, load, load, 0, k == 0, last});
          useOf(xLoads, load);
          useOf(weightLoads, load);
        }
    });
    break;
  }

  Pipeline pipeline;
  // Weights, and parameters where they go with the last of the depth; these are read
  // one stage later than the weights.
  std::vector<Chunk> chunks;
  for (const Load &load : weightLoads) {
    const WeightTile &tile = weightTiles[load.tile];
    bool last = load.depth.end == depth.size();
    int64_t parameters = last ? parameterBytes(tile.chain, tile.columns.size()) : 0;
    chunks.push_back(
        {load.first, load.last + (parameters ? 1 : 0), [&, load, parameters](int64_t k) {
           const WeightTile &tile = weightTiles[load.tile];
           const Chain &chain = step.chains[tile.chain];
           const Matrix &weight = plan[chain.linear.getWeight()];
           stream.comesFrom(chain.linear);
           int64_t rowBytes = bytesOf(tile.columns.size(), weight.bits);
           Place to{layout.weights.get(stream, k), 0, rowBytes};
           int64_t behind = weightBytes(chain, load.depth.size(), tile.columns.size());
           if (Constant::get(weight.value)) {
             int64_t bytes = load.depth.size() * rowBytes;
             bool together = parameters && load.depth.begin == 0;
             stream.load(to, {tile.address + load.depth.begin * rowBytes, 0}, 1,
                         together ? behind + parameters : bytes);
             if (together)
               return;
           } else {
             Range rows{depth.begin + load.depth.begin, depth.begin + load.depth.end};
             stream.load(to, stream.inDram(weight, rows.begin, tile.columns.begin), rows.size(),
                         rowBytes);
           }
           if (parameters)
             stream.load(to.at(0, behind), {tile.parametersAddress, 0}, 1, parameters);
         }});
  }
  const int64_t far = items.size();
  pipeline.channel(std::move(chunks), layout.weights.slots, layout.order == KeepWeights ? 2 : far);
  if (!xStays()) {
    chunks.clear();
    // Parts of a block of rows share its buffer: they end with the block.
    int64_t parts = 1;
    if (layout.order == KeepX)
      parts = (std::min(layout.block, n) + layout.rows - 1) / layout.rows;
    for (const Load &load : xLoads)
      chunks.push_back({load.first, load.last, [&, load, parts](int64_t k) {
                          stream.comesFrom(step.chains.front().linear);
                          const Matrix &x = this->x();
                          int64_t stride = bytesOf(load.depth.size(), x.bits);
                          Place to = layout.x.place(stream, k / parts, stride).at(load.row);
                          stream.load(
                              to, stream.inDram(x, load.rows.begin, depth.begin + load.depth.begin),
                              load.rows.size(), stride);
                        }});
    pipeline.channel(std::move(chunks), layout.x.slots * parts, layout.order == KeepX ? parts : 2);
  }
  // Operands of the ops that follow a product, tile by tile.
  chunks.clear();
  for (auto [number, item] : llvm::enumerate(items)) {
    if (!item.last || partial())
      continue;
    int64_t when = number + 1;
    // A turn without anything to load keeps the turns in step.
    chunks.push_back({when, when, [&, number = number](int64_t) {
                        const Item &item = items[number];
                        tiles[weightTiles[item.tile].chain].load(stream, layout.tiles, item.turn,
                                                                 item.rows, item.run);
                      }});
  }
  pipeline.channel(std::move(chunks), 2, 1);

  // Sums of a tile's runs lie one after the other.
  auto sumsOf = [&](const Item &item) {
    const WeightTile &tile = weightTiles[item.tile];
    return stream.at({layout.sums.get(stream, item.sumsTurn),
                      8 * item.rows.size() * (item.run.begin - tile.columns.begin), 0});
  };
  auto multiply = [&](int64_t i) {
    const Item &item = items[i];
    const WeightTile &tile = weightTiles[item.tile];
    const Chain &chain = step.chains[tile.chain];
    const Matrix &weight = plan[chain.linear.getWeight()];
    stream.comesFrom(chain.linear);
    Place a;
    if (xStays())
      a = stream.resident(x).at(item.rows.begin, bytesOf(item.depth.begin, x.bits));
    else
      a = layout.x.place(stream, item.xTurn, bytesOf(item.depth.size(), x.bits)).at(item.xRow);
    int64_t bStride = bytesOf(tile.columns.size(), weight.bits);
    Place b{layout.weights.get(stream, item.weightsTurn),
            bytesOf(item.run.begin - tile.columns.begin, weight.bits), bStride};
    if (isLive(chain)) {
      const Value mask = chain.linear.getLive();
      const Range heads = plan.markRows(chain.linear, item.run);
      const int64_t before = heads.begin - marks.find(mask)->second.rows[lane].begin;
      lane::RowsMatmulOp::create(stream, stream.location(), stream.at(a), stream.at(b),
                                 stream.at({loadedMarks[mask], before * n + item.rows.begin, 0}),
                                 sumsOf(item), item.rows.size(), item.run.size(), item.depth.size(),
                                 a.stride, b.stride, heads.size(), n, x.precision, weight.precision,
                                 /*accumulate=*/!item.first);
      return;
    }
    lane::MatmulOp::create(stream, stream.location(), stream.at(a), stream.at(b), sumsOf(item),
                           item.rows.size(), item.run.size(), item.depth.size(), a.stride, b.stride,
                           x.precision, weight.precision,
                           /*unsignedA=*/false, /*transposeB=*/false, /*accumulate=*/!item.first);
  };
  auto finish = [&](int64_t i) {
    const Item &item = items[i];
    if (!item.last)
      return;
    const WeightTile &tile = weightTiles[item.tile];
    if (!partial())
      return finishTile(stream, layout, tile, item.run, item.rows, sumsOf(item), item.weightsTurn,
                        item.turn, item.depth.size());
    const Chain &chain = step.chains[tile.chain];
    stream.comesFrom(chain.linear);
    int64_t cols = plan[chain.linear.getResult()].cols;
    stream.store({sumsOf(item), 0, 8 * item.run.size()},
                 {chain.partials[lane] + 8 * (item.rows.begin * cols + item.run.begin), 8 * cols},
                 item.rows.size(), 8 * item.run.size());
  };
  auto store = [&](int64_t i) {
    const Item &item = items[i];
    if (item.last && !partial())
      tiles[weightTiles[item.tile].chain].store(stream, layout.tiles, item.turn, item.rows,
                                                item.run);
  };
  pipeline.run(items.size(), {multiply, finish, store});
}

std::unique_ptr<Kernel> tolane::makeLinearKernel(const Plan &plan, const Step &step) {
  return std::make_unique<LinearKernel>(plan, step);
}
