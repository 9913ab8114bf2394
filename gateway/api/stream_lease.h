// What: streams that a token or a certificate has opened, until it ends: each is told so half a
// minute before, and ended then, unless a PATCH with a fresh one has moved the end. Owner: a lease
// belongs to its stream, the leases to the worker; they outlive the streams. Thread: the worker's.
// Invariant: a lease with an end is filed once, under the wall clock's time at which something is
// to be done.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "api/client_limits.h"
#include "auth/grant.h"
#include "auth/options.h"
#include "base/clock.h"
#include "broker/hub.h"

namespace gateway::api {

class StreamBody;
class StreamLeases;

class StreamLease {
 public:
  StreamLease(StreamLeases& leases, StreamBody& stream, std::string subject, base::WallMs ends);
  ~StreamLease();
  StreamLease(const StreamLease&) = delete;
  StreamLease& operator=(const StreamLease&) = delete;

  /// Whose stream it is; empty: nobody's in particular. Once somebody's, never another's.
  const std::string& subject() const { return subject_; }
  /// auth::kNever: it does not end.
  base::WallMs ends() const { return ends_; }
  /// Its end is another one now, which is told anew. `subject`: whose token moves it; only a stream
  /// of nobody in particular becomes another's.
  void renew(const std::string& subject, base::WallMs ends);

 private:
  friend class StreamLeases;

  void begin(base::WallMs ends);
  void count() const;
  void uncount() const;

  StreamLeases& leases_;
  StreamBody& stream_;
  std::string subject_;
  base::WallMs ends_;
  base::WallMs due_ = auth::kNever;
  bool told_ = false;
};

class StreamLeases {
 public:
  static constexpr std::chrono::seconds kNotice{30};

  /// Tells `clients` whose streams there are.
  StreamLeases(const base::Clock& clock, ClientLimits& clients)
      : clock_(clock), clients_(clients) {}
  /// No lease is left.
  ~StreamLeases();
  StreamLeases(const StreamLeases&) = delete;
  StreamLeases& operator=(const StreamLeases&) = delete;

  /// When a stream ends that `grant` opens or renews now: with its token or certificate, or after
  /// `options.stream_max` when that is sooner. One whose token counts only by `options.leeway` any
  /// more ends with that.
  base::WallMs end_of(const auth::Grant& grant, const auth::Options& options) const;
  /// Tells or ends what is due, at most `streams_max`; true when some are left (call again next
  /// turn). Call as often as the hub beats; costs only for what is due.
  bool expire(broker::Hub& hub, std::size_t streams_max);
  std::size_t size() const { return due_.size(); }

 private:
  friend class StreamLease;

  void file(StreamLease& lease, base::WallMs due);
  void unfile(StreamLease& lease);
  void act(StreamLease& lease, base::WallMs now, broker::Hub& hub);

  const base::Clock& clock_;
  ClientLimits& clients_;
  std::set<std::pair<base::WallMs, StreamLease*>> due_;
};

}  // namespace gateway::api
