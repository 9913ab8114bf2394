// What: HTTP exchanges with one gateway, one at a time, over one kept connection: HTTP/2 where TLS
// offers it. The only file that moves bytes. Blocking, but never deaf: an exchange ends when the
// console ends or when the gateway is silent for too long. Owner and thread: the command's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "client/console.h"
#include "client/target.h"

namespace gateway::client {

struct Request {
  std::string url;
  std::vector<std::string> fields;  // "name: value"
  /// With a body it is a POST, without one a GET.
  std::optional<std::string> body;
  /// Silence of the gateway that means it is gone; while connecting too.
  std::chrono::milliseconds silence_max{};
  /// What the whole exchange may take; 0: any time.
  std::chrono::milliseconds time_max{};
};

struct Head {
  int status = 0;
  std::string content_type;
  std::optional<std::chrono::seconds> retry_after;
};

/// Takes an answer. Each function answers whether to go on.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Once, before the first byte of the body, or at the end where there is none.
  virtual bool head(const Head& head) = 0;
  virtual bool body(std::string_view bytes) = 0;
};

/// How an exchange ended.
struct Outcome {
  enum class Kind {
    complete,  // the answer was received whole
    stopped,   // the receiver or the console wanted no more
    failed,    // it may pass another time
    hopeless   // it will not: a certificate that nobody vouches for, for example
  };
  Kind kind = Kind::failed;
  /// One byte of the request's body at least may have left.
  bool body_sent = false;
  /// For a person, where it failed.
  std::string why;
};

class Transfer {
 public:
  Transfer(const Target& target, const base::Clock& clock, Console& console);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  Outcome run(const Request& request, Receiver& receiver);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
  Target target_;
  const base::Clock& clock_;
  Console& console_;
};

}  // namespace gateway::client
