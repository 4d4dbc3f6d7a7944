//===- Machine.cpp - reading and writing the machine description ------------===//

#include "dota/runtime/Machine.h"
#include "ShippedMachines.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

using namespace dota;

namespace {

/// SRAM addresses are 24 bits wide in an instruction.
constexpr double kLargestSram = 1 << 24;
constexpr double kLargestWidth = 1 << 20;
constexpr double kLargestLatency = 1 << 24;
constexpr double kLargestEnergy = 1e9;

// NOLINTNEXTLINE(bugprone-macro-parentheses): a type cannot stand in parentheses.
#define PLACE(type, member) [](Machine &m) -> type & { return m.member; }

constexpr bool kPublished = true, kAssumed = false;

/// The one table. Defaults are the machine of runtime/machines/dota.toml.
constexpr MachineParameter kParameters[] = {
    {"lanes", "count", PLACE(unsigned, lanes), 1, 1024, 4, "", "lanes of an accelerator", kAssumed},
    {"clock", "ghz", PLACE(double, ghz), 0.001, 100, 1, "GHz", "the one clock", kPublished},
    {"issue", "queue", PLACE(unsigned, issue.queue), 1, 4096, 8, "instructions",
     "instructions that wait at each unit of a lane; one is issued a cycle", kAssumed},
    {"rmmu", "rows", PLACE(unsigned, rmmu.rows), 1, kLargestWidth, 32, "", "PE rows a lane",
     kAssumed},
    {"rmmu", "columns", PLACE(unsigned, rmmu.columns), 1, kLargestWidth, 16, "",
     "PEs a row, one FX16 multiply-accumulate each a cycle", kAssumed},
    {"rmmu", "throughput", PLACE(Throughput, rmmu.throughput), 0, 1, 0, "",
     "narrow products a PE and cycle: \"linear\" 16/b or \"quadratic\" (16/b)^2", kAssumed},
    {"rmmu", "latency", PLACE(unsigned, rmmu.latency), 1, kLargestLatency, 8, "cycles",
     "from operands to accumulator: multiplier and adder tree", kAssumed},
    {"rmmu", "configure", PLACE(unsigned, rmmu.configure), 1, kLargestLatency, 4, "cycles",
     "to set the precision of the PE rows", kAssumed},
    {"rmmu", "group", PLACE(unsigned, rmmu.group), 1, 8, 4, "rows",
     "query rows that share a load, T; divides the PE rows", kAssumed},
    {"rmmu", "key_buffer", PLACE(unsigned, rmmu.keyBuffer), 0, 4096, 0, "vectors",
     "key or value vectors of a sparse product that stay for other groups; 0 is none", kAssumed},
    {"sram", "bytes", PLACE(uint64_t, sram.bytes), 64, kLargestSram, 655360, "bytes", "a lane",
     kAssumed},
    {"sram", "bytes_per_cycle", PLACE(unsigned, sram.bytesPerCycle), 1, kLargestWidth, 256, "bytes",
     "read bandwidth a lane, all banks", kAssumed},
    {"dram", "bytes_per_cycle", PLACE(unsigned, dram.bytesPerCycle), 1, kLargestWidth, 256, "bytes",
     "bandwidth of all lanes together", kAssumed},
    {"dram", "latency", PLACE(unsigned, dram.latency), 1, kLargestLatency, 100, "cycles",
     "to the first byte", kAssumed},
    {"dram", "burst", PLACE(unsigned, dram.burst), 1, 65536, 64, "bytes",
     "what is shorter costs as much", kAssumed},
    {"dma", "setup", PLACE(unsigned, dma.setup), 1, kLargestLatency, 16, "cycles",
     "to start a transfer", kAssumed},
    {"mfu", "exponentials", PLACE(unsigned, mfu.exponentials), 1, kLargestWidth, 16, "",
     "exponentials a cycle", kAssumed},
    {"mfu", "dividers", PLACE(unsigned, mfu.dividers), 1, kLargestWidth, 16, "",
     "quotients and square roots a cycle", kAssumed},
    {"mfu", "lanes", PLACE(unsigned, mfu.lanes), 1, kLargestWidth, 16, "",
     "other element operations a cycle: add, multiply, convert, round", kAssumed},
    {"mfu", "latency", PLACE(unsigned, mfu.latency), 1, kLargestLatency, 20, "cycles",
     "from operands to result", kAssumed},
    {"mfu", "format", PLACE(MfuFormat, mfu.rules.format), 0, 1, 0, "",
     "values between its units: \"fp32\" or \"fp16\"; programs are compiled for one", kAssumed},
    {"mfu", "exp_degree", PLACE(unsigned, mfu.rules.expDegree), kLeastExpDegree, kGreatestExpDegree,
     6, "", "of the polynomial of its exponential units; programs are compiled for one", kAssumed},
    {"detector", "elements", PLACE(unsigned, detector.elements), 1, kLargestWidth, 32, "",
     "scores compared a cycle", kAssumed},
    {"detector", "passes", PLACE(unsigned, detector.passes), 1, 64, 1, "",
     "times a row's scores are read to find its largest: 1 with a threshold for each row",
     kAssumed},
    {"detector", "latency", PLACE(unsigned, detector.latency), 1, kLargestLatency, 8, "cycles",
     "from the last score to the ids", kAssumed},
    {"scheduler", "ids", PLACE(unsigned, scheduler.ids), 1, kLargestWidth, 4, "",
     "ids sorted into buffers a cycle", kAssumed},
    {"scheduler", "latency", PLACE(unsigned, scheduler.latency), 1, kLargestLatency, 8, "cycles",
     "from the last id in the buffers to their order", kAssumed},
    {"scheduler", "depth", PLACE(unsigned, scheduler.depth), 0, kLargestWidth, 0, "ids",
     "ids of a row that the buffers hold and order at a time; 0 is all of them", kAssumed},
    {"scheduler", "reload_steps", PLACE(double, scheduler.reloadSteps), 0, kLargestEnergy, 0,
     "steps",
     "what loading a key once more costs; groups of up to 4 rows take a step more where that "
     "costs less and the schedule has room; with 0 they never do",
     kAssumed},
    {"energy", "mac_fx16", PLACE(double, energy.macFx16), 0, kLargestEnergy, 1.26, "pJ",
     "a multiply-accumulate, PE overhead included: 646 mW / 512 PEs at 1 GHz", kAssumed},
    {"energy", "mfu_operation", PLACE(double, energy.mfuOperation), 0, kLargestEnergy, 1.9, "pJ",
     "an element operation: 60.7 mW / 32 at 1 GHz", kAssumed},
    {"energy", "detector_element", PLACE(double, energy.detectorElement), 0, kLargestEnergy, 0.28,
     "pJ", "a score compared: 9.1 mW / 32 at 1 GHz", kAssumed},
    {"energy", "scheduler_id", PLACE(double, energy.schedulerId), 0, kLargestEnergy, 0.5, "pJ",
     "an id ordered", kAssumed},
    {"energy", "sram_byte", PLACE(double, energy.sramByte), 0, kLargestEnergy, 1, "pJ",
     "a byte read from or written to SRAM", kAssumed},
    {"energy", "dram_byte", PLACE(double, energy.dramByte), 0, kLargestEnergy, 31.2, "pJ",
     "a byte moved from or to DRAM: 3.9 pJ a bit, HBM2", kAssumed},
    {"energy", "static_milliwatts", PLACE(double, energy.staticMilliwatts), 0, kLargestEnergy, 160,
     "mW", "power of the whole chip at rest", kAssumed},
};

/// By their numbers.
constexpr std::string_view kThroughputs[] = {"linear", "quadratic"};
constexpr std::string_view kMfuFormats[] = {"fp32", "fp16"};

/// Names of the values that a parameter can have; none of a number.
std::span<const std::string_view> namesOf(const MachineParameter &p) {
  if (std::holds_alternative<Throughput &(*)(Machine &)>(p.place))
    return kThroughputs;
  if (std::holds_alternative<MfuFormat &(*)(Machine &)>(p.place))
    return kMfuFormats;
  return {};
}

bool isWhole(const MachineParameter &p) { return p.place.index() < 2; }

void assign(Machine &machine, const MachineParameter &p, double value) {
  std::visit(
      [&](auto place) {
        auto &field = place(machine);
        field = static_cast<std::remove_reference_t<decltype(field)>>(value);
      },
      p.place);
}

std::string valueText(Machine machine, const MachineParameter &p) {
  return std::visit(
      [&](auto place) -> std::string {
        auto value = place(machine);
        if constexpr (std::is_enum_v<decltype(value)>) {
          return fmt::format("\"{}\"", nameOf(value));
        } else {
          // The shortest text that reads back as the same number; TOML tells floats
          // by their point.
          std::string text = fmt::format("{}", value);
          if (std::is_same_v<decltype(value), double> &&
              text.find_first_of(".e") == std::string::npos)
            text += ".0";
          return text;
        }
      },
      p.place);
}

/// Reads one description; knows the file's name for messages.
struct Reader {
  std::string_view file;
  Machine machine;

