// Bytes of Redis's protocol: however they are cut into pieces the same replies come of them, and
// the same end; and what lies in memory is bounded whatever sizes they tell.
#include <vector>

#include "backbone/redis_reader.h"
#include "fuzz/fuzz.h"

namespace gateway::fuzz {
namespace {

using backbone::RedisReader;
using backbone::RedisReply;

constexpr std::size_t kReplyMax = std::size_t{16} << 10U;
constexpr std::size_t kDepthMax = 8;

/// Bytes as the bound counts them.
std::size_t check_reply(const RedisReply& reply, std::size_t depth) {
  BC_CHECK(depth <= kDepthMax, depth);
  BC_CHECK(depth > 0 || !reply.is(RedisReply::Kind::lost));
  BC_CHECK(reply.list.empty() || (reply.is(RedisReply::Kind::list) && reply.text.empty()));
  std::size_t bytes = reply.text.size() + reply.list.size() * sizeof(RedisReply);
  for (const RedisReply& part : reply.list) bytes += check_reply(part, depth + 1);
  return bytes;
}

void write(const RedisReply& reply, std::string& out) {
  out += std::to_string(static_cast<int>(reply.kind)) + ' ' + std::to_string(reply.number) + ' ' +
         std::to_string(reply.text.size()) + reply.text + ' ' + std::to_string(reply.list.size());
  for (const RedisReply& part : reply.list) write(part, out);
}

/// All that comes of it, and its end.
std::string read(const std::vector<std::string_view>& pieces) {
  RedisReader reader(kReplyMax);
  std::string out;
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    while (const auto reply = reader.next()) {
      BC_CHECK(check_reply(*reply, 0) <= kReplyMax);
      write(*reply, out);
    }
  }
  BC_CHECK(reader.error().size() < 256, reader.error());
  return out + (reader.error().empty() ? "" : "!");
}

void run(std::string_view bytes) {
  Input input(bytes);
  const std::size_t step = 1 + input.byte();
  const std::string_view text = input.rest();
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size(); at += step) pieces.push_back(text.substr(at, step));
  const std::string whole = read({text});
  BC_CHECK(read(pieces) == whole, whole);
}

const Registration kRegistered("resp", run);

}  // namespace
}  // namespace gateway::fuzz
