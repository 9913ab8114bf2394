// What: one run: connect, open, publish, wait for what is on its way, tell. Owner: main. Thread:
// one, around one epoll.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "load/group.h"
#include "load/plan.h"
#include "load/publisher.h"
#include "load/result.h"

namespace bench {

class Run {
 public:
  explicit Run(const Plan& plan);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const Result& go();

 private:
  static constexpr std::uint64_t kPatience = 60;  // seconds, for what should come soon
  using Condition = std::function<bool()>;

  void watch(Connection& connection);
  void connect(Group& group);
  void open(Group& group, std::uint64_t from, std::uint64_t to);
  void open_all();
  void prepare_replay();
  void publish();
  void measure(std::int64_t end);
  void begin_replay();
  void note_replayed();
  void finish();
  /// What the group's streams are to get of the events behind the first `from` of each board.
  std::uint64_t owed(const Group& group, std::uint64_t from) const;

  /// Waits for sockets at most until `until`, and not at all when that is over.
  void turn(std::int64_t until);
  void read_slow(std::int64_t now);
  void progress(std::int64_t now);
  /// False: `seconds` went by first.
  bool wait_until(const Condition& condition, std::uint64_t seconds);
  void wait(std::uint64_t seconds);
  std::uint64_t resident() const;

  const Plan& plan_;
  const int epoll_;
  std::vector<Connection*> unread_;  // had their turn before they had read all
  const Target target_;
  const Target publish_target_;
  SSL_CTX* context_;
  SSL_CTX* publish_context_;
  Group live_;
  Group slow_;
  Group returning_;
  Publisher publisher_;
  Group::Past past_;  // of the returning streams
  std::int64_t slow_read_at_ = 0;
  std::int64_t progress_at_ = 0;
  std::int64_t replay_from_ = 0;
  std::uint64_t replay_goal_ = 0;  // deliveries, when all that was missed is back
  Result result_;
};

}  // namespace bench
