//===- Simulator.cpp - runs a program on a machine --------------------------===//
//
// Time within a lane follows from the stream: an instruction starts when it has
// been issued and its unit is free. Only DRAM couples the lanes, besides barriers.
// So each lane advances until it needs the end of a transfer; then the transfer
// that reaches DRAM first of all lanes is served, and its lane advances again. No
// lane could still bring an earlier one: what a lane has not issued yet comes after
// what it waits for.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Simulator.h"
#include "Execution.h"
#include "LaneConflicts.h"
#include "LiveRows.h"
#include "ScheduleWork.h"
#include "Workers.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <unistd.h>

using namespace dota;

namespace {

using Streams = std::vector<std::vector<Instruction>>;

size_t indexOf(Unit unit) { return static_cast<size_t>(unit); }

uint64_t ceilDiv(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }

/// Where an instruction is, for messages: the place in the source if it is known.
std::string placeOf(const Program &program, size_t lane, size_t index) {
  const Program::Location &l = program.locations[program.streams[lane].locations[index]];
  std::string place =
      fmt::format("program '{}', lane {}, instruction {}", program.name, lane, index);
  if (l.file.empty())
    return fmt::format("{}: ", place);
  return fmt::format("{}:{}:{}: {}: {}: ", l.file, l.line, l.column, l.name, place);
}

//===----------------------------------------------------------------------===//
// What must fit before anything runs
//===----------------------------------------------------------------------===//

struct FitChecker {
  const Program &program;
  const Machine &machine;
  const Streams &streams;
  /// [first, end) of the program's data in DRAM, sorted.
  std::vector<std::pair<uint64_t, uint64_t>> data;

  template <class... Args>
  [[noreturn]] void fail(size_t lane, size_t index, fmt::format_string<Args...> format,
                         Args &&...args) const {
    throw Error(placeOf(program, lane, index) + fmt::format(format, std::forward<Args>(args)...));
  }

  void check() {
    if (streams.size() != machine.lanes)
      throw Error(fmt::format("program '{}' is compiled for {} lanes; machine '{}' has {}",
                              program.name, streams.size(), machine.name, machine.lanes));
    if (program.mfu != machine.mfu.rules)
      throw Error(
          fmt::format("program '{}' is compiled for an MFU in {} with exponentials of degree "
                      "{}; that of machine '{}' is in {} with degree {}",
                      program.name, nameOf(program.mfu.format), program.mfu.expDegree, machine.name,
                      nameOf(machine.mfu.rules.format), machine.mfu.rules.expDegree));
    for (const Program::Data &d : program.data)
      if (!d.bytes.empty())
        data.emplace_back(d.address, d.address + d.bytes.size());
    std::sort(data.begin(), data.end());
    for (size_t lane = 0; lane < streams.size(); ++lane)
      checkLane(lane);
    checkBarriers();
    checkMasks();
  }

  /// A mask has no more rows than instructions find or order, so its size is as
  /// bounded as their SRAM.
  void checkMasks() const {
    for (const Program::Mask &mask : program.masks) {
      uint64_t found = 0;
      for (const auto &stream : streams)
        for (const Instruction &instruction : stream) {
          if (auto *i = std::get_if<Select>(&instruction); i && i->mask == mask.id)
            found += i->rows;
          else if (auto *i = std::get_if<Order>(&instruction); i && i->mask == mask.id)
            found += i->rows;
        }
      if (uint64_t{mask.heads} * mask.rows > found)
        throw Error(
            fmt::format("program '{}': mask {} has {} heads of {} rows; the streams find {} "
                        "rows of it",
                        program.name, mask.id, mask.heads, mask.rows, found));
    }
  }