  [[noreturn]] void fail(const toml::source_region &where, const std::string &message) const {
    throw Error(fmt::format("{}:{}:{}: {}", file, where.begin.line, where.begin.column, message));
  }

  static std::string_view kindOf(const toml::node &node) {
    switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
    }
  }

  void readParameter(const MachineParameter &p, const toml::node &node) {
    std::string key = fmt::format("{}.{}", p.section, p.key);
    double value;
    if (std::span<const std::string_view> names = namesOf(p); !names.empty()) {
      auto text = node.value_exact<std::string_view>();
      if (!text)
        fail(node.source(), fmt::format("'{}' is {}, not a string", key, kindOf(node)));
      if (*text != names[0] && *text != names[1])
        fail(node.source(), fmt::format("'{}' is \"{}\", neither \"{}\" nor \"{}\"", key, *text,
                                        names[0], names[1]));
      value = *text == names[1];
    } else if (auto whole = node.value_exact<int64_t>()) {
      value = static_cast<double>(*whole);
      checkRange(p, key, value, node);
    } else if (auto real = node.value_exact<double>(); real && !isWhole(p)) {
      value = *real;
      checkRange(p, key, value, node);
    } else {
      fail(node.source(), fmt::format("'{}' is {}, not {}", key, kindOf(node),
                                      isWhole(p) ? "an integer" : "a number"));
    }
    assign(machine, p, value);
  }

