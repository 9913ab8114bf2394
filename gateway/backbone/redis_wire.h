// What: the socket of one connection to Redis: tries addresses one after the other until one takes
// it, then bytes of commands out and replies in. It knows no commands, and no time but that of the
// tries. Owner: the connection, counted, because it may be let go of within what it calls. Thread:
// its loop's. Invariants: `Listener` is called by the loop alone, never within a call of the
// owner's, and not after `close`; `lost` is the last one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/host_address.h"
#include "backbone/redis_reader.h"
#include "backbone/redis_tls.h"
#include "base/timer.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class RedisWire : public std::enable_shared_from_this<RedisWire> {
 public:
  struct Listener {
    std::function<void()> up;
    std::function<void(RedisReply)> reply;
    std::function<void(const std::string& why)> lost;
  };
  /// Makes TLS for a socket that has just connected.
  using MakeTls = std::function<base::Result<std::unique_ptr<RedisTls>>(int fd)>;
  /// `loop` outlives it. `make_tls` null: in the clear.
  RedisWire(loop::EventLoop& loop, std::size_t reply_max, MakeTls make_tls, Listener listener);
  ~RedisWire();
  RedisWire(const RedisWire&) = delete;
  RedisWire& operator=(const RedisWire&) = delete;

  /// Once. `addresses`: at least one. Within `timeout` it is up or lost; each gets its share of
  /// what is left of that.
  void connect(std::vector<HostAddress> addresses, std::chrono::milliseconds timeout);
  /// It goes out at the end of the turn; what was sent before it is up, then.
  void send(const std::vector<std::string_view>& command);
  /// Leaves what comes in the socket.
  void pause(bool paused);
  void close();

 private:
  void try_next();
  bool try_one(const HostAddress& address);
  void failed(const std::string& why);
  void drop_socket();
  void handle(bool readable, bool writable);
  void see_whether_reached();
  void shake_hands();
  void connected();
  std::string last_error() const;
  void write_at_end_of_turn();
  void write_some();
  void read_some();
  void want();
  void lose(const std::string& why);

  loop::EventLoop& loop_;
  const MakeTls make_tls_;
  const Listener listener_;
  RedisReader reader_;
  std::unique_ptr<base::Timer> timer_;  // of one try
  std::vector<HostAddress> addresses_;  // the next one to try last
  std::string trying_;                  // the address …
  std::string refusals_;                // … and how the others failed, for a person
  base::MonoTime until_{};              // of all tries
  int fd_ = -1;
  std::unique_ptr<RedisTls> tls_;  // null: in the clear, or not reached yet
  std::unique_ptr<loop::FdWatch> watch_;
  std::string out_;
  std::size_t written_ = 0;  // of out_
  bool connected_ = false;
  bool paused_ = false;
  bool closed_ = false;
};

}  // namespace gateway::backbone
