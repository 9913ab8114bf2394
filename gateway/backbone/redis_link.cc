#include "backbone/redis_link.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1'000};
constexpr milliseconds kPace{10};
constexpr milliseconds kPauseMin{100};
constexpr milliseconds kPauseMax{5'000};

}  // namespace

RedisLink::RedisLink(Context context, RedisPlace place, const RedisOptions& options)
    : context_(std::move(context)),
      place_(std::move(place)),
      timeout_(options.timeout),
      copy_(context_.log, *this, options.waiting_bytes,
            [this](const LogCopy::Report& report) { reconciled(report); }),
      commands_(context_.loop,
                {[this] { commands_up(); }, [this](const std::string& why) { commands_down(why); },
                 [](std::string_view) {}, [](std::string_view, std::string_view) {}}),
      channel_(
          context_.loop,
          {[this] { channel_up(); }, [this](const std::string& why) { channel_down(why); },
           [this](std::string_view channel) { subscribed(channel); },
           [this](std::string_view channel, std::string_view text) { message(channel, text); }}) {
  again_ = context_.loop.make([this] { ready_ ? open_channel() : open_commands(); });
  tick_ = context_.loop.make([this] { tick(); });
  pace_ = context_.loop.make([this] { pace(); });
}

void RedisLink::start() {
  lost_at_ = context_.loop.clock().now();
  tick_->arm(kTick);
  open_commands();
}

void RedisLink::stop() {
  stopping_ = true;
  ready_ = false;
  copy_.lose();
  again_->cancel();
  tick_->cancel();
  pace_->cancel();
  channel_.close();
  commands_.close();
  context_.nodes.disconnected();
  tell();
}

void RedisLink::tell() {
  context_.counters.connected.set(ready_ ? 1 : 0);
  context_.counters.live.set(copy_.live() ? 1 : 0);
  context_.connected(ready_ && copy_.loaded());
}

// --- The commands' connection
// ---------------------------------------------------------------------

void RedisLink::open_commands() { commands_.open(place_.address, timeout_); }

void RedisLink::commands_up() {
  greet(commands_, place_,
        [this](base::Result<RedisServer> server) { commands_greeted(std::move(server)); });
}

void RedisLink::commands_greeted(base::Result<RedisServer> server) {
  if (!server) return leave(server.error().message);
  server_ = *std::move(server);
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
  commands_down(why);
}

void RedisLink::commands_down(const std::string& why) {
  if (stopping_) return;
  const bool was_ready = std::exchange(ready_, false);
  copy_.lose();
  channel_.close();
  subscribed_ = false;
  context_.nodes.disconnected();
  ++round_;
  pace_->cancel();
  if (was_ready) context_.counters.losses.add();
  tell();
  log_loss("commands", why);
  again_->arm(next_pause());
}

// --- The channel's connection
// ---------------------------------------------------------------------

void RedisLink::open_channel() {
  if (!channel_.is_open()) channel_.open(place_.address, timeout_);
}

void RedisLink::channel_up() {
  greet(channel_, place_,
        [this](const base::Result<RedisServer>& server) { channel_greeted(server); });
}

