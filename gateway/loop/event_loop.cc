#include "loop/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include <event2/event.h>

#include "base/check.h"
#include "base/thread_annotations.h"
#include "loop/watch.h"

namespace gateway::loop {
namespace {

struct ConfigFree {
  void operator()(event_config* config) const { event_config_free(config); }
};
struct BaseFree {
  void operator()(event_base* base) const { event_base_free(base); }
};
using Base = std::unique_ptr<event_base, BaseFree>;

// No locks: one thread. No cached time: a timer armed late in a long turn counts from then.
Base make_base() {
  const std::unique_ptr<event_config, ConfigFree> config(event_config_new());
  BC_CHECK(config != nullptr);
  const int flags = EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME;
  BC_CHECK(event_config_set_flag(config.get(), flags) == 0);
  Base base(event_base_new_with_config(config.get()));
  BC_CHECK(base != nullptr, errno);
  return base;
}

int make_eventfd() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  BC_CHECK(fd >= 0, errno);
  return fd;
}

}  // namespace

/// The mailbox: `signaled` is true from the decision to write the eventfd to its read, so that one
/// write stands for all posts and wakes between two turns.
struct EventLoop::Impl {
  explicit Impl(const base::Clock& injected) : clock(injected) {
    mail_watch =
        std::make_unique<FdEvents>(base.get(), thread, eventfd, [this](bool, bool) { drain(); });
    mail_watch->want(true, false);
  }
  ~Impl() {
    mail_watch.reset();
    ::close(eventfd);
  }

  void signal() {
    if (signaled.exchange(true)) return;
    const std::uint64_t one = 1;
    const ssize_t wrote = ::write(eventfd, &one, sizeof one);
    BC_CHECK(wrote == sizeof one, errno);
  }

  // Only when the eventfd is readable: the flag runs ahead of the write, and acting on it alone
  // would clear it, miss the write, and spin on an eventfd that nobody reads. The order matters: a
  // post after the flag was cleared writes again, one before is in the mailbox already.
  void drain() {
    std::uint64_t count = 0;
    const ssize_t got = ::read(eventfd, &count, sizeof count);
    BC_CHECK(got == sizeof count, got, errno);
    signaled.store(false);
    std::vector<std::function<void()>> tasks;
    {
      const base::MutexLock lock(mutex);
      tasks.swap(mailbox);
    }
    for (std::function<void()>& task : tasks) {
      task();
      task = nullptr;  // what it holds goes before the next one runs
    }
  }

  void run_what_is_left() {
    while (!once_at_end.empty()) {
      for (const auto& task : std::exchange(once_at_end, {})) task();
    }
  }

  const base::Clock& clock;
  base::ThreadChecker thread;
  Base base = make_base();
  const int eventfd = make_eventfd();
  std::unique_ptr<FdEvents> mail_watch;
  std::function<void()> end_of_turn;
  std::vector<std::function<void()>> once_at_end;
  std::atomic<bool> stopping{false};
  std::atomic<bool> signaled{false};
  base::Mutex mutex;
  std::vector<std::function<void()>> mailbox BC_GUARDED_BY(mutex);
};

EventLoop::EventLoop(const base::Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->thread.release();
  while (!impl_->stopping.load()) turn(true);
  impl_->stopping.store(false);
  impl_->thread.release();
}

void EventLoop::turn(bool block) {
  impl_->thread.check();
  impl_->run_what_is_left();
  const int result =
      event_base_loop(impl_->base.get(), EVLOOP_ONCE | (block ? 0 : EVLOOP_NONBLOCK));
  BC_CHECK(result >= 0, errno);
  impl_->run_what_is_left();
  if (impl_->end_of_turn) impl_->end_of_turn();
}

void EventLoop::stop() {
  impl_->stopping.store(true);
  impl_->signal();
}

void EventLoop::post(std::function<void()> task) {
  {
    const base::MutexLock lock(impl_->mutex);
    impl_->mailbox.push_back(std::move(task));
  }
  impl_->signal();
}

void EventLoop::wake() { impl_->signal(); }

std::unique_ptr<FdWatch> EventLoop::watch(int fd, std::function<void(bool, bool)> on_ready) {
  impl_->thread.check();
  return std::make_unique<FdEvents>(impl_->base.get(), impl_->thread, fd, std::move(on_ready));
}

std::unique_ptr<FdWatch> EventLoop::watch_signal(int signal, std::function<void()> on_signal) {
  impl_->thread.check();
  return std::make_unique<SignalEvent>(impl_->base.get(), impl_->thread, signal,
                                       std::move(on_signal));
}

std::unique_ptr<base::Timer> EventLoop::make(std::function<void()> fire) {
  impl_->thread.check();
  return std::make_unique<TimerEvent>(impl_->base.get(), impl_->thread, std::move(fire));
}

const base::Clock& EventLoop::clock() const { return impl_->clock; }

void EventLoop::at_end_of_turn(std::function<void()> hook) {
  impl_->thread.check();
  impl_->end_of_turn = std::move(hook);
}

void EventLoop::once_at_end_of_turn(std::function<void()> task) {
  impl_->thread.check();
  impl_->once_at_end.push_back(std::move(task));
}

}  // namespace gateway::loop
