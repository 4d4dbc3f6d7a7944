//===- Statistics.cpp - the table of counters, and how they are written -----===//

#include "dota/runtime/Statistics.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

using namespace dota;

namespace {

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

enum class Kind : uint8_t {
  Sum,   // adds up over runs; a sequence has its share
  Ratio, // the same for the whole and for a sequence
};

using Value = Counter::Value;

/// A counter. `unit` of the machine, `each` for one counter a unit of a lane: then
/// "{}" in the name and in the sentence is the unit's name.
struct Definition {
  const char *name;
  const char *unit;
  const char *description;
  Kind kind;
  Value (*of)(const Statistics &, size_t unit);
  bool each = false;
};

/// The unit of control instructions is the issue: it is never busy or waited for.
constexpr size_t kFirstUnit = static_cast<size_t>(Unit::Control) + 1;

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

double laneCycles(const Statistics &s) { return static_cast<double>(s.cycles) * s.machine.lanes; }

/// Microjoules of one part of the energy, or of all.
template <double Energy::*Part>
Value energyPart(const Statistics &s, size_t) {
  return energyOf(s.events, s.cycles, s.machine).*Part * 1e-6;
}

#define COUNT(expression) [](const Statistics &s, size_t) -> Value { return expression; }
#define COUNT_UNIT(expression) [](const Statistics &s, size_t unit) -> Value { return expression; }

constexpr Definition kDefinitions[] = {
    {"macs.device", "macs",
     "multiply-accumulates of the matrix products of the ops that ran on the device, detection "
     "included",
     Kind::Sum, COUNT(s.macsDevice)},
    {"macs.host", "macs",
     "multiply-accumulates of the matrix products and convolutions that ran on the host", Kind::Sum,
     COUNT(s.macsHost)},
    {"macs.performed", "macs",
     "multiply-accumulates that the RMMU did, of any precision: omitted pairs are not in it",
     Kind::Sum, COUNT(s.events.macs)},
    {"macs.skipped", "macs",
     "multiply-accumulates that the RMMU left out of linear ops, as no query keeps the key of "
     "their "
     "row",
     Kind::Sum, COUNT(s.deadMacs)},
    {"cycles.total", "cycles",
     "from the first issue to the last result, of all sequences one after the other on one "
     "accelerator",
     Kind::Sum, COUNT(s.cycles)},
    {"cycles.attention", "cycles",
     "in which at least one unit of one lane worked on attention, its detection included; ops that "
     "overlap share cycles, so the cycles of all ops may exceed cycles.total",
     Kind::Sum, COUNT(s.attentionCycles)},
    {"cycles.detection", "cycles",
     "in which at least one unit of one lane estimated scores, selected keys or ordered them",
     Kind::Sum, COUNT(s.detectionCycles)},
    {"latency", "s", "cycles.total at the machine's clock", Kind::Sum,
     COUNT(static_cast<double>(s.cycles) / (s.machine.ghz * 1e9))},
    {"instructions", "instructions", "issued by all lanes, waits and barriers included", Kind::Sum,
     COUNT(s.instructions)},
    {"pairs.kept", "pairs", "(query, key) pairs that attention visits, over all heads and layers",
     Kind::Sum, COUNT(s.pairsKept)},
    {"pairs.dense", "pairs", "(query, key) pairs that it would visit without omission", Kind::Sum,
     COUNT(s.pairsDense)},
    {"pairs.sparse", "pairs", "(query, key) pairs that sparse products visited, as counted there",
     Kind::Sum, COUNT(s.keyWork.kept)},
    {"keys.loads", "vectors",
     "key vectors fetched for sparse scores; the rows of a group that visit a key in the same step "
     "share one",
     Kind::Sum, COUNT(s.keyWork.loads)},
    {"values.loads", "vectors", "value vectors fetched for sparse products, shared the same way",
     Kind::Sum, COUNT(s.valueWork.loads)},
    {"keys.hits", "vectors",
     "of keys.loads those that found the vector in the RMMU (rmmu.key_buffer) and took no read of "
     "SRAM",
     Kind::Sum, COUNT(s.keyWork.hits)},
    {"values.hits", "vectors", "the same of values.loads", Kind::Sum, COUNT(s.valueWork.hits)},
    {"keys.steps", "steps", "steps of all groups over their keys, a key a row and step", Kind::Sum,
     COUNT(s.keyWork.steps)},
    {"rows.dead", "",
     "share that macs.skipped is of the linear ops that skip: of the keys (of each head) those "
     "that "
     "no query keeps",
     Kind::Ratio,
     COUNT(ratio(static_cast<double>(s.deadMacs), static_cast<double>(s.liveMacs + s.deadMacs)))},
    {"dram.bytes", "bytes", "read and written, in whole bursts", Kind::Sum,
     COUNT(s.events.dramBytes)},
    {"dram.utilisation", "", "share of the DRAM's bandwidth that was used", Kind::Ratio,
     COUNT(ratio(static_cast<double>(s.dramBusy), static_cast<double>(s.cycles)))},
    {"sram.bytes", "bytes", "read and written by all units", Kind::Sum, COUNT(s.events.sramBytes)},
    {"energy.total", "uJ", "of all parts below", Kind::Sum,
     COUNT(energyOf(s.events, s.cycles, s.machine).total() * 1e-6)},
    {"energy.rmmu", "uJ", "multiply-accumulates, a narrow one its share of an FX16 one", Kind::Sum,
     energyPart<&Energy::rmmu>},
    {"energy.mfu", "uJ", "element operations of the MFU", Kind::Sum, energyPart<&Energy::mfu>},
    {"energy.detector", "uJ", "scores compared", Kind::Sum, energyPart<&Energy::detector>},
    {"energy.scheduler", "uJ", "key ids ordered", Kind::Sum, energyPart<&Energy::scheduler>},
    {"energy.sram", "uJ", "bytes of SRAM read and written", Kind::Sum, energyPart<&Energy::sram>},
    {"energy.dram", "uJ", "bytes of DRAM moved", Kind::Sum, energyPart<&Energy::dram>},
    {"energy.static", "uJ", "the chip at rest, for cycles.total", Kind::Sum,
     energyPart<&Energy::rest>},
    {"rmmu.efficiency", "",
     "multiply-accumulates done, narrow ones by their share, per PE and cycle of the whole run",
     Kind::Ratio,
     COUNT(ratio(s.events.macsFx16, laneCycles(s) * s.machine.rmmu.rows * s.machine.rmmu.columns))},
    {"busy.{}", "cycles", "in which the {} was busy, summed over the lanes", Kind::Sum,
     COUNT_UNIT(s.busy[unit]), true},
    {"utilisation.{}", "", "share of the run in which the {} was busy, mean of the lanes",
     Kind::Ratio, COUNT_UNIT(ratio(static_cast<double>(s.busy[unit]), laneCycles(s))), true},
    {"stall.wait.{}", "cycles", "that the issue held for results of the {}, summed over the lanes",
     Kind::Sum, COUNT_UNIT(s.waitStall[unit]), true},
    {"stall.queue.{}", "cycles",
     "that the issue held for room in the queue of the {}, summed over the lanes", Kind::Sum,
     COUNT_UNIT(s.fullStall[unit]), true},
    {"stall.barrier", "cycles", "that the issue held at barriers, summed over the lanes", Kind::Sum,
     COUNT(s.barrierStall)},
    {"stall.drain", "cycles",
     "from a lane's last issue to the end of the run, summed over the lanes", Kind::Sum,
     COUNT(s.drainStall)},
    {"saturations", "values", "results beyond what their format can store, replaced by the nearest",
     Kind::Sum, COUNT(s.saturations)},
};

Value perSequence(const Definition &d, const Value &whole, uint64_t sequences) {
  if (d.kind == Kind::Ratio || sequences == 0)
    return whole;
  return std::visit(
      [&](auto value) -> Value {
        if constexpr (std::is_integral_v<decltype(value)>)
          if (value % sequences == 0)
            return value / sequences;
        return static_cast<double>(value) / static_cast<double>(sequences);
      },
      whole);
}

auto keyOf(const OperationStatistics &o) {
  return std::tie(o.location.file, o.location.line, o.location.column, o.location.name);
}

} // namespace

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

