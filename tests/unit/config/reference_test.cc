#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"
#include "config/keys.h"
#include "unit/config/loading.h"

// The texts under config/ are compared with what the table says. After a change of the table, write
// them anew from the root of the checkout:
//   build/dev/boardcast config --default > config/boardcast.yaml
//   BOARDCAST_WRITE_SCHEMA=1 build/dev/tests/unit_config --gtest_filter=Reference.SchemaFile*

namespace gateway::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is not below the working directory: run from the checkout's root";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Reference, BoardcastYamlIsTheDefault) {
  EXPECT_EQ(file_text("config/boardcast.yaml"), default_yaml());
  EXPECT_THAT(default_yaml(),
              StartsWith("# yaml-language-server: $schema=boardcast.schema.json\n"));
}

TEST(Reference, SchemaFileIsTheTable) {
  if (std::getenv("BOARDCAST_WRITE_SCHEMA") != nullptr) {
    std::ofstream("config/boardcast.schema.json", std::ios::binary) << json_schema();
  }
  EXPECT_EQ(file_text("config/boardcast.schema.json"), json_schema());
}

TEST(Reference, ShowsEveryKeyWithDefaultAndReason) {
  const std::string text = default_yaml();
  for (const Section& section : sections()) {
    const std::string outer = is_single_value(section) ? "" : "  ";
    const std::size_t start = text.find("\n" + std::string(section.name) + ":");
    ASSERT_NE(start, std::string::npos) << section.name;
    for (const Key& key : section.keys) {
      const std::string value = to_yaml(key.rule, key.access.get(default_settings()));
      const auto [group, name] = split_name(key.name);
      const std::string indent = outer + (group.empty() ? "" : "  ");
      const std::string line = "\n" + indent + std::string(name) + ": " + value + "\n";
      const std::size_t at = text.find(line, start);
      ASSERT_NE(at, std::string::npos) << path_of(section, key);
      const std::size_t comment = text.rfind('\n', at - 1);
      EXPECT_THAT(text.substr(comment, at - comment), HasSubstr("\n" + indent + "# "))
          << path_of(section, key);
    }
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Reference, DefaultLoadsAsTheDefaults) {
  const auto loaded = load_text(default_yaml());
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_EQ(effective_yaml(*loaded), effective_yaml(default_settings()));
}

TEST(Reference, TheManualsExamplesLoad) {
  const std::string manual = file_text("config/README.md");
  const std::string fence = "\n```yaml\n";
  int examples = 0;
  for (std::size_t at = manual.find(fence); at != std::string::npos; at = manual.find(fence, at)) {
    at += fence.size();
    const std::string example = manual.substr(at, manual.find("```", at) - at);
    EXPECT_THAT(problems_of(example), IsEmpty()) << example;
    ++examples;
  }
  EXPECT_GT(examples, 0);
}

TEST(Effective, ReloadsToEqualSettings) {
  const auto loaded = load_text(
      "server: {listen: [\"http://[::1]:1\", \"h2c://localhost:2\"], workers: 3, drain: 1500ms}\n"
      "tls: {certificates: [{cert: \"a $${b} \\\" ü\\n\", key: 'c: d'}], min_version: \"1.3\"}\n"
      "limits: {body_bytes: 1025, header_timeout: 61s}\nstream: {format: json, refuse: status}\n"
      "auth: {open: true, mode: jwt, keys: [{file: a, algorithm: ES256, kid: '1'}, {file: b}], "
      "issuer: \"$$\", cookie: '', anonymous: {subscribe: ['*'], publish: []}}\ncors: {origins: "
      "[\"http://localhost:*\"], credentials: false}\n"
      "admin: {listen: \"[::1]:3\", public: open}\nlog: {level: off, format: json}\n"
      "history: {age: 1500ms}\nboards: [{match: \"$$ \\\"*\", history: {events: 0}}, {match: "
      "b}]\n");
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  const std::string text = effective_yaml(*loaded);
  const auto again = load_text(text);
  ASSERT_THAT(lines_of(again), IsEmpty());
  EXPECT_EQ(effective_yaml(*again), text);
  EXPECT_EQ(again->net.tls.certificates[0].certificate, "a ${b} \" ü\n");
  EXPECT_EQ(again->net.tls.certificates[0].key, "c: d");
  EXPECT_EQ(again->net.listen[0].host, "::1");
  EXPECT_EQ(again->admin.host, "::1");
  EXPECT_EQ(again->server.drain, std::chrono::milliseconds(1500));
  EXPECT_EQ(again->http.body_bytes, 1025U);
  ASSERT_EQ(again->broker.history.rules.size(), 2U);
  EXPECT_EQ(again->broker.history.rules[0].match, "$ \"*");
  EXPECT_EQ(again->broker.history.rules[0].history.events, 0U);
  EXPECT_EQ(again->broker.history.rules[1].history.age, std::chrono::milliseconds(1500));
  ASSERT_EQ(again->auth.keys.size(), 2U);
  EXPECT_EQ(again->auth.keys[0].kid, "1");
  EXPECT_EQ(again->auth.keys[1].algorithm, "");
  EXPECT_EQ(again->auth.issuer, "$");
  EXPECT_EQ(again->auth.cookie, "");
  EXPECT_EQ(again->auth.anonymous.subscribe, std::vector<std::string>{"*"});
  EXPECT_THAT(text, HasSubstr("  drain: 1500ms\n"));
  EXPECT_THAT(text, HasSubstr("  listen: \"[::1]:3\"\n"));
}

TEST(Development, IsTheFileOfTheCheckout) {
  EXPECT_EQ(development_source().text, file_text("config/dev.yaml"));
}

TEST(Development, ServesLoopbackAsDocumented) {
  const auto loaded = load({development_source()}, environment_of({}));
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  ASSERT_EQ(loaded->net.listen.size(), 2U);
  EXPECT_EQ(loaded->net.listen[0].scheme, net::Scheme::https);
  EXPECT_EQ(loaded->net.listen[0].port, 8443);
  EXPECT_EQ(loaded->net.listen[1].scheme, net::Scheme::http);
  EXPECT_EQ(loaded->net.listen[1].port, 8080);
  EXPECT_EQ(loaded->admin.port, 9901);
  EXPECT_EQ(loaded->api.admin_public, api::PublicAdmin::open);
  EXPECT_EQ(loaded->server.drain, std::chrono::seconds(2));
  EXPECT_EQ(loaded->server.drain_delay, std::chrono::seconds(0));
  EXPECT_FALSE(loaded->auth_open) << "loopback needs no permission";
  EXPECT_THAT(loaded->api.cors.origins,
              testing::IsSupersetOf({"http://localhost:*", "https://localhost:*",
                                     "http://127.0.0.1:*", "https://127.0.0.1:*"}));
}

}  // namespace
}  // namespace gateway::config