  void checkLane(size_t lane) const {
    PerUnit issued{};
    RmmuMode mode;
    for (size_t index = 0; index < streams[lane].size(); ++index) {
      const Instruction &instruction = streams[lane][index];
      if (auto misfit = findMisfit(instruction, mode, machine.rmmu.rows))
        fail(lane, index, "{} on machine '{}'", *misfit, machine.name);
      mode.follow(instruction);
      forEachRegion(instruction, [&](const Region &r) {
        if (r.end() > machine.sram.bytes)
          fail(lane, index, "{} ends at {}, beyond the {} bytes of SRAM of machine '{}'",
               mnemonic(instruction), r.end(), machine.sram.bytes, machine.name);
      });
      if (auto *i = std::get_if<Wait>(&instruction)) {
        if (i->unit == indexOf(Unit::Control) || i->unit >= kUnitCount)
          fail(lane, index, "wait for unit {}, which has no queue", i->unit);
        if (i->count > issued[i->unit])
          fail(lane, index, "wait for {} instructions of {}, of which {} are issued before it",
               i->count, name(static_cast<Unit>(i->unit)), issued[i->unit]);
      } else if (auto *i = std::get_if<Sddmm>(&instruction)) {
        checkGroup(lane, index, i->group);
      } else if (auto *i = std::get_if<Spmm>(&instruction)) {
        checkGroup(lane, index, i->group);
      } else if (auto *i = std::get_if<Order>(&instruction)) {
        checkGroup(lane, index, i->group);
      } else if (auto *i = std::get_if<Store>(&instruction)) {
        checkStore(lane, index, *i);
      }
      ++issued[indexOf(unitOf(instruction))];
    }
  }

  void checkGroup(size_t lane, size_t index, unsigned group) const {
    if (group == 0 || group > machine.rmmu.group)
      fail(lane, index, "{} rows share a load; at most {} do on machine '{}'", group,
           machine.rmmu.group, machine.name);
  }

  /// A run must leave the weights to the next one.
  void checkStore(size_t lane, size_t index, const Store &i) const {
    if (i.rows == 0 || i.rowBytes == 0)
      return;
    // One range where rows touch or overlap, else one a row.
    bool whole = i.dramStride <= i.rowBytes;
    uint64_t rows = whole ? 1 : i.rows;
    uint64_t size = whole ? (i.rows - 1) * uint64_t{i.dramStride} + i.rowBytes : i.rowBytes;
    uint64_t last = i.dram + (i.rows - 1) * uint64_t{i.dramStride} + i.rowBytes;
    auto at = std::partition_point(data.begin(), data.end(),
                                   [&](auto &range) { return range.second <= i.dram; });
    if (at == data.end() || at->first >= last)
      return;
    for (uint64_t row = 0; row < rows; ++row) {
      uint64_t first = i.dram + row * i.dramStride;
      for (auto range = at; range != data.end() && range->first < first + size; ++range)
        if (range->second > first)
          fail(lane, index, "store to {} overwrites the program's data from {} to {}", first,
               range->first, range->second);
    }
  }

  void checkBarriers() const {
    auto barriersOf = [&](size_t lane) {
      std::vector<uint32_t> ids;
      for (const Instruction &instruction : streams[lane])
        if (auto *i = std::get_if<Barrier>(&instruction))
          ids.push_back(i->id);
      return ids;
    };
    std::vector<uint32_t> first = barriersOf(0);
    for (size_t lane = 1; lane < streams.size(); ++lane) {
      std::vector<uint32_t> other = barriersOf(lane);
      for (size_t n = 0; n < std::max(first.size(), other.size()); ++n) {
        if (n >= first.size() || n >= other.size())
          throw Error(
              fmt::format("program '{}' would not end: lane 0 has {} barriers, lane {} has {}",
                          program.name, first.size(), lane, other.size()));
        if (first[n] != other[n])
          throw Error(fmt::format("program '{}' would not end: barrier {} of lane 0 is {}, of lane "
                                  "{} is {}",
                                  program.name, n, first[n], lane, other[n]));
      }
    }
  }
};

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

struct Interval {
  uint64_t start, end;
};
using Intervals = std::vector<Interval>;

/// Cycles that lie in at least one interval; sorts them.
uint64_t covered(Intervals &intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval &a, const Interval &b) { return a.start < b.start; });
  uint64_t total = 0, reached = 0;
  for (const Interval &i : intervals) {
    uint64_t from = std::max(i.start, reached);
    if (i.end > from) {
      total += i.end - from;
      reached = i.end;
    }
  }
  return total;
}

