// What: the names that clients give their streams. An EventSource comes back with the URL it began
// with; under a name it finds the boards that PATCH has given it meanwhile. Owner: the supervisor.
// Thread: safe from any worker, behind one mutex that streams without a name never touch.
// Invariants: a name has at most one holder, the last one that claimed it. A set of boards that was
// changed stays as long as its name is held and lingers after that: for options.linger, and all
// that linger together within options.linger_bytes; those that end first are forgotten first.
//
// Where nodes share them, each name that was claimed and each set that was changed is a note
// (api/name_note.h), and what others write lingers here, too. Whose claim is the last one, all
// nodes know by the order of the notes; until its own claim was heard, a stream holds its name
// whatever comes from others, since that is older: a claim that does not know of another one is
// refused and made again, as long as its stream lives.
//
// A name is a capability: who knows it gets what it stands for. It is never logged or listed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/options.h"
#include "api/stream_id.h"
#include "backbone/nodes.h"
#include "base/clock.h"
#include "base/thread_annotations.h"

namespace gateway::api {

class StreamNames;

/// What became of a set of boards that was to be kept.
enum class Kept : std::uint8_t {
  yes,
  replaced,  // another has the name now: nothing was kept
  unknown,   // here it is kept, but maybe not at other nodes
};

/// A stream's claim to its name, which ends with the stream. StreamNames::claim makes it.
class NameClaim {
 public:
  NameClaim(StreamNames& names, std::string name, const StreamId& stream)
      : names_(names), name_(std::move(name)), stream_(stream) {}
  ~NameClaim();
  NameClaim(const NameClaim&) = delete;
  NameClaim& operator=(const NameClaim&) = delete;

  /// The stream's boards have become these. `done` is called once: inside the call, or, when other
  /// nodes have to know first, from another thread.
  void keep(const std::vector<std::string>& boards, std::function<void(Kept)> done);

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
    std::optional<StreamId> replaced;  // who had the name here until now, and has to end
  };
  /// `stream` holds `name` from now on. Each subject has names of its own; so have those without.
  Claimed claim(const std::string& name, std::string_view subject, const StreamId& stream)
      BC_EXCLUDES(mutex_);
  Claimed claim(const std::string& name, const StreamId& stream) { return claim(name, {}, stream); }
  /// Drops what has lingered long enough, and tells other nodes anew of what is held. Costs atomic
  /// reads when there is nothing to do.
  void expire() BC_EXCLUDES(mutex_);

  /// Once, before the first claim: other nodes are to know. `nodes` outlives the claims.
  void share(backbone::Nodes& nodes) BC_EXCLUDES(mutex_);
  struct Heard {
    std::optional<StreamId> replaced;  // of this node; it has to end, since its name is taken
    bool malformed = false;            // no node writes such a note
  };
  /// What a node has written of a name, this one maybe.
  Heard hear(const backbone::HeardNote& note) BC_EXCLUDES(mutex_);
  /// All has been heard: what of it is this node's own may be missing.
  void complete() BC_EXCLUDES(mutex_);

  /// Sets that linger, and those that linger_bytes made go before their time.
  std::size_t lingering() const { return lingering_count_; }
  std::uint64_t forgotten_early() const { return forgotten_early_; }

 private:
  friend class NameClaim;
  /// With a number that no other has, so that of those due at once the first comes first.
  using Due = std::pair<base::MonoTime, std::uint64_t>;
  struct Entry {
    const std::string* name = nullptr;  // its key
    std::optional<StreamId> holder;     // none: it lingers
    std::vector<std::string> boards;    // empty: they were never changed
    // When it is forgotten; of one that is held, when other nodes are told of it anew.
    Due due;
    std::uint64_t version = 0;  // of the note that was heard last
    bool taken = false;         // the holder's claim was heard
    bool changed = false;       // by the holder
    /// Until then: what was heard of others last, and holds should that claim come to nothing.
    struct Other {
      std::vector<std::string> boards;
      base::MonoTime until{};
      std::uint64_t version = 0;
    };
    std::optional<Other> other;
  };
  using Queue = std::map<Due, Entry*>;
  static std::size_t bytes_of(const Entry& entry);

  void keep(const std::string& name, const StreamId& stream, const std::vector<std::string>& boards,
            std::function<void(Kept)> done) BC_EXCLUDES(mutex_);
  void release(const std::string& name, const StreamId& stream) BC_EXCLUDES(mutex_);
  void linger(Entry& entry, base::MonoTime until) BC_REQUIRES(mutex_);
  void drop_expired() BC_REQUIRES(mutex_);
  void keep_within_bytes() BC_REQUIRES(mutex_);
  void forget(Entry& entry) BC_REQUIRES(mutex_);
  void unlink(Entry& entry) BC_REQUIRES(mutex_);

  // Towards other nodes.
  std::chrono::milliseconds renewal() const BC_REQUIRES(mutex_);
  void tell_again_in(Entry& entry, std::chrono::milliseconds time) BC_REQUIRES(mutex_);
  void tell_claim(Entry& entry, int before = 0) BC_REQUIRES(mutex_);
  void claim_again(const std::string& name, const StreamId& stream, std::uint64_t version,
                   int before) BC_EXCLUDES(mutex_);
  bool tell_boards(Entry& entry, std::function<void(Kept)> done) BC_REQUIRES(mutex_);
  void tell_due() BC_REQUIRES(mutex_);
  void tell_set_that_stays(const Entry& entry) BC_REQUIRES(mutex_);
  base::MonoTime leave(Entry& entry) BC_REQUIRES(mutex_);
  bool hear_of_holder(Entry& entry, const backbone::HeardNote& note,
                      std::vector<std::string>& boards) BC_REQUIRES(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  std::chrono::milliseconds linger_ BC_GUARDED_BY(mutex_);
  std::size_t linger_bytes_ BC_GUARDED_BY(mutex_);
  backbone::Nodes* nodes_ BC_GUARDED_BY(mutex_) = nullptr;  // null: nobody is to know
  // Ordered, not hashed: clients choose the names, and could choose them to collide.
  std::map<std::string, Entry> entries_ BC_GUARDED_BY(mutex_);
  Queue lingering_ BC_GUARDED_BY(mutex_);
  Queue untold_ BC_GUARDED_BY(mutex_);  // held, and to be told anew
  std::uint64_t filed_ BC_GUARDED_BY(mutex_) = 0;
  std::size_t lingering_bytes_ BC_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> lingering_count_{0};
  std::atomic<std::size_t> untold_count_{0};
  std::atomic<std::uint64_t> forgotten_early_{0};
};

}  // namespace gateway::api
