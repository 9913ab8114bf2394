// What: one request and its response, as the handler sees it. Owner: the session; an exchange dies
// with its stream (answered whole, reset, connection lost), so a handler that answers later keeps a
// weak pointer. Thread: the connection's worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/weak_ptr.h"
#include "http/body_source.h"
#include "http/message.h"

namespace gateway::http {

/// What a client has shown for himself under TLS, which verified it when the connection began.
struct PeerCertificate {
  std::vector<std::string> names;  // whom it is made out to, the most telling first
  base::WallMs ends = 0;           // when it expires, which may be before the connection does
};

/// What a handler may know of the connection under an exchange. Owned by the connection.
struct Peer {
  std::string address;        // "127.0.0.1:40612", "[::1]:40612"
  std::string connection_id;  // "c17": unique in the process
  Protocol protocol = Protocol::http2;
  std::unique_ptr<const PeerCertificate> certificate = nullptr;  // null: he has shown none
  /// The client's address as limits know it, a keyed hash; 0: none of them meets him.
  std::uint64_t network = 0;
};

class AccessLine;

class Exchange : public base::WeakTarget<Exchange> {
 public:
  virtual ~Exchange() = default;

  /// Until the head of the response has gone out (a source must not ask): it is freed then.
  virtual const Request& request() const = 0;
  virtual const Peer& peer() const = 0;
  /// What the log will say of this exchange; null when it says nothing. To be asked for until one
  /// of the `respond`s: it lives as long as the exchange, and as the source of a streamed answer.
  virtual AccessLine* access_line() const { return nullptr; }

  /// Answers whole. Exactly one of the two `respond`s is called, once. A HEAD request's body is
  /// counted for content-length and not sent. May destroy this exchange later, never inside the
  /// call.
  virtual void respond(Response response) = 0;
  /// Answers with a body that is pulled from `source`. To HEAD, the source is destroyed unread.
  virtual void respond_stream(Response head, std::unique_ptr<BodySource> source) = 0;
  /// The source has something to say (or to end) after it said {0, false}. Cheap to repeat.
  virtual void wake() = 0;
  /// Cuts the stream: RST_STREAM(CANCEL) on HTTP/2, closes the connection on HTTP/1.1. The source
  /// is destroyed in the coming flush, not inside the call.
  virtual void abort() = 0;
};

/// Why a session itself refuses a request whose head it could read at least in part.
struct Refusal {
  int status = 400;         // 400, 408, 413, 414, 421, 431, 501, 505
  std::string_view detail;  // a sentence for the client; static text
};

/// Receives whole requests. One per worker; outlives its sessions.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Called after a batch of received bytes was parsed, never from within a library callback. The
  /// exchange has not ended yet. Must call one of the `respond`s, now or later.
  virtual void handle(Exchange& exchange) = 0;
  /// The session refuses this request: answer at once with `refusal.status` (the handler knows how
  /// errors look and which cross-origin fields they carry). Fields may be missing, the body is.
  virtual void refuse(Exchange& exchange, const Refusal& refusal) = 0;
};

}  // namespace gateway::http
