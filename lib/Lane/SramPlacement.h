//===- SramPlacement.h - addresses for the buffers of a stream --*- C++ -*-===//
#ifndef DOTA_LANE_SRAMPLACEMENT_H
#define DOTA_LANE_SRAMPLACEMENT_H

#include "dota/Dialect/Lane/Lane.h"
#include <vector>

namespace mlir::lane {

/// A buffer's life in a stream: the numbers of the first and the last instruction
/// that name it, in order of issue.
struct BufferLife {
  BufferOp buffer;
  uint64_t bytes = 0;
  uint32_t first = 0, last = 0;
};

/// The instructions of a stream, numbered, and the lives of the buffers that they
/// use, in order of their first use. Buffers that nothing uses are left out.
struct StreamLives {
  explicit StreamLives(StreamOp stream);
  std::vector<InstructionOpInterface> instructions;
  std::vector<BufferLife> buffers;
};

struct Placement {
  /// Address of each buffer; empty if they do not fit.
  std::vector<uint64_t> addresses;
  /// Bytes of SRAM that the placement takes, or would have taken.
  uint64_t extent = 0;
  /// Most bytes that are alive at once, and the instruction where they are: no
  /// placement takes less.
  uint64_t peak = 0;
  uint32_t peakInstruction = 0;

  bool fits() const { return !addresses.empty() || extent == 0; }
};

/// Places buffers in `capacity` bytes so that none overlaps another alive at the
/// same time. `lives` are in order of their first use. Near-linear, but for groups
/// of buffers that only the last resort can place.
Placement placeBuffers(ArrayRef<BufferLife> lives, uint64_t capacity);

} // namespace mlir::lane

#endif // DOTA_LANE_SRAMPLACEMENT_H
