// What: reads a chunked body (RFC 9112 §7.1), strictly: what it takes for a line end, every other
// reader does too. The parser library's own reader lets a quoted extension hold a bare LF, and
// checks the lengths of neither extensions nor trailers. Owner: the parser of a connection. Thread:
// the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::http {

class ChunkDecoder {
 public:
  /// too_large: the chunks would come to more than the body may hold.
  enum class State : std::uint8_t { reading, complete, malformed, too_large };

  /// Of one body: all chunk extensions, and the whole trailer section. Both are read over: nothing
  /// here uses them.
  static constexpr std::size_t kExtensionBytesMax = 4096;
  static constexpr std::size_t kTrailerBytesMax = 8192;

  explicit ChunkDecoder(std::size_t body_bytes_max) : body_left_(body_bytes_max) {}

  /// Takes `bytes`, appends what they hold of the body to `body`, and returns how many were taken:
  /// all of them unless the body ended or is wrong before. Only while `reading`.
  std::size_t decode(std::string_view bytes, std::string& body);
  State state() const { return state_; }

 private:
  /// What the next byte belongs to.
  enum class At : std::uint8_t {
    size_begin,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    line_begin,  // of the trailer section
    name,
    value,
    line_lf,
    end_lf,
  };

  void take(char c);
  void take_size(char c);
  void take_extension(char c);
  void take_trailer(char c);
  void begin_data();
  void expect(char c, char expected, At next);

  State state_ = State::reading;
  At at_ = At::size_begin;
  std::uint64_t size_ = 0;
  std::uint32_t digits_ = 0;
  std::size_t body_left_;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace gateway::http
