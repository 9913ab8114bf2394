// What: one HTTP/2 stream as an exchange. There may be a hundred thousand idle ones, so it is lean:
// the request is dropped as soon as the head of the response has gone out. Owner: its session.
// Thread: the connection's worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "http/access_line.h"
#include "http/body_source.h"
#include "http/exchange.h"

namespace gateway::http {

class H2Session;

struct H2OpenTag;  // all streams of a session
/// One of: body arriving, waiting for the handler, whole response going out, wanting a turn in
/// `send`.
struct H2AgendaTag;

/// What a stream holds until the head of its response has gone out.
struct H2Incoming {
  Request request;
  base::MonoTime body_deadline{};
  std::size_t withheld = 0;    // body bytes whose window was not given back to the stream
  std::size_t head_bytes = 0;  // counted against the budget of H2Uploads
  std::size_t body_bytes = 0;  // the same
  std::optional<Refusal> refusal;
  std::unique_ptr<AccessLine> line;  // null: not logged, or it is the body's
};

class H2Stream final : public Exchange,
                       public base::ListLink<H2OpenTag>,
                       public base::ListLink<H2AgendaTag> {
 public:
  using Agenda = base::ListLink<H2AgendaTag>;

  H2Stream(H2Session& session, std::int32_t id);
  ~H2Stream() override;

  const Request& request() const override;
  const Peer& peer() const override;
  AccessLine* access_line() const override { return incoming_ ? incoming_->line.get() : nullptr; }
  void respond(Response response) override;
  void respond_stream(Response head, std::unique_ptr<BodySource> source) override;
  void wake() override;
  void abort() override;

  std::int32_t id() const { return id_; }
  /// Null once the head of the response has gone out.
  H2Incoming* incoming() const { return incoming_.get(); }
  void drop_incoming() { incoming_.reset(); }
  bool aborted() const { return aborted_; }
  bool has_body() const { return source_ != nullptr; }
  /// The client's fault ended it: a reset is under way and its request reaches nobody any more.
  bool given_up() const { return given_up_; }
  void give_up() { given_up_ = true; }

  /// When a whole response last went on; nothing for other responses.
  std::optional<base::MonoTime> progress_at() const;
  /// Of a whole response only.
  void set_progress_at(base::MonoTime now);

  /// Bytes of DATA that the library has yet to be told of, see H2Ledger; below 64 KiB.
  std::size_t owed() const { return owed_; }
  void set_owed(std::size_t bytes) { owed_ = static_cast<std::uint16_t>(bytes); }
  /// What its window is known to let through, see H2Ledger; below 64 KiB.
  std::size_t sure() const { return sure_; }
  void set_sure(std::size_t bytes) { sure_ = static_cast<std::uint16_t>(bytes); }

  /// The next bytes of the body; Next::later also marks the stream so that `wake` calls it on.
  BodySource::Ready ready(std::size_t max);
  void copy(char* to, std::size_t bytes) { source_->copy(to, bytes); }

 private:
  H2Session& session_;
  std::unique_ptr<H2Incoming> incoming_;
  std::unique_ptr<BodySource> source_;
  std::int32_t id_;
  std::uint16_t owed_ = 0;
  std::uint16_t sure_ = 0;
  bool responded_ = false;
  bool idle_ = false;  // the source has nothing more yet, and the library knows of no body
  bool aborted_ = false;
  bool given_up_ = false;
  bool whole_ = false;  // the source is a whole body
};

}  // namespace gateway::http
