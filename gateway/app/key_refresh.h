// What: keeps up with the keys of auth.jwks, a file or published elsewhere: reads them at the
// start, when they have become old, and sooner when a token names one that is not there, and
// exchanges the set that holds. What was had last stays while that fails. Owner: `serve`; it ends
// before what it refers to. Thread: its own; nobody ever waits for it.
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

  /// `keys` and `clock` outlive it.
  KeyRefresh(auth::KeySource& keys, Fetch fetch, Make make, const base::Clock& clock, Pace pace);
  ~KeyRefresh();
  KeyRefresh(const KeyRefresh&) = delete;
  KeyRefresh& operator=(const KeyRefresh&) = delete;

  void start();

  std::uint64_t fetched() const { return fetched_; }
  std::uint64_t failed() const { return failed_; }
  /// Since the last success; negative when there was none. From any thread.
  double age_seconds() const;

 private:
  void run();
  /// Waits until something is to be done; false: to end.
  bool wait() BC_EXCLUDES(mutex_);
  void refresh();
  base::Result<base::Unit> take(const base::Result<std::string>& text);

  auth::KeySource& keys_;
  const Fetch fetch_;
  const Make make_;
  const base::Clock& clock_;
  const Pace pace_;
  std::atomic<bool> stop_{false};
  base::Mutex mutex_;  // so that no end is missed between looking and waiting
  std::condition_variable_any stopped_;
  std::atomic<std::uint64_t> fetched_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<base::MonoTime> fetched_at_{};
  std::string held_;  // the text of the set that holds
  int failures_ = 0;  // since the last success
  base::MonoTime asked_at_{};
  std::chrono::milliseconds pause_{0};  // from asked_at_ on
  std::thread thread_;
};

/// For `options` that name a set; null when there is none to read. `own`: the keys beside one that
/// is published.
std::unique_ptr<KeyRefresh> make_key_refresh(const auth::Options& options,
                                             std::shared_ptr<const auth::KeySet> own,
                                             auth::KeySource& keys, const base::Clock& clock);

}  // namespace gateway::app
