//===- keyorder.cpp - what the key scheduler saves, and how fast it is ------===//
//
// Loads of each rule, beside what no order can go below, with the rows as they are
// and grouped; and kept pairs that are scheduled a second, beside copying the same
// ids in the same run. bench/keyorder runs this; docs/key-order.md has results.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Files.h"
#include "dota/runtime/Masks.h"
#include "dota/runtime/RowGroups.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <unistd.h>

using namespace dota;

namespace {
constexpr std::string_view kUsage = R"(bench/keyorder [--quick] [--json=FILE] [--masks=FILE]

  --quick        fewer lengths, retentions and repetitions
  --json=FILE    writes every figure
  --masks=FILE   captured masks (safetensors, as dota-run --dump-masks writes them)
)";

struct Options {
  bool quick = false;
  std::string json, masks;
};

/// Rows that keep some of `keys` keys each.
struct Case {
  std::string name;
  size_t rows, keys, keep;
  std::vector<uint32_t> ids;
  double retention() const { return double(keep) / double(keys); }
};

/// Of this thread on its core: what else the computer does takes its time elsewhere.
double seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

void progress(const std::string &what) {
  if (isatty(STDERR_FILENO))
    fmt::print(stderr, "\r\033[K{}", what);
}

uint64_t distinctKeys(const Case &c, unsigned group) {
  uint64_t distinct = 0;
  std::vector<size_t> seen(c.keys, SIZE_MAX);
  for (size_t i = 0; i < c.ids.size(); ++i)
    if (const uint32_t key = c.ids[i]; key != kNoKey) {
      distinct += seen[key] != i / c.keep / group;
      seen[key] = i / c.keep / group;
    }
  return distinct;
}

/// Loads of one case by each rule.
struct Loads {
  uint64_t kept, inOrder, greedy, best, distinct;
  /// Of at most `sampled` groups, evenly over the rows: the best rule's, and what no
  /// order goes below.
  uint64_t sampled, sampleBest, sampleBound;

  double share(uint64_t loads) const { return double(loads) / double(kept); }
  double bound() const {
    return share(best) * double(sampleBound) / std::max(1.0, double(sampleBest));
  }
};

Loads loadsOf(const Case &c, unsigned group, size_t sample) {
  auto work = [&](OrderRule rule) {
    return KeyOrder(rule).order(c.ids, c.rows, c.keep, c.keys, group);
  };
  const OrderWork best = work(OrderRule::Best);
  Loads loads{best.kept,
              work(OrderRule::InOrder).loads,
              work(OrderRule::Greedy).loads,
              best.loads,
              distinctKeys(c, group),
              0,
              0,
              0};
  const size_t groups = (c.rows + group - 1) / group, step = std::max<size_t>(1, groups / sample);
  KeyOrder scheduler;
  for (size_t g = 0; g < groups; g += group <= 4 ? 1 : step) {
    const size_t count = std::min<size_t>(group, c.rows - g * group);
    const auto ids = std::span(c.ids).subspan(g * group * c.keep, count * c.keep);
    loads.sampled += 1;
    loads.sampleBest += scheduler.order(ids, count, c.keep, c.keys, group).loads;
    loads.sampleBound += leastLoads(ids, count, c.keep, c.keys, group);
  }
  return loads;
}

nlohmann::json toJson(const Loads &l) {
  return {{"kept", l.kept},
          {"in_order", l.inOrder},
          {"greedy", l.greedy},
          {"best", l.best},
          {"distinct", l.distinct},
          {"bound_of_groups",
           {{"groups", l.sampled}, {"best", l.sampleBest}, {"bound", l.sampleBound}}}};
}

