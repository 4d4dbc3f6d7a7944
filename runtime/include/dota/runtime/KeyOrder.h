//===- KeyOrder.h - the order in which a group of rows visits its keys ------===//
//
// T query rows run together and share each key that is loaded. The order in which
// a row visits its kept keys is free, so keys wanted by several rows are served in
// the same step. One scheduler, used by the simulated Scheduler unit, by
// timing-only runs and by compiler passes. docs/key-order.md has the rules, with
// proofs and measurements.
//
// What always holds: every kept (row, key) pair is visited exactly once; a group
// takes as many steps as its longest row has keys (unless it may take more, see
// OrderOptions); distinct keys of the group <= loads by the best rule <= loads by
// the greedy one <= loads in order <= kept pairs; rows with the same c keys cost c
// loads.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_KEYORDER_H
#define DOTA_RUNTIME_KEYORDER_H

#include "dota/runtime/KeyBuffer.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dota {

/// No key in this slot of a list of ids; in a schedule, an idle row.
inline constexpr uint32_t kNoKey = 0xffffffff;

/// Most rows that can share a load.
inline constexpr unsigned kMaxGroup = 8;

/// Words of the slot of one group in a schedule: its steps, its loads, its `group`
/// rows, then for each of at most `keep` steps a position in each row's ids.
constexpr uint64_t scheduleWords(uint64_t group, uint64_t keep) { return 2 + group * (keep + 1); }

/// What ordering the keys of some rows comes to.
struct OrderWork {
  uint64_t groups = 0; // of rows that share loads
  uint64_t steps = 0;  // summed over the groups: what the RMMU takes
  uint64_t loads = 0;  // key vectors fetched
  uint64_t kept = 0;   // (row, key) pairs
  uint64_t hits = 0;   // loads that find their vector in the RMMU

  OrderWork &operator+=(const OrderWork &other) {
    groups += other.groups;
    steps += other.steps;
    loads += other.loads;
    kept += other.kept;
    hits += other.hits;
    return *this;
  }
  bool operator==(const OrderWork &) const = default;
};

enum class OrderRule : uint8_t {
  InOrder, // every row visits its keys in ascending order
  Greedy,  // widest pattern first, filled with the widest fitting ones; split where none fits
  Best,    // the fewest loads there can be for up to 4 rows; beyond, nearly
};

struct OrderOptions {
  OrderRule rule = OrderRule::Best;
  /// Ids of each row that the scheduler holds at a time: it orders so many of every
  /// row by themselves, then the next. 0 for whole rows.
  uint32_t window = 0;
  /// What loading a key once more costs, in steps. Where up to 4 rows could do with
  /// fewer loads in more steps, they take as many more as that pays for, as far as
  /// the schedule has room: `keep` steps in all. 0 for none.
  double reloadSteps = 0;
  /// Vectors that stay in the RMMU. Where there are any, the steps of the groups that
  /// are ordered together come in the order that finds more of them there.
  KeyBuffer buffer = {};
};

/// The scheduler and its scratch memory. Reuse one: rows of a size that it has
/// ordered before make it allocate nothing. Not for use by two threads at a time.
class KeyOrder {
public:
  explicit KeyOrder(OrderRule rule = OrderRule::Best) { options_.rule = rule; }
  explicit KeyOrder(const OrderOptions &options) : options_(options) {}
  const OrderOptions &options() const { return options_; }

  /// Orders the keys of `rows` rows, `group` rows (1 to 8) at a time.
  ///
  /// `ids` holds rows x keep key ids, each row ascending, below `keys`, then filled
  /// up with kNoKey. `schedule`, unless null, takes for each group, in a slot of
  /// scheduleWords(group, keep) words: its steps, its loads, its rows (kNoKey beyond
  /// the last), then steps x group positions in the rows' ids, kNoKey where a row is
  /// idle; the rest of the slot stays as it is.
  ///
  /// Throws Error where the ids are not of that form.
  OrderWork order(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys,
                  unsigned group, uint32_t *schedule = nullptr);

private:
  /// Keys `first` .. `first + count` of the list of pattern `origin`, or nothing at
  /// all (a row that idles) where `origin` is kIdle.
  struct Range {
    uint32_t origin;
    uint32_t first;
    uint32_t count;
    uint32_t next; // the next range of the same list, kNoKey after the last
  };
  /// Keys that some rows visit in the same steps.
  struct Block {
    uint32_t rows; // the pattern of the rows
    uint32_t origin;
    uint32_t first;
    uint32_t firstStep;
    uint32_t steps;
  };
  /// The keys that are still to be visited by exactly the rows of a pattern.
  struct List {
    uint32_t head;
    uint32_t tail;
    uint32_t count;
  };

