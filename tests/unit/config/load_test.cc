#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"
#include "unit/config/loading.h"

namespace gateway::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A text and the whole line that `boardcast check` prints for it.
struct Bad {
  const char* text;
  const char* line;
};

class BadFile : public testing::TestWithParam<Bad> {};

TEST_P(BadFile, GivesExactlyOneProblemWithItsPlace) {
  EXPECT_THAT(problems_of(GetParam().text), ElementsAre(GetParam().line)) << GetParam().text;
}

constexpr const char* kOpen =
    " is not loopback, and auth.mode none asks nobody: listen on localhost, or say auth.open: true "
    "if everybody who reaches this address may read and publish everything";

const Bad kShapes[] = {
    {"[]", "f.yaml:1:1: must be a map of sections, such as `server:`"},
    {"server", "f.yaml:1:1: must be a map of sections, such as `server:`"},
    {"server: 8443", "f.yaml:1:9: server: must be a map of keys"},
    {"server: [a]", "f.yaml:1:9: server: must be a map of keys"},
    {"stream:\n  hearbeat: 5s\n",
     "f.yaml:2:3: stream.hearbeat: unknown key (nearest: stream.heartbeat)"},
    {"sream: {heartbeat: 5s}", "f.yaml:1:1: sream: unknown key (nearest: stream)"},
    {"limits: {heartbeat: 5s}",
     "f.yaml:1:10: limits.heartbeat: unknown key (nearest: stream.heartbeat)"},
    {"server: {hartbeat: 5s}",
     "f.yaml:1:10: server.hartbeat: unknown key (nearest: stream.heartbeat)"},
    {"log: {lisen: 5s}", "f.yaml:1:7: log.lisen: unknown key (nearest: server.listen)"},
    {"admin: {lisen: 5s}", "f.yaml:1:9: admin.lisen: unknown key (nearest: admin.listen)"},
    {"zzzzzzzz: 1", "f.yaml:1:1: zzzzzzzz: unknown key"},
    {"stream.heartbeat: 5s",
     "f.yaml:1:1: stream.heartbeat: keys nest: write the part before the dot as a section"},
    {"<<: {a: b}", "f.yaml:1:1: <<: merge keys are not supported; write the values out"},
    {"Stream: {}", "f.yaml:1:1: Stream: unknown key (nearest: stream)"},
    {"'a\\x1b': 1", "f.yaml:1:1: a\\x1b: unknown key"},
    {"\"a\\e\": 1", "f.yaml:1:1: \"a\\u001b\": unknown key"},
    {"stream: {burst: 2m}", "f.yaml:1:10: stream.burst: unknown key"},
    {"stream: {slow: kick}", "f.yaml:1:16: stream.slow: \"kick\": must be one of gap, close"},
};