/// Seconds that f takes, the best of several measurements; what is short is repeated
/// within one, so that the clock does not count.
template <class F>
double bestTime(bool quick, F &&f) {
  constexpr double kLongEnough = 5e-4;
  double best = 1e30, spent = 0;
  unsigned repeats = 1;
  for (int run = 0; run < (quick ? 3 : 9) || spent < (quick ? 0.02 : 0.2);) {
    const double start = seconds();
    for (unsigned i = 0; i < repeats; ++i)
      f();
    const double took = seconds() - start;
    spent += took;
    if (took < kLongEnough && spent < 1) {
      repeats *= 4;
      continue;
    }
    best = std::min(best, took / repeats);
    ++run;
  }
  return best;
}

Case grouped(const Case &c, std::span<const uint32_t> order) {
  Case out{c.name, c.rows, c.keys, c.keep, {}};
  out.ids.reserve(c.ids.size());
  for (uint32_t row : order)
    out.ids.insert(out.ids.end(), c.ids.begin() + row * c.keep, c.ids.begin() + (row + 1) * c.keep);
  return out;
}

std::vector<Case> madeCases(std::span<const size_t> lengths, std::span<const unsigned> percents) {
  std::vector<Case> cases;
  for (size_t n : lengths)
    for (std::string_view family : MaskFamily::names())
      for (unsigned percent : percents) {
        progress(fmt::format("making {} masks of {} keys", family, n));
        const size_t keep = (n * percent + 50) / 100;
        Mask mask = MaskFamily{std::string(family), 1}.make(1, n, n, keep, std::nullopt, 0);
        cases.push_back({std::string(family), n, n, keep, std::move(mask.ids)});
      }
  return cases;
}

/// One case a mask: its heads follow each other.
std::vector<Case> capturedCases(const std::string &path) {
  std::vector<Case> cases;
  const Masks masks = readMasks(readFile(path), path);
  for (const auto &[name, mask] : masks.all()) {
    size_t keys = mask.rows;
    for (uint32_t id : mask.ids)
      if (id != kNoKey)
        keys = std::max<size_t>(keys, id + 1);
    cases.push_back({name, mask.heads * mask.rows, keys, mask.keep, mask.ids});
  }
  return cases;
}

void printLoads(const std::vector<Case> &cases, size_t sample, nlohmann::json &json) {
  for (unsigned group : {2u, 4u, 8u}) {
    fmt::print("\nT = {}: loads for each kept pair (row by row 1)\n"
               "                                      rows as they are                    |"
               "    rows grouped in tiles of 64\n"
               "masks             keys   kept | in order  greedy    best   bound distinct |"
               "  greedy    best   bound  time/order's\n",
               group);
    for (const Case &c : cases) {
      progress(fmt::format("T = {}: {} {}", group, c.name, c.keys));
      const Loads natural = loadsOf(c, group, sample);
      RowGroups groups;
      const double groupTime =
          bestTime(true, [&] { groups = groupRows(c.ids, c.rows, c.keep, c.keys, group); });
      KeyOrder scheduler;
      std::vector<uint32_t> schedule((c.rows + group - 1) / group * scheduleWords(group, c.keep));
      const double orderTime = bestTime(
          true, [&] { scheduler.order(c.ids, c.rows, c.keep, c.keys, group, schedule.data()); });
      const Loads after = loadsOf(grouped(c, groups.order), group, sample);
      progress("");
      fmt::print("{:16} {:5} {:5.1f}% |   {:.4f}  {:.4f}  {:.4f}  {:.4f}   {:.4f} |  {:.4f}  "
                 "{:.4f}  {:.4f}         {:5.1f}\n",
                 c.name, c.keys, 100 * c.retention(), natural.share(natural.inOrder),
                 natural.share(natural.greedy), natural.share(natural.best), natural.bound(),
                 natural.share(natural.distinct), after.share(after.greedy),
                 after.share(after.best), after.bound(), groupTime / orderTime);
      std::fflush(stdout);
      json.push_back({{"masks", c.name},
                      {"group", group},
                      {"rows", c.rows},
                      {"keys", c.keys},
                      {"keep", c.keep},
                      {"as_they_are", toJson(natural)},
                      {"grouped", toJson(after)},
                      {"grouping_seconds", groupTime},
                      {"order_seconds", orderTime}});
    }
  }
}

