#include "client/wording.h"

#include <cstdio>

#include "client/json.h"

namespace gateway::client {
namespace {

struct Reason {
  std::string_view name;
  std::string_view words;
};
constexpr Reason kReasons[] = {
    {"trimmed", "they are no longer kept"},
    {"epoch", "the gateway began a new log: it was restarted"},
    {"slow", "this reader was too slow"},
    {"backbone", "the gateway lost its backbone"},
    {"unknown", "the position is none of this gateway's"},
};

std::string_view in_words(std::string_view reason) {
  for (const Reason& known : kReasons) {
    if (known.name == reason) return known.words;
  }
  return reason;
}

}  // namespace

std::string in_seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(time).count());
  return text;
}

std::string refusal(int status, std::string_view body, const Token& token) {
  std::string what = json_text_member(body, "detail");
  if (what.empty()) what = "the server answered " + std::to_string(status);
  if (status != 401 && status != 403) return what;
  const std::string shown = token.empty()
                                ? "--token-file FILE, or the environment's BOARDCAST_TOKEN"
                                : "the token of " + token.place();
  return std::string(clause(what)) + " (" + std::to_string(status) + "; " + shown + ")";
}

std::string_view clause(std::string_view sentence) {
  if (!sentence.empty() && sentence.back() == '.') sentence.remove_suffix(1);
  return sentence;
}

std::string gap_in_words(std::string_view json) {
  std::string boards;
  for (const std::string& board : json_texts(json_member(json, "boards").value_or(""))) {
    boards += (boards.empty() ? "" : ", ") + board;
  }
  if (const auto more = json_member(json, "more")) {
    boards += " and " + std::string(*more) + " more";
  }
  const std::string reason = json_text_member(json, "reason");
  const std::string after = json_text_member(json, "after");
  return "gap (" + reason + "): events of " + boards + (after.empty() ? "" : " after " + after) +
         " up to " + json_text_member(json, "upto") +
         " may be missing: " + std::string(in_words(reason));
}

}  // namespace gateway::client
