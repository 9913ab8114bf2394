// Certificates that change while the process runs; over sockets and with SIGHUP see tests/wire.
#include "app/reload.h"

#include <sys/resource.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_timers.h"
#include "unit/net/test_certificates.h"

namespace gateway::app {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Two pairs in use, which end in 20 and in 30 days, looked at every 10 seconds.
class ReloadTest : public testing::Test {
 protected:
  ReloadTest() {
    write_config("");
    auto setup = prepare(config_);
    EXPECT_TRUE(setup.ok());
    first_ = *setup;
    reloader_.emplace(first_, config_, timers_,
                      Reloader::Uses{[this](const SetupRef&) { ++setups_; },
                                     [this](const net::TlsContextRef&) { ++contexts_; }});
  }

  void write_config(const std::string& more) {
    const auto pair = [](const net::CertificateFiles& of) {
      return "{cert: \"" + of.certificate + "\", key: \"" + of.key + "\"}";
    };
    config_ = {folder_.write("a.yaml",
                             "server: {listen: [\"https://127.0.0.1:0\"]}\n"
                             "tls:\n  certificates: [" +
                                 pair(one_) + ", " + pair(two_) + "]\n" + more)};
  }
  /// A pair that lasts so long comes in the place of another.
  void renew(const net::CertificateFiles& pair, long days) {
    const net::CertificateFiles next = folder_.make("next", "DNS:next", days);
    std::filesystem::rename(next.key, pair.key);
    std::filesystem::rename(next.certificate, pair.certificate);
  }
  /// Of the certificate that ends first.
  double days_left() const { return reloader_->running().tls->days_left(); }
  std::vector<std::string> problems_of(const std::string& more) {
    write_config(more);
    const auto next = prepare(config_, &reloader_->running());
    return next.ok() ? std::vector<std::string>{} : next.error();
  }

  net::Certificates folder_;
  const net::CertificateFiles one_ = folder_.make("one", "DNS:one", 20);
  const net::CertificateFiles two_ = folder_.make("two", "DNS:two", 30);
  std::vector<std::string> config_;
  test::FakeTimers timers_;
  SetupRef first_;
  std::optional<Reloader> reloader_;
  int setups_ = 0;
  int contexts_ = 0;
};

TEST_F(ReloadTest, OneBadPairStopsNoOther) {
  const ReloadCounters& counters = reloader_->counters();
  renew(one_, 90);
  folder_.write("two.crt", "half a file");
  timers_.advance(seconds(10));
  EXPECT_NEAR(days_left(), 30, 0.1) << "the first is the new one, the second that in use";
  EXPECT_EQ(counters.renewals.value(), 1U);
  EXPECT_EQ(counters.renewals_failed.value(), 1U);
  EXPECT_EQ(counters.renewals_failing.value(), 1);
  EXPECT_THAT(problems_of(""), ElementsAre(StartsWith("tls.certificates[1]: ")))
      << "SIGHUP is all or nothing, also when a part was taken";

  timers_.advance(seconds(60));
  EXPECT_EQ(counters.renewals_failed.value(), 2U) << "tried again";
  EXPECT_EQ(contexts_, 1) << "with nothing new";

  renew(two_, 40);
  timers_.advance(seconds(10));
  EXPECT_NEAR(days_left(), 40, 0.1);
  EXPECT_EQ(counters.renewals_failing.value(), 0);
  EXPECT_EQ(contexts_, 2);
  EXPECT_EQ(setups_, 0) << "nothing but certificates was handed on";
}

TEST_F(ReloadTest, WhatFailedIsTriedAgainThoughNothingShows) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  renew(one_, 90);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  timers_.advance(seconds(10));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  const ReloadCounters& counters = reloader_->counters();
  EXPECT_EQ(counters.renewals_failing.value(), 2);
  timers_.advance(seconds(50));
  EXPECT_EQ(counters.renewals_failed.value(), 2U) << "once a minute";
  EXPECT_EQ(counters.renewals.value(), 0U);
  timers_.advance(seconds(10));
  EXPECT_EQ(counters.renewals.value(), 1U);
  EXPECT_EQ(counters.renewals_failing.value(), 0);
  EXPECT_NEAR(days_left(), 30, 0.1);
}

TEST_F(ReloadTest, FilesThatWereOnlyTouchedAreNoRenewal) {
  folder_.write("one.crt", [&] {
    std::ifstream in(one_.certificate);
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  }());
  timers_.advance(seconds(100));
  EXPECT_EQ(contexts_, 0);
  EXPECT_EQ(reloader_->counters().renewals.value(), 0U);
}

TEST_F(ReloadTest, FilesThatDidNotChangeAreNotReadAgain) {
  write_config("  reload: 1s\nstream: {heartbeat: 5s}\n");
  auto next = prepare(config_, first_.get());
  ASSERT_TRUE(next.ok());
  EXPECT_EQ((*next)->tls, first_->tls);
  EXPECT_EQ((*next)->settings.broker.heartbeat, seconds(5));

  write_config("  min_version: \"1.3\"\n");
  next = prepare(config_, first_.get());
  ASSERT_TRUE(next.ok());
  EXPECT_NE((*next)->tls, first_->tls) << "another policy";
  write_config("");
  renew(one_, 90);
  next = prepare(config_, first_.get());
  ASSERT_TRUE(next.ok());
  EXPECT_NE((*next)->tls, first_->tls) << "another file";
}

TEST_F(ReloadTest, EachMistakeIsSaidOnceAndByItsKey) {
  const std::string key = folder_.write("ticket.key", "short");
  EXPECT_THAT(
      problems_of("  ticket_keys: [\"" + key + "\"]\n"),
      ElementsAre(StartsWith("tls.ticket_keys[0]: " + key + ": a ticket key has 80 bytes")));
  folder_.write("one.crt", "no");
  folder_.write("two.key", "no");
  EXPECT_THAT(
      problems_of(""),
      ElementsAre(AllOf(StartsWith("tls.certificates[0]: "), HasSubstr("holds no certificate")),
                  AllOf(StartsWith("tls.certificates[1]: "), HasSubstr("holds no private key"))));
}

}  // namespace
}  // namespace gateway::app
