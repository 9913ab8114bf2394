#include <algorithm>

#include "base/quantity.h"
#include "base/text.h"
#include "config/names.h"
#include "config/reader.h"

namespace gateway::config {
namespace {

/// For those who wrote a number and forgot its unit.
std::string_view example(const Rule& rule) {
  if (std::holds_alternative<DurationRule>(rule)) return ", such as 500ms, 15s, 5m or 2h";
  if (std::holds_alternative<SizeRule>(rule)) return ", such as 1024, 64KiB, 1MiB or 2GiB";
  return "";
}

/// Reads one node, as its rule says.
struct ReadNode {
  const Node& node;
  Reader& reader;

  std::optional<Value> operator()(const NumberRule& rule) const {
    const std::optional<std::string> text = reader.bare(node, "number");
    if (!text) return std::nullopt;
    if (!rule.zero.empty() && *text == rule.zero) return Value(std::uint64_t{0});
    return in_range(*text, base::parse_decimal(*text), rule);
  }

  std::optional<Value> operator()(const SizeRule& rule) const {
    const std::optional<std::string> text = reader.scalar(node);
    if (!text) return std::nullopt;
    if (!rule.zero.empty() && *text == rule.zero) return Value(std::uint64_t{0});
    return in_range(*text, base::parse_size(*text), rule);
  }

  std::optional<Value> operator()(const DurationRule& rule) const {
    const std::optional<std::string> text = reader.scalar(node);
    if (!text) return std::nullopt;
    if (!rule.none.empty() && *text == rule.none) return Value(kNoDuration);
    const std::optional<std::uint64_t> duration = base::parse_duration_ms(*text);
    if (duration && *duration % rule.step != 0) {
      return reader.fail(node,
                         shown(*text) + " is finer than " + base::format_duration_ms(rule.step));
    }
    return in_range(*text, duration, rule);
  }

  std::optional<Value> operator()(const ChoiceRule& rule) const {
    const std::optional<std::string> text = reader.scalar(node);
    if (!text) return std::nullopt;
    const auto word = std::find(rule.words.begin(), rule.words.end(), *text);
    if (word == rule.words.end()) return not_a(*text, rule);
    return Value(static_cast<std::uint64_t>(word - rule.words.begin()));
  }

  std::optional<Value> operator()(const FlagRule& rule) const {
    const std::optional<std::string> text = reader.bare(node, "flag");
    if (!text) return std::nullopt;
    if (*text != "true" && *text != "false") return not_a(*text, rule);
    return Value(std::uint64_t{*text == "true" ? 1U : 0U});
  }

  std::optional<Value> operator()(const AdminAddressRule&) const {
    const std::optional<std::string> text = reader.scalar(node);
    if (!text) return std::nullopt;
    const bool bare_address = text->find("://") == std::string::npos;
    const auto address = net::parse_listen_address((bare_address ? "http://" : "") + *text);
    if (!address) return reader.fail(node, address.error().message);
    if (address->scheme != net::Scheme::http) {
      return reader.fail(node,
                         "the admin listener speaks plain HTTP: write the address alone, such as "
                         "127.0.0.1:9901");
    }
    return Value(std::vector<net::ListenAddress>{*address});
  }

  std::optional<Value> operator()(const AddressesRule&) const {
    if (node.kind == Node::Kind::list && node.items.empty()) {
      return reader.fail(node, "needs at least one address");
    }
    return texts<net::ListenAddress>(
        [](std::string_view text) { return net::parse_listen_address(text); });
  }

  std::optional<Value> operator()(const HostsRule&) const { return names(check_host_pattern); }
  std::optional<Value> operator()(const OriginsRule&) const { return names(check_origin); }

  std::optional<Value> operator()(const TextsRule& rule) const { return names(rule.check); }

  std::optional<Value> operator()(const RangesRule&) const {
    return texts<net::AddressRange>(
        [](std::string_view text) { return net::parse_address_range(text); });
  }

  std::optional<Value> operator()(const FilesRule&) const {
    return texts<std::string>([](const std::string& text) -> base::Result<std::string> {
      if (text.empty()) return base::Fail{base::Error{"must name a file"}};
      return text;
    });
  }

