#include "loop/watch.h"

#include <time.h>

#include <utility>

#include <event2/event.h>

#include "base/check.h"

namespace gateway::loop {
namespace {

EventPtr make_event(event_base* base, int fd, short what, event_callback_fn call, void* argument) {
  EventPtr event(event_new(base, fd, what, call, argument));
  BC_CHECK(event != nullptr, fd, what);
  return event;
}

// libevent counts time by the kernel's coarse clock, which lags by up to one tick. A tick more
// means that no timer fires early, so that nobody has to wait for the rest of a millisecond.
base::Duration coarse_tick() {
  static const base::Duration tick = [] {
    timespec resolution{};
    const int result = clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
    BC_CHECK(result == 0);
    return std::chrono::seconds(resolution.tv_sec) + std::chrono::nanoseconds(resolution.tv_nsec);
  }();
  return tick;
}

}  // namespace

void EventFree::operator()(event* event) const { event_free(event); }

FdEvents::FdEvents(event_base* base, const base::ThreadChecker& thread, int fd,
                   std::function<void(bool, bool)> on_ready)
    : base_(base),
      thread_(thread),
      fd_(fd),
      callback_(base::make_intrusive<Callback<bool, bool>>(std::move(on_ready))) {}

void FdEvents::want(bool readable, bool writable) {
  thread_.check();
  set(readable_, readable_on_, readable, EV_READ);
  set(writable_, writable_on_, writable, EV_WRITE);
}

// Two events, not one with a changing mask: libevent turns each step into one EPOLL_CTL_MOD.
void FdEvents::set(EventPtr& event, bool& on, bool wanted, short what) {
  if (on == wanted) return;
  if (event == nullptr) {
    const auto mask = static_cast<short>(what | EV_PERSIST);
    event = make_event(base_, fd_, mask, &FdEvents::on_event, callback_.get());
  }
  const int result = wanted ? event_add(event.get(), nullptr) : event_del(event.get());
  BC_CHECK(result == 0, fd_, what, wanted);
  on = wanted;
}

void FdEvents::on_event(int /*fd*/, short what, void* callback) {
  const CallbackPtr<bool, bool> held(static_cast<Callback<bool, bool>*>(callback));
  held->function((what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

SignalEvent::SignalEvent(event_base* base, const base::ThreadChecker& thread, int signal,
                         std::function<void()> on_signal)
    : thread_(thread),
      callback_(base::make_intrusive<Callback<>>(std::move(on_signal))),
      event_(make_event(base, signal, EV_SIGNAL | EV_PERSIST, &SignalEvent::on_event,
                        callback_.get())) {
  want(true, false);
}

void SignalEvent::want(bool readable, bool /*writable*/) {
  thread_.check();
  const int result = readable ? event_add(event_.get(), nullptr) : event_del(event_.get());
  BC_CHECK(result == 0);
}

void SignalEvent::on_event(int /*signal*/, short /*what*/, void* callback) {
  const CallbackPtr<> held(static_cast<Callback<>*>(callback));
  held->function();
}

TimerEvent::TimerEvent(event_base* base, const base::ThreadChecker& thread,
                       std::function<void()> fire)
    : thread_(thread),
      callback_(base::make_intrusive<Callback<>>(std::move(fire))),
      event_(make_event(base, -1, 0, &TimerEvent::on_event, callback_.get())) {}

void TimerEvent::arm(base::Duration delay) {
  thread_.check();
  BC_CHECK(delay >= base::Duration::zero(), delay.count());
  const auto whole = std::chrono::ceil<std::chrono::microseconds>(
      delay == base::Duration::zero() ? delay : delay + coarse_tick());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const timeval after{seconds.count(), (whole - seconds).count()};
  BC_CHECK(event_add(event_.get(), &after) == 0);
}

void TimerEvent::cancel() {
  thread_.check();
  BC_CHECK(event_del(event_.get()) == 0);
}

bool TimerEvent::armed() const { return event_pending(event_.get(), EV_TIMEOUT, nullptr) != 0; }

void TimerEvent::on_event(int /*fd*/, short /*what*/, void* callback) {
  const CallbackPtr<> held(static_cast<Callback<>*>(callback));
  held->function();
}

}  // namespace gateway::loop
