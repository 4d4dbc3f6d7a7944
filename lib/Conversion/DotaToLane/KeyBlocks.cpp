//===- KeyBlocks.cpp - attention over keys that are visited block by block ------===//
//
// Detect:  a tile's estimated scores over all keys, a block of low-rank keys at a time;
//          select; the ids wait in DRAM.
// Attend:  scores of the kept keys (dense: of all) stay while a tile visits the keys
//          block by block; softmax once; then it visits the values block by block.
//
// So no exponential is ever scaled again, and sums stay exact. Of a masked attention
// a tile's keys are ordered once, for all blocks: each block takes its part of that
// order, and no key is loaded more often than the order says.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

static Ring ring(int64_t bytes, int64_t slots) { return Ring{bytes, slots, {}}; }

//===----------------------------------------------------------------------===//
// Which rows, which blocks
//===----------------------------------------------------------------------===//

AttentionKernel::Blocks AttentionKernel::detectionBlocks(int64_t rows, int64_t blockKeys,
                                                         int64_t slots) const {
  Blocks blocks;
  blocks.rows = rows;
  blocks.keys = blockKeys;
  blocks.slots = slots;
  const bool whole = blockKeys == keys;
  if (!stays(lowQ))
    blocks.q = ring(rows * bytesOf(lowWidth, lowQ->bits), 2);
  if (!stays(lowK))
    blocks.keysOrValues = ring(blockKeys * bytesOf(lowWidth, lowK->bits), whole ? 1 : 2);
  if (lowBias)
    blocks.bias = ring(4 * keys * (lowBiasRows == 1 ? 1 : rows), lowBiasRows == 1 ? 1 : 2);
  if (hashed)
    blocks.lengths = ring(2 * keys, 1);
  if (hashed && !stays(hashed))
    blocks.hashed = ring(lengthRows() * bytesOf(hashedWidth, hashed->bits), 2);
  blocks.scores = ring(lowScoreBytes() * rows * keys, slots);
  if (softmaxScale) {
    blocks.e = ring(2 * rows * keys, 1);
    blocks.sum = ring(8 * rows, 1);
  }
  blocks.ids = ring(4 * rows * keep, 2);
  if (marks())
    blocks.marks = ring(keys, 1);
  blocks.addUp();

  const UnitCycles units{plan.machine};
  const int64_t tiles = UnitCycles::ceil(queries, rows), bits = std::max(lowQ->bits, lowK->bits);
  const int64_t seen = visible(lowCausal, (queries + rows) / 2 - 1);
  const int64_t visits = UnitCycles::ceil(seen, blockKeys), part = std::min(seen, blockKeys);
  const int64_t keyBytes = stays(lowK) ? 0 : part * bytesOf(lowWidth, lowK->bits);
  double dma = units.transfer(4 * rows * keep), once = 0;
  if (!stays(lowQ))
    dma += units.transfer(rows * bytesOf(lowWidth, lowQ->bits));
  if (lowBias && lowBiasRows != 1)
    dma += units.transfer(4 * rows * keys);
  if (!stays(lowK))
    (whole ? once : dma) += visits * units.transfer(keyBytes);
  const double rmmu =
      visits * std::max(units.product(plan.machine.rmmu.rows, rows, part, lowWidth, bits),
                        units.read(part * bytesOf(lowWidth, lowK->bits)));
  double detector = units.select(rows * seen) + (marks() ? units.trim(rows * keep, false) : 0);
  if (!thresholds.empty())
    detector += units.trim(rows * keep, balance != 0);
  double tile = slots > 1 ? std::max({dma, rmmu, detector}) : std::max(dma, rmmu + detector);
  if (softmaxScale)
    tile += units.elements(2 * rows * seen);
  if (hashed) {
    tile += units.elements(rows * seen);
    once += lengthCycles(units);
  }
  blocks.cycles = UnitCycles::ceil(heads, plan.lanes()) * (tiles * tile + once);
  return blocks;
}

