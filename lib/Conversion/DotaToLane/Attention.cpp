//===- Attention.cpp - heads, a tile of query rows at a time -------------------===//
//
// Dense:   q k^T, softmax, e v, divide.
// Masked:  estimated scores, select, trim, order; then q k^T, softmax and e v over the
//          kept keys alone, divide.
// Detect:  estimated scores and select; the kept ids stay in DRAM for later steps.
//
// The stages of consecutive tiles overlap, so that the Detector and the Scheduler
// work on the next tiles while the RMMU computes this one. With little SRAM tiles
// get lower, stages fall together, and at last keys and values of a head are not
// held together: one pass over the queries for the exponentials, which wait in
// DRAM, one for the output. What takes the fewest cycles by docs/timing.md is done.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"
#include "dota/Dialect/Dota/ConstantData.h"
#include "mlir/IR/Remarks.h"
#include <cmath>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

/// Extents of a bias: [1 x] heads x rows x keys, each of the first two maybe 1.
static void describeBias(const Matrix &bias, int64_t &heads, int64_t &rows) {
  auto shape = cast<RankedTensorType>(bias.value.getType()).getShape();
  rows = shape.size() >= 2 ? shape[shape.size() - 2] : 1;
  heads = shape.size() >= 3 ? shape[shape.size() - 3] : 1;
}

AttentionKernel::AttentionKernel(const Plan &plan, const Step &step)
    : plan(plan), step(step), op(step.ops.front()), share(plan.machine.rmmu.group) {
  auto attention = [&](auto attention) {
    q = &plan[attention.getQ()];
    k = &plan[attention.getK()];
    v = &plan[attention.getV()];
    out = &plan[attention.getResult()];
    heads = attention.getHeads();
    group = heads / static_cast<int64_t>(attention.getKvHeads());
    queries = q->rows;
    keys = k->rows;
    width = q->cols / heads;
    valueWidth = out->cols / heads;
    // A power of two makes the product exact.
    scale = std::ldexp(attention.getScale().convertToFloat(), -(q->exponent() + k->exponent()));
    causal = attention.getCausal();
    if (attention.getBias()) {
      bias = &plan[attention.getBias()];
      describeBias(*bias, biasHeads, biasRows);
    }
  };
  if (auto dense = dyn_cast<AttentionOp>(op))
    attention(dense);
  if (auto sparse = dyn_cast<MaskedAttentionOp>(op)) {
    attention(sparse);
    mask = &plan.mask(sparse.getMask());
    if (mask->fused)
      detectOp = mask->op;
  }
  if (auto detection = dyn_cast<DetectOp>(op)) {
    mask = &plan.mask(detection.getMask());
    detectOp = op;
  }
  if (mask) {
    keep = mask->type.getKeep();
    known = mask->known;
    if (known)
      share = *known.getGroup();
  }
  if (auto detection = dyn_cast_or_null<DetectOp>(detectOp)) {
    detect = mask;
    lowQ = &plan[detection.getQ()];
    lowK = &plan[detection.getK()];
    heads = detection.getHeads();
    queries = lowQ->rows;
    keys = lowK->rows;
    lowWidth = lowQ->cols / heads;
    lowGroup = heads / detection.getKeyHeads();
    if (detection.getKeys()) {
      hashed = &plan[detection.getKeys()];
      hashedWidth = hashed->cols / detection.getKeyHeads();
    }
    lowCausal = detection.getCausal();
    thresholds = detection.getThresholds().value_or(ArrayRef<float>());
    balance = detection.getBalance().value_or(0);
    if (auto given = detection.getSoftmaxScale())
      softmaxScale = std::ldexp(given->convertToFloat(), -(lowQ->exponent() + lowK->exponent()));
    if (detection.getBias()) {
      lowBias = &plan[detection.getBias()];
      describeBias(*lowBias, lowBiasHeads, lowBiasRows);
    }
    // No estimated score is larger. Thresholds and softmax read 64 bits.
    const int64_t most = hashed ? ::dota::maxStored(16) * ::dota::maxStored(16)
                                : lowWidth << (lowQ->bits + lowK->bits - 2);
    while (thresholds.empty() && !softmaxScale && lowNarrow < 3 &&
           most >> (8 * (8 >> (lowNarrow + 1)) - 1) == 0)
      ++lowNarrow;
  }
}

