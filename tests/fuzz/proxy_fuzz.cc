// The PROXY header: however many bytes there are, the answer is the same and never taken back; an
// address comes out as it can be written again; and no byte behind the header leaves the socket.
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "fuzz/fuzz.h"
#include "net/proxy_header.h"

namespace gateway::fuzz {
namespace {

using Status = net::ProxyHeader::Status;

std::string source_of(const std::optional<net::SocketAddress>& source) {
  return source ? source->text() : "";
}

/// "192.0.2.1:51234" as a proxy of version 1 says it.
std::string line_of(const net::SocketAddress& source) {
  const std::string text = source.text();
  const std::size_t colon = text.rfind(':');
  const bool four = source.family() == AF_INET;
  const std::string host = four ? text.substr(0, colon) : text.substr(1, colon - 2);
  const std::string port = text.substr(colon + 1);
  return (four ? "PROXY TCP4 " : "PROXY TCP6 ") + host + ' ' + host + ' ' + port + ' ' + port +
         "\r\n";
}

void check_prefixes(std::string_view bytes, const net::ProxyHeader& whole) {
  const std::size_t step = 1 + bytes.size() / 128;
  for (std::size_t size = 0; size < bytes.size(); size += step) {
    const net::ProxyHeader part = net::parse_proxy_header(bytes.substr(0, size));
    if (part.status == Status::more) {
      BC_CHECK(whole.status != Status::done || size < whole.bytes, size, whole.bytes);
      continue;
    }
    BC_CHECK(part.status == whole.status, size);
    BC_CHECK(part.bytes == whole.bytes && source_of(part.source) == source_of(whole.source), size);
  }
}

class Pair {
 public:
  Pair() { BC_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) == 0); }
  ~Pair() {
    for (const int fd : ends_) ::close(fd);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int reading() const { return ends_[0]; }
  void write(std::string_view bytes) const {
    const ssize_t sent = ::send(ends_[1], bytes.data(), bytes.size(), 0);
    BC_CHECK(sent == static_cast<ssize_t>(bytes.size()), sent, bytes.size());
  }
  std::string left() const {
    std::string out(4096, '\0');
    const ssize_t got = ::recv(ends_[0], out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }

 private:
  std::array<int, 2> ends_{};
};

/// As it comes from a network that cuts it in two.
void check_reader(std::string_view bytes, std::size_t cut, const net::ProxyHeader& whole) {
  using Step = net::ProxyReader::Step;
  const Pair pair;
  net::ProxyReader reader;
  Step step = Step::again;
  std::size_t sent = 0;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (piece.empty() || step != Step::again) continue;
    pair.write(piece);
    sent += piece.size();
    step = reader.read(pair.reading());
  }
  if (whole.status == Status::more) BC_CHECK(step == Step::again, cut);
  if (whole.status == Status::bad) BC_CHECK(step == Step::bad, cut);
  if (whole.status != Status::done) return;
  BC_CHECK(step == Step::done, cut);
  BC_CHECK(source_of(reader.source()) == source_of(whole.source), cut);
  BC_CHECK(pair.left() == bytes.substr(whole.bytes, sent - whole.bytes), cut);
}

void run(std::string_view input) {
  const std::string_view bytes = input.substr(0, net::kProxyHeaderBytesMax + 64);
  const net::ProxyHeader header = net::parse_proxy_header(bytes);
  check_prefixes(bytes, header);
  check_reader(bytes, bytes.size() / 2, header);
  if (header.status == Status::bad) return check_sentence(header.error);
  BC_CHECK(bytes.size() <= net::kProxyHeaderBytesMax || header.status == Status::done);
  if (header.status == Status::more) return;
  BC_CHECK(header.bytes <= bytes.size() && header.bytes <= net::kProxyHeaderBytesMax);
  if (!header.source) return;
  const net::ProxyHeader again = net::parse_proxy_header(line_of(*header.source));
  BC_CHECK(again.status == Status::done, line_of(*header.source));
  BC_CHECK(source_of(again.source) == source_of(header.source), source_of(header.source));
}

const Registration kRegistered("proxy", run);

}  // namespace
}  // namespace gateway::fuzz
