// What: values under prefixes, found by walking along a name: the cost grows with the name's
// length, not with the number of prefixes. Used by the log (worker masks) and the hub
// (subscriptions). Inside: a path-compressed trie. A node stands for a prefix that holds something
// or where prefixes part, and carries all the bytes from its parent to itself; so n prefixes take
// at most 2n nodes, whatever their length, and clients choose it. Owner and thread: the holder's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::broker {

/// T has a default state, which is empty by the `is_empty` given to `prune`.
template <typename T>
class PrefixTrie {
 public:
  /// The value under `prefix`, made when absent. The reference lives until a `prune` of this prefix
  /// or of a longer one that begins with it finds it empty.
  T& at(std::string_view prefix) {
    Node* node = &root_;
    while (!prefix.empty()) {
      const auto place = place_of(*node, prefix.front());
      if (!leads(*node, place, prefix.front())) {
        return (*node->children.insert(place, make_node(prefix)))->value;
      }
      const std::size_t shared = shared_length((*place)->edge, prefix);
      if (shared < (*place)->edge.size()) split(*place, shared);
      node = place->get();
      prefix.remove_prefix(shared);
    }
    return node->value;
  }

  /// The value under `prefix`, in its default state perhaps; null where nothing is.
  const T* find(std::string_view prefix) const {
    const Node* node = &root_;
    while (!prefix.empty()) {
      const auto place = place_of(*node, prefix.front());
      if (!leads(*node, place, prefix.front()) || !prefix.starts_with((*place)->edge)) {
        return nullptr;
      }
      node = place->get();
      prefix.remove_prefix(node->edge.size());
    }
    return &node->value;
  }

  /// Drops the nodes on the path of `prefix` that hold nothing by `is_empty` and lead nowhere;
  /// those that hold nothing and lead to one other become one with it.
  template <typename IsEmpty>
  void prune(std::string_view prefix, IsEmpty is_empty) {
    prune_below(root_, prefix, is_empty);
    if (prefix.empty() && is_empty(root_.value)) root_.value = T{};
  }

  /// Calls `visit(value)` for every prefix of `name` that has a value, shortest first; for some
  /// others too, with the default state.
  template <typename Visit>
  void walk(std::string_view name, Visit visit) const {
    const Node* node = &root_;
    visit(node->value);
    while (!name.empty()) {
      const auto place = place_of(*node, name.front());
      if (!leads(*node, place, name.front()) || !name.starts_with((*place)->edge)) return;
      node = place->get();
      name.remove_prefix(node->edge.size());
      visit(node->value);
    }
  }

  /// Calls `visit(prefix, value)` for every node from that of `from` on, in the order of the
  /// prefixes' bytes, until it returns false; the values of some are in their default state.
  template <typename Visit>
  void each(std::string_view from, Visit visit) const {
    std::string prefix;
    each_below(root_, prefix, from, visit);
  }

 private:
  struct Node;
  using Children = std::vector<std::unique_ptr<Node>>;

  struct Node {
    T value{};
    std::string edge;   // the bytes from the parent to here; not empty but in the root
    Children children;  // by the first bytes of their edges, which differ
  };

  static std::unique_ptr<Node> make_node(std::string_view edge) {
    auto node = std::make_unique<Node>();
    node->edge = std::string(edge);
    return node;
  }

  /// Where the child that begins with `first` is, or would be.
  template <typename AnyNode>
  static auto place_of(AnyNode& node, char first) {
    return std::lower_bound(node.children.begin(), node.children.end(), first,
                            [](const std::unique_ptr<Node>& child, char byte) {
                              return static_cast<unsigned char>(child->edge.front()) <
                                     static_cast<unsigned char>(byte);
                            });
  }

  template <typename Place>
  static bool leads(const Node& node, Place place, char first) {
    return place != node.children.end() && (*place)->edge.front() == first;
  }

  static std::size_t shared_length(std::string_view a, std::string_view b) {
    const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(ends.first - a.begin());
  }

  /// Puts a node in front of `child` that takes the first `length` bytes of its edge. The child
  /// stays where it is in memory: references into it hold.
  static void split(std::unique_ptr<Node>& child, std::size_t length) {
    auto front = make_node(std::string_view(child->edge).substr(0, length));
    child->edge = std::string(child->edge, length);  // not `erase`, which would keep the memory
    front->children.push_back(std::move(child));
    child = std::move(front);
  }

  /// The reverse: the only child of `node` takes its place and edge.
  static void merge(std::unique_ptr<Node>& node) {
    std::unique_ptr<Node> child = std::move(node->children.front());
    child->edge = node->edge + child->edge;
    node = std::move(child);
  }

  /// `from`: what of it is left below `prefix`. False: `visit` wants no more.
  template <typename Visit>
  static bool each_below(const Node& node, std::string& prefix, std::string_view from,
                         Visit& visit) {
    if (from.empty() && !visit(std::as_const(prefix), node.value)) return false;
    auto place = from.empty() ? node.children.begin() : place_of(node, from.front());
    for (; place != node.children.end(); ++place) {
      const std::string_view edge = (*place)->edge;
      const bool leads_there = from.starts_with(edge);
      if (!leads_there && edge < from) continue;
      prefix += edge;
      const std::string_view left = leads_there ? from.substr(edge.size()) : std::string_view();
      if (!each_below(**place, prefix, left, visit)) return false;
      prefix.resize(prefix.size() - edge.size());
    }
    return true;
  }

  template <typename IsEmpty>
  static void prune_below(Node& node, std::string_view rest, IsEmpty& is_empty) {
    if (rest.empty()) return;
    const auto place = place_of(node, rest.front());
    if (!leads(node, place, rest.front()) || !rest.starts_with((*place)->edge)) return;
    std::unique_ptr<Node>& child = *place;
    prune_below(*child, rest.substr(child->edge.size()), is_empty);
    if (!is_empty(child->value) || child->children.size() > 1) return;
    if (!child->children.empty()) return merge(child);
    node.children.erase(place);
    if (node.children.empty()) Children().swap(node.children);
  }

  Node root_;
};

}  // namespace gateway::broker
