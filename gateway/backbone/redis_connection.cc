#include "backbone/redis_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

/// What it says of itself, where it may be read by anybody: a server that is none may say anything.
constexpr std::size_t kSaidMax = 200;

}  // namespace

RedisConnection::RedisConnection(loop::EventLoop& loop, HostLookup& lookup, Listener listener)
    : loop_(loop), lookup_(lookup), listener_(std::move(listener)) {
  timer_ = loop_.make([this] { look_at_time(); });
}

RedisConnection::~RedisConnection() {
  if (wire_) wire_->close();
}

void RedisConnection::open(const RedisAddress& address, const Bounds& bounds) {
  BC_CHECK(!wire_);
  timeout_ = bounds.timeout;
  up_ = subscribed_ = paused_ = false;
  RedisWire::MakeTls tls;
  if (address.tls) {
    tls = [host = address.host, options = bounds.tls](int fd) {
      return RedisTls::make(fd, host, options);
    };
  }
  wire_ = std::make_shared<RedisWire>(
      loop_, bounds.reply_bytes, std::move(tls),
      RedisWire::Listener{[this] { up(); }, [this](const RedisReply& reply) { take(reply); },
                          [this](const std::string& why) { lose(why); }});
  timer_->arm(timeout_);
  ticket_ =
      lookup_.find(address, [this](const HostLookup::Addresses& addresses) { found(addresses); });
}

void RedisConnection::found(const HostLookup::Addresses& addresses) {
  ticket_.reset();
  timer_->cancel();
  addresses ? wire_->connect(*addresses, timeout_) : lose(addresses.error().message);
}

void RedisConnection::close() {
  if (!wire_) return;
  std::exchange(wire_, nullptr)->close();
  timer_->cancel();
  ticket_.reset();
  subscribes_.clear();
  for (const Waiting& one : std::exchange(waiting_, {})) {
    if (one.answer) one.answer({});
  }
}

void RedisConnection::lose(const std::string& why) {
  if (!wire_) return;
  close();
  listener_.down(why);
}

// What was asked before waits from now on.
void RedisConnection::up() {
  up_ = true;
  const base::MonoTime now = loop_.clock().now();
  for (Waiting& one : waiting_) one.since = now;
  arm();
  listener_.up();
}

void RedisConnection::ask(const std::vector<std::string>& command, Answer answer) {
  BC_CHECK(wire_ != nullptr && !subscribed_);
  wire_->send({command.begin(), command.end()});
  waiting_.push_back({loop_.clock().now(), std::move(answer)});
  if (up_ && !timer_->armed()) arm();
}

void RedisConnection::subscribe(const std::string& channel) { subscribe_by("SUBSCRIBE", channel); }

void RedisConnection::subscribe_pattern(const std::string& pattern) {
  subscribe_by("PSUBSCRIBE", pattern);
}

void RedisConnection::subscribe_by(std::string_view command, const std::string& name) {
  BC_CHECK(wire_ != nullptr);
  wire_->send({command, name});
  subscribed_ = true;
  subscribes_.push_back(loop_.clock().now());
  if (up_ && !timer_->armed()) arm();
}

// Commands that were sent before the first SUBSCRIBE are answered before anything else comes.
void RedisConnection::take(const RedisReply& reply) {
  if (waiting_.empty()) return take_message(reply);
  const Answer answer = std::move(waiting_.front().answer);
  waiting_.pop_front();
  if (answer) answer(reply);
}

// "subscribe" or "psubscribe", channel and a count; "message", channel and text; or "pmessage" with
// the pattern in front of them.
void RedisConnection::take_message(const RedisReply& reply) {
  const std::vector<RedisReply>& parts = reply.list;
  const std::string_view what = parts.empty() ? std::string_view() : parts[0].text;
  const bool texts = parts.size() >= 3 && parts[1].is(Kind::text);
  if (texts && subscribed_ && parts.back().is(Kind::text) &&
      (what == "message" ? parts.size() == 3 : what == "pmessage" && parts.size() == 4)) {
    return listener_.message(parts[parts.size() - 2].text, parts.back().text);
  }
  if (texts && !subscribes_.empty() && (what == "subscribe" || what == "psubscribe")) {
    subscribes_.pop_front();
    return listener_.subscribed(parts[1].text);
  }
  lose(reply.is(Kind::error) ? reply.text.substr(0, kSaidMax) : "an answer that nobody asked for");
}

void RedisConnection::pause(bool paused) {
  if (!wire_ || paused_ == paused) return;
  paused_ = paused;
  wire_->pause(paused);
  const base::MonoTime now = loop_.clock().now();
  for (base::MonoTime& since : subscribes_) since = now;
  if (up_ && !paused) arm();
}

/// Of what waits for an answer.
std::optional<base::MonoTime> RedisConnection::oldest() const {
  std::optional<base::MonoTime> oldest;
  if (!waiting_.empty()) oldest = waiting_.front().since;
  if (!subscribes_.empty()) oldest = std::min(oldest.value_or(subscribes_[0]), subscribes_[0]);
  return oldest;
}

void RedisConnection::arm() {
  const auto since = oldest();
  if (!since) return timer_->cancel();
  const base::Duration left = *since + timeout_ - loop_.clock().now();
  timer_->arm(std::max(left, base::Duration::zero()));
}

std::string RedisConnection::late() const {
  return "no answer within " + std::to_string(timeout_.count()) + " ms";
}

void RedisConnection::look_at_time() {
  if (!wire_ || paused_) return;
  if (ticket_) return lose("its host's name: " + late());
  const auto since = oldest();
  if (!since || loop_.clock().now() - *since < timeout_) return arm();
  lose(late());
}

}  // namespace gateway::backbone
