//===- Workers.h - threads that wait for work -------------------------------===//
#ifndef DOTA_RUNTIME_WORKERS_H
#define DOTA_RUNTIME_WORKERS_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dota {

/// Threads that stay, with what they keep for themselves, from one piece of work to
/// the next. The calling thread works too.
class Workers {
public:
  /// `threads` in all, the caller included.
  explicit Workers(unsigned threads);
  ~Workers();

  /// Calls work(i) for each i below `count`, in any order and at the same time, and
  /// returns when all are through. What one throws is thrown here; of several the
  /// one of the least i.
  void run(size_t count, const std::function<void(size_t)> &work);

private:
  void loop();
  void takeTurns();

  std::mutex mutex_;
  std::condition_variable start_, finished_;
  const std::function<void(size_t)> *work_ = nullptr;
  size_t count_ = 0;
  std::atomic<size_t> next_ = 0;
  std::vector<std::exception_ptr> errors_;
  size_t generation_ = 0; // of work
  size_t busy_ = 0;       // threads that have not finished it
  bool stops_ = false;
  std::vector<std::thread> threads_;
};

} // namespace dota

#endif // DOTA_RUNTIME_WORKERS_H
