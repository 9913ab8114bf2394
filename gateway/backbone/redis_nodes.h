// What: nodes that talk by Redis, over the link's two connections. Notes are written and told by
// one script, so they are heard in the order in which they were written; whoever comes, or has
// missed some, reads all that there are in portions while it hears the new ones: their versions say
// which is newer. Owner: the backbone. Thread: as Nodes says; `connected`, `message` and
// `disconnected` are the link's, on its loop, where everything happens.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/nodes.h"
#include "backbone/options.h"
#include "backbone/portion.h"
#include "backbone/redis_counters.h"
#include "backbone/redis_names.h"
#include "backbone/redis_reply.h"
#include "backbone/redis_talk.h"
#include "base/timer.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class RedisNodes final : public Nodes {
 public:
  using Answer = std::function<void(const RedisReply&)>;
  struct Context {
    loop::EventLoop& loop;
    const RedisNames& names;
    RedisCounters& counters;
    /// Sends a command on the link's connection. False: nothing was sent, nor is it answered.
    std::function<bool(std::vector<std::string> command, Answer answer)> send;
    /// All notes have been heard for the first time, or cannot be read.
    std::function<void()> read;
  };
  /// What `context` refers to outlives it.
  RedisNodes(Context context, const RedisOptions& options);

  /// The channel is subscribed to, and commands are taken.
  void connected();
  void message(std::string_view text);
  /// Messages may be missed from now on, and with `commands` answers will not come. May be called
  /// when it never was connected.
  void disconnected(bool commands);

  const std::string& self() const override { return self_; }
  bool shared() const override { return true; }
  bool up() const override { return up_; }
  void listen(Listener& listener) override;
  void put(Note note, PutDone done) override;
  void ask(std::string question, AskDone done) override;
  void tell(std::string entry) override;
  void look(LookDone done) override;

 private:
  struct Question {
    AskDone done;
    base::MonoTime until{};
    std::size_t others = 0;                        // that hear it
    std::optional<std::set<std::string>> awaited;  // nodes; none: it is not known yet who there is
    std::set<std::string> answered;
  };

  void read_notes();
  void read_portion(const std::string& cursor, std::uint64_t round);
  void take_portion(const RedisReply& reply, std::uint64_t round);
  void give_up_reading(const RedisReply& reply);
  void script(const char* text, std::vector<std::string> words, Answer answer);
  void send_question(std::uint64_t number, std::string text);
  void hear(HeardNote note);
  void hear(TalkQuestion talk);
  void hear(TalkAnswer talk);
  void count_others(std::uint64_t number, const RedisReply& subscribers);
  void look_for_strangers(std::size_t listed);
  void expect(std::uint64_t number, const RedisReply& nodes);
  void settle(std::uint64_t number);
  void finish(std::uint64_t number, base::Result<std::string, AskError> result);
  void look_at_time();
  void tell_now();
  void await_return();
  void see(const RedisReply& nodes);

  const Context context_;
  const RedisOptions options_;
  const std::string self_;
  std::atomic<bool> up_{false};
  std::atomic<std::size_t> unanswered_{0};  // notes
  // From here on the loop's thread alone.
  Listener* listener_ = nullptr;
  bool connected_ = false;
  bool reading_ = false;     // the notes
  bool gave_up_ = false;     // and said so
  std::uint64_t round_ = 0;  // of reading: answers to earlier ones are void
  Portion portion_;          // notes
  base::MonoTime read_at_{};
  base::WallMs redis_time_ = 0;                  // then
  std::map<std::uint64_t, Question> questions_;  // by number, the oldest first
  std::uint64_t last_question_ = 0;
  std::map<std::string, base::MonoTime> seen_;  // other nodes, and until when they are awaited
  std::deque<std::size_t> strangers_;           // who hear and are not listed, at the last looks
  std::size_t answering_ = 0;                   // questions of others
  std::unique_ptr<base::Timer> timer_;          // the oldest question is late
  std::string entry_;                           // the newest
};

}  // namespace gateway::backbone