//===----------------------------------------------------------------------===//
// One run
//===----------------------------------------------------------------------===//

/// A unit's instructions so far. Those of the DMA unit start when DRAM has served
/// the ones before, so `starts` may lag behind `issued`.
struct Queue {
  uint64_t issued = 0;
  std::vector<uint64_t> starts, ends;
  uint64_t free() const { return ends.empty() ? 0 : ends.back(); }
};

struct Transfer {
  uint64_t arrival, bytes;
  size_t instruction;
};

struct Lane {
  size_t next = 0;   // instruction
  uint64_t time = 0; // at which it can be issued
  RmmuMode mode;     // for the instruction that is issued next
  std::array<Queue, kUnitCount> queues;
  std::deque<Transfer> transfers; // issued, not yet served
  enum : uint8_t { Running, Barred, Halted } state = Running;

  uint64_t idle() const {
    uint64_t cycle = time;
    for (const Queue &queue : queues)
      cycle = std::max(cycle, queue.free());
    return cycle;
  }
};

/// What is known of an instruction besides its fields: what it does to values, if
/// they are computed, and the work of its key order.
struct Effects {
  /// Called when every lane stands at the start, or past a barrier, with the
  /// instruction that each issues next.
  std::function<void(std::span<const size_t>)> beginPhase;
  std::function<ExecuteResult(unsigned lane, size_t instruction)> of;
};

struct Run {
  const Program &program;
  const Machine &machine;
  const Streams &streams;
  const RunOptions &options;
  const Effects &effects;
  Statistics statistics{machine};

  std::vector<Lane> lanes{streams.size()};
  std::vector<Intervals> busyWith{program.locations.size()};
  /// When DRAM is free, in bytes that it could have moved since the start.
  uint64_t dramFree = 0;
  uint64_t dramMoved = 0;
  uint64_t done = 0, all = 0;

  void run() {
    statistics.operations.resize(program.locations.size());
    for (size_t l = 0; l < program.locations.size(); ++l)
      statistics.operations[l].location = program.locations[l];
    for (const auto &stream : streams)
      all += stream.size();
    advanceAll();
    for (;;) {
      if (Lane *first = earliestTransfer()) {
        serve(*first);
        advance(static_cast<unsigned>(first - lanes.data()));
        continue;
      }
      if (std::all_of(lanes.begin(), lanes.end(), [](auto &l) { return l.state == Lane::Halted; }))
        break;
      pass();
    }
    finish();
  }

  //===--------------------------------------------------------------------===//
  // Issue
  //===--------------------------------------------------------------------===//

  void advanceAll() {
    if (effects.beginPhase) {
      std::vector<size_t> next;
      next.reserve(lanes.size());
      for (const Lane &lane : lanes)
        next.push_back(lane.next);
      effects.beginPhase(next);
    }
    for (unsigned lane = 0; lane < lanes.size(); ++lane)
      advance(lane);
  }

  /// Issues until the end of a transfer is needed that DRAM has not served.
  void advance(unsigned number) {
    Lane &lane = lanes[number];
    const std::vector<Instruction> &stream = streams[number];
    while (lane.state == Lane::Running) {
      const Instruction &instruction = stream[lane.next];
      bool issued;
      if (auto *wait = std::get_if<Wait>(&instruction))
        issued = issueWait(number, lane, *wait);
      else if (std::holds_alternative<Barrier>(instruction) ||
               std::holds_alternative<Halt>(instruction))
        issued = issueStop(lane, std::holds_alternative<Halt>(instruction));
      else
        issued = issueToUnit(number, lane, instruction);
      if (!issued)
        return;
      ++lane.next;
      ++statistics.instructions;
      if ((++done & 0xfff) == 0 && options.timingOnly && options.progress)
        options.progress(static_cast<double>(done) / static_cast<double>(all));
    }
  }

