// What: the one total order. Gives every event its place, makes it visible and puts it into the
// outbox of each hub that wants one of its boards, and keeps the recent ones for readers that
// continue after a position. A small monitor, the one mutable object that the hubs share. Owner:
// the backbone's; it outlives every hub. Thread: safe from any thread; nothing is called with the
// mutex held, wakes happen after unlock. It gives places itself (`append`), or is the copy of a log
// whose places are given elsewhere (`place`); then events may be missing (`skip`), and another log
// may take its place (`restart`). Invariants: seqs are dense and increase by one, but for what was
// skipped; an outbox is in the order of the log; an event is appended before any later event is
// visible anywhere.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "base/wakeable.h"
#include "broker/event.h"
#include "broker/history.h"
#include "broker/options.h"
#include "broker/prefix_trie.h"

namespace gateway::broker {

/// Which outbox; small and dense, below kHubsMax.
using HubIndex = std::uint32_t;

/// Names that a hub begins or ceases to want. The views live as long as the call they are passed
/// to.
struct Interest {
  std::vector<std::string_view> boards;
  std::vector<std::string_view> prefixes;
  bool empty() const { return boards.empty() && prefixes.empty(); }
};

class Log {
 public:
  /// A log that starts at seq 0 of `epoch`. `clock` outlives it.
  Log(Epoch epoch, const base::Clock& clock, const HistoryOptions& history = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// An outbox; `wakeable` (outlives the log, or is detached) is woken when it becomes non-empty.
  /// At most kHubsMax at a time.
  HubIndex attach(base::Wakeable& wakeable) BC_EXCLUDES(mutex_);
  /// The hub wants nothing any more. After the return `wakeable` is not touched again: a wake that
  /// another thread has begun is waited for.
  void detach(HubIndex hub) BC_EXCLUDES(mutex_);

  /// Places `drafts` one after the other, with nothing in between. Returns their ids in order.
  std::vector<EventId> append(std::vector<Draft> drafts) BC_EXCLUDES(mutex_);

  /// An event whose place was given elsewhere; without boards there is none at that place.
  struct Placed {
    Draft draft;
    Seq seq = 0;
    base::WallMs time = 0;
    base::Duration age{0};  // since it was published
  };
  /// Takes the events behind the head, each with the next seq.
  void place(std::vector<Placed> events) BC_EXCLUDES(mutex_);
  /// What a board that delivers its latest held at a break, with a seq of what is gone.
  struct Value {
    std::string board;
    Placed event;
  };
  /// Goes on behind `upto`, beyond the head: what is between will never come. All that is held
  /// goes, but for `values`, and each stream is told a gap, reason `backbone`, before what follows.
  void skip(Seq upto, std::vector<Value> values = {}) BC_EXCLUDES(mutex_);
  /// Becomes another log, of which what is up to `gone` is not held, but for `values`. Each stream
  /// is told a gap, reason `epoch`, and then gets what this one holds.
  void restart(Epoch epoch, Seq gone, std::vector<Value> values = {}) BC_EXCLUDES(mutex_);

  /// From now on events of these boards, and of boards that begin with these prefixes, go to
  /// `hub`'s outbox. Returns the head: the hub gets exactly the events after it. What the hub wants
  /// already stays as it is; with nothing new this is a way to ask for the head.
  EventId add(HubIndex hub, const Interest& interest) BC_EXCLUDES(mutex_);
  /// The end of that interest. What the outbox holds stays in it.
  void remove(HubIndex hub, const Interest& interest) BC_EXCLUDES(mutex_);

  struct Taken {
    EventId head;  // everything up to it that the hub wants has now been handed over
    /// In front of the event with this index in `events` something was skipped, or the log was
    /// restarted: whoever is live has to read the log from there on. Nothing: the events go on
    /// where those taken before ended.
    std::optional<std::size_t> broken_at;
  };
  /// Moves the outbox to the end of `events`.
  Taken take(HubIndex hub, std::vector<EventRef>& events) BC_EXCLUDES(mutex_);
  EventId head() const BC_EXCLUDES(mutex_);

  /// One step of continuing after a position, taken under one lock, so that what it misses it says.
  struct Step {
    Epoch epoch = 0;  // what was read; with another one than the reader's, nothing else counts
    Seq upto = 0;     // complete so far
    bool at_head = false;
    Missing missing;
  };
  /// Appends to `events` what is held behind `after`, and says what is missing: see History::read
  /// and History::missing.
  Step read(const Filter& filter, Seq after, const Told& told, std::size_t events_max,
            std::vector<EventRef>& events) const BC_EXCLUDES(mutex_);
  /// See History::missing and History::newest.
  Missing missing(const Filter& filter, Seq after) const BC_EXCLUDES(mutex_);
  History::Starts newest(const Filter& filter, std::size_t count, std::size_t boards_max) const
      BC_EXCLUDES(mutex_);
  /// See History::values. Of another log than that of `upto` there are none.
  Seq values(const Filter& filter, Seq after, EventId upto, std::size_t values_max,
             std::vector<History::Value>& out) const BC_EXCLUDES(mutex_);
  /// Keeps what it keeps by these limits from now on, see History::use.
  void use(const HistoryOptions& history) BC_EXCLUDES(mutex_);
  /// Lets go of what is too old. Call now and then; cheap when nothing is.
  void expire() BC_EXCLUDES(mutex_);
  struct Held {
    std::size_t events = 0;
    std::size_t boards = 0;
    std::size_t bytes = 0;
  };
  Held held() const BC_EXCLUDES(mutex_);
  /// See History::events_of.
  std::uint64_t events_of(std::string_view board) const BC_EXCLUDES(mutex_);

  /// Bytes of the events that the hub furthest behind has yet to spread: what waits in its outbox
  /// and what it took last, which counts until it comes for more. Data, names and a fixed overhead;
  /// neither wire forms nor what streams have queued.
  std::size_t backlog_bytes() const BC_EXCLUDES(mutex_);

  /// Boards and prefixes that some hub wants: for tests.
  std::size_t interests() const BC_EXCLUDES(mutex_);

 private:
  using HubMask = std::uint64_t;
  struct Outbox {
    base::Wakeable* wakeable = nullptr;  // null: free
    std::vector<EventRef> events;
    std::optional<std::size_t> broken_at;  // index into `events`, see Taken
    std::size_t waiting_bytes = 0;         // of `events`
    std::size_t taken_bytes = 0;           // of what the hub took and has not yet spread
    std::size_t interests = 0;
  };
  class Wakes;  // log_wakes.h

  /// Puts it where it belongs, behind all before it.
  void enter(const base::IntrusivePtr<Event>& event, base::MonoTime moment, Wakes& wakes,
             History::Released& released) BC_REQUIRES(mutex_);
  /// A history behind `gone` that holds these values, if any; the rest as History says.
  History rebuild(Epoch epoch, Seq gone, Seq lost, std::vector<Value> values) const
      BC_EXCLUDES(mutex_);
  /// Goes on with the history `next` behind `gone`; the one before is left in its place.
  void break_off(Seq gone, History& next, Wakes& wakes, std::vector<EventRef>& dropped)
      BC_REQUIRES(mutex_);
  /// About what an event costs while it waits, whoever else holds it.
  static std::size_t bytes_of(const Event& event);
  HubMask mask_of(const Event& event) const BC_REQUIRES(mutex_);
  Outbox& outbox(HubIndex hub) BC_REQUIRES(mutex_);
  void remove_board(HubIndex hub, std::string_view board) BC_REQUIRES(mutex_);
  void remove_prefix(HubIndex hub, std::string_view prefix) BC_REQUIRES(mutex_);

  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  Epoch epoch_ BC_GUARDED_BY(mutex_);
  HistoryOptions options_ BC_GUARDED_BY(mutex_);
  Seq head_ BC_GUARDED_BY(mutex_) = 0;
  History history_ BC_GUARDED_BY(mutex_);
  std::vector<Outbox> outboxes_ BC_GUARDED_BY(mutex_);
  std::unordered_map<std::string, HubMask> boards_ BC_GUARDED_BY(mutex_);
  PrefixTrie<HubMask> prefixes_ BC_GUARDED_BY(mutex_);
  std::size_t prefix_count_ BC_GUARDED_BY(mutex_) = 0;
  /// Wakes begun and not yet ended, by hub; `detach` waits for zero.
  std::array<std::atomic<std::uint32_t>, kHubsMax> wakes_{};
};

}  // namespace gateway::broker
