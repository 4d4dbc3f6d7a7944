//===- Workers.cpp - threads that wait for work -----------------------------===//

#include "Workers.h"

using namespace dota;

Workers::Workers(unsigned threads) {
  for (unsigned i = 1; i < threads; ++i)
    threads_.emplace_back([this] { loop(); });
}

Workers::~Workers() {
  {
    std::lock_guard lock(mutex_);
    stops_ = true;
  }
  start_.notify_all();
  for (std::thread &thread : threads_)
    thread.join();
}

void Workers::takeTurns() {
  for (size_t i; (i = next_.fetch_add(1)) < count_;) {
    try {
      (*work_)(i);
    } catch (...) {
      errors_[i] = std::current_exception();
    }
  }
}

void Workers::loop() {
  size_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    start_.wait(lock, [&] { return stops_ || generation_ != seen; });
    if (stops_)
      return;
    seen = generation_;
    lock.unlock();
    takeTurns();
    lock.lock();
    if (--busy_ == 0)
      finished_.notify_one();
  }
}

void Workers::run(size_t count, const std::function<void(size_t)> &work) {
  {
    std::lock_guard lock(mutex_);
    work_ = &work;
    count_ = count;
    next_ = 0;
    errors_.assign(count, nullptr);
    busy_ = threads_.size();
    ++generation_;
  }
  start_.notify_all();
  takeTurns();
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [&] { return busy_ == 0; });
  for (const std::exception_ptr &error : errors_)
    if (error)
      std::rethrow_exception(error);
}
