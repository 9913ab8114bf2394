// What: a log that forgets, hubs, and clients that read slowly, drop and come back with the last id
// that they saw, and change their boards; the server is restarted now and then. Or the log is the
// copy of a shared one: events are placed, some never come, and another log takes its place while
// the streams go on. What each client saw is compared with what was published: in order, once, and
// nothing missing that no gap has told. Owner and thread: the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/wakeable.h"
#include "broker/hub.h"
#include "support/fake_clock.h"
#include "support/sse_parser.h"

namespace gateway::sim {

/// How much happened, over all seeds.
struct ReplayCoverage {
  std::uint64_t delivered = 0;
  std::uint64_t replayed = 0;
  std::uint64_t resumed = 0;
  std::uint64_t restarts = 0;
  std::uint64_t gaps_trimmed = 0;
  std::uint64_t gaps_slow = 0;
  std::uint64_t gaps_epoch = 0;
  std::uint64_t ended_slow = 0;
  std::uint64_t changes = 0;
  std::uint64_t backfills = 0;
  std::uint64_t conflated = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t skips = 0;
  std::uint64_t other_logs = 0;
  std::uint64_t gaps_backbone = 0;
  std::uint64_t gaps_epoch_live = 0;
};

class ReplayWorld {
 public:
  /// `copied`: the log is a copy.
  ReplayWorld(std::uint64_t seed, ReplayCoverage& coverage, bool copied = false);
  ~ReplayWorld();

  void act();
  /// Everybody reads to the end; then nothing that is held may be missing.
  void finish();

 private:
  struct Client;
  struct Node;

  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  std::size_t pick(std::size_t count) { return random_.below(count); }
  std::string pick_board() { return (chance(50) ? "a" : "b") + std::to_string(pick(3)); }
  std::vector<std::string> pick_names();
  void start();
  void stop();
  void publish();
  /// Boards of that many events, which are noted as published.
  std::vector<std::vector<std::string>> draw(std::size_t count);
  /// Something of a shared log never comes, or another one takes its place.
  void break_off();
  /// True: some events are left.
  bool turn(Node& node);
  void connect(Client& client);
  void drop(Client& client);
  void change(Client& client);
  void read(Client& client, std::size_t blocks);
  void take(Client& client, const test::SseEvent& event, bool has_id);
  void take_opening(Client& client, const test::SseEvent& event);
  void take_snapshot(Client& client, const test::SseEvent& event);
  /// The client, which now reads `names` too, was told what they hold that is no newer.
  void check_snapshots(Client& client, const std::vector<std::string>& names, broker::Seq upto);
  void take_gap(Client& client, const test::SseEvent& event);
  void enter_log(Client& client, broker::EventId upto);
  void take_barrier(Client& client, const test::SseEvent& event);
  void take_backfilled(Client& client, broker::Seq seq);
  /// The stream says that all up to `seq` was given.
  void reach(Client& client, broker::Seq seq);
  /// Each of its boards that `names` reads delivers its latest, and a newer one came.
  bool replaced(const std::vector<std::string>& names, broker::Seq seq) const;
  bool wants(const std::vector<std::string>& names, broker::Seq seq) const;
  /// A gap has told it, of a board of it.
  bool told(const Client& client, broker::Seq seq) const;

  base::SeededRandom random_;
  ReplayCoverage& coverage_;
  test::FakeClock clock_;
  broker::Options options_;
  broker::Epoch epoch_ = 1;
  std::unique_ptr<broker::Log> log_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Client>> clients_;
  const bool copied_;
  using Events = std::vector<std::vector<std::string>>;  // boards of seq i + 1
  const Events& events() const { return logs_.at(viewed_); }
  std::map<broker::Epoch, Events> logs_;
  broker::Epoch viewed_ = 0;  // the log that what is being checked is of
};

}  // namespace gateway::sim
