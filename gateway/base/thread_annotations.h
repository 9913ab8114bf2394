// What: names for clang's capability analysis (nothing under GCC), the annotated mutex, and a
// checker for objects that live on one thread. A loop-bound object calls `thread_.check()` in its
// public functions; the check is compiled into debug builds only.
#pragma once

#include <mutex>
#include <thread>

#include "base/check.h"

#if defined(__clang__)
#define BC_ANNOTATE(x) __attribute__((x))
#else
#define BC_ANNOTATE(x)
#endif
#define BC_CAPABILITY(name) BC_ANNOTATE(capability(name))
#define BC_SCOPED_CAPABILITY BC_ANNOTATE(scoped_lockable)
#define BC_GUARDED_BY(mutex) BC_ANNOTATE(guarded_by(mutex))
#define BC_REQUIRES(...) BC_ANNOTATE(requires_capability(__VA_ARGS__))
#define BC_EXCLUDES(...) BC_ANNOTATE(locks_excluded(__VA_ARGS__))
#define BC_ACQUIRE(...) BC_ANNOTATE(acquire_capability(__VA_ARGS__))
#define BC_RELEASE(...) BC_ANNOTATE(release_capability(__VA_ARGS__))

namespace gateway::base {

/// std::mutex that the analysis understands.
class BC_CAPABILITY("mutex") Mutex {
 public:
  void lock() BC_ACQUIRE() { mutex_.lock(); }
  void unlock() BC_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class BC_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) BC_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() BC_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Binds to the first thread that calls `check`; later calls from another thread abort (debug
/// only).
class ThreadChecker {
 public:
  void check() const {
#ifndef NDEBUG
    if (owner_ == std::thread::id{}) owner_ = std::this_thread::get_id();
    BC_CHECK(owner_ == std::this_thread::get_id(), owner_, std::this_thread::get_id());
#endif
  }
  /// Lets the next caller of `check` become the owner: for objects made on one thread, run on
  /// another.
  void release() {
#ifndef NDEBUG
    owner_ = std::thread::id{};
#endif
  }

#ifndef NDEBUG
 private:
  mutable std::thread::id owner_;
#endif
};

}  // namespace gateway::base