  void traceHold(unsigned number, std::string_view why, uint64_t from, uint64_t to) {
    if (options.trace && to > from)
      options.trace->add(number, Unit::Control, why, locationOf(number, lanes[number].next), from,
                         to);
  }

  bool issueWait(unsigned number, Lane &lane, const Wait &wait) {
    const Queue &queue = lane.queues[wait.unit];
    if (wait.count > queue.ends.size())
      return false;
    uint64_t end = wait.count ? queue.ends[wait.count - 1] : 0;
    uint64_t issued = lane.time + 1;
    lane.time = std::max(issued, end);
    statistics.waitStall[wait.unit] += lane.time - issued;
    traceHold(number, "wait", issued, lane.time);
    return true;
  }

  /// Barrier and halt hold until the lane is idle, so its transfers must be served.
  bool issueStop(Lane &lane, bool halts) {
    if (!lane.transfers.empty())
      return false;
    ++lane.time;
    lane.state = halts ? Lane::Halted : Lane::Barred;
    return true;
  }

  bool issueToUnit(unsigned number, Lane &lane, const Instruction &instruction) {
    Unit unit = unitOf(instruction);
    Queue &queue = lane.queues[indexOf(unit)];
    uint64_t issue = lane.time;
    // The place of the instruction that started longest ago.
    if (queue.issued >= machine.issue.queue) {
      uint64_t leaves = queue.issued - machine.issue.queue;
      if (leaves >= queue.starts.size())
        return false;
      issue = std::max(issue, queue.starts[leaves]);
    }
    statistics.fullStall[indexOf(unit)] += issue - lane.time;
    traceHold(number, "queue full", lane.time, issue);
    lane.time = issue + 1;
    ++queue.issued;

    ExecuteResult result = effects.of(number, lane.next);
    Cost cost = costOf(instruction, machine, lane.mode, &result.order, result.liveRows);
    lane.mode.follow(instruction);
    OperationStatistics &operation = statistics.operations[locationIndex(number, lane.next)];
    ++operation.instructions;
    operation.events += cost.events;
    operation.saturations += result.saturations;
    if (std::holds_alternative<Sddmm>(instruction))
      statistics.keyWork += result.order;
    else if (std::holds_alternative<Spmm>(instruction))
      statistics.valueWork += result.order;
    else if (auto *product = std::get_if<RowsMatmul>(&instruction)) {
      statistics.liveMacs += cost.events.macs;
      statistics.deadMacs +=
          uint64_t{product->rows} * product->cols * product->depth - cost.events.macs;
    }

    if (unit == Unit::Dma) {
      lane.transfers.push_back({lane.time, cost.events.dramBytes, lane.next});
    } else {
      uint64_t start = std::max(lane.time, queue.free());
      record(number, lane.next, unit, start, start + cost.cycles);
    }
    return true;
  }

  uint32_t locationIndex(unsigned lane, size_t instruction) const {
    return program.streams[lane].locations[instruction];
  }
  const Program::Location &locationOf(unsigned lane, size_t instruction) const {
    return program.locations[locationIndex(lane, instruction)];
  }

  void record(unsigned number, size_t instruction, Unit unit, uint64_t start, uint64_t end) {
    Queue &queue = lanes[number].queues[indexOf(unit)];
    queue.starts.push_back(start);
    queue.ends.push_back(end);
    uint32_t location = locationIndex(number, instruction);
    statistics.operations[location].busy[indexOf(unit)] += end - start;
    // Most instructions of an op follow each other without a gap.
    Intervals &intervals = busyWith[location];
    if (!intervals.empty() && intervals.back().end == start)
      intervals.back().end = end;
    else
      intervals.push_back({start, end});
    if (options.trace)
      options.trace->add(number, unit, mnemonic(streams[number][instruction]),
                         program.locations[location], start, end);
  }

