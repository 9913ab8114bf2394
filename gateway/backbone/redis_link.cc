#include "backbone/redis_link.h"

#include <utility>

#include "base/log.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1'000};

}  // namespace

RedisLink::RedisLink(Context context, RedisPlace place, const RedisOptions& options)
    : context_(std::move(context)),
      place_(std::move(place)),
      bounds_(options),
      latest_max_(options.latest_bytes),
      copy_(context_.log, *this, options.waiting_bytes,
            [this](const LogCopy::Report& report) { reconciled(report); }),
      lookup_(context_.loop),
      commands_(context_.loop, lookup_,
                {[this] { commands_up(); }, [this](const std::string& why) { commands_down(why); },
                 [](std::string_view) {}, [](std::string_view, std::string_view) {}}),
      channel_(
          context_.loop, lookup_,
          {[this] { channel_up(); }, [this](const std::string& why) { channel_down(why); },
           [this](std::string_view channel) { subscribed(channel); },
           [this](std::string_view channel, std::string_view text) { message(channel, text); }}) {
  if (!options.sentinels.empty()) {
    sentinels_ = std::make_unique<RedisSentinels>(
        context_.loop, lookup_, options,
        [this](base::Result<RedisAddress> primary) { found(std::move(primary)); });
  }
  again_ = context_.loop.make([this] { ready_ ? open_channel() : open_commands(); });
  tick_ = context_.loop.make([this] { tick(); });
  pace_ = context_.loop.make([this] { pace(); });
}

void RedisLink::start() {
  tick_->arm(kTick);
  open_commands();
}

void RedisLink::stop() {
  stopping_ = true;
  ready_ = false;
  copy_.lose(false);
  again_->cancel();
  tick_->cancel();
  pace_->cancel();
  if (sentinels_) sentinels_->stop();
  channel_.close();
  commands_.close();
  context_.nodes.disconnected(false);
  tell();
}

void RedisLink::tell() {
  context_.counters.connected.set(ready_ ? 1 : 0);
  context_.counters.live.set(copy_.live() ? 1 : 0);
  context_.connected(ready_ && copy_.loaded());
}

// --- The commands' connection ---

void RedisLink::open_commands() { sentinels_ ? sentinels_->find() : open(commands_); }

// It is asked before each connection, and each second: what it says of a failover cannot be missed.
void RedisLink::found(base::Result<RedisAddress> primary) {
  if (!primary) {
    if (!commands_.is_open()) commands_down(primary.error().message);
    return;
  }
  primary->database = place_.address.database;
  primary->tls = place_.address.tls;
  const bool same = primary->host == place_.address.host && primary->port == place_.address.port;
  if (!commands_.is_open()) {
    place_.address = *std::move(primary);
    open(commands_);
  } else if (!same) {
    leave("Sentinel names another primary, " + to_string(*primary));
  }
}

void RedisLink::greet(RedisConnection& connection,
                      std::function<void(base::Result<base::Unit>)> done) {
  backbone::greet(connection, place_,
                  [this, done = std::move(done)](const base::Result<RedisServer>& server) {
                    if (!server) return done(base::Fail{server.error()});
                    if (server->run_id != server_.run_id) {
                      return done(base::Fail{base::Error{"there is another Redis"}});
                    }
                    done(base::Unit{});
                  });
}

void RedisLink::commands_up() {
  backbone::greet(commands_, place_, [this](base::Result<RedisServer> server) {
    commands_greeted(std::move(server));
  });
}

void RedisLink::commands_greeted(base::Result<RedisServer> server) {
  if (!server) return leave(server.error().message);
  const bool another = server->run_id != server_.run_id;
  server_ = *std::move(server);
  if (another) warn_of_eviction();
  load_script();
}

void RedisLink::load_script() {
  commands_.ask({"SCRIPT", "LOAD", kPublishScript}, [this](const RedisReply& reply) {
    if (reply.is(RedisReply::Kind::lost)) return;
    if (!reply.is(RedisReply::Kind::text)) return leave("SCRIPT LOAD: " + reply.text);
    script_ = reply.text;
    ready_ = true;
    context_.counters.connects.add();
    BC_LOG(info, "redis: connected", {"url", to_string(place_.address)},
           {"version", server_.version}, {"run_id", server_.run_id});
    tell();
    open_channel();
  });
}

