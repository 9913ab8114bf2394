#include "http/h1_parser.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>

#include "base/check.h"
#include "base/text.h"
#include "http/h1_chunks.h"
#include "http/h1_head_check.h"
#include "http/session_common.h"

namespace gateway::http {
namespace {

namespace beast = boost::beast;

constexpr Refusal kBodyTooLarge{413, "The request's body is too large."};
constexpr Refusal kChunksBroken{400, "The request's chunked body is malformed."};

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// The library has one error for a request line that ends in a version it does not speak and for one
// that is broken elsewhere behind the target.
bool names_other_version(std::string_view request_line) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view version = request_line.substr(request_line.rfind(' ') + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) &&
         version[6] == '.' && digit(version[7]) && !version.ends_with("1.1") &&
         !version.ends_with("1.0");
}

}  // namespace

/// One request on its way in. The library reads the head and calls back for every part of it; the
/// body is ours.
class H1Parser::Message final : private beast::http::basic_parser<true> {
 public:
  Message(const Options& options, bool tls)
      : options_(options),
        scanner_(options),
        builder_(options, Protocol::http1, tls),
        chunks_(options.body_bytes) {
    skip(true);                                               // no body
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the scanner has bounded the head
  }

  HeadScanner& scanner() { return scanner_; }
  bool keep_alive() const { return http11_ && basic_parser::keep_alive(); }
  bool http11() const { return http11_; }
  bool expects_continue() const { return framing_.expects_continue(); }
  bool complete() const {
    return framing_.chunked() ? chunks_.state() == ChunkDecoder::State::complete
                              : request_.body.size() == framing_.content_length();
  }

  /// A whole head.
  std::optional<Refusal> read_head(std::string_view head) {
    beast::error_code error;
    const std::size_t taken = put({head.data(), head.size()}, error);
    if (error || taken != head.size() || !is_done()) return head_fault(head, error);
    if (std::optional<Refusal> fault = check_head()) return fault;
    if (framing_.content_length() > options_.body_bytes) return kBodyTooLarge;
    take_head();
    return std::nullopt;
  }

  /// More of the body; `taken` is how much of it.
  std::optional<Refusal> read_body(std::string_view bytes, std::size_t& taken) {
    if (framing_.chunked()) {
      taken = chunks_.decode(bytes, request_.body);
      if (chunks_.state() == ChunkDecoder::State::too_large) return kBodyTooLarge;
      if (chunks_.state() == ChunkDecoder::State::malformed) return kChunksBroken;
      return std::nullopt;
    }
    const std::uint64_t missing = framing_.content_length() - request_.body.size();
    taken = std::min<std::uint64_t>(missing, bytes.size());
    request_.body.append(bytes.substr(0, taken));
    return std::nullopt;
  }

  /// The head was refused, or will never be whole, and this much of it was looked at.
  void give_up_head(std::string_view part) { origin_ = lone_origin(part); }

  Request take_request() {
    take_head();
    if (!origin_.empty() && !request_.fields.has("origin")) {
      request_.fields.add("origin", std::move(origin_));
    }
    return std::move(request_);
  }

 private:
  std::optional<Refusal> head_fault(std::string_view head, beast::error_code error) const {
    if (error == beast::http::error::bad_version &&
        names_other_version(head.substr(0, head.find('\r')))) {
      return Refusal{505, "This server speaks HTTP/1.1 and HTTP/2."};
    }
    return Refusal{400, "The request's head is malformed."};
  }

  std::optional<Refusal> check_head() {
    if (std::optional<Refusal> fault = framing_.check(http11_)) return fault;
    if (!http11_) builder_.allow_missing_host();
    return builder_.check();
  }

  void take_head() {
    if (std::exchange(head_taken_, true)) return;
    request_ = builder_.take();
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code&) override {
    http11_ = version >= 11;
    builder_.set_method(view(method));
    builder_.set_target(view(target));
  }

  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     beast::error_code&) override {
    const std::string lower = base::ascii_lower(view(name));
    framing_.add(lower, view(value));
    builder_.add(lower, view(value));
  }

  // The library's body and responses: not used.
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override {
    return 0;
  }
  void on_finish_impl(beast::error_code&) override {}

  const Options& options_;
  HeadScanner scanner_;
  RequestBuilder builder_;
  FramingFields framing_;
  ChunkDecoder chunks_;
  Request request_;
  std::string origin_;  // of a head that was given up
  bool http11_ = false;
  bool head_taken_ = false;
};

H1Parser::H1Parser(const Options& options, bool tls) : options_(options), tls_(tls) { reset(); }

H1Parser::~H1Parser() = default;

void H1Parser::reset() {
  state_ = State::head;
  blank_line_skipped_ = false;
  message_ = std::make_unique<Message>(options_, tls_);
}

std::size_t H1Parser::parse(std::string_view bytes) {
  BC_CHECK(state_ == State::head || state_ == State::body);
  return state_ == State::head ? parse_head(bytes) : parse_body(bytes);
}

std::size_t H1Parser::parse_head(std::string_view bytes) {
  std::size_t skipped = 0;
  // One empty line before a request is forgiven (RFC 9112 §2.2).
  if (!blank_line_skipped_ && bytes.starts_with('\r')) {
    if (bytes.size() < 2) return 0;
    blank_line_skipped_ = bytes[1] == '\n';
    if (blank_line_skipped_) bytes.remove_prefix(skipped = 2);
  }
  HeadScanner& scanner = message_->scanner();
  const HeadScanner::State found = scanner.scan(bytes);
  if (found == HeadScanner::State::incomplete) return skipped;
  const std::string_view head = bytes.substr(0, scanner.bytes());
  if (found == HeadScanner::State::refused) {
    give_up_head(head);
    refuse(scanner.refusal());
    return skipped;
  }
  if (const auto fault = message_->read_head(head)) {
    give_up_head(head);
    refuse(*fault);
  } else {
    state_ = message_->complete() ? State::complete : State::body;
  }
  return skipped + head.size();
}

void H1Parser::give_up_head(std::string_view part) {
  BC_CHECK(state_ == State::head);
  message_->give_up_head(part);
}

std::size_t H1Parser::parse_body(std::string_view bytes) {
  std::size_t taken = 0;
  if (const auto fault = message_->read_body(bytes, taken)) {
    refuse(*fault);
  } else if (message_->complete()) {
    state_ = State::complete;
  }
  return taken;
}

void H1Parser::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  state_ = State::refused;
}

bool H1Parser::http11() const { return message_->http11(); }

bool H1Parser::keep_alive() const { return message_->keep_alive(); }

bool H1Parser::expects_continue() const {
  return state_ == State::body && message_->http11() && message_->expects_continue();
}

Request H1Parser::take_request() { return message_->take_request(); }

}  // namespace gateway::http
