//===- LaneConflicts.h - lanes that meet in DRAM ----------------------------===//
//
// Between two barriers nothing orders the lanes. Where one of them writes DRAM that
// another one touches, the result is a matter of luck; lane-verify refuses such
// programs. The simulator computes the values of lanes at the same time only where
// this finds no such meeting.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_LANECONFLICTS_H
#define DOTA_RUNTIME_LANECONFLICTS_H

#include "dota/runtime/Instructions.h"

#include <span>
#include <vector>

namespace dota {

/// A rectangle of DRAM: `rows` rows of `rowBytes` bytes, `stride` bytes apart.
struct DramRectangle {
  uint64_t base, rows, rowBytes, stride;
};

/// Exact, but for rectangles of different strides with thousands of rows each:
/// those meet if their ranges do.
bool meet(const DramRectangle &a, const DramRectangle &b);

/// `streams` have the same barriers. True, too, where it would take too long to say.
bool lanesConflict(std::span<const std::vector<Instruction>> streams);

} // namespace dota

#endif // DOTA_RUNTIME_LANECONFLICTS_H
