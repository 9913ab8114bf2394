#include "client/transfer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <curl/curl.h>

#include "base/check.h"
#include "base/text.h"

namespace gateway::client {
namespace {

// How late it may be noticed that nobody reads standard output any more.
constexpr std::chrono::milliseconds kLook{500};
constexpr long kConnectMs = 10'000;

/// One exchange, as libcurl's callbacks see it.
struct Exchange {
  const Request& request;
  Receiver& receiver;
  const base::Clock& clock;
  base::MonoTime last_byte;
  Head head;
  std::size_t sent = 0;
  bool head_given = false;
  bool stopped = false;

  bool give_head() {
    if (head_given) return true;
    head_given = true;
    return receiver.head(head);
  }
};

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.stopped = !exchange.give_head() || !exchange.receiver.body({bytes, size});
  // Afterwards: taking the bytes may have waited for whoever reads what is printed.
  exchange.last_byte = exchange.clock.now();
  return exchange.stopped ? 0 : size;
}

std::size_t on_field(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.last_byte = exchange.clock.now();
  std::string_view line(bytes, size);
  if (line.substr(0, 5) == "HTTP/") {
    exchange.head = Head{};
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos) {
      const auto status = base::parse_decimal(line.substr(space + 1, 3));
      exchange.head.status = static_cast<int>(status.value_or(0));
    }
    return size;
  }
  line = line.substr(0, line.find_first_of("\r\n"));
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::string name = base::ascii_lower(line.substr(0, colon));
  const std::string_view value = base::trim_ows(line.substr(colon + 1));
  if (name == "content-type") exchange.head.content_type = base::ascii_lower(value);
  if (name == "retry-after") {
    constexpr std::uint64_t kDay = 86'400;
    const auto seconds = base::parse_decimal(value);
    if (seconds) exchange.head.retry_after = std::chrono::seconds(std::min(*seconds, kDay));
  }
  return size;
}

std::size_t on_send(char* buffer, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view rest = std::string_view(*exchange.request.body).substr(exchange.sent);
  const std::size_t part = std::min(rest.size(), size);
  std::memcpy(buffer, rest.data(), part);
  exchange.sent += part;
  exchange.last_byte = exchange.clock.now();  // a large body on a slow line is not silence
  return part;
}

// libcurl sends a request again by itself when a kept connection turns out to be dead. A body that
// has begun to leave may have been published: then it must not.
int on_rewind(void* user, curl_off_t, int) {
  return static_cast<Exchange*>(user)->sent == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

bool is_hopeless(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_OUT_OF_MEMORY:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct Transfer::Handles {
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(),
                                                              curl_multi_cleanup};
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields{nullptr, curl_slist_free_all};
  char error[CURL_ERROR_SIZE] = {};

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy.get(), option, value);
    BC_CHECK(code == CURLE_OK, option, curl_easy_strerror(code));
  }

  void add_field(const std::string& field) {
    curl_slist* longer = curl_slist_append(fields.get(), field.c_str());
    BC_CHECK(longer != nullptr);
    if (!fields) fields.reset(longer);
  }

  void prepare(const Target& target, Exchange& exchange);
  /// The end of the exchange; nothing where the gateway is silent for too long or the console
  /// ended.
  std::optional<CURLcode> pump(Exchange& exchange, Console& console);
  /// Nothing while the exchange goes on.
  std::optional<CURLcode> ended();
};

void Transfer::Handles::prepare(const Target& target, Exchange& exchange) {
  const Request& request = exchange.request;
  curl_easy_reset(easy.get());
  error[0] = '\0';
  fields.reset();
  for (const std::string& field : request.fields) add_field(field);
  if (!target.token.empty()) add_field(target.token.field());
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_USERAGENT, "boardcast");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, error);
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.time_max.count()));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_HEADERFUNCTION, &on_field);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  if (!target.ca_file.empty()) {
    set(CURLOPT_CAINFO, target.ca_file.c_str());
    set(CURLOPT_CAPATH, nullptr);
  }
  if (!target.cert_file.empty()) {
    set(CURLOPT_SSLCERT, target.cert_file.c_str());
    set(CURLOPT_SSLKEY, target.key_file.c_str());
  }
  if (target.loopback) set(CURLOPT_PROXY, "");
  if (request.body) {
    add_field("expect:");  // the body goes at once
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    set(CURLOPT_READFUNCTION, &on_send);
    set(CURLOPT_READDATA, static_cast<void*>(&exchange));
    set(CURLOPT_SEEKFUNCTION, &on_rewind);
    set(CURLOPT_SEEKDATA, static_cast<void*>(&exchange));
  }
  set(CURLOPT_HTTPHEADER, fields.get());
}

std::optional<CURLcode> Transfer::Handles::pump(Exchange& exchange, Console& console) {
  for (;;) {
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    if (const auto code = ended()) return code;
    const auto silence = exchange.clock.now() - exchange.last_byte;
    const auto left = exchange.request.silence_max - silence;
    if (left <= base::Duration::zero() || console.ended()) return std::nullopt;
    const auto look =
        std::chrono::ceil<std::chrono::milliseconds>(std::min<base::Duration>(left, kLook));
    curl_waitfd stop{console.stop_descriptor(), CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi.get(), &stop, stop.fd < 0 ? 0 : 1, static_cast<int>(look.count()),
                    nullptr);
  }
}

std::optional<CURLcode> Transfer::Handles::ended() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return std::nullopt;
}

Transfer::Transfer(const Target& target, const base::Clock& clock, Console& console)
    : handles_(std::make_unique<Handles>()), target_(target), clock_(clock), console_(console) {
  BC_CHECK(handles_->multi && handles_->easy);
}

Transfer::~Transfer() = default;

Outcome Transfer::run(const Request& request, Receiver& receiver) {
  Exchange exchange{request, receiver, clock_, clock_.now(), {}};
  target_.token.refresh();
  handles_->prepare(target_, exchange);
  curl_multi_add_handle(handles_->multi.get(), handles_->easy.get());
  const std::optional<CURLcode> code = handles_->pump(exchange, console_);
  curl_multi_remove_handle(handles_->multi.get(), handles_->easy.get());

  Outcome outcome{Outcome::Kind::failed, exchange.sent != 0, {}};
  if (code == CURLE_OK) {
    outcome.kind = exchange.give_head() ? Outcome::Kind::complete : Outcome::Kind::stopped;
  } else if (exchange.stopped || console_.ended()) {
    outcome.kind = Outcome::Kind::stopped;
  } else if (!code) {
    const std::chrono::duration<double> silence = request.silence_max;
    outcome.why = "not a byte for " + std::to_string(std::lround(silence.count())) + " s";
  } else {
    if (is_hopeless(*code)) outcome.kind = Outcome::Kind::hopeless;
    outcome.why = handles_->error[0] != '\0' ? handles_->error : curl_easy_strerror(*code);
    if (code == CURLE_PEER_FAILED_VERIFICATION) outcome.why += " (--cacert FILE names its CA)";
  }
  return outcome;
}

}  // namespace gateway::client
