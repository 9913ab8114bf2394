// An event comes out of the stream as it was published, whatever is in it and however the network
// cuts it; and both parsers, the browser's by the standard and the client's, read any bytes alike.
#include <utility>

#include "api/publication.h"
#include "broker/sse.h"
#include "client/json.h"
#include "client/sse_reader.h"
#include "fuzz/fuzz.h"
#include "support/sse_parser.h"

namespace gateway::fuzz {
namespace {

using Events = std::vector<test::SseEvent>;

constexpr broker::EventId kId{0x7f3a91c2, 42};
constexpr std::size_t kEventBytesMax = std::size_t{1} << 20U;

Events by_standard(std::string_view stream, std::size_t piece) {
  test::SseParser parser;
  Events all;
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
    for (auto& event : parser.feed(stream.substr(0, piece))) all.push_back(std::move(event));
  }
  return all;
}

Events by_client(std::string_view stream, std::size_t piece) {
  Events all;
  client::SseReader* self = nullptr;
  client::SseReader reader(kEventBytesMax, [&](const client::SseEvent& event) {
    all.push_back({std::string(event.type), std::string(event.data), self->last_event_id()});
    return true;
  });
  self = &reader;
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
    BC_CHECK(reader.feed(stream.substr(0, piece)) == client::SseReader::State::kReading);
  }
  return all;
}

/// What all read of it.
Events read(std::string_view stream, std::size_t piece) {
  Events events = by_standard(stream, stream.size());
  BC_CHECK(by_standard(stream, piece) == events, piece);
  BC_CHECK(by_client(stream, stream.size()) == events, events.size());
  BC_CHECK(by_client(stream, piece) == events, piece);
  return events;
}

/// As the stream's lines carry it.
std::string with_line_feeds(std::string_view data) {
  std::string out;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] == '\r' && data.substr(i + 1, 1) == "\n") continue;
    out += data[i] == '\r' ? '\n' : data[i];
  }
  return out;
}

void check_plain(const broker::Draft& draft, std::size_t piece) {
  const std::string block = broker::sse::encode_plain(draft, kId);
  const Events events = read(block + block, piece);
  BC_CHECK(events.size() == 2, events.size());
  for (const test::SseEvent& event : events) {
    BC_CHECK(event.type == (draft.type.empty() ? "message" : draft.type), event.type);
    BC_CHECK(event.data == with_line_feeds(draft.data), event.data);
    BC_CHECK(event.last_event_id == to_string(kId), event.last_event_id);
  }
}

void check_json(const broker::Draft& draft, std::size_t piece) {
  const std::string& board = draft.boards.front();
  const Events events = read(broker::sse::encode_json(draft, kId, 1, board), piece);
  BC_CHECK(events.size() == 1, events.size());
  const std::string& json = events[0].data;
  BC_CHECK(events[0].type == "message" && client::is_json(json), json);
  BC_CHECK(client::json_text_member(json, "board") == board, json);
  BC_CHECK(client::json_text_member(json, "event") == (draft.type.empty() ? "message" : draft.type),
           json);
  const auto data = client::json_text(client::json_member(json, "data").value_or(""));
  BC_CHECK(data == draft.data, json);
}

void run(std::string_view bytes) {
  Input input(bytes);
  const std::size_t piece = 1 + input.below(16);
  broker::Draft draft;
  const bool fine = !api::add_board(draft, input.part()) && !api::set_type(draft, input.part());
  const std::string_view data = input.rest();
  if (fine && !api::set_text(draft, std::string(data))) {
    check_plain(draft, piece);
    check_json(draft, piece);
  }
  read(data, piece);
}

const Registration kRegistered("sse", run);

}  // namespace
}  // namespace gateway::fuzz
