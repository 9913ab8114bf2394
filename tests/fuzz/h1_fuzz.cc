// HTTP/1.1 requests: however the network cuts them the same are handled and the same bytes come
// back; one written anew is read as the same; and whatever came, the connection ends in time.
#include "fuzz/fuzz.h"
#include "support/fake_source.h"
#include "support/h1_connection.h"

namespace gateway::fuzz {
namespace {

constexpr std::size_t kWhole = std::string_view::npos;

/// A server that answers what it was asked, /s… in chunks.
struct World {
  World() {
    connection.options.url_bytes = 256;
    connection.options.header_bytes = 1024;
    connection.options.header_fields = 8;
    connection.options.body_bytes = 512;
    connection.options.cookie = "t";
    connection.handler.on_handle = [this](http::Exchange& exchange) {
      const http::Request& request = exchange.request();
      const std::string body = request.method + ' ' + request.path + ' ' + request.body;
      if (!request.path.starts_with("/s")) return exchange.respond({200, {}, body});
      feed = {};
      feed.bytes = body;
      feed.end = true;
      exchange.respond_stream({200, {}, ""}, std::make_unique<test::FakeSource>(feed));
    };
  }

  void give(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      const bool alive = connection.receive(bytes.substr(0, piece));
      drain();
      if (!alive) return;
    }
  }
  /// With room for all answers, so that no chunk is cut.
  void drain() {
    static std::vector<char> buffer(std::size_t{1} << 20U);
    while (const std::size_t bytes = connection.session().send(buffer.data(), buffer.size())) {
      connection.sent.append(buffer.data(), bytes);
    }
  }
  const std::vector<http::Request>& handled() const { return connection.handler.requests; }
  const std::vector<http::Refusal>& refused() const { return connection.handler.refusals; }

  std::string_view refused_origin(std::size_t index) const {
    return connection.handler.refused_requests[index].fields.get("origin");
  }

  test::Feed feed;  // outlives the session and its sources
  test::H1Connection connection;
};

bool same(const http::Request& a, const http::Request& b) {
  const auto same_field = [](const http::Field& one, const http::Field& other) {
    return one.name == other.name && one.value == other.value;
  };
  return a.method == b.method && a.path == b.path && a.query == b.query &&
         a.authority == b.authority && a.body == b.body &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same_field);
}

/// In the form that no recipient reads in two ways.
std::string write(const http::Request& request) {
  const bool old = request.authority.empty();
  std::string out = request.method + ' ' + request.path;
  if (!request.query.empty()) out += '?' + request.query;
  out += old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  // A target may name another host than its field, and wins.
  if (!old && !request.fields.has("host")) out += "host: " + request.authority + "\r\n";
  for (const http::Field& field : request.fields) {
    if (field.name == "content-length") continue;
    const bool host = field.name == "host";
    out += field.name + ": " + (host ? request.authority : field.value) + "\r\n";
  }
  if (!request.body.empty() || request.fields.has("content-length")) {
    out += "content-length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return out + "\r\n" + request.body;
}

/// Twice, because the first time framing and host become plain.
void check_again(const http::Request& request) {
  World first;
  first.give(write(request), kWhole);
  BC_CHECK(first.handled().size() == 1 && first.refused().empty(), write(request));
  const http::Request& again = first.handled()[0];
  BC_CHECK(again.method == request.method && again.path == request.path, write(request));
  BC_CHECK(again.query == request.query && again.body == request.body, write(request));
  BC_CHECK(again.authority == request.authority, write(request));
  World second;
  second.give(write(again), kWhole);
  BC_CHECK(second.handled().size() == 1 && same(second.handled()[0], again), write(again));
}

void check_request(const http::Request& request) {
  BC_CHECK(request.path.starts_with('/') || request.path == "*", request.path);
  const std::string target = request.path + request.query;
  BC_CHECK(!base::has_control(target) && target.find(' ') == std::string::npos, target);
  BC_CHECK(!base::has_control(request.method + request.authority), request.authority);
  for (const http::Field& field : request.fields) {
    BC_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

void run(std::string_view bytes) {
  Input input(bytes);
  const std::size_t piece = 1 + input.below(32);
  const std::string_view stream = input.rest();
  World whole;
  whole.give(stream, kWhole);
  World cut;
  cut.give(stream, piece);
  BC_CHECK(whole.connection.sent == cut.connection.sent, whole.connection.sent,
           cut.connection.sent);
  BC_CHECK(whole.handled().size() == cut.handled().size());
  BC_CHECK(whole.refused().size() <= 1);
  BC_CHECK(whole.refused().size() == cut.refused().size());
  for (std::size_t i = 0; i < whole.refused().size(); ++i) {
    BC_CHECK(whole.refused_origin(i) == cut.refused_origin(i), whole.refused_origin(i));
  }
  for (std::size_t i = 0; i < whole.handled().size(); ++i) {
    BC_CHECK(same(whole.handled()[i], cut.handled()[i]), i);
    check_request(whole.handled()[i]);
  }
  if (!whole.handled().empty()) check_again(whole.handled().back());
  cut.connection.pass(std::chrono::hours(1));
  cut.drain();
  BC_CHECK(cut.connection.session().finished(), cut.connection.sent);
  BC_CHECK(cut.connection.counters.exchanges_open.value() == 0);
}

const Registration kRegistered("h1", run);

}  // namespace
}  // namespace gateway::fuzz