AttentionKernel::Layout AttentionKernel::layoutFor(int64_t rows, int64_t scoreRows, Stages stages,
                                                   int64_t headSlots, bool twoPasses) const {
  Layout layout;
  layout.rows = rows;
  layout.scoreRows = scoreRows;
  layout.twoPasses = twoPasses;
  layout.stages = stages;
  const Stages &s = stages;
  // What lives from one stage to another has a place for each tile in between; what
  // is loaded one more, to be filled while the others are used.
  int64_t ahead = s.count() > 1 ? 1 : 0;
  auto ring = [](int64_t bytes, int64_t slots) { return Ring{bytes, slots, {}}; };
  auto headBytes = [](const Matrix &matrix, int64_t width, int64_t rows) {
    return rows * bytesOf(width, matrix.bits);
  };
  if (detects()) {
    if (!stays(lowQ))
      layout.lowQ = ring(headBytes(*lowQ, lowWidth, rows), 1 + ahead);
    if (!stays(lowK))
      layout.lowK = ring(headBytes(*lowK, lowWidth, keys), headSlots);
    if (lowBias)
      layout.lowBias = ring(4 * keys * (lowBiasRows == 1 ? 1 : rows), 1 + ahead);
    if (hashed)
      layout.lengths = ring(2 * keys, headSlots);
    if (hashed && !stays(hashed))
      layout.hashed = ring(headBytes(*hashed, hashedWidth, lengthRows()), 2);
    layout.lowScores =
        ring(lowScoreBytes() * scoreRows * keys, scoreRows == rows ? s.select - s.scores + 1 : 1);
    if (scoreRows < rows)
      layout.lowScores.slots = 2;
    if (softmaxScale) {
      layout.lowE = ring(2 * scoreRows * keys, 1 + ahead);
      layout.lowSum = ring(8 * scoreRows, 1 + ahead);
    }
  }
  if (masked()) {
    // Ids from DRAM are there when they are ordered.
    int64_t last = attends() ? s.values : s.store;
    if (!detects())
      layout.ids = ring(4 * rows * keep, last - s.order + 1 + ahead);
    else if (!twoPasses)
      layout.ids = ring(4 * rows * keep, last - s.select + 1);
    if (marks())
      layout.marks = ring(keys, s.store - s.select + 1);
    if (attends())
      layout.schedule = ring(scheduleBytes(rows), s.values - s.order + 1 + (known ? ahead : 0));
  }
  if (attends()) {
    if (!stays(q))
      layout.q = ring(headBytes(*q, width, rows), 1 + ahead);
    if (!stays(k))
      layout.k = ring(headBytes(*k, width, keys), headSlots);
    if (!stays(v))
      layout.v = ring(headBytes(*v, valueWidth, keys), headSlots);
    if (bias)
      layout.bias = ring(4 * keys * (biasRows == 1 ? 1 : rows), 1 + ahead);
    layout.scores = ring(8 * rows * columns(), s.softmax - s.products + 1);
    if (twoPasses) {
      layout.between =
          ring(betweenBytes(rows, columns()),
               std::max<int64_t>(s.store - s.select + 1,
                                 s.divide - (masked() ? s.order : s.values) + 1 + ahead));
    } else {
      layout.e = ring(2 * rows * columns(), s.values - s.softmax + 1);
      layout.sum = ring(8 * rows, s.divide - s.softmax + 1);
    }
    layout.weighted = ring(8 * rows * valueWidth, s.divide - s.values + 1);
    if (!stays(out))
      layout.out = ring(headBytes(*out, valueWidth, rows), s.store - s.divide + 1);
  }
  for (Ring *r : layout.rings())
    layout.bytes += r->total();
  if (twoPasses) {
    // What only one of the passes needs can lie where the other's lay.
    int64_t first = layout.q.total() + layout.k.total() + layout.bias.total() +
                    layout.lowQ.total() + layout.lowK.total() + layout.lowBias.total() +
                    layout.lengths.total() + layout.hashed.total() + layout.lowScores.total() +
                    layout.scores.total();
    int64_t second = layout.v.total() + layout.weighted.total() + layout.out.total();
    layout.bytes -= std::min(first, second);
  }
  return layout;
}

/// Cycles of the lane with the most heads, roughly.
double AttentionKernel::cyclesOf(Layout &layout) const {
  const UnitCycles units{plan.machine};
  const int64_t detectPes = layout.detectRows ? layout.detectRows : plan.machine.rmmu.rows;
  const int64_t computePes = plan.machine.rmmu.rows - layout.detectRows;
  const Stages &s = layout.stages;
  const int64_t rows = layout.rows, tiles = UnitCycles::ceil(queries, rows);
  const int64_t laneHeads = UnitCycles::ceil(heads, plan.lanes());
  struct Work {
    double dma = 0, estimates = 0, rmmu = 0, mfu = 0, detector = 0, scheduler = 0;
  };
  // Of all tiles: a stage a unit, the busiest unit sets the pace once the first tile
  // is through; or detection beside the rest; or transfers; or one unit after the other.
  auto loop = [&](const Work &w, int64_t tiles) {
    const double others = w.estimates + w.rmmu + w.mfu + w.detector + w.scheduler;
    // In turns estimated scores are products like the others.
    const double inTurns = layout.detectRows ? 0 : w.estimates;
    double slowest = w.dma + others;
    if (s.softmax != s.products)
      slowest = std::max({w.dma, w.estimates, w.rmmu + inTurns, w.mfu, w.detector, w.scheduler});
    else if (s.products != s.scores)
      slowest = std::max({w.dma, w.estimates + w.detector + w.scheduler, w.rmmu + inTurns + w.mfu});
    else if (s.store != s.divide)
      slowest = std::max(w.dma, others);
    return tiles * slowest + w.dma + others - slowest;
  };
  // What the mean tile can see.
  const int64_t middle = (queries + rows) / 2 - 1;
  const int64_t seen = visible(causal, middle), lowSeen = visible(lowCausal, middle);
  Work first, second;
  double perHead = 0;
  auto head = [&](Work &work, const Matrix &matrix, const Ring &ring, int64_t bytes) {
    if (stays(&matrix))
      return;
    if (ring.slots > 1 && !layout.twoPasses)
      work.dma += units.transfer(bytes) / tiles;
    else
      perHead += units.transfer(bytes);
  };
  auto load = [&](Work &work, bool needed, int64_t bytes) {
    if (needed)
      work.dma += units.transfer(bytes);
  };
  if (detects()) {
    int64_t parts = UnitCycles::ceil(rows, layout.scoreRows);
    load(first, !stays(lowQ), rows * bytesOf(lowWidth, lowQ->bits));
    head(first, *lowK, layout.lowK, keys * bytesOf(lowWidth, lowK->bits));
    load(first, lowBias && lowBiasRows != 1, 4 * rows * keys);
    layout.detectCycles = parts * units.product(detectPes, layout.scoreRows, lowSeen, lowWidth,
                                                std::max(lowQ->bits, lowK->bits));
    first.estimates += layout.detectCycles;
    first.detector += parts * units.select(layout.scoreRows * lowSeen);
    if (!thresholds.empty())
      first.detector += parts * units.trim(layout.scoreRows * keep, balance != 0);
    if (marks())
      first.detector += parts * units.trim(layout.scoreRows * keep, false);
    if (softmaxScale)
      first.mfu += parts * units.elements(2 * layout.scoreRows * lowSeen);
    if (hashed) {
      first.mfu += parts * units.elements(layout.scoreRows * lowSeen);
      perHead += lengthCycles(units);
    }
  }
  if (!attends()) {
    first.dma += units.transfer(4 * rows * keep);
    return loop(first, tiles * laneHeads) + perHead * laneHeads;
  }
  Work &last = layout.twoPasses ? second : first;
  const double order = masked() && !known ? units.order(rows * keep) : 0;
  first.scheduler += order;
  load(first, bool(known), scheduleBytes(rows));
  load(first, masked() && !detects(), 4 * rows * keep);
  load(first, !stays(q), rows * bytesOf(width, q->bits));
  head(first, *k, layout.k, keys * bytesOf(width, k->bits));
  load(first, bias && biasRows != 1, 4 * rows * keys);
  // Beside detection the PE rows that compute are set once, to the widest product; in
  // turns all are set anew for each.
  int bits = layout.detectRows ? 16 : std::max(q->bits, k->bits);
  const int64_t keyBytes = bytesOf(width, k->bits), valueBytes = bytesOf(valueWidth, v->bits);
  const double scores =
      masked() ? units.sparse(computePes, rows, keep, width, bits,
                              sparseBytes(rows, keyBytes) + static_cast<double>(rows * keyBytes))
               : units.product(computePes, rows, seen, width, bits);
  const double values =
      masked() ? units.sparse(computePes, rows, keep, valueWidth, 16,
                              sparseBytes(rows, valueBytes) + static_cast<double>(2 * rows * keep))
               : units.product(computePes, rows, valueWidth, seen, 16);
  int changes = scorePrecision() != kValuePrecision ? 2 : 0;
  if (detects() && lowPrecision() != kValuePrecision)
    changes = lowPrecision() != scorePrecision() && changes ? 3 : 2;
  if (layout.detectRows)
    changes = 0;
  layout.computeCycles = scores + values + changes * plan.machine.rmmu.configure;
  first.rmmu += scores + changes * plan.machine.rmmu.configure;
  first.mfu += units.elements(2 * rows * (masked() ? keep : seen));
  if (layout.twoPasses) {
    first.dma += units.transfer(betweenBytes(rows, columns()));
    second.dma += units.transfer(betweenBytes(rows, columns()));
    second.scheduler += order;
    load(second, bool(known), scheduleBytes(rows));
    load(second, masked() && !detects(), 4 * rows * keep);
  }
  head(last, *v, layout.v, keys * bytesOf(valueWidth, v->bits));
  last.rmmu += values;
  last.mfu += units.elements(rows * valueWidth);
  load(last, !stays(out), rows * bytesOf(valueWidth, out->bits));
  if (layout.detectRows) // set once
    perHead += static_cast<double>(plan.machine.rmmu.configure) / static_cast<double>(laneHeads);
  if (!layout.twoPasses)
    return loop(first, tiles * laneHeads) + perHead * laneHeads;
  return (loop(first, tiles) + loop(second, tiles) + perHead) * laneHeads;
}

