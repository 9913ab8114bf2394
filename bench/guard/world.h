// What: one worker of the gateway without loop, sockets and TLS: the real log, hub, API and HTTP/2
// sessions, and clients that open streams and read what comes. Its turn is that of app::Worker, its
// connections treat their sessions as net::Connection does. Owner and thread: the guard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "base/check.h"
#include "base/intrusive_list.h"
#include "http/session.h"
#include "support/h2_client.h"
#include "support/h2_frames.h"
#include "unit/api/api_world.h"

namespace bench {

class Connection;
struct DirtyTag;

struct World : gateway::test::ApiWorld {
  std::unique_ptr<gateway::http::Handler> handler = gateway::api::make_traffic_api(context());
  gateway::http::Options http_options;
  gateway::http::SessionCounters session_counters;
  gateway::base::IntrusiveList<Connection, DirtyTag> dirty;
  std::vector<std::unique_ptr<Connection>> connections;

  void connect();
  /// One event through everything, to the last byte of its frames.
  void turn(std::vector<gateway::broker::Draft> batch);
  /// The same with the heartbeats that are due.
  void beat();
  void flush();
};

class Connection final : public gateway::base::ListLink<DirtyTag>,
                         private gateway::http::Session::Host {
 public:
  explicit Connection(World& world)
      : world_(world),
        session_(gateway::http::make_h2_session(
            {world.http_options, *world.handler, world.session_counters, world.clock, peer_, true},
            *this, world.clock.now())) {
    carry();
    give_window();
  }

  void open(const std::string& board) {
    streams_.push_back(client_.get("/events?boards=" + board));
    carry();
  }
  void flush() {
    do {
      BC_CHECK(used_ + kRecordBytes <= sent_.size(), used_);
      used_ += session_->send(sent_.data() + used_, kRecordBytes);
    } while (session_->left_over());
    // What a connection wants to know behind each flush.
    BC_CHECK(!session_->finished() && session_->wants_input());
    deadline_ = session_->deadline();
    unlink();
  }
  /// Both directions until nothing moves.
  void carry() {
    for (;;) {
      flush();
      BC_CHECK(client_.receive({sent_.data(), used_}));
      used_ = 0;
      const std::string up = client_.output();
      if (up.empty()) return;
      BC_CHECK(session_->receive(up, world_.clock.now()));
    }
  }
  /// How often its streams have read `mark`: of each event, or of each heartbeat.
  std::size_t read(std::string_view mark) const {
    std::size_t times = 0;
    for (const std::int32_t id : streams_) {
      const std::string_view body = client_.answer(id).body;
      for (std::size_t at = 0; (at = body.find(mark, at)) != body.npos; at += mark.size()) {
        ++times;
      }
    }
    return times;
  }

  static constexpr std::string_view kMark = "[the event's text]";

 private:
  static constexpr std::size_t kRecordBytes = 16 * 1024;

  void output_ready() override {
    if (!linked()) world_.dirty.push_back(*this);
  }
  /// For the connection, once and for all: who reads much gives much, now and then.
  void give_window() {
    const std::string frame =
        gateway::test::h2_frame(gateway::test::kH2WindowUpdate, 0, 0, {"\x3f\xff\xff\xff", 4});
    BC_CHECK(session_->receive(frame, world_.clock.now()));
  }

  World& world_;
  const gateway::http::Peer peer_{"127.0.0.1:40612", "c17", gateway::http::Protocol::http2};
  gateway::test::H2Client client_;
  std::unique_ptr<gateway::http::Session> session_;
  std::vector<std::int32_t> streams_;
  std::vector<char> sent_ = std::vector<char>(std::size_t{256} * 1024);  // not yet read
  std::size_t used_ = 0;                                                 // of it
  std::optional<gateway::base::MonoTime> deadline_;
};

inline void World::connect() { connections.push_back(std::make_unique<Connection>(*this)); }

inline void World::turn(std::vector<gateway::broker::Draft> batch) {
  log.append(std::move(batch));
  hub.spread(64);
  hub.replay(8);
  flush();
}

inline void World::beat() {
  while (hub.beat(1024)) flush();
  flush();
}

inline void World::flush() {
  while (Connection* connection = dirty.pop_front()) connection->flush();
}

}  // namespace bench
