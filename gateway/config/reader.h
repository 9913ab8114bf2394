// What: how a value is read from its nodes: texts with their variables expanded, lists element by
// element, and each fault with its place and the part of the value it is in. Thread: one value, one
// reader, one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/node.h"
#include "config/rule.h"

namespace gateway::config {

class Reader {
 public:
  /// Both outlive it.
  Reader(const Environment& environment, std::vector<Fault>& faults)
      : environment_(environment), faults_(faults) {}

  std::nullopt_t fail(const Node& node, std::string what);
  /// The text of a single value.
  std::optional<std::string> scalar(const Node& node);
  /// Text that YAML itself takes for a number or a flag: without quotes, unless a variable does it.
  std::optional<std::string> bare(const Node& node, std::string_view what);
  bool is_list(const Node& node);

  /// `read` each element of a list; what is in them by then is a T or a fault.
  template <typename T, typename Read>
  std::optional<Value> list(const Node& node, const Read& read) {
    if (!is_list(node)) return std::nullopt;
    const std::size_t before = faults_.size();
    std::vector<T> values;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      within("[" + std::to_string(i) + "]", [&] {
        if (std::optional<T> value = read(node.items[i])) values.push_back(*std::move(value));
      });
    }
    return faults_.size() == before ? std::optional(Value(std::move(values))) : std::nullopt;
  }

  /// Faults of `body` are in this part of the value, such as "[0]" or ".cert".
  template <typename Body>
  void within(std::string_view part, const Body& body) {
    const std::size_t here = below_.size();
    below_ += part;
    body();
    below_.resize(here);
  }

 private:
  const Environment& environment_;
  std::vector<Fault>& faults_;
  std::string below_;
};

/// "a list", for messages.
std::string_view kind_name(const Node& node);

std::optional<Value> read_by(const Rule& rule, const Node& node, Reader& reader);
std::optional<Value> read_boards(const BoardsRule& rule, const Node& node, Reader& reader);
std::optional<Value> read_key_files(const Node& node, Reader& reader);
std::optional<Value> read_grants(const Node& node, Reader& reader);
std::optional<Value> read_certificate_grants(const Node& node, Reader& reader);

}  // namespace gateway::config
