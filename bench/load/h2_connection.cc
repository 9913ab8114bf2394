#include "load/h2_connection.h"

#include <algorithm>
#include <array>

#include "load/common.h"
#include "load/h2_format.h"

namespace bench {
namespace {

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 copies both unless told otherwise; its API predates const.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string pack(nghttp2_hd_deflater* packer, const std::vector<nghttp2_nv>& fields) {
  std::string out(nghttp2_hd_deflate_bound(packer, fields.data(), fields.size()), '\0');
  const ssize_t size = nghttp2_hd_deflate_hd(packer, reinterpret_cast<std::uint8_t*>(out.data()),
                                             out.size(), fields.data(), fields.size());
  if (size < 0) die("cannot pack the fields of a request");
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

H2Connection::H2Connection(const Target& target, SSL_CTX* context, Reader& reader, bool chrome)
    : Connection(target, context, reader), chrome_(chrome) {
  if (nghttp2_hd_deflate_new(&packer_, 4096) != 0 || nghttp2_hd_inflate_new(&unpacker_) != 0) {
    die("out of memory");
  }
}

H2Connection::~H2Connection() {
  nghttp2_hd_deflate_del(packer_);
  nghttp2_hd_inflate_del(unpacker_);
}

void H2Connection::begin() {
  begun_ = true;
  unsent_ += "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  std::string settings;
  const std::array<std::pair<std::uint16_t, std::uint32_t>, 2> wanted{
      {{h2::kEnablePush, 0}, {h2::kInitialWindow, h2::kWindow}}};
  for (const auto& [name, value] : wanted) {
    h2::put(settings, name, 2);
    h2::put(settings, value, 4);
  }
  frame({0, h2::kSettings, 0, 0}, settings);
  window_update(0, h2::kWindow - 65535);
  write_waiting();
}

void H2Connection::send(const Request& request) {
  std::vector<nghttp2_nv> head{field(":method", request.method), field(":scheme", target_.scheme),
                               field(":authority", target_.authority),
                               field(":path", request.path)};
  for (const auto& [name, value] : request.fields) head.push_back(field(name, value));
  waiting_.push_back({pack(packer_, head), std::string(request.body)});
  if (begun_) write_waiting();
}

/// Whole requests only: a body waits until the server's windows take all of it.
void H2Connection::write_waiting() {
  while (!waiting_.empty() && running_ < streams_max_) {
    const auto size = static_cast<std::int64_t>(waiting_.front().body.size());
    if (size > stream_window_) die("the body of a publish is larger than a stream's window");
    if (size > window_) return;
    window_ -= size;
    write_request(waiting_.front());
    waiting_.pop_front();
  }
}

void H2Connection::write_request(const Waiting& request) {
  const std::uint32_t stream = next_stream_;
  next_stream_ += 2;
  ++running_;
  std::string head;
  std::uint8_t flags = h2::kEndHeaders;
  if (chrome_) {
    constexpr std::uint32_t kExclusive = 0x80000000;
    h2::put(head, kExclusive | (stream == 1 ? 0 : stream - 2), 4);
    h2::put(head, 146, 1);  // the weight of its fetches, less one
    flags |= h2::kPriority;
  }
  head += request.head;
  if (request.body.empty()) flags |= h2::kEndStream;
  frame({0, h2::kHeaders, flags, stream}, head);
  for (std::string_view body = request.body; !body.empty();) {
    const std::string_view piece = body.substr(0, frame_max_);
    body.remove_prefix(piece.size());
    frame({0, h2::kData, body.empty() ? h2::kEndStream : std::uint8_t{0}, stream}, piece);
  }
}

void H2Connection::frame(const Head& head, std::string_view payload) {
  h2::put_head(unsent_, payload.size(), head.type, head.flags, head.stream);
  unsent_ += payload;
}

void H2Connection::window_update(std::uint32_t stream, std::uint32_t bytes) {
  std::string payload;
  h2::put(payload, bytes, 4);
  frame({0, h2::kWindowUpdate, 0, stream}, payload);
}

}  // namespace bench