double AttentionKernel::sparseBytes(int64_t rows, int64_t vectorBytes) const {
  const UnitCycles units{plan.machine};
  return units.loads(rows, keep, keys) * static_cast<double>(vectorBytes) +
         static_cast<double>(4 * rows * keep + scheduleBytes(rows));
}

std::optional<int64_t> AttentionKernel::choose(int64_t room) {
  int64_t least = std::numeric_limits<int64_t>::max();
  fewest = fewestInTurns = fewestBeside = std::numeric_limits<double>::infinity();
  detection.reset();
  attention.reset();
  Layout inTurns, beside;
  auto consider = [&](int64_t rows, int64_t scoreRows, Stages stages, int64_t headSlots,
                      bool twoPasses, int64_t detectRows = 0) {
    // Rows that keep the same number of keys are trimmed together.
    if (balance && ((rows % balance != 0 && rows != queries) ||
                    (scoreRows % balance != 0 && scoreRows != rows)))
      return;
    Layout layout = layoutFor(rows, scoreRows, stages, headSlots, twoPasses);
    layout.detectRows = detectRows;
    least = std::min(least, layout.bytes);
    if (layout.bytes > room)
      return;
    double cycles = cyclesOf(layout);
    double &fewestOfKind = detectRows ? fewestBeside : fewestInTurns;
    if (cycles >= fewestOfKind)
      return;
    fewestOfKind = cycles;
    (detectRows ? beside : inTurns) = std::move(layout);
  };
  // Whole groups of rows that share keys, then less.
  SmallVector<int64_t> heights;
  for (int64_t rows : {int64_t{128}, int64_t{64}, int64_t{32}, int64_t{16}, int64_t{8}, share,
                       share / 2, int64_t{1}})
    if (rows > 0 && (rows % share == 0 || rows < share))
      heights.push_back(std::min(rows, queries));
  if (balance)
    for (int64_t &rows : heights)
      rows = std::min(std::max(rows / balance, int64_t{1}) * balance, queries);
  SmallVector<int64_t> apart;
  if (known) {
    heights.push_back(std::min<int64_t>(queries, 1024));
    for (int64_t rows : heights)
      if (!keepsGroups(rows))
        apart.push_back(rows);
    llvm::erase_if(heights, [&](int64_t rows) { return llvm::is_contained(apart, rows); });
  }
  auto considerAll = [&](ArrayRef<int64_t> heights) {
    for (bool twoPasses : {false, true}) {
      if (twoPasses && !attends())
        break;
      for (int64_t rows : heights) {
        for (Stages stages : {masked() ? kMaskedApart : kDenseApart, kBeside, kTogether})
          for (int64_t headSlots : {2, 1})
            consider(rows, rows, stages, headSlots, twoPasses);
        // Estimated scores of a part of the rows at a time.
        if (detects() && rows <= 32)
          for (int64_t part : {balance ? balance : share, share / 2, int64_t{1}})
            if (part > 0 && part < rows)
              consider(rows, part, kTogether, 1, twoPasses);
      }
    }
  };
  considerAll(heights);
  // Better tiles that take groups apart than none.
  if (std::isinf(fewestInTurns))
    considerAll(apart);
  // A part of the PE rows for detection, beside the rest: it works on a later tile. Tiles
  // also of whole rounds of the rows that compute.
  if (detects() && attends()) {
    const int64_t pes = plan.machine.rmmu.rows;
    for (int64_t detectRows = share; detectRows < pes; detectRows += share) {
      if (plan.detectRows && *plan.detectRows != detectRows)
        continue;
      SmallVector<int64_t> all(heights);
      for (int64_t rows = pes - detectRows; rows <= 128; rows += pes - detectRows)
        if (balance == 0 || rows % balance == 0)
          all.push_back(std::min(rows, queries));
      for (bool twoPasses : {false, true})
        for (int64_t rows : all)
          for (Stages stages : {kMaskedApart, kDetectAhead})
            for (int64_t headSlots : {2, 1})
              consider(rows, rows, stages, headSlots, twoPasses, detectRows);
    }
  }
  // Rows that were asked for detect wherever tiles allow it.
  const bool splits = plan.detectRows && !std::isinf(fewestBeside) ? *plan.detectRows > 0
                                                                   : fewestBeside < fewestInTurns;
  fewest = splits ? fewestBeside : fewestInTurns;
  best = std::move(splits ? beside : inTurns);
  // An order that is known is for keys that are held together. Blocks leave no room for
  // rows that were asked for to detect beside the others.
  if (!known && !(plan.detectRows && splits))
    considerBlocks(room, least);
  if (std::isinf(fewest))
    return least;
  return std::nullopt;
}

