#include "backbone/redis_greeting.h"

#include <memory>
#include <utility>

#include "backbone/redis_script.h"

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

void greet(RedisConnection& connection, const RedisPlace& place,
           std::function<void(base::Result<RedisServer>)> done) {
  const auto greeting = std::make_shared<Greeting>();
  greeting->done = std::move(done);
  if (!place.password.empty()) {
    std::vector<std::string> auth{"AUTH"};
    if (!place.username.empty()) auth.push_back(place.username);
    auth.push_back(place.password);
    connection.ask(auth, expect_ok(greeting, "AUTH"));
  }
  if (place.address.database != 0) {
    connection.ask({"SELECT", std::to_string(place.address.database)},
                   expect_ok(greeting, "SELECT"));
  }
  connection.ask({"INFO", "server"}, [greeting](const RedisReply& reply) {
    RedisServer server{std::string(info_field(reply.text, "run_id")),
                       std::string(info_field(reply.text, "redis_version"))};
    if (!reply.is(Kind::text) || server.run_id.empty()) return greeting->fail("INFO server", reply);
    greeting->finish(std::move(server));
  });
}

}  // namespace gateway::backbone
