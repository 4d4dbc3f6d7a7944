//===- Trace.cpp - when each unit did what ----------------------------------===//

#include "dota/runtime/Trace.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

using namespace dota;

uint32_t Trace::indexOf(std::string text) {
  auto [at, isNew] = indices_.try_emplace(std::move(text), static_cast<uint32_t>(texts_.size()));
  if (isNew)
    texts_.push_back(at->first);
  return at->second;
}

void Trace::add(unsigned lane, Unit unit, std::string_view what, const Program::Location &location,
                uint64_t start, uint64_t end) {
  // A slice is named after its op; the issue after what it holds for.
  bool isIssue = unit == Unit::Control || location.name.empty();
  std::string place = location.file.empty()
                          ? std::string()
                          : fmt::format("{}:{}:{}", location.file, location.line, location.column);
  slices_.push_back({lane, unit, indexOf(std::string(what)),
                     indexOf(isIssue ? std::string(what) : location.name),
                     indexOf(std::move(place)), origin_ + start, origin_ + end});
}

std::string Trace::json() const {
  // JSON quotes of each text, made once.
  std::vector<std::string> quoted;
  quoted.reserve(texts_.size());
  for (const std::string &text : texts_)
    quoted.push_back(
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  std::string out = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n";
  auto to = std::back_inserter(out);
  for (unsigned lane = 0; lane < lanes_; ++lane) {
    fmt::format_to(to,
                   "{{\"ph\": \"M\", \"pid\": {0}, \"name\": \"process_name\", "
                   "\"args\": {{\"name\": \"lane {0}\"}}}},\n",
                   lane);
    for (unsigned unit = 0; unit < kUnitCount; ++unit)
      fmt::format_to(to,
                     "{{\"ph\": \"M\", \"pid\": {}, \"tid\": {}, \"name\": \"thread_name\", "
                     "\"args\": {{\"name\": \"{}\"}}}},\n",
                     lane, unit, unit ? name(static_cast<Unit>(unit)) : "issue");
  }
  // The format counts microseconds.
  double scale = 1e-3 / ghz_;
  for (const Slice &s : slices_)
    fmt::format_to(to,
                   "{{\"ph\": \"X\", \"pid\": {}, \"tid\": {}, \"name\": {}, \"cat\": {}, "
                   "\"ts\": {:.4f}, \"dur\": {:.4f}, \"args\": {{\"at\": {}, \"cycle\": {}, "
                   "\"cycles\": {}}}}},\n",
                   s.lane, static_cast<unsigned>(s.unit), quoted[s.name], quoted[s.what],
                   scale * static_cast<double>(s.start),
                   scale * static_cast<double>(s.end - s.start), quoted[s.place], s.start,
                   s.end - s.start);
  // No comma after the last.
  if (out.ends_with(",\n"))
    out.erase(out.size() - 2, 1);
  out += "]}\n";
  return out;
}