bool AttentionKernel::keepsGroups(int64_t rows) const {
  auto order = *getConstantData<int32_t>(*known.getOrder());
  const int64_t slot = ::dota::scheduleWords(share, keep), groups = ::dota::groups(queries, share);
  for (int64_t g = 0; g < mask->type.getHeads() * groups; ++g)
    for (int64_t member = 0; member < share; ++member) {
      int64_t row = order[g * slot + 2 + member];
      if (row >= 0 && row / rows != g % groups * share / rows)
        return false;
    }
  return true;
}

/// What was chosen for detection, and why.
void AttentionKernel::reportRows() const {
  if (!detects() || !attends())
    return;
  auto whole = [](double cycles) { return static_cast<int64_t>(std::llround(cycles)); };
  const bool beside = !byBlocks() && best.detectRows > 0;
  auto remark = remark::analysis(
      op->getLoc(),
      remark::RemarkOpts::name(beside ? "beside" : "in-turns").category("dota-to-lane"));
  const bool asked = plan.detectRows && (*plan.detectRows > 0) == beside;
  const StringRef why = asked        ? ", as was asked"
                        : byBlocks() ? ", as its keys come block by block"
                        : !beside && std::isinf(fewestBeside)
                            ? ", as no tile fits whose stages overlap"
                            : ", which should take fewer cycles";
  const StringRef what = beside ? "detection runs in PE rows of its own, beside computation"
                                : "detection and computation take turns";
  remark << (what + why).str() << remark::metric("detectRows", beside ? best.detectRows : 0)
         << remark::metric("computeRows", plan.machine.rmmu.rows - (beside ? best.detectRows : 0));
  if (!byBlocks())
    remark << remark::metric("tileRows", best.rows)
           << remark::metric("tileDetectCycles", whole(best.detectCycles))
           << remark::metric("tileComputeCycles", whole(best.computeCycles));
  remark << remark::metric("cycles", whole(fewest));
  if (!std::isinf(fewestInTurns))
    remark << remark::metric("cyclesInTurns", whole(fewestInTurns));
  if (!std::isinf(fewestBeside))
    remark << remark::metric("cyclesBeside", whole(fewestBeside));
}

void AttentionKernel::layOut(Data &data) {
  reportRows();
  if (!known)
    return;
  auto place = [&](int64_t tile, int64_t count, auto wordAt) {
    auto [entry, isNew] = data.masks.insert({{known, tile}, -1});
    if (isNew) {
      entry->second = data.add(known.getLoc(), 4 * count);
      for (int64_t i = 0; i < count; ++i) {
        int32_t word = wordAt(i);
        std::memcpy(data.last().data() + 4 * i, &word, 4);
      }
    }
    return entry->second;
  };
  auto ids = *getConstantData<int32_t>(known.getIds());
  knownIds = place(0, mask->type.getHeads() * queries * keep, [&](int64_t i) { return ids[i]; });
  std::vector<int32_t> words = tileOrders();
  knownOrder = place(best.rows, words.size(), [&](int64_t i) { return words[i]; });
}

/// The orders of all tiles, one after another; rows count from their tile's first.
std::vector<int32_t> AttentionKernel::tileOrders() const {
  auto order = *getConstantData<int32_t>(*known.getOrder());
  const int64_t slot = ::dota::scheduleWords(share, keep);
  std::vector<int32_t> words;
  if (keepsGroups(best.rows)) {
    for (int64_t i = 0; i < known.getOrder()->getNumElements(); ++i) {
      int64_t at = i % slot;
      bool isRow = at >= 2 && at < 2 + share && order[i] >= 0;
      words.push_back(isRow ? static_cast<int32_t>(order[i] % best.rows) : order[i]);
    }
    return words;
  }
  remark::missed(known.getLoc(), remark::RemarkOpts::name("ordered").category("dota-to-lane"))
      << "tiles take groups of rows apart; their keys are ordered anew"
      << remark::metric("rows", best.rows);
  ::dota::KeyOrder scheduler(plan.machine.orderOptions());
  auto ids = *getConstantData<int32_t>(known.getIds());
  for (int64_t head = 0; head < mask->type.getHeads(); ++head)
    for (int64_t first = 0; first < queries; first += best.rows) {
      const int64_t rows = std::min(best.rows, queries - first);
      std::vector<uint32_t> kept, schedule(::dota::groups(rows, share) * slot, ::dota::kNoKey);
      for (int64_t i = 0; i < rows * keep; ++i)
        kept.push_back(ids[(head * queries + first) * keep + i]);
      scheduler.order(kept, rows, keep, keys, share, schedule.data());
      words.insert(words.end(), schedule.begin(), schedule.end());
    }
  return words;
}

int64_t AttentionKernel::scratchBytes(unsigned lane) const {
  if (byBlocks()) // the ids of one head
    return detects() && attends() ? alignBytes(4 * queries * keep) : 0;
  if (!best.twoPasses)
    return 0;
  // Of one head, a tile after the other.
  int64_t tiles = (queries + best.rows - 1) / best.rows;
  return tiles * alignBytes(betweenBytes(best.rows, columns()));
}

