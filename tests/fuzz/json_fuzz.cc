// Publishing JSON: what is taken is fit to be published, written anew it is read as the same, and
// an array means what the same events mean as lines.
#include "api/json_publish.h"
#include "fuzz/drafts.h"

namespace gateway::fuzz {
namespace {

constexpr api::PublishLimits kLimits{8, 16};

void check_again(const std::vector<broker::Draft>& drafts, const api::Reading& again) {
  BC_CHECK(again.ok(), again.error().detail);
  BC_CHECK(again->drafts.size() == drafts.size(), again->drafts.size(), drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) check_same(drafts[i], again->drafts[i]);
}

void check(const api::Reading& reading, std::string_view body) {
  if (!reading) return check_rejection(reading.error());
  const std::vector<broker::Draft>& drafts = reading->drafts;
  BC_CHECK(!drafts.empty() && drafts.size() <= kLimits.batch_events, drafts.size());
  BC_CHECK(reading->batch || drafts.size() == 1, body);
  std::string array = "[";
  std::string lines;
  for (const broker::Draft& draft : drafts) {
    check_draft(draft);
    const std::string json = to_json(draft);
    array += (array.size() > 1 ? "," : "") + json;
    lines += json + '\n';
  }
  check_again(drafts, api::read_json_publication(array + ']', kLimits));
  check_again(drafts, api::read_ndjson_publication(lines, kLimits));
}

/// Read by the client's own reader.
void check_data(const broker::Draft& draft, std::string_view body) {
  const auto value = client::json_member(body, "data");
  if (!value) return;
  const bool text = value->starts_with('"');
  BC_CHECK(draft.data_is_json != text, body);
  BC_CHECK(!text || client::json_text(*value) == draft.data, body);
}

void run(std::string_view body) {
  const auto reading = api::read_json_publication(body, kLimits);
  check(reading, body);
  if (reading && !reading->batch) check_data(reading->drafts.front(), body);
  check(api::read_ndjson_publication(body, kLimits), body);
}

const Registration kRegistered("json", run);

}  // namespace
}  // namespace gateway::fuzz