const Bad kScalars[] = {
    {"stream: {heartbeat: 15}",
     "f.yaml:1:21: stream.heartbeat: \"15\": must be a duration from 100ms to 1h, such as 500ms, "
     "15s, 5m or 2h"},
    {"stream: {heartbeat: 99ms}",
     "f.yaml:1:21: stream.heartbeat: \"99ms\": must be a duration from 100ms to 1h"},
    {"stream:\n  heartbeat:\n  retry: 1s\n", "f.yaml:2:3: stream.heartbeat: has no value"},
    {"stream: {heartbeat: [1s]}",
     "f.yaml:1:21: stream.heartbeat: must be a single value, not a list"},
    {"stream: {heartbeat: {a: 1s}}",
     "f.yaml:1:21: stream.heartbeat: must be a single value, not a map"},
    {"stream: {format: xml}", "f.yaml:1:18: stream.format: \"xml\": must be one of plain, json"},
    {"stream: {format: ''}", "f.yaml:1:18: stream.format: \"\": must be one of plain, json"},
    {"cors: {max_age: 1500ms}", "f.yaml:1:17: cors.max_age: \"1500ms\" is finer than 1s"},
    {"limits: {body_bytes: 1MB}",
     "f.yaml:1:22: limits.body_bytes: \"1MB\": must be a size from 1KiB to 64MiB, such as 1024, "
     "64KiB, 1MiB or 2GiB"},
    {"limits: {connections: ten}",
     "f.yaml:1:23: limits.connections: \"ten\": must be a number from 1 to 1000000"},
    {"limits: {connections: -1}",
     "f.yaml:1:23: limits.connections: \"-1\": must be a number from 1 to 1000000"},
    {"limits: {connections: 1e3}",
     "f.yaml:1:23: limits.connections: \"1e3\": must be a number from 1 to 1000000"},
    {"limits: {connections: \"100\"}",
     "f.yaml:1:23: limits.connections: must be a number: leave out the quotes"},
    {"server: {workers: many}",
     "f.yaml:1:19: server.workers: \"many\": must be a number from 1 to 64, or auto"},
    {"server: {workers: 0}",
     "f.yaml:1:19: server.workers: \"0\": must be a number from 1 to 64, or auto"},
    {"server: {workers: 65}",
     "f.yaml:1:19: server.workers: \"65\": must be a number from 1 to 64, or auto"},
    {"auth: {open: yes}", "f.yaml:1:14: auth.open: \"yes\": must be true or false"},
    {"auth: {open: 'true'}", "f.yaml:1:14: auth.open: must be a flag: leave out the quotes"},
    {"auth: {mode: jwt}",
     "f.yaml:1:14: auth.mode: auth.mode jwt needs a key that signs tokens: name it in auth.keys, "
     "or a file of several in auth.jwks; or say in auth.certificates what those may do that show "
     "one"},
    {"auth: {certificates: [{name: a}]}\ntls: {client_ca: ca.crt}",
     "f.yaml:1:22: auth.certificates: auth.certificates is for auth.mode jwt: with none everybody "
     "may do everything"},
    {"auth: {mode: jwt, certificates: [{name: a}]}",
     "f.yaml:1:33: auth.certificates: no client is asked for a certificate: name the CA that signs "
     "them in tls.client_ca"},
    {"auth: {mode: oauth}", "f.yaml:1:14: auth.mode: \"oauth\": must be one of none, jwt"},
    {"auth: {issuer: \"a\\n\"}", "f.yaml:1:16: auth.issuer: \"a\\n\": a control character"},
    {"auth: {jwks: \"http://a/b\"}",
     "f.yaml:1:14: auth.jwks: \"http://a/b\": keys come by https:// alone: whoever is in between "
     "could "
     "change them"},
    {"auth: {jwks: \"https://u:p@a/b\"}",
     "f.yaml:1:14: auth.jwks: \"https://u:p@a/b\": no user, no password in a URL"},
    {"auth: {jwks: \"https:///b\"}",
     "f.yaml:1:14: auth.jwks: \"https:///b\": a URL without a host"},
    {"auth: {cookie: a b}",
     "f.yaml:1:16: auth.cookie: \"a b\": a cookie's name has letters, digits and signs such as - "
     "and "
     "_"},
    {"auth: {query_token: true}",
     "f.yaml:1:21: auth.query_token: \"true\": must be one of off, on"},
    {"backbone: {type: kafka}",
     "f.yaml:1:18: backbone.type: \"kafka\": must be one of memory, redis"},
    {"tls: {min_version: 1.1}", "f.yaml:1:20: tls.min_version: \"1.1\": must be one of 1.2, 1.3"},
    {"admin: {public: on}", "f.yaml:1:17: admin.public: \"on\": must be one of off, token, open"},
    {"admin: {public: token}",
     "f.yaml:1:17: admin.public: admin.public token asks for tokens, which only auth.mode jwt "
     "knows"},
    {"log:\n  level: ${LEVEL}\n",
     "f.yaml:2:10: log.level: the environment variable LEVEL is not set; set it, or write "
     "${LEVEL:-default}"},
    {"log: {level: $LEVEL}",
     "f.yaml:1:14: log.level: a single $; write $$ for a dollar, ${NAME} for a variable"},
};