Place AttentionKernel::headPlace(Stream &stream, const Matrix &matrix, Ring &ring, int64_t turn,
                                 int64_t head, int64_t width, int64_t row) {
  if (stays(&matrix))
    return stream.resident(matrix).at(row,
                                      matrix.columnOffset(head * width) -
                                          matrix.columnOffset(matrix.slicing[stream.lane].begin));
  return ring.place(stream, turn, bytesOf(width, matrix.bits));
}

void AttentionKernel::loadHead(Stream &stream, const Matrix &matrix, Ring &ring, int64_t turn,
                               int64_t head, int64_t width, Range rows) {
  int64_t rowBytes = bytesOf(width, matrix.bits);
  stream.load(ring.place(stream, turn, rowBytes), stream.inDram(matrix, rows.begin, head * width),
              rows.size(), rowBytes);
}

void AttentionKernel::loadBiasRows(Stream &stream, Ring &ring, int64_t turn, const Matrix &matrix,
                                   int64_t biasHeads, int64_t biasRows, int64_t head, Range rows) {
  int64_t row = (biasHeads == 1 ? 0 : head) * biasRows + (biasRows == 1 ? 0 : rows.begin);
  stream.load(ring.place(stream, turn, 4 * keys), {matrix.address + 4 * keys * row, 4 * keys},
              biasRows == 1 ? 1 : rows.size(), 4 * keys);
}

int AttentionKernel::scoreExponent(int64_t head) const {
  if (hashed)
    return ::dota::kCosineFractionBits + hashed->exponent() - lengthShift();
  return lowQ->exponent(head * lowWidth) + lowK->exponent(head / lowGroup * lowWidth);
}

double AttentionKernel::lengthCycles(const UnitCycles &units) const {
  double cycles = units.elements(keys * hashedWidth);
  if (!stays(hashed))
    cycles += units.transfer(keys * bytesOf(hashedWidth, hashed->bits));
  return cycles;
}

/// The lengths of all keys of a head; `rows` holds keys on their way.
void AttentionKernel::measureKeys(Stream &stream, Ring &rows, Ring &lengths, int64_t turn,
                                  int64_t head) {
  const int64_t keyHead = head / lowGroup, atOnce = stays(hashed) ? keys : lengthRows();
  const Value out = lengths.get(stream, turn);
  for (int64_t first = 0, part = 0; first < keys; first += atOnce, ++part) {
    const Range block{first, std::min(first + atOnce, keys)};
    if (!stays(hashed))
      loadHead(stream, *hashed, rows, part, keyHead, hashedWidth, block);
    Place x = headPlace(stream, *hashed, rows, part, keyHead, hashedWidth, first);
    lane::LengthOp::create(stream, stream.location(), stream.at(x), stream.at({out, 2 * first, 0}),
                           block.size(), hashedWidth, x.stride, lengthShift(), hashed->precision);
  }
}

int64_t AttentionKernel::idsAddress(unsigned lane, int64_t head, int64_t row) const {
  if (detects() && attends())
    return step.scratch[lane] + 4 * row * keep;
  if (mask->shared)
    head = 0;
  if (known)
    return knownIds + 4 * (head * queries + row) * keep;
  if (!mask->shared)
    head -= mask->heads[lane].begin;
  return mask->addresses[lane] + 4 * (head * queries + row) * keep;
}

void AttentionKernel::mark(Stream &stream, Value ids, Value marks, Range rows, int64_t head,
                           bool isFirst) {
  lane::MarkOp::create(stream, stream.location(), ids, marks, rows.size(), keys, keep,
                       /*accumulate=*/!isFirst, mask->id, head, rows.begin);
}

void AttentionKernel::storeMarks(Stream &stream, Value marks, int64_t head) {
  // Lanes that find rows of a shared mask have a row of marks each.
  int64_t row = mask->shared ? stream.lane : head;
  stream.store({marks}, {mask->marks + keys * row, 0}, 1, keys);
}

void AttentionKernel::emit(Stream &stream) {
  Range mine = plan.headsOf(op)[stream.lane], rows{0, queries};
  if (!attends() && mask->shared) {
    mine = {0, 1};
    rows = plan.rowsOf(*mask)[stream.lane];
  }
  if (mine.empty() || rows.empty())
    return;
  if (byBlocks()) {
    for (int64_t head = mine.begin; head < mine.end; ++head) {
      // Each loop has buffers of its own, so that one can lie where another lay.
      if (std::optional<Blocks> blocks = detection)
        detectByBlocks(stream, *blocks, head, rows);
      if (std::optional<Blocks> blocks = attention)
        attendByBlocks(stream, *blocks, head);
    }
    return;
  }
  Layout layout = best;
  std::vector<Item> items;
  int64_t kvTurn = -1, lastKv = -1, lowTurn = -1, lastLow = -1;
  for (int64_t head = mine.begin; head < mine.end; ++head) {
    if (head / group != lastKv) {
      lastKv = head / group;
      ++kvTurn;
    }
    if (head / lowGroup != lastLow) {
      lastLow = head / lowGroup;
      ++lowTurn;
    }
    for (int64_t r = rows.begin; r < rows.end; r += layout.rows)
      items.push_back(
          {head, {r, std::min(r + layout.rows, rows.end)}, head - mine.begin, kvTurn, lowTurn});
    if (layout.twoPasses) {
      // Each pass has rings of its own, so that one can lie where the other lay.
      Layout first = layout, second = layout;
      pass(stream, first, items, true, false);
      pass(stream, second, items, false, true);
      items.clear();
    }
  }
  if (!layout.twoPasses)
    pass(stream, layout, items, true, true);
}

