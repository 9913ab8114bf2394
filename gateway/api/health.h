// What: the two questions that a load balancer asks: does the process run, and does it want
// requests? Thread: the worker's.
#pragma once

#include "api/fleet.h"
#include "auth/gate.h"
#include "backbone/backbone.h"
#include "http/message.h"

namespace gateway::api {

/// GET /healthz: 200 {"status":"up"}: whoever can answer is up.
http::Response health();
/// GET /readyz: 200 {"status":"ready"}, or 503 {"status":"draining"} from the first stop signal on,
/// {"status":"full"} while new streams are refused because memory is short, or connections because
/// descriptors are, {"status":"disconnected"} while the backbone is away, {"status":"keyless"}
/// until the keys came that are published elsewhere.
http::Response readiness(const Fleet& fleet, const backbone::Backbone& backbone,
                         const auth::Gate& gate);

}  // namespace gateway::api
