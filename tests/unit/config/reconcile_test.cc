// What a running process takes of a configuration that is read again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"
#include "config/keys.h"
#include "unit/config/loading.h"

namespace gateway::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Settings settings_of(const std::string& text) {
  auto loaded = load_text(text);
  EXPECT_TRUE(loaded.ok()) << text;
  return loaded.ok() ? *loaded : default_settings();
}

TEST(Reconcile, TheSameAgainChangesNothing) {
  for (const char* text :
       {"", "boards: [{match: a*, deliver: latest}]", "limits: {connections: 7}"}) {
    Settings next = settings_of(text);
    const auto changes = reconcile(settings_of(text), next);
    ASSERT_TRUE(changes.ok());
    EXPECT_THAT(changes->taken, IsEmpty());
    EXPECT_THAT(changes->need_restart, IsEmpty());
  }
}

TEST(Reconcile, TakesWhatIsHotAndKeepsWhatNeedsARestart) {
  const Settings running = settings_of("server: {workers: 2}\nlimits: {body_bytes: 2KiB}");
  Settings next = settings_of(
      "server: {workers: 3, listen: ['http://localhost:1'], drain: 9s}\n"
      "limits: {body_bytes: 4KiB}\ncors: {origins: ['https://a.example']}\n"
      "boards: [{match: a, history: {events: 3}}]\nstream: {pending_events: 9}");
  const auto changes = reconcile(running, next);
  ASSERT_TRUE(changes.ok());
  EXPECT_THAT(changes->taken,
              UnorderedElementsAre("server.drain", "limits.body_bytes", "cors.origins", "boards"));
  EXPECT_THAT(changes->need_restart,
              UnorderedElementsAre("server.workers", "server.listen", "stream.pending_events"));
  EXPECT_EQ(next.server.workers, 2U);
  EXPECT_EQ(next.net.listen.front().port, 8443);
  EXPECT_EQ(next.broker.pending_events, 256U);
  EXPECT_EQ(next.http.body_bytes, 4096U);
  EXPECT_EQ(next.broker.history.rules.size(), 1U);
}

TEST(Reconcile, AllOfTokensIsHot) {
  const Settings running = settings_of("");
  Settings next = settings_of(
      "auth: {mode: jwt, open: true, keys: [{file: a}], jwks: 'https://a.example/', jwks_ca: b, "
      "jwks_refresh: 1m, issuer: c, audience: d, cookie: e, query_token: on, leeway: 1s, "
      "anonymous: {subscribe: [f]}, cache_bytes: 1MiB, stream_max: 1h}");
  const auto changes = reconcile(running, next);
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes->taken.size(), 14U);
  EXPECT_THAT(changes->need_restart, IsEmpty());
  EXPECT_EQ(next.auth.mode, auth::Mode::jwt);
}

TEST(Reconcile, WhoIsAskedForTokensGoesTogetherWithWhatStays) {
  const Settings running = settings_of(
      "server: {listen: ['0.0.0.0:1']}\nauth: {mode: jwt, keys: [{file: a}]}\n"
      "admin: {public: token}");
  Settings next = settings_of("server: {listen: ['127.0.0.1:1']}");
  const auto changes = reconcile(running, next);
  ASSERT_FALSE(changes.ok());
  ASSERT_EQ(changes.error().size(), 2U);
  EXPECT_THAT(to_string(changes.error()[0]), HasSubstr("auth.mode none asks nobody"));
  EXPECT_THAT(to_string(changes.error()[1]), HasSubstr("admin.public token asks for tokens"));
}

TEST(Reconcile, WhatStaysMustGoTogetherWithWhatIsNew) {
  const Settings running = settings_of("server: {listen: ['0.0.0.0:1']}\nauth: {open: true}");
  Settings next = settings_of("server: {listen: ['127.0.0.1:1']}");
  const auto changes = reconcile(running, next);
  ASSERT_FALSE(changes.ok());
  ASSERT_EQ(changes.error().size(), 1U);
  EXPECT_THAT(to_string(changes.error().front()),
              HasSubstr("with what needs a restart: server.listen: https://0.0.0.0:1 is not"));
}

TEST(Reconcile, TheReferenceSaysWhatNeedsARestart) {
  std::size_t restarts = 0;
  for (const Section& section : sections()) {
    for (const Key& key : section.keys) {
      const bool said = reason_of(key).find(" A change needs a restart.") != std::string::npos;
      EXPECT_EQ(said, key.effect == Effect::restart) << path_of(section, key);
      if (said) ++restarts;
    }
  }
  EXPECT_GT(restarts, 5U);
}

}  // namespace
}  // namespace gateway::config
