// What: the answer to GET /: what is served here, as lines to copy into a shell. Thread: pure
// functions.
#pragma once

#include "http/message.h"

namespace gateway::api {

/// Of the traffic listeners; the lines carry the address that the request came to and, where
/// it is a loopback name under TLS, the development CA.
http::Response traffic_help(const http::Request& request);
/// Of the admin listener.
http::Response admin_help(const http::Request& request);

}  // namespace gateway::api
