#include "api/stream_change.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/admission.h"
#include "api/media_type.h"
#include "api/node_talk.h"
#include "api/problem.h"
#include "api/stream_body.h"
#include "base/text.h"
#include "broker/hub.h"

namespace gateway::api {
namespace {

http::Response changed(const std::vector<std::string>& boards, broker::EventId position) {
  std::string json = "{\"boards\":[";
  for (const std::string& board : boards) {
    if (json.back() != '[') json += ',';
    base::append_json_string(json, board);
  }
  return json_answer(json + "],\"position\":\"" + to_string(position) + "\"}");
}

http::Response refused(broker::Hub::ChangeError error) {
  switch (error) {
    case broker::Hub::ChangeError::behind:
      return unavailable("This stream's reader is too far behind to be told: try again.");
    case broker::Hub::ChangeError::busy:
      return unavailable("What an earlier change added is still being given: try again.");
    case broker::Hub::ChangeError::ahead:
      return unavailable(
          "This node has yet to read what the stream has had at another one: try again.");
    case broker::Hub::ChangeError::too_late:
      return problem(400, "\"after\" is beyond the stream's position: leave it out to begin now.");
    case broker::Hub::ChangeError::ended:
      break;
  }
  return problem(404, "This stream is ending.");
}

http::Response no_stream() {
  return problem(404,
                 "There is no such stream: boardcast.open tells its id, which ends with its "
                 "connection.");
}

http::Response nodes_away() {
  return unavailable(
      "This stream has a name, and its boards cannot be kept for its return now: nothing was "
      "changed, try again.");
}

http::Response not_known_to_nodes() {
  return unavailable(
      "The stream reads these boards now, but it is not known whether another node would find them "
      "at its return: send the change again.");
}

/// What a stream reads behind a change.
struct Names {
  std::vector<std::string> all;
  std::vector<std::string> added;  // what of it is new
};

// Lists are long where the configuration lets them: no two are compared name by name.
Names names_after(const StreamChange& change, const std::vector<std::string>& before) {
  const std::set<std::string_view> removed(change.remove.begin(), change.remove.end());
  std::set<std::string_view> known;
  Names names;
  for (const std::string& name : before) {
    if (removed.contains(name)) continue;
    known.insert(name);
    names.all.push_back(name);
  }
  for (const std::string& name : change.add) {
    if (!name.empty() && known.insert(name).second) names.added.push_back(name);
  }
  names.all.insert(names.all.end(), names.added.begin(), names.added.end());
  return names;
}

/// Nothing when the change may be made.
std::optional<http::Response> refusal(const StreamChange& change, const Names& names,
                                      const StreamBody& stream, const Context& context) {
  const std::size_t names_max = context.stream_options.boards_per_stream;
  if (!stream.subject().empty() && stream.subject() != change.grant.subject) {
    return not_allowed(change.grant, "This stream is another subject's.", context.gate);
  }
  for (const std::string& name : names.all) {
    if (change.grant.may_subscribe(name)) continue;
    return not_granted(change.grant, "read", name, context.gate);
  }
  if (names.all.empty()) return problem(400, "A stream reads at least one board: end it instead.");
  if (names.all.size() > names_max) {
    return problem(400, "Too many boards: at most " + std::to_string(names_max) +
                            " on one stream. Open another stream, or use a pattern.");
  }
  return std::nullopt;
}

base::Result<broker::Hub::Change> to_hub(const StreamChange& change, const Names& names,
                                         const broker::Subscription& subscription) {
  const broker::Filter& filter = subscription.filter();
  base::Result<broker::Filter> next = filter.with_names(names.all);
  if (!next) return base::Fail{next.error()};
  broker::Hub::Change wanted{*std::move(next), std::nullopt, std::nullopt};
  if (!names.added.empty()) wanted.added = *filter.with_names(names.added);
  if (change.after) {
    wanted.after = change.after->epoch == 0 ? broker::EventId{subscription.position().epoch, 0}
                                            : *change.after;
  }
  return wanted;
}

/// The stream lasts as long as this grant from now on, and is its subject's.
void lease(StreamBody& stream, const auth::Grant& grant, const Context& context) {
  const base::WallMs ends = context.leases.end_of(grant, context.gate.options());
  if (stream.lease() != nullptr) {
    stream.lease()->renew(grant.subject, ends);
  } else if (grant.is_proven()) {
    stream.hold(std::make_unique<StreamLease>(context.leases, stream, grant.subject, ends));
  }
}

/// The stream's position behind the change; or the answer that refuses it.
base::Result<broker::EventId, http::Response> exchange_boards(const StreamChange& change,
                                                              const Names& names,
                                                              broker::Subscription& subscription,
                                                              broker::Hub& hub) {
  using Error = broker::Hub::ChangeError;
  if (change.only_renews()) {
    if (subscription.ended() != broker::EndReason::none) return base::Fail{refused(Error::ended)};
    return subscription.position();
  }
  auto wanted = to_hub(change, names, subscription);
  if (!wanted) return base::Fail{problem(400, wanted.error().message)};
  const auto changed_at = hub.change(subscription, *std::move(wanted));
  if (!changed_at) return base::Fail{refused(changed_at.error())};
  return *changed_at;
}

/// `answer`, once other nodes would find the boards.
void keep(NameClaim& name, const std::vector<std::string>& boards, http::Response answer,
          ChangeDone done) {
  name.keep(boards, [answer = std::move(answer), done = std::move(done)](Kept kept) {
    switch (kept) {
      case Kept::yes:
        return done(answer);
      case Kept::replaced:  // he has not got this change: it is as if it had come too late
        return done(std::nullopt);
      case Kept::unknown:
        return done(not_known_to_nodes());
    }
  });
}

}  // namespace

void apply(const StreamChange& change, const StreamId& id, const Context& context,
           ChangeDone done) {
  StreamBody* const stream = context.streams.find(id);
  if (stream == nullptr || stream->subscription() == nullptr) return done(std::nullopt);
  broker::Subscription& subscription = *stream->subscription();
  const Names names = names_after(change, subscription.filter().names());
  if (auto no = refusal(change, names, *stream, context)) return done(std::move(no));
  const bool keeps = stream->name() != nullptr && !change.only_renews();
  if (keeps && !context.backbone.nodes().up()) return done(nodes_away());
  const auto position = exchange_boards(change, names, subscription, context.hub);
  if (!position) return done(position.error());
  lease(*stream, change.grant, context);
  const std::vector<std::string>& boards = subscription.filter().names();
  http::Response answer = changed(boards, *position);
  if (!keeps) return done(std::move(answer));
  keep(*stream->name(), boards, std::move(answer), std::move(done));
}

StreamChanger::StreamChanger(const Context& context, Reply reply)
    : context_(context), reply_(std::move(reply)) {}

base::Result<StreamChange, http::Response> StreamChanger::read(http::Exchange& exchange) const {
  const http::Request& request = exchange.request();
  const Admission admitted = admit(exchange, context_.options.cors, context_.gate);
  if (!admitted) return base::Fail{admitted.error()};
  // Or who was sent away would come back by way of a stream that he had opened as somebody else.
  if (context_.kicks.refuses(exchange.peer(), context_.clock.now(), (*admitted)->subject)) {
    context_.counters.streams_refused_kicked.add();
    return base::Fail{problem(403, "An operator has sent this client away for a time.")};
  }
  const auto media = parse_media_type(request.fields.get("content-type"));
  if (!media || media->essence != "application/json") {
    http::Response response =
        problem(415, "A change is JSON; send content-type: application/json.");
    response.fields.add("accept-patch", "application/json");
    return base::Fail{std::move(response)};
  }
  auto change = read_stream_change(request.body, context_.stream_options.boards_per_stream);
  if (!change) return base::Fail{problem(change.error().status, change.error().detail)};
  change->grant = **admitted;
  return *std::move(change);
}

void StreamChanger::handle(http::Exchange& exchange, std::string_view stream) {
  auto change = read(exchange);
  if (!change) return reply_(exchange, change.error());
  const std::optional<StreamId> id = parse_stream_id(stream);
  if (!id) return reply_(exchange, no_stream());
  const auto shared = std::make_shared<const StreamChange>(*std::move(change));
  context_.fleet.change_stream(
      *id, *shared,
      [this, id = *id, shared, asker = exchange.weak()](std::optional<http::Response> done) {
        http::Exchange* const still_there = asker.get();
        if (still_there == nullptr) return;
        if (done) return reply_(*still_there, *std::move(done));
        if (!context_.backbone.nodes().shared()) return reply_(*still_there, no_stream());
        ask_nodes(asker, id, *shared);
      });
}

void StreamChanger::ask_nodes(base::WeakPtr<http::Exchange> asker, const StreamId& id,
                              const StreamChange& change) {
  using Answer = base::Result<std::string, backbone::AskError>;
  context_.backbone.nodes().ask(question_text({id, change}), [this, asker = std::move(asker)](
                                                                 const Answer& answer) {
    http::Exchange* const still_there = asker.get();
    if (still_there == nullptr) return;
    if (!answer) return reply_(*still_there, not_told(answer.error()));
    if (answer->empty()) return reply_(*still_there, no_stream());
    auto response = read_answer(*answer);
    reply_(*still_there, response ? *std::move(response) : not_told(backbone::AskError::silent));
  });
}

}  // namespace gateway::api
