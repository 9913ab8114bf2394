#include "api/node_talk.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "api/problem.h"
#include "base/sized.h"
#include "base/text.h"
#include "broker/options.h"

namespace gateway::api {
namespace {

constexpr std::size_t kNamesMax = broker::kBoardsPerStreamMax;
constexpr std::size_t kTextMax = 512;
constexpr std::uint64_t kRefusedForMaxMs = 24ULL * 60 * 60 * 1'000;
/// What an answer to a change has.
constexpr std::array<std::string_view, 4> kFields = {"content-type", "cache-control", "retry-after",
                                                     "www-authenticate"};

void append_list(std::string& text, const std::vector<std::string>& names) {
  base::append_sized(text, names.size());
  for (const std::string& name : names) base::append_sized(text, name);
}

std::vector<std::string> take_list(base::SizedReader& reader) {
  std::vector<std::string> names;
  for (std::size_t left = reader.count(kNamesMax); left > 0 && reader.ok(); --left) {
    names.emplace_back(reader.text());
  }
  return names;
}

void append_grant(std::string& text, const auth::Grant& grant) {
  base::append_sized(text, grant.subject);
  append_list(text, grant.subscribe.names());
  base::append_sized(text, static_cast<std::uint64_t>(grant.proof));
  base::append_sized(text, static_cast<std::uint64_t>(std::max<base::WallMs>(grant.ends, 0)));
}

std::optional<auth::Grant> take_grant(base::SizedReader& reader) {
  auth::Grant grant;
  grant.subject = reader.text();
  std::vector<std::string> names = take_list(reader);
  const std::uint64_t proof = reader.number();
  const std::uint64_t ends = reader.number();
  const bool right =
      std::all_of(names.begin(), names.end(),
                  [](const std::string& name) { return auth::is_granted_name(name); }) &&
      grant.subject.size() <= kTextMax && base::is_utf8(grant.subject) &&
      !base::has_control(grant.subject) &&
      proof <= static_cast<std::uint64_t>(auth::Proof::certificate) &&
      ends <= static_cast<std::uint64_t>(auth::kNever);
  if (!reader.ok() || !right) return std::nullopt;
  grant.subscribe = auth::NameSet(std::move(names));
  grant.proof = static_cast<auth::Proof>(proof);
  grant.ends = static_cast<base::WallMs>(ends);
  return grant;
}

std::optional<NodeQuestion> read_change(base::SizedReader& reader) {
  ChangeQuestion question;
  const auto stream = parse_stream_id(reader.text());
  question.change.add = take_list(reader);
  question.change.remove = take_list(reader);
  const std::string_view after = reader.text();
  if (!after.empty()) question.change.after = broker::parse_event_id(std::string(after));
  auto grant = take_grant(reader);
  if (!stream || !grant || !reader.at_end()) return std::nullopt;
  if (after.empty() != !question.change.after) return std::nullopt;
  question.stream = *stream;
  question.change.grant = *std::move(grant);
  return question;
}

std::optional<NodeQuestion> read_kick(base::SizedReader& reader) {
  Kick kick;
  const auto stream = parse_stream_id(reader.text());
  const std::uint64_t refused_for = reader.number();
  kick.asker = reader.text();
  const std::uint64_t reach = reader.at_end() ? 0 : reader.number();
  const bool right = reader.ok() && reader.at_end() && refused_for <= kRefusedForMaxMs &&
                     reach <= static_cast<std::uint64_t>(Reach::network) &&
                     kick.asker.size() <= kTextMax && !base::has_control(kick.asker);
  if (!stream || !right) return std::nullopt;
  kick.stream = *stream;
  kick.refused_for = std::chrono::milliseconds(refused_for);
  kick.reach = static_cast<Reach>(reach);
  return kick;
}

}  // namespace

std::string question_text(const ChangeQuestion& question) {
  const StreamChange& change = question.change;
  std::string text;
  base::append_sized(text, "change");
  base::append_sized(text, to_string(question.stream));
  append_list(text, change.add);
  append_list(text, change.remove);
  base::append_sized(text, change.after ? broker::to_string(*change.after) : std::string());
  append_grant(text, change.grant);
  return text;
}

std::string question_text(const Kick& kick) {
  std::string text;
  base::append_sized(text, "kick");
  base::append_sized(text, to_string(kick.stream));
  base::append_sized(text, static_cast<std::uint64_t>(kick.refused_for.count()));
  base::append_sized(text, kick.asker);
  // Last, and only where it says something: nodes that know no reach read all the others.
  if (kick.reach != Reach::address) {
    base::append_sized(text, static_cast<std::uint64_t>(kick.reach));
  }
  return text;
}

std::optional<NodeQuestion> read_question(std::string_view text) {
  base::SizedReader reader(text);
  const std::string_view what = reader.text();
  if (what == "change") return read_change(reader);
  if (what == "kick") return read_kick(reader);
  return std::nullopt;
}

std::string answer_text(const http::Response& response) {
  std::string text;
  base::append_sized(text, static_cast<std::uint64_t>(response.status));
  for (const std::string_view name : kFields) {
    base::append_sized(text, response.fields.get(name));
  }
  base::append_sized(text, response.body);
  return text;
}

std::optional<http::Response> read_answer(std::string_view text) {
  constexpr std::uint64_t kStatusMin = 200;
  constexpr std::uint64_t kStatusMax = 599;
  base::SizedReader reader(text);
  const std::uint64_t status = reader.number();
  http::Response response;
  for (const std::string_view name : kFields) {
    const std::string_view value = reader.text();
    if (base::has_control(value)) return std::nullopt;
    if (!value.empty()) response.fields.add(std::string(name), std::string(value));
  }
  response.body = reader.text();
  if (!reader.ok() || !reader.at_end() || status < kStatusMin || status > kStatusMax) {
    return std::nullopt;
  }
  response.status = static_cast<int>(status);
  return response;
}

http::Response not_told(backbone::AskError error) {
  if (error == backbone::AskError::unavailable) {
    return unavailable(
        "There is no such stream at this node, and the others cannot be asked now: try again.");
  }
  return unavailable(
      "There is no such stream at this node, and one that may have it has not answered: it is not "
      "known whether this was done. Try again.");
}

}  // namespace gateway::api
