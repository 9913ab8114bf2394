// What: one worker's share of the broker: which local subscriptions want which board, and the turn
// in which new events are spread over them and those that lag behind get theirs from the log.
// Owner: the worker. Thread: the worker's; it meets other threads only in the Log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/thread_annotations.h"
#include "base/wakeable.h"
#include "broker/gap.h"
#include "broker/hub_counters.h"
#include "broker/log.h"
#include "broker/options.h"
#include "broker/replay.h"
#include "broker/subscriber_index.h"
#include "broker/subscription.h"
#include "broker/wheel.h"

namespace gateway::broker {

class Hub {
 public:
  /// Attaches to `log`; `wakeable` is the worker's loop. All arguments outlive the hub.
  Hub(Log& log, base::Wakeable& wakeable, const Options& options, const base::Clock& clock,
      base::Random& random);
  /// No subscription is left.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// A live subscription from the log's head on: it gets exactly the events after its position().
  /// `listener` outlives it. The filter names at least one board.
  std::unique_ptr<Subscription> subscribe(Subscription::Settings settings,
                                          Subscription::Listener& listener);

  /// Lets a subscription that was just made, and was given nothing yet, begin at `start` instead of
  /// now. Returns what its stream has to be told before its opening. With Start::Kind::last, of
  /// boards beyond kLastBoardsMax all that is held is given. A position beyond the log's head,
  /// which another node has given, is waited for.
  struct Beginning {
    std::optional<Gap> gap;  // its views live as long as the subscription
    /// Starting now, it reads boards that deliver their latest: `open` tells their events first.
    bool snapshots = false;
  };
  Beginning begin(Subscription& subscription, const Start& start);
  static constexpr std::size_t kLastBoardsMax = 4096;
  /// After that, once, before anything else is queued: queues the texts `before` and `opening`,
  /// each not empty, with the snapshots between them.
  void open(Subscription& subscription, std::string before, std::string opening);

  /// A live stream's boards and patterns are to be others from now on.
  struct Change {
    Filter filter;                 // the new set, with the stream's own event types
    std::optional<Filter> added;   // what of it is new
    std::optional<EventId> after;  // where that is to begin: in the past, behind this id
  };
  enum class ChangeError : std::uint8_t {
    behind,    // the stream's queue is full: again later
    busy,      // what an earlier change added is still being given: again later
    ahead,     // the log has yet to come to its position, which another node gave: again later
    too_late,  // `after` is beyond the stream's position
    ended,
  };
  /// Queues a barrier (boardcast.boards) and from there on gives exactly the events of the new set
  /// behind the position that it returns. What was added and delivers its latest gives it before
  /// the barrier, without an id. With a backfill two barriers: between them come those of what was
  /// added, from `after` up to the position, with their own ids; the first barrier has the id from
  /// which a cut stream resumes it.
  base::Result<EventId, ChangeError> change(Subscription& subscription, Change change);

  /// Queues `text`, an event of the gateway's own without an id, behind what waits. False: there is
  /// no room for it now, its opening waits for snapshots, or it has ended.
  bool tell(Subscription& subscription, std::string text);

  /// Gives the next events of the log to streams that catch up and whose queue is empty, to at most
  /// `streams_max` of them, each in turn, or to fewer that have come far and take more at a time;
  /// so live events wait for a bounded number of old ones. Call every turn.
  void replay(std::size_t streams_max);
  /// Some stream waits for that.
  bool replaying() const { return !replays_.empty(); }

  /// Spreads events that the log has put into the outbox, at most `events_max`; true when some are
  /// left (call again next turn, so that the sockets can take what is queued first). Call every
  /// turn.
  bool spread(std::size_t events_max);

  /// More than half of some stream's queue waits: whoever spreads in bulk should let it empty
  /// first.
  bool crowded() const { return crowded_ > 0; }

  /// Queues heartbeats of streams silent for options.heartbeat and reports stalled ones, of at most
  /// `streams_max`; true when some are left (call again next turn, when these have been written and
  /// what they touched is still at hand). Otherwise call about every heartbeat_tick(); costs only
  /// for what is due. A heartbeat is at most 1.5 ticks late or half a tick early by the clock, and
  /// lateness does not add up.
  bool beat(std::size_t streams_max);
  /// 250 ms, or less for short heartbeats.
  std::chrono::milliseconds heartbeat_tick() const { return tick_; }

  /// To be told when the options may have changed: with other periods every stream is then looked
  /// at by these, none later than it was to be.
  void options_changed();

  /// `retry` ± 50 %, drawn anew for each stream so that reconnects spread.
  std::chrono::milliseconds draw_retry();

