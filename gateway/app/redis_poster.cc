#include "app/redis_poster.h"

#include <utility>

#include "api/json_publish.h"
#include "api/options.h"
#include "base/text.h"
#include "broker/options.h"

namespace gateway::app {
namespace {

using backbone::PublishError;
using client::Outcome;

/// As the gateway would answer.
Outcome answer(client::Receiver& receiver, int status, const std::string& body) {
  const bool taken = receiver.head({status, "application/json", {}}) && receiver.body(body);
  return {taken ? Outcome::Kind::complete : Outcome::Kind::stopped, true, {}};
}

Outcome refuse(client::Receiver& receiver, int status, const std::string& why) {
  return answer(receiver, status, "{\"detail\":" + base::json_string(why) + "}");
}

std::string ids_text(const std::vector<broker::EventId>& ids) {
  std::string text;
  for (const broker::EventId id : ids) {
    text += (text.empty() ? "\"" : ",\"") + broker::to_string(id) + '"';
  }
  return "{\"ids\":[" + text + "]}";
}

}  // namespace

Outcome RedisPoster::post(const std::string& body, std::chrono::milliseconds,
                          client::Receiver& receiver) {
  if (body.size() > broker::kDataBytesMax) {
    return refuse(receiver, 413, "events of more than 64 MiB together");
  }
  const api::Options bounds;
  auto reading = api::read_json_publication(body, {bounds.batch_events, bounds.json_depth});
  if (!reading) return refuse(receiver, reading.error().status, reading.error().detail);
  const auto result = publisher_.publish(std::move(reading->drafts));
  if (result) return answer(receiver, 200, ids_text(result->ids));
  switch (result.error().reason) {
    case PublishError::unavailable:
      return refuse(receiver, 503, "Redis: " + publisher_.why());
    case PublishError::conflict:
      return refuse(receiver, 409, "a key stands for an event of other content");
    case PublishError::unknown:
      break;
  }
  return {Outcome::Kind::failed, true, publisher_.why()};
}

}  // namespace gateway::app
