// What: the numbers of RFC 9113 §6 that the load generator and the floor need, and their byte
// order. Thread: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench::h2 {

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9
};
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kAck = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;
constexpr std::uint8_t kPadded = 0x8;
constexpr std::uint8_t kPriority = 0x20;

constexpr std::uint16_t kHeaderTable = 1;
constexpr std::uint16_t kEnablePush = 2;
constexpr std::uint16_t kMaxStreams = 3;
constexpr std::uint16_t kInitialWindow = 4;
constexpr std::uint16_t kMaxFrame = 5;
constexpr std::uint32_t kIdMask = 0x7fffffff;
/// What the generator lets servers send: as much as the largest of clients in use, Go's. (A gateway
/// may take more pains over windows near the largest possible.)
constexpr std::uint32_t kWindow = 1U << 30;

inline void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

/// The nine bytes before a frame's payload.
inline void put_head(std::string& out, std::size_t length, int type, int flags,
                     std::uint32_t stream) {
  const std::uint64_t high = std::uint64_t{length} << 40 | static_cast<std::uint64_t>(type) << 32 |
                             static_cast<std::uint64_t>(flags) << 24 | stream >> 8;
  std::array<char, 9> head{};
  for (std::size_t i = 0; i < 8; ++i) head[i] = static_cast<char>(high >> (56 - 8 * i));
  head[8] = static_cast<char>(stream);
  out.append(head.data(), head.size());
}

/// `bytes` holds at least `count` of them.
inline std::uint32_t get(std::string_view bytes, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return value;
}

}  // namespace bench::h2
