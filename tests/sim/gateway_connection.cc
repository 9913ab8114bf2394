#include "sim/gateway_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace gateway::sim {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kRoomMin = 1024;
/// A peer that has not read the first GOAWAY after this may lose what it sent since (RFC 9113
/// §6.8).
constexpr std::chrono::seconds kGoawayRead{1};

}  // namespace

SimConnection::SimConnection(Scene& scene, base::Random& random, const Setup& setup)
    : scene_(scene),
      random_(random),
      h2_(setup.h2),
      prompt_(setup.prompt),
      peer_{"127.0.0.1:40612", setup.id, setup.h2 ? http::Protocol::http2 : http::Protocol::http1},
      context_{scene.http, setup.handler, setup.counters, scene.clock, peer_, true},
      client_(setup.h2 ? make_h2_client(random) : make_h1_client()),
      down_max_(setup.prompt ? SIZE_MAX : 1 + random.below(random.below(2) == 0 ? 500 : 30'000)),
      caught_up_at_(scene.clock.now()),
      heard_at_(scene.clock.now()) {
  const auto make = h2_ ? http::make_h2_session : http::make_h1_session;
  session_ = make(context_, *this, scene.clock.now());
  dirty_ = true;
}

SimConnection::~SimConnection() = default;

void SimConnection::output_ready() {
  if (in_flush_) {
    woken_in_flush_ = true;
  } else if (!blocked()) {
    dirty_ = true;
  }
}

bool SimConnection::feed(std::size_t bytes_max) {
  up_ += client_->output();
  std::size_t fed = 0;
  while (session_ && !ending_ && session_->wants_input() && fed < std::min(bytes_max, up_.size())) {
    const std::size_t left = up_.size() - fed;
    const std::size_t chunk =
        1 + random_.below(random_.below(2) == 0 ? left : std::min(left, 40UL));
    if (!session_->receive(std::string_view(up_).substr(fed, chunk), scene_.clock.now())) {
      ending_ = true;
      dirty_ = true;
    } else if (session_->finished()) {
      dirty_ = true;
    }
    fed += chunk;
  }
  up_.erase(0, fed);
  if (fed > 0) heard_at_ = scene_.clock.now();
  if (!session_ || ending_) up_.clear();
  return fed > 0;
}

std::size_t SimConnection::send(char* out, std::size_t room) {
  woken_in_flush_ = false;
  const std::size_t bytes = session_->send(out, room);
  EXPECT_LE(bytes, room);
  if (bytes > 0 || !woken_in_flush_) return bytes;
  return session_->send(out, room);
}

bool SimConnection::flush() {
  if (!session_ || !std::exchange(dirty_, false)) return false;
  static thread_local std::array<char, kRecordBytes> record;
  bool any = false;
  bool drained = false;
  in_flush_ = true;
  while (!blocked() && !drained) {
    const std::size_t more = random_.below(2) == 0 ? 200 : kRecordBytes - kRoomMin;
    const std::size_t room = kRoomMin + random_.below(std::min(down_max_, more) + 1);
    const std::size_t bytes = send(record.data(), room);
    down_.append(record.data(), bytes);
    any = any || bytes > 0;
    drained = bytes == 0 || (!session_->left_over() && !woken_in_flush_);
  }
  in_flush_ = false;
  if (drained && (ending_ || session_->finished())) session_.reset();
  return any;
}

void SimConnection::pass_time() {
  lag_ = std::max(lag_, scene_.clock.now() - std::min(caught_up_at_, heard_at_));
  if (!session_ || ending_) return;
  const auto deadline = session_->deadline();
  if (!deadline || *deadline > scene_.clock.now()) return;
  if (session_->advance(scene_.clock.now())) return;
  ending_ = true;
  dirty_ = true;
}

void SimConnection::shut_down() {
  if (!session_ || ending_) return;
  session_->shut_down();
  dirty_ = true;
}

bool SimConnection::read(std::size_t bytes_max) {
  const bool was_blocked = blocked();
  const std::uint64_t lost_before = scene_.coverage.lost;
  const std::size_t bytes = std::min(bytes_max, down_.size());
  if (bytes > 0) client_->receive(std::string_view(down_).substr(0, bytes));
  down_.erase(0, bytes);
  read_ += bytes;
  if (was_blocked && !blocked()) dirty_ = true;
  const bool end = closed() && down_.empty() && !std::exchange(end_seen_, true);
  if (end) client_->lose_all();
  check_loss(lost_before);
  return bytes > 0 || end;
}

// Only who lags behind, or asks while the node leaves, may lose a request that it did not give up.
void SimConnection::check_loss(std::uint64_t lost_before) {
  const std::uint64_t lost = scene_.coverage.lost - lost_before;
  if (lost == 0) return;
  scene_.coverage.lost_to_limits += lost;
  const base::Duration shortest =
      std::min<base::Duration>({scene_.broker.stall, scene_.http.ping_interval,
                                scene_.http.header_timeout, scene_.http.body_timeout, kGoawayRead});
  const bool lagged = !prompt_ && lag_ >= shortest * 3 / 4;
  EXPECT_TRUE(lagged || scene_.leaving)
      << "a client that keeps up lost a request: " << peer_.connection_id << (h2_ ? " h2" : " h1")
      << (prompt_ ? ", prompt, " : ", lagging, ")
      << std::chrono::duration_cast<std::chrono::milliseconds>(lag_).count() << " ms behind";
}

void SimConnection::cut() {
  session_.reset();
  up_.clear();
  down_.clear();
  end_seen_ = true;
  client_->lose_all();
}

void SimConnection::caught_up() {
  caught_up_at_ = scene_.clock.now();
  lag_ = base::Duration(0);
}

}  // namespace gateway::sim
