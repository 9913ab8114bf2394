// What: HTTP/2 (RFC 9113) over nghttp2: takes frames, hands whole requests to the handler at the
// end of each batch of received bytes, and gathers the DATA frames of all streams that have
// something to say into the caller's buffer. Owner: the connection. Thread: the connection's
// worker. Invariants: mem_send and mem_recv are never entered from one of the library's callbacks,
// nor from `wake`, `abort` or a `respond`. Those queue frames and leave notes at most (the library
// allows submitting anywhere); bytes move in the next `receive` or `send` alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "http/h2_frame_tracker.h"
#include "http/h2_glitches.h"
#include "http/h2_ledger.h"
#include "http/h2_library.h"
#include "http/h2_recent_streams.h"
#include "http/h2_stream.h"
#include "http/h2_uploads.h"
#include "http/session.h"
#include "http/session_common.h"

namespace gateway::http {

class H2Session final : public Session {
 public:
  H2Session(const SessionContext& context, Host& host, base::MonoTime now);
  ~H2Session() override;
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  bool receive(std::string_view bytes, base::MonoTime now) override;
  std::size_t send(char* out, std::size_t room) override;
  bool left_over() const override { return left_over_; }
  bool finished() const override;
  bool wants_input() const override { return !over_; }
  std::optional<base::MonoTime> deadline() const override;
  bool advance(base::MonoTime now) override;
  void shut_down() override;
  std::size_t open_exchanges() const override { return open_count_; }

  /// Heap bytes that the library holds for this connection.
  std::size_t library_bytes() const { return memory_.bytes; }

  // For the streams.

  /// Queues the head of the response; the body follows by pulling when the stream has a source.
  /// `length`: of a whole body; nothing when it is streamed.
  void submit(H2Stream& stream, Response& response, std::optional<std::size_t> length);
  /// The stream wants to say more, or to be cut, in the next `send`.
  void call_on(H2Stream& stream);
  const Peer& peer() const { return context_.peer; }

 private:
  friend struct H2Callbacks;

  /// Where `send` writes to, while it runs.
  struct Output {
    char* at = nullptr;
    std::size_t left = 0;
    std::size_t used = 0;
    bool full = false;      // a DATA frame waits for the next buffer
    bool pending = false;   // the library has something to give
    bool settling = false;  // its next DATA frame is not for the client
    std::size_t vain = 0;   // streams asked since bytes were written
  };

  // Incoming (h2_requests.cc), called while the library parses.
  void open_stream(std::int32_t id);
  void close_stream(std::unique_ptr<H2Stream> stream);
  void head_complete(H2Stream& stream, std::size_t block_bytes, bool end_stream);
  void body_chunk(H2Stream& stream, std::string_view bytes);
  void drop_body(H2Stream& stream, const Refusal& refusal);
  void body_complete(H2Stream& stream);
  void refuse(H2Stream& stream, const Refusal& refusal);
  void refuse_stream(H2Stream& stream);
  void give_up(H2Stream& stream);
  bool charge(std::uint64_t tokens);
  void count_fault();
  void library_gave_up(std::uint32_t error_code);
  void flatten(std::int32_t id);

  // Between library calls.
  void library_called();
  void refuse_late_data(base::MonoTime now);
  bool check_received(std::ptrdiff_t result);
  void dispatch();
  bool end_with(std::uint32_t error_code);
  bool end_for_glitches();
  void response_head_sent(H2Stream& stream);
  void answered_early(std::int32_t id);
  void response_went_on(H2Stream& stream);

  // Outgoing (h2_data.cc).
  void replenish();
  void take_frames();
  void frame_called();
  void go_on(H2Stream& stream);
  bool send_past_library(H2Stream& stream);
  std::optional<BodySource::Ready> next_frame(H2Stream& stream, std::size_t max);
  void write_body(H2Stream& stream, const std::uint8_t* head, std::size_t length);
  std::ptrdiff_t library_asks(H2Stream& stream, std::size_t length, std::uint32_t& flags);
  void library_sends(H2Stream& stream, const std::uint8_t* head, std::size_t length);
  bool has_room() const;
  void write(const char* bytes, std::size_t count);

  // Timers (h2_timers.cc).
  bool check_header_times(base::MonoTime now);
  void check_bodies(base::MonoTime now);
  void check_unread(base::MonoTime now);
  void check_responses(base::MonoTime now);
  void check_idle(base::MonoTime now);
  bool check_ping(base::MonoTime now);
  bool ping_is_on_its_way();
  void ping_left(const std::uint8_t* opaque);      // 8 bytes
  void ping_answered(const std::uint8_t* opaque);  // 8 bytes
  void second_goaway();
  base::MonoTime ping_due() const;

  // What each `send` and the question for a deadline behind it touch, side by side.
  const SessionContext context_;
  Host& host_;
  /// Of the PING interval, in 1024ths.
  const int ping_stretch_;
  base::IntrusiveList<H2Stream, H2AgendaTag> called_;  // by wake and abort
  bool destroying_ = false;
  bool over_ = false;       // nothing is read any more
  bool failed_ = false;     // the library is unusable
  bool left_over_ = false;  // by the last `send`
  /// It is not over and has said all that it may (DATA may wait for a window, which only `receive`
  /// opens); nobody has called it since.
  bool library_idle_ = false;
  bool bodies_had_a_turn_ = false;  // the library's, since a stream that was called had one
  bool settings_received_ = false;
  bool shutting_down_ = false;
  Output output_;
  H2Ledger ledger_;
  std::size_t open_count_ = 0;
  std::string overflow_;  // of a frame that did not fit into the last buffer
  H2Uploads uploads_;
  base::MonoTime started_;
  base::MonoTime now_;
  base::MonoTime heard_at_;  // bytes of the peer, or a postponed PING
  base::MonoTime idle_since_;
  std::optional<base::MonoTime> ping_since_;  // one is outstanding, its answer awaited from then
  std::optional<base::MonoTime> second_goaway_at_;
  base::IntrusiveList<H2Stream, H2AgendaTag> sending_;  // whole responses, longest stalled first
  H2Glitches glitches_;
  /// Streams whose response ended before their request did, and when the rest of it is refused.
  std::map<std::int32_t, base::MonoTime> unread_;
  H2FrameTracker frames_;

  // And what they do not.
  base::HttpDate date_;
  H2Memory memory_;
  nghttp2_session* library_;
  const std::size_t outbound_frames_max_;  // by what the client was told it may open
  H2RecentStreams<64> recent_resets_;
  std::optional<RequestBuilder> head_;  // of the header block being read
  base::IntrusiveList<H2Stream, H2OpenTag> open_;
  base::IntrusiveList<H2Stream, H2AgendaTag> complete_;  // for the handler
  std::uint64_t requests_ = 0;
  std::uint32_t fatal_code_ = 0;  // why a callback stopped the parsing
  /// What was sent before the outstanding PING, and how much of it had arrived when last looked at;
  /// nothing while the PING has not left.
  std::optional<Host::Outgoing> before_ping_;
  bool shut_down_wanted_ = false;
  bool fault_counted_ = false;
};

}  // namespace gateway::http
