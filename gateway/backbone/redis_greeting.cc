#include "backbone/redis_greeting.h"

#include <memory>
#include <utility>

#include "backbone/redis_script.h"
#include "base/check.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

struct Greeting {
  std::function<void(base::Result<RedisServer>)> done;
  bool over = false;

  void finish(base::Result<RedisServer> result) {
    if (std::exchange(over, true)) return;
    done(std::move(result));
  }
  void fail(const std::string& what, const RedisReply& reply) {
    if (reply.is(Kind::lost)) {
      over = true;
    } else {
      finish(base::Fail{base::Error{what + ": " + reply.text}});
    }
  }
};

RedisConnection::Answer expect_ok(const std::shared_ptr<Greeting>& greeting, const char* what) {
  return [greeting, what](const RedisReply& reply) {
    if (!reply.is(Kind::text)) greeting->fail(what, reply);
  };
}

}  // namespace

RedisPlace place_of(const RedisOptions& options) {
  auto address = parse_redis_address(options.url);
  BC_CHECK(address.ok(), options.url);
  return {*std::move(address), options.username, options.password};
}

std::vector<std::string> auth_command(const std::string& username, const std::string& password) {
  if (password.empty()) return {};
  if (username.empty()) return {"AUTH", password};
  return {"AUTH", username, password};
}

std::string auth_refusal(const RedisReply& reply, const std::string& password) {
  const bool repeats = reply.text.find(password) != std::string::npos;
  return "AUTH: " + (repeats ? reply.text.substr(0, reply.text.find(' ')) : reply.text);
}

void greet(RedisConnection& connection, const RedisPlace& place,
           std::function<void(base::Result<RedisServer>)> done) {
  const auto greeting = std::make_shared<Greeting>();
  greeting->done = std::move(done);
  const std::vector<std::string> auth = auth_command(place.username, place.password);
  if (!auth.empty()) {
    connection.ask(auth, [greeting, password = place.password](const RedisReply& reply) {
      if (reply.is(Kind::error)) {
        greeting->finish(base::Fail{base::Error{auth_refusal(reply, password)}});
      }
    });
  }
  if (place.address.database != 0) {
    connection.ask({"SELECT", std::to_string(place.address.database)},
                   expect_ok(greeting, "SELECT"));
  }
  connection.ask({"INFO"}, [greeting](const RedisReply& reply) {
    const auto field = [&reply](std::string_view name) {
      return std::string(info_field(reply.text, name));
    };
    RedisServer server{field("run_id"), field("redis_version"), field("maxmemory_policy")};
    if (!reply.is(Kind::text) || server.run_id.empty()) return greeting->fail("INFO", reply);
    if (field("role") == "slave") {
      return greeting->finish(base::Fail{base::Error{"it is a replica, which takes no writes"}});
    }
    greeting->finish(std::move(server));
  });
}

}  // namespace gateway::backbone