AttentionKernel::Blocks AttentionKernel::attentionBlocks(int64_t rows, int64_t blockKeys,
                                                         int64_t slots) const {
  Blocks blocks;
  blocks.rows = rows;
  blocks.keys = blockKeys;
  blocks.slots = slots;
  const int64_t keyBytes = bytesOf(width, k->bits), valueBytes = bytesOf(valueWidth, v->bits);
  if (!stays(q))
    blocks.q = ring(rows * bytesOf(width, q->bits), slots);
  if (!stays(k) || !stays(v))
    blocks.keysOrValues =
        ring(blockKeys * std::max(stays(k) ? 0 : keyBytes, stays(v) ? 0 : valueBytes), 2);
  if (bias)
    blocks.bias = ring(4 * keys * (biasRows == 1 ? 1 : rows), biasRows == 1 ? 1 : slots);
  if (masked()) {
    blocks.ids = ring(4 * rows * keep, slots);
    blocks.schedule = ring(scheduleBytes(rows), slots);
  }
  blocks.scores = ring(8 * rows * columns(), 1);
  blocks.e = ring(2 * rows * columns(), 1);
  blocks.sum = ring(8 * rows, 1);
  blocks.weighted = ring(8 * rows * valueWidth, 1);
  if (!stays(out))
    blocks.out = ring(rows * bytesOf(valueWidth, out->bits), 2);
  blocks.addUp();

  const UnitCycles units{plan.machine};
  const int64_t tiles = UnitCycles::ceil(queries, rows);
  const int64_t seen = visible(causal, (queries + rows) / 2 - 1);
  const int64_t visits = UnitCycles::ceil(seen, blockKeys), part = std::min(seen, blockKeys);
  double dma = 0, rmmu = 0;
  if (!stays(q))
    dma += units.transfer(rows * bytesOf(width, q->bits));
  if (bias && biasRows != 1)
    dma += units.transfer(4 * rows * keys);
  if (masked())
    dma += units.transfer(4 * rows * keep);
  if (!stays(k))
    dma += visits * units.transfer(part * keyBytes);
  if (!stays(v))
    dma += visits * units.transfer(part * valueBytes);
  if (!stays(out))
    dma += units.transfer(rows * bytesOf(valueWidth, out->bits));
  const int bits = std::max(q->bits, k->bits);
  const int64_t pes = plan.machine.rmmu.rows;
  if (masked()) {
    // A step is taken in each block in which it has a key; each block reads the ids
    // and the order of all.
    const int64_t steps = UnitCycles::ceil(keep * std::min(visits, share), visits);
    // Vectors are loaded once for all blocks.
    const double scoreBytes = sparseBytes(rows, keyBytes) / visits + rows * keyBytes;
    const double valuesBytes = sparseBytes(rows, valueBytes) / visits + 2.0 * rows * keep;
    const double read = visits > 1 ? units.read(4 * rows * keep + scheduleBytes(rows)) : 0;
    rmmu = visits * (std::max(units.sparse(pes, rows, steps, width, bits, scoreBytes), read) +
                     std::max(units.sparse(pes, rows, steps, valueWidth, 16, valuesBytes), read));
  } else {
    rmmu = visits * (units.product(pes, rows, part, width, bits) +
                     units.product(pes, rows, valueWidth, part, 16));
  }
  const double mfu =
      units.elements(2 * rows * (masked() ? keep : seen)) + units.elements(rows * valueWidth);
  const double order = masked() ? units.order(rows * keep) : 0;
  const double tile =
      slots > 1 ? std::max({dma, rmmu + mfu, order}) : std::max(dma, rmmu + mfu) + order;
  blocks.cycles = UnitCycles::ceil(heads, plan.lanes()) * tiles * tile;
  return blocks;
}

