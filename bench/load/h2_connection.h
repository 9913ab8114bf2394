// What: an HTTP/2 client connection (RFC 9113) that reads its frames by hand: the payload of a DATA
// frame goes on in place, without a copy and without a look at anything but its stream's number,
// because the generator has to cost less than the server. nghttp2 only packs and unpacks fields.
// Owner and thread: as every Connection.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "load/connection.h"

namespace bench {

class H2Connection final : public Connection {
 public:
  H2Connection(const Target& target, SSL_CTX* context, Reader& reader, bool chrome);
  ~H2Connection() override;
  void send(const Request& request) override;

 private:
  static constexpr std::size_t kHeadBytes = 9;
  struct Head {
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
  };
  struct Waiting {
    std::string head;  // packed fields
    std::string body;
  };

  void begin() override;
  bool receive(std::string_view bytes, std::int64_t now) override;
  // h2_frames.cc
  bool take_head(std::string_view& bytes);
  bool on_payload(std::string_view& bytes, std::int64_t now);
  bool on_frame(std::int64_t now);
  bool on_fields();
  void on_settings();
  void count_read(std::uint32_t stream, std::size_t bytes);
  void frame(const Head& head, std::string_view payload);
  void window_update(std::uint32_t stream, std::uint32_t bytes);
  void end_stream(std::uint32_t stream);

  void write_waiting();
  void write_request(const Waiting& request);

  const bool chrome_;
  nghttp2_hd_deflater* packer_ = nullptr;
  nghttp2_hd_inflater* unpacker_ = nullptr;
  std::deque<Waiting> waiting_;
  std::uint32_t next_stream_ = 1;
  std::uint32_t running_ = 0;  // streams open
  bool begun_ = false;

  // What the server lets us do.
  std::int64_t window_ = 65535;
  std::int64_t stream_window_ = 65535;
  std::uint32_t frame_max_ = 16384;
  std::uint32_t streams_max_ = UINT32_MAX;

  // The frame being read.
  Head head_;
  std::string head_bytes_;
  bool in_payload_ = false;
  std::uint32_t left_ = 0;  // of its payload
  std::string payload_;     // of frames other than DATA
  std::string fields_;      // of a HEADERS frame and its CONTINUATIONs
  std::uint8_t fields_flags_ = 0;

  // What is to be given back in WINDOW_UPDATEs.
  std::uint32_t read_ = 0;
  std::vector<std::uint32_t> read_by_request_;
};

}  // namespace bench
