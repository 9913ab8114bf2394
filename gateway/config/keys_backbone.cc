#include "config/keys_backbone.h"

#include <algorithm>

#include "backbone/options.h"
#include "base/quantity.h"
#include "base/text.h"
#include "broker/options.h"
#include "config/access.h"
#include "config/names.h"

namespace gateway::config {
namespace {

using base::kGiB;
using base::kHour;
using base::kKiB;
using base::kMiB;
using base::kMinute;
using base::kSecond;

// In the order of the enums they stand for.
constexpr std::string_view kTypes[] = {"memory", "redis"};
constexpr std::string_view kIngest[] = {"off", "channel", "stream", "both"};

base::Result<base::Unit> check_url(std::string_view text) {
  const auto address = backbone::parse_redis_address(text);
  if (!address) return base::Fail{address.error()};
  return base::Unit{};
}

base::Result<base::Unit> check_sentinel(std::string_view text) {
  const auto address = backbone::parse_sentinel_address(text);
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

base::Result<base::Unit> check_name(std::string_view text) {
  if (text.empty() || text.find(' ') != std::string_view::npos) {
    return base::Fail{base::Error{"a word without blanks"}};
  }
  return check_text(text);
}

template <auto Member>
constexpr Access kRedis = member<&Settings::backbone, &backbone::Options::redis, Member>;

using backbone::RedisOptions;
using backbone::RedisTlsOptions;

template <auto Member>
constexpr Access kTls =
    member<&Settings::backbone, &backbone::Options::redis, &RedisOptions::tls, Member>;

constexpr Key kBackbone[] = {
    {"type", ChoiceRule{kTypes}, member<&Settings::backbone, &backbone::Options::type>,
     "What orders events and spreads them: memory is this process alone, and a restart forgets "
     "them; with redis all nodes that use one Redis are one gateway, and a client may go on at any "
     "of them.",
     Effect::restart},
    {"redis.url",
     TextRule{check_url,
              "a URL, redis://host[:port][/database], rediss:// likewise for TLS, or "
              "unix:///path[?db=database]"},
     kRedis<&RedisOptions::url>, "Where Redis is, 6.2 or newer.", Effect::restart},
    {"redis.tls_ca", TextRule{check_text, "a file, or \"\" for the system's"},
     kTls<&RedisTlsOptions::ca>,
     "The CA (PEM) that the certificate of Redis, and of Sentinels, is by, with rediss://. It is "
     "always verified. The files are read for each connection. \"\": the system's.",
     Effect::restart},
    {"redis.tls_certificate", TextRule{check_text, "a file, or \"\" for none"},
     kTls<&RedisTlsOptions::certificate>,
     "A certificate (PEM) to show to them, with its issuers if need be, where they ask for one.",
     Effect::restart},
    {"redis.tls_key", TextRule{check_text, "a file, or \"\" for none"}, kTls<&RedisTlsOptions::key>,
     "Its private key (PEM).", Effect::restart},
    {"redis.tls_server_name", TextRule{check_text, "a name, or \"\" for the host's"},
     kTls<&RedisTlsOptions::server_name>,
     "The name that their certificates must have, where it is not the host in the URL, or that "
     "Sentinels name.",
     Effect::restart},
    {"redis.sentinels", TextsRule{check_sentinel, "Sentinels as host[:port]"},
     kRedis<&RedisOptions::sentinels>,
     "Sentinels, asked in turn which Redis is the primary; redis.url then gives the database "
     "alone. Empty: it is the one in redis.url.",
     Effect::restart},
    {"redis.sentinel_name", TextRule{check_name, "a word without blanks"},
     kRedis<&RedisOptions::sentinel_name>, "What Sentinels call this primary.", Effect::restart},
    {"redis.sentinel_username", TextRule{check_text, "a text, or \"\" for none"},
     kRedis<&RedisOptions::sentinel_username>, "As whom to ask them, where they have users.",
     Effect::restart},
    {"redis.sentinel_password", TextRule{check_text, "a text, or \"\" for none"},
     kRedis<&RedisOptions::sentinel_password>,
     "The password for that; redis.password is for Redis alone.", Effect::restart, true},
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
    {"redis.latest_bytes", SizeRule{0, 64 * kGiB}, kRedis<&RedisOptions::latest_bytes>,
     "What the newest events of boards with deliver: latest may take beside that, by estimate, so "
     "that they outlive it; over it some of the oldest go. 0: none are kept."},
    {"redis.ingest", ChoiceRule{kIngest}, kRedis<&RedisOptions::ingest>,
     "What else may publish: channel takes PUBLISH <prefix>:in:<board>, at most once; stream takes "
     "XADD <prefix>:in, at least once; both, or off. Whoever may write these in Redis needs no "
     "token.",
     Effect::restart},
    {"redis.ingest_bytes", SizeRule{kKiB, broker::kDataBytesMax},
     kRedis<&RedisOptions::ingest_bytes>, "Data of one event that comes so, at most.",
     Effect::restart},
};

}  // namespace

Section backbone_section() { return {"backbone", "Where events get their order.", kBackbone}; }

}  // namespace gateway::config