uint64_t Statistics::sequences() const {
  uint64_t most = 0;
  for (const auto &[program, count] : runs)
    most = std::max(most, count);
  return most;
}

Statistics &Statistics::operator+=(const Statistics &other) {
  // What a fresh object says of its source is nothing.
  bool isFresh = runs.empty();
  for (const auto &[program, count] : other.runs)
    runs[program] += count;
  if (isFresh) {
    computesValues = other.computesValues;
    masks = other.masks;
  } else {
    computesValues &= other.computesValues;
    if (masks == "none")
      masks = other.masks;
    else if (other.masks != "none" && masks.find(other.masks) == std::string::npos)
      masks += ", " + other.masks;
  }
  for (const std::string &note : other.notes)
    if (std::find(notes.begin(), notes.end(), note) == notes.end())
      notes.push_back(note);
  macsDevice += other.macsDevice;
  macsHost += other.macsHost;
  pairsKept += other.pairsKept;
  pairsDense += other.pairsDense;
  keyWork += other.keyWork;
  valueWork += other.valueWork;
  liveMacs += other.liveMacs;
  deadMacs += other.deadMacs;
  cycles += other.cycles;
  attentionCycles += other.attentionCycles;
  detectionCycles += other.detectionCycles;
  instructions += other.instructions;
  saturations += other.saturations;
  events += other.events;
  barrierStall += other.barrierStall;
  drainStall += other.drainStall;
  dramBusy += other.dramBusy;
  for (size_t unit = 0; unit < kUnitCount; ++unit) {
    busy[unit] += other.busy[unit];
    waitStall[unit] += other.waitStall[unit];
    fullStall[unit] += other.fullStall[unit];
  }
  std::map<decltype(keyOf(other.operations[0])), size_t> places;
  operations.reserve(operations.size() + other.operations.size());
  for (size_t i = 0; i < operations.size(); ++i)
    places.emplace(keyOf(operations[i]), i);
  for (const OperationStatistics &from : other.operations) {
    if (from.instructions == 0)
      continue;
    auto [at, isNew] = places.try_emplace(keyOf(from), operations.size());
    if (isNew) {
      operations.push_back(from);
      continue;
    }
    OperationStatistics &to = operations[at->second];
    to.instructions += from.instructions;
    to.cycles += from.cycles;
    to.events += from.events;
    to.saturations += from.saturations;
    for (size_t unit = 0; unit < kUnitCount; ++unit)
      to.busy[unit] += from.busy[unit];
  }
  return *this;
}

