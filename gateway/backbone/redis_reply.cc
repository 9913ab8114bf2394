#include "backbone/redis_reply.h"

#include "base/text.h"

namespace gateway::backbone {

std::optional<base::WallMs> read_time(const RedisReply& reply) {
  if (!reply.is(RedisReply::Kind::list) || reply.list.size() != 2) return std::nullopt;
  constexpr base::WallMs kThousand = 1'000;
  const auto seconds = base::parse_decimal(reply.list[0].text);
  const auto micros = base::parse_decimal(reply.list[1].text);
  if (!seconds || !micros || *seconds > UINT32_MAX || *micros > UINT32_MAX) return std::nullopt;
  return static_cast<base::WallMs>(*seconds) * kThousand +
         static_cast<base::WallMs>(*micros) / kThousand;
}

}  // namespace gateway::backbone
