// What: the one way out for whole answers: every handler replies through it, so that the API adds
// the fields that all answers share in one place; and the heads of those that have a body. Thread:
// the worker's.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "http/exchange.h"
#include "http/message.h"

namespace gateway::api {

using Reply = std::function<void(http::Exchange&, http::Response)>;

/// An answer with this body, 200 unless the caller says otherwise, that no cache may store.
inline http::Response text_answer(std::string media_type, std::string text) {
  http::Response response;
  response.fields.add("content-type", std::move(media_type));
  response.fields.add("cache-control", "no-store");
  response.body = std::move(text);
  return response;
}

/// The same with `json` and a line break, for terminals.
inline http::Response json_answer(std::string json) {
  return text_answer("application/json", std::move(json) + '\n');
}

}  // namespace gateway::api
