#include "backbone/redis_publisher.h"

#include <utility>

#include "backbone/redis_script.h"

namespace gateway::backbone {

RedisPublisher::RedisPublisher(const base::Clock& clock, const RedisOptions& options)
    : loop_(clock),
      place_(place_of(options)),
      names_(options.prefix),
      bounds_(options),
      lookup_(loop_),
      connection_(loop_, lookup_,
                  {[this] {
                     greet(connection_, place_,
                           [this](const base::Result<RedisServer>& server) { greeted(server); });
                   },
                   [this](const std::string& why) { fail(PublishError::unavailable, why); },
                   [](std::string_view) {}, [](std::string_view, std::string_view) {}}) {}

PublishResult RedisPublisher::publish(std::vector<broker::Draft> batch) {
  events_ = batch.size();
  words_ = script_words(names_, {}, std::move(batch));
  result_.reset();
  if (connection_.is_open()) {
    send();
  } else {
    run_id_.clear();
    connection_.open(place_.address, bounds_);
  }
  while (!result_) loop_.turn(true);
  return *std::move(result_);
}

void RedisPublisher::greeted(const base::Result<RedisServer>& server) {
  if (!server) {
    connection_.close();
    return fail(PublishError::unavailable, server.error().message);
  }
  run_id_ = server->run_id;
  send();
}

void RedisPublisher::send() {
  words_.insert(words_.begin(), {"EVAL", kPublishScript});
  set_server(words_, run_id_, static_cast<broker::Epoch>(1 + random_.below(UINT32_MAX)), {});
  connection_.ask(words_, [this](const RedisReply& reply) { answered(reply); });
}

void RedisPublisher::answered(const RedisReply& reply) {
  if (auto answer = read_script_answer(reply, events_)) {
    result_ = std::move(answer->published);
    return;
  }
  const PublishError error = publish_error(reply);
  why_ = reply.is(RedisReply::Kind::lost) ? "the connection to Redis was lost" : reply.text;
  result_ = PublishResult(base::Fail{error});
  if (reply.is_error("READONLY")) connection_.close();
}

void RedisPublisher::fail(PublishError::Reason reason, const std::string& why) {
  if (result_) return;
  why_ = why;
  result_ = PublishResult(base::Fail{PublishError{reason}});
}

}  // namespace gateway::backbone