  std::optional<Value> operator()(const CertificatesRule&) const {
    return reader.list<net::CertificateFiles>(node,
                                              [&](const Node& pair) { return certificate(pair); });
  }

  std::optional<Value> operator()(const BoardsRule& rule) const {
    return read_boards(rule, node, reader);
  }

  std::optional<Value> operator()(const TextRule& rule) const {
    const std::optional<std::string> text = reader.scalar(node);
    if (!text) return std::nullopt;
    const base::Result<base::Unit> checked = rule.check(*text);
    if (!checked) return reader.fail(node, shown(*text) + ": " + checked.error().message);
    return Value(*text);
  }

  std::optional<Value> operator()(const KeyFilesRule&) const {
    return read_key_files(node, reader);
  }
  std::optional<Value> operator()(const GrantsRule&) const { return read_grants(node, reader); }
  std::optional<Value> operator()(const CertificateGrantsRule&) const {
    return read_certificate_grants(node, reader);
  }

 private:
  std::nullopt_t not_a(const std::string& text, const Rule& rule) const {
    return reader.fail(node,
                       shown(text) + ": must be " + describe(rule) + std::string(example(rule)));
  }

  /// `number` if there is one and it is within the range of `rule`; `text` is how it was written.
  template <typename RangeRule>
  std::optional<Value> in_range(const std::string& text, std::optional<std::uint64_t> number,
                                const RangeRule& rule) const {
    if (!number) return not_a(text, rule);
    if (*number < rule.min || *number > rule.max) {
      return reader.fail(node, shown(text) + ": must be " + describe(rule));
    }
    return Value(*number);
  }

  /// A list of texts, each through `parse`.
  template <typename T, typename Parse>
  std::optional<Value> texts(const Parse& parse) const {
    return reader.list<T>(node, [&](const Node& item) -> std::optional<T> {
      const std::optional<std::string> text = reader.scalar(item);
      if (!text) return std::nullopt;
      const base::Result<T> value = parse(*text);
      if (!value) return reader.fail(item, shown(*text) + ": " + value.error().message);
      return *value;
    });
  }

  std::optional<Value> names(base::Result<base::Unit> (*check)(std::string_view)) const {
    return texts<std::string>([check](const std::string& text) -> base::Result<std::string> {
      const base::Result<base::Unit> checked = check(text);
      if (!checked) return base::Fail{checked.error()};
      return text;
    });
  }

  std::optional<net::CertificateFiles> certificate(const Node& pair) const {
    if (pair.kind != Node::Kind::map) {
      return reader.fail(pair,
                         "must be {cert: FILE, key: FILE}, not " + std::string(kind_name(pair)));
    }
    net::CertificateFiles files;
    for (std::size_t i = 0; i < pair.keys.size(); ++i) {
      const std::string& name = pair.keys[i].text;
      const bool known = name == "cert" || name == "key";
      reader.within("." + (known ? name : shown(name)), [&] {
        if (known) {
          (name == "cert" ? files.certificate : files.key) = file_name(pair.items[i]);
        } else {
          reader.fail(pair.keys[i], "unknown key (known: cert, key)");
        }
      });
    }
    if (files.certificate.empty()) reader.fail(pair, "lacks cert");
    if (files.key.empty()) reader.fail(pair, "lacks key");
    return files;
  }

  /// Never empty: what is wrong has been said.
  std::string file_name(const Node& item) const {
    const std::optional<std::string> file = reader.scalar(item);
    if (file && file->empty()) reader.fail(item, "has no value");
    return file && !file->empty() ? *file : "?";
  }
};

}  // namespace

std::optional<Value> read_by(const Rule& rule, const Node& node, Reader& reader) {
  return std::visit(ReadNode{node, reader}, rule);
}

std::optional<Value> read_value(const Rule& rule, const Node& node, const Environment& environment,
                                std::vector<Fault>& faults) {
  Reader reader(environment, faults);
  return read_by(rule, node, reader);
}

}  // namespace gateway::config
