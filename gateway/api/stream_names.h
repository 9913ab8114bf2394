// What: the names that clients give their streams. An EventSource comes back with the URL it began
// with; under a name it finds the boards that PATCH has given it meanwhile. Owner: the supervisor.
// Thread: safe from any worker, behind one mutex that streams without a name never touch.
// Invariants: a name has at most one holder, the last one that claimed it. A set of boards that was
// changed stays as long as its name is held and lingers after that: for options.linger, and all
// that linger together within options.linger_bytes; the oldest are forgotten first.
//
// A name is a capability: who knows it gets what it stands for. It is never logged or listed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/options.h"
#include "api/stream_id.h"
#include "base/clock.h"
#include "base/intrusive_list.h"
#include "base/thread_annotations.h"

namespace gateway::api {

class StreamNames;

/// A stream's claim to its name, which ends with the stream. StreamNames::claim makes it.
class NameClaim {
 public:
  NameClaim(StreamNames& names, std::string name, const StreamId& stream)
      : names_(names), name_(std::move(name)), stream_(stream) {}
  ~NameClaim();
  NameClaim(const NameClaim&) = delete;
  NameClaim& operator=(const NameClaim&) = delete;

  /// The stream's boards have become these. False, and nothing is kept: another has the name now.
  bool keep(const std::vector<std::string>& boards);

 private:
  StreamNames& names_;
  const std::string name_;
  const StreamId stream_;
};

class StreamNames {
 public:
  /// `clock` outlives it; it outlives its claims.
  StreamNames(const Options& options, const base::Clock& clock)
      : clock_(clock), linger_(options.linger), linger_bytes_(options.linger_bytes) {}

  /// Keeps names by these from now on, those that linger already included.
  void use(const Options& options) BC_EXCLUDES(mutex_);

  struct Claimed {
    std::unique_ptr<NameClaim> claim;
    std::vector<std::string> boards;   // as PATCH left them; empty: nothing is remembered
    std::optional<StreamId> replaced;  // who had the name until now, and has to end
  };
  /// `stream` holds `name` from now on. Each subject has names of its own; so have those without.
  Claimed claim(const std::string& name, std::string_view subject, const StreamId& stream)
      BC_EXCLUDES(mutex_);
  Claimed claim(const std::string& name, const StreamId& stream) { return claim(name, {}, stream); }
  /// Drops what has lingered long enough. Costs one atomic read when nothing lingers.
  void expire() BC_EXCLUDES(mutex_);

  /// Sets that linger, and those that linger_bytes made go before their time.
  std::size_t lingering() const { return lingering_count_; }
  std::uint64_t forgotten_early() const { return forgotten_early_; }

 private:
  friend class NameClaim;
  struct Lingering;
  struct Entry : base::ListLink<Lingering> {
    const std::string* name = nullptr;  // its key
    std::optional<StreamId> holder;     // none: it lingers, …
    base::MonoTime since{};             // … since then
    std::vector<std::string> boards;    // empty: they were never changed
  };
  static std::size_t bytes_of(const Entry& entry);

  bool keep(const std::string& name, const StreamId& stream, const std::vector<std::string>& boards)
      BC_EXCLUDES(mutex_);
  void release(const std::string& name, const StreamId& stream) BC_EXCLUDES(mutex_);
  void linger(Entry& entry) BC_REQUIRES(mutex_);
  void drop_expired() BC_REQUIRES(mutex_);
  void keep_within_bytes() BC_REQUIRES(mutex_);
  void forget_oldest() BC_REQUIRES(mutex_);
  void unlink(Entry& entry) BC_REQUIRES(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  std::chrono::milliseconds linger_ BC_GUARDED_BY(mutex_);
  std::size_t linger_bytes_ BC_GUARDED_BY(mutex_);
  // Ordered, not hashed: clients choose the names, and could choose them to collide.
  std::map<std::string, Entry> entries_ BC_GUARDED_BY(mutex_);
  base::IntrusiveList<Entry, Lingering> lingering_ BC_GUARDED_BY(mutex_);  // the oldest in front
  std::size_t lingering_bytes_ BC_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> lingering_count_{0};
  std::atomic<std::uint64_t> forgotten_early_{0};
};

}  // namespace gateway::api
