// What: how far a stream that is not live has caught up. Such a stream has no share in what is
// spread; it reads the log behind its position, a little each time its queue is empty, so that it
// costs the same however far it lags. At the log's head it is live again. Owner: the subscription.
// Thread: the hub's.
#pragma once

#include <memory>

#include "base/intrusive_list.h"
#include "broker/block.h"
#include "broker/event_id.h"
#include "broker/filter.h"
#include "broker/history.h"

namespace gateway::broker {

class Subscription;
struct ReplayTag;

/// What a board that was added later is given first: its events in (at, upto], between two
/// barriers.
struct Backfill {
  Filter filter;  // of what was added
  Seq at = 0;     // given up to here
  Seq upto = 0;   // the stream's position when it was added
  Told told;      // of `filter`
};

/// What a stream is told of boards that deliver their latest before it is open, or before a barrier
/// that adds them: the event that each holds, without an id.
struct Snapshots {
  Filter filter;  // of what is new to the stream
  Seq upto = 0;   // the stream's position: what is newer comes in its place
  BlockRef last;  // the opening or barrier, behind them all
  Seq at = 0;     // told up to here
};

/// On its hub's list while it waits for its next piece of the log.
struct Replay : public base::ListLink<ReplayTag> {
  Replay(Subscription& of, std::size_t first) : subscription(of), portion(first) {}

  Subscription& subscription;
  Told told;  // of the subscription's filter
  /// Events of its next piece, at most. Whoever comes for another has taken the last one, so each
  /// is twice as large, up to half a queue and to 512: with more of them coming in than one piece
  /// has from one turn of its connection's to the next, the stream would never be live again.
  std::size_t portion;
  /// Boards of which only what lies behind these seqs is wanted; null: all.
  std::unique_ptr<History::Starts> starts;
  /// Comes before all else; null: none.
  std::unique_ptr<Backfill> backfill;
  /// The same.
  std::unique_ptr<Snapshots> snapshots;
};

using ReplayList = base::IntrusiveList<Replay, ReplayTag>;

/// Where a stream is to start.
struct Start {
  enum class Kind : std::uint8_t {
    now,       // no position was given
    earliest,  // all that is held
    last,      // the newest `count` events of each board
    after,     // after `id`: of this epoch and not beyond its head, or of another epoch
    unknown,   // a position of somebody else, or of nobody: all that is held
  };
  Kind kind = Kind::now;
  EventId id{};
  std::size_t count = 0;
};

}  // namespace gateway::broker
