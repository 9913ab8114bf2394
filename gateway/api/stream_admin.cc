#include "api/stream_admin.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "api/node_talk.h"
#include "api/problem.h"
#include "api/stream_body.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/result.h"
#include "base/text.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kSorts[] = {"lag", "age", "boards"};  // as StreamSelection::Sort
constexpr std::uint64_t kForMin = base::kSecond;
constexpr std::uint64_t kForMax = 24 * base::kHour;

base::Result<StreamSelection> read_selection(const http::Exchange& exchange) {
  StreamSelection selection;
  for (const base::FormField& field : base::parse_form(exchange.request().query)) {
    if (field.name == "sort") {
      const auto* const sort = std::find(std::begin(kSorts), std::end(kSorts), field.value);
      if (sort == std::end(kSorts)) {
        return base::Fail{base::Error{"sort= takes lag, age or boards."}};
      }
      selection.sort = static_cast<StreamSelection::Sort>(sort - std::begin(kSorts));
    } else if (field.name == "limit") {
      const std::optional<std::uint64_t> limit = base::parse_decimal(field.value);
      if (!limit || *limit == 0 || *limit > StreamSelection::kLimitMax) {
        return base::Fail{base::Error{"limit= takes a whole number from 1 to " +
                                      std::to_string(StreamSelection::kLimitMax) +
                                      ": the streams to list at most."}};
      }
      selection.limit = *limit;
    }
  }
  return selection;
}

http::Response no_stream(std::string_view id) {
  return problem(404, "There is no stream " + in_quotes(id) + '.');
}

/// For how long, zero without `for=`, and whom.
base::Result<Kick> read_kick(const http::Exchange& exchange) {
  Kick kick;
  kick.asker = exchange.peer().address;
  for (const base::FormField& field : base::parse_form(exchange.request().query)) {
    if (field.name == "prefix") {
      if (field.value != "64") {
        return base::Fail{base::Error{
            "prefix= takes 64: of a client of IPv6 without a subject all of its /64 is refused."}};
      }
      kick.reach = Reach::network;
    }
    if (field.name != "for") continue;
    const std::optional<std::uint64_t> given = base::parse_duration_ms(field.value);
    if (!given || *given < kForMin || *given > kForMax) {
      return base::Fail{base::Error{
          "for= takes a duration from 1s to 24h, such as 10m: how long the client is refused."}};
    }
    kick.refused_for = milliseconds(*given);
  }
  if (kick.reach == Reach::network && kick.refused_for == milliseconds(0)) {
    return base::Fail{base::Error{"prefix= says whom for= refuses, which is missing."}};
  }
  return kick;
}

}  // namespace

StreamList list_streams(const Context& context, const StreamSelection& selection) {
  broker::Log& log = context.backbone.log();
  return first_streams(context.streams, selection,
                       {context.clock.now(), log.head().seq, log.held().events});
}

bool end_stream(const Context& context, const Kick& kick) {
  StreamBody* const stream = context.streams.find(kick.stream);
  if (stream == nullptr) return false;
  if (kick.refused_for > milliseconds(0)) {
    context.kicks.add(stream->peer(), context.clock.now() + kick.refused_for, stream->subject(),
                      kick.reach);
  }
  BC_LOG(
      info, "an operator ended a stream", {"stream", to_string(kick.stream)},
      {"peer", stream->peer().address}, {"subject", stream->subject()},
      {"refused_for_s", std::chrono::duration_cast<std::chrono::seconds>(kick.refused_for).count()},
      {"prefix", kick.reach == Reach::network ? "64" : ""}, {"operator", kick.asker});
  stream->subscription()->end(broker::EndReason::kicked);
  return true;
}

StreamAdmin::StreamAdmin(Fleet& fleet, backbone::Backbone& backbone, Reply reply)
    : fleet_(fleet), backbone_(backbone), reply_(std::move(reply)) {}

void StreamAdmin::list(http::Exchange& exchange) {
  const base::Result<StreamSelection> selection = read_selection(exchange);
  if (!selection) {
    reply_(exchange, problem(400, selection.error().message));
    return;
  }
  // An exchange that still lives proves that its handler, and so this object, lives.
  auto answer = [this, asker = exchange.weak(),
                 wanted = *selection](std::vector<StreamList> lists) {
    http::Exchange* const still_there = asker.get();
    if (still_there == nullptr) return;
    reply_(*still_there, json_answer(streams_json(std::move(lists), wanted)));
  };
  fleet_.list_streams(*selection, std::move(answer));
}

void StreamAdmin::end(http::Exchange& exchange, std::string_view id) {
  base::Result<Kick> read = read_kick(exchange);
  if (!read) {
    reply_(exchange, problem(400, read.error().message));
    return;
  }
  const std::optional<StreamId> stream = parse_stream_id(id);
  if (!stream) return reply_(exchange, no_stream(id));
  Kick kick = *std::move(read);
  kick.stream = *stream;
  fleet_.kick(kick, [this, asker = exchange.weak(), kick](bool found) {
    if (!found && backbone_.nodes().shared()) return ask_nodes(asker, kick);
    ended(asker, kick.stream, found);
  });
}

void StreamAdmin::ask_nodes(base::WeakPtr<http::Exchange> asker, const Kick& kick) {
  using Answer = base::Result<std::string, backbone::AskError>;
  backbone_.nodes().ask(question_text(kick),
                        [this, asker = std::move(asker), id = kick.stream](const Answer& answer) {
                          if (answer) return ended(asker, id, *answer == kKicked);
                          if (http::Exchange* const still_there = asker.get()) {
                            reply_(*still_there, not_told(answer.error()));
                          }
                        });
}

void StreamAdmin::ended(base::WeakPtr<http::Exchange> asker, const StreamId& id, bool found) {
  http::Exchange* const still_there = asker.get();
  if (still_there == nullptr) return;
  http::Response response;
  response.status = 204;
  reply_(*still_there, found ? response : no_stream(to_string(id)));
}

}  // namespace gateway::api
