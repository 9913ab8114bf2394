#include "config/keys.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/quantity.h"
#include "unit/config/loading.h"

namespace gateway::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

/// A file that sets this key alone, on line 2.
std::string file_with(const Section& section, const Key& key, const std::string& value) {
  const std::string start = is_single_value(section) ? "\n" : std::string(section.name) + ":\n  ";
  const auto [group, name] = split_name(key.name);
  const std::string line = std::string(name) + ": " + value;
  return start + (group.empty() ? line : std::string(group) + ": {" + line + "}") + "\n";
}

/// Where its key stands there, or its value.
std::string place_of(const Section& section, const Key& key, bool value) {
  const auto [group, name] = split_name(key.name);
  const std::size_t column =
      (is_single_value(section) ? 1 : 3) + (group.empty() ? 0 : group.size() + 3);
  return "f.yaml:2:" + std::to_string(column + (value ? name.size() + 2 : 0)) + ": " +
         path_of(section, key) + ": ";
}

/// The bounds of a key that has a range, as texts.
struct Range {
  std::vector<std::string> inside;
  std::vector<std::string> outside;
};

struct RangeOf {
  Range operator()(const NumberRule& rule) const {
    return with(rule.min, rule.max, rule.zero.empty() && rule.min == 0,
                [](std::uint64_t n) { return std::to_string(n); });
  }
  Range operator()(const SizeRule& rule) const {
    return with(rule.min, rule.max, rule.min == 0, base::format_size);
  }
  Range operator()(const DurationRule& rule) const {
    return with(rule.min, rule.max, rule.min == 0, base::format_duration_ms, rule.step);
  }
  template <typename Other>
  Range operator()(const Other&) const {
    return {};
  }

 private:
  template <typename Format>
  static Range with(std::uint64_t min, std::uint64_t max, bool from_zero, const Format& format,
                    std::uint64_t step = 1) {
    Range range{{format(min), format(max)}, {format(max + step), "99999999999999999999"}};
    if (!from_zero) range.outside.push_back(format(min - step));
    return range;
  }
};

template <typename Body>
void for_each_key(const Body& body) {
  for (const Section& section : sections()) {
    for (const Key& key : section.keys) {
      SCOPED_TRACE(path_of(section, key));
      body(section, key);
    }
  }
}

TEST(Keys, AcceptTheirDefault) {
  const Settings defaults = default_settings();
  for_each_key([&](const Section& section, const Key& key) {
    const std::string value = to_yaml(key.rule, key.access.get(defaults));
    const auto loaded = load_text(file_with(section, key, value));
    ASSERT_THAT(lines_of(loaded), IsEmpty());
    EXPECT_EQ(effective_yaml(*loaded), effective_yaml(defaults));
  });
}

TEST(Keys, RejectTheWrongShapeAtItsPlace) {
  for_each_key([](const Section& section, const Key& key) {
    for (const char* value : {"{a: b}", "[[x]]", "[{a: b}]", "what is this"}) {
      // Where any text may stand, that is one, too.
      if (std::holds_alternative<TextRule>(key.rule) && value[0] == 'w') value = "\"a\\n\"";
      const std::vector<std::string> problems = problems_of(file_with(section, key, value));
      ASSERT_FALSE(problems.empty()) << value;
      EXPECT_THAT(problems.front(), StartsWith("f.yaml:2:")) << value;
      EXPECT_THAT(problems.front(), testing::HasSubstr(": " + path_of(section, key))) << value;
    }
    const std::vector<std::string> missing = problems_of(file_with(section, key, ""));
    EXPECT_THAT(missing, ElementsAre(StartsWith(place_of(section, key, false) + "has no value")));
  });
}

TEST(Keys, TakeTheBoundsOfTheirRangeAndNothingBeyond) {
  int ranges = 0;
  for_each_key([&](const Section& section, const Key& key) {
    const Range range = std::visit(RangeOf{}, key.rule);
    for (const std::string& value : range.inside) {
      for (const std::string& line : problems_of(file_with(section, key, value))) {
        EXPECT_THAT(line, testing::ContainsRegex("[a-z]+ \\(.*\\) must be (shorter|at least)"))
            << "only a relation may object";
      }
    }
    for (const std::string& value : range.outside) {
      EXPECT_THAT(
          problems_of(file_with(section, key, value)),
          ElementsAre(StartsWith(place_of(section, key, true) + "\"" + value + "\": must be ")));
    }
    ranges += range.inside.empty() ? 0 : 1;
  });
  EXPECT_GT(ranges, 20);
}

