#include "http/access_line.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace gateway::http {
namespace {

class LoggedSource final : public BodySource {
 public:
  LoggedSource(std::unique_ptr<BodySource> source, std::unique_ptr<AccessLine> line)
      : line_(std::move(line)), source_(std::move(source)) {}
  Ready ready(std::size_t max) override { return source_->ready(max); }
  void copy(char* to, std::size_t bytes) override {
    source_->copy(to, bytes);
    line_->sent(bytes);
  }

 private:
  std::unique_ptr<AccessLine> line_;
  std::unique_ptr<BodySource> source_;  // behind the line, in which it may say how it ended
};

}  // namespace

AccessLine::AccessLine(const Request& request, const Peer& peer, const base::Clock& clock)
    : peer_(peer),
      clock_(clock),
      began_(clock.now()),
      method_(request.method),
      path_(request.path),
      protocol_(request.protocol) {}

AccessLine::~AccessLine() {
  using std::chrono::milliseconds;
  const auto took = std::chrono::duration_cast<milliseconds>(clock_.now() - began_);
  const bool is_stream = !ended_.empty();
  base::log_line(base::LogLevel::info, "request",
                 {{"peer", peer_.address},
                  {"connection", peer_.connection_id},
                  {"method", method_},
                  {"path", path_},
                  {"protocol", to_string(protocol_)},
                  {"status", status_},
                  {"bytes", bytes_},
                  {"duration_ms", took.count()},
                  {subject_.empty() ? "" : "subject", subject_},
                  {is_stream ? "ended" : "", ended_},
                  {is_stream ? "events" : "", events_}});
}

void AccessLine::stream_ended(std::string_view reason, std::uint64_t events) {
  ended_ = reason;
  events_ = events;
}

std::unique_ptr<BodySource> logged(std::unique_ptr<BodySource> source,
                                   std::unique_ptr<AccessLine> line) {
  if (!line) return source;
  return std::make_unique<LoggedSource>(std::move(source), std::move(line));
}

}  // namespace gateway::http
