// What: this node's two connections to Redis, one for commands and one for the channel: opens them,
// opens them again, notices when they are dead, runs the script, and feeds the log's copy. What is
// lost of the channel is read again; with the commands' connection the other one goes too, because
// behind it there may be another Redis now. Owner: the backbone. Thread: its loop's. Invariant:
// everything that waits for Redis has a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backbone/log_copy.h"
#include "backbone/options.h"
#include "backbone/portion.h"
#include "backbone/redis_away.h"
#include "backbone/redis_connection.h"
#include "backbone/redis_counters.h"
#include "backbone/redis_greeting.h"
#include "backbone/redis_names.h"
#include "backbone/redis_nodes.h"
#include "backbone/redis_refusals.h"
#include "backbone/redis_script.h"
#include "backbone/redis_sentinels.h"
#include "base/random.h"
#include "base/timer.h"
#include "broker/log.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class RedisLink final : private LogCopy::Source {
 public:
  /// What of it another thread may ask for or change; all outlive it.
  struct Context {
    loop::EventLoop& loop;
    broker::Log& log;
    const RedisNames& names;
    RedisCounters& counters;
    std::function<std::string()> keep;    // see keep_word
    std::function<bool()> crowded;        // the workers are behind: read no more for now
    std::function<void(bool)> connected;  // publishes can be sent, and the log is loaded
    RedisNodes& nodes;
    RedisRefusals& refusals;
  };
  RedisLink(Context context, RedisPlace place, const RedisOptions& options);

  void start();
  /// Everything is answered, and nothing more begins.
  void stop();

  /// Sends words as script_words makes them. The answer may be `lost`; at once when nothing was
  /// sent, which `sent` false says.
  using Ran = std::function<void(bool sent, const RedisReply& reply)>;
  void run(std::vector<std::string> words, Ran ran);
  /// For others that ask Redis something while it is `connected`: one more connection, which
  /// `greet` then makes known there, or fails where it is another Redis; and a command among ours.
  void open(RedisConnection& connection) { connection.open(place_.address, bounds_); }
  void greet(RedisConnection& connection, std::function<void(base::Result<base::Unit>)> done);
  void ask(const std::vector<std::string>& command, const RedisConnection::Answer& answer);
  HostLookup& lookup() { return lookup_; }
  /// The same, but where nothing was sent nothing is answered: false.
  bool send(const std::vector<std::string>& command, RedisConnection::Answer answer);
  /// Until it is looked again whether the workers are behind.
  static constexpr std::chrono::milliseconds kPace{10};

 private:
  static constexpr std::size_t kValuesMax = 100;  // of one portion

  void ask_standing() override;
  void compare_keep(const std::string& keep, const std::string& kept);
  void ask_entries(broker::Seq from, broker::Seq upto, std::size_t count) override;
  void ask_values() override;
  void ask_more_values(std::uint64_t round, std::shared_ptr<RedisValues> so_far);
  void read_at_once(const std::vector<std::string>& command, RedisConnection::Answer answer);

  /// This Redis is not the one, or takes no writes: looks for one that does.
  void leave(const std::string& why);
  void found(base::Result<RedisAddress> primary);
  void open_commands();
  void commands_up();
  void commands_greeted(base::Result<RedisServer> server);
  void commands_down(const std::string& why);
  void open_channel();
  void channel_up();
  void channel_greeted(const base::Result<base::Unit>& greeted);
  void subscribed(std::string_view channel);
  void channel_down(const std::string& why);
  void message(std::string_view channel, std::string_view text);
  void warn_of_eviction() const;
  void send(std::shared_ptr<std::vector<std::string>> command, bool again, Ran ran);
  void load_script();
  void tick();
  void pace();
  void tell();
  void reconciled(const LogCopy::Report& report);

  const Context context_;
  RedisPlace place_;  // with Sentinels: the primary that they named last
  const RedisConnection::Bounds bounds_;
  const std::size_t latest_max_;
  base::SystemRandom random_;
  LogCopy copy_;
  HostLookup lookup_;
  std::unique_ptr<RedisSentinels> sentinels_;  // null: the address is fixed
  RedisConnection commands_;
  RedisConnection channel_;
  std::unique_ptr<base::Timer> again_;  // opens what is down
  std::unique_ptr<base::Timer> tick_;
  std::unique_ptr<base::Timer> pace_;  // armed: the workers are behind
  std::function<void()> paced_;        // what waits for that
  RedisServer server_;
  std::string script_;  // its name in Redis
  bool ready_ = false;  // commands_ can run the script
  bool subscribed_ = false;
  bool stopping_ = false;
  Portion values_portion_{kValuesMax};
  std::uint64_t round_ = 0;  // of questions for the copy: answers to earlier ones are void
  RedisAway away_;
  std::string keep_said_;  // what to keep, as this node last said …
  std::string keep_told_;  // … and as Redis had it at the last look
};

}  // namespace gateway::backbone
