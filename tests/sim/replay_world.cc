#include "sim/replay_world.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "broker/filter.h"
#include "broker/sse.h"
#include "sim/replay_client.h"

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

ReplayWorld::ReplayWorld(std::uint64_t seed, ReplayCoverage& coverage, bool copied)
    : random_(seed), coverage_(coverage), copied_(copied) {
  options_.pending_events = 1 + pick(6);
  options_.heartbeat = milliseconds(1'000);
  options_.stall = milliseconds(1'000'000);
  options_.slow = chance(70) ? broker::Slow::gap : broker::Slow::close;
  options_.history.board = {1 + pick(8), chance(30) ? 8U : 1'000'000U,
                            chance(30) ? milliseconds(3'000) : milliseconds(300'000)};
  options_.history.total_bytes = chance(30) ? 4'000 + 1'000 * pick(8) : 10'000'000;
  if (chance(30)) options_.history.rules = {{"a0", {0, 0, milliseconds(1'000)}}};
  if (chance(30)) options_.history.rules.push_back({"b*", {1, 8, milliseconds(2'000)}});
  if (chance(40)) {
    options_.history.rules.insert(options_.history.rules.begin(),
                                  {"b*", {1, 8, milliseconds(2'000), broker::Deliver::latest}});
  }
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
  viewed_ = ++epoch_;
  logs_[epoch_].clear();
  log_ = std::make_unique<broker::Log>(epoch_, clock_, options_.history);
  for (std::size_t i = 1 + pick(3); i > 0; --i) {
    nodes_.push_back(std::make_unique<Node>(*log_, options_, clock_, random_));
  }
}

void ReplayWorld::stop() {
  for (const auto& client : clients_) drop(*client);
  nodes_.clear();
}

void ReplayWorld::act() {
  if (copied_ && chance(3)) return break_off();
  const std::size_t what = pick(100);
  Client& client = *clients_[pick(clients_.size())];
  if (what < 35) {
    publish();
  } else if (what < 65) {
    turn(*nodes_[pick(nodes_.size())]);
  } else if (what < 88) {
    if (!client.slow || chance(20)) read(client, client.slow ? 1 + pick(4) : 1'000);
  } else if (what < 91) {
    change(client);
  } else if (what < 94) {
    clock_.advance(milliseconds(250 * (1 + pick(4))));
    for (const auto& node : nodes_) node->hub.beat(SIZE_MAX);
  } else if (what < 99) {
    drop(client);
    if (chance(20)) client.last_id.clear();  // the page was loaded anew
    if (chance(70)) connect(client);
  } else if (chance(30)) {
    stop();
    start();
    ++coverage_.restarts;
  }
  if (!client.stream && chance(20)) connect(client);
}

std::vector<std::vector<std::string>> ReplayWorld::draw(std::size_t count) {
  Events drawn;
  for (; count > 0; --count) {
    std::vector<std::string> boards{pick_board()};
    if (chance(30)) boards.push_back(pick_board());
    if (boards.front() == boards.back()) boards.resize(1);
    logs_[epoch_].push_back(boards);
    drawn.push_back(std::move(boards));
  }
  return drawn;
}

void ReplayWorld::publish() {
  std::vector<broker::Draft> batch;
  std::vector<broker::Log::Placed> placed;
  Seq seq = log_->head().seq;
  for (std::vector<std::string>& boards : draw(1 + pick(4))) {
    broker::Draft draft{std::move(boards), "", std::to_string(++seq), false};
    if (copied_) {
      placed.push_back({std::move(draft), seq, clock_.wall_ms()});
    } else {
      batch.push_back(std::move(draft));
    }
  }
  if (copied_) return log_->place(std::move(placed));
  log_->append(std::move(batch));
}

void ReplayWorld::break_off() {
  if (chance(60)) {
    log_->skip(log_->head().seq + draw(1 + pick(5)).size());
    ++coverage_.skips;
    return;
  }
  ++epoch_;
  const Seq gone = chance(50) ? 0 : draw(1 + pick(5)).size();
  logs_[epoch_];
  log_->restart(epoch_, gone);
  ++coverage_.other_logs;
}

bool ReplayWorld::turn(Node& node) {
  clock_.advance(milliseconds(1));
  const bool left = node.hub.spread(1 + pick(8));
  node.hub.replay(1 + pick(3));
  return left;
}

void ReplayWorld::connect(Client& client) {
  if (client.stream) return;
  client.coming.clear();
  client.hub = &nodes_[pick(nodes_.size())]->hub;
  client.stream = client.hub->subscribe({*broker::Filter::compile(client.names, {})}, client);
  client.parser = std::make_unique<test::SseParser>();
  broker::Start start;
  const auto id = broker::parse_event_id(client.last_id);
  if (id) start = {broker::Start::Kind::after, *id, 0};
  if (!id && chance(30)) start.kind = broker::Start::Kind::earliest;
  viewed_ = epoch_;
  const auto gap = client.hub->begin(*client.stream, start).gap;
  const EventId position = client.stream->position();
  client.hub->open(*client.stream, "retry: 1\n\n",
                   broker::sse::control("boardcast.open", "{}", position));
  client.opened = false;
  client.joins = start.kind == broker::Start::Kind::now;
  client.snapshots.clear();
  if (!id || id->epoch != epoch_) {
    EXPECT_EQ(gap.has_value(), id.has_value()) << "only a position of before can have missed";
    client.epoch = epoch_;
    client.seen.clear();
    client.began = client.reached = position.seq;
    client.gaps.clear();
    coverage_.gaps_epoch += id ? 1U : 0U;
    // All that was published and is held no more: told in one, or by `earliest` not wanted.
    if (gap) client.gaps.push_back({0, gap->upto.seq, client.names});
    if (start.kind == broker::Start::Kind::earliest) {
      const broker::Missing missing = log_->missing(client.stream->filter(), 0);
      for (std::size_t i = 0; i < missing.names.size(); ++i) {
        client.gaps.push_back(
            {0, missing.gone[i], {client.stream->filter().names()[missing.names[i]]}});
      }
    }
  } else {
    EXPECT_EQ(position, *id) << "it goes on exactly where it was";
    EXPECT_TRUE(client.reached == id->seq || !client.added.empty());
    // Cut inside a backfill it goes on within it, with all boards.
    client.reached = id->seq;
    client.seen.erase(client.seen.upper_bound(id->seq), client.seen.end());
    if (gap) {
      client.gaps.push_back({id->seq, gap->upto.seq, {gap->boards.begin(), gap->boards.end()}});
      ++coverage_.gaps_trimmed;
    }
    ++coverage_.resumed;
  }
  client.added.clear();
}

void ReplayWorld::drop(Client& client) {
  if (!client.stream) return;
  client.stream.reset();
}

void ReplayWorld::read(Client& client, std::size_t blocks) {
  viewed_ = client.epoch;
  while (client.stream && blocks-- > 0) {
    const broker::Block* block = client.stream->front();
    if (block == nullptr) return;
    const std::string text(block->text());
    client.stream->pop();
    const std::vector<test::SseEvent> events = client.parser->feed(text);
    if (const std::string& id = client.parser->last_event_id(); !id.empty()) client.last_id = id;
    for (const test::SseEvent& event : events) take(client, event, text.starts_with("id: "));
    const auto id = broker::parse_event_id(client.last_id);
    ASSERT_TRUE(id.has_value() || !client.opened);
    if (client.opened && client.added.empty() && id->epoch == client.epoch) {
      reach(client, id->seq);
    }
    if (client.stream->ended() != broker::EndReason::none && client.stream->pending() == 0) {
      ++coverage_.ended_slow;
      drop(client);
    }
  }
}

void ReplayWorld::take(Client& client, const test::SseEvent& event, bool has_id) {
  if (event.type == "boardcast.gap") return take_gap(client, event);
  if (event.type == "boardcast.boards") return take_barrier(client, event);
  if (event.type == "boardcast.open") return take_opening(client, event);
  if (event.type != "message") return;
  if (!has_id) return take_snapshot(client, event);
  EXPECT_TRUE(client.opened);
  EXPECT_EQ(broker::parse_event_id(event.last_event_id)->epoch, client.epoch);
  const Seq seq = broker::parse_event_id(event.last_event_id)->seq;
  if (!client.added.empty()) return take_backfilled(client, seq);
  EXPECT_GT(seq, client.reached) << "repeated, or out of order";
  EXPECT_EQ(event.data, std::to_string(seq));
  EXPECT_TRUE(wants(client.names, seq)) << "of a board that it does not read";
  reach(client, seq - 1);
  client.seen.insert(seq);
  ++coverage_.delivered;
}

void ReplayWorld::take_gap(Client& client, const test::SseEvent& event) {
  const std::size_t after = event.data.find("\"after\":\"") + 9;
  const std::size_t upto = event.data.find("\"upto\":\"") + 8;
  Client::Told told{broker::parse_event_id(event.data.substr(after, 21))->seq,
                    broker::parse_event_id(event.data.substr(upto, 21))->seq,
                    {}};
  const EventId to = *broker::parse_event_id(event.data.substr(upto, 21));
  if (to.epoch != client.epoch) return enter_log(client, to);
  EXPECT_LT(told.after, told.upto);
  EXPECT_TRUE(to.epoch != epoch_ || told.upto <= log_->head().seq);
  const std::size_t list = event.data.find('[');
  const std::size_t end = event.data.find(']');
  for (std::size_t at = list; at < end; at = event.data.find_first_of(",]", at + 1)) {
    told.names.push_back(event.data.substr(at + 2, event.data.find('"', at + 2) - at - 2));
  }
  client.gaps.push_back(std::move(told));
  const bool lost = event.data.find("\"backbone\"") != std::string::npos;
  ++(lost ? coverage_.gaps_backbone : coverage_.gaps_slow);
}

/// Told in a stream that goes on: all that the new log holds follows.
void ReplayWorld::enter_log(Client& client, EventId upto) {
  EXPECT_TRUE(copied_ && client.added.empty());
  EXPECT_EQ(upto.seq, 0U);
  EXPECT_GT(upto.epoch, client.epoch);
  client.epoch = viewed_ = upto.epoch;
  client.seen.clear();
  client.gaps.clear();
  client.began = client.reached = 0;
  ++coverage_.gaps_epoch_live;
}

void ReplayWorld::reach(Client& client, Seq seq) {
  for (; client.reached < seq; ++client.reached) {
    const Seq next = client.reached + 1;
    if (!wants(client.names, next) || client.seen.count(next) > 0) continue;
    EXPECT_TRUE(told(client, next) || replaced(client.names, next))
        << next << " is missing and no gap told it";
  }
}

void ReplayWorld::change(Client& client) {
  if (!client.stream) return;
  std::vector<std::string> names = pick_names();
  std::vector<std::string> added;
  broker::Hub::Change change{*broker::Filter::compile(names, {}), std::nullopt, std::nullopt};
  for (const std::string& name : change.filter.names()) {
    const auto& had = client.coming.empty() ? client.names : client.coming.back().names;
    if (std::find(had.begin(), had.end(), name) == had.end()) added.push_back(name);
  }
  if (!added.empty()) change.added = *broker::Filter::compile(added, {});
  const bool past = chance(50);
  const EventId position = client.stream->position();
  if (past) change.after = EventId{position.epoch, random_.below(position.seq + 1)};
  if (client.hub->change(*client.stream, std::move(change))) {
    client.coming.push_back({std::move(names), std::move(added), past});
  }
}

void ReplayWorld::take_barrier(Client& client, const test::SseEvent& event) {
  const Seq id = broker::parse_event_id(event.last_event_id)->seq;
  const std::size_t at = event.data.find("\"position\":\"") + 12;
  const Seq position = broker::parse_event_id(event.data.substr(at, 21))->seq;
  if (!client.added.empty()) {  // the second of two
    EXPECT_EQ(id, position);
    EXPECT_EQ(id, client.reached);
    take_backfilled(client, position + 1);
    client.added.clear();
    return;
  }
  reach(client, position);  // all of the old set came before
  ASSERT_FALSE(client.coming.empty());
  const Client::Coming coming = client.coming.front();
  client.coming.erase(client.coming.begin());
  client.names = coming.names;
  if (coming.past) {
    client.added = coming.added;
  } else {
    check_snapshots(client, coming.added, position);
  }
  client.backfilled = id;
  client.began = position;  // of the new set nothing before is owed
  ++coverage_.changes;
  if (client.added.empty()) {
    EXPECT_EQ(id, position);
  } else {
    EXPECT_LE(id, position);
    ++coverage_.backfills;
  }
}

void ReplayWorld::take_backfilled(Client& client, Seq seq) {
  EXPECT_GT(seq, client.backfilled) << "repeated, or out of order";
  while (++client.backfilled < seq) {
    EXPECT_TRUE(!wants(client.added, client.backfilled) || told(client, client.backfilled) ||
                replaced(client.added, client.backfilled))
        << client.backfilled << " is missing in a backfill and no gap told it";
  }
  if (seq > client.reached) return;
  EXPECT_TRUE(wants(client.added, seq)) << "of a board that was not added";
  client.seen.insert(seq);
}

bool ReplayWorld::told(const Client& client, Seq seq) const {
  return std::any_of(client.gaps.begin(), client.gaps.end(), [&](const Client::Told& gap) {
    return gap.after < seq && seq <= gap.upto && wants(gap.names, seq);
  });
}

bool ReplayWorld::wants(const std::vector<std::string>& names, Seq seq) const {
  const auto filter = broker::Filter::compile(names, {});
  const std::vector<std::string>& boards = events()[seq - 1];
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
  viewed_ = epoch_;
  for (const auto& client : clients_) {
    EXPECT_EQ(client->epoch, epoch_);
    reach(*client, log_->head().seq);
    const auto filter = broker::Filter::compile(client->names, {});
    std::vector<broker::EventRef> held;
    for (Seq at = client->began; at < log_->head().seq;) {
      at = log_->read(*filter, at, {}, 1'000, held).upto;
    }
    for (const broker::EventRef& event : held) {
      const Seq seq = event->id().seq;
      EXPECT_TRUE(!wants(client->names, seq) || client->seen.count(seq) > 0)
          << seq << " is still held and was not given";
    }
  }
  for (const auto& node : nodes_) {
    coverage_.replayed += node->hub.counters().replayed.value();
    coverage_.conflated += node->hub.counters().conflated.value();
  }
}

}  // namespace gateway::sim
