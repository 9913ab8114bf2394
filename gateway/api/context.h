// What: everything the handlers of one worker work with, and their counters. Owner: the worker; all
// references outlive the handlers. Thread: the worker's.
#pragma once

#include "api/client_limits.h"
#include "api/fleet.h"
#include "api/kicks.h"
#include "api/metrics.h"
#include "api/options.h"
#include "api/stream_lease.h"
#include "api/stream_names.h"
#include "api/stream_table.h"
#include "auth/gate.h"
#include "backbone/backbone.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/random.h"
#include "broker/hub.h"
#include "broker/options.h"

namespace gateway::api {

/// Cells of one worker.
struct Counters {
  base::Counter publish_requests;
  base::Counter published_events;
  base::Counter publish_deduplicated;         // events answered with the id they had
  base::Counter publish_refused_invalid;      // 400, 413, 415
  base::Counter publish_refused_conflict;     // 409
  base::Counter publish_refused_unavailable;  // 503
  base::Counter foreign_origin;               // 403 by origin
  base::Counter streams_refused_drain;        // asked for while draining
  base::Counter streams_refused_kicked;       // asked for by one who was kicked
  base::Counter streams_refused_memory;       // asked for while memory is short
  ClientCounters clients;
  base::Counter streams_refused_backbone;  // asked for while the log is not known
};

struct Context {
  const Options& options;
  const broker::Options& stream_options;
  backbone::Backbone& backbone;
  broker::Hub& hub;
  base::Random& random;
  const base::Clock& clock;
  Fleet& fleet;
  const Metrics& metrics;
  Counters& counters;
  StreamTable& streams;
  Kicks& kicks;
  StreamNames& names;
  auth::Gate& gate;
  StreamLeases& leases;
  ClientLimits& clients;
};

}  // namespace gateway::api
