// What: libevent's events as the loop's watches and timers. Each may be destroyed within its own
// callback: the callback's function lives in a counted block that the call holds. Owner: whoever
// asked the loop for it. Thread: the loop's.
#pragma once

#include <functional>
#include <memory>

#include "base/intrusive_ptr.h"
#include "base/thread_annotations.h"
#include "base/timer.h"
#include "loop/event_loop.h"

struct event;
struct event_base;

namespace gateway::loop {

struct EventFree {
  void operator()(event* event) const;
};
using EventPtr = std::unique_ptr<event, EventFree>;

template <typename... Args>
struct Callback : base::LocalCount<Callback<Args...>> {
  explicit Callback(std::function<void(Args...)> f) : function(std::move(f)) {}
  std::function<void(Args...)> function;
};
template <typename... Args>
using CallbackPtr = base::IntrusivePtr<Callback<Args...>>;

class FdEvents final : public FdWatch {
 public:
  FdEvents(event_base* base, const base::ThreadChecker& thread, int fd,
           std::function<void(bool, bool)> on_ready);
  void want(bool readable, bool writable) override;

 private:
  static void on_event(int fd, short what, void* callback);
  void set(EventPtr& event, bool& on, bool wanted, short what);

  event_base* base_;
  const base::ThreadChecker& thread_;
  int fd_;
  bool readable_on_ = false;
  bool writable_on_ = false;
  CallbackPtr<bool, bool> callback_;
  EventPtr readable_;  // both are made when first wanted
  EventPtr writable_;
};

/// Delivers from its construction on; `want(false, …)` pauses it.
class SignalEvent final : public FdWatch {
 public:
  SignalEvent(event_base* base, const base::ThreadChecker& thread, int signal,
              std::function<void()> on_signal);
  void want(bool readable, bool writable) override;

 private:
  static void on_event(int signal, short what, void* callback);

  const base::ThreadChecker& thread_;
  CallbackPtr<> callback_;
  EventPtr event_;
};

class TimerEvent final : public base::Timer {
 public:
  TimerEvent(event_base* base, const base::ThreadChecker& thread, std::function<void()> fire);
  void arm(base::Duration delay) override;
  void cancel() override;
  bool armed() const override;

 private:
  static void on_event(int fd, short what, void* callback);

  const base::ThreadChecker& thread_;
  CallbackPtr<> callback_;
  EventPtr event_;
};

}  // namespace gateway::loop