const Bad kLists[] = {
    {"auth: {keys: [a.pem]}",
     "f.yaml:1:15: auth.keys[0]: must be {file, algorithm, kid}, not a single value"},
    {"auth: {keys: [{algorithm: HS256}]}", "f.yaml:1:15: auth.keys[0]: lacks file"},
    {"auth: {keys: [{file: ''}]}", "f.yaml:1:22: auth.keys[0].file: \"\": has no value"},
    {"auth: {keys: [{file: a, algoritm: HS256}]}",
     "f.yaml:1:25: auth.keys[0].algoritm: unknown key (nearest: algorithm)"},
    {"auth: {keys: [{file: a, algorithm: none}]}",
     "f.yaml:1:36: auth.keys[0].algorithm: \"none\": must be one of HS256, HS384, HS512, RS256, "
     "RS384, "
     "RS512, PS256, PS384, PS512, ES256, ES384, ES512"},
    {"auth: {certificates: [a]}",
     "f.yaml:1:23: auth.certificates[0]: must be {name, subscribe, publish, admin}, not a single "
     "value"},
    {"auth: {certificates: [{publish: [a]}]}", "f.yaml:1:23: auth.certificates[0]: lacks name"},
    {"auth: {certificates: [{name: '*.a'}]}",
     "f.yaml:1:30: auth.certificates[0].name: \"*.a\": a certificate is named by one of its names, "
     "whole; * alone is whoever shows one"},
    {"auth: {certificates: [{name: ''}]}",
     "f.yaml:1:30: auth.certificates[0].name: \"\": has no value"},
    {"auth: {certificates: [{name: a}, {name: a}]}",
     "f.yaml:1:41: auth.certificates[1].name: \"a\" stands here again; first on line 1"},
    {"auth:\n  certificates:\n  - name: '*'\n  - name: a\n",
     "f.yaml:4:11: auth.certificates[1].name: \"a\" is never reached: * on line 3 is whoever shows "
     "one"},
    {"auth: {certificates: [{name: a, admin: yes}]}",
     "f.yaml:1:40: auth.certificates[0].admin: \"yes\": must be true or false"},
    {"auth: {certificates: [{name: a, publish: ['b*c']}]}",
     "f.yaml:1:43: auth.certificates[0].publish[0]: \"b*c\": an asterisk stands only at the end, "
     "for every board that begins like this"},
    {"auth: {certificates: [{name: a, publsh: []}]}",
     "f.yaml:1:33: auth.certificates[0].publsh: unknown key (nearest: publish)"},
    {"auth: {anonymous: [a]}",
     "f.yaml:1:19: auth.anonymous: must be {subscribe: […], publish: […]}, not a list"},
    {"auth: {anonymous: {subscribe: a}}",
     "f.yaml:1:31: auth.anonymous.subscribe: must be a list, such as [a, b], not a single value"},
    {"auth: {anonymous: {subscribe: [a, 'b*c']}}",
     "f.yaml:1:35: auth.anonymous.subscribe[1]: \"b*c\": an asterisk stands only at the end, for "
     "every "
     "board that begins like this"},
    {"auth: {anonymous: {read: [a]}}", "f.yaml:1:20: auth.anonymous.read: unknown key"},
    {"server: {listen: https://localhost:1}",
     "f.yaml:1:18: server.listen: must be a list, such as [a, b], not a single value"},
    {"server: {listen: []}", "f.yaml:1:18: server.listen: needs at least one address"},
    {"server: {hosts: }", "f.yaml:1:10: server.hosts: has no value; write [] for an empty list"},
    {"server: {hosts: [{a: b}]}",
     "f.yaml:1:18: server.hosts[0]: must be a single value, not a map"},
    {"server: {hosts: [a, ~]}", "f.yaml:1:21: server.hosts[1]: has no value"},
    {"server: {listen: [localhost:1, \"https://localhost\"]}",
     "f.yaml:1:32: server.listen[1]: \"https://localhost\": the port is missing; write it like "
     "https://localhost:8443"},
    {"cors:\n  origins:\n    - https://a.example\n    - '*'\n",
     "f.yaml:4:7: cors.origins[1]: \"*\": every origin at once is refused: any web page could read "
     "what its visitor may read; list the origins of your own pages"},
    {"cors: {origins: [https://a.example/]}",
     "f.yaml:1:18: cors.origins[0]: \"https://a.example/\": must end after the host or port: no "
     "path, no slash, no user"},
    {"tls: {certificates: [{cert: a}]}", "f.yaml:1:22: tls.certificates[0]: lacks key"},
    {"tls: {certificates: [{cert: a, key: }]}",
     "f.yaml:1:32: tls.certificates[0].key: has no value"},
    {"tls: {certificates: [{cert: '', key: b}]}",
     "f.yaml:1:29: tls.certificates[0].cert: has no value"},
    {"tls: {certificates: [{cert: a, key: b, pin: c}]}",
     "f.yaml:1:40: tls.certificates[0].\"pin\": unknown key (known: cert, key)"},
    {"tls: {certificates: [a.pem]}",
     "f.yaml:1:22: tls.certificates[0]: must be {cert: FILE, key: FILE}, not a single value"},
    {"tls: {certificates: {cert: a, key: b}}",
     "f.yaml:1:21: tls.certificates: must be a list, such as [a, b], not a map"},
    {"admin: {listen: \"https://localhost:1\"}",
     "f.yaml:1:17: admin.listen: the admin listener speaks plain HTTP: write the address alone, "
     "such as 127.0.0.1:9901"},
    {"admin: {listen: [\"127.0.0.1:1\"]}",
     "f.yaml:1:17: admin.listen: must be a single value, not a list"},
};

