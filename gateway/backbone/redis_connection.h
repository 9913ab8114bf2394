// What: one connection to Redis. Commands are answered in their order; one that is not answered in
// time ends the connection, since whatever waits behind it would not be either. So does an answer
// that nobody asked for: those behind it would be taken for others. It may be opened again when it
// is down. Owner: the link. Thread: its loop's. Invariants: each answer is called once, inside no
// call of the owner's but `close`; `down` is called once for each `open`, unless `close` comes
// first, and after all answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/host_lookup.h"
#include "backbone/options.h"
#include "backbone/redis_reply.h"
#include "backbone/redis_wire.h"
#include "base/timer.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class RedisConnection {
 public:
  struct Listener {
    std::function<void()> up;
    std::function<void(const std::string& why)> down;
    std::function<void(std::string_view channel)> subscribed;  // once for each `subscribe`
    std::function<void(std::string_view channel, std::string_view message)> message;
  };
  using Answer = std::function<void(const RedisReply&)>;
  struct Bounds {
    explicit Bounds(const RedisOptions& options)
        : timeout(options.timeout), reply_bytes(options.reply_bytes), tls(options.tls) {}
    std::chrono::milliseconds timeout;  // of a name, of connecting, and of each answer
    std::size_t reply_bytes;            // of an answer, or a message
    RedisTlsOptions tls;                // where the address has TLS
  };

  /// `loop` and `lookup`, which is of this loop, outlive it.
  RedisConnection(loop::EventLoop& loop, HostLookup& lookup, Listener listener);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  void open(const RedisAddress& address, const Bounds& bounds);
  /// Answers what waits with `lost`, and is down without saying so.
  void close();
  bool is_open() const { return wire_ != nullptr; }

  /// Needs an open connection without subscriptions; `up` need not have been called.
  void ask(const std::vector<std::string>& command, Answer answer);
  /// Also when it is subscribed to already, which then is the one question whose answer shows that
  /// the connection is alive.
  void subscribe(const std::string& channel);
  /// The same of all channels that match.
  void subscribe_pattern(const std::string& pattern);
  /// Leaves what comes in the socket; meanwhile nothing is late.
  void pause(bool paused);

 private:
  struct Waiting {
    base::MonoTime since;
    Answer answer;
  };
  void found(const HostLookup::Addresses& addresses);
  void up();
  void take(const RedisReply& reply);
  void take_message(const RedisReply& reply);
  void subscribe_by(std::string_view command, const std::string& name);
  void arm();
  void look_at_time();
  std::optional<base::MonoTime> oldest() const;
  std::string late() const;
  void lose(const std::string& why);

  loop::EventLoop& loop_;
  HostLookup& lookup_;
  const Listener listener_;
  std::chrono::milliseconds timeout_{0};
  std::unique_ptr<base::Timer> timer_;
  std::shared_ptr<RedisWire> wire_;        // null: down
  HostLookup::Ticket ticket_;              // not null: the name is being looked up
  std::deque<Waiting> waiting_;            // commands, in their order
  std::deque<base::MonoTime> subscribes_;  // not acknowledged yet
  bool up_ = false;
  bool subscribed_ = false;  // messages may come
  bool paused_ = false;
};

}  // namespace gateway::backbone