  void check(const uint32_t *ids, size_t firstRow, size_t keep, size_t keys);
  void collect(const uint32_t *ids, size_t keep, bool positions);
  void fillLists();
  void append(uint32_t pattern, uint32_t origin, uint32_t first, uint32_t count);
  Range take(uint32_t pattern, uint32_t atMost);
  void split(uint32_t pattern, uint32_t part, uint32_t count);
  void serve(std::span<const uint32_t> patterns, uint32_t count);
  void planGreedy();
  void planCovers();
  void planOptimum(uint32_t spareSteps);
  void mergeSplits();
  void spread();
  size_t placeOf(uint32_t key, unsigned row) const;
  uint32_t sharing(uint32_t step, unsigned row) const;
  uint32_t loadsIn(uint32_t step) const;
  uint32_t closure(uint32_t rows, uint32_t step, uint32_t other, uint32_t loose = 0,
                   uint32_t otherLoose = 0) const;
  void exchange(uint32_t rows, uint32_t step, uint32_t other);
  bool trade(uint32_t part, uint32_t step, uint32_t otherPart, uint32_t other, uint32_t turn);
  void list(uint32_t key);
  bool plan(const uint32_t *ids, size_t keep, bool positions, uint32_t spareSteps);
  uint32_t countInOrder(const uint32_t *ids, size_t keep) const;
  void writeInOrder(uint32_t from, uint32_t *steps) const;
  void writePlan(uint32_t from, uint32_t *steps) const;

  OrderOptions options_;

  // The group at hand, of each row as much as a window holds.
  size_t keep_ = 0;       // places of a row
  unsigned group_ = 0;    // rows that could share
  unsigned rows_ = 0;     // rows there are
  uint32_t longest_ = 0;  // keys of the longest row, and steps the group may take
  uint32_t distinct_ = 0; // keys
  uint32_t step_ = 0;     // steps planned so far
  uint32_t loads_ = 0;    // loads planned so far
  uint32_t lengths_[kMaxGroup] = {};
  uint32_t counts_[kMaxGroup][1 << kMaxGroup] = {}; // of each row's keys of a pattern
  uint32_t starts_[kMaxGroup][1 << kMaxGroup] = {}; // of each pattern in positions_
  List lists_[1 << kMaxGroup] = {};
  std::vector<Range> ranges_;
  std::vector<Block> plan_;
  std::vector<Block> otherPlan_;
  std::vector<uint32_t> positions_; // of each row's keys, sorted by pattern
  std::vector<uint8_t> wantedBy_;   // the pattern of each key; zeros between groups

  // A plan step by step, with the group's keys numbered by pattern.
  bool spread_ = false; // whether this, not `plan_`, is the plan
  uint32_t firstKey_[1 << kMaxGroup] = {};
  std::vector<uint8_t> patternOf_;  // of each key
  std::vector<uint32_t> cells_;     // the key of each row in each step
  std::vector<uint8_t> sharing_;    // of each cell, the rows with the same key in that step
  std::vector<uint32_t> stepOf_;    // of each row's keys, sorted by pattern
  std::vector<uint32_t> splitKeys_; // keys that are loaded more than once, and some that were
  std::vector<uint8_t> listed_;     // of each key, whether it is one of these

  StepOrder stepOrder_;
  std::vector<uint32_t> unwritten_; // the schedule that nobody wants, where hits are counted
};

/// Loads that no order of these rows can go below, each group of `group` rows in as
/// many steps as its longest row has keys: the fewest there are for groups of up to
/// four rows; beyond, what the linear relaxation proves, in up to tenths of a second
/// a group. The ids are as `KeyOrder::order` takes them.
uint64_t leastLoads(std::span<const uint32_t> ids, size_t rows, size_t keep, size_t keys,
                    unsigned group);

} // namespace dota

#endif // DOTA_RUNTIME_KEYORDER_H