const std::string kOpenServer =
    std::string("f.yaml:1:18: server.listen: https://0.0.0.0:1") + kOpen;
const std::string kOpenIpv6 = std::string("f.yaml:1:18: server.listen: http://[::]:1") + kOpen;
const std::string kOpenAdmin = std::string("f.yaml:1:17: admin.listen: http://192.0.2.1:1") + kOpen;

const Bad kRelations[] = {
    {"stream: {stall: 70s}",
     "f.yaml:1:17: stream.stall: stream.stall (70s) must be shorter than limits.user_timeout "
     "(70s), which would cut the connection first"},
    {"limits: {user_timeout: 30s}",
     "f.yaml:1:24: limits.user_timeout: stream.stall (1m) must be shorter than "
     "limits.user_timeout (30s), which would cut the connection first"},
    {"limits: {memory: 200MiB}",
     "f.yaml:1:18: limits.memory: limits.memory (200MiB) must be at least 8MiB more than "
     "history.total_bytes (256MiB), which is part of it"},
    {"limits: {url_bytes: 64KiB}",
     "f.yaml:1:21: limits.url_bytes: limits.header_bytes (32KiB) must be at least "
     "limits.url_bytes (64KiB): the URL is one of the fields"},
    {"server: {listen: [\"http://localhost:1\", \"h2c://localhost:1\"]}",
     "f.yaml:1:18: server.listen: h2c://localhost:1: the address is listed twice"},
    {"server: {listen: [\"http://127.0.0.1:9901\"]}",
     "f.yaml:1:18: server.listen: http://127.0.0.1:9901: one address for clients and for the "
     "operator"},
    {"tls: {certificates: []}",
     "f.yaml:1:21: tls.certificates: an https listener needs a certificate; name one, or listen "
     "on http://"},
    {"server: {listen: [\"0.0.0.0:1\"]}", kOpenServer.c_str()},
    {"server: {listen: [\"http://[::]:1\"]}", kOpenIpv6.c_str()},
    {"admin: {listen: \"192.0.2.1:1\"}", kOpenAdmin.c_str()},
};

INSTANTIATE_TEST_SUITE_P(Shapes, BadFile, testing::ValuesIn(kShapes));
INSTANTIATE_TEST_SUITE_P(Scalars, BadFile, testing::ValuesIn(kScalars));
INSTANTIATE_TEST_SUITE_P(Lists, BadFile, testing::ValuesIn(kLists));
INSTANTIATE_TEST_SUITE_P(Relations, BadFile, testing::ValuesIn(kRelations));

TEST(Load, NothingGivesTheDefaults) {
  for (const std::string text : {"", "# only a comment\n", "---\n", "stream:\nserver: {}\n"}) {
    const auto loaded = load_text(text);
    ASSERT_THAT(lines_of(loaded), IsEmpty());
    EXPECT_EQ(effective_yaml(*loaded), effective_yaml(*load({}, environment_of({}))));
  }
  const auto defaults = load({}, environment_of({}));
  EXPECT_EQ(defaults->broker.heartbeat, seconds(15));
  ASSERT_EQ(defaults->net.listen.size(), 1U);
  EXPECT_EQ(defaults->net.listen[0].host, "localhost");
  EXPECT_EQ(defaults->net.listen[0].port, 8443);
  ASSERT_EQ(defaults->net.tls.certificates.size(), 1U);
  EXPECT_EQ(defaults->net.tls.certificates[0].key, "certs/dev.key");
}

TEST(Load, OpenAddressesNeedThatSomebodySaysSo) {
  EXPECT_THAT(problems_of("server: {listen: [\"0.0.0.0:1\"]}\nadmin: {listen: \"10.0.0.1:2\"}\n"
                          "auth: {open: true}"),
              IsEmpty());
}

TEST(Load, WhatIsForOperatorsNeedsThatTooWhereNobodyIsAsked) {
  const std::string text =
      "server: {listen: [\"http://0.0.0.0:1\"]}\n"
      "auth: {mode: jwt, keys: [{file: a, algorithm: HS256}]";
  EXPECT_THAT(problems_of(text + "}\nadmin: {public: token}"), IsEmpty());
  EXPECT_THAT(problems_of(text + ", open: true}\nadmin: {public: open}"), IsEmpty());
  EXPECT_THAT(problems_of(text + "}\nadmin: {public: open}"),
              ElementsAre("f.yaml:3:17: admin.public: http://0.0.0.0:1 is not loopback, and "
                          "admin.public open asks nobody: listen on localhost, or say auth.open: "
                          "true if everybody who reaches this address may count and cut "
                          "connections"));
}