  /// Streams by board or pattern text ("team-*"), as they are now: of the names that begin with
  /// `prefix` the first `names_max` in byte order. One pass over all names; copies about twice as
  /// many as it returns.
  std::map<std::string, std::uint64_t> streams_by_board(std::string_view prefix = {},
                                                        std::size_t names_max = SIZE_MAX) const {
    return index_.counts(prefix, names_max);
  }
  /// Looks for the `names_max` names that most streams read; the hub outlives it …
  MostRead most_read(std::size_t names_max) const { return {index_, names_max}; }
  /// … and how many read this one.
  std::uint64_t streams_on(const std::string& name) const { return index_.count(name); }
  /// Everything up to here that this hub wants has been spread.
  EventId position() const;
  /// Ends about `share` (0 to 1] of the streams that have not ended yet, evenly chosen.
  void end_some(double share, EndReason reason);

  /// Ends at most `streams_max` streams, those for which most waits among those that are behind
  /// (reason `full`), and lets go of what waits for them; what they were told last is where they
  /// resume. For when memory is short: a pass over all streams. Returns how many.
  std::size_t end_laggiest(std::size_t streams_max);

  const HubCounters& counters() const { return counters_; }

 private:
  friend class Subscription;
  /// Events that one stream gets from the log at a time: the first time, see Replay::portion.
  static constexpr std::size_t kPortion = 64;
  static constexpr std::size_t kQueueExtra = 4;
  struct Forms;
  struct Heartbeats;

  /// While one lives, a listener is being told something.
  class Telling {
   public:
    explicit Telling(Hub& hub) : hub_(hub) { ++hub_.telling_; }
    ~Telling() { --hub_.telling_; }
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;

   private:
    Hub& hub_;
  };

  // What subscriptions ask of their hub.
  void leave(Subscription& subscription);
  void count_end(EndReason reason);
  BlockRef end_block(EndReason reason);
  /// Events, one heartbeat before them, the end behind them; barriers and gaps of changes, which
  /// are refused when events wait in all places.
  std::size_t queue_max() const { return options_.pending_events + kQueueExtra; }
  /// After each change of a queue or of `ended_`.
  void note_crowd(Subscription& subscription);
  /// `since` is no longer the same moment as now.
  bool late(base::MonoTime since) const { return turn_ - since >= 2 * tick_; }

  /// Something of the log was skipped, or the log was restarted: whoever is live reads it from
  /// here.
  void pass_break();
  void enter_log(Subscription& subscription, Epoch epoch);
  void begin_replay(Subscription& subscription);
  void end_replay(Subscription& subscription);
  void refill(Subscription& subscription);
  void refill_backfill(Subscription& subscription);
  void leave_backfill(Subscription& subscription);
  void refill_snapshots(Subscription& subscription);
  bool reads_latest(const Filter& filter) const;
  void begin_snapshots(Subscription& subscription, Filter filter, BlockRef last);
  void exchange_interest(Subscription& subscription, Filter next);
  void begin_backfill(Subscription& subscription, Change& change, EventId position);
  BlockRef barrier(const Subscription& subscription, EventId id, EventId position) const;
  void push_barrier(Subscription& subscription, EventId id, EventId position);
  void tell_gap(Subscription& subscription, Gap gap, const Filter& filter, const Missing& missing);
  /// An event of the log, if `filter` (and what lies behind `starts`) wants it.
  void give_old(Subscription& subscription, const Filter& filter, const History::Starts* starts,
                const EventRef& event);
  void queue_event(Subscription& subscription, EventId id, const BlockRef& block);
  void count_gap(GapReason reason);
  void take_outbox();
  void spread_event(const EventRef& event);
  void offer(Subscription& subscription, Forms& forms);
  bool is_full(const Subscription& subscription) const;
  /// Something waits that the socket did not take in the turn in which it came.
  bool is_behind(const Subscription& subscription) const;
  void look_at(Subscription& subscription, Heartbeats& heartbeats);
  void queue_heartbeat(Subscription& subscription, Heartbeats& heartbeats);
  void file(Subscription& subscription);

  Log& log_;
  const Options& options_;
  const base::Clock& clock_;
  base::Random& random_;
  base::ThreadChecker thread_;
  const HubIndex hub_index_;
  struct Periods {
    std::chrono::milliseconds heartbeat;
    std::chrono::milliseconds stall;
    bool operator==(const Periods&) const = default;
  };
  Periods filed_by_;  // what the wheel goes by
  std::chrono::milliseconds tick_;
  base::MonoTime turn_;  // the time at which the last turn began: one reading for all it does
  FilterPool filters_;
  SubscriberIndex index_;
  Wheel wheel_;
  ReplayList replays_;
  std::vector<EventRef> read_;   // by one refill
  std::vector<EventRef> taken_;  // from next_ on: taken from the log, not yet spread
  std::size_t next_ = 0;
  std::optional<std::size_t> broken_at_;  // in front of this one of `taken_`, see Log::Taken
  EventId taken_to_;                      // the log's head when `taken_` was taken
  std::size_t crowded_ = 0;               // subscriptions whose queue is more than half full
  int telling_ = 0;
  HubCounters counters_;
};

}  // namespace gateway::broker