  void checkRange(const MachineParameter &p, const std::string &key, double value,
                  const toml::node &node) const {
    // Written so that NaN fails.
    if (!(value >= p.least && value <= p.greatest))
      fail(node.source(),
           fmt::format("'{}' is {}; it can be {} to {}", key, value, p.least, p.greatest));
  }

  Machine read(std::string_view text) {
    toml::table root;
    try {
      root = toml::parse(text, file);
    } catch (const toml::parse_error &error) {
      fail(error.source(), std::string(error.description()));
    }
    for (const MachineParameter &p : kParameters)
      assign(machine, p, p.standard);
    for (auto &&[key, node] : root) {
      if (key == "name") {
        auto name = node.value_exact<std::string>();
        if (!name)
          fail(node.source(), fmt::format("'name' is {}, not a string", kindOf(node)));
        if (name->empty())
          fail(node.source(), "'name' is empty");
        // It stands in messages, and on one line of what text() writes.
        if (std::ranges::any_of(*name, [](unsigned char c) { return c < ' ' || c == 127; }))
          fail(node.source(), "'name' has a control character");
        machine.name = *name;
        continue;
      }
      bool isSection = false;
      for (const MachineParameter &p : kParameters)
        isSection |= p.section == key.str();
      if (!isSection)
        fail(key.source(), fmt::format("unknown key '{}'", key.str()));
      if (!node.is_table())
        fail(node.source(), fmt::format("'{}' is {}, not a table", key.str(), kindOf(node)));
      for (auto &&[inner, value] : *node.as_table()) {
        const MachineParameter *found = nullptr;
        for (const MachineParameter &p : kParameters)
          if (p.section == key.str() && p.key == inner.str())
            found = &p;
        if (!found)
          fail(inner.source(), fmt::format("unknown key '{}.{}'", key.str(), inner.str()));
        readParameter(*found, value);
      }
    }
    if (machine.name.empty())
      fail(root.source(), "there is no 'name'");
    checkTogether(root);
    return machine;
  }

