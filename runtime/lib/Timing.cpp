//===- Timing.cpp - what an instruction costs -------------------------------===//
//
// One function an instruction; std::visit makes a forgotten one a build error.
// docs/timing.md says the same in words and numbers.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Timing.h"
#include "dota/runtime/Composition.h"

#include <algorithm>
#include <numeric>

using namespace dota;

namespace {

uint64_t ceilDiv(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }

/// Bytes that the regions of an instruction hold.
template <class I>
uint64_t regionBytes(const I &i, bool write) {
  uint64_t bytes = 0;
  forEachRegion(i, [&](const Region &r) {
    if (r.write == write)
      bytes += r.rows * r.rowBytes;
  });
  return bytes;
}

/// What the MFU does for one instruction. Its exponential units, its dividers and
/// its lanes work at the same time, each on its own elements.
struct Passes {
  uint64_t elements = 0; // that pass through the lanes
  uint64_t exponentials = 0;
  uint64_t quotients = 0; // square roots too
};

/// PE rows that a product runs in.
struct Part {
  uint64_t rows;
  uint64_t productsPerRow; // of one sum, a cycle
  uint64_t narrow;         // products a PE does in a cycle
};

struct Coster {
  const Machine &m;
  const RmmuMode &mode;
  const OrderWork *work;
  uint64_t liveRows;

  /// Compute and operand reads overlap; the slower one sets the pace.
  uint64_t paced(uint64_t compute, uint64_t readBytes, uint64_t latency) const {
    return std::max(compute, ceilDiv(readBytes, m.sram.bytesPerCycle)) + latency;
  }

  //===--------------------------------------------------------------------===//
  // Control: the issue itself, a cycle. The simulator adds what they wait for.
  //===--------------------------------------------------------------------===//

  Cost operator()(const Halt &) const { return {}; }
  Cost operator()(const Wait &) const { return {}; }
  Cost operator()(const Barrier &) const { return {}; }

  //===--------------------------------------------------------------------===//
  // DMA
  //===--------------------------------------------------------------------===//

  template <class Transfer>
  Cost transfer(const Transfer &i) const {
    Cost cost;
    cost.events.dramBytes = burstBytes(i.dram, i.rows, i.rowBytes, i.dramStride, m.dram.burst);
    cost.events.sramBytes = uint64_t{i.rows} * i.rowBytes;
    cost.cycles =
        m.dma.setup + ceilDiv(cost.events.dramBytes, m.dram.bytesPerCycle) + m.dram.latency;
    return cost;
  }
  Cost operator()(const Load &i) const { return transfer(i); }
  Cost operator()(const Store &i) const { return transfer(i); }

  //===--------------------------------------------------------------------===//
  // RMMU
  //===--------------------------------------------------------------------===//

  Part part(uint64_t rows, Precision precision) const {
    uint64_t narrow = productsPerCycle(bitsOf(precision), m);
    return {rows, m.rmmu.columns * narrow, narrow};
  }
  Part computes() const { return part(m.rmmu.rows - mode.detectRows, mode.precision); }
  Part detects() const {
    return part(std::max<uint64_t>(1, mode.detectRows), mode.detectPrecision);
  }

  Cost operator()(const Configure &) const {
    Cost cost;
    cost.cycles = m.rmmu.configure;
    return cost;
  }

