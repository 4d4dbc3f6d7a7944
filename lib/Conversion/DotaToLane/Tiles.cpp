//===- Tiles.cpp - ops on one tile --------------------------------------------===//

#include "Tiles.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

Tiles::Tiles(const Plan &plan, ArrayRef<Operation *> ops, ArrayRef<Value> entries, bool wholeRows)
    : plan(plan), ops(ops), wholeRows(wholeRows) {
  auto make = [&](Value value) {
    switch (plan[value].storage) {
    case Storage::Tile:
      tiles[value] = {Role::Inner, innerRings++};
      break;
    case Storage::Resident:
      tiles[value] = {Role::Resident, 0};
      break;
    case Storage::Slices:
    case Storage::Dram:
      tiles[value] = {Role::Stored, stored.size()};
      stored.push_back(value);
      break;
    }
  };
  for (Value entry : entries)
    make(entry);
  for (Operation *op : this->ops) {
    for (OpOperand &use : op->getOpOperands()) {
      Value operand = use.get();
      bool parameter = isa<LayerNormOp, RmsNormOp>(op) && use.getOperandNumber() > 0;
      if (Plan::isTable(use))
        tables.insert(operand);
      if (parameter || plan.isBroadcast(op, operand))
        constants.insert({operand, Value()});
      else if (tiles.contains(operand))
        continue;
      else if (plan[operand].storage == Storage::Resident)
        tiles[operand] = {Role::Resident, 0};
      else {
        tiles[operand] = {Role::Loaded, loaded.size()};
        loaded.push_back(operand);
      }
    }
    if (isa<SoftmaxOp>(op)) {
      scratch[op] = innerRings;
      innerRings += kScratch;
    }
    make(op->getResult(0));
  }
}

int64_t Tiles::rowBytes(const Matrix &matrix, int64_t cols) const {
  if (readsWholeRows(matrix))
    return matrix.rowBytes();
  int64_t units = (cols + matrix.unit - 1) / matrix.unit;
  return matrix.padded() ? units * bytesOf(matrix.unit, matrix.bits) : bytesOf(cols, matrix.bits);
}

void Tiles::size(TileRings &rings, int64_t rows, int64_t cols) const {
  for (const auto &[value, tile] : tiles) {
    int64_t bytes = rows * rowBytes(plan[value], cols);
    if (tile.role == Role::Loaded)
      rings.ring(rings.loaded, tile.index, 2).atLeast(bytes);
    else if (tile.role == Role::Stored)
      rings.ring(rings.stored, tile.index, 2).atLeast(bytes);
    else if (tile.role == Role::Inner)
      rings.ring(rings.inner, tile.index, 1).atLeast(bytes);
  }
  for (const auto &[op, index] : scratch) {
    int64_t width = plan[op->getResult(0)].cols;
    rings.ring(rings.inner, index, 1).atLeast(rows * width * 8);
    rings.ring(rings.inner, index + 1, 1).atLeast(rows * width * 2);
    rings.ring(rings.inner, index + 2, 1).atLeast(rows * 8);
  }
}

int64_t Tiles::constantBytes(int64_t cols) const {
  int64_t bytes = 0;
  for (const auto &[value, buffer] : constants)
    bytes += alignBytes(rowBytes(plan[value], cols));
  return bytes;
}

void Tiles::begin(Stream &stream, Range columns) {
  laneColumns = columns;
  for (auto &[value, buffer] : constants) {
    const Matrix &matrix = plan[value];
    Range range = columnsOf(matrix, columns);
    if (range.empty())
      continue;
    for (Operation *op : ops)
      if (llvm::is_contained(op->getOperands(), value)) {
        stream.comesFrom(op);
        break;
      }
    buffer = stream.buffer(matrix.rowBytes(range));
    stream.load({buffer}, stream.inDram(matrix, 0, range.begin), 1, matrix.rowBytes(range));
  }
}

Place Tiles::place(Stream &stream, TileRings &rings, Value value, int64_t turn, Range rows,
                   Range columns) {
  const Matrix &matrix = plan[value];
  Range range = columnsOf(matrix, columns);
  if (auto constant = constants.find(value); constant != constants.end())
    return {constant->second,
            matrix.columnOffset(range.begin) -
                matrix.columnOffset(columnsOf(matrix, laneColumns).begin),
            0};
  Tile tile = tiles.find(value)->second;
  int64_t stride = matrix.rowBytes(range);
  switch (tile.role) {
  case Role::Loaded:
    return rings.loaded[tile.index].place(stream, turn, stride);
  case Role::Stored:
    return rings.stored[tile.index].place(stream, turn, stride);
  case Role::Inner:
    return rings.inner[tile.index].place(stream, turn, stride);
  case Role::Resident:
    return stream.resident(matrix).at(rows.begin,
                                      matrix.columnOffset(range.begin) -
                                          matrix.columnOffset(matrix.slicing[stream.lane].begin));
  }
  llvm_unreachable("a tile has a role");
}

void Tiles::load(Stream &stream, TileRings &rings, int64_t turn, Range rows, Range columns) {
  for (Value value : loaded) {
    const Matrix &matrix = plan[value];
    Range range = columnsOf(matrix, columns);
    for (Operation *op : ops)
      if (llvm::is_contained(op->getOperands(), value)) {
        stream.comesFrom(op);
        break;
      }
    stream.load(place(stream, rings, value, turn, rows, columns),
                stream.inDram(matrix, rows.begin, range.begin), rows.size(),
                matrix.rowBytes(range));
  }
}