  //===--------------------------------------------------------------------===//
  // DRAM
  //===--------------------------------------------------------------------===//

  uint64_t startOf(const Lane &lane) const {
    return std::max(lane.transfers.front().arrival, lane.queues[indexOf(Unit::Dma)].free());
  }

  /// The lane whose transfer reaches DRAM first; of several the first lane.
  Lane *earliestTransfer() {
    Lane *first = nullptr;
    for (Lane &lane : lanes)
      if (!lane.transfers.empty() && (!first || startOf(lane) < startOf(*first)))
        first = &lane;
    return first;
  }

  void serve(Lane &lane) {
    Transfer transfer = lane.transfers.front();
    uint64_t start = startOf(lane);
    lane.transfers.pop_front();
    uint64_t width = machine.dram.bytesPerCycle;
    uint64_t from = std::max(dramFree, (start + machine.dma.setup) * width);
    dramFree = from + transfer.bytes;
    dramMoved += transfer.bytes;
    uint64_t end = ceilDiv(dramFree, width) + machine.dram.latency;
    record(static_cast<unsigned>(&lane - lanes.data()), transfer.instruction, Unit::Dma, start,
           end);
  }

  //===--------------------------------------------------------------------===//
  // Barrier and end
  //===--------------------------------------------------------------------===//

  /// Every lane stands at the same barrier: FitChecker has seen to it.
  void pass() {
    uint64_t release = 0;
    for (const Lane &lane : lanes) {
      if (lane.state != Lane::Barred)
        throw Error(fmt::format("program '{}' does not end: lane {} neither waits at a barrier nor "
                                "halts",
                                program.name, &lane - lanes.data()));
      release = std::max(release, lane.idle());
    }
    for (unsigned number = 0; number < lanes.size(); ++number) {
      Lane &lane = lanes[number];
      statistics.barrierStall += release - lane.time;
      if (options.trace && release > lane.time)
        options.trace->add(number, Unit::Control, "barrier", locationOf(number, lane.next - 1),
                           lane.time, release);
      lane.time = release;
      lane.state = Lane::Running;
    }
    advanceAll();
  }

  static bool isDetection(std::string_view name) { return name == "detect"; }
  static bool isAttention(std::string_view name) {
    return name == "attention" || name == "masked_attention" || isDetection(name);
  }

