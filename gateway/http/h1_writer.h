// What: responses into HTTP/1.1 bytes, one at a time: heads, whole bodies, and bodies that are
// pulled from their source only when there is room for them. Owner: the session. Thread: the
// connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/body_source.h"
#include "http/message.h"

namespace gateway::http {

/// "HTTP/1.1 200 OK", the fields in their order, the empty line. The version is always 1.1, as RFC
/// 9110 §2.5 has it, whatever the request's was. Control characters in a value become spaces.
std::string encode_head(const Response& response);

class H1Writer {
 public:
  /// How a pulled body ends: with the last chunk, or by itself, where its length was told or the
  /// connection ends with it (HTTP/1.0).
  enum class Framing : std::uint8_t { chunked, none };

  /// Goes out as it is, behind what is still due. Heads and interim answers.
  void put(std::string_view text) { due_.bytes += text; }
  /// Behind that, one of the two: a whole body, or what `source` gives until it ends (it is
  /// destroyed then). Nothing may be put behind a body before it is drained.
  void put_body(std::string body);
  void put_source(std::unique_ptr<BodySource> source, Framing framing);

  /// Writes up to `room` bytes; 0: nothing now (or a source has some, but `room` is below 6).
  std::size_t write(char* out, std::size_t room);
  /// Nothing is due any more, and no source is left that could have something later.
  bool drained() const { return due_.bytes.empty() && body_.bytes.empty() && !source_; }
  /// Forgets what is due; the source is destroyed.
  void clear();

 private:
  /// Bytes of which those before `at` were written. Empty again once all were.
  struct Text {
    std::size_t write(char* out, std::size_t room);
    std::string bytes;
    std::size_t at = 0;
  };

  std::size_t write_source(char* out, std::size_t room);
  void end_source();

  Text due_;   // heads, interim answers, small bodies, the last chunk
  Text body_;  // a large whole body
  std::unique_ptr<BodySource> source_;
  Framing framing_ = Framing::chunked;
};

}  // namespace gateway::http
