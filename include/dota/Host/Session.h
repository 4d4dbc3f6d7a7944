//===- Session.h - what host code may call while it runs --------*- C++ -*-===//
//
// Compiled host code calls a handful of C functions. They find their state in the
// session of the running thread. Nothing throws through compiled code: a function
// that fails notes why and leaves the run by a long jump, which is sound because
// compiled frames own nothing that must be destroyed.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_HOST_SESSION_H
#define DOTA_HOST_SESSION_H

#include <csetjmp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlir::dota {

/// A strided view of host memory, as compiled code hands it over.
struct HostView {
  char *data = nullptr;
  int64_t rank = 0;
  /// In elements.
  const int64_t *sizes = nullptr;
  const int64_t *strides = nullptr;

  /// Elements.
  int64_t size() const {
    int64_t count = 1;
    for (int64_t i = 0; i < rank; ++i)
      count *= sizes[i];
    return count;
  }
  /// Row-major without gaps, as compiled code hands over most values.
  bool isContiguous() const {
    int64_t stride = 1;
    for (int64_t i = rank - 1; i >= 0; --i) {
      if (sizes[i] != 1 && strides[i] != stride)
        return false;
      stride *= sizes[i];
    }
    return true;
  }
};

/// State of one run of compiled host code.
struct HostSession {
  /// Takes a value that `dota.observe` names; f32.
  std::function<void(const HostView &value, int64_t id, bool moment)> observe;
  /// Runs a program on a batch; returns what went wrong, empty if nothing did.
  std::function<std::string(std::string_view program, int64_t batch,
                            const std::vector<HostView> &operands,
                            const std::vector<HostView> &results)>
      launch;

  std::string error;
  std::jmp_buf escape;

  /// The session of the code that runs on this thread; null outside.
  static thread_local HostSession *current;
};

} // namespace mlir::dota

#endif // DOTA_HOST_SESSION_H
