//===- StreamDependences.h - what must stay in order in a stream -*- C++ -*-===//
#ifndef DOTA_LANE_STREAMDEPENDENCES_H
#define DOTA_LANE_STREAMDEPENDENCES_H

#include "SramPlacement.h"
#include <vector>

namespace mlir::lane {

/// An instruction of an unplaced stream.
struct StreamInstruction {
  InstructionOpInterface op;
  /// With the numbers of its operands for addresses.
  ::dota::Instruction instruction;
  unsigned unit = 0;
  /// Numbers of the buffers it names, each once.
  SmallVector<uint32_t, 4> buffers;
  /// Later instructions that must come after it, up to the next fence.
  SmallVector<uint32_t, 4> successors;
  uint32_t predecessors = 0;
  /// Nothing moves across it: a barrier, a wait, the end.
  bool fence = false;
};

/// The instructions of a stream and their order: one that touches the same bytes
/// of a buffer or of DRAM as an earlier one comes after it, unless both read; so does
/// one that sets the RMMU's mode, and one that needs it after that.
/// Near-linear in the length of the stream; the accesses to one buffer, or to one
/// page of DRAM, between two fences are compared with one another.
std::vector<StreamInstruction> findDependences(const StreamLives &lives);

} // namespace mlir::lane

#endif // DOTA_LANE_STREAMDEPENDENCES_H
