// What: one thread's turn. Each turn waits for the kernel (epoll by libevent), runs what is ready
// (file descriptors, timers, signals, work posted by other threads), what that left for the end of
// the turn, and then the end-of-turn hook, where all output of the turn is flushed at once.
// libevent has no prepare hook: a turn is one `event_base_loop(EVLOOP_ONCE)` and then the hook.
// Owner: the worker (or main thread) that runs it; it outlives every watch and timer made from it.
// Thread: everything here belongs to the thread that calls `run`, except `post`, `stop` and `wake`,
// which are safe from any thread.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/timer.h"
#include "base/wakeable.h"

namespace gateway::loop {

/// Watches one file descriptor (not owned). Level triggered. Destruction stops watching; allowed
/// from within its own callback.
class FdWatch {
 public:
  virtual ~FdWatch() = default;
  /// Which readiness to report from now on.
  virtual void want(bool readable, bool writable) = 0;
};

class EventLoop final : public base::Timers, public base::Wakeable {
 public:
  /// `clock` outlives the loop.
  explicit EventLoop(const base::Clock& clock);
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Turns until `stop`. The calling thread becomes the loop's thread.
  void run();
  /// One turn that waits at most until something is ready (`block`) or not at all.
  void turn(bool block);
  /// Ends `run` after the current turn.
  void stop();

  /// Runs `task` on the loop's thread in a coming turn, in order of posting. Any thread. Writes the
  /// eventfd only when the mailbox was empty.
  void post(std::function<void()> task);
  /// Makes the loop take a turn (the end-of-turn hook runs). Any thread; many wakes are one.
  void wake() override;

  /// `on_ready(readable, writable)` runs on the loop's thread. `fd` must be non-blocking and stay
  /// open as long as the watch lives.
  std::unique_ptr<FdWatch> watch(int fd, std::function<void(bool, bool)> on_ready);
  /// Calls `on_signal` on the loop's thread for each delivery of `signal`, until the result is
  /// destroyed.
  std::unique_ptr<FdWatch> watch_signal(int signal, std::function<void()> on_signal);

  /// base::Timers. Never early; a few milliseconds late, by the tick of the coarse clock.
  std::unique_ptr<base::Timer> make(std::function<void()> fire) override;
  const base::Clock& clock() const override;

  /// Called once at the end of every turn: the place to drain outboxes and flush dirty connections.
  void at_end_of_turn(std::function<void()> hook);
  /// Runs `task` at the end of this turn, before the hook. Left between two turns, or by the hook,
  /// it runs before the next one waits.
  void once_at_end_of_turn(std::function<void()> task);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::loop
