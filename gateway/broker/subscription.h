// What: one stream's place in the broker: its filter, the last position it was given, and a small
// bounded queue of blocks that wait for the socket. It is live, and the hub pushes what is new; or
// it is catching up, and whenever its queue is empty the hub gives it the next events of the log.
// Either way the stream pulls. Owner: the stream's body source; destroying it leaves the hub.
// Thread: the hub's. Invariants: each event is queued at most once and only with seq > position();
// the queue holds at most pending_events events; after `end` nothing is queued any more.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "broker/block.h"
#include "broker/block_queue.h"
#include "broker/event_id.h"
#include "broker/filter.h"
#include "broker/options.h"
#include "broker/replay.h"

namespace gateway::broker {

class Hub;

/// Why a stream ends; `none`: it has not.
enum class EndReason : std::uint8_t { none, limit, slow, drain, kicked, replaced, token, full };
std::string_view to_string(EndReason reason);

struct HeartbeatTag;

class Subscription final : public base::ListLink<HeartbeatTag> {
 public:
  /// The stream, as its subscription sees it. It only takes notes: no subscription of the hub may
  /// be made or destroyed within these calls.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// The empty queue became non-empty.
    virtual void blocks_ready() = 0;
    /// The stream has had blocks to send for the stall limit and the socket took none. Told once.
    virtual void stalled() = 0;
  };

  struct Settings {
    Filter filter;
    Format format = Format::plain;
    /// Ends the stream after this many events; 0: never.
    std::uint64_t limit = 0;
  };

  /// Only a hub has the key: see Hub::subscribe.
  class Key {
    friend class Hub;
    Key() = default;
  };
  Subscription(Key key, Hub& hub, Settings settings, Listener& listener, EventId position);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  const Filter& filter() const { return filter_; }
  Format format() const { return format_; }
  /// The last position that the stream was given, by an event, the opening or a heartbeat.
  EventId position() const { return position_; }
  EndReason ended() const { return ended_; }
  /// Why it ends if that is now, in the words of the metric of ended streams, or "stalled".
  std::string_view outcome() const;
  /// Events queued so far, without snapshots; `limit`: its Settings'.
  std::uint64_t events_queued(std::uint64_t limit) const { return limit - limit_left_; }
  /// Gets events as they come, not from the history.
  bool live() const { return replay_ == nullptr; }

  /// The oldest waiting block; null when there is none. Valid until `pop`.
  const Block* front() const { return queue_.peek(0); }
  /// The block `index` places behind the front; null beyond the last. Valid until it is popped.
  const Block* waiting(std::size_t index) const { return queue_.peek(index); }
  /// Drops the front: its last byte was handed to the connection.
  void pop();
  std::size_t pending() const { return queue_.size(); }
  /// When the socket last took something, or something began to wait; of use while something does.
  base::MonoTime active_at() const { return active_at_; }

  /// Queues a last block (a jittered `retry:`, boardcast.end with this reason) behind what waits;
  /// from then on no event is taken. Idempotent. When the block was popped, the stream is over.
  void end(EndReason reason);

 private:
  friend class Hub;
  friend class SubscriberIndex;

  /// Where the hub's list of names()[name] has this subscription.
  std::uint32_t& slot(std::uint32_t name) {
    return name == 0 ? first_slot_ : more_slots_[name - 1];
  }
  void push(BlockRef block);

  Hub& hub_;
  Listener& listener_;
  Filter filter_;
  BlockQueue queue_;
  EventId position_;
  /// Counts down to 0 at each event; without a limit it begins there, and never comes back to it.
  std::uint64_t limit_left_;
  /// When a block was last popped or, in a queue that was empty, pushed: silence and stalls count
  /// from here.
  base::MonoTime active_at_;
  std::unique_ptr<std::uint32_t[]> more_slots_;
  std::unique_ptr<Replay> replay_;  // null: live
  std::uint32_t first_slot_ = 0;
  Format format_;
  EndReason ended_ = EndReason::none;
  bool stalled_ : 1 = false;
  bool silent_ : 1 = false;   // position_ has moved since the stream was told one
  bool crowded_ : 1 = false;  // counted in the hub's crowd
};

// A process may hold a million of them. Names and an idle queue's heap come on top (a test).
static_assert(sizeof(Subscription) <= 128);

}  // namespace gateway::broker
