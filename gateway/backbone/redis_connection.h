// What: one connection to Redis: hiredis on a loop of ours. Commands are answered in their order;
// one that is not answered in time ends the connection, since whatever waits behind it would not be
// either (hiredis 0.14 knows no deadlines). It may be opened again when it is down. Owner: the
// link. Thread: its loop's. Invariants: each answer is called once, inside no call of the owner's;
// `down` is called once for each `open`, unless `close` comes first, and after all answers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/options.h"
#include "backbone/redis_reply.h"
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

  /// `loop` outlives it.
  RedisConnection(loop::EventLoop& loop, Listener listener);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// Connects, and waits `timeout` for this and for each answer. A host's name is looked up within
  /// the call.
  void open(const RedisAddress& address, std::chrono::milliseconds timeout);
  /// Answers what waits with `lost`, and is down without saying so.
  void close();
  bool is_open() const { return wire_ != nullptr; }

  /// Needs an open connection; `up` need not have been called.
  void ask(const std::vector<std::string>& command, Answer answer);
  /// Also when it is subscribed to already, which then is the one question whose answer shows that
  /// the connection is alive.
  void subscribe(const std::string& channel);
  /// The same of all channels that match.
  void subscribe_pattern(const std::string& pattern);
  /// Leaves what comes in the socket; meanwhile nothing is late.
  void pause(bool paused);

 private:
  struct Wire;
  void subscribe_by(const char* command, const std::string& name);
  void arm();
  void look_at_time();
  void lose(const std::string& why);

  loop::EventLoop& loop_;
  const Listener listener_;
  std::chrono::milliseconds timeout_{0};
  std::unique_ptr<base::Timer> timer_;
  std::shared_ptr<Wire> wire_;  // null: down
};

}  // namespace gateway::backbone
