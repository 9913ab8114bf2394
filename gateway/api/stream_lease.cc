#include "api/stream_lease.h"

#include <algorithm>

#include "api/stream_body.h"
#include "auth/claims.h"
#include "base/check.h"
#include "broker/sse.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;

constexpr base::WallMs kNoticeMs = milliseconds(StreamLeases::kNotice).count();
/// Until a stream is told anew whose queue had no room.
constexpr base::WallMs kAgainMs = 1000;

std::string expiring(base::WallMs ends, base::WallMs now) {
  const base::WallMs seconds = std::max<base::WallMs>(0, ends - now) / 1000;
  return broker::sse::control(
      "boardcast.expiring",
      "{\"expires\":" + std::to_string(ends) + ",\"seconds\":" + std::to_string(seconds) + '}');
}

}  // namespace

StreamLease::StreamLease(StreamLeases& leases, StreamBody& stream, std::string subject,
                         base::WallMs ends)
    : leases_(leases), stream_(stream), subject_(std::move(subject)), ends_(ends) {
  count();
  begin(ends);
}

StreamLease::~StreamLease() {
  leases_.unfile(*this);
  uncount();
}

void StreamLease::count() const {
  if (!subject_.empty()) leases_.clients_.add_stream(subject_);
}

void StreamLease::uncount() const {
  if (!subject_.empty()) leases_.clients_.remove_stream(subject_);
}

void StreamLease::renew(const std::string& subject, base::WallMs ends) {
  BC_CHECK(subject_.empty() || subject_ == subject);
  uncount();
  subject_ = subject;
  count();
  leases_.unfile(*this);
  begin(ends);
}

void StreamLease::begin(base::WallMs ends) {
  ends_ = ends;
  told_ = false;
  leases_.file(*this, ends == auth::kNever ? ends : ends - kNoticeMs);
}

StreamLeases::~StreamLeases() { BC_CHECK(due_.empty(), due_.size()); }

base::WallMs StreamLeases::end_of(const auth::Grant& grant, const auth::Options& options) const {
  if (!grant.is_proven()) return auth::kNever;
  const base::WallMs now = clock_.wall_ms();
  const base::WallMs last = now + milliseconds(options.stream_max).count();
  if (grant.ends > now) return std::min(grant.ends, last);
  return auth::last_moment(grant, options);
}

void StreamLeases::file(StreamLease& lease, base::WallMs due) {
  lease.due_ = due;
  if (due != auth::kNever) due_.emplace(due, &lease);
}

void StreamLeases::unfile(StreamLease& lease) {
  due_.erase({lease.due_, &lease});
  lease.due_ = auth::kNever;
}

bool StreamLeases::expire(broker::Hub& hub, std::size_t streams_max) {
  const base::WallMs now = clock_.wall_ms();
  for (; !due_.empty() && due_.begin()->first <= now; --streams_max) {
    if (streams_max == 0) return true;
    StreamLease& lease = *due_.begin()->second;
    unfile(lease);
    act(lease, now, hub);
  }
  return false;
}

void StreamLeases::act(StreamLease& lease, base::WallMs now, broker::Hub& hub) {
  broker::Subscription& subscription = *lease.stream_.subscription();
  if (now >= lease.ends_) return subscription.end(broker::EndReason::token);
  lease.told_ = lease.told_ || hub.tell(subscription, expiring(lease.ends_, now));
  file(lease, lease.told_ ? lease.ends_ : std::min(lease.ends_, now + kAgainMs));
}

}  // namespace gateway::api