void Tiles::store(Stream &stream, TileRings &rings, int64_t turn, Range rows, Range columns) {
  for (Value value : stored) {
    const Matrix &matrix = plan[value];
    Range range = columnsOf(matrix, columns);
    stream.comesFrom(value.getDefiningOp());
    stream.store(place(stream, rings, value, turn, rows, columns),
                 stream.inDram(matrix, rows.begin, range.begin), rows.size(),
                 matrix.rowBytes(range));
  }
}

void Tiles::compute(Stream &stream, TileRings &rings, int64_t turn, Range rows, Range columns) {
  for (Operation *op : ops)
    computeOp(stream, rings, op, turn, rows, columns);
}

void Tiles::computeOp(Stream &stream, TileRings &rings, Operation *op, int64_t turn, Range rows,
                      Range columns) {
  stream.comesFrom(op);
  OpBuilder &b = stream;
  Location loc = stream.location();
  const Matrix &x = plan[op->getOperand(0)], &out = plan[op->getResult(0)];
  int64_t n = rows.size(), cols = columnsOf(out, columns).size();
  Place xAt = place(stream, rings, x.value, turn, rows, columns);
  Place outAt = place(stream, rings, out.value, turn, rows, columns);
  auto at = [&](Value value) {
    return stream.at(place(stream, rings, value, turn, rows, columns));
  };
  TypeSwitch<Operation *>(op)
      .Case([&](ActivationOp activation) {
        lane::ActivationOp::create(b, loc, stream.at(xAt), stream.at(outAt), n, cols, xAt.stride,
                                   outAt.stride, x.exponent(), out.exponent(), activation.getKind(),
                                   x.precision, out.precision);
      })
      .Case<AddOp, MulOp>([&](auto) {
        const Matrix &y = plan[op->getOperand(1)];
        Place yAt = place(stream, rings, y.value, turn, rows, columns);
        auto create = [&]<class Instruction>() {
          Instruction::create(b, loc, stream.at(xAt), stream.at(yAt), stream.at(outAt), n, cols,
                              xAt.stride, yAt.stride, outAt.stride, x.exponent(), y.exponent(),
                              out.exponent(), x.precision, y.precision, out.precision);
        };
        if (isa<AddOp>(op))
          create.template operator()<lane::AddOp>();
        else
          create.template operator()<lane::MulOp>();
      })
      .Case([&](RotateOp rotate) {
        const Matrix &table = plan[rotate.getTable()];
        Place tableAt = place(stream, rings, table.value, turn, rows, columns);
        lane::RotateOp::create(b, loc, stream.at(xAt), stream.at(tableAt), stream.at(outAt), n,
                               cols, table.cols / 2, rotate.getDistance(), xAt.stride,
                               tableAt.stride, outAt.stride, x.exponent(), table.exponent(),
                               out.exponent(), x.precision, table.precision, out.precision);
      })
      .Case([&](QuantizeOp) {
        lane::QuantizeOp::create(b, loc, stream.at(xAt), stream.at(outAt), n, cols, xAt.stride,
                                 outAt.stride, out.exponent(), out.precision);
      })
      .Case([&](DequantizeOp) {
        lane::DequantizeOp::create(b, loc, stream.at(xAt), stream.at(outAt), n, cols, xAt.stride,
                                   outAt.stride, x.exponent(), x.precision);
      })
      .Case([&](LayerNormOp norm) {
        lane::LayerNormOp::create(b, loc, stream.at(xAt), at(norm.getGain()), at(norm.getBias()),
                                  stream.at(outAt), n, cols, xAt.stride, outAt.stride, x.exponent(),
                                  out.exponent(), norm.getEpsilon(), x.precision, out.precision);
      })
      // quote: instructions
      .Case([&](RmsNormOp norm) {
        lane::RmsNormOp::create(b, loc, stream.at(xAt), at(norm.getGain()), stream.at(outAt), n,
                                cols, xAt.stride, outAt.stride, x.exponent(), out.exponent(),
                                norm.getEpsilon(), x.precision, out.precision);
      })
      // end quote
      .Case([&](SoftmaxOp) {
        size_t first = scratch[op];
        Value acc = rings.inner[first].get(stream, 0), e = rings.inner[first + 1].get(stream, 0),
              sum = rings.inner[first + 2].get(stream, 0);
        lane::WidenOp::create(b, loc, stream.at(xAt), acc, n, cols, xAt.stride, x.precision);
        lane::SoftmaxOp::create(b, loc, acc, acc, acc, e, sum, n, cols, /*biasStride=*/0,
                                /*keys=*/cols, toAPFloat(std::ldexp(1.0f, -x.exponent())),
                                /*hasBias=*/false,
                                /*hasIds=*/false, /*causal=*/false, /*diagonal=*/0);
        lane::WidenOp::create(b, loc, e, acc, n, cols, 2 * cols, Precision::FX16,
                              /*unsignedX=*/true);
        lane::NormalizeOp::create(b, loc, acc, sum, stream.at(outAt), n, cols, outAt.stride,
                                  /*from=*/0, out.exponent(), out.precision);
      })
      .Default([](Operation *) { llvm_unreachable("the plan lets no other op through"); });
}
