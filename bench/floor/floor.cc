// The floor: as cheap as event streams over TLS and HTTP/2 can be on this machine. It writes one
// DATA frame for each event and stream, all frames of a connection gathered into full TLS records;
// no protocol library on the way out, no limits, no windows, no history, no errors worth the name.
// A yardstick for one benchmark run on loopback, not a server.
//   floor PORT CERT KEY      GET …?boards=NAME reads, POST …?board=NAME publishes
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "load/h2_format.h"

namespace {

namespace h2 = bench::h2;
constexpr std::size_t kRecord = 16 * 1024;

struct Connection;
struct Reader {
  Connection* connection;
  std::uint32_t stream;
};
using Readers = std::vector<Reader>;  // of a board, those of a connection side by side

struct Connection {
  int fd = -1;
  SSL* ssl = nullptr;
  nghttp2_hd_inflater* fields = nullptr;
  std::string in, out;
  bool begun = false;  // the preface is behind us
  bool dirty = false;
  std::unordered_map<std::uint32_t, std::pair<std::string, std::string>> posts;  // board, body
};

std::unordered_map<std::string, Readers> boards;
std::vector<Connection*> dirty;
std::uint64_t last_id = 0;

void mark(Connection& connection) {
  if (!connection.dirty) dirty.push_back(&connection);
  connection.dirty = true;
}

void respond(Connection& to, std::uint32_t stream, bool ends) {
  // :status 200, content-type: text/event-stream (RFC 7541 §6.1, §6.2.2)
  constexpr std::string_view kHead("\x88\x0f\x10\x11text/event-stream", 21);
  h2::put_head(to.out, kHead.size(), h2::kHeaders, h2::kEndHeaders | (ends ? h2::kEndStream : 0),
               stream);
  to.out += kHead;
  mark(to);
}

void publish(const std::string& board, const std::string& data) {
  const std::string text = "id: " + std::to_string(++last_id) + "\ndata: " + data + "\n\n";
  for (const Reader& reader : boards[board]) {
    h2::put_head(reader.connection->out, text.size(), h2::kData, 0, reader.stream);
    reader.connection->out += text;
    mark(*reader.connection);
  }
}

std::string path_of(Connection& from, std::string_view block) {
  std::string path;
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
    nghttp2_nv field{};
    const ssize_t used = nghttp2_hd_inflate_hd2(from.fields, &field, &flags, at, left, 1);
    if (used < 0) std::exit(1);
    at += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0 && field.namelen == 5 && field.name[1] == 'p') {
      path.assign(reinterpret_cast<const char*>(field.value), field.valuelen);
    }
  }
  nghttp2_hd_inflate_end_headers(from.fields);
  return path;
}

void on_headers(Connection& from, std::uint8_t flags, std::uint32_t stream,
                std::string_view block) {
  if ((flags & h2::kPriority) != 0) block.remove_prefix(5);
  const std::string path = path_of(from, block);
  const std::string board = path.substr(path.rfind('=') + 1);
  if ((flags & h2::kEndStream) == 0) {
    from.posts[stream].first = board;
    return;
  }
  respond(from, stream, path == board);  // no `=`: nothing to read
  if (path != board) boards[board].push_back({&from, stream});
}

void on_frame(Connection& from, std::string_view head, std::string_view payload) {
  const auto flags = static_cast<std::uint8_t>(head[4]);
  const std::uint32_t stream = h2::get(head.substr(5), 4);
  if (head[3] == h2::kHeaders) {
    on_headers(from, flags, stream, payload);
  } else if (head[3] == h2::kData) {
    auto& [board, body] = from.posts[stream];
    body += payload;
    h2::put_head(from.out, 4, h2::kWindowUpdate, 0, 0);
    h2::put(from.out, payload.size(), 4);
    mark(from);
    if ((flags & h2::kEndStream) == 0) return;
    publish(board, body);
    respond(from, stream, true);
    from.posts.erase(stream);
  } else if (head[3] == h2::kSettings && (flags & h2::kAck) == 0) {
    h2::put_head(from.out, 0, h2::kSettings, 0, 0);
    h2::put_head(from.out, 0, h2::kSettings, h2::kAck, 0);
    mark(from);
  }
}

void on_bytes(Connection& from) {
  std::string_view rest = from.in;
  if (!from.begun && rest.size() >= 24) {
    rest.remove_prefix(24);
    from.begun = true;
  }
  while (from.begun && rest.size() >= 9 && rest.size() >= 9 + h2::get(rest, 3)) {
    const std::size_t length = h2::get(rest, 3);
    on_frame(from, rest.substr(0, 9), rest.substr(9, length));
    rest.remove_prefix(9 + length);
  }
  from.in.erase(0, from.in.size() - rest.size());
}

void forget(Connection* gone) {
  for (auto& [name, readers] : boards) {
    std::erase_if(readers, [&](const Reader& reader) { return reader.connection == gone; });
  }
  std::erase(dirty, gone);
  ERR_clear_error();  // the queue is the thread's
  nghttp2_hd_inflate_del(gone->fields);
  SSL_free(gone->ssl);
  close(gone->fd);
  const std::unique_ptr<Connection> freed(gone);
}

void flush(Connection& to) {
  to.dirty = false;
  std::string_view rest = to.out;
  while (!rest.empty()) {
    const int sent =
        SSL_write(to.ssl, rest.data(), static_cast<int>(std::min(rest.size(), kRecord)));
    if (sent <= 0) break;  // the socket's next readiness goes on
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  to.out.erase(0, to.out.size() - rest.size());
}

void on_ready(Connection* connection) {
  std::array<char, kRecord> buffer;
  for (;;) {
    const int got = SSL_read(connection->ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) {
      const int error = SSL_get_error(connection->ssl, got);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return forget(connection);
      break;
    }
    connection->in.append(buffer.data(), static_cast<std::size_t>(got));
    on_bytes(*connection);
  }
  if (!connection->out.empty()) mark(*connection);
}

void accept_all(int listener, int epoll, SSL_CTX* context) {
  for (int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK); fd >= 0;
       fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->ssl = SSL_new(context);
    SSL_set_fd(connection->ssl, fd);
    SSL_set_accept_state(connection->ssl);
    nghttp2_hd_inflate_new(&connection->fields);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = connection.release();
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

SSL_CTX* make_context(const char* cert, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, cert) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    std::exit(1);
  }
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  const auto choose = [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*,
                         unsigned, void*) {
    *out = reinterpret_cast<const unsigned char*>("h2");
    *size = 2;
    return SSL_TLSEXT_ERR_OK;
  };
  SSL_CTX_set_alpn_select_cb(context, choose, nullptr);
  return context;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const rlimit files{20000, 20000};
  setrlimit(RLIMIT_NOFILE, &files);
  SSL_CTX* context = make_context(argv[2], argv[3]);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  listen(listener, 4096);
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    std::array<epoll_event, 64> events;
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        accept_all(listener, epoll, context);
      } else {
        on_ready(connection);
      }
    }
    for (Connection* connection : dirty) flush(*connection);
    dirty.clear();
  }
}
