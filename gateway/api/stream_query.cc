#include "api/stream_query.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace gateway::api {
namespace {

using base::Error;
using base::Fail;
using base::Result;
using broker::Start;

constexpr std::size_t kStreamNameMin = 16;  // room enough to be unguessable
constexpr std::size_t kStreamNameMax = 64;

/// The query's parameters as text.
struct Parameters {
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::optional<std::string> limit;
  std::optional<std::string> format;
  std::optional<std::string> last;
  std::optional<std::string> stream;
  std::string position;
};

/// Besides those that name boards.
constexpr std::size_t kOtherParametersMax = 64;

void add_list(std::vector<std::string>& names, std::string_view list) {
  const std::vector<std::string_view> pieces = base::split(list, ',');
  names.insert(names.end(), pieces.begin(), pieces.end());
}

/// Nothing when there are too many.
std::optional<Parameters> read_parameters(std::string_view query, std::size_t names_max) {
  auto fields = base::parse_form(query, names_max + kOtherParametersMax);
  if (!fields) return std::nullopt;
  Parameters parameters;
  for (base::FormField& field : *fields) {
    if (field.name == "boards") {
      add_list(parameters.names, field.value);
    } else if (field.name == "board") {
      parameters.names.push_back(std::move(field.value));
    } else if (field.name == "events") {
      add_list(parameters.types, field.value);
    } else if (field.name == "limit") {
      parameters.limit = std::move(field.value);
    } else if (field.name == "format") {
      parameters.format = std::move(field.value);
    } else if (field.name == "last") {
      parameters.last = std::move(field.value);
    } else if (field.name == "lastEventId") {
      parameters.position = std::move(field.value);
    } else if (field.name == "stream") {
      parameters.stream = std::move(field.value);
    }
  }
  return parameters;
}

/// Empty names and repeats do not count.
Result<broker::Filter> read_filter(const Parameters& parameters, std::size_t names_max) {
  Result<broker::Filter> filter = broker::Filter::compile(parameters.names, parameters.types);
  if (!filter) return filter;
  if (filter->names().empty()) {
    return Fail{
        Error{"Name at least one board: /events?boards=board-1,board-2 (a name with a "
              "comma in it: &board=name; every board that begins with team-: team-*)."}};
  }
  const std::string at_most = "at most " + std::to_string(names_max);
  if (filter->names().size() > names_max) {
    return Fail{Error{"Too many boards: " + at_most +
                      " on one stream. Open another stream, or use a pattern such as team-*."}};
  }
  if (filter->types().size() > names_max) {
    return Fail{Error{"Too many event types: " + at_most + " in events=."}};
  }
  return filter;
}

Result<std::uint64_t> read_limit(const std::optional<std::string>& text) {
  if (!text) return std::uint64_t{0};
  const std::optional<std::uint64_t> limit = base::parse_decimal(*text);
  if (limit && *limit >= 1) return *limit;
  return Fail{
      Error{"limit= takes a whole number of at least 1: the events after which the stream "
            "ends. Leave it out for a stream without end."}};
}

Result<broker::Format> read_format(const std::optional<std::string>& text, broker::Format usual) {
  if (!text) return usual;
  if (*text == "plain") return broker::Format::plain;
  if (*text == "json") return broker::Format::json;
  return Fail{Error{"format= takes plain or json."}};
}

Result<std::string> read_name(const std::optional<std::string>& text) {
  if (!text) return std::string();
  const bool fits = text->size() >= kStreamNameMin && text->size() <= kStreamNameMax;
  if (fits && text->find_first_not_of(base::kBase64Url) == std::string::npos) return *text;
  return Fail{
      Error{"stream= takes a name of 16 to 64 letters, digits, '-' and '_' that nobody can guess: "
            "draw one for each page, such as crypto.randomUUID() makes. Leave it out for a stream "
            "without a name."}};
}

Start read_position(std::string_view text, broker::EventId head) {
  if (text == "earliest") return {Start::Kind::earliest, {}, 0};
  const std::optional<broker::EventId> id = broker::parse_event_id(text);
  if (!id || (id->epoch == head.epoch && id->seq > head.seq)) return {Start::Kind::unknown, {}, 0};
  return {Start::Kind::after, *id, 0};
}

Result<Start> read_last(const std::optional<std::string>& text) {
  if (!text) return Start{};
  const std::optional<std::uint64_t> count = base::parse_decimal(*text);
  if (count && *count >= 1) return Start{Start::Kind::last, {}, *count};
  return Fail{
      Error{"last= takes a whole number of at least 1: the newest events of each board to begin "
            "with. Leave it out to start now."}};
}

Result<Start> read_start(std::string_view field, const Parameters& parameters,
                         broker::EventId head) {
  const Result<Start> last = read_last(parameters.last);
  if (!last) return last;
  if (!field.empty()) return read_position(field, head);
  if (parameters.position.empty()) return last;
  const Start start = read_position(parameters.position, head);
  if (start.kind != Start::Kind::unknown) return start;
  return Fail{
      Error{"lastEventId= takes the id of an event of this gateway, as its id: line gave "
            "it. Leave it out to start now."}};
}

}  // namespace

Result<StreamQuery> read_stream_query(const http::Request& request,
                                      const StreamDefaults& defaults) {
  const auto read = read_parameters(request.query, defaults.names_max);
  if (!read) {
    return Fail{Error{"Too many parameters: name all boards in one, boards=board-1,board-2."}};
  }
  const Parameters& parameters = *read;
  Result<broker::Filter> filter = read_filter(parameters, defaults.names_max);
  if (!filter) return Fail{filter.error()};
  const Result<std::uint64_t> limit = read_limit(parameters.limit);
  if (!limit) return Fail{limit.error()};
  const Result<broker::Format> format = read_format(parameters.format, defaults.format);
  if (!format) return Fail{format.error()};
  const std::string_view field = base::trim_ows(request.fields.get("last-event-id"));
  const Result<Start> start = read_start(field, parameters, defaults.head);
  if (!start) return Fail{start.error()};
  Result<std::string> name = read_name(parameters.stream);
  if (!name) return Fail{name.error()};
  return StreamQuery{*std::move(filter), *format, *limit, *start, *std::move(name)};
}

}  // namespace gateway::api
