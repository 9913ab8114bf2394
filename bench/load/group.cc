#include "load/group.h"

#include <algorithm>

namespace bench {
namespace {

constexpr std::size_t kRequestsAtOnce = 6;  // as a page does

}  // namespace

Connection* Group::connect(const Target& target, SSL_CTX* context) {
  if (members_.size() == shape_.connections) return nullptr;
  members_.push_back(std::make_unique<Member>(*this));
  Member& member = *members_.back();
  member.streams.reserve(shape_.streams);
  member.connection = make_connection(target, context, member, plan_.chrome);
  return member.connection.get();
}

void Group::open(std::uint64_t from, std::uint64_t to, const Past* past) {
  Fields fields = plan_.fields;
  if (past != nullptr) fields.emplace_back("last-event-id", "");
  for (std::size_t m = 0; m < members_.size(); ++m) {
    Member& member = *members_[m];
    for (std::uint64_t s = from; s < to; ++s) {
      EventStream& stream = member.streams.emplace_back();
      stream.board = static_cast<std::uint32_t>((m * shape_.streams + s) % plan_.boards);
      if (past != nullptr) {
        fields.back().second = past->ids[stream.board];
        stream.expected = past->number + 1;
      }
      const std::string board = "bench-" + std::to_string(stream.board);
      const std::string path = expand(plan_.path, {board, {}, std::to_string(s), {}});
      member.connection->send({"GET", path, fields});
    }
    member.connection->flush();
  }
}

void Group::keep_ids(Past& past) {
  past.ids.resize(plan_.boards);
  checker.keep = past.number;
  std::vector<bool> kept(plan_.boards);
  for (const auto& member : members_) {
    for (EventStream& stream : member->streams) {
      if (!kept[stream.board]) stream.kept = &past.ids[stream.board];
      kept[stream.board] = true;
    }
  }
}

std::uint64_t Group::connections(Connection::State state) const {
  const auto is = [state](const auto& member) { return member->connection->state() == state; };
  return static_cast<std::uint64_t>(std::count_if(members_.begin(), members_.end(), is));
}

void Group::count_closed() {
  for (const auto& member : members_) {
    if (member->connection->state() != Connection::State::closed || member->gone) continue;
    member->gone = true;
    for (std::size_t stream = 0; stream < member->streams.size(); ++stream) {
      member->on_end(member->requests + stream);
    }
  }
}

void Group::warm_up() {
  for (const auto& member : members_) {
    member->requests = plan_.requests;
    for (std::size_t n = 0; n < kRequestsAtOnce; ++n) member->warm_up();
    member->connection->flush();
  }
}

void Group::read(std::size_t bytes_max) {
  for (const auto& member : members_) {
    member->connection->read(bytes_max);
    member->connection->flush();
  }
}

void Group::read_slowly() {
  for (const auto& member : members_) member->connection->read_slowly();
}

void Group::Member::warm_up() {
  if (asked++ < requests) connection->send({"GET", group.plan_.request_path, {}});
}

EventStream* Group::Member::stream_of(std::size_t request) {
  const std::size_t index = request - requests;
  return request >= requests && index < streams.size() ? &streams[index] : nullptr;
}

void Group::Member::on_status(std::size_t request, int status) {
  EventStream* stream = stream_of(request);
  if (stream == nullptr || status != 200) return;
  stream->opened = true;
  ++group.checker.tally.opened;
}

void Group::Member::on_data(std::size_t request, std::string_view bytes, std::int64_t now) {
  EventStream* stream = stream_of(request);
  if (stream != nullptr && stream->opened) group.checker.feed(*stream, bytes, now);
}

void Group::Member::on_end(std::size_t request) {
  if (request < requests) {
    ++group.warmed_up_;
    warm_up();
  }
  EventStream* stream = stream_of(request);
  if (stream == nullptr || stream->ended) return;
  stream->ended = true;
  ++(stream->opened ? group.checker.tally.ended : group.checker.tally.refused);
}

}  // namespace bench
