//===- Rows.cpp - steps of MFU ops, by rows or by columns ----------------------===//
//
// Whole rows, split over lanes: the exact sums that lanes left of a row-parallel
// linear are added and rounded once, and residual sums, normalisations and what
// else works by rows follow on the same tile. Or all rows of the columns that a
// lane owns. Or rows copied from an operand to a result.
//
//===----------------------------------------------------------------------===//

#include "Rounding.h"
#include "Tiles.h"

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

namespace {

class TileKernel : public Kernel {
public:
  TileKernel(const Plan &plan, const Step &step);
  std::optional<int64_t> choose(int64_t room) override;
  void layOut(Data &data) override;
  void emit(Stream &stream) override;

private:
  struct Layout {
    int64_t rows = 0;
    int64_t cols = 0; ///< of a tile of sums
    Ring sums, copies;
    TileRings tiles;
    int64_t bytes = 0;
  };
  bool wholeRows() const { return step.kind != Step::Columns; }
  /// The row-parallel step of a linear.
  const Chain &chainOf(LinearOp linear) const;
  Layout layoutFor(int64_t rows, int64_t cols) const;
  Range rowsOf(unsigned lane) const {
    return step.kind == Step::Columns ? Range{0, step.rows} : plan.rowsOf(step.rows, lane);
  }

  const Plan &plan;
  const Step &step;
  const int index;
  SmallVector<LinearOp> reductions;
  std::vector<Rounding> roundings; ///< a reduction
  SmallVector<Operation *> ops;
  std::vector<Tiles> tiles; ///< one; made once the ops are known
  SmallVector<int64_t> parametersAddresses;
  Layout best;
};

} // namespace

TileKernel::TileKernel(const Plan &plan, const Step &step)
    : plan(plan), step(step), index(&step - plan.steps.data()) {
  SmallVector<Value> entries;
  for (Operation *op : step.ops) {
    if (auto linear = dyn_cast<LinearOp>(op)) {
      reductions.push_back(linear);
      roundings.emplace_back(linear);
      entries.push_back(linear.getResult());
    } else {
      ops.push_back(op);
    }
  }
  tiles.emplace_back(plan, ops, entries, wholeRows());
}

const Chain &TileKernel::chainOf(LinearOp linear) const {
  for (const Step &other : plan.steps)
    if (other.kind == Step::Partial)
      for (const Chain &chain : other.chains)
        if (chain.linear == linear)
          return chain;
  llvm_unreachable("a row-parallel linear has its own step");
}

TileKernel::Layout TileKernel::layoutFor(int64_t rows, int64_t cols) const {
  Layout layout;
  layout.rows = rows;
  layout.cols = cols;
  int64_t constants = 0;
  if (step.kind == Step::Copy) {
    layout.copies = {rows * plan[step.copied].rowBytes(), 2, {}};
  } else {
    int64_t width = 0;
    for (Range range : step.slicing)
      width = std::max(width, range.size());
    tiles[0].size(layout.tiles, rows, width);
    constants = tiles[0].constantBytes(width);
    for (size_t number = 0; number < reductions.size(); ++number) {
      LinearOp linear = reductions[number];
      const Matrix &result = plan[linear.getResult()];
      int64_t lanes =
          llvm::count_if(plan[linear.getX()].slicing, [](Range range) { return !range.empty(); });
      layout.sums.atLeast(8 * lanes * rows * std::min(cols, result.cols));
      constants += alignBytes(roundings[number].bytes(result.cols));
    }
    layout.sums.slots = 2;
  }
  layout.bytes = layout.sums.total() + layout.copies.total() + layout.tiles.total() + constants;
  return layout;
}

std::optional<int64_t> TileKernel::choose(int64_t room) {
  int64_t cols = 1;
  for (LinearOp linear : reductions)
    cols = std::max(cols, plan[linear.getResult()].cols);
  // Enough tiles that transfers and computing overlap, and enough elements in each
  // that starting the units does not count.
  int64_t mostRows = 1, width = 1;
  for (unsigned lane = 0; lane < plan.lanes(); ++lane)
    mostRows = std::max(mostRows, rowsOf(lane).size());
  for (Operation *op : step.ops)
    width = std::max(width, plan[op->getResult(0)].cols);
  if (step.kind == Step::Columns)
    width /= plan.lanes();
  int64_t wanted = std::max((mostRows + 3) / 4, 1024 / std::max<int64_t>(width, 1));
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t rows : {64, 32, 16, 8, 4, 2, 1}) {
    if (rows > 1 && (rows > wanted || rows / 2 >= mostRows))
      continue;
    // Wide tiles of sums first, as long as they leave many rows.
    for (int64_t width : {cols, int64_t{256}, int64_t{128}, int64_t{64}, int64_t{32}}) {
      if (width > cols)
        continue;
      Layout layout = layoutFor(rows, width);
      least = std::min(least, layout.bytes);
      if (layout.bytes > room)
        continue;
      best = std::move(layout);
      return std::nullopt;
    }
  }
  return least;
}

void TileKernel::layOut(Data &data) {
  for (auto [linear, rounding] : llvm::zip_equal(reductions, roundings)) {
    const int64_t cols = plan[linear.getResult()].cols, bytes = rounding.bytes(cols);
    parametersAddresses.push_back(bytes ? data.add(linear.getLoc(), bytes) : -1);
    if (bytes)
      rounding.pack(data.last().data(), {0, cols});
  }
}

