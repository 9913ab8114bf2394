#include "client/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

constexpr std::int32_t kWindow = (1 << 30);
constexpr std::size_t kReadBytes = 64 * 1024;

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 copies both unless told otherwise; its API predates const.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

int connect_socket(const Target& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found) != 0) {
    die("cannot resolve " + target.host);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd < 0) die(std::string("socket: ") + std::strerror(errno));
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) return fd;
    close(fd);
  }
  die("cannot connect to " + target.authority + ": " + std::strerror(errno));
}

}  // namespace

struct Connection::Stream {
  Stream(std::unique_ptr<Reader> its_reader, std::string its_body)
      : reader(std::move(its_reader)), body(std::move(its_body)) {}
  std::unique_ptr<Reader> reader;
  std::string body;
  std::size_t sent = 0;
};

void die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(2);
}

Target parse_target(const std::string& url) {
  constexpr std::string_view kScheme = "https://";
  if (url.rfind(kScheme, 0) != 0) die(url + ": want https://host:port");
  Target target;
  target.authority = url.substr(kScheme.size());
  if (!target.authority.empty() && target.authority.back() == '/') target.authority.pop_back();
  const std::size_t colon = target.authority.rfind(':');
  if (colon == std::string::npos) die(url + ": want https://host:port");
  target.host = target.authority.substr(0, colon);
  target.port = target.authority.substr(colon + 1);
  if (target.host.size() > 2 && target.host.front() == '[') {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  return target;
}

SSL_CTX* make_client_context(const std::string& ca) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) die("no TLS context");
  static constexpr unsigned char kAlpn[] = {2, 'h', '2'};
  if (SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn) != 0) die("cannot offer h2");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!ca.empty()) {
    if (SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1) die("cannot read " + ca);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

Connection::Connection(const Target& target, SSL_CTX* context)
    : target_(target), fd_(connect_socket(target)), ssl_(SSL_new(context)) {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, fd_) != 1) die("no TLS connection");
  // What SSL_set_tlsext_host_name does, without its C cast.
  SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(target.host.c_str()));
  if (SSL_connect(ssl_) != 1) die("TLS handshake with " + target.authority + " failed");
  if (fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK) != 0) die("fcntl failed");

  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) die("out of memory");
  set_callbacks(callbacks);
  const int made = nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  if (made != 0) die("out of memory");
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kWindow)}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
  run();
}

Connection::~Connection() {
  nghttp2_session_del(session_);
  SSL_free(ssl_);
  close(fd_);
}

void Connection::set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                    std::uint8_t, void*) {
        const std::string_view key(reinterpret_cast<const char*>(name), name_length);
        auto* stream = static_cast<Stream*>(
            nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
        if (stream != nullptr && key == ":status") {
          const std::string text(reinterpret_cast<const char*>(value), value_length);
          stream->reader->on_status(std::atoi(text.c_str()));
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session* session, std::uint8_t, std::int32_t id,
                    const std::uint8_t* data, std::size_t length, void*) {
        auto* stream = static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
        if (stream != nullptr) {
          stream->reader->on_data({reinterpret_cast<const char*>(data), length});
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* connection) {
        auto& streams = static_cast<Connection*>(connection)->streams_;
        const auto found = streams.find(id);
        if (found == streams.end()) return 0;
        found->second->reader->on_close(error);
        streams.erase(found);
        return 0;
      });
}

void Connection::get(const std::string& path, const Fields& fields,
                     std::unique_ptr<Reader> reader) {
  submit("GET", path, fields, std::make_unique<Stream>(std::move(reader), std::string()));
}

void Connection::post(const std::string& path, const Fields& fields, std::string body,
                      std::unique_ptr<Reader> reader) {
  submit("POST", path, fields, std::make_unique<Stream>(std::move(reader), std::move(body)));
}

void Connection::submit(const std::string& method, const std::string& path, const Fields& fields,
                        std::unique_ptr<Stream> stream) {
  std::vector<nghttp2_nv> head{field(":method", method), field(":scheme", "https"),
                               field(":authority", target_.authority), field(":path", path)};
  for (const auto& [name, value] : fields) head.push_back(field(name, value));
  nghttp2_data_provider body{};
  body.source.ptr = stream.get();
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
    auto* from = static_cast<Stream*>(source->ptr);
    const std::size_t count = std::min(room, from->body.size() - from->sent);
    std::memcpy(to, from->body.data() + from->sent, count);
    from->sent += count;
    if (from->sent == from->body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  };
  const bool has_body = !stream->body.empty();
  const std::int32_t id = nghttp2_submit_request(session_, nullptr, head.data(), head.size(),
                                                 has_body ? &body : nullptr, stream.get());
  if (id < 0) die(std::string("cannot open a stream: ") + nghttp2_strerror(id));
  streams_.emplace(id, std::move(stream));
}

void Connection::run() {
  read_some();
  write_some();
}

void Connection::read_some() {
  std::array<std::uint8_t, kReadBytes> buffer;
  while (!closed_) {
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) {
      const int error = SSL_get_error(ssl_, got);
      closed_ = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
      return;
    }
    const ssize_t used =
        nghttp2_session_mem_recv(session_, buffer.data(), static_cast<std::size_t>(got));
    if (used < 0)
      die(std::string("server broke HTTP/2: ") + nghttp2_strerror(static_cast<int>(used)));
  }
}

void Connection::write_some() {
  while (!closed_) {
    const std::uint8_t* data = nullptr;
    ssize_t more = 0;
    while (unsent_.size() < kReadBytes && (more = nghttp2_session_mem_send(session_, &data)) > 0) {
      unsent_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(more));
    }
    if (unsent_.empty()) return;
    const int sent = SSL_write(ssl_, unsent_.data(), static_cast<int>(unsent_.size()));
    if (sent <= 0) {
      const int error = SSL_get_error(ssl_, sent);
      closed_ = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
      return;
    }
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

}  // namespace bench
