// What one stream must say, block by block.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include <gtest/gtest.h>

#include "sim/gateway_model.h"

namespace gateway::sim {

ModelSubscription::ModelSubscription(Scene& scene, StreamWish wish, std::string protocol,
                                     std::string connection)
    : ModelExchange(scene),
      wish_(std::move(wish)),
      protocol_(std::move(protocol)),
      connection_(std::move(connection)),
      scanned_(sent_at_),
      cursor_(wish_.from == StreamWish::From::now ? sent_at_ : 0),
      heard_at_(scene.clock.now()) {}

void ModelSubscription::check_head() {
  if (too_late()) return;
  if (status() == 503) {
    EXPECT_TRUE(scene_.draining && !wish_.accept);
    EXPECT_FALSE(field("retry-after").empty());
    return;
  }
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(field("content-type"), "text/event-stream");
  EXPECT_EQ(field("cache-control"), "no-store, no-transform");
  EXPECT_EQ(field("x-accel-buffering"), "no");
}

void ModelSubscription::body(std::string_view bytes) {
  EXPECT_FALSE(over());
  if (status() != 200) return;
  unread_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = unread_.find("\n\n", begin)) != std::string::npos;) {
    read_block(unread_.substr(begin, end + 2 - begin));
    begin = end + 2;
  }
  unread_.erase(0, begin);
}

void ModelSubscription::read_block(const std::string& block) {
  EXPECT_EQ(ended_, "") << "after the end came " << block;
  const std::string id_before = parser_.last_event_id();
  const auto events = parser_.feed(block);
  EXPECT_TRUE(parser_.unknown_fields().empty() && !parser_.incomplete()) << block;
  const bool retry_alone = std::exchange(retry_alone_, false);
  if (events.empty()) {
    if (block.starts_with("retry: ")) {
      retry_alone_ = true;
    } else {
      EXPECT_FALSE(retry_alone);
      read_heartbeat(block);
    }
  } else {
    const test::SseEvent& event = events.front();
    const bool gap = event.type == "boardcast.gap";
    const bool end = event.type == "boardcast.end";
    EXPECT_EQ(retry_alone, gap || end) << block;
    if (gap || end) {
      EXPECT_EQ(parser_.last_event_id(), id_before);
      gap ? read_gap(event) : read_end(event);
    } else if (event.type == "boardcast.open") {
      read_open(event);
    } else {
      read_published(event);
    }
  }
  heard_at_ = scene_.clock.now();
}

void ModelSubscription::check_retry(std::uint64_t times) const {
  const std::uint64_t mean = times * static_cast<std::uint64_t>(scene_.broker.retry.count());
  ASSERT_TRUE(parser_.retry().has_value());
  EXPECT_GE(*parser_.retry(), mean / 2);
  EXPECT_LE(*parser_.retry(), mean + mean / 2);
}

Place ModelSubscription::place_of(const std::string& id) const {
  const Place place = id.size() == 21 ? std::strtoull(id.c_str() + 9, nullptr, 16) : 0;
  EXPECT_EQ(id, scene_.id(place));
  EXPECT_LE(place, scene_.head()) << "an id of an event that is not there yet";
  return place;
}

void ModelSubscription::expect_new_events() {
  while (scanned_ < scene_.head()) {
    const Place next = scanned_ + 1;
    if (wish_.limit > 0 && received_ + expected_.size() == wish_.limit) return;
    if (wish_.wants(scene_.event(next))) expected_.push_back(next);
    scanned_ = next;
  }
}

void ModelSubscription::read_gap(const test::SseEvent& event) {
  EXPECT_TRUE(!opened_ && gap_.empty());
  gap_ = event.data;
  ++scene_.coverage.gaps;
}

std::string ModelSubscription::board_list() const {
  std::string list;
  for (const std::string& name : wish_.names) list += (list.empty() ? "[" : ",") + json_text(name);
  return list + "]";
}

void ModelSubscription::read_open(const test::SseEvent& event) {
  EXPECT_FALSE(opened_ || sent_draining_);
  opened_ = true;
  check_retry();
  cursor_ = scanned_ = place_of(event.last_event_id);
  // Everything is held, so a stream begins exactly where it was asked to.
  const std::string gap_begin = "{\"boards\":" + board_list() + ",\"reason\":\"";
  const std::string upto = ",\"upto\":\"" + scene_.id(0) + "\"}";
  const bool ours =
      wish_.from == StreamWish::From::id && wish_.id.starts_with(scene_.id(0).substr(0, 9));
  std::string gap;
  if (wish_.from == StreamWish::From::now) {
    EXPECT_GE(cursor_, sent_at_) << "the stream starts no earlier than it was asked for";
  } else {
    EXPECT_EQ(scene_.id(cursor_), ours ? wish_.id : scene_.id(0));
  }
  if (wish_.from == StreamWish::From::unknown) gap = gap_begin + "unknown\"" + upto;
  if (wish_.from == StreamWish::From::id && !ours) {
    gap = gap_begin + "epoch\",\"after\":\"" + wish_.id + "\"" + upto;
  }
  EXPECT_EQ(gap_, gap);
  const bool resumed = wish_.from == StreamWish::From::id && gap.empty();
  scene_.coverage.resumed += resumed ? 1 : 0;
  constexpr std::size_t kBegin = sizeof("{\"stream\":\"") - 1 + 22;
  EXPECT_TRUE(event.data.starts_with("{\"stream\":\"") && event.data.size() > kBegin);
  id_ = event.data.substr(kBegin - 22, 22);
  EXPECT_EQ(event.data.substr(std::min(kBegin, event.data.size())),
            "\",\"boards\":" + board_list() + ",\"resumed\":" + (resumed ? "true" : "false") +
                (wish_.stream.empty() ? "" : ",\"restored\":false") + ",\"protocol\":\"" +
                protocol_ + "\",\"connection\":\"" + connection_ + "\"}");
  expect_new_events();
  overflowed_ = expected_.size() > scene_.broker.pending_events;
}

