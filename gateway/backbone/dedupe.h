// What: publishes events with keys: each key once within the window, so that a publisher which got
// no answer can send again. Looking up and appending are one step under one mutex: of two workers
// with the same key one publishes and the other answers its id. What is remembered of an event has
// a fixed size: hashes of its key and content under a secret of this process, since publishers
// choose both and must not be able to make two of them look the same. Owner: the memory backbone.
// Thread: any. Lock order: this mutex, then the log's; events without keys never come here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "backbone/backbone.h"
#include "backbone/options.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/sip_hash.h"
#include "base/thread_annotations.h"
#include "broker/event.h"
#include "broker/log.h"

namespace gateway::backbone {

class Dedupe {
 public:
  /// `log` and `clock` outlive it.
  Dedupe(broker::Log& log, const base::Clock& clock, base::SipKey secret, const Options& options);

  /// Appends the events without a key and those whose key is new, with nothing in between; the ids
  /// are those of the whole batch. With a window of zero it appends all.
  PublishResult publish(std::vector<broker::Draft> batch) BC_EXCLUDES(mutex_);
  /// Takes the window over, for keys that are remembered already, too: with none they and their
  /// memory go. How many there may be stays.
  void use(const Options& options) BC_EXCLUDES(mutex_);
  Backbone::Keys keys() const BC_EXCLUDES(mutex_);

 private:
  struct Mark;  // an event as it is compared
  using Marks = std::vector<Mark>;
  struct Known {
    std::uint64_t content = 0;
    broker::EventId id;
    base::MonoTime at;
  };
  struct Turn {
    base::Digest key;
    base::MonoTime at;
  };
  /// A digest under a secret spreads evenly by itself.
  struct Low {
    std::size_t operator()(const base::Digest& digest) const noexcept { return digest.low; }
  };

  /// All that can be done without the mutex. Takes the keys out of `batch`.
  Marks mark(std::vector<broker::Draft>& batch) const;
  std::uint64_t content_of(const broker::Draft& draft) const;
  /// Gives marks of known events their ids and returns the other events.
  base::Result<std::vector<broker::Draft>, PublishError> sort_out(Marks& marks,
                                                                  std::vector<broker::Draft>& batch,
                                                                  base::MonoTime now) const
      BC_REQUIRES(mutex_);
  const Known* find(const base::Digest& key, base::MonoTime now) const BC_REQUIRES(mutex_);
  void remember(const Mark& mark, base::MonoTime now) BC_REQUIRES(mutex_);
  /// Forgets what is over the window, `count` keys at most.
  void forget(base::MonoTime now, std::size_t count) BC_REQUIRES(mutex_);
  void forget_oldest() BC_REQUIRES(mutex_);
  bool over(base::MonoTime at, base::MonoTime now) const { return now - at >= window_.load(); }

  broker::Log& log_;
  const base::Clock& clock_;
  const base::SipKey secret_;
  std::atomic<base::Duration> window_;
  const std::size_t keys_max_;
  mutable base::Mutex mutex_;
  std::unordered_map<base::Digest, Known, Low> known_ BC_GUARDED_BY(mutex_);
  /// By age, the oldest in front.
  std::deque<Turn> turns_ BC_GUARDED_BY(mutex_);
  std::uint64_t forgotten_early_ BC_GUARDED_BY(mutex_) = 0;
};

}  // namespace gateway::backbone
