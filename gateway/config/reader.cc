#include "config/reader.h"

#include "config/variables.h"

namespace gateway::config {

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

std::nullopt_t Reader::fail(const Node& node, std::string what) {
  faults_.push_back({node.place, below_, std::move(what)});
  return std::nullopt;
}

std::optional<std::string> Reader::scalar(const Node& node) {
  if (node.kind == Node::Kind::null) return fail(node, "has no value");
  if (node.kind != Node::Kind::scalar) {
    return fail(node, "must be a single value, not " + std::string(kind_name(node)));
  }
  base::Result<std::string> text = expand(node.text, environment_);
  if (!text) return fail(node, text.error().message);
  return *std::move(text);
}

std::optional<std::string> Reader::bare(const Node& node, std::string_view what) {
  if (node.quoted && node.text.find('$') == std::string::npos) {
    return fail(node, "must be a " + std::string(what) + ": leave out the quotes");
  }
  return scalar(node);
}

bool Reader::is_list(const Node& node) {
  if (node.kind == Node::Kind::list) return true;
  fail(node, node.kind == Node::Kind::null
                 ? "has no value; write [] for an empty list"
                 : "must be a list, such as [a, b], not " + std::string(kind_name(node)));
  return false;
}

}  // namespace gateway::config
