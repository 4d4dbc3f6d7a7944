//===- ProgramFile.h - the program container --------------------------------===//
//
// Plain structs that mirror `Program.fbs`, and their way to and from bytes. What
// `read` returns has been checked from end to end: a simulator may index with
// every number in it. Addresses are bytes; sizes are of one sequence.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_PROGRAMFILE_H
#define DOTA_RUNTIME_PROGRAMFILE_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/MfuRules.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dota {

/// One device region: what a lane.program says.
struct Program {
  enum class Element : uint8_t { F32 = 0, I32 = 1 }; // 4 bytes each

  /// An argument or a result, row-major in DRAM.
  struct Tensor {
    std::string name;
    Element element = Element::F32;
    std::vector<uint64_t> shape;
    uint64_t address = 0;

    uint64_t elements() const {
      uint64_t n = 1;
      for (uint64_t size : shape)
        n *= size;
      return n;
    }
    uint64_t bytes() const { return 4 * elements(); }
    bool operator==(const Tensor &) const = default;
  };
  /// Bytes that stand in DRAM before the program starts.
  struct Data {
    uint64_t address = 0;
    std::vector<uint8_t> bytes;
    bool operator==(const Data &) const = default;
  };
  /// A mask that the program finds: for each head and query row, `keep` of `keys`.
  struct Mask {
    uint32_t id = 0, heads = 0, rows = 0, keys = 0, keep = 0;
    bool operator==(const Mask &) const = default;
  };
  /// A place in the source, and the op that the instruction came from.
  struct Location {
    std::string name, file;
    uint32_t line = 0, column = 0;
    bool operator==(const Location &) const = default;
  };
  /// One lane's instructions; `locations` has an index for each.
  struct Stream {
    std::vector<Word> words;
    std::vector<uint32_t> locations;
    bool operator==(const Stream &) const = default;
  };

  std::string name;
  std::vector<Tensor> inputs, outputs;
  std::vector<Data> data;
  std::vector<Mask> masks;
  std::vector<Stream> streams;
  std::vector<Location> locations;
  uint64_t macs = 0;       ///< multiply-accumulates of the ops, detection included
  uint64_t pairsKept = 0;  ///< (query, key) pairs that attention without a mask visits
  uint64_t pairsDense = 0; ///< that it would visit without omission
  uint64_t dramBytes = 0;  ///< all that it addresses
  MfuRules mfu;            ///< that its results depend on

  bool operator==(const Program &) const = default;
};

struct ProgramFile {
  static constexpr uint32_t kVersion = 1;

  uint32_t version = kVersion;
  uint64_t instructionSet = kInstructionSetHash;
  std::string machine; ///< the description it was compiled for, TOML
  std::vector<Program> programs;
  std::vector<uint8_t> host; ///< the host part, MLIR bytecode; empty without one
  std::vector<std::string> notes;

  /// The program of that name, or the only one where `name` is empty; an Error
  /// that lists the names otherwise.
  const Program &program(std::string_view name) const;
  bool operator==(const ProgramFile &) const = default;
};

/// Throws Error where a program's parts do not fit together (see `read`). `name` opens
/// the message.
void check(const Program &program, std::string_view name);

/// Throws Error where the parts do not fit together (see `read`) or are more than
/// the container holds (2 GiB).
std::vector<uint8_t> write(const ProgramFile &file);

/// Reads and checks; `name` opens the messages. Throws Error: not a program, cut
/// short, damaged (checksum), another version, another instruction set, a word
/// that is no instruction, an address beyond the program's DRAM, an index beyond
/// its table, a stream that does not end in its only halt.
ProgramFile read(std::span<const uint8_t> bytes, std::string_view name);

} // namespace dota

#endif // DOTA_RUNTIME_PROGRAMFILE_H
