#include "sim/replay_world.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "broker/filter.h"

namespace gateway::sim {

using broker::EventId;
using broker::Seq;
using std::chrono::milliseconds;

struct ReplayWorld::Node final : base::Wakeable {
  Node(broker::Log& log, const broker::Options& options, const base::Clock& clock,
       base::Random& random)
      : hub(log, *this, options, clock, random) {}
  void wake() override {}
  broker::Hub hub;
};

/// What a browser knows, over all its reconnects.
struct ReplayWorld::Client final : broker::Subscription::Listener {
  void blocks_ready() override {}
  void stalled() override {}

  std::vector<std::string> names;
  bool slow = false;
  std::unique_ptr<broker::Subscription> stream;
  broker::Hub* hub = nullptr;
  std::unique_ptr<test::SseParser> parser;
  std::string last_id;                    // empty: it has none
  broker::Epoch epoch = 0;                // of what follows
  Seq reached = 0;                        // all up to here was given or told
  Seq began = 0;                          // where the client first came in, in this epoch
  std::vector<std::pair<Seq, Seq>> gaps;  // told: (after, upto]
  std::set<Seq> seen;
};

ReplayWorld::ReplayWorld(std::uint64_t seed, ReplayCoverage& coverage)
    : random_(seed), coverage_(coverage) {
  options_.pending_events = 1 + pick(6);
  options_.heartbeat = milliseconds(1'000);
  options_.stall = milliseconds(1'000'000);
  options_.slow = chance(70) ? broker::Slow::gap : broker::Slow::close;
  options_.history.board = {1 + pick(8), chance(30) ? 8U : 1'000'000U,
                            chance(30) ? milliseconds(3'000) : milliseconds(300'000)};
  options_.history.total_bytes = chance(30) ? 4'000 + 1'000 * pick(8) : 10'000'000;
  if (chance(30)) options_.history.rules = {{"a0", {0, 0, milliseconds(1'000)}}};
  if (chance(30)) options_.history.rules.push_back({"b*", {1, 8, milliseconds(2'000)}});
  start();
  for (int i = 0; i < 4; ++i) {
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->names = pick_names();
    clients_.back()->slow = chance(50);
    connect(*clients_.back());
  }
}

ReplayWorld::~ReplayWorld() { stop(); }

std::vector<std::string> ReplayWorld::pick_names() {
  std::vector<std::string> names;
  for (std::size_t i = 1 + pick(3); i > 0; --i) {
    names.push_back(chance(80) ? pick_board() : chance(50) ? "a*" : "*");
  }
  return names;
}

void ReplayWorld::start() {
  events_.clear();
  log_ = std::make_unique<broker::Log>(++epoch_, clock_, options_.history);
  for (std::size_t i = 1 + pick(3); i > 0; --i) {
    nodes_.push_back(std::make_unique<Node>(*log_, options_, clock_, random_));
  }
}

void ReplayWorld::stop() {
  for (const auto& client : clients_) drop(*client);
  nodes_.clear();
}

void ReplayWorld::act() {
  const std::size_t what = pick(100);
  Client& client = *clients_[pick(clients_.size())];
  if (what < 35) {
    publish();
  } else if (what < 65) {
    turn(*nodes_[pick(nodes_.size())]);
  } else if (what < 88) {
    if (!client.slow || chance(20)) read(client, client.slow ? 1 + pick(4) : 1'000);
  } else if (what < 93) {
    clock_.advance(milliseconds(250 * (1 + pick(4))));
    for (const auto& node : nodes_) node->hub.beat();
  } else if (what < 99) {
    drop(client);
    if (chance(70)) connect(client);
  } else if (chance(30)) {
    stop();
    start();
    ++coverage_.restarts;
  }
  if (!client.stream && chance(20)) connect(client);
}

void ReplayWorld::publish() {
  std::vector<broker::Draft> batch;
  for (std::size_t i = 1 + pick(4); i > 0; --i) {
    std::vector<std::string> boards{pick_board()};
    if (chance(30)) boards.push_back(pick_board());
    if (boards.front() == boards.back()) boards.resize(1);
    events_.push_back(boards);
    batch.push_back({std::move(boards), "", std::to_string(events_.size()), false});
  }
  log_->append(std::move(batch));
}

bool ReplayWorld::turn(Node& node) {
  const bool left = node.hub.spread(1 + pick(8));
  node.hub.replay(1 + pick(3));
  return left;
}

void ReplayWorld::connect(Client& client) {
  if (client.stream) return;
  client.hub = &nodes_[pick(nodes_.size())]->hub;
  client.stream = client.hub->subscribe({*broker::Filter::compile(client.names, {})}, client);
  client.parser = std::make_unique<test::SseParser>();
  broker::Start start;
  const auto id = broker::parse_event_id(client.last_id);
  if (id) start = {broker::Start::Kind::after, *id, 0};
  if (!id && chance(30)) start.kind = broker::Start::Kind::earliest;
  const auto gap = client.hub->begin(*client.stream, start);
  const EventId position = client.stream->position();
  if (!id || id->epoch != epoch_) {
    EXPECT_EQ(gap.has_value(), id.has_value()) << "only a position of before can have missed";
    client.epoch = epoch_;
    client.seen.clear();
    client.began = client.reached = position.seq;
    client.gaps.clear();
    coverage_.gaps_epoch += id ? 1U : 0U;
    // All that was published and is held no more: told in one, or by `earliest` not wanted.
    if (gap) client.gaps.emplace_back(0, gap->upto.seq);
    if (start.kind == broker::Start::Kind::earliest) {
      client.gaps.emplace_back(0, log_->missing(client.stream->filter(), 0).upto);
    }
  } else {
    EXPECT_EQ(position, *id) << "it goes on exactly where it was";
    EXPECT_EQ(client.reached, id->seq);
    if (gap) {
      client.gaps.emplace_back(id->seq, gap->upto.seq);
      ++coverage_.gaps_trimmed;
    }
    ++coverage_.resumed;
  }
  client.last_id = to_string(position);  // boardcast.open
}

void ReplayWorld::drop(Client& client) {
  if (!client.stream) return;
  client.stream.reset();
}

void ReplayWorld::read(Client& client, std::size_t blocks) {
  while (client.stream && blocks-- > 0) {
    const broker::Block* block = client.stream->front();
    if (block == nullptr) return;
    const std::vector<test::SseEvent> events = client.parser->feed(std::string(block->text()));
    client.stream->pop();
    if (const std::string& id = client.parser->last_event_id(); !id.empty()) client.last_id = id;
    for (const test::SseEvent& event : events) take(client, event);
    const auto id = broker::parse_event_id(client.last_id);
    ASSERT_TRUE(id.has_value());
    reach(client, id->seq);
    if (client.stream->ended() != broker::EndReason::none && client.stream->pending() == 0) {
      ++coverage_.ended_slow;
      drop(client);
    }
  }
}

void ReplayWorld::take(Client& client, const test::SseEvent& event) {
  if (event.type == "boardcast.gap") return take_gap(client, event);
  if (event.type != "message") return;
  const Seq seq = broker::parse_event_id(event.last_event_id)->seq;
  EXPECT_GT(seq, client.reached) << "repeated, or out of order";
  EXPECT_EQ(event.data, std::to_string(seq));
  EXPECT_TRUE(wants(client, seq)) << "of a board that it does not read";
  reach(client, seq - 1);
  client.seen.insert(seq);
  ++coverage_.delivered;
}

void ReplayWorld::take_gap(Client& client, const test::SseEvent& event) {
  const std::size_t after = event.data.find("\"after\":\"") + 9;
  const std::size_t upto = event.data.find("\"upto\":\"") + 8;
  client.gaps.emplace_back(broker::parse_event_id(event.data.substr(after, 21))->seq,
                           broker::parse_event_id(event.data.substr(upto, 21))->seq);
  EXPECT_LT(client.gaps.back().first, client.gaps.back().second);
  EXPECT_LE(client.gaps.back().second, log_->head().seq);
  ++coverage_.gaps_slow;
}

void ReplayWorld::reach(Client& client, Seq seq) {
  for (; client.reached < seq; ++client.reached) {
    const Seq next = client.reached + 1;
    if (!wants(client, next) || client.seen.count(next) > 0) continue;
    EXPECT_TRUE(
        std::any_of(client.gaps.begin(), client.gaps.end(),
                    [next](const auto& gap) { return gap.first < next && next <= gap.second; }))
        << next << " is missing and no gap told it";
  }
}

bool ReplayWorld::wants(const Client& client, Seq seq) const {
  const auto filter = broker::Filter::compile(client.names, {});
  const std::vector<std::string>& boards = events_[seq - 1];
  return std::any_of(boards.begin(), boards.end(),
                     [&](const std::string& board) { return filter->reads(board); });
}

void ReplayWorld::finish() {
  for (const auto& client : clients_) connect(*client);
  for (int quiet = 0; quiet < 4; ++quiet) {
    for (const auto& node : nodes_) {
      if (turn(*node)) quiet = 0;
    }
    for (const auto& client : clients_) {
      if (client->stream && client->stream->pending() > 0) quiet = 0;
      read(*client, 1'000);
      connect(*client);
      if (!client->stream->live()) quiet = 0;
    }
  }
  for (const auto& client : clients_) {
    reach(*client, log_->head().seq);
    const auto filter = broker::Filter::compile(client->names, {});
    std::vector<broker::EventRef> held;
    for (Seq at = client->began; at < log_->head().seq;) {
      at = log_->read(*filter, at, at, 1'000, held).upto;
    }
    for (const broker::EventRef& event : held) {
      const Seq seq = event->id().seq;
      EXPECT_TRUE(!wants(*client, seq) || client->seen.count(seq) > 0)
          << seq << " is still held and was not given";
    }
  }
  for (const auto& node : nodes_) coverage_.replayed += node->hub.counters().replayed.value();
}

}  // namespace gateway::sim
