//===- Trace.h - when each unit did what ------------------------------------===//
//
// In the Trace Event Format that Perfetto and chrome://tracing open: a process a
// lane, a thread a unit and one for the issue.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_TRACE_H
#define DOTA_RUNTIME_TRACE_H

#include "dota/runtime/Instructions.h"
#include "dota/runtime/Machine.h"
#include "dota/runtime/ProgramFile.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dota {

class Trace {
public:
  explicit Trace(const Machine &machine) : lanes_(machine.lanes), ghz_(machine.ghz) {}

  /// What follows starts where the last run ended, `cycles` after its start.
  void endRun(uint64_t cycles) { origin_ += cycles; }
  /// A unit works from `start` to `end`, cycles of this run, on an instruction at
  /// the location; `Control` is the issue, which holds for the reason named.
  void add(unsigned lane, Unit unit, std::string_view what, const Program::Location &location,
           uint64_t start, uint64_t end);

  std::string json() const;

private:
  struct Slice {
    unsigned lane;
    Unit unit;
    uint32_t what, name, place; // indices of texts
    uint64_t start, end;
  };
  uint32_t indexOf(std::string text);

  unsigned lanes_;
  double ghz_;
  uint64_t origin_ = 0;
  std::vector<Slice> slices_;
  std::vector<std::string> texts_;
  std::map<std::string, uint32_t> indices_;
};

} // namespace dota

#endif // DOTA_RUNTIME_TRACE_H