void printWindows(const std::vector<Case> &cases, nlohmann::json &json) {
  constexpr uint32_t kWindows[] = {1, 8, 16, 32, 64, 128, 0};
  fmt::print("\nT = 4: loads for each kept pair where the scheduler sees so many ids of a row at a "
             "time\nmasks             keys   kept |");
  for (uint32_t window : kWindows)
    fmt::print(" {:>7}", window ? std::to_string(window) : "all");
  fmt::print("\n");
  for (const Case &c : cases) {
    fmt::print("{:16} {:5} {:5.1f}% |", c.name, c.keys, 100 * c.retention());
    for (uint32_t window : kWindows) {
      const OrderWork work =
          KeyOrder(OrderOptions{.window = window}).order(c.ids, c.rows, c.keep, c.keys, 4);
      fmt::print("  {:.4f}", double(work.loads) / double(work.kept));
      json.push_back({{"masks", c.name},
                      {"keys", c.keys},
                      {"keep", c.keep},
                      {"window", window},
                      {"loads", work.loads},
                      {"kept", work.kept}});
    }
    fmt::print("\n");
  }
}

/// Vectors read from SRAM for each kept pair, where an instruction has 128 rows.
void printBuffers(const std::vector<Case> &cases, nlohmann::json &json) {
  constexpr unsigned kVectors[] = {0, 8, 16, 32, 64, 128};
  constexpr size_t kTile = 128;
  fmt::print(
      "\nT = 4, 8 groups side by side: reads of SRAM for each kept pair where so many vectors "
      "stay in the RMMU\nmasks             keys   kept |");
  for (unsigned vectors : kVectors)
    fmt::print(" {:>7}", vectors);
  fmt::print("\n");
  for (const Case &c : cases) {
    fmt::print("{:16} {:5} {:5.1f}% |", c.name, c.keys, 100 * c.retention());
    for (unsigned vectors : kVectors) {
      KeyOrder scheduler(OrderOptions{.buffer = {.vectors = vectors, .peRows = 32}});
      OrderWork work;
      for (size_t first = 0; first < c.rows; first += kTile) {
        const size_t rows = std::min(kTile, c.rows - first);
        work += scheduler.order(std::span(c.ids).subspan(first * c.keep, rows * c.keep), rows,
                                c.keep, c.keys, 4);
      }
      fmt::print("  {:.4f}", double(work.loads - work.hits) / double(work.kept));
      json.push_back({{"masks", c.name},
                      {"keys", c.keys},
                      {"keep", c.keep},
                      {"vectors", vectors},
                      {"loads", work.loads},
                      {"hits", work.hits},
                      {"kept", work.kept}});
    }
    fmt::print("\n");
  }
}