/// The kept keys of some rows, from their estimated scores or products of hashes.
void AttentionKernel::select(Stream &stream, const Selection &s) {
  const int64_t rows = s.rows.size(), seen = visible(lowCausal, s.rows.end - 1);
  const int64_t diagonal = lowCausal ? s.rows.begin + keys - queries : 0;
  const Value biasAt = lowBias ? s.bias : s.scores;
  if (hashed)
    lane::CosineOp::create(stream, stream.location(), s.scores, s.lengths, rows, seen, lowWidth,
                           lowNarrow);
  lane::SelectOp::create(stream, stream.location(), s.scores, biasAt, s.ids, rows, seen, keep,
                         s.biasStride, lowBias != nullptr, lowCausal, diagonal, detect->id, s.head,
                         s.rows.begin, lowNarrow);
  if (!thresholds.empty())
    trim(stream, s);
  if (marks())
    mark(stream, s.ids, s.marks, s.rows, s.head, s.isFirst);
}

/// Of the keys that were selected, those that pass the threshold.
void AttentionKernel::trim(Stream &stream, const Selection &s) const {
  const int64_t rows = s.rows.size(), seen = visible(lowCausal, s.rows.end - 1);
  const int64_t diagonal = lowCausal ? s.rows.begin + keys - queries : 0;
  const Value biasAt = lowBias ? s.bias : s.scores;
  float threshold = thresholds[thresholds.size() == 1 ? 0 : s.head];
  if (softmaxScale)
    lane::SoftmaxOp::create(stream, stream.location(), s.scores, biasAt, s.scores, s.e, s.sum, rows,
                            seen, s.biasStride, seen, toAPFloat(*softmaxScale), lowBias != nullptr,
                            /*hasIds=*/false, lowCausal, diagonal);
  else
    threshold = std::ldexp(threshold, scoreExponent(s.head));
  lane::TrimOp::create(stream, stream.location(), softmaxScale ? s.e : s.scores,
                       softmaxScale ? s.sum : s.scores, s.ids, rows, seen, keep,
                       toAPFloat(threshold), balance, softmaxScale.has_value(), detect->id, s.head,
                       s.rows.begin);
}

