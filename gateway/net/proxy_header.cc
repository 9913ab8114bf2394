#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace gateway::net {
namespace {

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::size_t kLineBytesMax = 107;
constexpr std::string_view kSignature = {"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kFixedBytes = 16;  // signature, version and command, family, length

ProxyHeader bad(const char* error) { return {ProxyHeader::Status::bad, 0, {}, error}; }
ProxyHeader more() { return {ProxyHeader::Status::more, 0, {}, ""}; }
ProxyHeader done(std::size_t bytes, std::optional<SocketAddress> source) {
  return {ProxyHeader::Status::done, bytes, source, ""};
}

SocketAddress address_of(int family, const void* address, std::uint16_t port) {
  SocketAddress made;
  if (family == AF_INET) {
    auto& in = reinterpret_cast<sockaddr_in&>(made.storage);
    std::memcpy(&in.sin_addr, address, sizeof in.sin_addr);
    made.length = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in6&>(made.storage);
    std::memcpy(&in.sin6_addr, address, sizeof in.sin6_addr);
    made.length = sizeof in;
  }
  made.storage.ss_family = static_cast<sa_family_t>(family);
  made.set_port(port);
  return made;
}

/// The next word of a line whose words stand between single spaces; `line` is what follows.
std::string_view next_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return word;
}

std::optional<SocketAddress> parse_address(int family, std::string_view address,
                                           std::string_view port) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool plain = error == std::errc() && end == port.data() + port.size() &&
                     (port.size() == 1 || port[0] != '0');
  std::array<char, sizeof(in6_addr)> binary{};
  const std::string text(address);
  if (!plain || text.find('\0') != std::string::npos ||
      ::inet_pton(family, text.c_str(), binary.data()) != 1)
    return std::nullopt;
  return address_of(family, binary.data(), number);
}

// PROXY TCP4 192.0.2.1 198.51.100.2 51234 443
ProxyHeader parse_line(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kLineBytesMax).find("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < kLineBytesMax ? more() : bad("a line of more than 107 bytes");
  }
  std::string_view line = bytes.substr(kLineStart.size(), end - kLineStart.size());
  const std::size_t size = end + 2;
  const std::string_view protocol = next_word(line);
  if (protocol == "UNKNOWN") return done(size, {});
  if (protocol != "TCP4" && protocol != "TCP6") return bad("neither TCP4, TCP6 nor UNKNOWN");
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) word = next_word(line);
  const auto source = parse_address(family, words[0], words[2]);
  const auto destination = parse_address(family, words[1], words[3]);
  if (!source || !destination || !line.empty() || bytes[end - 1] == ' ') {
    return bad("not two addresses and two ports");
  }
  return done(size, source);
}

ProxyHeader parse_binary(std::string_view bytes) {
  if (bytes.size() < kFixedBytes) return more();
  const auto byte = [bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const std::size_t length = static_cast<std::size_t>(byte(14)) << 8U | byte(15);
  const std::size_t size = kFixedBytes + length;
  constexpr unsigned char kLocal = 0x20;
  constexpr unsigned char kProxy = 0x21;
  const unsigned char command = byte(12);
  if (command != kLocal && command != kProxy) return bad("not version 2 with a known command");
  struct Family {
    unsigned char code;
    int family;
    std::size_t address_bytes;  // of one
    std::size_t block_bytes;    // both addresses and ports
  };
  constexpr Family kFamilies[] = {{0x00, AF_UNSPEC, 0, 0},
                                  {0x11, AF_INET, 4, 12},
                                  {0x21, AF_INET6, 16, 36},
                                  {0x31, AF_UNIX, 108, 216}};
  // A proxy that speaks for itself (a health check) may say any family.
  const Family* found = command == kLocal ? &kFamilies[0] : nullptr;
  for (const Family& family : kFamilies) {
    if (command == kProxy && family.code == byte(13)) found = &family;
  }
  if (found == nullptr) return bad("a family that is no stream");
  if (size > kProxyHeaderBytesMax) return bad("a header of more than 2048 bytes");
  if (length < found->block_bytes) return bad("a length that cannot hold the addresses");
  if (bytes.size() < size) return more();
  if (found->family != AF_INET && found->family != AF_INET6) return done(size, {});
  const std::size_t port_at = kFixedBytes + 2 * found->address_bytes;
  const auto port = static_cast<std::uint16_t>(byte(port_at) << 8U | byte(port_at + 1));
  return done(size, address_of(found->family, bytes.data() + kFixedBytes, port));
}

/// As far as both go.
bool begins_alike(std::string_view bytes, std::string_view start) {
  const std::size_t size = std::min(bytes.size(), start.size());
  return bytes.substr(0, size) == start.substr(0, size);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return more();
  if (begins_alike(bytes, kLineStart)) {
    return bytes.size() < kLineStart.size() ? more() : parse_line(bytes);
  }
  if (begins_alike(bytes, kSignature)) return parse_binary(bytes);
  return bad("no PROXY header");
}

// What is looked at first and then taken is never more than the header: whoever reads after it
// finds the first byte behind it.
ProxyReader::Step ProxyReader::read(int fd) {
  std::array<char, kProxyHeaderBytesMax> buffer;
  while (true) {
    const ssize_t seen = ::recv(fd, buffer.data(), buffer.size() - taken_.size(), MSG_PEEK);
    if (seen == 0) return Step::closed;
    if (seen < 0) return errno == EAGAIN || errno == EINTR ? Step::again : Step::closed;
    const std::size_t before = taken_.size();
    taken_.append(buffer.data(), static_cast<std::size_t>(seen));
    const ProxyHeader header = parse_proxy_header(taken_);
    if (header.status == ProxyHeader::Status::bad) {
      error_ = header.error;
      return Step::bad;
    }
    const bool whole = header.status == ProxyHeader::Status::done;
    if (whole) taken_.resize(header.bytes);
    const std::size_t took = taken_.size() - before;
    if (::recv(fd, buffer.data(), took, 0) != static_cast<ssize_t>(took)) return Step::closed;
    if (!whole) continue;
    source_ = header.source;
    return Step::done;
  }
}

}  // namespace gateway::net
