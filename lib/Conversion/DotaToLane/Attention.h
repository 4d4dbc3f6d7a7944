//===- Attention.h - heads, a tile of query rows at a time ----------*- C++ -*-===//
//
// The kernel of attention, masked attention and detection. Attention.cpp has keys
// and values of a head whole in SRAM; KeyBlocks.cpp visits them block by block. What
// should take the fewest cycles by docs/timing.md is done.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_CONVERSION_DOTATOLANE_ATTENTION_H
#define DOTA_CONVERSION_DOTATOLANE_ATTENTION_H

#include "Stream.h"
#include "dota/runtime/Numerics.h"
#include "dota/runtime/Timing.h"
#include <cmath>

namespace mlir::dota::tolane {

/// Which iteration of the loop over tiles, after a tile's first, does what with it.
struct Stages {
  int scores, select, order, products, softmax, values, divide, store;
  int count() const { return store + 1; }
};
/// Every unit on another tile.
inline constexpr Stages kDenseApart{0, 0, 0, 0, 1, 2, 3, 4};
inline constexpr Stages kMaskedApart{0, 1, 2, 3, 4, 5, 6, 7};
/// The next tile's detection beside this one's computation: less of it is held.
inline constexpr Stages kDetectAhead{0, 0, 0, 1, 1, 1, 1, 2};
/// Transfers beside the rest.
inline constexpr Stages kBeside{0, 0, 0, 0, 0, 0, 0, 1};
inline constexpr Stages kTogether{0, 0, 0, 0, 0, 0, 0, 0};

/// Cycles of a lane's units, roughly: what docs/timing.md says, with an equal share of
/// DRAM for each lane.
struct UnitCycles {
  const ::dota::Machine &machine;

  static int64_t ceil(int64_t a, int64_t b) { return (a + b - 1) / b; }
  double transfer(int64_t bytes) const {
    return machine.dma.setup + machine.dram.latency +
           static_cast<double>(bytes) * machine.lanes / machine.dram.bytesPerCycle;
  }
  /// Steps of PE rows that are set to `bits` bits for a sum of `depth` products.
  int64_t steps(int64_t depth, int bits) const {
    return ceil(depth, machine.rmmu.columns *
                           static_cast<int64_t>(::dota::productsPerCycle(bits, machine)));
  }
  /// In `pes` PE rows.
  double product(int64_t pes, int64_t rows, int64_t cols, int64_t depth, int bits) const {
    return static_cast<double>(std::min(ceil(rows, pes) * cols, rows * ceil(cols, pes)) *
                               steps(depth, bits)) +
           machine.rmmu.latency;
  }
  /// `keys` keys of each row, a step each, beside the reading of `bytes` bytes.
  double sparse(int64_t pes, int64_t rows, int64_t keys, int64_t width, int bits,
                double bytes) const {
    const int64_t share = machine.rmmu.group;
    const int64_t groups = std::max<int64_t>(1, pes / share);
    return std::max(
               static_cast<double>(ceil(ceil(rows, share), groups) * keys * steps(width, bits)),
               bytes / machine.sram.bytesPerCycle) +
           machine.rmmu.latency;
  }
  /// Vectors that `rows` rows load of which each keeps `keep` of `keys` keys: half-way
  /// between rows of a group that want the same keys and rows that want keys at random.
  double loads(int64_t rows, int64_t keep, int64_t keys) const {
    const double wanted = static_cast<double>(keep) / static_cast<double>(keys);
    const auto share = static_cast<double>(std::min<int64_t>(machine.rmmu.group, rows));
    const auto groups = static_cast<double>(ceil(rows, machine.rmmu.group));
    const double atRandom = static_cast<double>(keys) * (1 - std::pow(1 - wanted, share));
    return groups * (static_cast<double>(keep) + atRandom) / 2;
  }
  double read(int64_t bytes) const {
    return static_cast<double>(bytes) / machine.sram.bytesPerCycle;
  }
  double elements(int64_t count) const {
    return static_cast<double>(count) / machine.mfu.lanes + machine.mfu.latency;
  }
  double select(int64_t scores) const {
    return static_cast<double>(scores) * machine.detector.passes / machine.detector.elements +
           machine.detector.latency;
  }
  double trim(int64_t ids, bool balanced) const {
    return static_cast<double>(ids) * (balanced ? 1 + machine.detector.passes : 1) /
               machine.detector.elements +
           machine.detector.latency;
  }
  double order(int64_t ids) const {
    return static_cast<double>(ids) / machine.scheduler.ids + machine.scheduler.latency;
  }
};

class AttentionKernel : public Kernel {
public:
  AttentionKernel(const Plan &plan, const Step &step);
  std::optional<int64_t> choose(int64_t room) override;
  double cycles() const override { return fewest; }
  int64_t scratchBytes(unsigned lane) const override;
  void layOut(Data &data) override;
  void emit(Stream &stream) override;

private:
  struct Layout {
    int64_t rows = 0;       ///< query rows of a tile
    int64_t scoreRows = 0;  ///< of these, rows whose estimated scores are held
    bool twoPasses = false; ///< keys first, values later
    int64_t detectRows = 0; ///< PE rows that detect beside the others; 0: all do, in turns
    double detectCycles = 0, computeCycles = 0; ///< of the RMMU for a tile
    Stages stages = kTogether;
    Ring q, k, v, lowQ, lowK, bias, lowBias;
    Ring lengths, hashed; ///< of keys, where detection compares hashes; keys on their way there
    Ring lowScores, lowE, lowSum, ids, marks, schedule, scores, e, sum, weighted, out;
    Ring between; ///< sums, ids and exponentials that go from one pass to the other
    int64_t bytes = 0;
    std::vector<Ring *> rings() {
      return {&q,         &k,        &v,      &lowQ,   &lowK, &bias,  &lowBias,
              &lengths,   &hashed,   &lowE,   &lowSum, &ids,  &marks, &schedule,
              &lowScores, &weighted, &scores, &e,      &sum,  &out,   &between};
    }
  };
  /// A loop over tiles of rows, and in each over blocks of keys.
  struct Blocks {
    int64_t rows = 0;  ///< query rows of a tile
    int64_t keys = 0;  ///< of a block
    int64_t slots = 1; ///< tiles whose ids and key order are held
    double cycles = 0; ///< of the lane with the most heads, roughly
    Ring q, keysOrValues, bias, lengths, hashed, ids, marks, schedule, scores, e, sum, weighted,
        out;
    int64_t bytes = 0;
    void addUp() {
      for (const Ring *r : {&q, &keysOrValues, &bias, &lengths, &hashed, &ids, &marks, &schedule,
                            &scores, &e, &sum, &weighted, &out})
        bytes += r->total();
    }
  };
  /// What a tile does with a block.
  struct Visit {
    int64_t tile;
    Range rows, keys;
    bool values, first, last; ///< the first and the last of the tile's keys, or values
  };
  /// Rows of a head whose strongest keys are found, and where in SRAM what of theirs is.
  struct Selection {
    int64_t head;
    Range rows;
    Value scores, ids;
    Value bias = {}; ///< null where there is none
    int64_t biasStride = 0;
    Value lengths = {};     ///< of hashed keys
    Value e = {}, sum = {}; ///< for probabilities
    Value marks = {};       ///< of the keys that some row keeps
    bool isFirst = false;   ///< of the rows that mark them
  };
  struct Item {
    int64_t head;
    Range rows;
    int64_t headTurn, kvTurn, lowTurn;
  };

