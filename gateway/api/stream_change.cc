#include "api/stream_change.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "api/admission.h"
#include "api/json_reader.h"
#include "api/media_type.h"
#include "api/node_talk.h"
#include "api/problem.h"
#include "api/stream_body.h"
#include "base/text.h"

namespace gateway::api {
namespace {

using Kind = JsonToken::Kind;

constexpr std::array<std::string_view, 3> kMembers = {"add", "remove", "after"};
constexpr std::size_t kDepth = 2;  // an object of arrays

class ChangeVisitor final : public JsonVisitor {
 public:
  explicit ChangeVisitor(std::size_t names_max) : names_max_(names_max) {}

  bool visit(const JsonToken& token) override {
    if (token.kind == Kind::object_begin && !begun_) return begun_ = true;
    if (!begun_) return refuse("A change is one JSON object: {\"add\":[…],\"remove\":[…]}.");
    if (token.kind == Kind::key) return name(token.text);
    if (token.kind == Kind::object_end) return true;
    return member_ == "after" ? position(token) : board(token);
  }

  StreamChange& change() { return change_; }
  const Checked& rejection() const { return rejection_; }

 private:
  bool refuse(std::string detail) {
    rejection_ = Rejection{400, std::move(detail)};
    return false;
  }
  bool name(std::string_view text) {
    const auto* const known = std::find(kMembers.begin(), kMembers.end(), text);
    if (known == kMembers.end()) {
      rejection_ = unknown_name("member", text, kMembers);
      return false;
    }
    member_ = *known;
    return true;
  }
  bool position(const JsonToken& token) {
    change_.after = token.kind == Kind::string && token.text != "earliest"
                        ? broker::parse_event_id(token.text)
                        : std::optional(broker::EventId{});
    if (token.kind == Kind::string && change_.after) return true;
    return refuse("\"after\" takes the id of an event, as its id: line gave it, or \"earliest\".");
  }
  bool board(const JsonToken& token) {
    if (token.kind == Kind::array_begin && !in_list_) return in_list_ = true;
    if (token.kind == Kind::array_end) {
      in_list_ = false;
      return true;
    }
    if (token.kind != Kind::string || !in_list_) {
      return refuse('"' + std::string(member_) + "\" takes a list of boards and patterns.");
    }
    std::vector<std::string>& names = member_ == "add" ? change_.add : change_.remove;
    names.emplace_back(token.text);
    return names.size() <= names_max_ ||
           refuse("Too many boards: at most " + std::to_string(names_max_) + " in one change.");
  }

