//===- Report.cpp - statistics as a page ------------------------------------===//
//
// One HTML file without scripts and without anything from outside: it can be
// mailed, archived and opened anywhere.
//
//===----------------------------------------------------------------------===//

#include "dota/runtime/Statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

using namespace dota;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

/// 1234567 as 1 234 567, with thin spaces.
std::string grouped(uint64_t value) {
  std::string digits = std::to_string(value), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % 3 == 0)
      out += "&#8201;";
    out += digits[i];
  }
  return out;
}

std::string text(const Counter::Value &value) {
  if (auto *whole = std::get_if<uint64_t>(&value))
    return grouped(*whole);
  double number = std::get<double>(value);
  return number >= 1e4 ? grouped(static_cast<uint64_t>(std::llround(number)))
                       : fmt::format("{:.4g}", number);
}

/// 1.3e10 picojoules as 13 mJ.
std::string joules(double picojoules) {
  constexpr std::string_view units[] = {"pJ", "nJ", "&micro;J", "mJ", "J"};
  size_t unit = 0;
  for (; picojoules >= 1000 && unit + 1 < std::size(units); ++unit)
    picojoules /= 1000;
  return fmt::format("{:.4g}&nbsp;{}", picojoules, units[unit]);
}

std::string cyclesOf(double value) { return grouped(static_cast<uint64_t>(value)) + " cycles"; }