  void finish() {
    for (const Lane &lane : lanes)
      statistics.cycles = std::max(statistics.cycles, lane.idle());
    for (const Lane &lane : lanes)
      statistics.drainStall += statistics.cycles - lane.time;
    Intervals attention, detection;
    for (size_t l = 0; l < busyWith.size(); ++l) {
      OperationStatistics &operation = statistics.operations[l];
      operation.cycles = covered(busyWith[l]);
      statistics.events += operation.events;
      statistics.saturations += operation.saturations;
      for (size_t unit = 0; unit < kUnitCount; ++unit)
        statistics.busy[unit] += operation.busy[unit];
      if (isAttention(operation.location.name))
        attention.insert(attention.end(), busyWith[l].begin(), busyWith[l].end());
      if (isDetection(operation.location.name))
        detection.insert(detection.end(), busyWith[l].begin(), busyWith[l].end());
    }
    statistics.attentionCycles = covered(attention);
    statistics.detectionCycles = covered(detection);
    statistics.dramBusy = ceilDiv(dramMoved, machine.dram.bytesPerCycle);
    statistics.runs[program.name] = 1;
    statistics.macsDevice = program.macs;
    statistics.pairsKept = program.pairsKept + statistics.keyWork.kept;
    statistics.pairsDense = program.pairsDense;
    statistics.computesValues = !options.timingOnly;
    if (options.trace)
      options.trace->endRun(statistics.cycles);
    if (options.progress)
      options.progress(1);
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Simulator
//===----------------------------------------------------------------------===//

struct Simulator::State {
  State(const Program &program, const Machine &machine)
      : program(program), machine(machine), statistics(machine) {}

  const Program &program;
  Machine machine;
  Statistics statistics;
  Streams streams;
  uint64_t run = 0;

  DeviceMemory device;
  std::vector<LaneMemory> lanes;
  /// [first, end) of DRAM that is not the program's data.
  std::vector<std::pair<uint64_t, uint64_t>> scratch;

  /// Threads that compute values, a lane each at a time.
  std::unique_ptr<Workers> workers;
  std::vector<std::vector<ExecuteResult>> results; // of the lanes' current phase

  void allocate();
  Effects computeValues(const RunOptions &options, std::map<uint32_t, Mask> &masks);
  std::map<uint32_t, Mask> masksFor(const RunOptions &options, std::string &source) const;
};

Simulator::Simulator(const Program &program, const Machine &machine)
    : state_(new State(program, machine)) {
  check(program, "program");
  for (const Program::Stream &stream : program.streams) {
    std::vector<Instruction> &decoded = state_->streams.emplace_back();
    decoded.reserve(stream.words.size());
    // check() has decoded each word.
    for (const Word &word : stream.words)
      decoded.push_back(*decode(word));
  }
  FitChecker{program, state_->machine, state_->streams, {}}.check();
}

Simulator::~Simulator() = default;

const Statistics &Simulator::statistics() const { return state_->statistics; }

/// DRAM with the program's data, and the lanes' SRAM.
void Simulator::State::allocate() {
  if (!lanes.empty())
    return;
  // A number in a file must not take the machine down.
  uint64_t memory = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                    static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t sram = machine.lanes * machine.sram.bytes;
  if (sram > memory || program.dramBytes > memory - sram)
    throw Error(fmt::format("program '{}' addresses {} bytes of DRAM, machine '{}' has {} bytes of "
                            "SRAM; this computer has {} bytes",
                            program.name, program.dramBytes, machine.name, sram, memory));
  try {
    device.dram.resize(program.dramBytes);
    lanes.resize(machine.lanes);
    results.resize(machine.lanes);
    for (LaneMemory &lane : lanes) {
      lane.sram.resize(machine.sram.bytes);
      lane.scheduler = KeyOrder(machine.orderOptions());
    }
  } catch (const std::bad_alloc &) {
    lanes.clear();
    throw Error(fmt::format("no memory for {} bytes of DRAM and {} of SRAM of program '{}'",
                            program.dramBytes, sram, program.name));
  }
  // Lanes that meet in DRAM are computed one after the other.
  unsigned threads = std::min(std::max(1u, std::thread::hardware_concurrency()), machine.lanes);
  workers = std::make_unique<Workers>(lanesConflict(streams) ? 1 : threads);
  std::vector<std::pair<uint64_t, uint64_t>> data;
  for (const Program::Data &d : program.data) {
    if (d.bytes.empty())
      continue;
    std::memcpy(device.dram.data() + d.address, d.bytes.data(), d.bytes.size());
    data.emplace_back(d.address, d.address + d.bytes.size());
  }
  std::sort(data.begin(), data.end());
  uint64_t reached = 0;
  for (auto [first, end] : data) {
    if (first > reached)
      scratch.emplace_back(reached, first);
    reached = std::max(reached, end);
  }
  if (reached < program.dramBytes)
    scratch.emplace_back(reached, program.dramBytes);
}

/// The masks of a run in timing alone, by number.
std::map<uint32_t, Mask> Simulator::State::masksFor(const RunOptions &options,
                                                    std::string &source) const {
  std::map<uint32_t, Mask> masks;
  for (const Program::Mask &m : program.masks) {
    std::string name = Masks::nameOf(program.name, run, m.id);
    if (options.masks) {
      const Mask *mask = options.masks->find(name);
      if (!mask)
        throw Error(fmt::format("mask '{}' is not among those given", name));
      if (mask->heads != m.heads || mask->rows != m.rows || mask->keep != m.keep)
        throw Error(
            fmt::format("mask '{}' is of {} heads, {} rows and {} kept keys; the program's is "
                        "of {}, {} and {}",
                        name, mask->heads, mask->rows, mask->keep, m.heads, m.rows, m.keep));
      checkKeys(*mask, m.keys, name);
      masks[m.id] = *mask;
      source = "given";
    } else if (options.family) {
      std::optional<int64_t> diagonal;
      for (const auto &stream : streams)
        for (const Instruction &instruction : stream)
          if (auto *i = std::get_if<Select>(&instruction); i && i->mask == m.id && i->causal)
            diagonal = int64_t{i->diagonal} - int64_t{i->firstRow};
      masks[m.id] =
          options.family->make(m.heads, m.rows, m.keys, m.keep, diagonal, run << 32 | m.id);
      source = "family " + options.family->text();
    } else {
      throw Error(
          fmt::format("program '{}' finds {} masks when it runs; timing alone needs them, or a "
                      "family of masks",
                      program.name, program.masks.size()));
    }
  }
  return masks;
}

/// Notes the rows that a selection has found, and how strong their keys are.
static void note(Mask &mask, const Select &i, const std::byte *sram) {
  std::span<uint32_t> ids = mask.rowsOf(i.head, i.firstRow, i.rows);
  std::span<float> scores = mask.scoresOf(i.head, i.firstRow, i.rows);
  std::memcpy(ids.data(), sram + i.ids, ids.size_bytes());
  const uint64_t bytes = 8 >> i.narrow;
  for (uint64_t n = 0; n < ids.size(); ++n) {
    int64_t score = 0;
    if (ids[n] != kNoKey)
      widenSums(sram + i.scores + bytes * (n / i.keep * i.keys + ids[n]), i.narrow, 1, &score);
    scores[n] = static_cast<float>(score);
  }
}

/// Notes what a threshold leaves of them. Throws Error where that was never found.
static void note(Mask &mask, const Trim &i, const std::byte *sram) {
  std::vector<uint32_t> left(i.keep);
  for (uint64_t row = 0; row < i.rows; ++row) {
    std::span<uint32_t> ids = mask.rowsOf(i.head, i.firstRow + row, 1);
    std::span<float> scores = mask.scoresOf(i.head, i.firstRow + row, 1);
    if (i.keep)
      std::memcpy(left.data(), sram + i.ids + 4 * row * i.keep, uint64_t{4} * i.keep);
    // Both ascend.
    for (uint64_t n = 0, from = 0; n < i.keep; ++n) {
      while (left[n] != kNoKey && from < i.keep && ids[from] != left[n])
        ++from;
      if (from == i.keep)
        throw Error(fmt::format("trim leaves key {} of head {}, row {} of mask {}, which no "
                                "selection has found",
                                left[n], i.head, i.firstRow + row, i.mask));
      scores[n] = left[n] == kNoKey ? 0 : scores[from];
      ids[n] = left[n];
    }
  }
}

/// Values, a phase from barrier to barrier at a time.
Effects Simulator::State::computeValues(const RunOptions &options,
                                        std::map<uint32_t, Mask> &masks) {
  size_t all = 0;
  for (const auto &stream : streams)
    all += stream.size();
  auto done = std::make_shared<std::atomic<size_t>>(0);
  auto first = std::make_shared<std::vector<size_t>>(streams.size());
  auto maskGuard = std::make_shared<std::mutex>();
  std::thread::id caller = std::this_thread::get_id();

  auto runLane = [=, this, &options, &masks](size_t lane) {
    std::vector<ExecuteResult> &known = results[lane];
    known.clear();
    for (size_t index = (*first)[lane]; index < streams[lane].size(); ++index) {
      const Instruction &instruction = streams[lane][index];
      if (std::holds_alternative<Barrier>(instruction))
        break;
      ExecuteResult &result = known.emplace_back();
      auto noteFound = [&](const auto &i) {
        // Lanes that share a head find the same rows.
        std::lock_guard lock(*maskGuard);
        note(masks.at(i.mask), i, lanes[lane].sram.data());
      };
      try {
        execute(instruction, lanes[lane], device, result, program.mfu);
        if (auto *i = std::get_if<Select>(&instruction); i && options.foundMasks)
          noteFound(*i);
        if (auto *i = std::get_if<Trim>(&instruction); i && options.foundMasks)
          noteFound(*i);
      } catch (const Error &error) {
        throw Error(placeOf(program, lane, index) + error.what());
      }
      if (size_t n = ++*done;
          options.progress && n % 64 == 0 && std::this_thread::get_id() == caller)
        options.progress(static_cast<double>(n) / static_cast<double>(all));
    }
  };
  return {.beginPhase =
              [=, this](std::span<const size_t> next) {
                first->assign(next.begin(), next.end());
                workers->run(streams.size(), runLane);
              },
          .of = [=, this](unsigned lane,
                          size_t index) { return results[lane][index - (*first)[lane]]; }};
}

void Simulator::run(std::span<const void *const> inputs, std::span<void *const> outputs,
                    const RunOptions &options) {
  State &s = *state_;
  const Program &program = s.program;
  std::map<uint32_t, Mask> masks;
  std::string source = program.masks.empty() ? "none" : "found";
  std::optional<ScheduleWork> schedules;
  std::optional<LiveRows> liveRows;
  Effects effects;

  if (options.timingOnly) {
    masks = s.masksFor(options, source);
    schedules.emplace(program, s.streams, s.machine.orderOptions());
    liveRows.emplace(program, s.streams);
    effects.of = [&](unsigned lane, size_t index) {
      const Instruction &instruction = s.streams[lane][index];
      try {
        return ExecuteResult{.saturations = 0,
                             .order = schedules->follow(lane, instruction, masks),
                             .liveRows = liveRows->follow(lane, instruction, masks)};
      } catch (const Error &error) {
        throw Error(placeOf(program, lane, index) + error.what());
      }
    };
  } else {
    if (options.masks || options.family)
      throw Error("masks are given, but values are computed: the program finds its own");
    if (inputs.size() != program.inputs.size() || outputs.size() != program.outputs.size())
      throw Error(fmt::format(
          "program '{}' takes {} inputs and gives {} outputs; {} and {} are there", program.name,
          program.inputs.size(), program.outputs.size(), inputs.size(), outputs.size()));
    s.allocate();
    // Nothing of one run can reach the next.
    for (auto [first, end] : s.scratch)
      std::memset(s.device.dram.data() + first, 0, end - first);
    for (LaneMemory &lane : s.lanes)
      std::memset(lane.sram.data(), 0, lane.sram.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      if (program.inputs[i].bytes())
        std::memcpy(s.device.dram.data() + program.inputs[i].address, inputs[i],
                    program.inputs[i].bytes());
    for (const Program::Mask &m : program.masks) {
      Mask &mask = masks.emplace(m.id, Mask(m.heads, m.rows, m.keep)).first->second;
      if (options.foundMasks)
        mask.scores.resize(mask.ids.size());
    }
    effects = s.computeValues(options, masks);
  }

  Run run{.program = program,
          .machine = s.machine,
          .streams = s.streams,
          .options = options,
          .effects = effects};
  run.statistics.masks = source;
  run.run();

  if (!options.timingOnly)
    for (size_t i = 0; i < outputs.size(); ++i)
      if (program.outputs[i].bytes())
        std::memcpy(outputs[i], s.device.dram.data() + program.outputs[i].address,
                    program.outputs[i].bytes());
  if (options.foundMasks)
    for (auto &[id, mask] : masks)
      options.foundMasks->add(Masks::nameOf(program.name, s.run, id), std::move(mask));
  s.statistics += run.statistics;
  ++s.run;
}
