#include <algorithm>
#include <map>
#include <string>

#include "config/names.h"
#include "config/reader.h"
#include "config/unknown.h"

namespace gateway::config {
namespace {

constexpr std::string_view kMatch = "match";

/// Names the nearest member, or all of them.
std::string unknown_member(const BoardsRule& rule, std::string_view name) {
  std::vector<std::string_view> words{kMatch};
  std::map<std::string_view, std::string> paths{{kMatch, std::string(kMatch)}};
  std::string known(kMatch);
  for (const BoardMember& member : rule.members) {
    const std::string path = path_of(member);
    known += ", " + path;
    words.insert(words.end(), {member.name, member.group});
    paths.emplace(member.name, path);
    paths.emplace(member.group, member.group);
  }
  const std::string_view near = nearest_key(name, words);
  return near.empty() ? "unknown key (known: " + known + ")" : unknown_key(paths[near]);
}

/// One list of overrides.
class BoardsReader {
 public:
  BoardsReader(const BoardsRule& rule, Reader& reader) : rule_(rule), reader_(reader) {}

  std::optional<BoardOverride> read(const Node& node) {
    if (node.kind != Node::Kind::map) {
      return reader_.fail(
          node, "must be " + describe_override(rule_) + ", not " + std::string(kind_name(node)));
    }
    BoardOverride board;
    bool matched = false;
    each_key(node, [&](const Node& key, const Node& value) {
      if (key.text == kMatch) {
        matched = true;
        board.match = read_match(value);
      } else if (is_group(key.text)) {
        read_group(key.text, value, board);
      } else {
        read_member("", key, value, board);
      }
    });
    if (!matched) reader_.fail(node, "lacks match");
    return board;
  }

 private:
  template <typename Body>
  void each_key(const Node& node, const Body& body) {
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      reader_.within("." + key_shown(node.keys[i].text),
                     [&] { body(node.keys[i], node.items[i]); });
    }
  }

  bool is_group(std::string_view name) const {
    return !name.empty() &&
           std::any_of(rule_.members.begin(), rule_.members.end(),
                       [&](const BoardMember& member) { return member.group == name; });
  }

  std::string read_match(const Node& node) {
    const std::optional<std::string> text = reader_.scalar(node);
    if (!text) return {};
    if (const auto checked = check_board_pattern(*text); !checked) {
      reader_.fail(node, shown(*text) + ": " + checked.error().message);
    }
    const auto [first, is_new] = lines_.emplace(*text, node.place.line);
    if (!is_new) {
      reader_.fail(node, shown(*text) + " stands here again; first on line " +
                             std::to_string(first->second));
    }
    return *text;
  }

  void read_group(std::string_view group, const Node& node, BoardOverride& board) {
    if (node.kind != Node::Kind::map) {
      reader_.fail(node, node.kind == Node::Kind::null
                             ? "has no value"
                             : "must be a map, not " + std::string(kind_name(node)));
      return;
    }
    each_key(node,
             [&](const Node& key, const Node& value) { read_member(group, key, value, board); });
  }

  void read_member(std::string_view group, const Node& key, const Node& node,
                   BoardOverride& board) {
    for (const BoardMember& member : rule_.members) {
      if (member.group != group || member.name != key.text) continue;
      if (const std::optional<Value> value = read_by(to_rule(member.rule), node, reader_)) {
        board.*member.value = std::get<std::uint64_t>(*value);
      }
      return;
    }
    reader_.fail(key, unknown_member(rule_, key.text));
  }

  const BoardsRule& rule_;
  Reader& reader_;
  std::map<std::string, int> lines_;  // of each match
};

}  // namespace

std::optional<Value> read_boards(const BoardsRule& rule, const Node& node, Reader& reader) {
  if (node.items.size() > kBoardOverridesMax) {
    return reader.fail(node, "more than " + std::to_string(kBoardOverridesMax) + " elements");
  }
  BoardsReader boards(rule, reader);
  return reader.list<BoardOverride>(node, [&](const Node& item) { return boards.read(item); });
}

}  // namespace gateway::config
