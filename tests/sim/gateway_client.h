// What: the client's half of a simulated connection: sends requests, takes bytes, and hands what
// comes back on each request to its model. Two kinds behind one interface: HTTP/2 by the tests' own
// client library, HTTP/1.1 with pipelining, unframed strictly by RFC 9112 §7.1 in pieces of any
// size. Owner: the simulated connection. Thread: the simulation's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "sim/gateway_model.h"

namespace gateway::sim {

struct ClientRequest {
  std::string method = "GET";
  std::string target;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<std::string> body;
};

class SimClient {
 public:
  virtual ~SimClient() = default;
  virtual void request(const ClientRequest& request, std::unique_ptr<ModelExchange> model) = 0;
  /// False once the server has said that it takes no more.
  virtual bool may_request() const = 0;
  /// What there is to send now.
  virtual std::string output() = 0;
  virtual void receive(std::string_view bytes) = 0;
  /// Lets the server send on where a window is used up.
  virtual void give_windows() {}
  /// Resets one of the requests that run, if the protocol can.
  virtual void reset_one(base::Random&) {}
  /// Some request was answered before all of it was sent, and its stream is still open.
  virtual bool answered_early() { return false; }
  /// The connection has ended.
  virtual void lose_all() = 0;
  /// Calls `visit` with each request that is not over, oldest first.
  virtual void each(const std::function<void(ModelExchange&)>& visit) = 0;
};

/// Windows, priorities as Chromium has them and the way in which windows are given back are drawn.
std::unique_ptr<SimClient> make_h2_client(base::Random& random);
std::unique_ptr<SimClient> make_h1_client();

}  // namespace gateway::sim
