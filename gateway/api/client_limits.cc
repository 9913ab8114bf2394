#include "api/client_limits.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace gateway::api {
namespace {

using base::Duration;

constexpr std::chrono::seconds kLineEvery{10};

struct Text {
  std::string_view name;
  std::string_view advice;
};
/// In the order of the enum.
constexpr std::array<Text, kClientLimits.size()> kTexts = {
    Text{"streams_per_ip",
         "Too many streams are open from this address: end some, or read several boards on one "
         "(?boards=a,b)."},
    Text{"streams_per_subject",
         "Too many streams are open for this subject: end some, or read several boards on one "
         "(?boards=a,b)."},
    Text{"stream_rate_per_ip",
         "Streams are opened too fast from this address: keep them open, and try again later."},
    Text{"stream_rate_per_subject",
         "Streams are opened too fast for this subject: keep them open, and try again later."},
    Text{"publish_rate_per_ip",
         "Events are published too fast from this address; nothing of this was published: try "
         "again later."},
    Text{"publish_rate_per_subject",
         "Events are published too fast by this subject; nothing of this was published: try again "
         "later."},
};

}  // namespace

std::string_view to_string(ClientLimit limit) {
  return kTexts[static_cast<std::size_t>(limit)].name;
}

std::string_view advice(ClientLimit limit) {
  return kTexts[static_cast<std::size_t>(limit)].advice;
}

std::optional<Exceeded> ClientLimits::open(const http::Peer& peer, std::string_view subject,
                                           const ClientOptions& options) {
  if (const auto too_many = full(peer, subject, options)) return too_many;
  const Buckets buckets = {
      bucket(ClientLimit::stream_rate_per_ip, options.stream_rate_per_ip, peer, options),
      bucket(ClientLimit::stream_rate_per_subject, options.stream_rate_per_subject, subject,
             options)};
  return take(opens_, buckets);
}

std::optional<Exceeded> ClientLimits::publish(const http::Peer& peer, std::string_view subject,
                                              const ClientOptions& options) {
  return take(publishes_, publishing(peer, subject, options));
}

void ClientLimits::charge(std::size_t events, const http::Peer& peer, std::string_view subject,
                          const ClientOptions& options) {
  if (events < 2) return;
  for (const Bucket& bucket : publishing(peer, subject, options)) {
    if (bucket.key != 0) publishes_.charge(bucket.key, bucket.rate, events - 1, clock_.now());
  }
}

ClientLimits::Buckets ClientLimits::publishing(const http::Peer& peer, std::string_view subject,
                                               const ClientOptions& options) const {
  return {bucket(ClientLimit::publish_rate_per_ip, options.publish_rate_per_ip, peer, options),
          bucket(ClientLimit::publish_rate_per_subject, options.publish_rate_per_subject, subject,
                 options)};
}

ClientLimits::Bucket ClientLimits::bucket(ClientLimit limit, std::uint64_t per_second,
                                          const http::Peer& peer, const ClientOptions& options) {
  return {limit, per_second == 0 ? 0 : peer.network, {per_second, options.rate_burst}};
}

ClientLimits::Bucket ClientLimits::bucket(ClientLimit limit, std::uint64_t per_second,
                                          std::string_view subject,
                                          const ClientOptions& options) const {
  const bool limited = per_second != 0 && !subject.empty();
  return {limit, limited ? key_of(subject) : 0, {per_second, options.rate_burst}};
}

std::optional<Exceeded> ClientLimits::take(base::RateTable& table, const Buckets& buckets) {
  for (const Bucket& bucket : buckets) {
    if (bucket.key == 0) continue;
    const Duration wait = table.take(bucket.key, bucket.rate, clock_.now());
    if (wait > Duration::zero()) return Exceeded{bucket.limit, wait};
  }
  return std::nullopt;
}

std::optional<Exceeded> ClientLimits::full(const http::Peer& peer, std::string_view subject,
                                           const ClientOptions& options) {
  const std::size_t of_ip = options.streams_per_ip;
  if (of_ip != 0 && peer.network != 0 && by_network_.open_of(peer.network) >= of_ip) {
    return Exceeded{ClientLimit::streams_per_ip, std::nullopt};
  }
  const std::size_t of_subject = options.streams_per_subject;
  if (of_subject != 0 && !subject.empty() && by_subject_.open_of(key_of(subject)) >= of_subject) {
    return Exceeded{ClientLimit::streams_per_subject, std::nullopt};
  }
  return std::nullopt;
}

void ClientLimits::tell(ClientLimit limit, const http::Peer& peer, std::string_view subject,
                        const base::Counter& refused) {
  std::atomic<base::MonoTime>& next = next_lines_[static_cast<std::size_t>(limit)];
  const base::MonoTime now = clock_.now();
  base::MonoTime due = next;
  if (now < due || !next.compare_exchange_strong(due, now + kLineEvery)) return;
  BC_LOG(warn, "refusing a client", {"limit", "limits." + std::string(to_string(limit))},
         {"peer", peer.address}, {"subject", subject}, {"refused", refused.value()});
}

std::uint64_t ClientLimits::key_of(std::string_view subject) const {
  return std::max<std::uint64_t>(1, base::sip_hash(secret_, subject).low);
}

}  // namespace gateway::api
