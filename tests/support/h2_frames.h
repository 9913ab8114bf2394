// What: HTTP/2 frames by hand (RFC 9113 §4.1), for what a well-behaved client library would not
// send. Header fields are HPACK literals without indexing (RFC 7541 §6.2.2). Pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gateway::test {

inline constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum H2FrameType : std::uint8_t {
  kH2Data = 0x0,
  kH2Headers = 0x1,
  kH2Priority = 0x2,
  kH2Reset = 0x3,
  kH2Settings = 0x4,
  kH2Ping = 0x6,
  kH2Goaway = 0x7,
  kH2WindowUpdate = 0x8,
  kH2Continuation = 0x9,
  kH2Unknown = 0xEE,
};
inline constexpr std::uint8_t kH2EndStream = 0x1;
inline constexpr std::uint8_t kH2Ack = 0x1;
inline constexpr std::uint8_t kH2EndHeaders = 0x4;

inline std::string h2_frame(H2FrameType type, std::uint8_t flags, std::uint32_t id,
                            std::string_view payload) {
  const auto byte = [](std::uint64_t value) { return static_cast<char>(value & 0xFF); };
  std::string frame = {byte(payload.size() >> 16),
                       byte(payload.size() >> 8),
                       byte(payload.size()),
                       byte(type),
                       byte(flags),
                       byte(id >> 24),
                       byte(id >> 16),
                       byte(id >> 8),
                       byte(id)};
  frame += payload;
  return frame;
}

inline std::string h2_integer(std::size_t value) {
  if (value < 127) return std::string(1, static_cast<char>(value));
  std::string bytes(1, '\x7F');
  for (value -= 127; value >= 128; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes + static_cast<char>(value);
}

inline std::string h2_field(std::string_view name, std::string_view value) {
  std::string field(1, '\0');
  field += h2_integer(name.size());
  field += name;
  field += h2_integer(value.size());
  field += value;
  return field;
}

/// The header block of GET `path` on localhost.
inline std::string h2_get_block(std::string_view path = "/") {
  return h2_field(":method", "GET") + h2_field(":scheme", "https") +
         h2_field(":authority", "localhost") + h2_field(":path", path);
}

/// Preface and an empty SETTINGS frame.
inline std::string h2_hello() { return std::string(kH2Preface) + h2_frame(kH2Settings, 0, 0, {}); }

}  // namespace gateway::test
