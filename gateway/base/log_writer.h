// What: writes finished lines to a file descriptor and survives whatever becomes of it: a full or
// closed pipe, a full disk. What cannot be written is counted. It never changes the descriptor's
// flags, because other processes may share it. Owner: the log. Thread: one at a time writes (see
// log.cc), any thread reads the count.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace gateway::base {

class LogWriter {
 public:
  /// Does not own `fd`.
  explicit LogWriter(int fd) : fd_(fd) {}

  /// Writes `line` whole or counts it as dropped. Waits while a pipe is full, until `give_up` is
  /// set and the clock is past it.
  void write(std::string_view line);
  /// From this time of the system's monotonic clock on, `write` no longer waits. Any thread.
  void give_up_at(MonoTime time) { give_up_at_.store(time.time_since_epoch().count()); }
  /// Waits again as long as it takes. Any thread.
  void wait_forever() { give_up_at_.store(INT64_MAX); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  bool write_all(std::string_view bytes) const;
  bool wait_writable() const;

  int fd_;
  SystemClock clock_;
  std::atomic<std::int64_t> give_up_at_{INT64_MAX};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace gateway::base