void RedisLink::channel_greeted(const base::Result<RedisServer>& server) {
  if (!server) return leave(server.error().message);
  if (server->run_id != server_.run_id) return leave("two connections lead to two of them");
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
  copy_.lose();
  subscribed_ = false;
  context_.nodes.disconnected();
  ++round_;
  pace_->cancel();
  context_.counters.losses.add();
  tell();
  log_loss("channel", why);
  if (ready_) again_->arm(next_pause());
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

// --- Questions
// ------------------------------------------------------------------------------------

void RedisLink::ask_standing() {
  const std::uint64_t round = ++round_;
  run(script_words(context_.names, context_.keeping(), {}),
      [this, round](bool, const RedisReply& reply) {
        if (round != round_ || reply.is(RedisReply::Kind::lost)) return;
        const auto answer = read_script_answer(reply);
        if (!answer) return leave("the script: " + reply.text);
        copy_.stands(answer->standing);
        tell();
      });
}

void RedisLink::ask_entries(broker::Seq from, broker::Seq upto, std::size_t count) {
  const std::uint64_t round = ++round_;
  if (context_.crowded()) {
    paced_ = [this, from, upto, count] { ask_entries(from, upto, count); };
    pace_->arm(kPace);
    return;
  }
  // As one, so that the epoch is that of the entries.
  const auto void_answer = [](const RedisReply&) {};
  commands_.ask({"MULTI"}, void_answer);
  commands_.ask({"HGET", context_.names.head, "epoch"}, void_answer);
  commands_.ask({"XRANGE", context_.names.log, std::to_string(from), std::to_string(upto), "COUNT",
                 std::to_string(count)},
                void_answer);
  commands_.ask({"TIME"}, void_answer);
  commands_.ask({"EXEC"}, [this, round](const RedisReply& reply) {
    if (round != round_ || reply.is(RedisReply::Kind::lost)) return;
    auto entries = read_entries(reply);
    if (!entries) return leave("reading the log: " + reply.text);
    copy_.read(*std::move(entries));
    tell();
  });
}

void RedisLink::run(std::vector<std::string> words, Ran ran) {
  if (!ready_) return ran(false, {});
  words.insert(words.begin(), {"EVALSHA", script_});
  set_server(words, server_.run_id, static_cast<broker::Epoch>(1 + random_.below(UINT32_MAX)));
  send(std::make_shared<std::vector<std::string>>(std::move(words)), false, std::move(ran));
}

bool RedisLink::send(const std::vector<std::string>& command, RedisConnection::Answer answer) {
  if (ready_) commands_.ask(command, std::move(answer));
  return ready_;
}

void RedisLink::send(std::shared_ptr<std::vector<std::string>> command, bool again, Ran ran) {
  const base::MonoTime since = context_.loop.clock().now();
  commands_.ask(*command, [this, command, again, since, ran](const RedisReply& reply) {
    if (!again && reply.is_error("NOSCRIPT")) {  // SCRIPT FLUSH
      (*command)[0] = "EVAL";
      (*command)[1] = kPublishScript;
      return send(command, true, ran);
    }
    const base::Duration took = context_.loop.clock().now() - since;
    context_.counters.scripts.add();
    context_.counters.script_micros.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    ran(true, reply);
    if (reply.is_error("READONLY")) leave(reply.text);
  });
}

void RedisLink::tick() {
  tick_->arm(kTick);
  if (!ready_ || pace_->armed()) return;
  if (subscribed_) channel_.subscribe(context_.names.channel);
  if (copy_.live()) ask_standing();
}

void RedisLink::pace() {
  if (context_.crowded()) return pace_->arm(kPace);
  channel_.pause(false);
  if (paced_) std::exchange(paced_, nullptr)();
}

// --- What operators read
// --------------------------------------------------------------------------

void RedisLink::reconciled(const LogCopy::Report& report) {
  RedisCounters& counters = context_.counters;
  counters.reconciles.add();
  counters.read.add(report.read);
  counters.skipped.add(report.skipped);
  if (report.restarted) counters.epochs.add();
  pause_ = milliseconds(0);
  away_told_ = false;
  const broker::EventId head = context_.log.head();
  BC_LOG(info, "redis: the log is complete", {"why", report.why}, {"head", to_string(head)},
         {"read", report.read}, {"skipped", report.skipped},
         {"epoch", report.restarted ? "another" : "the same"});
}

milliseconds RedisLink::next_pause() {
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  const auto half = static_cast<std::uint64_t>(pause_.count()) / 2;
  return milliseconds(half + random_.below(half * 2 + 1));
}

void RedisLink::log_loss(const char* what, const std::string& why) {
  // Once for each time that it is away: more would bury what else there is.
  if (std::exchange(away_told_, true)) {
    BC_LOG(debug, "redis: still away", {"connection", what}, {"why", why});
    return;
  }
  BC_LOG(warn, "redis: connection lost, trying again", {"connection", what},
         {"url", to_string(place_.address)}, {"why", why});
}

}  // namespace gateway::backbone