constexpr std::string_view kStyle = R"(
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 68em; padding: 0 1em; color: #222 }
h1 { font-size: 1.5em; margin: 0 0 .2em } h2 { font-size: 1.15em; margin: 2em 0 .5em }
p.sub { color: #666; margin: .2em 0 }
table { border-collapse: collapse; width: 100% }
td, th { padding: .25em .6em; text-align: left; border-bottom: 1px solid #e4e4e4; vertical-align: top }
th { border-bottom: 2px solid #bbb; font-weight: 600 }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.d { color: #555 }
/* The end of a place, its line and column, is what tells it from others. */
td.at { max-width: 16em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; text-align: left }
.bar { background: #eee; height: 1em; min-width: 10em; position: relative; display: flex }
.bar i { display: block; height: 100% }
.key { white-space: nowrap; margin-right: 1em }
.key i { display: inline-block; width: .8em; height: .8em; margin-right: .35em }
)";

constexpr std::string_view kColours[] = {"#8a8f98", "#4c78a8", "#f58518", "#54a24b", "#b279a2",
                                         "#e45756", "#72b7b2", "#d5b60a", "#9d755d"};

struct Share {
  std::string name;
  double value;
};

struct Page {
  std::string out;

  template <class... Args>
  void put(fmt::format_string<Args...> format, Args &&...args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
  }

  /// One bar of coloured parts of `whole`; `format` writes a part for its tooltip.
  void bar(const std::vector<Share> &shares, double whole, std::string (*format)(double)) {
    put("<div class=bar>");
    for (size_t i = 0; i < shares.size(); ++i)
      if (shares[i].value > 0 && whole > 0)
        put("<i style=\"width:{:.3f}%;background:{}\" title=\"{} {} ({:.1f} %)\"></i>",
            std::min(100.0, 100 * shares[i].value / whole), kColours[i % std::size(kColours)],
            escaped(shares[i].name), format(shares[i].value), 100 * shares[i].value / whole);
    put("</div>");
  }

  void legend(const std::vector<Share> &shares) {
    put("<p class=sub>");
    for (size_t i = 0; i < shares.size(); ++i)
      put("<span class=key><i style=\"background:{}\"></i>{}</span> ",
          kColours[i % std::size(kColours)], escaped(shares[i].name));
    put("</p>\n");
  }
};

} // namespace

std::string Statistics::html(std::string_view title) const {
  Page page;
  page.put("<!doctype html>\n<html lang=en><meta charset=utf-8><title>{0}</title>"
           "<style>{1}</style>\n<h1>{0}</h1>\n",
           escaped(title), kStyle);
  std::string ran;
  for (const auto &[program, count] : runs)
    ran += fmt::format("{}{} &times; {}", ran.empty() ? "" : ", ", count, escaped(program));
  page.put("<p class=sub>Machine {}: {} lanes, {} &times; {} PEs each, {} GHz. Runs: {}. "
           "{} Masks: {}.</p>\n",
           escaped(machine.name), machine.lanes, machine.rmmu.rows, machine.rmmu.columns,
           machine.ghz, ran, computesValues ? "Values were computed." : "Timing alone, no values.",
           escaped(masks));
  for (const std::string &note : notes)
    page.put("<p class=sub>Note: {}</p>\n", escaped(note));

  auto unitName = [](size_t unit) { return std::string(name(static_cast<Unit>(unit))); };
  double laneCycles = static_cast<double>(cycles) * machine.lanes;
  page.put("<h2>Units</h2>\n<table><tr><th>unit<th class=n>busy<th>share of the run, mean of {} "
           "lanes\n",
           machine.lanes);
  for (size_t unit = 1; unit < kUnitCount; ++unit) {
    auto cyclesBusy = static_cast<double>(busy[unit]);
    page.put("<tr><td>{}<td class=n>{:.1f} %<td>", unitName(unit),
             laneCycles > 0 ? 100 * cyclesBusy / laneCycles : 0);
    page.bar({{"", 0}, {"busy", cyclesBusy}}, laneCycles, cyclesOf);
    page.put("\n");
  }
  page.put("<tr><td>dram<td class=n>{:.1f} %<td>",
           cycles ? 100.0 * static_cast<double>(dramBusy) / static_cast<double>(cycles) : 0);
  page.bar({{"", 0}, {"busy", static_cast<double>(dramBusy)}}, static_cast<double>(cycles),
           cyclesOf);
  page.put("</table>\n");

  std::vector<Share> issue;
  double held = 0;
  for (size_t unit = 1; unit < kUnitCount; ++unit)
    issue.push_back({"waits for " + unitName(unit), static_cast<double>(waitStall[unit])});
  double full = 0;
  for (uint64_t stall : fullStall)
    full += static_cast<double>(stall);
  issue.push_back({"full queues", full});
  issue.push_back({"barriers", static_cast<double>(barrierStall)});
  issue.push_back({"end", static_cast<double>(drainStall)});
  for (const Share &share : issue)
    held += share.value;
  issue.insert(issue.begin(), {"issues", std::max(0.0, laneCycles - held)});
  page.put("<h2>What the issue does</h2>\n");
  page.bar(issue, laneCycles, cyclesOf);
  page.legend(issue);

  Energy energy = energyOf(events, cycles, machine);
  std::vector<Share> parts = {{"rmmu", energy.rmmu},         {"mfu", energy.mfu},
                              {"detector", energy.detector}, {"scheduler", energy.scheduler},
                              {"sram", energy.sram},         {"dram", energy.dram},
                              {"static", energy.rest}};
  page.put("<h2>Energy: {}</h2>\n", joules(energy.total()));
  page.bar(parts, energy.total(), joules);
  page.legend(parts);

  std::vector<const OperationStatistics *> byCycles;
  byCycles.reserve(operations.size());
  for (const OperationStatistics &o : operations)
    byCycles.push_back(&o);
  std::sort(byCycles.begin(), byCycles.end(), [](auto *a, auto *b) {
    return a->cycles != b->cycles ? a->cycles > b->cycles : a < b;
  });
  page.put("<h2>Operations</h2>\n<p class=sub>Cycles in which some unit worked on it; operations "
           "that overlap share cycles.</p>\n<table><tr><th>operation<th>at<th class=n>cycles<th>"
           "<th class=n>macs<th class=n>DRAM bytes<th class=n>energy<th class=n>saturations\n");
  for (const OperationStatistics *o : byCycles) {
    std::string at = o->location.file.empty() ? std::string()
                                              : fmt::format("{}:{}:{}", escaped(o->location.file),
                                                            o->location.line, o->location.column);
    page.put("<tr><td>{0}<td class=at title=\"{1}\"><bdi>{1}</bdi><td class=n>{2}<td>",
             escaped(o->location.name), at, grouped(o->cycles));
    page.bar({{"", 0}, {"cycles", static_cast<double>(o->cycles)}}, static_cast<double>(cycles),
             cyclesOf);
    page.put("<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}\n", grouped(o->events.macs),
             grouped(o->events.dramBytes), joules(energyOf(o->events, 0, machine).total()),
             grouped(o->saturations));
  }
  page.put("</table>\n<h2>Counters</h2>\n<table><tr><th>counter<th class=n>all<th class=n>a "
           "sequence<th>unit<th>what it counts\n");
  for (const Counter &c : counters())
    page.put("<tr><td>{}<td class=n>{}<td class=n>{}<td>{}<td class=d>{}\n", escaped(c.name),
             text(c.value), text(c.sequence), escaped(c.unit), escaped(c.description));
  page.put("</table>\n");
  return page.out;
}
