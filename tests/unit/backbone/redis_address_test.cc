// Where Redis is, from its URL.
#include <gtest/gtest.h>

#include "backbone/backbone.h"

namespace gateway::backbone {
namespace {

std::string shown(std::string_view url) {
  const auto address = parse_redis_address(url);
  return address ? to_string(*address) : "wrong: " + address.error().message;
}

TEST(RedisAddress, HostsPortsAndDatabases) {
  EXPECT_EQ(shown("redis://127.0.0.1"), "redis://127.0.0.1:6379/0");
  EXPECT_EQ(shown("redis://cache.example:7000"), "redis://cache.example:7000/0");
  EXPECT_EQ(shown("redis://cache.example:7000/"), "redis://cache.example:7000/0");
  EXPECT_EQ(shown("redis://cache.example/3"), "redis://cache.example:6379/3");
  EXPECT_EQ(shown("redis://[::1]:7000/3"), "redis://[::1]:7000/3");
  EXPECT_EQ(parse_redis_address("redis://[::1]")->host, "::1");
}

TEST(RedisAddress, Sockets) {
  EXPECT_EQ(shown("unix:///run/redis.sock"), "unix:///run/redis.sock?db=0");
  EXPECT_EQ(shown("unix:///run/redis.sock?db=2"), "unix:///run/redis.sock?db=2");
}

TEST(RedisAddress, WhatIsNone) {
  for (const char* url :
       {"", "127.0.0.1", "http://a", "redis://", "redis://:6379", "redis://a:0", "redis://a:65536",
        "redis://a:b", "redis://a/b", "redis://a/0/1", "redis://[::1", "redis://a b",
        "redis://user:pw@a", "redis://@a", "unix://run/redis.sock", "unix:///a?database=1",
        "unix:///a?db=x", "redis://a:"}) {
    EXPECT_EQ(shown(url).rfind("wrong: ", 0), 0U) << url << " " << shown(url);
  }
  EXPECT_FALSE(parse_redis_address("unix:///" + std::string(120, 'a')).ok());
}

TEST(RedisAddress, OfSentinels) {
  const auto shown_sentinel = [](std::string_view text) {
    const auto address = parse_sentinel_address(text);
    return address ? to_string(*address) : "wrong";
  };
  EXPECT_EQ(shown_sentinel("a.example"), "redis://a.example:26379/0");
  EXPECT_EQ(shown_sentinel("a.example:7"), "redis://a.example:7/0");
  EXPECT_EQ(shown_sentinel("[::1]"), "redis://[::1]:26379/0");
  EXPECT_EQ(shown_sentinel("[::1]:7"), "redis://[::1]:7/0");
  for (const char* text : {"", "a b", "a/1", "me@a", "redis://a", "a:0", ":1"}) {
    EXPECT_EQ(shown_sentinel(text), "wrong") << text;
  }
}

TEST(RedisAddress, OfTls) {
  const auto address = parse_redis_address("rediss://cache.example:7000/3");
  EXPECT_TRUE(address->tls);
  EXPECT_EQ(to_string(*address), "rediss://cache.example:7000/3");
  EXPECT_FALSE(parse_redis_address("redis://a")->tls);
  EXPECT_FALSE(parse_redis_address("unix:///a")->tls);
  for (const char* url : {"rediss://", "rediss:///1", "rediss://me:pw@a", "redisss://a"}) {
    EXPECT_FALSE(parse_redis_address(url).ok()) << url;
  }
}

}  // namespace
}  // namespace gateway::backbone
