// What: the body of one event stream: the blocks that wait in its subscription, gathered so that
// several small ones travel in one frame. Without a subscription, to HEAD, it is empty. Owner: the
// exchange, which therefore outlives it. Thread: the worker's. Invariant: the bytes given are each
// block whole and in order, however they were asked for; an idle stream holds no text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/stream_lease.h"
#include "api/stream_names.h"
#include "api/stream_table.h"
#include "base/clock.h"
#include "broker/subscription.h"
#include "http/access_line.h"
#include "http/body_source.h"
#include "http/exchange.h"

namespace gateway::api {

class StreamBody final : public http::BodySource, public broker::Subscription::Listener {
 public:
  /// `now`: when it was asked for.
  StreamBody(http::Exchange& exchange, base::MonoTime now) : exchange_(exchange), opened_at_(now) {}
  ~StreamBody() override;

  /// Once, before the body is handed to the exchange. The subscription was made with this object as
  /// its listener.
  void open(std::unique_ptr<broker::Subscription> subscription);

  /// What names it, once it is in a table.
  const StreamId& id() const { return id_; }
  /// The name that its client gave it, which it gives back when it dies.
  void hold(std::unique_ptr<NameClaim> name) { ties().name = std::move(name); }
  /// Null without one.
  NameClaim* name() const { return ties_ ? ties_->name.get() : nullptr; }
  /// What its token or certificate gave it.
  void hold(std::unique_ptr<StreamLease> lease) { ties().lease = std::move(lease); }
  /// Null without one.
  StreamLease* lease() const { return ties_ ? ties_->lease.get() : nullptr; }
  /// Whose it is; empty: nobody's in particular. Lives as long as the lease.
  std::string_view subject() const {
    return lease() != nullptr ? std::string_view(lease()->subject()) : std::string_view();
  }
  /// Says in `line`, which outlives it, how it ended. `limit`: what the subscription was made with.
  void end_in(http::AccessLine& line, std::uint64_t limit);
  const http::Peer& peer() const { return exchange_.peer(); }
  base::MonoTime opened_at() const { return opened_at_; }
  /// Null without one.
  broker::Subscription* subscription() const { return subscription_.get(); }

  /// Whole pieces as many as fit, or a part of the first when that alone is longer than `max`.
  Ready ready(std::size_t max) override;
  void copy(char* to, std::size_t bytes) override;

  void blocks_ready() override { exchange_.wake(); }
  void stalled() override { exchange_.abort(); }

 private:
  friend class StreamTable;

  /// What few streams have; the others do not pay for it.
  struct Ties {
    std::unique_ptr<NameClaim> name;
    std::unique_ptr<StreamLease> lease;
    http::AccessLine* line = nullptr;  // null: it is not logged
    std::uint64_t limit = 0;
  };
  Ties& ties() {
    if (!ties_) ties_ = std::make_unique<Ties>();
    return *ties_;
  }
  /// The text of the block `index` places behind the front one; empty beyond the last.
  std::string_view piece(std::size_t index) const;

  http::Exchange& exchange_;
  std::size_t offset_ = 0;  // into the front piece
  std::unique_ptr<broker::Subscription> subscription_;
  std::unique_ptr<Ties> ties_;
  const base::MonoTime opened_at_;
  // The table's part.
  StreamTable* table_ = nullptr;
  StreamBody* next_ = nullptr;
  StreamId id_;
};

// A process may hold a million of them, each beside its subscription. The allocator gives 88 bytes
// to what asks for 80, too.
static_assert(sizeof(StreamBody) <= 88);

}  // namespace gateway::api
