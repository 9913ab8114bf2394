#include "config/node.h"

#include <exception>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace gateway::config {
namespace {

constexpr std::string_view kTooDeep = "nested too deeply";
constexpr std::string_view kAlias =
    "an alias (*); write the value out, or in quotes where the text itself begins with *";
/// yaml-cpp makes a byte of Latin-1 of each.
constexpr std::string_view kNotUtf8 = "the escape \\_ or \\N; write \\u00A0 or \\u0085";

Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

/// Builds the tree from yaml-cpp's events. After the first problem it only lets the rest pass by.
class Builder final : public YAML::EventHandler {
 public:
  std::optional<Problem> problem() const { return problem_; }
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(place_of(mark), "a second document; one file holds one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add({Node::Kind::null, place_of(mark), "", false, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(place_of(mark), std::string(kAlias));
  }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    fail(place_of(mark), "an anchor (&); write the value out where it is used");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    check_tag(mark, tag);
    if (!base::is_utf8(value)) fail(place_of(mark), std::string(kNotUtf8));
    add({Node::Kind::scalar, place_of(mark), value, tag == "!", {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open({Node::Kind::list, place_of(mark), "", false, {}, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open({Node::Kind::map, place_of(mark), "", false, {}, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  /// yaml-cpp tags plain text "?" and quoted text "!"; anything else stood in the file.
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      fail(place_of(mark), "a tag (" + shown(tag) + "); leave it out");
    }
  }

  void open(Node node) {
    if (open_.size() >= kDepthMax) fail(node.place, std::string(kTooDeep));
    if (!problem_) open_.push_back(std::move(node));
  }

  void close() {
    if (problem_) return;
    Node node = std::move(open_.back());
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (problem_) return;
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (Node& parent = open_.back(); parent.kind == Node::Kind::list) {
      parent.items.push_back(std::move(node));
    } else if (parent.keys.size() == parent.items.size()) {
      add_key(parent, std::move(node));
    } else {
      // What is missing is missing beside its key; yaml-cpp says where the next thing begins.
      if (node.kind == Node::Kind::null) node.place = parent.keys.back().place;
      parent.items.push_back(std::move(node));
    }
  }

  void add_key(Node& parent, Node key) {
    if (key.kind != Node::Kind::scalar) return fail(key.place, "a key must be a name");
    if (parent.keys.size() >= kMapKeysMax) return fail(key.place, "too many keys");
    for (const Node& other : parent.keys) {
      if (other.text == key.text) {
        return fail(key.place, "the key " + shown(key.text) + " stands here again; first on line " +
                                   std::to_string(other.place.line));
      }
    }
    parent.keys.push_back(std::move(key));
  }

  void fail(Place place, std::string what) {
    if (!problem_) problem_ = Problem{"", place.line, place.column, "", std::move(what)};
  }

  Node root_;
  std::vector<Node> open_;
  std::optional<Problem> problem_;
  int documents_ = 0;
};

/// YAML allows no control characters, and yaml-cpp takes byte 4 for the end of the file.
std::optional<Problem> refuse_text(std::string_view text) {
  if (text.size() > kSourceBytesMax) return Problem{"", 0, 0, "", "larger than 1 MiB"};
  if (!base::is_utf8(text)) return Problem{"", 0, 0, "", "not UTF-8 text"};
  Place place{1, 1};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F) {
      return Problem{"", place.line, place.column, "", "a control character"};
    }
    place = c == '\n' ? Place{place.line + 1, 1} : Place{place.line, place.column + 1};
  }
  return std::nullopt;
}

std::optional<Problem> run(const std::string& text, Builder& builder) {
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (!builder.problem() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& error) {
    const Place place = place_of(error.mark);
    return Problem{"", place.line, place.column, "", std::string(kTooDeep)};
  } catch (const YAML::Exception& error) {
    const Place place = place_of(error.mark);
    if (error.msg == YAML::ErrorMsg::ALIAS_NOT_FOUND ||
        error.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
      return Problem{"", place.line, place.column, "", std::string(kAlias)};
    }
    return Problem{"", place.line, place.column, "", "not YAML: " + error.msg};
  } catch (const std::exception& error) {
    return Problem{"", 0, 0, "", std::string("not YAML: ") + error.what()};
  }
  return std::nullopt;
}

}  // namespace

base::Result<Node, Problem> parse_yaml(const Source& source) {
  std::optional<Problem> problem = refuse_text(source.text);
  Builder builder;
  if (!problem) {
    const std::optional<Problem> thrown = run(source.text, builder);
    problem = builder.problem() ? builder.problem() : thrown;
  }
  if (problem) {
    problem->file = source.name;
    return base::Fail{*problem};
  }
  return builder.take();
}

std::string shown(std::string_view text) {
  constexpr std::size_t kCut = 60;
  if (text.size() <= kCut) return base::json_string(text);
  std::size_t end = kCut;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return base::json_string(text.substr(0, end)) + "…";
}

}  // namespace gateway::config
