#include "api/json_publish.h"

#include <utility>

#include "api/event_visitor.h"
#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

/// The event's object, around its data; an array around that.
constexpr std::size_t kObjectDepth = 1;
constexpr std::size_t kArrayDepth = 2;

/// Reads one text into `visitor`; `depth` levels of it are not data.
Checked read_events(std::string_view json, std::size_t depth, const PublishLimits& limits,
                    EventVisitor& visitor) {
  const auto read = read_json(json, limits.json_depth + depth, visitor);
  if (read) return {};
  if (visitor.rejection()) return visitor.rejection();
  return Rejection{400, read.error().what + " (at byte " + std::to_string(read.error().at) + ")."};
}

Rejection at_item(std::size_t index, Rejection rejection) {
  // What is wrong with the batch as a whole is not wrong with one item.
  if (rejection.status == 400) {
    rejection.detail = "item " + std::to_string(index) + ": " + rejection.detail;
  }
  return rejection;
}

Reading finish(std::vector<broker::Draft> drafts, bool batch) {
  if (drafts.empty()) return base::Fail{Rejection{400, "An empty batch: send one event at least."}};
  return Publication{std::move(drafts), batch};
}

}  // namespace

Reading read_json_publication(std::string_view body, const PublishLimits& limits) {
  const std::size_t begin = body.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return base::Fail{Rejection{400, "An empty body: send a JSON object, or an array of them."}};
  }
  const bool batch = body[begin] == '[';
  EventVisitor visitor(batch, limits.batch_events);
  auto rejection = read_events(body, batch ? kArrayDepth : kObjectDepth, limits, visitor);
  if (rejection && batch) rejection = at_item(visitor.drafts().size(), std::move(*rejection));
  if (rejection) return base::Fail{std::move(*rejection)};
  return finish(std::move(visitor.drafts()), batch);
}

Reading read_ndjson_publication(std::string_view body, const PublishLimits& limits) {
  EventVisitor visitor(false, limits.batch_events);
  for (const std::string_view line : base::split(body, '\n')) {
    if (line.find_first_not_of(kWhiteSpace) == std::string_view::npos) continue;
    const std::size_t index = visitor.drafts().size();
    auto rejection = read_events(line, kObjectDepth, limits, visitor);
    if (rejection) return base::Fail{at_item(index, std::move(*rejection))};
  }
  return finish(std::move(visitor.drafts()), true);
}

}  // namespace gateway::api