  Cost product(const Part &part, uint64_t rows, uint64_t cols, uint64_t depth, uint64_t aBytes,
               uint64_t bBytes, uint64_t besides = 0) const {
    uint64_t steps = ceilDiv(depth, part.productsPerRow);
    // One operand stands in the PE rows, a vector each; the vectors of the other
    // are broadcast to all of them, one after the other. The array takes the way
    // round that needs fewer blocks.
    uint64_t aStands = ceilDiv(rows, part.rows), bStands = ceilDiv(cols, part.rows);
    bool standsB = bStands * rows <= aStands * cols;
    uint64_t blocks = standsB ? bStands * rows : aStands * cols;
    uint64_t read = standsB ? bBytes + bStands * aBytes : aBytes + aStands * bBytes;
    read += besides;
    Cost cost;
    cost.cycles = paced(blocks * steps, read, m.rmmu.latency);
    cost.events.macs = rows * cols * depth;
    cost.events.macsFx16 = static_cast<double>(cost.events.macs) / part.narrow;
    cost.events.sramBytes = read;
    return cost;
  }
  Cost operator()(const Matmul &i) const {
    uint64_t rows = i.rows, cols = i.cols, depth = i.depth;
    uint64_t aBits = i.unsignedA ? 16 : bitsOf(i.aPrecision);
    uint64_t bBytes =
        i.transposeB ? cols * bytes(depth, i.bPrecision) : depth * bytes(cols, i.bPrecision);
    Cost cost = product(computes(), rows, cols, depth, rows * ((depth * aBits + 7) / 8), bBytes);
    cost.events.sramBytes += (8 >> i.narrow) * rows * cols * (i.accumulate ? 2 : 1);
    return cost;
  }
  Cost operator()(const Estimate &i) const {
    uint64_t rows = i.rows, cols = i.cols;
    Cost cost = product(detects(), rows, cols, i.depth, rows * bytes(i.depth, i.aPrecision),
                        cols * bytes(i.depth, i.bPrecision));
    cost.events.sramBytes += (8 >> i.narrow) * rows * cols;
    return cost;
  }
  /// A product of the live rows. The marks of all are read; sums of the others are cleared
  /// where nothing is added to them.
  Cost operator()(const RowsMatmul &i) const {
    uint64_t live = std::min<uint64_t>(liveRows, i.rows), cols = i.cols, depth = i.depth;
    Cost cost = product(computes(), live, cols, depth, live * bytes(depth, i.aPrecision),
                        live ? depth * bytes(cols, i.bPrecision) : 0, uint64_t{i.heads} * i.rows);
    cost.events.sramBytes += 8 * cols * (i.accumulate ? 2 * live : i.rows);
    return cost;
  }

  /// Sparse products. A group of rows takes as many PE rows, and visits one key a
  /// row and step; the groups that the array has room for run side by side.
  template <class I>
  Cost sparse(const I &i, uint64_t width, uint64_t vectorBytes, uint64_t readOnce,
              uint64_t written) const {
    const uint64_t rows = i.rows, group = i.group, keep = i.keep;
    OrderWork w = work ? *work : OrderWork{};
    const Part part = computes();
    uint64_t slots = std::max<uint64_t>(1, part.rows / std::max<uint64_t>(1, group));
    uint64_t rounds = ceilDiv(w.groups, slots);
    uint64_t steps = w.groups ? ceilDiv(w.steps, w.groups) : 0;
    // A part of the keys is found by reading all of the schedule.
    uint64_t schedule = i.partial ? groups(rows, group) * scheduleBytes(group, keep)
                                  : 8 * w.groups + 4 * group * (w.groups + w.steps);
    uint64_t read = readOnce + (w.loads - w.hits) * vectorBytes + 4 * rows * keep + schedule;
    Cost cost;
    cost.cycles = paced(rounds * steps * ceilDiv(width, part.productsPerRow), read, m.rmmu.latency);
    cost.events.macs = w.kept * width;
    cost.events.macsFx16 = static_cast<double>(cost.events.macs) / part.narrow;
    cost.events.sramBytes = read + written;
    return cost;
  }
  Cost operator()(const Sddmm &i) const {
    uint64_t vector = bytes(i.depth, i.precision);
    return sparse(i, i.depth, vector, i.rows * vector, regionBytes(i, true));
  }
  Cost operator()(const Spmm &i) const {
    return sparse(i, i.cols, bytes(i.cols, i.precision), uint64_t{2} * i.rows * i.keep,
                  regionBytes(i, true));
  }