TEST(Load, PortZeroIsNeverTheSamePort) {
  EXPECT_THAT(problems_of("server: {listen: [\"http://localhost:0\", \"localhost:0\"]}\n"
                          "admin: {listen: \"localhost:0\"}"),
              IsEmpty());
}

TEST(Load, EveryProblemIsReported) {
  EXPECT_THAT(
      problems_of("stream: {heartbeat: 1, retry: 2}\nnope: 1\nlimits: {user_timeout: 2s}\n"),
      ElementsAre(HasSubstr("f.yaml:1:21: stream.heartbeat"),
                  HasSubstr("f.yaml:1:31: stream.retry"), HasSubstr("f.yaml:2:1: nope"),
                  HasSubstr("f.yaml:3:24: limits.user_timeout")));
}

TEST(Load, RelationsOfABrokenValueAreNotGuessed) {
  EXPECT_THAT(problems_of("stream: {stall: 5}\nlimits: {user_timeout: 30s}\n"),
              ElementsAre(HasSubstr("stream.stall: \"5\"")));
}

TEST(Load, ProblemsAreBounded) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  const std::vector<std::string> problems = problems_of(text);
  ASSERT_EQ(problems.size(), 101U);
  EXPECT_EQ(problems.back(), "f.yaml: and more; only the first 100 are shown");
}

TEST(Load, LongAndOddKeysAreShownTame) {
  const std::vector<std::string> problems = problems_of(std::string(1'000, 'k') + ": 1\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_LT(problems[0].size(), 120U);
  EXPECT_THAT(problems_of("stream: {\"a\\nb\": 1}"),
              ElementsAre("f.yaml:1:10: stream.\"a\\nb\": unknown key"));
}

TEST(Merge, LaterFilesWinPerKey) {
  const auto loaded = load({{"a.yaml", "stream: {heartbeat: 1s, retry: 1s}\nlog: {level: warn}\n"},
                            {"b.yaml", "stream: {retry: 3s}\n"},
                            {"c.yaml", "# nothing\n"}},
                           environment_of({}));
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_EQ(loaded->broker.heartbeat, seconds(1));
  EXPECT_EQ(loaded->broker.retry, seconds(3));
  EXPECT_EQ(loaded->log.level, base::LogLevel::warn);
  EXPECT_EQ(loaded->broker.stall, seconds(60));
}

TEST(Merge, ListsAreReplacedWhole) {
  const auto loaded = load({{"a.yaml",
                             "cors: {origins: [\"https://a.example\", \"https://b.example\"]}\n"
                             "tls: {certificates: [{cert: a, key: b}, {cert: c, key: d}]}\n"},
                            {"b.yaml",
                             "cors: {origins: [\"https://c.example\"]}\n"
                             "tls: {certificates: [{cert: e, key: f}]}\n"}},
                           environment_of({}));
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_THAT(loaded->api.cors.origins, ElementsAre("https://c.example"));
  ASSERT_EQ(loaded->net.tls.certificates.size(), 1U);
  EXPECT_EQ(loaded->net.tls.certificates[0].certificate, "e");
}

TEST(Merge, ProblemsNameTheirFile) {
  const auto loaded = load({{"a.yaml", "stream: {retry: x}\n"},
                            {"b.yaml", "a: b: c"},
                            {"c.yaml", "\nstream: {retry: 1s, nope: 1}\n"}},
                           environment_of({}));
  EXPECT_THAT(lines_of(loaded), ElementsAre(HasSubstr("a.yaml:1:17: stream.retry: \"x\""),
                                            HasSubstr("b.yaml:1:5: not YAML"),
                                            HasSubstr("c.yaml:2:21: stream.nope")));
}

TEST(Merge, RelationsHoldBetweenFilesAndNameTheLastThatSetTheKey) {
  const auto loaded = load({{"a.yaml", "stream: {stall: 1s}\n"},
                            {"b.yaml", "limits: {user_timeout: 2s}\n"},
                            {"c.yaml", "stream: {stall: 5s}\n"}},
                           environment_of({}));
  EXPECT_THAT(lines_of(loaded), ElementsAre(HasSubstr("c.yaml:1:17: stream.stall")));
  EXPECT_TRUE(
      load({{"a.yaml", "stream: {stall: 100s}\n"}, {"b.yaml", "limits: {user_timeout: 2m}\n"}},
           environment_of({}))
          .ok());
}

}  // namespace
}  // namespace gateway::config
