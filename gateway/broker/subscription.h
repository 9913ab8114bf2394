// What: one stream's place in the broker: its filter, the last position it was given, and a small
// bounded queue of blocks that wait for the socket. The hub pushes, the stream pulls. Owner: the
// stream's body source; destroying it leaves the hub. Thread: the hub's. Invariants: each event is
// queued at most once and only with seq > position(); the queue holds at most pending_events
// events; after `end` nothing is queued any more.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "broker/block.h"
#include "broker/event_id.h"
#include "broker/filter.h"

namespace gateway::broker {

class Hub;

enum class EndReason : std::uint8_t { none, limit, slow, drain };
std::string_view to_string(EndReason reason);

struct HeartbeatTag;

class Subscription final : public base::ListLink<HeartbeatTag> {
 public:
  /// Told when the empty queue became non-empty: `Exchange::wake` behind one virtual call.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void blocks_ready() = 0;
    /// The stream has had blocks to send for the stall limit and the socket took none.
    virtual void stalled() = 0;
  };

  struct Settings {
    Filter filter;
    Format format = Format::plain;
    /// Ends the stream after this many events; 0: never.
    std::uint64_t limit = 0;
  };

  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  const Filter& filter() const;
  Format format() const;
  /// The last position that the stream was told, by an event, the opening or a heartbeat.
  EventId position() const;
  EndReason ended() const;

  /// The oldest waiting block; null when there is none. Valid until `pop`.
  const Block* front() const;
  /// The block `index` places behind the front, null beyond the last: so that a reader can gather
  /// several small ones into one frame. Valid until it is popped.
  const Block* waiting(std::size_t index) const;
  /// Drops the front: its last byte was handed to the connection.
  void pop();
  std::size_t pending() const;

  /// Queues a last block (boardcast.end with this reason, a jittered retry) behind what waits; from
  /// then on no event is taken. Idempotent.
  void end(EndReason reason);

  // … the implementer lays out the private part; it should stay below 200 bytes plus names.

 private:
  friend class Hub;
};

}  // namespace gateway::broker