  //===--------------------------------------------------------------------===//
  // MFU
  //===--------------------------------------------------------------------===//

  template <class I>
  Cost element(const I &i, Passes p) const {
    Cost cost;
    uint64_t compute =
        std::max({ceilDiv(p.elements, m.mfu.lanes), ceilDiv(p.exponentials, m.mfu.exponentials),
                  ceilDiv(p.quotients, m.mfu.dividers)});
    uint64_t read = regionBytes(i, false);
    cost.cycles = paced(compute, read, m.mfu.latency);
    cost.events.mfuOperations = p.elements + p.exponentials + p.quotients;
    cost.events.sramBytes = read + regionBytes(i, true);
    return cost;
  }
  template <class I>
  static uint64_t area(const I &i) {
    return uint64_t{i.rows} * i.cols;
  }

  Cost operator()(const Requantize &i) const {
    return element(i, {.elements = area(i) * (i.hasBias ? 2 : 1)});
  }
  Cost operator()(const Accumulate &i) const { return element(i, {.elements = i.elements}); }
  Cost operator()(const Widen &i) const { return element(i, {.elements = area(i)}); }
  /// Two passes: the row's maximum, then the exponentials and their sum.
  Cost operator()(const Softmax &i) const {
    return element(i, {.elements = 2 * area(i), .exponentials = area(i)});
  }
  Cost operator()(const Normalize &i) const {
    return element(i, {.elements = area(i), .quotients = area(i)});
  }
  /// Two passes: the row's moments, then the values; a root and a quotient a row.
  Cost operator()(const LayerNorm &i) const {
    return element(i, {.elements = 2 * area(i), .quotients = 2 * uint64_t{i.rows}});
  }
  Cost operator()(const RmsNorm &i) const {
    return element(i, {.elements = 2 * area(i), .quotients = 2 * uint64_t{i.rows}});
  }
  Cost operator()(const Activation &i) const {
    // All that bend smoothly take an exponential and a quotient (docs/numbers.md).
    bool isStraight = i.kind == ActivationKind::Relu || i.kind == ActivationKind::Identity;
    uint64_t curved = isStraight ? 0 : area(i);
    return element(i, {.elements = area(i), .exponentials = curved, .quotients = curved});
  }
  Cost operator()(const Add &i) const { return element(i, {.elements = area(i)}); }
  Cost operator()(const Mul &i) const { return element(i, {.elements = area(i)}); }
  /// Two products an element.
  Cost operator()(const Rotate &i) const { return element(i, {.elements = 2 * area(i)}); }
  /// A root a row.
  Cost operator()(const Length &i) const {
    return element(i, {.elements = area(i), .quotients = i.rows});
  }
  /// A table of cosines, one product.
  Cost operator()(const Cosine &i) const { return element(i, {.elements = area(i)}); }
  Cost operator()(const Quantize &i) const { return element(i, {.elements = area(i)}); }
  Cost operator()(const Dequantize &i) const { return element(i, {.elements = area(i)}); }

  //===--------------------------------------------------------------------===//
  // Detector and Scheduler
  //===--------------------------------------------------------------------===//