void RedisLink::leave(const std::string& why) {
  if (!commands_.is_open()) return;
  commands_.close();
  away_.log_refusal(place_.address, why);
  commands_down(why);
}

void RedisLink::commands_down(const std::string& why) {
  if (stopping_) return;
  const bool was_ready = std::exchange(ready_, false);
  context_.refusals.forget();
  copy_.lose(true);
  values_portion_.lost();
  channel_.close();
  subscribed_ = false;
  context_.nodes.disconnected(true);
  ++round_;
  pace_->cancel();
  if (was_ready) context_.counters.losses.add();
  tell();
  away_.log_loss("commands", place_.address, why);
  again_->arm(away_.next_pause());
}

// --- The channel's connection ---

void RedisLink::open_channel() {
  if (!channel_.is_open()) open(channel_);
}

void RedisLink::channel_up() {
  greet(channel_, [this](const base::Result<base::Unit>& greeted) { channel_greeted(greeted); });
}

void RedisLink::channel_greeted(const base::Result<base::Unit>& greeted) {
  if (!greeted) return leave("the channel: " + greeted.error().message);
  channel_.subscribe(context_.names.channel);
}

void RedisLink::subscribed(std::string_view channel) {
  if (channel == context_.names.talk) return context_.nodes.connected();
  if (std::exchange(subscribed_, true)) return;  // it is alive
  channel_.subscribe(context_.names.talk);
  ++round_;
  copy_.begin(context_.counters.reconciles.value() == 0 ? "start" : "connection");
}

void RedisLink::channel_down(const std::string& why) {
  if (stopping_) return;
  copy_.lose(false);
  values_portion_.forget();
  subscribed_ = false;
  context_.nodes.disconnected(false);
  ++round_;
  pace_->cancel();
  context_.counters.losses.add();
  tell();
  away_.log_loss("channel", place_.address, why);
  if (ready_) again_->arm(away_.next_pause());
}

void RedisLink::message(std::string_view channel, std::string_view text) {
  if (channel == context_.names.talk) return context_.nodes.message(text);
  context_.counters.messages.add();
  const bool was_live = copy_.live();
  copy_.message(text);
  if (copy_.live() != was_live) tell();
  if (pace_->armed() || !context_.crowded()) return;
  channel_.pause(true);
  paced_ = nullptr;
  pace_->arm(kPace);
}

// --- Time ---

void RedisLink::tick() {
  tick_->arm(kTick);
  if (sentinels_ && ready_) sentinels_->find();
  if (!ready_ || pace_->armed()) return;
  if (subscribed_) channel_.subscribe(context_.names.channel);
  if (copy_.live()) ask_standing();
}

void RedisLink::pace() {
  if (context_.crowded()) return pace_->arm(kPace);
  channel_.pause(false);
  if (paced_) std::exchange(paced_, nullptr)();
}

// --- What operators read ---

void RedisLink::reconciled(const LogCopy::Report& report) {
  RedisCounters& counters = context_.counters;
  counters.reconciles.add();
  counters.read.add(report.read);
  counters.skipped.add(report.skipped);
  if (report.restarted) counters.epochs.add();
  away_.over();
  const broker::EventId head = context_.log.head();
  BC_LOG(info, "redis: the log is complete", {"why", report.why}, {"head", to_string(head)},
         {"read", report.read}, {"skipped", report.skipped},
         {"epoch", report.restarted ? "another" : "the same"});
}

void RedisLink::warn_of_eviction() const {
  if (server_.policy.empty() || server_.policy == "noeviction") return;
  BC_LOG(warn,
         "redis: it drops what it likes when its memory is full, the log among it: set "
         "maxmemory-policy noeviction",
         {"url", to_string(place_.address)}, {"maxmemory_policy", server_.policy});
}

}  // namespace gateway::backbone