void TileKernel::emit(Stream &stream) {
  const Range all = rowsOf(stream.lane);
  Range columns;
  if (step.kind == Step::Columns) {
    columns = step.slicing[stream.lane];
    if (columns.empty())
      return;
  }
  if (all.empty())
    return;
  Layout layout = best;
  Tiles &tiles = this->tiles[0];

  if (step.kind == Step::Copy) {
    if (Operation *def = step.copied.getDefiningOp())
      stream.comesFrom(def);
    else
      stream.comesFrom(plan.program.getBody().front().getTerminator());
    const Matrix &matrix = plan[step.copied];
    int64_t stride = matrix.rowBytes();
    int64_t count = (all.size() + layout.rows - 1) / layout.rows;
    auto rowsAt = [&](int64_t i) {
      int64_t begin = all.begin + i * layout.rows;
      return Range{begin, std::min(begin + layout.rows, all.end)};
    };
    Pipeline pipeline;
    std::vector<Chunk> chunks;
    chunks.reserve(count);
    for (int64_t i = 0; i < count; ++i)
      chunks.push_back({i, i, [&](int64_t i) {
                          stream.load(layout.copies.place(stream, i, stride),
                                      stream.inDram(matrix, rowsAt(i).begin, 0), rowsAt(i).size(),
                                      stride);
                        }});
    pipeline.channel(std::move(chunks), 2, 1);
    pipeline.run(count, {[&](int64_t i) {
                   stream.store(layout.copies.place(stream, i, stride),
                                {step.copyAddress + rowsAt(i).begin * stride, stride},
                                rowsAt(i).size(), stride);
                 }});
    return;
  }

  tiles.begin(stream, columns);
  SmallVector<Place> parameters;
  for (auto [linear, rounding, address] :
       llvm::zip_equal(reductions, roundings, parametersAddresses)) {
    parameters.push_back({});
    if (address < 0)
      continue;
    stream.comesFrom(linear);
    int64_t bytes = rounding.bytes(plan[linear.getResult()].cols);
    parameters.back() = {stream.buffer(bytes)};
    stream.load(parameters.back(), {address, 0}, 1, bytes);
  }

  // An item adds up one tile of sums; the last of a tile's rows does the rest.
  struct Item {
    Range rows;
    int64_t turn;
    int reduction; ///< or -1
    Range columns; ///< of the sums
    int64_t sumsTurn;
  };
  std::vector<Item> items;
  int64_t turn = 0, sumsTurn = 0;
  for (int64_t r = all.begin; r < all.end; r += layout.rows, ++turn) {
    Range rows{r, std::min(r + layout.rows, all.end)};
    for (auto [number, linear] : llvm::enumerate(reductions)) {
      const Matrix &result = plan[linear.getResult()];
      for (int64_t c = 0; c < result.cols;) {
        // A head each where heads are padded.
        int64_t end = std::min(c + layout.cols, result.cols);
        if (result.padded())
          end = std::min(end, (c / result.unit + 1) * result.unit);
        items.push_back({rows, turn, static_cast<int>(number), {c, end}, sumsTurn++});
        c = end;
      }
    }
    items.push_back({rows, turn, -1, {}, -1});
  }

  auto addresses = [&](const Item &item) {
    SmallVector<int64_t> result;
    for (int64_t address : chainOf(reductions[item.reduction]).partials)
      if (address >= 0)
        result.push_back(address);
    return result;
  };
  Pipeline pipeline;
  std::vector<Chunk> sums, operands;
  for (auto [number, item] : llvm::enumerate(items)) {
    int64_t when = number;
    if (item.reduction < 0) {
      operands.push_back({when, when, [&, when](int64_t) {
                            tiles.load(stream, layout.tiles, items[when].turn, items[when].rows,
                                       columns);
                          }});
      continue;
    }
    sums.push_back(
        {when, when, [&, when](int64_t) {
           const Item &item = items[when];
           LinearOp linear = reductions[item.reduction];
           stream.comesFrom(linear);
           int64_t cols = plan[linear.getResult()].cols, rowBytes = 8 * item.columns.size();
           int64_t offset = 0;
           for (int64_t address : addresses(item)) {
             stream.load({layout.sums.get(stream, item.sumsTurn), offset, rowBytes},
                         {address + 8 * (item.rows.begin * cols + item.columns.begin), 8 * cols},
                         item.rows.size(), rowBytes);
             offset += item.rows.size() * rowBytes;
           }
         }});
  }
  pipeline.channel(std::move(sums), 2, 1);
  pipeline.channel(std::move(operands), 2, items.size());

  auto compute = [&](int64_t i) {
    const Item &item = items[i];
    if (item.reduction < 0)
      return tiles.compute(stream, layout.tiles, item.turn, item.rows, columns);
    LinearOp linear = reductions[item.reduction];
    stream.comesFrom(linear);
    const Matrix &result = plan[linear.getResult()];
    Value buffer = layout.sums.get(stream, item.sumsTurn);
    int64_t elements = item.rows.size() * item.columns.size();
    for (size_t lane = 1; lane < addresses(item).size(); ++lane)
      lane::AccumulateOp::create(stream, stream.location(),
                                 stream.at({buffer, static_cast<int64_t>(8 * elements * lane), 0}),
                                 buffer, elements);
    Place out = tiles.place(stream, layout.tiles, linear.getResult(), item.turn, item.rows, {})
                    .at(0, result.columnOffset(item.columns.begin));
    roundings[item.reduction].emit(stream, buffer, parameters[item.reduction], {0, result.cols},
                                   item.columns, item.rows.size(), out);
  };
  auto store = [&](int64_t i) {
    const Item &item = items[i];
    if (item.reduction < 0)
      tiles.store(stream, layout.tiles, item.turn, item.rows, columns);
  };
  pipeline.run(items.size(), {compute, store});
}

std::unique_ptr<Kernel> tolane::makeTileKernel(const Plan &plan, const Step &step) {
  return std::make_unique<TileKernel>(plan, step);
}
