// What: the HTTP/1.1 side of a connection (RFC 9112): requests are read one at a time and answered
// in the order they came. Owner: the connection, through http::Session. Thread: the connection's
// worker. Invariants: at most one exchange is open; the next request is read only when its response
// was written whole; what waits meanwhile is at most kPipelinedBytesMax and one read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/h1_exchange.h"
#include "http/h1_parser.h"
#include "http/h1_writer.h"
#include "http/session.h"

namespace gateway::http {

class H1Session final : public Session {
 public:
  /// Unread bytes at which the connection is asked to stop reading while a response is due. With
  /// reads of 16 KiB, a connection holds 64 KiB at most.
  static constexpr std::size_t kPipelinedBytesMax = 48 * 1024;

  H1Session(const SessionContext& context, Host& host, base::MonoTime now);
  ~H1Session() override;
  H1Session(const H1Session&) = delete;
  H1Session& operator=(const H1Session&) = delete;

  bool receive(std::string_view bytes, base::MonoTime now) override;
  std::size_t send(char* out, std::size_t room) override;
  bool left_over() const override { return true; }  // perhaps
  bool finished() const override;
  bool wants_input() const override;
  std::optional<base::MonoTime> deadline() const override { return deadline_; }
  bool advance(base::MonoTime now) override;
  void shut_down() override;
  std::size_t open_exchanges() const override { return exchange_ ? 1 : 0; }

 private:
  /// What the connection waits for, each with its own time-out.
  enum class Waiting : std::uint8_t { first_byte, head, body, answer, next_request };

  std::string_view unread() const { return std::string_view(input_).substr(input_at_); }
  void read_request(base::MonoTime now);
  void parse();
  void dispatch();
  void refuse(const Refusal& refusal);
  void begin_exchange(H1Exchange::Traits traits);
  void end_exchange();
  void cut();
  void wait(base::MonoTime now);
  void close();

  SessionContext context_;
  Host& host_;
  base::HttpDate date_;
  H1Parser parser_;
  std::string input_;
  std::size_t input_at_ = 0;  // what is before it was read
  std::unique_ptr<H1Exchange> exchange_;
  H1Writer writer_;  // behind the exchange: a source goes before the exchange that it wakes
  Waiting waiting_ = Waiting::first_byte;
  std::optional<base::MonoTime> deadline_;
  bool draining_ = false;  // no request after the one that has begun
  bool over_ = false;      // no request is read any more, and every answer that is due was given
};

}  // namespace gateway::http
