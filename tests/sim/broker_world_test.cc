// The acts of the simulated world and the comparison with the model; broker_sim_test.cc runs it.
#include "sim/broker_world.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/check.h"

namespace gateway::sim {

using broker::EndReason;
using std::chrono::milliseconds;

namespace {

constexpr broker::Epoch kEpoch = 7;

/// Whether a turn is still to come.
class Bell final : public base::Wakeable {
 public:
  void wake() override { rung = true; }
  bool rung = false;
};

}  // namespace

struct BrokerWorld::Node {
  Node(broker::Log& log, const broker::Options& options, const base::Clock& clock,
       base::Random& random)
      : hub(log, wakeable, options, clock, random) {
    model.pending_events = options.pending_events;
    model.taken_to = log.head().seq;
    turn = clock.now();
  }
  Bell wakeable;
  broker::Hub hub;
  ModelHub model;
  base::MonoTime turn;  // when the hub last looked at the clock; pulls count from there
};

struct BrokerWorld::Stream final : broker::Subscription::Listener {
  explicit Stream(Node& of) : node(of) {}
  void blocks_ready() override { ++ready; }
  void stalled() override { ++stalls; }

  Node& node;
  std::unique_ptr<broker::Subscription> subscription;
  ModelStream model;
  test::SseParser parser;
  broker::Seq last_position = 0;
  int ready = 0;
  int stalls = 0;
};

BrokerWorld::BrokerWorld(std::uint64_t seed, Coverage& coverage)
    : random_(seed), hub_random_(seed), coverage_(coverage) {
  options_.pending_events = 1 + pick(6);
  options_.slow = broker::Slow::close;  // the other way is replay_sim_test.cc's
  options_.heartbeat = milliseconds(1'000 + 1'000 * pick(3));
  options_.stall = options_.heartbeat * 3;
  log_ = std::make_unique<broker::Log>(kEpoch, clock_);
  for (std::size_t i = 1 + pick(4); i > 0; --i) {
    nodes_.push_back(std::make_unique<Node>(*log_, options_, clock_, hub_random_));
  }
}

BrokerWorld::~BrokerWorld() {
  streams_.clear();
  nodes_.clear();
}

std::string BrokerWorld::pick_board() {
  static constexpr const char* kBoards[] = {"a", "ab", "abc", "b", "team-1", "team-2"};
  return kBoards[pick(std::size(kBoards))];
}

std::vector<std::string> BrokerWorld::pick_names() {
  static constexpr const char* kPatterns[] = {"a*", "ab*", "abc*", "team-*", "x*", "*"};
  std::vector<std::string> names;
  for (std::size_t i = 1 + pick(3); i > 0; --i) {
    names.push_back(chance(65) ? pick_board() : kPatterns[pick(std::size(kPatterns))]);
  }
  return names;
}

void BrokerWorld::act() {
  Node& node = *nodes_[pick(nodes_.size())];
  const std::uint64_t what = random_.below(100);
  if (what < 22) {
    append();
  } else if (what < 34) {
    if (streams_.size() < 12) subscribe();
  } else if (what < 38) {
    unsubscribe();
  } else if (what < 39) {
    if (!streams_.empty()) kick(*streams_[pick(streams_.size())]);
  } else if (what < 60) {
    if (!streams_.empty()) pull(*streams_[pick(streams_.size())], 1 + pick(4));
  } else if (what < 80) {
    spread(node, 1 + pick(4));
  } else if (what < 99) {
    clock_.advance(milliseconds(random_.below(chance(30) ? 4'000 : 300)));
    beat(node);
  } else {
    drain(node);
  }
  check_all();
}

void BrokerWorld::append() {
  static constexpr const char* kTypes[] = {"", "x", "y"};
  std::vector<broker::Draft> batch;
  for (std::size_t i = 1 + pick(4); i > 0; --i) {
    broker::Draft draft;
    for (std::size_t boards = 1 + pick(3); boards > 0; --boards) {
      const std::string board = pick_board();
      if (std::count(draft.boards.begin(), draft.boards.end(), board) == 0) {
        draft.boards.push_back(board);
      }
    }
    draft.type = kTypes[pick(std::size(kTypes))];
    draft.data = "event " + std::to_string(head_ + batch.size() + 1);
    batch.push_back(draft);
  }
  const std::vector<broker::EventId> ids = log_->append(batch);
  ASSERT_EQ(ids.size(), batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    ASSERT_EQ(ids[i], (broker::EventId{kEpoch, ++head_}));
    for (const auto& node : nodes_) node->model.append({head_, batch[i]});
  }
}

void BrokerWorld::subscribe() {
  auto stream = std::make_unique<Stream>(*nodes_[pick(nodes_.size())]);
  ModelStream& model = stream->model;
  model.names = pick_names();
  if (chance(25)) model.types = {chance(50) ? "x" : "message"};
  model.json = chance(50);
  model.limit_left = chance(25) ? 1 + pick(4) : 0;
  model.position = head_;
  model.active_at = stream->node.turn = clock_.now();
  auto filter = broker::Filter::compile(model.names, model.types);
  ASSERT_TRUE(filter.ok());
  broker::Subscription::Settings settings{
      filter.value(), model.json ? broker::Format::json : broker::Format::plain, model.limit_left};
  stream->subscription = stream->node.hub.subscribe(std::move(settings), *stream);
  stream->last_position = head_;
  stream->node.model.streams.push_back(&model);
  streams_.push_back(std::move(stream));
}

void BrokerWorld::unsubscribe() {
  if (streams_.empty()) return;
  const auto leaving = streams_.begin() + static_cast<std::ptrdiff_t>(pick(streams_.size()));
  std::erase((*leaving)->node.model.streams, &(*leaving)->model);
  streams_.erase(leaving);
}

void BrokerWorld::pull(Stream& stream, std::size_t blocks) {
  for (; blocks > 0 && !stream.model.queue.empty(); --blocks) {
    const broker::Block* front = stream.subscription->front();
    ASSERT_NE(front, nullptr);
    const ModelBlock expected = stream.model.queue.front();
    check_block(stream, expected, std::string(front->text()));
    stream.model.queue.pop_front();
    stream.subscription->pop();
    stream.model.active_at = stream.node.turn;
  }
}

void BrokerWorld::check_block(Stream& stream, const ModelBlock& expected, const std::string& text) {
  const std::string id_before = stream.parser.last_event_id();
  const auto events = stream.parser.feed(text);
  ASSERT_TRUE(stream.parser.unknown_fields().empty());
  ASSERT_FALSE(stream.parser.incomplete());
  const std::string id =
      expected.seq == 0 ? id_before : to_string(broker::EventId{kEpoch, expected.seq});
  ASSERT_EQ(stream.parser.last_event_id(), id);
  if (expected.kind == ModelBlock::heartbeat) {
    ASSERT_TRUE(events.empty());
    ASSERT_EQ(stream.parser.comments().back(), " heartbeat");
    coverage_.moved_heartbeats += expected.seq == 0 ? 0 : 1;
    return;
  }
  ASSERT_EQ(events.size(), 1U);
  ASSERT_EQ(events[0].type, expected.type);
  if (expected.kind == ModelBlock::event && stream.model.json) {
    ASSERT_NE(events[0].data.find(expected.data_part), std::string::npos) << events[0].data;
  } else {
    ASSERT_EQ(events[0].data, expected.data_part);
  }
  if (expected.kind == ModelBlock::event) {
    ++coverage_.events_read;
    return;
  }
  ASSERT_TRUE(stream.parser.retry().has_value());
  ASSERT_EQ(text.find("id:"), std::string::npos);
}

void BrokerWorld::spread(Node& node, std::size_t events_max) {
  node.turn = clock_.now();
  node.model.take(head_);
  for (std::size_t i = 0; i < events_max && !node.model.taken.empty(); ++i) {
    node.model.spread_one(clock_.now(), forms_);
    node.model.take(head_);
  }
  node.wakeable.rung = node.hub.spread(events_max);  // the turn asked for, and whether one more is
  ASSERT_EQ(node.wakeable.rung, !node.model.taken.empty());
}

void BrokerWorld::beat(Node& node) {
  node.turn = clock_.now();
  node.model.take(head_);
  while (node.hub.beat(2)) {  // in portions
  }
  for (const auto& stream : streams_) {
    if (&stream->node == &node) check_beat(node, *stream);
  }
}

void BrokerWorld::check_beat(const Node& node, Stream& stream) {
  // When exactly a tick falls is the wheel's own affair; the bounds are not.
  const auto tick = node.hub.heartbeat_tick();
  const base::Duration quiet = clock_.now() - stream.model.active_at;
  ModelStream& model = stream.model;
  if (!model.queue.empty()) {
    const bool told = stream.stalls > 0 && !model.stalled;
    if (told) {
      ++coverage_.stalls;
      model.stalled = true;
      ASSERT_GE(quiet, options_.stall - 3 * tick);
    } else if (!model.stalled) {
      ASSERT_LT(quiet, options_.stall + 2 * tick);
    }
    return;
  }
  if (stream.subscription->pending() == 0) {
    if (model.ended == EndReason::none) {
      ASSERT_LT(quiet, options_.heartbeat + 2 * tick);
    }
    return;
  }
  ASSERT_EQ(model.ended, EndReason::none);
  ASSERT_GE(quiet, options_.heartbeat - 3 * tick);
  ++coverage_.heartbeats;
  const broker::Seq position = node.model.position();
  const bool moved = position > model.position;
  model.push({ModelBlock::heartbeat, moved ? position : 0, "", ""}, clock_.now());
  if (moved) model.position = position;
}

void BrokerWorld::drain(Node& node) {
  const double share = static_cast<double>(1 + pick(4)) / 4;
  node.turn = clock_.now();
  node.hub.end_some(share, EndReason::drain);
  // Which ones is the hub's choice, how many is not.
  std::size_t open = 0;
  std::size_t ended = 0;
  for (const auto& stream : streams_) {
    if (&stream->node != &node || stream->model.ended != EndReason::none) continue;
    ++open;
    if (stream->subscription->ended() != EndReason::drain) continue;
    ++ended;
    stream->model.end(EndReason::drain, clock_.now());
  }
  const double due = share * static_cast<double>(open);
  ASSERT_LE(std::abs(static_cast<double>(ended) - due), 1.0);
  if (share == 1) {
    ASSERT_EQ(ended, open);
  }
}

void BrokerWorld::kick(Stream& stream) {
  stream.subscription->end(EndReason::kicked);
  stream.model.end(EndReason::kicked, stream.node.turn);
}

void BrokerWorld::check(Stream& stream) {
  const broker::Subscription& subscription = *stream.subscription;
  ASSERT_EQ(subscription.pending(), stream.model.queue.size());
  ASSERT_EQ(subscription.ended(), stream.model.ended);
  ASSERT_EQ(subscription.position(), (broker::EventId{kEpoch, stream.model.position}));
  ASSERT_GE(stream.model.position, stream.last_position) << "a position never goes back";
  stream.last_position = stream.model.position;
  ASSERT_LE(stream.stalls, 1);
  ASSERT_LE(subscription.pending(), options_.pending_events + 2);
}

void BrokerWorld::check_all() {
  if (::testing::Test::HasFatalFailure()) return;
  for (const auto& stream : streams_) check(*stream);
  for (const auto& node : nodes_) {
    ASSERT_EQ(node->hub.position(), (broker::EventId{kEpoch, node->model.position()}));
    ASSERT_TRUE(node->wakeable.rung || (node->model.taken.empty() && node->model.outbox.empty()))
        << "an event waits and no turn will come";
  }
}

void BrokerWorld::finish() {
  for (const auto& node : nodes_) {
    spread(*node, 1'000'000);
  }
  for (const auto& stream : streams_) {
    pull(*stream, 1'000'000);
    if (::testing::Test::HasFatalFailure()) return;
  }
  check_all();
  check_counters();
  streams_.clear();
  ASSERT_EQ(log_->interests(), 0U);
  for (const auto& node : nodes_) {
    const broker::HubCounters& counters = node->hub.counters();
    ASSERT_TRUE(node->hub.streams_by_board().empty());
    ASSERT_EQ(counters.streams.value(), 0);
    ASSERT_EQ(counters.streams_opened.value(),
              counters.streams_ended_client.value() + counters.streams_ended_limit.value() +
                  counters.streams_ended_slow.value() + counters.streams_ended_drain.value() +
                  counters.streams_ended_kicked.value() + counters.streams_ended_replaced.value() +
                  counters.streams_stalled.value())
        << "every stream has ended for one reason";
  }
}

void BrokerWorld::check_counters() {
  std::uint64_t encodings = 0;
  for (const auto& node : nodes_) {
    const broker::HubCounters& counters = node->hub.counters();
    encodings += counters.encodings.value();
    coverage_.ended_limit += counters.streams_ended_limit.value();
    coverage_.ended_slow += counters.streams_ended_slow.value();
    coverage_.ended_drain += counters.streams_ended_drain.value();
    coverage_.ended_kicked += counters.streams_ended_kicked.value();
    std::map<std::string, std::uint64_t> boards;
    for (const ModelStream* stream : node->model.streams) {
      for (const std::string& name :
           std::set<std::string>(stream->names.begin(), stream->names.end())) {
        ++boards[name];
      }
    }
    ASSERT_EQ(node->hub.streams_by_board(), boards);
  }
  ASSERT_EQ(encodings, forms_.size()) << "as many encodings as forms in use";
}

}  // namespace gateway::sim
