#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/names.h"
#include "config/quantity.h"
#include "config/rule.h"
#include "config/variables.h"

namespace gateway::config {
namespace {

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

/// Reads one value after another into the same list of faults.
class Reader {
 public:
  Reader(const Environment& environment, std::vector<Fault>& faults)
      : environment_(environment), faults_(faults) {}

  std::optional<Value> operator()(const Node& node, const NumberRule& rule) {
    const std::optional<std::string> text = bare(node, "number");
    if (!text) return std::nullopt;
    if (!rule.zero.empty() && *text == rule.zero) return Value(std::uint64_t{0});
    const std::optional<std::uint64_t> number = base::parse_decimal(*text);
    return in_range(node, *text, number, rule);
  }

  std::optional<Value> operator()(const Node& node, const SizeRule& rule) {
    const std::optional<std::string> text = scalar(node);
    if (!text) return std::nullopt;
    return in_range(node, *text, parse_size(*text), rule);
  }

  std::optional<Value> operator()(const Node& node, const DurationRule& rule) {
    const std::optional<std::string> text = scalar(node);
    if (!text) return std::nullopt;
    const std::optional<std::uint64_t> duration = parse_duration_ms(*text);
    if (duration && *duration % rule.step != 0) {
      return fail(node, shown(*text) + " is finer than " + format_duration_ms(rule.step));
    }
    return in_range(node, *text, duration, rule);
  }

  std::optional<Value> operator()(const Node& node, const ChoiceRule& rule) {
    const std::optional<std::string> text = scalar(node);
    if (!text) return std::nullopt;
    const auto word = std::find(rule.words.begin(), rule.words.end(), *text);
    if (word == rule.words.end()) return not_a(node, *text, rule);
    return Value(static_cast<std::uint64_t>(word - rule.words.begin()));
  }

  std::optional<Value> operator()(const Node& node, const FlagRule& rule) {
    const std::optional<std::string> text = bare(node, "flag");
    if (!text) return std::nullopt;
    if (*text != "true" && *text != "false") return not_a(node, *text, rule);
    return Value(std::uint64_t{*text == "true" ? 1U : 0U});
  }

  std::optional<Value> operator()(const Node& node, const AdminAddressRule&) {
    const std::optional<std::string> text = scalar(node);
    if (!text) return std::nullopt;
    const bool bare_address = text->find("://") == std::string::npos;
    const auto address = net::parse_listen_address((bare_address ? "http://" : "") + *text);
    if (!address) return fail(node, address.error().message);
    if (address->scheme != net::Scheme::http) {
      return fail(node,
                  "the admin listener speaks plain HTTP: write the address alone, such as "
                  "127.0.0.1:9901");
    }
    return Value(std::vector<net::ListenAddress>{*address});
  }

  std::optional<Value> operator()(const Node& node, const AddressesRule&) {
    if (node.kind == Node::Kind::list && node.items.empty()) {
      return fail(node, "needs at least one address");
    }
    return list<net::ListenAddress>(
        node, [](std::string_view text) { return net::parse_listen_address(text); });
  }

  std::optional<Value> operator()(const Node& node, const HostsRule&) {
    return list<std::string>(
        node, [](std::string_view text) { return same(text, check_host_pattern(text)); });
  }

  std::optional<Value> operator()(const Node& node, const OriginsRule&) {
    return list<std::string>(node,
                             [](std::string_view text) { return same(text, check_origin(text)); });
  }

  std::optional<Value> operator()(const Node& node, const CertificatesRule&) {
    if (!is_list(node)) return std::nullopt;
    const std::size_t before = faults_.size();
    std::vector<net::CertificateFiles> pairs;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      below_ = element(i);
      pairs.push_back(certificate(node.items[i]));
    }
    below_.clear();
    return faults_.size() == before ? std::optional(Value(std::move(pairs))) : std::nullopt;
  }

 private:
  static std::string element(std::size_t i) { return "[" + std::to_string(i) + "]"; }

  static base::Result<std::string> same(std::string_view text,
                                        const base::Result<base::Unit>& checked) {
    if (!checked) return base::Fail{checked.error()};
    return std::string(text);
  }

