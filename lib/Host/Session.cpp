//===- Session.cpp - the C functions that compiled host code calls ---------===//

#include "dota/Host/Session.h"
#include "Contract.h"
#include "Symbols.h"
#include "mlir/ExecutionEngine/CRunnerUtils.h"
#include <exception>

using namespace mlir::dota;

thread_local HostSession *HostSession::current = nullptr;

namespace {

/// A launch under construction: compiled code names its operands one by one.
struct Launch {
  std::string program;
  int64_t batch = 0;
  std::vector<HostView> operands, results;
  // What the views point at; compiled code keeps its descriptors on the stack.
  std::vector<std::vector<int64_t>> extents;
};

thread_local Launch launch;

template <class T>
HostView viewOf(const ::UnrankedMemRefType<T> &memref) {
  ::DynamicMemRefType<T> view(memref);
  return {reinterpret_cast<char *>(view.data + view.offset), view.rank, view.sizes, view.strides};
}

/// Leaves the run. Owns nothing: no destructor runs.
[[noreturn]] void leave() { std::longjmp(HostSession::current->escape, 1); }

/// Runs `body`, and turns what it throws into the session's error.
template <class Body>
void guarded(Body body) {
  try {
    body();
  } catch (const std::exception &e) {
    HostSession::current->error = e.what();
  }
}

std::string_view textOf(const ::StridedMemRefType<int8_t, 1> *text) {
  return {reinterpret_cast<const char *>(text->data + text->offset),
          static_cast<size_t>(text->sizes[0])};
}

void addView(std::vector<HostView> &views, ::UnrankedMemRefType<float> *memref) {
  HostView view = viewOf(*memref);
  std::vector<int64_t> &extents = launch.extents.emplace_back(view.sizes, view.sizes + view.rank);
  extents.insert(extents.end(), view.strides, view.strides + view.rank);
  view.sizes = extents.data();
  view.strides = extents.data() + view.rank;
  views.push_back(view);
}

void contractEntry(::UnrankedMemRefType<float> *a, ::UnrankedMemRefType<float> *b,
                   ::UnrankedMemRefType<float> *c, int64_t batches, int64_t rows, int64_t columns,
                   int64_t reductions) {
  guarded(
      [&] { contract(viewOf(*a), viewOf(*b), viewOf(*c), batches, rows, columns, reductions); });
  if (!HostSession::current->error.empty())
    leave();
}

void failEntry(::StridedMemRefType<int8_t, 1> *text) {
  HostSession::current->error = textOf(text);
  leave();
}

void observeEntry(int64_t id, int64_t moment, ::UnrankedMemRefType<float> *value) {
  HostSession &session = *HostSession::current;
  guarded([&] {
    if (session.observe)
      session.observe(viewOf(*value), id, moment != 0);
  });
  if (!session.error.empty())
    leave();
}

void launchEntry(::StridedMemRefType<int8_t, 1> *program, int64_t batch) {
  launch = {std::string(textOf(program)), batch, {}, {}, {}};
}
void operandEntry(::UnrankedMemRefType<float> *memref) { addView(launch.operands, memref); }
void resultEntry(::UnrankedMemRefType<float> *memref) { addView(launch.results, memref); }

void runEntry() {
  HostSession &session = *HostSession::current;
  guarded([&] {
    session.error =
        session.launch
            ? session.launch(launch.program, launch.batch, launch.operands, launch.results)
            : "program '" + launch.program + "' is launched without a device";
  });
  launch = {};
  if (!session.error.empty())
    leave();
}

} // namespace

std::vector<HostSymbol> mlir::dota::hostSymbols() {
  auto symbol = [](const char *name, auto *function) {
    return HostSymbol{name, reinterpret_cast<void *>(function)};
  };
  return {symbol("_mlir_ciface_dotaContract", contractEntry),
          symbol("_mlir_ciface_dotaFail", failEntry),
          symbol("_mlir_ciface_dotaObserve", observeEntry),
          symbol("_mlir_ciface_dotaLaunch", launchEntry),
          symbol("_mlir_ciface_dotaLaunchOperandF32", operandEntry),
          symbol("_mlir_ciface_dotaLaunchOperandI32", operandEntry),
          symbol("_mlir_ciface_dotaLaunchResultF32", resultEntry),
          symbol("_mlir_ciface_dotaLaunchResultI32", resultEntry),
          symbol("_mlir_ciface_dotaLaunchRun", runEntry),
          symbol("memrefCopy", memrefCopy)};
}