/// A value of `rule` that differs from `now`, in the form that files have.
std::string other_value(const Rule& rule, const std::string& now) {
  if (now == "\"redis://127.0.0.1:6379\"") return "\"unix:///a$$b?db=3\"";
  if (now == "\"boardcast\"") return "\"a.b\"";
  if (const auto* choice = std::get_if<ChoiceRule>(&rule)) {
    for (const std::string_view word : choice->words) {
      if (now.find(word) == std::string::npos) {
        return word.find('.') == std::string_view::npos ? std::string(word)
                                                        : "\"" + std::string(word) + "\"";
      }
    }
    return {};
  }
  if (std::holds_alternative<FlagRule>(rule)) return now == "true" ? "false" : "true";
  if (std::holds_alternative<AdminAddressRule>(rule)) return "\"localhost:1\"";
  if (std::holds_alternative<AddressesRule>(rule)) return R"(["h2c://localhost:1"])";
  if (std::holds_alternative<HostsRule>(rule)) return R"(["a.example"])";
  if (std::holds_alternative<OriginsRule>(rule)) return R"(["https://a.example"])";
  if (std::holds_alternative<TextsRule>(rule)) return R"(["a.example:1", "[::1]:2"])";
  if (std::holds_alternative<RangesRule>(rule)) return R"(["10.0.0.0/8", "2001:db8::1"])";
  if (std::holds_alternative<FilesRule>(rule)) return R"(["a$$b"])";
  if (std::holds_alternative<CertificatesRule>(rule)) return R"([{cert: "a$$b", key: "c\"d"}])";
  if (std::holds_alternative<TextRule>(rule)) return "\"a$$b\"";
  if (std::holds_alternative<KeyFilesRule>(rule)) {
    return R"([{file: "a$$b", algorithm: "HS256", kid: "c\"d"}, {file: "e"}])";
  }
  if (std::holds_alternative<GrantsRule>(rule)) {
    return R"({subscribe: ["a$$b*"], publish: ["c\"d", "e"]})";
  }
  if (std::holds_alternative<CertificateGrantsRule>(rule)) {
    return R"([{name: "a$$b", subscribe: ["c\"d*"], publish: [], admin: true}, )"
           R"({name: "*", subscribe: [], publish: ["e"]}])";
  }
  if (std::holds_alternative<BoardsRule>(rule)) {
    return R"([{match: "a$$b*", deliver: latest, history: {events: 1, bytes: 64KiB, age: 1m}}])";
  }
  return std::visit(RangeOf{}, rule).inside.front();
}

/// What has to stand in a file before another value of this key fits.
std::string what_it_needs(const std::string& path) {
  if (path == "limits.user_timeout") return "stream: {stall: 100ms}\n";
  if (path == "limits.memory") return "history: {total_bytes: 1MiB}\n";
  if (path == "limits.header_bytes") return "limits: {url_bytes: 1KiB}\n";
  if (path == "server.proxy_protocol") return "server: {proxy_trusted: [\"10.0.0.1\"]}\n";
  if (path == "auth.mode") return "auth: {jwks: keys.json}\n";
  if (path == "auth.certificates") {
    return "tls: {client_ca: ca.crt}\nauth: {mode: jwt, jwks: keys.json}\n";
  }
  if (path == "admin.public") return "auth: {mode: jwt, jwks: keys.json}\n";
  return "";
}

TEST(Keys, EachReachesItsOwnMemberAndNoOther) {
  int changed = 0;
  for_each_key([&](const Section& section, const Key& key) {
    const Settings defaults = default_settings();
    const std::string before = to_yaml(key.rule, key.access.get(defaults));
    std::string value = other_value(key.rule, before);
    if (value.empty()) return;  // one word is all it knows
    if (value == before) value = std::visit(RangeOf{}, key.rule).inside.back();
    ASSERT_NE(value, before);
    const std::string tight = what_it_needs(path_of(section, key));
    const auto loaded =
        load({{"a.yaml", tight}, {"b.yaml", file_with(section, key, value)}}, environment_of({}));
    ASSERT_THAT(lines_of(loaded), IsEmpty());
    EXPECT_EQ(to_yaml(key.rule, key.access.get(*loaded)), value);
    int differing = 0;
    for (const Section& other_section : sections()) {
      for (const Key& other : other_section.keys) {
        differing += to_yaml(other.rule, other.access.get(*loaded)) !=
                             to_yaml(other.rule, other.access.get(defaults))
                         ? 1
                         : 0;
      }
    }
    const auto colons = std::count(tight.begin(), tight.end(), ':');
    const auto lines = std::count(tight.begin(), tight.end(), '\n');  // one for each section
    EXPECT_EQ(differing, 1 + colons - lines);
    ++changed;
  });
  EXPECT_GT(changed, 30);
}

