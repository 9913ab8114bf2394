// What: an HTTP/2 client in memory, for tests and simulation: opens streams, collects what comes
// back on each, counts DATA frames and their order. Bytes in, bytes out; no socket, no clock.
// Owner and thread: the test's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::test {

struct H2ClientOptions {
  /// Opens each stream as Chromium does: as an exclusive child of the one before (the first: of the
  /// root), RFC 7540 §5.3.1.
  bool chromium_priorities = false;
  /// The window of each stream for what the server sends.
  std::uint32_t stream_window_bytes = 1024 * 1024;
  /// False: stream windows are given back by `consume` alone.
  bool auto_window = true;
  /// The window of the connection, at least 64 KiB; false: given back by `consume_connection`.
  std::int32_t connection_window_bytes = 16 * 1024 * 1024;
  bool auto_connection_window = true;
  bool answer_pings = true;
};

/// What came back on one stream.
struct H2Answer {
  int status = 0;
  std::map<std::string, std::string> fields;
  std::string body;
  std::size_t data_frames = 0;
  bool head_complete = false;  // `fields` are all there
  bool complete = false;       // END_STREAM was seen
  bool closed = false;
  std::optional<std::uint32_t> reset_code;  // of the server's RST_STREAM
};

struct H2Goaway {
  std::int32_t last_stream_id = 0;
  std::uint32_t error_code = 0;
};

using H2FieldList = std::vector<std::pair<std::string, std::string>>;

class H2Client {
 public:
  explicit H2Client(H2ClientOptions options = {});
  ~H2Client();
  H2Client(const H2Client&) = delete;
  H2Client& operator=(const H2Client&) = delete;

  /// Queues GET `path` on localhost with `extra` fields. The stream's id.
  std::int32_t get(std::string_view path, const H2FieldList& extra = {});
  /// The same as an exclusive child of the root, above all that is open.
  std::int32_t get_above_all(std::string_view path);
  /// Queues a request of exactly these fields, pseudo fields included. Without a body it ends the
  /// stream; with one it ends after the body, or stays open when `keep_open`.
  std::int32_t request(const H2FieldList& fields, std::optional<std::string> body = std::nullopt,
                       bool keep_open = false);
  /// More of a request body that was kept open.
  void send_more(std::int32_t id, std::string_view bytes, bool end);
  /// Bytes of the request body that no window had room for yet.
  std::size_t unsent(std::int32_t id) const;
  void reset(std::int32_t id, std::uint32_t error_code);
  void ping();
  /// Gives back the stream's window for all that was received (see `auto_window`).
  void consume(std::int32_t id);
  /// The same of the connection's window.
  void consume_connection();
  /// SETTINGS with another window for each stream, those that are open included.
  void change_stream_window(std::uint32_t bytes);

  /// Everything there is to send now.
  std::string output();
  /// False: the server broke the protocol.
  bool receive(std::string_view bytes);

  /// An empty answer for a stream that nothing came for.
  const H2Answer& answer(std::int32_t id) const;
  const std::vector<H2Goaway>& goaways() const;
  /// GOAWAY and RST_STREAM that it sent because the server broke a rule, such as a window.
  std::size_t complaints() const;
  std::size_t pings_answered() const;
  std::size_t pings_received() const;
  /// The stream ids of all DATA frames in the order of their coming.
  const std::vector<std::int32_t>& data_order() const;
  std::uint32_t server_max_streams() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::test