std::vector<Counter> Statistics::counters() const {
  uint64_t n = sequences();
  std::vector<Counter> list;
  list.push_back({"sequences", n, n, "sequences",
                  "runs of a program, each one sequence; of several programs the most"});
  for (const Definition &d : kDefinitions) {
    auto add = [&](size_t unit, std::string name, std::string description) {
      Value whole = d.of(*this, unit);
      list.push_back(
          {std::move(name), whole, perSequence(d, whole, n), d.unit, std::move(description)});
    };
    if (!d.each) {
      add(0, d.name, d.description);
      continue;
    }
    for (size_t unit = kFirstUnit; unit < kUnitCount; ++unit) {
      std::string_view unitName = name(static_cast<Unit>(unit));
      add(unit, fmt::format(fmt::runtime(d.name), unitName),
          fmt::format(fmt::runtime(d.description), unitName));
    }
  }
  return list;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

namespace {

using Json = nlohmann::ordered_json;

Json jsonOf(const Value &value) {
  return std::visit([](auto v) { return Json(v); }, value);
}

Json machineJson(Machine machine) {
  Json json{{"name", machine.name}};
  for (const MachineParameter &p : machineParameters())
    std::visit(
        [&](auto place) {
          auto value = place(machine);
          Json &entry = json[fmt::format("{}.{}", p.section, p.key)];
          if constexpr (std::is_enum_v<decltype(value)>)
            entry = nameOf(value);
          else
            entry = value;
        },
        p.place);
  return json;
}

} // namespace

std::string Statistics::json() const {
  Json json;
  json["version"] = kVersion;
  json["machine"] = machineJson(machine);
  json["programs"] = Json::object();
  for (const auto &[program, count] : runs)
    json["programs"][program] = Json{{"runs", count}};
  json["values"] = computesValues;
  json["masks"] = masks;
  json["notes"] = notes;
  Json &counterJson = json["counters"] = Json::object();
  for (const Counter &c : counters())
    counterJson[c.name] = Json{{"value", jsonOf(c.value)},
                               {"sequence", jsonOf(c.sequence)},
                               {"unit", c.unit},
                               {"description", c.description}};
  Json &operationJson = json["operations"] = Json::array();
  for (const OperationStatistics &o : operations) {
    Json busyJson = Json::object();
    for (size_t unit = kFirstUnit; unit < kUnitCount; ++unit)
      busyJson[std::string(name(static_cast<Unit>(unit)))] = o.busy[unit];
    // Rest power belongs to no operation.
    operationJson.push_back(Json{{"name", o.location.name},
                                 {"file", o.location.file},
                                 {"line", o.location.line},
                                 {"column", o.location.column},
                                 {"instructions", o.instructions},
                                 {"cycles", o.cycles},
                                 {"busy", std::move(busyJson)},
                                 {"macs", o.events.macs},
                                 {"dram.bytes", o.events.dramBytes},
                                 {"sram.bytes", o.events.sramBytes},
                                 {"energy", energyOf(o.events, 0, machine).total() * 1e-6},
                                 {"saturations", o.saturations}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}