void AttentionKernel::pass(Stream &stream, Layout &layout, ArrayRef<Item> items, bool first,
                           bool second) {
  const Stages &s = layout.stages;
  const unsigned lane = stream.lane;
  const bool both = first && second;
  const int64_t count = items.size();
  const int64_t shift = keys - queries;
  const bool finds = detects() && first;
  auto keptIds = [&](const Item &item) { return idsAddress(lane, item.head, item.rows.begin); };
  // Where a tile waits between two passes.
  auto betweenAddress = [&](const Item &item) {
    return step.scratch[lane] +
           item.rows.begin / layout.rows * alignBytes(betweenBytes(layout.rows, columns()));
  };
  auto sumAt = [&](int64_t i) {
    return layout.twoPasses ? layout.between.get(stream, i) : layout.sum.get(stream, i);
  };
  auto idsAt = [&](int64_t i) -> Place {
    if (layout.twoPasses && detects())
      return {layout.between.get(stream, i), 8 * items[i].rows.size(), 4 * keep};
    return layout.ids.place(stream, i, 4 * keep);
  };
  auto eAt = [&](int64_t i) {
    if (!layout.twoPasses)
      return layout.e.get(stream, i);
    int64_t before = items[i].rows.size() * (8 + (detects() ? 4 * keep : 0));
    return stream.at({layout.between.get(stream, i), before, 0});
  };

  stream.comesFrom(op);
  const bool beside = finds && layout.detectRows > 0;
  if (beside)
    stream.configure(kValuePrecision, layout.detectRows, lowPrecision());
  /// In turns each product has all PE rows at its own precision.
  auto configure = [&stream, beside](Precision precision) {
    if (!beside)
      stream.configure(precision);
  };

  Pipeline pipeline;
  // One chunk a tile, used from one stage to another.
  auto perTile = [&](int from, int to, int64_t slots,
                     const std::function<void(const Item &, int64_t)> &f) {
    std::vector<Chunk> chunks;
    chunks.reserve(count);
    for (int64_t i = 0; i < count; ++i)
      chunks.push_back({i + from, i + to, [&items, f, i](int64_t turn) { f(items[i], turn); }});
    pipeline.channel(std::move(chunks), slots, 1);
  };
  // One chunk a head; `key` tells heads that share it.
  auto perHead = [&](int from, int to, int64_t slots, auto key,
                     const std::function<void(const Item &, int64_t)> &f) {
    std::vector<Chunk> chunks;
    for (int64_t i = 0; i < count; ++i) {
      if (i == 0 || key(items[i]) != key(items[i - 1]))
        chunks.push_back({i + from, 0, [&items, f, i](int64_t turn) { f(items[i], turn); }});
      chunks.back().last = i + to;
    }
    pipeline.channel(std::move(chunks), slots, count);
  };
  auto byHead = [](const Item &item) { return item.headTurn; };
  auto byKv = [](const Item &item) { return item.kvTurn; };
  auto byLow = [](const Item &item) { return item.lowTurn; };

  auto loadBias = [&](Ring &ring, const Matrix &matrix, int64_t biasHeads, int64_t biasRows,
                      Operation *from, int stage) {
    auto load = [&, from, biasHeads, biasRows](const Item &item, int64_t turn) {
      stream.comesFrom(from);
      loadBiasRows(stream, ring, turn, matrix, biasHeads, biasRows, item.head, item.rows);
    };
    if (biasRows != 1)
      perTile(stage, stage, ring.slots, load);
    else if (biasHeads != 1)
      perHead(stage, stage, ring.slots, byHead, load);
    else
      perHead(stage, stage, ring.slots, [](const Item &) { return 0; }, load);
  };
  auto biasTurn = [&](int64_t i, int64_t biasHeads, int64_t biasRows) {
    return biasRows != 1 ? i : biasHeads != 1 ? items[i].headTurn - items[0].headTurn : 0;
  };

  if (finds) {
    if (!stays(lowQ))
      perTile(s.scores, s.scores, layout.lowQ.slots, [&](const Item &item, int64_t turn) {
        stream.comesFrom(detectOp);
        loadHead(stream, *lowQ, layout.lowQ, turn, item.head, lowWidth, item.rows);
      });
    if (!stays(lowK))
      perHead(s.scores, s.scores, layout.lowK.slots, byLow, [&](const Item &item, int64_t turn) {
        stream.comesFrom(detectOp);
        loadHead(stream, *lowK, layout.lowK, turn, item.head / lowGroup, lowWidth, {0, keys});
      });
    if (hashed)
      perHead(s.select, s.select, layout.lengths.slots, byLow, [&](const Item &item, int64_t turn) {
        stream.comesFrom(detectOp);
        measureKeys(stream, layout.hashed, layout.lengths, turn, item.head);
      });
    if (lowBias)
      loadBias(layout.lowBias, *lowBias, lowBiasHeads, lowBiasRows, detectOp, s.select);
  } else if (masked() && !detects()) {
    perTile(s.order, attends() ? s.values : s.store, layout.ids.slots,
            [&](const Item &item, int64_t turn) {
              stream.comesFrom(op);
              stream.load(layout.ids.place(stream, turn, 4 * keep), {keptIds(item), 4 * keep},
                          item.rows.size(), 4 * keep);
            });
    if (known)
      perTile(s.order, s.values, layout.schedule.slots, [&](const Item &item, int64_t turn) {
        stream.comesFrom(op);
        int64_t slot = ::dota::scheduleBytes(share, keep);
        // Whole tiles have as many groups; the last may have fewer.
        int64_t whole = ::dota::groups(layout.rows, share), tiles = queries / layout.rows;
        int64_t ofHead = tiles * whole + ::dota::groups(queries % layout.rows, share);
        int64_t first =
            (mask->shared ? 0 : item.head) * ofHead + item.rows.begin / layout.rows * whole;
        stream.load({layout.schedule.get(stream, turn), 0, slot}, {knownOrder + slot * first, slot},
                    ::dota::groups(item.rows.size(), share), slot);
      });
  }
  if (attends() && first) {
    if (!stays(q))
      perTile(s.products, s.products, layout.q.slots, [&](const Item &item, int64_t turn) {
        stream.comesFrom(op);
        loadHead(stream, *q, layout.q, turn, item.head, width, item.rows);
      });
    if (!stays(k))
      perHead(s.products, s.products, layout.k.slots, byKv, [&](const Item &item, int64_t turn) {
        stream.comesFrom(op);
        loadHead(stream, *k, layout.k, turn, item.head / group, width, {0, keys});
      });
    if (bias)
      loadBias(layout.bias, *bias, biasHeads, biasRows, op, s.softmax);
  }
  if (attends() && second && !stays(v))
    perHead(s.values, s.values, layout.v.slots, byKv, [&](const Item &item, int64_t turn) {
      stream.comesFrom(op);
      loadHead(stream, *v, layout.v, turn, item.head / group, valueWidth, {0, keys});
    });
  if (attends() && !first)
    perTile(masked() ? s.order : s.values, s.divide, layout.between.slots,
            [&](const Item &item, int64_t turn) {
              stream.comesFrom(op);
              stream.load({layout.between.get(stream, turn)}, {betweenAddress(item), 0}, 1,
                          betweenBytes(item.rows.size(), columnsOf(item.rows)));
            });

  std::vector<std::function<void(int64_t)>> stages(s.count(), [](int64_t) {});
  auto then = [&](int stage, std::function<void(int64_t)> f) {
    stages[stage] = [before = std::move(stages[stage]), f = std::move(f)](int64_t i) {
      before(i);
      f(i);
    };
  };
  auto turnOf = [&](int64_t i) { return items[i].headTurn - items[0].headTurn; };
  auto lowTurnOf = [&](int64_t i) { return items[i].lowTurn - items[0].lowTurn; };
  auto kvTurnOf = [&](int64_t i) { return items[i].kvTurn - items[0].kvTurn; };

  if (finds) {
    auto lowScores = [&](int64_t i, Range rows, Value scores) {
      const Item &item = items[i];
      stream.comesFrom(detectOp);
      Place a = headPlace(stream, *lowQ, layout.lowQ, i, item.head, lowWidth, item.rows.begin)
                    .at(rows.begin);
      Place b =
          headPlace(stream, *lowK, layout.lowK, lowTurnOf(i), item.head / lowGroup, lowWidth, 0);
      int64_t seen = visible(lowCausal, item.rows.begin + rows.end - 1);
      if (beside) {
        lane::EstimateOp::create(stream, stream.location(), stream.at(a), stream.at(b), scores,
                                 rows.size(), seen, lowWidth, a.stride, b.stride, lowQ->precision,
                                 lowK->precision, /*cStride=*/0, lowNarrow);
        return;
      }
      configure(lowPrecision());
      lane::MatmulOp::create(stream, stream.location(), stream.at(a), stream.at(b), scores,
                             rows.size(), seen, lowWidth, a.stride, b.stride, lowQ->precision,
                             lowK->precision, /*unsignedA=*/false, /*transposeB=*/true,
                             /*accumulate=*/false, /*cStride=*/0, lowNarrow);
    };
    auto select = [&](int64_t i, Range rows, int64_t turn, Value scores) {
      const Item &item = items[i];
      stream.comesFrom(detectOp);
      Selection selection{.head = item.head,
                          .rows = {item.rows.begin + rows.begin, item.rows.begin + rows.end},
                          .scores = scores,
                          .ids = stream.at(idsAt(i).at(rows.begin))};
      if (lowBias) {
        selection.biasStride = lowBiasRows == 1 ? 0 : 4 * keys;
        selection.bias =
            stream.at({layout.lowBias.get(stream, biasTurn(i, lowBiasHeads, lowBiasRows)),
                       selection.biasStride * rows.begin, selection.biasStride});
      }
      if (hashed)
        selection.lengths = layout.lengths.get(stream, lowTurnOf(i));
      if (softmaxScale) {
        selection.e = layout.lowE.get(stream, turn);
        selection.sum = layout.lowSum.get(stream, turn);
      }
      if (marks()) {
        selection.marks = layout.marks.get(stream, turnOf(i));
        selection.isFirst = rows.begin == 0 && (i == 0 || items[i - 1].headTurn != item.headTurn);
      }
      this->select(stream, selection);
    };
    if (layout.scoreRows < layout.rows) {
      // A part of the rows at a time; the next part's scores beside the selection.
      then(s.scores, [=, &items, &layout, &stream](int64_t i) {
        int64_t n = items[i].rows.size();
        auto part = [&](int64_t r) { return Range{r, std::min(r + layout.scoreRows, n)}; };
        int64_t turn = 0;
        lowScores(i, part(0), layout.lowScores.get(stream, 0));
        for (int64_t r = 0; r < n; r += layout.scoreRows, ++turn) {
          if (r + layout.scoreRows < n)
            lowScores(i, part(r + layout.scoreRows), layout.lowScores.get(stream, turn + 1));
          select(i, part(r), turn, layout.lowScores.get(stream, turn));
        }
      });
    } else {
      then(s.scores, [=, &items, &layout, &stream](int64_t i) {
        lowScores(i, {0, items[i].rows.size()}, layout.lowScores.get(stream, i));
      });
      then(s.select, [=, &items, &layout, &stream](int64_t i) {
        select(i, {0, items[i].rows.size()}, i, layout.lowScores.get(stream, i));
      });
    }
    if (!attends())
      then(s.store, [&](int64_t i) {
        const Item &item = items[i];
        stream.comesFrom(detectOp);
        stream.store(idsAt(i), {keptIds(item), 4 * keep}, item.rows.size(), 4 * keep);
        if (marks() && (i + 1 == count || items[i + 1].headTurn != item.headTurn))
          storeMarks(stream, layout.marks.get(stream, turnOf(i)), item.head);
      });
  }
  if (attends() && masked() && !known)
    then(s.order, [&](int64_t i) {
      const Item &item = items[i];
      stream.comesFrom(finds ? detectOp : op);
      lane::OrderOp::create(stream, stream.location(), stream.at(idsAt(i)),
                            layout.schedule.get(stream, i), item.rows.size(), keys, keep, share,
                            mask->id, mask->shared ? 0 : item.head, item.rows.begin);
    });
  if (attends() && first) {
    then(s.products, [&](int64_t i) {
      const Item &item = items[i];
      stream.comesFrom(op);
      Place a = headPlace(stream, *q, layout.q, i, item.head, width, item.rows.begin);
      Place b = headPlace(stream, *k, layout.k, kvTurnOf(i), item.head / group, width, 0);
      configure(scorePrecision());
      if (masked())
        lane::SddmmOp::create(stream, stream.location(), stream.at(a), stream.at(b),
                              stream.at(idsAt(i)), layout.schedule.get(stream, i),
                              layout.scores.get(stream, i), item.rows.size(), keep, keys, width,
                              a.stride, b.stride, share, q->precision);
      else
        lane::MatmulOp::create(stream, stream.location(), stream.at(a), stream.at(b),
                               layout.scores.get(stream, i), item.rows.size(), columnsOf(item.rows),
                               width, a.stride, b.stride, q->precision, k->precision,
                               /*unsignedA=*/false, /*transposeB=*/true, /*accumulate=*/false);
    });
    then(s.softmax, [&](int64_t i) {
      const Item &item = items[i];
      stream.comesFrom(op);
      Value scores = layout.scores.get(stream, i);
      Value biasAt = bias ? layout.bias.get(stream, biasTurn(i, biasHeads, biasRows)) : scores;
      lane::SoftmaxOp::create(
          stream, stream.location(), scores, biasAt, masked() ? stream.at(idsAt(i)) : scores,
          eAt(i), sumAt(i), item.rows.size(), columnsOf(item.rows),
          bias && biasRows != 1 ? 4 * keys : 0, keys, toAPFloat(scale), bias != nullptr, masked(),
          causal, causal ? item.rows.begin + shift : 0);
    });
    if (!both)
      then(s.store, [&](int64_t i) {
        const Item &item = items[i];
        stream.comesFrom(op);
        stream.store({layout.between.get(stream, i)}, {betweenAddress(item), 0}, 1,
                     betweenBytes(item.rows.size(), columnsOf(item.rows)));
      });
  }
  if (attends() && second) {
    then(s.values, [&](int64_t i) {
      const Item &item = items[i];
      stream.comesFrom(op);
      Place b = headPlace(stream, *v, layout.v, kvTurnOf(i), item.head / group, valueWidth, 0);
      Value e = eAt(i), weighted = layout.weighted.get(stream, i);
      configure(kValuePrecision);
      if (masked())
        lane::SpmmOp::create(stream, stream.location(), e, stream.at(b), stream.at(idsAt(i)),
                             layout.schedule.get(stream, i), weighted, item.rows.size(), keep, keys,
                             valueWidth, b.stride, share, v->precision);
      else
        lane::MatmulOp::create(stream, stream.location(), e, stream.at(b), weighted,
                               item.rows.size(), valueWidth, columnsOf(item.rows),
                               2 * columnsOf(item.rows), b.stride, Precision::FX16, v->precision,
                               /*unsignedA=*/true,
                               /*transposeB=*/false, /*accumulate=*/false);
    });
    auto outAt = [&](int64_t i) {
      return headPlace(stream, *out, layout.out, i, items[i].head, valueWidth, items[i].rows.begin);
    };
    then(s.divide, [&, outAt](int64_t i) {
      const Item &item = items[i];
      stream.comesFrom(op);
      Place to = outAt(i);
      lane::NormalizeOp::create(stream, stream.location(), layout.weighted.get(stream, i), sumAt(i),
                                stream.at(to), item.rows.size(), valueWidth, to.stride,
                                v->exponent(), out->exponent(), out->precision);
    });
    if (!stays(out))
      then(s.store, [&, outAt](int64_t i) {
        const Item &item = items[i];
        stream.comesFrom(op);
        stream.store(outAt(i), stream.inDram(*out, item.rows.begin, item.head * valueWidth),
                     item.rows.size(), bytesOf(valueWidth, out->bits));
      });
  }
  pipeline.run(count, stages);
}

std::unique_ptr<Kernel> tolane::makeAttentionKernel(const Plan &plan, const Step &step) {
  return std::make_unique<AttentionKernel>(plan, step);
}
