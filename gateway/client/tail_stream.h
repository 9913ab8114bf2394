// What: what `tail` makes of the bytes of its streams, which it takes for one: prints events, keeps
// the position, tells gaps and returns. Owner and thread: tail's. Does no I/O but to the console.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/sse_reader.h"
#include "client/tail.h"
#include "client/transfer.h"

namespace gateway::client {

class TailStream final : public Receiver {
 public:
  TailStream(const TailOptions& options, const World& world);

  /// The next attempt begins; `well_at` is when there was a stream last.
  void begin(base::MonoTime well_at);
  bool head(const Head& head) override;
  bool body(std::string_view bytes) override;

  /// The exit code, once tail is to end.
  std::optional<int> exit_code() const { return exit_code_; }
  const Head& head() const { return head_; }
  /// An event stream, not a refusal.
  bool is_stream() const { return head_.status == 200; }
  /// The body of a refusal.
  const std::string& refusal_body() const { return refusal_body_; }
  /// boardcast.open came on this attempt.
  bool opened() const { return opened_; }
  /// What boardcast.end said on this attempt; empty where nothing did.
  const std::string& end_reason() const { return end_reason_; }
  /// The last id, for the next attempt; empty before the first.
  const std::string& position() const { return reader_.last_event_id(); }
  std::optional<std::uint64_t> retry_ms() const { return reader_.retry(); }
  /// How many events are still wanted, where there is a limit.
  std::uint64_t left() const { return options_.limit - printed_; }

 private:
  bool take(const SseEvent& event);
  bool take_own(const SseEvent& event);
  void say_open();
  bool finish(int code);
  /// The console ended while it printed.
  bool unprinted();

  const TailOptions& options_;
  const World& world_;
  SseReader reader_;
  Head head_;
  std::string refusal_body_;
  std::string output_;  // of the events of one piece of the stream
  std::string end_reason_;
  bool opened_ = false;
  bool opened_before_ = false;
  base::MonoTime well_at_;
  std::uint64_t printed_ = 0;
  std::optional<int> exit_code_;
};

}  // namespace gateway::client
