// What: the fields that every answer has, whole ones and streams: cross-origin access (cors.h), and
// over TLS the promise that it will be TLS again. Thread: the worker's.
#pragma once

#include "api/options.h"
#include "http/message.h"

namespace gateway::api {

/// strict-transport-security (RFC 6797 §7): over TLS alone, where options.hsts is set.
void add_common_fields(const Options& options, const http::Request& request,
                       http::Response& response);

}  // namespace gateway::api
