#include "backbone/redis_refusals.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace gateway::backbone {
namespace {

constexpr std::chrono::seconds kLogEvery{10};

}  // namespace

std::string RedisRefusals::kind_of(const std::vector<std::string>& command) {
  constexpr std::size_t kFirstKey = 3;
  const bool is_script = command[0] == "EVAL" && command.size() > kFirstKey;
  return is_script ? command[0] + ' ' + command[kFirstKey] : command[0];
}

void RedisRefusals::hear(std::string_view kind, const RedisReply& reply) {
  if (reply.is(RedisReply::Kind::lost)) return;
  const bool is_refused = reply.is(RedisReply::Kind::error);
  const auto found = kinds_.find(kind);
  if (found == kinds_.end() && !is_refused) return;
  Kind& known = found == kinds_.end() ? kinds_[std::string(kind)] : found->second;
  if (std::exchange(known.is_refused, is_refused) != is_refused) refused_.add(is_refused ? 1 : -1);
  const base::MonoTime now = clock_.now();
  if (!is_refused) {
    if (std::exchange(known.is_told, false)) {
      BC_LOG(info, "redis: it takes again what it refused", {"what", kind});
    }
  } else if (!known.is_told && now >= known.next_log) {
    known.is_told = true;
    known.next_log = now + kLogEvery;
    BC_LOG(warn, "redis: it refuses what this node needs", {"what", kind}, {"why", reply.text});
  }
}

void RedisRefusals::forget(std::string_view kind) {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) return;
  if (std::exchange(found->second.is_refused, false)) refused_.add(-1);
  found->second.is_told = false;
}

void RedisRefusals::forget() {
  for (const auto& known : kinds_) forget(known.first);
}

}  // namespace gateway::backbone
