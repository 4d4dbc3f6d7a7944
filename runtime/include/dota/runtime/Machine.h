//===- Machine.h - the machine description ----------------------------------===//
//
// What a TOML file of `runtime/machines/` says, in one struct, read by compiler
// and simulator alike. `machineParameters()` is the table that everything else
// comes from: keys, ranges, units, sentences, defaults and where each default
// comes from. Cycles are cycles of the one clock.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_MACHINE_H
#define DOTA_RUNTIME_MACHINE_H

#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/MfuRules.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dota {

/// Narrow products a PE does in a cycle, for operands of b bits.
enum class Throughput : uint8_t {
  Linear,    ///< 16 / b: as many as its ports bring operands for
  Quadratic, ///< (16 / b)^2: as many as it has multipliers for
};

/// What the description calls them.
std::string_view nameOf(Throughput throughput);
std::string_view nameOf(MfuFormat format);

struct Machine {
  std::string name;
  unsigned lanes = 0;
  double ghz = 0;

  struct {
    unsigned queue = 0; ///< instructions that wait at each unit
  } issue;
  struct {
    unsigned rows = 0, columns = 0; ///< PE rows of a lane; PEs of a row
    Throughput throughput = Throughput::Linear;
    unsigned latency = 0;   ///< cycles
    unsigned configure = 0; ///< cycles
    unsigned group = 0;     ///< query rows that share a load; divides rows, at most 8
    unsigned keyBuffer = 0; ///< vectors of a sparse product that stay
  } rmmu;
  struct {
    uint64_t bytes = 0; ///< a lane
    unsigned bytesPerCycle = 0;
  } sram;
  struct {
    unsigned bytesPerCycle = 0; ///< all lanes together
    unsigned latency = 0;       ///< cycles
    unsigned burst = 0;         ///< bytes
  } dram;
  struct {
    unsigned setup = 0; ///< cycles
  } dma;
  struct {
    unsigned exponentials = 0, dividers = 0, lanes = 0; ///< a cycle
    unsigned latency = 0;
    MfuRules rules;
  } mfu;
  struct {
    unsigned elements = 0; ///< a cycle
    unsigned passes = 0;   ///< over the scores of a row
    unsigned latency = 0;
  } detector;
  struct {
    unsigned ids = 0; ///< a cycle
    unsigned latency = 0;
    unsigned depth = 0;     ///< ids of a row in the buffers; 0 is all
    double reloadSteps = 0; ///< what loading a key once more costs
  } scheduler;
  /// Picojoules an event; `staticMilliwatts` is the power of the whole chip at rest.
  struct {
    double macFx16 = 0, mfuOperation = 0, detectorElement = 0, schedulerId = 0;
    double sramByte = 0, dramByte = 0, staticMilliwatts = 0;
  } energy;

  /// Reads TOML. An unknown key, a value of another type and a value that cannot be
  /// are an Error at `fileName:line:col`. A key that is absent has its default; only
  /// `name` has none.
  static Machine parse(std::string_view toml, std::string_view fileName);
  static Machine load(const std::string &path);
  /// A machine that is shipped ("dota", "dota-iso"), or else a path.
  static Machine named(const std::string &nameOrPath);
  /// Names that `named` knows without a file.
  static std::vector<std::string_view> shipped();

  /// TOML with every key, its sentence and its source as a comment; `parse` gives
  /// the same machine back.
  std::string text() const;

  /// How its schedulers order keys.
  OrderOptions orderOptions() const;
};

/// One key of the description.
struct MachineParameter {
  using Place =
      std::variant<unsigned &(*)(Machine &), uint64_t &(*)(Machine &), double &(*)(Machine &),
                   Throughput &(*)(Machine &), MfuFormat &(*)(Machine &)>;
  std::string_view section, key;
  Place place;
  double least, greatest; ///< the values that can be
  double standard;        ///< default; of what has names its number
  std::string_view unit;
  std::string_view description;
  bool published; ///< the default stands in the paper or a published source
};
std::span<const MachineParameter> machineParameters();

} // namespace dota

#endif // DOTA_RUNTIME_MACHINE_H