  /// What one value says of another.
  void checkTogether(const toml::table &root) const {
    if (machine.rmmu.rows % machine.rmmu.group != 0) {
      auto at = root.at_path("rmmu.group");
      if (!at)
        at = root.at_path("rmmu.rows");
      fail(at.node()->source(), fmt::format("'rmmu.group' is {}, which does not divide {} PE rows",
                                            machine.rmmu.group, machine.rmmu.rows));
    }
  }
};

} // namespace

std::string_view dota::nameOf(Throughput throughput) {
  return kThroughputs[static_cast<unsigned>(throughput)];
}
std::string_view dota::nameOf(MfuFormat format) {
  return kMfuFormats[static_cast<unsigned>(format)];
}

std::span<const MachineParameter> dota::machineParameters() { return kParameters; }

Machine Machine::parse(std::string_view toml, std::string_view fileName) {
  return Reader{fileName, {}}.read(toml);
}

Machine Machine::load(const std::string &path) {
  std::vector<uint8_t> bytes = readFile(path);
  return parse({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, path);
}

Machine Machine::named(const std::string &nameOrPath) {
  std::string known;
  for (const ShippedMachine &machine : shippedMachines()) {
    if (machine.name == nameOrPath)
      return parse(machine.text, fmt::format("<{}>", machine.name));
    known += fmt::format("'{}', ", machine.name);
  }
  // A bare word is more likely a misspelt name than a file.
  if (nameOrPath.find_first_of("./\\") == std::string::npos && !fileExists(nameOrPath))
    throw Error(fmt::format("no machine is named '{}'; there are {}and paths of TOML files",
                            nameOrPath, known));
  return load(nameOrPath);
}

std::vector<std::string_view> Machine::shipped() {
  std::vector<std::string_view> names;
  for (const ShippedMachine &machine : shippedMachines())
    names.push_back(machine.name);
  return names;
}

OrderOptions Machine::orderOptions() const {
  return {.rule = OrderRule::Best,
          .window = scheduler.depth,
          .reloadSteps = scheduler.reloadSteps,
          .buffer = {.vectors = rmmu.keyBuffer, .peRows = rmmu.rows}};
}

std::string Machine::text() const {
  toml::table quoted{{"name", name}};
  std::ostringstream stream;
  stream << quoted << "\n";
  std::string out = stream.str();
  std::string_view section;
  for (const MachineParameter &p : kParameters) {
    if (p.section != section)
      out += fmt::format("\n[{}]\n", section = p.section);
    std::string value = valueText(*this, p);
    Machine standard;
    assign(standard, p, p.standard);
    std::string_view source = valueText(standard, p) != value ? ""
                              : p.published                   ? " [published]"
                                                              : " [assumed]";
    out += fmt::format("{} = {} # {}{}{}{}\n", p.key, value, p.unit, p.unit.empty() ? "" : ": ",
                       p.description, source);
  }
  return out;
}
