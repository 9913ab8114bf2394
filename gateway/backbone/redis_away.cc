#include "backbone/redis_away.h"

#include <algorithm>
#include <cstdint>

#include "base/log.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPauseMin{100};
constexpr milliseconds kPauseMax{5'000};
constexpr std::size_t kToldMax = 8;

}  // namespace

void RedisAway::over() {
  pause_ = milliseconds(0);
  told_.clear();
}

milliseconds RedisAway::next_pause() {
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  const auto half = static_cast<std::uint64_t>(pause_.count()) / 2;
  return milliseconds(half + random_.below(half * 2 + 1));
}

void RedisAway::log_loss(const char* connection, const RedisAddress& address,
                         const std::string& why) {
  if (!is_news(why)) {
    BC_LOG(debug, "redis: still away", {"connection", connection}, {"why", why});
    return;
  }
  BC_LOG(warn, "redis: connection lost, trying again", {"connection", connection},
         {"url", to_string(address)}, {"why", why});
}

void RedisAway::log_refusal(const RedisAddress& address, const std::string& why) {
  if (!is_news(why)) return;
  BC_LOG(warn, "redis: it is there, but cannot be used; trying again", {"url", to_string(address)},
         {"why", why});
}

bool RedisAway::is_news(const std::string& why) {
  if (std::find(told_.begin(), told_.end(), why) != told_.end()) return false;
  if (told_.size() == kToldMax) told_.erase(told_.begin());
  told_.push_back(why);
  return true;
}

}  // namespace gateway::backbone