void ModelSubscription::read_heartbeat(const std::string& block) {
  EXPECT_TRUE(opened_ && !limit_reached()) << block;
  EXPECT_GE(scene_.clock.now() - heard_at_, silence_min_) << "a heartbeat too early";
  ++scene_.coverage.heartbeats;
  if (block == ": heartbeat\n\n") {
    EXPECT_TRUE(!prompt_ || cursor_ == scene_.head()) << "a heartbeat hides that the log moved";
    return;
  }
  EXPECT_EQ(block, ": heartbeat\nid: " + parser_.last_event_id() + "\n\n");
  const Place place = place_of(parser_.last_event_id());
  EXPECT_GT(place, cursor_) << "a heartbeat whose id goes back or stays";
  expect_new_events();
  EXPECT_TRUE(expected_.empty() || expected_.front() > place)
      << "a heartbeat at " << place << " hides the event " << expected_.front();
  EXPECT_TRUE(!prompt_ || place == scene_.head()) << "a heartbeat that tells only a part";
  cursor_ = place;
  ++scene_.coverage.moved_heartbeats;
}

void ModelSubscription::read_published(const test::SseEvent& event) {
  EXPECT_TRUE(opened_) << "an event before the opening";
  EXPECT_FALSE(limit_reached()) << "more events than the limit";
  const Place place = place_of(event.last_event_id);
  expect_new_events();
  if (expected_.empty() || expected_.front() != place) {
    ADD_FAILURE() << "lost, repeated, out of order or not wanted: expected "
                  << (expected_.empty() ? 0 : expected_.front()) << ", came " << place << " after "
                  << cursor_;
    return;
  }
  expected_.pop_front();
  cursor_ = place;
  ++received_;
  ++scene_.coverage.events_read;
  const SentEvent& sent = scene_.event(place);
  const std::size_t board = wish_.board_of(sent);
  scene_.forms_read.emplace(place, wish_.json ? 1 + board : 0);
  const std::string type = sent.type.empty() ? "message" : sent.type;
  EXPECT_EQ(event.type, wish_.json ? "message" : type);
  if (!wish_.json) {
    EXPECT_EQ(event.data, sent.text);
    return;
  }
  EXPECT_EQ(event.data, "{\"id\":\"" + scene_.id(place) + "\",\"board\":" +
                            json_text(sent.boards[board]) + ",\"event\":" + json_text(type) +
                            ",\"time\":" + std::to_string(scene_.log[place - 1].time) +
                            ",\"data\":" + sent.json + "}");
}

void ModelSubscription::read_end(const test::SseEvent& event) {
  ended_ = event.data;
  const bool replaced = event.data == R"({"reason":"replaced"})";
  check_retry(replaced ? 30 : 1);
  if (replaced) {
    EXPECT_TRUE(opened_ && scene_.named[wish_.stream] > 1) << "nobody has taken its name";
    ++scene_.coverage.ended_replaced;
  } else if (event.data == R"({"reason":"limit"})") {
    EXPECT_TRUE(opened_ && wish_.limit > 0);
    EXPECT_EQ(received_, wish_.limit);
    ++scene_.coverage.ended_limit;
  } else if (event.data == R"({"reason":"slow"})") {
    EXPECT_EQ(scene_.broker.slow, broker::Slow::close);
    EXPECT_TRUE(opened_ && overflowed_) << "slow, though never more waited than may";
    ++scene_.coverage.ended_slow;
  } else if (event.data == R"({"reason":"kicked"})") {
    EXPECT_TRUE(opened_ && kicked_);
    ++scene_.coverage.ended_kicked;
  } else {
    EXPECT_EQ(event.data, R"({"reason":"drain"})");
    EXPECT_TRUE(opened_ ? scene_.leaving : scene_.draining && wish_.accept);
    ++scene_.coverage.ended_drain;
  }
}

void ModelSubscription::check_complete() {
  if (status() != 200) return;
  EXPECT_NE(ended_, "") << "a stream that ends without saying why";
  EXPECT_EQ(unread_, "");
}

void ModelSubscription::after_loss() {
  if (ended_.empty()) scene_.lost.push_back({wish_, cursor_});
}

void ModelSubscription::note_spread(Place position) {
  if (!live()) return;
  expect_new_events();
  const auto waiting = std::upper_bound(expected_.begin(), expected_.end(), position);
  if (static_cast<std::size_t>(waiting - expected_.begin()) > scene_.broker.pending_events) {
    overflowed_ = true;
  }
}

void ModelSubscription::check_quiet() {
  expect_new_events();
  EXPECT_TRUE(expected_.empty()) << "the event " << expected_.front() << " never came";
  EXPECT_FALSE(limit_reached()) << "beyond its limit";
  EXPECT_FALSE(kicked_) << "a stream that an operator has ended goes on";
  EXPECT_EQ(unread_, "");
}

void ModelSubscription::check_silence(base::Duration longest) const {
  EXPECT_LE(scene_.clock.now() - heard_at_, longest) << "no heartbeat";
}

}  // namespace gateway::sim
