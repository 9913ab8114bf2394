// What: values under prefixes, found by walking along a name: the cost grows with the name's
// length, not with the number of prefixes. Used by the log (worker masks) and the hub
// (subscriptions). Owner and thread: the holder's.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace gateway::broker {

/// T has a default state; a node whose value is `empty()` by `is_empty` and that has no children is
/// pruned.
template <typename T>
class PrefixTrie {
 public:
  /// The value under `prefix`, made when absent. The reference lives until a `prune` of this prefix
  /// or of a longer one that begins with it finds it empty.
  T& at(std::string_view prefix) {
    Node* node = &root_;
    for (const char c : prefix) {
      std::unique_ptr<Node>& child = node->children[c];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
    }
    return node->value;
  }

  /// Drops the nodes on the path of `prefix` that hold nothing by `is_empty` and lead nowhere.
  template <typename IsEmpty>
  void prune(std::string_view prefix, IsEmpty is_empty) {
    prune_below(root_, prefix, is_empty);
    if (prefix.empty() && is_empty(root_.value)) root_.value = T{};
  }

  /// Calls `visit(value)` for every prefix of `name`, shortest first.
  template <typename Visit>
  void walk(std::string_view name, Visit visit) const {
    const Node* node = &root_;
    visit(node->value);
    for (const char c : name) {
      const auto child = node->children.find(c);
      if (child == node->children.end()) return;
      node = child->second.get();
      visit(node->value);
    }
  }

  /// Calls `visit(prefix, value)` for every node, in the order of the prefixes' bytes.
  template <typename Visit>
  void each(Visit visit) const {
    std::string prefix;
    each_below(root_, prefix, visit);
  }

 private:
  struct Node {
    T value{};
    std::map<char, std::unique_ptr<Node>> children;
  };

  template <typename Visit>
  static void each_below(const Node& node, std::string& prefix, Visit& visit) {
    visit(prefix, node.value);
    for (const auto& child : node.children) {
      prefix.push_back(child.first);
      each_below(*child.second, prefix, visit);
      prefix.pop_back();
    }
  }

  template <typename IsEmpty>
  static void prune_below(Node& node, std::string_view rest, IsEmpty is_empty) {
    if (rest.empty()) return;
    const auto child = node.children.find(rest.front());
    if (child == node.children.end()) return;
    prune_below(*child->second, rest.substr(1), is_empty);
    if (child->second->children.empty() && is_empty(child->second->value)) {
      node.children.erase(child);
    }
  }

  Node root_;
};

}  // namespace gateway::broker
