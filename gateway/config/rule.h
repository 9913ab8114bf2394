// What: the kinds of values that keys hold: how each is read from a node, written as YAML and JSON,
// and described. Key names and Settings are not known here. Pure functions over plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/options.h"
#include "base/result.h"
#include "config/config.h"
#include "config/node.h"
#include "net/options.h"

namespace gateway::config {

/// A whole number. `zero`, if any, is the word for 0 ("auto"), which is allowed beside the range.
struct NumberRule {
  std::uint64_t min;
  std::uint64_t max;
  std::string_view zero = {};
};
/// Bytes. `zero` as above.
struct SizeRule {
  std::uint64_t min;
  std::uint64_t max;
  std::string_view zero = {};
};
/// Milliseconds; only multiples of `step`. `none`, if any, is the word for no duration at all
/// ("off"), which is not 0.
struct DurationRule {
  std::uint64_t min;
  std::uint64_t max;
  std::uint64_t step = 1;
  std::string_view none = {};
};
/// The value of that word.
inline constexpr std::uint64_t kNoDuration = UINT64_MAX;
/// One word; the value is its index.
struct ChoiceRule {
  std::span<const std::string_view> words;
};
/// The words for false and true.
inline constexpr std::string_view kSwitch[] = {"off", "on"};
/// true or false; 1 or 0.
struct FlagRule {};
/// One address, served over plain HTTP.
struct AdminAddressRule {};
/// At least one address.
struct AddressesRule {};
struct HostsRule {};
struct OriginsRule {};
/// Networks: "10.0.0.0/8".
struct RangesRule {};
/// Names of files.
struct FilesRule {};
/// Pairs {cert, key} of file names.
struct CertificatesRule {};
/// Text that `check` takes, described as `what`. Empty: none.
struct TextRule {
  base::Result<base::Unit> (*check)(std::string_view text);
  std::string_view what;
};
/// A list of texts that `check` takes, described as `what`.
struct TextsRule {
  base::Result<base::Unit> (*check)(std::string_view text);
  std::string_view what;
};
/// Keys {file, algorithm, kid}; the last two may be missing.
struct KeyFilesRule {};
/// Boards and patterns as {subscribe, publish}, of which either may be missing.
struct GrantsRule {};
/// Grants {name, subscribe, publish, admin}; all but the first may be missing.
struct CertificateGrantsRule {};

/// What holds for boards of one name or pattern; the rest is as for all boards.
struct BoardOverride {
  std::string match;
  std::optional<std::uint64_t> deliver;
  std::optional<std::uint64_t> events;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> age;
};
/// What is one number inside.
using NumberedRule = std::variant<NumberRule, SizeRule, DurationRule, ChoiceRule, FlagRule>;
/// A member of an override: `group: {name: value}`, or `name: value` where the group is empty.
/// Those of no group come first, those of one group together.
struct BoardMember {
  std::string_view group;
  std::string_view name;
  NumberedRule rule;
  std::optional<std::uint64_t> BoardOverride::*value;
};
/// "history.events"
std::string path_of(const BoardMember& member);
/// Overrides, each with a `match` of its own and any of the members.
struct BoardsRule {
  std::span<const BoardMember> members;
};
/// Each new board is compared with them one after the other.
inline constexpr std::size_t kBoardOverridesMax = 1000;

using Rule =
    std::variant<NumberRule, SizeRule, DurationRule, ChoiceRule, FlagRule, AdminAddressRule,
                 AddressesRule, HostsRule, OriginsRule, RangesRule, FilesRule, CertificatesRule,
                 BoardsRule, TextRule, TextsRule, KeyFilesRule, GrantsRule, CertificateGrantsRule>;
Rule to_rule(const NumberedRule& rule);

/// The value of a key: a number (also milliseconds, bytes, index of a choice, flag), a text or a
/// list, which for one word or one address has one element.
using Value = std::variant<std::uint64_t, std::vector<std::string>, std::vector<net::ListenAddress>,
                           std::vector<net::AddressRange>, std::vector<net::CertificateFiles>,
                           std::vector<BoardOverride>, std::string, std::vector<auth::KeyFile>,
                           auth::Anonymous, std::vector<auth::CertificateGrant>>;

/// Something wrong within the value of a key.
struct Fault {
  Place place;
  std::string below;  // "[0].cert": which part of the value; empty: all of it
  std::string what;
};

/// The value in `node` with its variables expanded, or nothing and at least one more fault.
std::optional<Value> read_value(const Rule& rule, const Node& node, const Environment& environment,
                                std::vector<Fault>& faults);

/// How `value` is written in a file; reading it back gives the same value.
std::string to_yaml(const Rule& rule, const Value& value);
std::string to_json(const Rule& rule, const Value& value);

/// What may be written, with unit and range: "duration, 100ms to 1h".
std::string describe(const Rule& rule);
/// "{match, history: {events, …}}"
std::string describe_override(const BoardsRule& rule);

/// "https://localhost:8443", with brackets around an IPv6 host.
std::string to_string(const net::ListenAddress& address);

}  // namespace gateway::config