  const std::size_t names_max_;
  StreamChange change_;
  Checked rejection_;
  std::string_view member_;
  bool begun_ = false;
  bool in_list_ = false;
};

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

http::Response changed(const std::vector<std::string>& boards, broker::EventId position) {
  http::Response response;
  response.fields.add("content-type", "application/json");
  response.fields.add("cache-control", "no-store");
  response.body = "{\"boards\":[";
  for (const std::string& board : boards) {
    if (response.body.back() != '[') response.body += ',';
    base::append_json_string(response.body, board);
  }
  response.body += "],\"position\":\"" + to_string(position) + "\"}\n";
  return response;
}

http::Response refused(broker::Hub::ChangeError error) {
  constexpr std::chrono::seconds kSoon{1};
  switch (error) {
    case broker::Hub::ChangeError::behind:
      return unavailable("This stream's reader is too far behind to be told: try again.", kSoon);
    case broker::Hub::ChangeError::busy:
      return unavailable("What an earlier change added is still being given: try again.", kSoon);
    case broker::Hub::ChangeError::ahead:
      return unavailable(
          "This node has yet to read what the stream has had at another one: try "
          "again.",
          kSoon);
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
  constexpr std::chrono::seconds kSoon{1};
  return unavailable(
      "This stream has a name, and its boards cannot be kept for its return now: nothing was "
      "changed, try again.",
      kSoon);
}

http::Response not_known_to_nodes() {
  constexpr std::chrono::seconds kSoon{1};
  return unavailable(
      "The stream reads these boards now, but it is not known whether another node would find them "
      "at its return: send the change again.",
      kSoon);
}

/// What a stream reads behind a change.
struct Names {
  std::vector<std::string> all;
  std::vector<std::string> added;  // what of it is new
};

Names names_after(const StreamChange& change, const std::vector<std::string>& before) {
  Names names{before, {}};
  std::erase_if(names.all, [&](const std::string& name) { return has(change.remove, name); });
  for (const std::string& name : change.add) {
    if (!name.empty() && !has(names.all, name)) names.added.push_back(name);
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

}  // namespace

base::Result<StreamChange, Rejection> read_stream_change(std::string_view json,
                                                         std::size_t names_max) {
  ChangeVisitor visitor(names_max);
  const auto read = read_json(json, kDepth, visitor);
  if (visitor.rejection()) return base::Fail{*visitor.rejection()};
  if (!read) return base::Fail{Rejection{400, read.error().what + '.'}};
  StreamChange& change = visitor.change();
  if (change.after && change.add.empty()) {
    return base::Fail{Rejection{400, "\"after\" says where what is added begins: add a board."}};
  }
  return std::move(change);
}

void apply(const StreamChange& change, const StreamId& id, const Context& context,
           ChangeDone done) {
  StreamBody* const stream = context.streams.find(id);
  if (stream == nullptr || stream->subscription() == nullptr) return done(std::nullopt);
  broker::Subscription& subscription = *stream->subscription();
  const Names names = names_after(change, subscription.filter().names());
  if (auto no = refusal(change, names, *stream, context)) return done(std::move(no));
  const bool keeps = stream->name() != nullptr && !change.only_renews();
  if (keeps && !context.backbone.nodes().up()) return done(nodes_away());
  broker::EventId position = subscription.position();
  if (change.only_renews()) {
    if (subscription.ended() != broker::EndReason::none) {
      return done(refused(broker::Hub::ChangeError::ended));
    }
  } else {
    auto wanted = to_hub(change, names, subscription);
    if (!wanted) return done(problem(400, wanted.error().message));
    const auto changed_at = context.hub.change(subscription, *std::move(wanted));
    if (!changed_at) return done(refused(changed_at.error()));
    position = *changed_at;
  }
  lease(*stream, change.grant, context);
  const std::vector<std::string>& boards = subscription.filter().names();
  http::Response answer = changed(boards, position);
  if (!keeps) return done(std::move(answer));
  stream->name()->keep(boards, [answer = std::move(answer), done = std::move(done)](Kept kept) {
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

StreamChanger::StreamChanger(const Context& context, Reply reply)
    : context_(context), reply_(std::move(reply)) {}

void StreamChanger::handle(http::Exchange& exchange, std::string_view stream) {
  const http::Request& request = exchange.request();
  const Admission admitted = admit(exchange, context_.options.cors, context_.gate);
  if (!admitted) return reply_(exchange, admitted.error());
  // Or who was sent away would come back by way of a stream that he had opened as somebody else.
  if (context_.kicks.refuses(exchange.peer(), context_.clock.now(), (*admitted)->subject)) {
    context_.counters.streams_refused_kicked.add();
    return reply_(exchange, problem(403, "An operator has sent this client away for a time."));
  }
  const auto media = parse_media_type(request.fields.get("content-type"));
  if (!media || media->essence != "application/json") {
    http::Response response =
        problem(415, "A change is JSON; send content-type: application/json.");
    response.fields.add("accept-patch", "application/json");
    return reply_(exchange, std::move(response));
  }
  auto change = read_stream_change(request.body, context_.stream_options.boards_per_stream);
  if (!change) return reply_(exchange, problem(change.error().status, change.error().detail));
  change->grant = **admitted;
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