void AttentionKernel::considerBlocks(int64_t room, int64_t &least) {
  // Instructions are as many as tiles and blocks: of more than 64 blocks programs get
  // too long, so they are only for where nothing else fits.
  constexpr int64_t kFew = 64;
  auto isBetter = [&](const Blocks &a, const Blocks &b) {
    return std::tuple(a.keys * kFew < keys, a.cycles) < std::tuple(b.keys * kFew < keys, b.cycles);
  };
  SmallVector<int64_t> heights;
  for (int64_t height : {128, 96, 64, 48, 32, 28, 24, 20, 16, 12, 8, 4, 2, 1})
    if (height > share ? height % share == 0 : share % height == 0)
      heights.push_back(std::min(height, queries));
  auto choose = [&](ArrayRef<int64_t> heights, auto make, std::optional<Blocks> &chosen) {
    int64_t smallest = std::numeric_limits<int64_t>::max();
    for (int64_t height : heights)
      for (int64_t blockKeys = 16; blockKeys < 2 * keys; blockKeys *= 2)
        for (int64_t slots : {2, 1}) {
          Blocks blocks = make(height, std::min(blockKeys, keys), slots);
          smallest = std::min(smallest, blocks.bytes);
          if (blocks.bytes <= room && (!chosen || isBetter(blocks, *chosen)))
            chosen = std::move(blocks);
        }
    return smallest;
  };
  std::optional<Blocks> finds, attendsBy;
  int64_t smallest = 0;
  if (detects()) {
    // Rows that keep the same number of keys are trimmed together.
    SmallVector<int64_t> trimmed(heights);
    for (int64_t &height : trimmed)
      if (balance)
        height = std::min(std::max(height / balance, int64_t{1}) * balance, queries);
    smallest = choose(trimmed, [&](auto... n) { return detectionBlocks(n...); }, finds);
  }
  if (attends())
    smallest = std::max(
        smallest, choose(heights, [&](auto... n) { return attentionBlocks(n...); }, attendsBy));
  least = std::min(least, smallest);
  if (detects() != finds.has_value() || attends() != attendsBy.has_value())
    return;
  const double cycles = (finds ? finds->cycles : 0) + (attendsBy ? attendsBy->cycles : 0);
  if (cycles >= fewest)
    return;
  fewest = cycles;
  detection = std::move(finds);
  attention = std::move(attendsBy);
}