  Cost operator()(const Select &i) const {
    uint64_t elements = uint64_t{i.rows} * i.keys * m.detector.passes;
    uint64_t read = regionBytes(i, false);
    Cost cost;
    cost.cycles =
        paced(ceilDiv(elements, m.detector.elements), read * m.detector.passes, m.detector.latency);
    cost.events.detectorElements = elements;
    cost.events.sramBytes = read * m.detector.passes + regionBytes(i, true);
    return cost;
  }
  Cost operator()(const Trim &i) const {
    // A pass that compares; where rows get a share, the selection's passes again.
    uint64_t passes = i.balance ? 1 + m.detector.passes : 1;
    uint64_t ids = uint64_t{i.rows} * i.keep, elements = ids * passes;
    uint64_t read = ids * (i.probability ? 6 : 12) + (i.probability ? 8 * uint64_t{i.rows} : 0);
    Cost cost;
    cost.cycles = paced(ceilDiv(elements, m.detector.elements), read * passes, m.detector.latency);
    cost.events.detectorElements = elements;
    cost.events.sramBytes = read * passes + regionBytes(i, true);
    return cost;
  }
  Cost operator()(const Mark &i) const {
    uint64_t ids = uint64_t{i.rows} * i.keep, read = regionBytes(i, false);
    Cost cost;
    cost.cycles = paced(ceilDiv(ids, m.detector.elements), read, m.detector.latency);
    cost.events.detectorElements = ids;
    cost.events.sramBytes = read + regionBytes(i, true);
    return cost;
  }
  Cost operator()(const Order &i) const {
    OrderWork w = work ? *work : OrderWork{};
    uint64_t read = regionBytes(i, false);
    Cost cost;
    // Every group's first part of its rows, then every group's second: between two
    // the buffers run empty.
    uint64_t depth = m.scheduler.depth ? m.scheduler.depth : i.keep;
    uint64_t parts = std::max<uint64_t>(1, depth ? ceilDiv(i.keep, depth) : 0);
    cost.cycles = paced(ceilDiv(w.kept, m.scheduler.ids), read, parts * m.scheduler.latency);
    cost.events.schedulerIds = w.kept;
    cost.events.sramBytes = read + 8 * w.groups + 4 * uint64_t{i.group} * w.steps;
    return cost;
  }
};

} // namespace

Events &Events::operator+=(const Events &other) {
  macs += other.macs;
  macsFx16 += other.macsFx16;
  mfuOperations += other.mfuOperations;
  detectorElements += other.detectorElements;
  schedulerIds += other.schedulerIds;
  sramBytes += other.sramBytes;
  dramBytes += other.dramBytes;
  return *this;
}

Energy dota::energyOf(const Events &events, uint64_t cycles, const Machine &machine) {
  const auto &e = machine.energy;
  return {.rmmu = e.macFx16 * events.macsFx16,
          .mfu = e.mfuOperation * static_cast<double>(events.mfuOperations),
          .detector = e.detectorElement * static_cast<double>(events.detectorElements),
          .scheduler = e.schedulerId * static_cast<double>(events.schedulerIds),
          .sram = e.sramByte * static_cast<double>(events.sramBytes),
          .dram = e.dramByte * static_cast<double>(events.dramBytes),
          // A milliwatt is a picojoule a nanosecond.
          .rest = e.staticMilliwatts * static_cast<double>(cycles) / machine.ghz};
}

uint64_t dota::productsPerCycle(unsigned bits, const Machine &machine) {
  return machine.rmmu.throughput == Throughput::Quadratic ? productsByMultipliers(bits)
                                                          : productsByPorts(bits);
}

uint64_t dota::burstBytes(uint64_t address, uint64_t rows, uint64_t rowBytes, uint64_t stride,
                          uint64_t burst) {
  if (rows == 0 || rowBytes == 0)
    return 0;
  auto bursts = [&](uint64_t first, uint64_t size) {
    return (first + size - 1) / burst - first / burst + 1;
  };
  if (rows == 1 || stride == rowBytes)
    return burst * bursts(address, rows * rowBytes);
  // Where a row lies in its first burst repeats after this many rows.
  uint64_t period = burst / std::gcd(stride % burst ? stride % burst : burst, burst);
  uint64_t all = 0, rest = 0;
  for (uint64_t row = 0; row < std::min(period, rows); ++row) {
    uint64_t n = bursts(address + row * stride, rowBytes);
    all += n;
    if (row < rows % period)
      rest += n;
  }
  return burst * (rows / period * all + rest);
}

Cost dota::costOf(const Instruction &instruction, const Machine &machine, const RmmuMode &mode,
                  const OrderWork *work, uint64_t liveRows) {
  return std::visit(Coster{machine, mode, work, liveRows}, instruction);
}
