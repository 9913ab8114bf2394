// What: the one way out for whole answers: every handler replies through it, so that the API adds
// the fields that all answers share in one place. Thread: the worker's.
#pragma once

#include <functional>

#include "http/exchange.h"

namespace gateway::api {

using Reply = std::function<void(http::Exchange&, http::Response)>;

}  // namespace gateway::api
