#include "http/h1_session.h"

#include <utility>

#include "base/check.h"
#include "base/release.h"
#include "http/session_common.h"

namespace gateway::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr Refusal kHeadTooSlow{408, "The request's head took too long to arrive."};
constexpr Refusal kBodyTooSlow{408, "The request's body took too long to arrive."};

void count_refusal(SessionCounters& counters, int status) {
  switch (status) {
    case 413:
      counters.body_limit_refusals.add();
      break;
    case 414:
    case 431:
      counters.header_limit_refusals.add();
      break;
    case 400:
    case 505:
      counters.protocol_errors.add();
      break;
    default:  // 408 is counted by what was waited for; the others are no fault of the protocol
      break;
  }
}

}  // namespace

std::unique_ptr<Session> make_h1_session(const SessionContext& context, Session::Host& host,
                                         base::MonoTime now) {
  return std::make_unique<H1Session>(context, host, now);
}

H1Session::H1Session(const SessionContext& context, Host& host, base::MonoTime now)
    : context_(context),
      host_(host),
      parser_(context.options, context.tls),
      deadline_(now + context.options.header_timeout) {}

H1Session::~H1Session() = default;

bool H1Session::receive(std::string_view bytes, base::MonoTime now) {
  if (over_) return false;
  if (exchange_ && !exchange_->keep_alive()) return true;  // nobody will read these
  input_.erase(0, std::exchange(input_at_, 0));
  input_ += bytes;
  if (!exchange_) read_request(now);
  return !over_;
}

std::size_t H1Session::send(char* out, std::size_t room) {
  std::size_t written = 0;
  do {
    if (exchange_ && exchange_->aborted()) {
      cut();
      break;
    }
    if (exchange_ && exchange_->responded()) exchange_->drop_request();
    written += writer_.write(out + written, room - written);
    if (!exchange_ || !exchange_->ended()) break;
    end_exchange();
    if (!over_) read_request(context_.clock.now());
  } while (!writer_.drained());
  return written;
}

bool H1Session::finished() const { return over_ && !exchange_ && writer_.drained(); }

bool H1Session::wants_input() const { return !exchange_ || unread().size() < kPipelinedBytesMax; }

// Reads at most one request: up to its end, its refusal, or the end of what there is.
void H1Session::read_request(base::MonoTime now) {
  parse();
  if (unread().empty()) {
    base::release(input_);
    input_at_ = 0;
  }
  wait(now);
}

void H1Session::parse() {
  bool more = true;
  while (more) {
    const H1Parser::State before = parser_.state();
    input_at_ += parser_.parse(unread());
    if (parser_.state() == H1Parser::State::body && context_.memory_is_short()) {
      context_.counters.memory_refusals.add();
      return refuse(kMemoryShort);
    }
    more = before == H1Parser::State::head && parser_.state() == H1Parser::State::body;
    if (more && parser_.expects_continue()) {
      writer_.put(kContinue);
      host_.output_ready();
    }
  }
  if (parser_.state() == H1Parser::State::complete) dispatch();
  if (parser_.state() == H1Parser::State::refused) refuse(parser_.refusal());
}

void H1Session::dispatch() {
  begin_exchange({.chunks = parser_.http11(), .keep_alive = parser_.keep_alive() && !draining_});
  parser_.reset();
  context_.handler.handle(*exchange_);
}

void H1Session::refuse(const Refusal& refusal) {
  begin_exchange({.chunks = parser_.http11(), .keep_alive = false});
  count_refusal(context_.counters, refusal.status);
  context_.handler.refuse(*exchange_, refusal);
  BC_CHECK(exchange_->responded(), refusal.status);
  close();
}

void H1Session::begin_exchange(H1Exchange::Traits traits) {
  context_.counters.requests_h1.add();
  const H1Exchange::Connection connection{context_, host_, writer_, date_};
  exchange_ = std::make_unique<H1Exchange>(connection, parser_.take_request(), traits);
}

void H1Session::end_exchange() {
  const bool keep_alive = exchange_->keep_alive();
  exchange_.reset();
  if (!keep_alive) close();
}

void H1Session::cut() {
  writer_.clear();
  exchange_.reset();
  close();
}

void H1Session::wait(base::MonoTime now) {
  Waiting next = waiting_ == Waiting::first_byte ? Waiting::first_byte : Waiting::next_request;
  if (exchange_) {
    next = Waiting::answer;
  } else if (parser_.state() == H1Parser::State::body) {
    next = Waiting::body;
  } else if (!unread().empty()) {
    next = Waiting::head;
  }
  if (over_ || next == waiting_) return;
  waiting_ = next;
  const Options& options = context_.options;
  switch (waiting_) {
    case Waiting::first_byte:
    case Waiting::head:
      deadline_ = now + options.header_timeout;
      break;
    case Waiting::body:
      deadline_ = now + options.body_timeout;
      break;
    case Waiting::answer:
      deadline_.reset();
      break;
    case Waiting::next_request:
      deadline_ = now + options.idle_timeout;
      break;
  }
}

bool H1Session::advance(base::MonoTime now) {
  if (!deadline_ || now < *deadline_) return !over_;
  SessionCounters& counters = context_.counters;
  switch (waiting_) {
    case Waiting::first_byte:
      counters.header_timeouts.add();
      close();
      break;
    case Waiting::head:
      counters.header_timeouts.add();
      parser_.give_up_head(unread());
      refuse(kHeadTooSlow);
      break;
    case Waiting::body:
      counters.body_timeouts.add();
      refuse(kBodyTooSlow);
      break;
    case Waiting::next_request:
      counters.idle_timeouts.add();
      close();
      break;
    case Waiting::answer:
      BC_CHECK(false, "an answer has no deadline");
  }
  return !over_;
}

void H1Session::shut_down() {
  draining_ = true;
  if (exchange_) {
    exchange_->close_after();
  } else if (waiting_ == Waiting::first_byte || waiting_ == Waiting::next_request) {
    close();
  }
}

void H1Session::close() {
  over_ = true;
  base::release(input_);
  input_at_ = 0;
  deadline_.reset();
  host_.output_ready();
}

}  // namespace gateway::http
