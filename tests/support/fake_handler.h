// What: an http::Handler that writes down what reaches it and answers as the test says. Owner and
// thread: the test's.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/weak_ptr.h"
#include "http/exchange.h"

namespace gateway::test {

class FakeHandler final : public http::Handler {
 public:
  /// What to do with a whole request. The default answers 200 with "method path?query".
  std::function<void(http::Exchange&)> on_handle = [](http::Exchange& exchange) {
    const http::Request& request = exchange.request();
    std::string body = request.method + " " + request.path;
    if (!request.query.empty()) body += "?" + request.query;
    exchange.respond({200, {}, std::move(body)});
  };

  void handle(http::Exchange& exchange) override {
    requests.push_back(exchange.request());
    exchanges.push_back(exchange.weak());
    on_handle(exchange);
  }
  void refuse(http::Exchange& exchange, const http::Refusal& refusal) override {
    refused_requests.push_back(exchange.request());
    refusals.push_back(refusal);
    exchange.respond({refusal.status, {}, std::string(refusal.detail)});
  }

  /// Copies, in the order of their coming.
  std::vector<http::Request> requests;
  /// Null once the exchange is gone.
  std::vector<base::WeakPtr<http::Exchange>> exchanges;
  std::vector<http::Refusal> refusals;
  std::vector<http::Request> refused_requests;
};

}  // namespace gateway::test