  std::nullopt_t fail(const Node& node, std::string what) {
    faults_.push_back({node.place, below_, std::move(what)});
    return std::nullopt;
  }

  /// For those who wrote a number and forgot its unit.
  static std::string_view example(const Rule& rule) {
    if (std::holds_alternative<DurationRule>(rule)) return ", such as 500ms, 15s, 5m or 2h";
    if (std::holds_alternative<SizeRule>(rule)) return ", such as 1024, 64KiB, 1MiB or 2GiB";
    return "";
  }

  std::nullopt_t not_a(const Node& node, const std::string& text, const Rule& rule) {
    return fail(node, shown(text) + ": must be " + describe(rule) + std::string(example(rule)));
  }

  std::optional<std::string> scalar(const Node& node) {
    if (node.kind == Node::Kind::null) return fail(node, "has no value");
    if (node.kind != Node::Kind::scalar) {
      return fail(node, "must be a single value, not " + std::string(kind_name(node)));
    }
    base::Result<std::string> text = expand(node.text, environment_);
    if (!text) return fail(node, text.error().message);
    return *std::move(text);
  }

  /// Text that YAML itself takes for a number or a flag: without quotes, unless a variable does it.
  std::optional<std::string> bare(const Node& node, std::string_view what) {
    if (node.quoted && node.text.find('$') == std::string::npos) {
      return fail(node, "must be a " + std::string(what) + ": leave out the quotes");
    }
    return scalar(node);
  }

  /// `number` if there is one and it is within the range of `rule`; `text` is how it was written.
  template <typename RangeRule>
  std::optional<Value> in_range(const Node& node, const std::string& text,
                                std::optional<std::uint64_t> number, const RangeRule& rule) {
    if (!number) return not_a(node, text, rule);
    if (*number < rule.min || *number > rule.max) {
      return fail(node, shown(text) + ": must be " + describe(rule));
    }
    return Value(*number);
  }

  bool is_list(const Node& node) {
    if (node.kind == Node::Kind::list) return true;
    fail(node, node.kind == Node::Kind::null
                   ? "has no value; write [] for an empty list"
                   : "must be a list, such as [a, b], not " + std::string(kind_name(node)));
    return false;
  }

  /// A list of texts, each through `parse`.
  template <typename T, typename Parse>
  std::optional<Value> list(const Node& node, const Parse& parse) {
    if (!is_list(node)) return std::nullopt;
    const std::size_t before = faults_.size();
    std::vector<T> values;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      below_ = element(i);
      const std::optional<std::string> text = scalar(node.items[i]);
      if (!text) continue;
      const base::Result<T> value = parse(*text);
      if (value) {
        values.push_back(*value);
      } else {
        fail(node.items[i], shown(*text) + ": " + value.error().message);
      }
    }
    below_.clear();
    return faults_.size() == before ? std::optional(Value(std::move(values))) : std::nullopt;
  }

  net::CertificateFiles certificate(const Node& node) {
    net::CertificateFiles files;
    const std::string pair = below_;
    if (node.kind != Node::Kind::map) {
      fail(node, "must be {cert: FILE, key: FILE}, not " + std::string(kind_name(node)));
      return files;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& name = node.keys[i].text;
      below_ = pair + "." + name;
      if (name != "cert" && name != "key") {
        below_ = pair + "." + shown(name);
        fail(node.keys[i], "unknown key (known: cert, key)");
        continue;
      }
      const std::optional<std::string> file = scalar(node.items[i]);
      if (file && file->empty()) fail(node.items[i], "has no value");
      (name == "cert" ? files.certificate : files.key) = file && !file->empty() ? *file : "?";
    }
    below_ = pair;
    if (files.certificate.empty()) fail(node, "lacks cert");
    if (files.key.empty()) fail(node, "lacks key");
    return files;
  }

  const Environment& environment_;
  std::vector<Fault>& faults_;
  std::string below_;
};

}  // namespace

std::optional<Value> read_value(const Rule& rule, const Node& node, const Environment& environment,
                                std::vector<Fault>& faults) {
  Reader reader(environment, faults);
  return std::visit([&](const auto& kind) { return reader(node, kind); }, rule);
}

}  // namespace gateway::config
