#include "config/keys_backbone.h"

#include <algorithm>

#include "backbone/options.h"
#include "base/quantity.h"
#include "base/text.h"
#include "config/access.h"
#include "config/names.h"

namespace gateway::config {
namespace {

using base::kGiB;
using base::kHour;
using base::kMiB;
using base::kMinute;
using base::kSecond;

constexpr std::string_view kTypes[] = {"memory", "redis"};

base::Result<base::Unit> check_url(std::string_view text) {
  const auto address = backbone::parse_redis_address(text);
  if (!address) return base::Fail{address.error()};
  return base::Unit{};
}

base::Result<base::Unit> check_prefix(std::string_view text) {
  constexpr std::size_t kPrefixMax = 64;
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  if (!text.empty() && text.size() <= kPrefixMax &&
      text.find_first_not_of(kCharacters) == std::string_view::npos) {
    return base::Unit{};
  }
  return base::Fail{base::Error{"1 to 64 letters, digits, '.', '_' and '-'"}};
}

template <auto Member>
constexpr Access kRedis = member<&Settings::backbone, &backbone::Options::redis, Member>;

using backbone::RedisOptions;

constexpr Key kBackbone[] = {
    {"type", ChoiceRule{kTypes}, member<&Settings::backbone, &backbone::Options::type>,
     "What orders events and spreads them: memory is this process alone, and a restart forgets "
     "them; with redis all nodes that use one Redis are one gateway, and a client may go on at any "
     "of them.",
     Effect::restart},
    {"redis.url",
     TextRule{check_url, "a URL, redis://host[:port][/database] or unix:///path[?db=database]"},
     kRedis<&RedisOptions::url>, "Where Redis is, 6.2 or newer.", Effect::restart},
    {"redis.prefix", TextRule{check_prefix, "a word of letters, digits, '.', '_' and '-'"},
     kRedis<&RedisOptions::prefix>,
     "Begins the names of all that this gateway has in Redis. Nodes with the same one are one "
     "gateway.",
     Effect::restart},
    {"redis.username", TextRule{check_text, "a text, or \"\" for none"},
     kRedis<&RedisOptions::username>, "As whom to connect, where Redis has users (ACL).",
     Effect::restart},
    {"redis.password", TextRule{check_text, "a text, or \"\" for none"},
     kRedis<&RedisOptions::password>,
     "The password for it; from the environment by ${NAME}, rather than in a file.",
     Effect::restart, true},
    {"redis.timeout", DurationRule{100, kMinute}, kRedis<&RedisOptions::timeout>,
     "How long an answer is awaited. Then the connection counts as dead, and for the publishes on "
     "it it is not known whether they were done: 503.",
     Effect::restart},
    {"redis.events", NumberRule{1, 100'000'000}, kRedis<&RedisOptions::events>,
     "Events that Redis keeps, of all boards together, for nodes that start or were cut off."},
    {"redis.bytes", SizeRule{kMiB, 1024 * kGiB}, kRedis<&RedisOptions::bytes>,
     "What they may take of its memory, by estimate; the newest stays whatever its size."},
    {"redis.age", DurationRule{kSecond, 30 * 24 * kHour}, kRedis<&RedisOptions::age>,
     "How old they may become."},
};

}  // namespace

Section backbone_section() { return {"backbone", "Where events get their order.", kBackbone}; }

}  // namespace gateway::config
