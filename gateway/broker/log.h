// What: the one total order. Gives every event its place, makes it visible and puts it into the
// outbox of each hub that wants one of its boards, and keeps the recent ones for readers that
// continue after a position. A small monitor, the one mutable object that the hubs share. Owner:
// the backbone's; it outlives every hub. Thread: safe from any thread; nothing is called with the
// mutex held, wakes happen after unlock. Invariants: seqs are dense and increase by one; an outbox
// is in seq order; an event is appended before any later event is visible anywhere.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
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

  /// From now on events of these boards, and of boards that begin with these prefixes, go to
  /// `hub`'s outbox. Returns the head: the hub gets exactly the events after it. What the hub wants
  /// already stays as it is; with nothing new this is a way to ask for the head.
  EventId add(HubIndex hub, const Interest& interest) BC_EXCLUDES(mutex_);
  /// The end of that interest. What the outbox holds stays in it.
  void remove(HubIndex hub, const Interest& interest) BC_EXCLUDES(mutex_);

  /// Moves the outbox to the end of `events` and returns the head: everything up to it that the hub
  /// wants has now been handed over.
  EventId take(HubIndex hub, std::vector<EventRef>& events) BC_EXCLUDES(mutex_);
  EventId head() const BC_EXCLUDES(mutex_);

  /// One step of continuing after a position, taken under one lock, so that what it misses it says.
  struct Step {
    Seq upto = 0;  // complete so far
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
  /// See History::values.
  Seq values(const Filter& filter, Seq after, Seq upto, std::size_t values_max,
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
    std::size_t waiting_bytes = 0;  // of `events`
    std::size_t taken_bytes = 0;    // of what the hub took and has not yet spread
    std::size_t interests = 0;
  };
  /// The hubs to wake after a batch, collected under the mutex, woken without it.
  class Wakes;

  HubMask mask_of(const Event& event) const BC_REQUIRES(mutex_);
  Outbox& outbox(HubIndex hub) BC_REQUIRES(mutex_);
  void remove_board(HubIndex hub, std::string_view board) BC_REQUIRES(mutex_);
  void remove_prefix(HubIndex hub, std::string_view prefix) BC_REQUIRES(mutex_);

  const Epoch epoch_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
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