TEST(Keys, AreNamedOnceAndExplained) {
  std::set<std::string> paths;
  for_each_key([&](const Section& section, const Key& key) {
    EXPECT_TRUE(paths.insert(path_of(section, key)).second);
    EXPECT_GT(key.reason.size(), 20U);
    EXPECT_EQ(key.reason.back(), '.');
    EXPECT_LE(std::count(key.name.begin(), key.name.end(), '.'), 1);
    for (const char c : key.name) {
      EXPECT_TRUE(c == '.' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') << c;
    }
  });
}

TEST(Keys, OfAMapInASectionNest) {
  EXPECT_EQ(
      load_text("backbone: {type: redis, redis: {age: 1m, events: 5}}")->backbone.redis.events, 5U);
  EXPECT_THAT(lines_of(load_text("backbone:\n  redis:\n")), IsEmpty());
  EXPECT_THAT(problems_of("backbone: {redis: here}"),
              ElementsAre("f.yaml:1:19: backbone.redis: must be a map of keys"));
  EXPECT_THAT(problems_of("backbone: {redis: {uri: a}}"),
              ElementsAre("f.yaml:1:20: backbone.redis.uri: unknown key (nearest: "
                          "backbone.redis.url)"));
  EXPECT_THAT(problems_of("backbone: {redis.url: a}"),
              ElementsAre(StartsWith("f.yaml:1:12: backbone.redis.url: ")));
  EXPECT_THAT(problems_of("backbone: {redis: {sentinels: [\"a:1\", \"b/2\"]}}"),
              ElementsAre(testing::HasSubstr("backbone.redis.sentinels[1]: \"b/2\": a Sentinel")));
  EXPECT_THAT(problems_of("backbone: {redis: {url: \"unix:///a\", sentinels: [\"b\"]}}"),
              ElementsAre(testing::HasSubstr("Sentinels name hosts")));
  EXPECT_THAT(problems_of("backbone: {redis: {url: \"redis://me:pw@host\"}}"),
              ElementsAre(testing::HasSubstr("keys of their own")));
}

TEST(Keys, OfTlsToRedisNeedAUrlThatAsksForIt) {
  EXPECT_THAT(problems_of("backbone: {type: redis, redis: {tls_ca: ca.crt}}"),
              ElementsAre(testing::HasSubstr("write rediss://")));
  EXPECT_THAT(
      problems_of("backbone: {type: redis, redis: {tls_key: it.key}}"),
      ElementsAre(testing::HasSubstr("write rediss://"), testing::HasSubstr("belong together")));
  EXPECT_THAT(problems_of("backbone: {type: redis, redis: {url: \"rediss://a\", tls_ca: ca.crt}}"),
              IsEmpty());
}

TEST(Keys, SecretsAreNotShown) {
  const auto loaded = load_text("backbone: {redis: {password: hush}}");
  EXPECT_EQ(loaded->backbone.redis.password, "hush");
  EXPECT_EQ(effective_yaml(*loaded).find("hush"), std::string::npos);
  EXPECT_NE(effective_yaml(*loaded).find("password: \"********\""), std::string::npos);
}

TEST(Keys, ChoicesAreInTheOrderOfTheirEnums) {
  const auto loaded = load_text(
      "tls: {min_version: 1.3}\nstream: {format: json, refuse: status}\n"
      "auth: {mode: jwt, jwks: keys.json, query_token: on}\n"
      "admin: {public: open}\nlog: {level: warn, format: json, access: on}\n");
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_EQ(loaded->net.tls.min_version, net::TlsVersion::tls1_3);
  EXPECT_EQ(loaded->api.format, broker::Format::json);
  EXPECT_EQ(loaded->api.refuse, api::Refuse::status);
  EXPECT_EQ(loaded->api.admin_public, api::PublicAdmin::open);
  EXPECT_EQ(loaded->auth.mode, auth::Mode::jwt);
  EXPECT_TRUE(loaded->auth.query_token);
  EXPECT_EQ(
      load_text("auth: {mode: jwt, jwks: keys.json}\nadmin: {public: token}\n")->api.admin_public,
      api::PublicAdmin::token);
  EXPECT_EQ(loaded->log.level, base::LogLevel::warn);
  EXPECT_EQ(loaded->log.format, base::LogFormat::json);
  EXPECT_TRUE(loaded->http.access_log);
  EXPECT_EQ(load_text("log: {level: debug}")->log.level, base::LogLevel::debug);
  EXPECT_EQ(load_text("log: {level: error}")->log.level, base::LogLevel::error);
  EXPECT_EQ(load_text("log: {level: off}")->log.level, base::LogLevel::off);
}

}  // namespace
}  // namespace gateway::config
