// Last-Event-ID: one position has one text, in the field nothing is an error, and in the query the
// same text means the same place.
#include "api/stream_query.h"
#include "fuzz/fuzz.h"
#include "support/fake_exchange.h"

namespace gateway::fuzz {
namespace {

using Kind = broker::Start::Kind;

constexpr broker::EventId kHead{0x7f3a91c2, 0x42};
constexpr api::StreamDefaults kDefaults{broker::Format::plain, 4, kHead};

base::Result<api::StreamQuery> query(const std::string& target, std::string_view field) {
  http::Request request = test::make_request("GET", target);
  request.fields.add("last-event-id", std::string(field));
  return api::read_stream_query(request, kDefaults);
}

void check_id(std::string_view text) {
  const std::optional<broker::EventId> id = broker::parse_event_id(text);
  if (!id) return;
  BC_CHECK(id->seq <= broker::kSeqMax, id->seq);
  BC_CHECK(broker::to_string(*id) == text, text);
}

void check_start(const broker::Start& start, std::string_view text) {
  const std::string_view trimmed = base::trim_ows(text);
  const auto id = broker::parse_event_id(trimmed);
  const bool here = id && id->epoch == kHead.epoch && id->seq > kHead.seq;
  if (trimmed.empty()) {
    BC_CHECK(start.kind == Kind::now);
  } else if (trimmed == "earliest") {
    BC_CHECK(start.kind == Kind::earliest);
  } else if (id && !here) {
    BC_CHECK(start.kind == Kind::after && start.id == *id, trimmed);
  } else {
    BC_CHECK(start.kind == Kind::unknown, trimmed);
  }
}

void run(std::string_view text) {
  check_id(text);
  check_id(base::trim_ows(text));
  const auto by_field = query("/events?boards=a", text);
  BC_CHECK(by_field.ok(), text);
  check_start(by_field->start, text);
  const auto by_query = query("/events?boards=a&lastEventId=" + escaped(text), "");
  if (!by_query) return check_sentence(by_query.error().message);
  if (base::trim_ows(text) != text) return;  // only a field's white space means nothing
  BC_CHECK(by_query->start.kind == by_field->start.kind, text);
  BC_CHECK(by_query->start.id == by_field->start.id, text);
}

const Registration kRegistered("position", run);

}  // namespace
}  // namespace gateway::fuzz
