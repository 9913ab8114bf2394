#include "backbone/redis_sentinels.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "backbone/redis_greeting.h"
#include "base/check.h"
#include "base/text.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

/// Where Redis has TLS they have it, too.
std::vector<RedisAddress> addresses_of(const RedisOptions& options) {
  const bool tls = place_of(options).address.tls;
  std::vector<RedisAddress> addresses;
  for (const std::string& text : options.sentinels) {
    auto address = parse_sentinel_address(text);
    BC_CHECK(address.ok(), text);
    address->tls = tls;
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

/// Of an answer [host, port].
std::optional<RedisAddress> read_address(const RedisReply& reply) {
  if (!reply.is(Kind::list) || reply.list.size() != 2) return std::nullopt;
  const auto port = base::parse_decimal(reply.list[1].text);
  if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  RedisAddress address;
  address.host = reply.list[0].text;
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

}  // namespace

RedisSentinels::RedisSentinels(loop::EventLoop& loop, HostLookup& lookup,
                               const RedisOptions& options, Found found)
    : name_(options.sentinel_name),
      password_(options.sentinel_password),
      auth_(auth_command(options.sentinel_username, options.sentinel_password)),
      bounds_(options),
      found_(std::move(found)),
      sentinels_(addresses_of(options)),
      connection_(loop, lookup,
                  {[] {},
                   [this](const std::string& why) {
                     if (finding_) next(why);
                   },
                   [](std::string_view) {}, [](std::string_view, std::string_view) {}}) {}

void RedisSentinels::find() {
  if (std::exchange(finding_, true)) return;
  asked_ = 0;
  ask();
}

void RedisSentinels::stop() {
  finding_ = false;
  connection_.close();
}

void RedisSentinels::ask() {
  if (!connection_.is_open()) {
    refusal_.clear();
    connection_.open(sentinels_.front(), bounds_);
    if (!auth_.empty()) {
      connection_.ask(auth_, [this](const RedisReply& reply) {
        if (reply.is(Kind::error)) refusal_ = auth_refusal(reply, password_);
      });
    }
  }
  connection_.ask({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", name_},
                  [this](const RedisReply& reply) { answered(reply); });
}

void RedisSentinels::answered(const RedisReply& reply) {
  if (!finding_ || reply.is(Kind::lost)) return;
  if (auto address = read_address(reply)) {
    finding_ = false;
    return found_(*std::move(address));
  }
  connection_.close();
  if (reply.is(Kind::nil)) return next("it knows no primary of the name " + name_);
  next(refusal_.empty() ? reply.text : refusal_);
}

void RedisSentinels::next(const std::string& why) {
  const std::string said = "the Sentinel " + to_string(sentinels_.front()) + ": " + why;
  std::rotate(sentinels_.begin(), sentinels_.begin() + 1, sentinels_.end());
  if (++asked_ < sentinels_.size()) return ask();
  finding_ = false;
  found_(base::Fail{base::Error{said}});
}

}  // namespace gateway::backbone