  bool detects() const { return detect != nullptr; }
  bool attends() const { return q != nullptr; }
  bool masked() const { return mask != nullptr; }
  /// Are the keys marked that some row keeps?
  bool marks() const { return !attends() && mask->marked; }
  /// May a tile of a known mask have so many rows? Not where the rows of a group would
  /// come apart.
  bool keepsGroups(int64_t rows) const;
  std::vector<int32_t> tileOrders() const;
  int64_t columns() const { return masked() ? keep : keys; }
  /// What the PE rows must be set to.
  Precision lowPrecision() const { return wider(lowQ->precision, lowK->precision); }
  Precision scorePrecision() const { return wider(q->precision, k->precision); }
  /// Exponentials are of 16 bits.
  static constexpr Precision kValuePrecision = Precision::FX16;
  bool byBlocks() const { return detection || attention; }
  int64_t lowScoreBytes() const { return 8 >> lowNarrow; }
  int64_t scheduleBytes(int64_t rows) const {
    return ::dota::groups(rows, share) * ::dota::scheduleBytes(share, keep);
  }
  /// Bytes of `rows` rows that go from one pass to the other, without gaps: sums,
  /// ids (where they are found here), exponentials.
  int64_t betweenBytes(int64_t rows, int64_t columns) const {
    return rows * (8 + (detects() ? 4 * keep : 0) + 2 * columns);
  }
  /// Keys that some of the rows up to `lastRow` can see; at least one, so that there
  /// is something to compute.
  int64_t visible(bool causal, int64_t lastRow) const {
    return causal ? std::clamp<int64_t>(lastRow + 1 + keys - queries, 1, keys) : keys;
  }
  /// Columns of a tile's scores.
  int64_t columnsOf(Range rows) const { return masked() ? keep : visible(causal, rows.end - 1); }
  /// Keys whose lengths are taken at a time, where they come from DRAM.
  int64_t lengthRows() const { return std::min<int64_t>(keys, 32); }
  int lengthShift() const { return ::dota::lengthShift(hashedWidth, hashed->bits); }
  /// The exponent of a head's estimated scores.
  int scoreExponent(int64_t head) const;
  /// Cycles for the lengths of a head's keys, roughly.
  double lengthCycles(const UnitCycles &units) const;
  void measureKeys(Stream &stream, Ring &rows, Ring &lengths, int64_t turn, int64_t head);
  Layout layoutFor(int64_t rows, int64_t scoreRows, Stages stages, int64_t headSlots,
                   bool twoPasses) const;
  double cyclesOf(Layout &layout) const;
  /// Bytes that a sparse product reads besides its queries or exponentials: vectors,
  /// ids and order.
  double sparseBytes(int64_t rows, int64_t vectorBytes) const;
  void reportRows() const;
  void considerBlocks(int64_t room, int64_t &least);
  Blocks detectionBlocks(int64_t rows, int64_t keys, int64_t slots) const;
  Blocks attentionBlocks(int64_t rows, int64_t keys, int64_t slots) const;
  void detectByBlocks(Stream &stream, Blocks &blocks, int64_t head, Range rows);
  void attendByBlocks(Stream &stream, Blocks &blocks, int64_t head);
  std::vector<Visit> visits(const Blocks &blocks, Range rows, bool hidden, bool alsoValues) const;
  void select(Stream &stream, const Selection &selection);
  void trim(Stream &stream, const Selection &selection) const;
  void loadBiasRows(Stream &stream, Ring &ring, int64_t turn, const Matrix &matrix,
                    int64_t biasHeads, int64_t biasRows, int64_t head, Range rows);
  /// Marks of the keys that the rows' ids keep: after others of the head, or its first.
  void mark(Stream &stream, Value ids, Value marks, Range rows, int64_t head, bool isFirst);
  void storeMarks(Stream &stream, Value marks, int64_t head);
  int64_t idsAddress(unsigned lane, int64_t head, int64_t row) const;
  void pass(Stream &stream, Layout &layout, ArrayRef<Item> items, bool first, bool second);
  /// Where an operand's tile lies: in the lane for good, or in a turn of a ring.
  bool stays(const Matrix *matrix) const { return matrix->storage == Storage::Resident; }
  Place headPlace(Stream &stream, const Matrix &matrix, Ring &ring, int64_t turn, int64_t head,
                  int64_t width, int64_t row);
  void loadHead(Stream &stream, const Matrix &matrix, Ring &ring, int64_t turn, int64_t head,
                int64_t width, Range rows);

