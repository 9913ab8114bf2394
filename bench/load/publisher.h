// What: numbers events, stamps them with the moment they are due, and publishes them: at a rate
// that does not wait for anybody (so a late sender shows as latency), or as fast as the streams
// read. A board belongs to one connection, so that its events keep their order. Owner: the run.
// Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "load/connection.h"
#include "load/group.h"
#include "load/plan.h"

namespace bench {

class Publisher final : public Reader {
 public:
  Publisher(const Plan& plan, const Target& target, SSL_CTX* context);

  std::vector<std::unique_ptr<Connection>>& connections() { return connections_; }
  /// Groups whose deliveries are awaited; before the first publish.
  void count_readers_of(const Group& group) { groups_.push_back(&group); }

  /// From `now` on at the plan's rate, or in its window. `end`: nothing is due then or later.
  void start(std::int64_t now, std::int64_t end);
  /// Publishes what is due; returns when the next is.
  std::int64_t tick(std::int64_t now);
  /// Publishes so many events of each board, in a window.
  void preload(std::uint64_t events_each);
  bool done(std::int64_t now) const { return now >= end_ && goal_ <= published_; }

  std::uint64_t published() const { return published_; }
  std::uint64_t answered() const { return accepted + refused; }
  std::uint64_t requests() const { return requests_; }
  /// What the groups should have got in all.
  std::uint64_t expected() const { return expected_; }
  /// Events of this board so far.
  std::uint64_t numbered(std::uint64_t board) const { return next_[board]; }
  std::uint64_t accepted = 0;  // requests answered with 2xx
  std::uint64_t refused = 0;

 private:
  void on_status(std::size_t request, int status) override;
  void on_data(std::size_t, std::string_view, std::int64_t) override {}
  void on_end(std::size_t request) override;
  std::uint64_t waiting() const;
  bool has_room() const;
  void publish(std::int64_t due);

  const Plan& plan_;
  const std::string padding_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<const Group*> groups_;
  std::vector<std::uint64_t> next_;  // by board
  std::int64_t begun_ = 0;
  std::int64_t end_ = 0;
  std::uint64_t sent_since_ = 0;  // requests since `start`
  std::uint64_t goal_ = 0;        // of a preload: until so many are published
  std::uint64_t requests_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t expected_ = 0;
  std::uint64_t good_statuses_ = 0;  // 2xx whose end has not come
};

}  // namespace bench