void printThroughput(const std::vector<Case> &cases, bool quick, nlohmann::json &json) {
  fmt::print(
      "\nIndex lists in, schedule out: million kept pairs a second on one core, and its "
      "share of copying the same ids\n"
      "masks             keys   kept |   copied | T = 4: best      greedy     | T = 8: best  "
      "    greedy\n");
  double slowest = 1e30, logSum = 0;
  for (const Case &c : cases) {
    progress(fmt::format("throughput: {} {}", c.name, c.keys));
    std::vector<uint32_t> copy(c.ids.size());
    const double copied = double(c.ids.size()) / bestTime(quick, [&] {
                            std::memcpy(copy.data(), c.ids.data(), 4 * c.ids.size());
                            asm volatile("" : : "r"(copy.data()) : "memory");
                          });
    double rates[2][2];
    nlohmann::json record = {
        {"masks", c.name}, {"keys", c.keys}, {"keep", c.keep}, {"memcpy_pairs_per_second", copied}};
    for (unsigned group : {4u, 8u})
      for (OrderRule rule : {OrderRule::Best, OrderRule::Greedy}) {
        KeyOrder scheduler(rule);
        std::vector<uint32_t> schedule((c.rows + group - 1) / group * scheduleWords(group, c.keep));
        uint64_t kept = 0;
        const double time = bestTime(quick, [&] {
          kept = scheduler.order(c.ids, c.rows, c.keep, c.keys, group, schedule.data()).kept;
        });
        const double rate = double(kept) / time;
        rates[group == 8][rule == OrderRule::Greedy] = rate;
        record[fmt::format("{}_{}_pairs_per_second", rule == OrderRule::Best ? "best" : "greedy",
                           group)] = rate;
      }
    progress("");
    auto cell = [&](double rate) {
      return fmt::format("{:6.1f} {:.4f}", rate / 1e6, rate / copied);
    };
    fmt::print("{:16} {:5} {:5.1f}% | {:8.0f} | {} {} | {} {}\n", c.name, c.keys,
               100 * c.retention(), copied / 1e6, cell(rates[0][0]), cell(rates[0][1]),
               cell(rates[1][0]), cell(rates[1][1]));
    std::fflush(stdout);
    slowest = std::min(slowest, rates[0][0]);
    logSum += std::log(rates[0][0]);
    json.push_back(record);
  }
  fmt::print("T = 4, best: geometric mean {:.1f}, slowest {:.1f} million pairs a second\n",
             std::exp(logSum / double(cases.size())) / 1e6, slowest / 1e6);
}

Options parse(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      fmt::print("{}", kUsage);
      std::exit(0);
    }
    if (argument == "--quick")
      options.quick = true;
    else if (argument.starts_with("--json="))
      options.json = argument.substr(7);
    else if (argument.starts_with("--masks="))
      options.masks = argument.substr(8);
    else
      throw Error(fmt::format("unknown argument '{}'; --help lists what there is", argument));
  }
  return options;
}

void runAll(const Options &options) {
  const bool quick = options.quick;
  std::optional<OutputFile> file;
  if (!options.json.empty())
    file.emplace(options.json);
  const std::vector<size_t> lengths =
      quick ? std::vector<size_t>{384} : std::vector<size_t>{384, 1024, 4096};
  const std::vector<unsigned> percents =
      quick ? std::vector<unsigned>{10, 20} : std::vector<unsigned>{5, 10, 20};
  std::vector<Case> captured;
  if (!options.masks.empty())
    captured = capturedCases(options.masks);
  std::vector<Case> cases = madeCases(lengths, percents);
  nlohmann::json json = {{"benchmark", "keyorder"}, {"quick", quick}};
  json["loads"] = json["windows"] = json["buffers"] = json["throughput"] = nlohmann::json::array();
  // Copying and ordering first, while nothing else is in the caches.
  printThroughput(cases, quick, json["throughput"]);
  for (Case &c : captured)
    cases.push_back(std::move(c));
  printLoads(cases, quick ? 4 : 16, json["loads"]);
  std::erase_if(cases, [](const Case &c) { return c.keys > 1024 || c.retention() < 0.09; });
  printWindows(cases, json["windows"]);
  printBuffers(cases, json["buffers"]);
  fmt::print("\nbound: the fewest loads there can be; for T = 8 what a linear relaxation proves of "
             "{} groups of each case, relative to the best rule there. distinct: each key of a "
             "group once.\n",
             quick ? 4 : 16);
  if (file) {
    file->write(json.dump(1) + "\n");
    file->commit();
  }
}
} // namespace

int main(int argc, char **argv) {
  try {
    runAll(parse(argc, argv));
  } catch (const std::exception &error) {
    progress("");
    fmt::print(stderr, "keyorder: error: {}\n", error.what());
    return 1;
  }
}