  const Plan &plan;
  const Step &step;
  Operation *op;
  Operation *detectOp = nullptr; ///< that runs here
  const MaskInfo *detect = nullptr;
  const MaskInfo *mask = nullptr;
  mutable ConstantMaskOp known; ///< the mask, where it is; getters of ops are not const
  int64_t share;                ///< rows that share loads
  int64_t knownIds = -1;        ///< in DRAM, of all heads
  int64_t knownOrder = -1;
  const Matrix *q = nullptr, *k = nullptr, *v = nullptr, *out = nullptr;
  const Matrix *lowQ = nullptr, *lowK = nullptr;
  const Matrix *hashed = nullptr; ///< the keys, where lowQ and lowK are hashes
  const Matrix *bias = nullptr, *lowBias = nullptr;
  int64_t heads = 0, group = 1, queries = 0, keys = 0, keep = 0;
  int64_t width = 0, valueWidth = 0, lowWidth = 0, hashedWidth = 0;
  int64_t lowGroup = 1; ///< heads that share a low-rank key head
  float scale = 1;
  /// Of detection: none, one, or one a head.
  ArrayRef<float> thresholds;
  int64_t balance = 0;
  std::optional<float> softmaxScale;
  bool causal = false, lowCausal = false;
  int64_t biasHeads = 1, biasRows = 1, lowBiasHeads = 1, lowBiasRows = 1;
  unsigned lowNarrow = 0; ///< estimated scores take 8 >> lowNarrow bytes
  double fewest = 0;      ///< cycles of the following
  Layout best;
  /// The same of what is best where detection has all PE rows in turns with the rest,
  /// and where it has some of them beside it.
  double fewestInTurns = 0, fewestBeside = 0;
  /// Instead, where keys and values of a head are too many to be held, or tiles
  /// would be too low.
  std::optional<Blocks> detection, attention;
};

} // namespace mlir::dota::tolane

#endif // DOTA_CONVERSION_DOTATOLANE_ATTENTION_H