/// All tiles one after the other, each with the keys that its last row can see, if
/// others are `hidden`, and with the values after the keys.
std::vector<AttentionKernel::Visit> AttentionKernel::visits(const Blocks &blocks, Range of,
                                                            bool hidden, bool alsoValues) const {
  std::vector<Visit> all;
  for (int64_t row = of.begin, tile = 0; row < of.end; row += blocks.rows, ++tile) {
    const Range rows{row, std::min(row + blocks.rows, of.end)};
    const int64_t seen = visible(hidden, rows.end - 1);
    for (bool values : {false, true})
      for (int64_t key = 0; key < seen && (alsoValues || !values); key += blocks.keys) {
        const int64_t end = std::min(key + blocks.keys, seen);
        all.push_back({tile, rows, {key, end}, values, key == 0, end == seen});
      }
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

void AttentionKernel::detectByBlocks(Stream &stream, Blocks &blocks, int64_t head, Range of) {
  const std::vector<Visit> all = visits(blocks, of, lowCausal, false);
  const bool whole = blocks.keys == keys;
  auto load = [&](size_t n) {
    if (n >= all.size())
      return;
    const Visit &visit = all[n];
    if (visit.first && !stays(lowQ))
      loadHead(stream, *lowQ, blocks.q, visit.tile, head, lowWidth, visit.rows);
    if (visit.first && lowBias && (lowBiasRows != 1 || n == 0))
      loadBiasRows(stream, blocks.bias, visit.tile, *lowBias, lowBiasHeads, lowBiasRows, head,
                   visit.rows);
    if (!stays(lowK) && whole && n == 0)
      loadHead(stream, *lowK, blocks.keysOrValues, 0, head / lowGroup, lowWidth, {0, keys});
    if (!stays(lowK) && !whole)
      loadHead(stream, *lowK, blocks.keysOrValues, static_cast<int64_t>(n), head / lowGroup,
               lowWidth, visit.keys);
  };

  stream.comesFrom(detectOp);
  if (hashed)
    measureKeys(stream, blocks.hashed, blocks.lengths, 0, head);
  load(0);
  for (size_t n = 0; n < all.size(); ++n) {
    // One block ahead.
    load(n + 1);
    const Visit &visit = all[n];
    const int64_t rows = visit.rows.size(), seen = visible(lowCausal, visit.rows.end - 1);
    const Value scores = blocks.scores.get(stream, visit.tile);
    Place a = headPlace(stream, *lowQ, blocks.q, visit.tile, head, lowWidth, visit.rows.begin);
    Place b = headPlace(stream, *lowK, blocks.keysOrValues, whole ? 0 : static_cast<int64_t>(n),
                        head / lowGroup, lowWidth, visit.keys.begin);
    stream.configure(lowPrecision());
    lane::MatmulOp::create(stream, stream.location(), stream.at(a), stream.at(b),
                           stream.at({scores, lowScoreBytes() * visit.keys.begin, 0}), rows,
                           visit.keys.size(), lowWidth, a.stride, b.stride, lowQ->precision,
                           lowK->precision, /*unsignedA=*/false, /*transposeB=*/true,
                           /*accumulate=*/false,
                           rows == 1 || visit.keys.size() == seen ? 0 : lowScoreBytes() * seen,
                           lowNarrow);
    if (!visit.last)
      continue;
    Place ids = blocks.ids.place(stream, visit.tile, 4 * keep);
    Selection selection{.head = head, .rows = visit.rows, .scores = scores, .ids = stream.at(ids)};
    if (lowBias) {
      selection.bias = blocks.bias.get(stream, lowBiasRows == 1 ? 0 : visit.tile);
      selection.biasStride = lowBiasRows == 1 ? 0 : 4 * keys;
    }
    if (hashed)
      selection.lengths = blocks.lengths.get(stream, 0);
    if (softmaxScale) {
      selection.e = blocks.e.get(stream, 0);
      selection.sum = blocks.sum.get(stream, 0);
    }
    if (marks()) {
      selection.marks = blocks.marks.get(stream, 0);
      selection.isFirst = visit.rows.begin == of.begin;
    }
    select(stream, selection);
    stream.store(ids, {idsAddress(stream.lane, head, visit.rows.begin), 4 * keep}, rows, 4 * keep);
  }
  if (marks())
    storeMarks(stream, blocks.marks.get(stream, 0), head);
}

void AttentionKernel::attendByBlocks(Stream &stream, Blocks &blocks, int64_t head) {
  const std::vector<Visit> all = visits(blocks, {0, queries}, causal, true);
  auto loadTile = [&](const Visit &visit) {
    stream.comesFrom(op);
    if (!stays(q))
      loadHead(stream, *q, blocks.q, visit.tile, head, width, visit.rows);
    if (bias && (biasRows != 1 || visit.tile == 0))
      loadBiasRows(stream, blocks.bias, visit.tile, *bias, biasHeads, biasRows, head, visit.rows);
    if (!masked())
      return;
    Place ids = blocks.ids.place(stream, visit.tile, 4 * keep);
    stream.load(ids, {idsAddress(stream.lane, head, visit.rows.begin), 4 * keep}, visit.rows.size(),
                4 * keep);
    stream.comesFrom(detects() ? detectOp : op);
    lane::OrderOp::create(stream, stream.location(), stream.at(ids),
                          blocks.schedule.get(stream, visit.tile), visit.rows.size(), keys, keep,
                          share, mask->id, mask->shared ? 0 : head, visit.rows.begin);
    stream.comesFrom(op);
  };
  auto loadBlock = [&](size_t n) {
    if (n >= all.size())
      return;
    const Matrix &matrix = all[n].values ? *v : *k;
    if (!stays(&matrix))
      loadHead(stream, matrix, blocks.keysOrValues, static_cast<int64_t>(n), head / group,
               all[n].values ? valueWidth : width, all[n].keys);
  };

  stream.comesFrom(op);
  loadTile(all.front());
  loadBlock(0);
  for (size_t n = 0; n < all.size(); ++n) {
    const Visit &visit = all[n];
    const int64_t tile = visit.tile, rows = visit.rows.size();
    const int64_t cols = columnsOf(visit.rows), count = visit.keys.size();
    const bool whole = count == keys;
    // One block ahead.
    loadBlock(n + 1);
    Place b =
        headPlace(stream, visit.values ? *v : *k, blocks.keysOrValues, static_cast<int64_t>(n),
                  head / group, visit.values ? valueWidth : width, visit.keys.begin);
    const Value scores = blocks.scores.get(stream, 0), e = blocks.e.get(stream, 0);
    const Value sum = blocks.sum.get(stream, 0), weighted = blocks.weighted.get(stream, 0);
    const Value ids = masked() ? blocks.ids.get(stream, tile) : scores;
    const Value schedule = masked() ? blocks.schedule.get(stream, tile) : scores;
    stream.configure(visit.values ? kValuePrecision : scorePrecision());
    if (!visit.values) {
      Place a = headPlace(stream, *q, blocks.q, tile, head, width, visit.rows.begin);
      if (masked())
        lane::SddmmOp::create(stream, stream.location(), stream.at(a), stream.at(b), ids, schedule,
                              scores, rows, keep, count, width, a.stride, b.stride, share,
                              q->precision, visit.keys.begin, /*partial=*/!whole,
                              /*accumulate=*/!visit.first);
      else
        lane::MatmulOp::create(stream, stream.location(), stream.at(a), stream.at(b),
                               stream.at({scores, 8 * visit.keys.begin, 0}), rows, count, width,
                               a.stride, b.stride, q->precision, k->precision,
                               /*unsignedA=*/false, /*transposeB=*/true, /*accumulate=*/false,
                               rows == 1 || count == cols ? 0 : 8 * cols);
      if (visit.last)
        lane::SoftmaxOp::create(stream, stream.location(), scores,
                                bias ? blocks.bias.get(stream, biasRows == 1 ? 0 : tile) : scores,
                                ids, e, sum, rows, cols, bias && biasRows != 1 ? 4 * keys : 0, keys,
                                toAPFloat(scale), bias != nullptr, masked(), causal,
                                causal ? visit.rows.begin + keys - queries : 0);
      continue;
    }
    if (masked())
      lane::SpmmOp::create(stream, stream.location(), e, stream.at(b), ids, schedule, weighted,
                           rows, keep, count, valueWidth, b.stride, share, v->precision,
                           visit.keys.begin, /*partial=*/!whole, /*accumulate=*/!visit.first);
    else
      lane::MatmulOp::create(stream, stream.location(), stream.at({e, 2 * visit.keys.begin, 0}),
                             stream.at(b), weighted, rows, valueWidth, count, 2 * cols, b.stride,
                             Precision::FX16, v->precision, /*unsignedA=*/true,
                             /*transposeB=*/false, /*accumulate=*/!visit.first);
    // The next tile's ids and their order, beside this one's values or, where they
    // have one place, after them.
    if (blocks.slots > 1 ? visit.first : visit.last) {
      auto next = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
                               [&](const Visit &other) { return other.tile > tile; });
      if (next != all.end())
        loadTile(*next);
    }
    if (!visit.last)
      continue;
    Place to = headPlace(stream, *out, blocks.out, tile, head, valueWidth, visit.rows.begin);
    lane::NormalizeOp::create(stream, stream.location(), weighted, sum, stream.at(to), rows,
                              valueWidth, to.stride, v->exponent(), out->exponent(),
                              out->precision);
    if (!stays(out))
      stream.store(to, stream.inDram(*out, visit.rows.begin, head * valueWidth), rows,
                   bytesOf(valueWidth, out->bits));
  }
}
