// What: keeps up with the keys of auth.jwks, a file or published elsewhere: reads them at the
// start, when they have become old, and sooner when a token names one that is not there, and
// exchanges the set that holds. What was had last stays while that fails. A reload gives it another
// task. Owner: `serve`; it ends before what it refers to. Thread: its own, which begins with the
// first task that reads something; nobody ever waits for what is being read but its end. `use` is
// for one thread, the counters for any.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "auth/key_set.h"
#include "auth/key_source.h"
#include "auth/options.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/thread_annotations.h"

namespace gateway::app {

class KeyRefresh {
 public:
  /// Gives the JWK Set's text; gives up soon after `stop` has become true.
  using Fetch = std::function<base::Result<std::string>(const std::atomic<bool>& stop)>;
  /// The set that holds with that text.
  using Make =
      std::function<base::Result<std::shared_ptr<const auth::KeySet>>(const std::string& text)>;
  struct Pace {
    std::chrono::milliseconds refresh{600'000};  // their greatest age
    std::chrono::milliseconds again{5'000};      // after a failure; each one more doubles it
    std::chrono::milliseconds miss{10'000};      // least time between two that a token asks for
    std::chrono::milliseconds look{1'000};       // how late it is seen that one does
  };
  struct Task {
    std::shared_ptr<auth::KeySource> keys;  // to be kept up to date
    std::string published;                  // where; empty: in files, or nowhere
    Fetch fetch;                            // none: there is nothing to read
    Make make;
    Pace pace;
  };

  /// `clock` outlives it.
  explicit KeyRefresh(const base::Clock& clock);
  ~KeyRefresh();
  KeyRefresh(const KeyRefresh&) = delete;
  KeyRefresh& operator=(const KeyRefresh&) = delete;

  /// Goes on with this, at once: what is being read is given up, and comes to nothing. Where keys
  /// are published, those of the task before hold beside `task.keys` until they have come. Call it
  /// before somebody judges by `task.keys`. Never waits for what is being read.
  void use(Task task) BC_EXCLUDES(mutex_);

  std::uint64_t fetched() const { return fetched_; }
  std::uint64_t failed() const { return failed_; }
  /// Since the last success; negative when there was none, and while nothing is to be read.
  double age_seconds() const;

 private:
  struct Work;

  void run();
  /// Waits until something is to be read; null: to end.
  std::shared_ptr<Work> next() BC_EXCLUDES(mutex_);
  bool is_due(Work& work) const;
  void refresh(Work& work) BC_EXCLUDES(mutex_);
  base::Result<base::Unit> take(Work& work, const base::Result<std::string>& text)
      BC_EXCLUDES(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::shared_ptr<Work> work_ BC_GUARDED_BY(mutex_);  // null before the first
  bool ended_ BC_GUARDED_BY(mutex_) = false;
  std::atomic<std::uint64_t> fetched_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<base::MonoTime> fetched_at_;
  std::thread thread_;
};

/// What `options` ask for, with `keys`, which hold what is in files.
KeyRefresh::Task key_task(const auth::Options& options, std::shared_ptr<auth::KeySource> keys);

}  // namespace gateway::app
