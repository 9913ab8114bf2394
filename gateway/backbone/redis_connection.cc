#include "backbone/redis_connection.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <hiredis/async.h>

#include "base/check.h"

namespace gateway::backbone {
namespace {

RedisReply to_value(const redisReply& reply) {
  using Kind = RedisReply::Kind;
  RedisReply value;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      value.kind = Kind::number;
      value.number = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      value.kind = reply.type == REDIS_REPLY_ERROR ? Kind::error : Kind::text;
      value.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      value.kind = Kind::list;
      value.list.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) {
        value.list.push_back(to_value(*reply.element[i]));
      }
      break;
    default:
      value.kind = Kind::nil;
  }
  return value;
}

std::string_view text_of(const redisReply& reply) {
  return reply.type == REDIS_REPLY_STRING ? std::string_view(reply.str, reply.len)
                                          : std::string_view();
}

}  // namespace

// What hiredis knows of, and may call until it has freed its context, which it does by itself after
// an error and else when we say so: never within its calls, for it would go on using it.
struct RedisConnection::Wire {
  explicit Wire(RedisConnection& of) : owner(&of) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  struct Waiting {
    base::MonoTime since;
    Answer answer;
  };

  void want() {
    if (watch) watch->want(reads && !paused, writes);
  }
  /// Answers all that waits: nothing more will come.
  void lose_all() {
    subscribes.clear();
    while (!waiting.empty()) {
      const Answer answer = std::move(waiting.front().answer);
      waiting.pop_front();
      if (answer) answer({});
    }
  }
  std::optional<base::MonoTime> oldest() const {
    std::optional<base::MonoTime> oldest = connecting_since;
    const auto take = [&oldest](base::MonoTime since) {
      if (!oldest || since < *oldest) oldest = since;
    };
    if (!waiting.empty()) take(waiting.front().since);
    if (!subscribes.empty()) take(subscribes.front());
    return oldest;
  }

  static Wire& of(void* wire) { return *static_cast<Wire*>(wire); }
  static void on_connect(const redisAsyncContext* context, int status);
  static void on_reply(redisAsyncContext* context, void* reply, void*);
  static void on_message(redisAsyncContext* context, void* reply, void*);
  static void on_free(void* wire);
  void attach(const std::shared_ptr<Wire>& self, loop::EventLoop& loop);
  void handle(bool readable, bool writable);
  void free() {
    if (context != nullptr && !inside) redisAsyncFree(context);
  }

  RedisConnection* owner;  // null: closed
  redisAsyncContext* context = nullptr;
  std::unique_ptr<loop::FdWatch> watch;
  bool reads = false;
  bool writes = false;
  bool paused = false;
  bool inside = false;  // hiredis is at work
  std::optional<base::MonoTime> connecting_since;
  std::deque<Waiting> waiting;            // commands, in their order
  std::deque<base::MonoTime> subscribes;  // not acknowledged yet
};

// The hooks by which hiredis says what it waits for, as its adapters for libraries have them.
void RedisConnection::Wire::attach(const std::shared_ptr<Wire>& self, loop::EventLoop& loop) {
  context->data = this;
  context->ev.data = this;
  context->ev.addRead = [](void* wire) { of(wire).reads = true, of(wire).want(); };
  context->ev.delRead = [](void* wire) { of(wire).reads = false, of(wire).want(); };
  context->ev.addWrite = [](void* wire) { of(wire).writes = true, of(wire).want(); };
  context->ev.delWrite = [](void* wire) { of(wire).writes = false, of(wire).want(); };
  context->ev.cleanup = on_free;
  // The watch goes with the context, and with it this reference to the wire.
  watch = loop.watch(context->c.fd, [self](bool readable, bool writable) {
    const std::shared_ptr<Wire> wire = self;  // outlives the watch
    wire->handle(readable, writable);
  });
  redisAsyncSetConnectCallback(context, on_connect);
}

void RedisConnection::Wire::handle(bool readable, bool writable) {
  inside = true;
  if (readable && context != nullptr) redisAsyncHandleRead(context);
  if (writable && context != nullptr) redisAsyncHandleWrite(context);
  inside = false;
  if (owner == nullptr) free();
}

void RedisConnection::Wire::on_connect(const redisAsyncContext* context, int status) {
  Wire& wire = of(context->data);
  wire.connecting_since.reset();
  if (status == REDIS_OK && wire.owner != nullptr) wire.owner->listener_.up();
}

void RedisConnection::Wire::on_reply(redisAsyncContext* context, void* reply, void*) {
  Wire& wire = of(context->data);
  if (wire.waiting.empty()) return;  // closed
  const Answer answer = std::move(wire.waiting.front().answer);
  wire.waiting.pop_front();
  if (!answer) return;
  answer(reply == nullptr ? RedisReply{} : to_value(*static_cast<const redisReply*>(reply)));
}

void RedisConnection::Wire::on_message(redisAsyncContext* context, void* reply, void*) {
  Wire& wire = of(context->data);
  if (reply == nullptr || wire.owner == nullptr) return;
  const auto& message = *static_cast<const redisReply*>(reply);
  // "message", channel and text, or "pmessage" with the pattern in front of them.
  const std::size_t count = message.type == REDIS_REPLY_ARRAY ? message.elements : 0;
  if (count < 3) return;
  const std::string_view what = text_of(*message.element[0]);
  if (what == "message" || what == "pmessage") {
    wire.owner->listener_.message(text_of(*message.element[count - 2]),
                                  text_of(*message.element[count - 1]));
  } else if (!wire.subscribes.empty()) {
    wire.subscribes.pop_front();
    wire.owner->listener_.subscribed(text_of(*message.element[1]));
  }
}

void RedisConnection::Wire::on_free(void* wire) {
  Wire& self = of(wire);
  const std::string why = self.context->errstr != nullptr ? self.context->errstr : "";
  self.context = nullptr;
  const std::unique_ptr<loop::FdWatch> last = std::move(self.watch);
  self.lose_all();
  if (self.owner != nullptr) self.owner->lose(why.empty() ? "closed by Redis" : why);
}

RedisConnection::RedisConnection(loop::EventLoop& loop, Listener listener)
    : loop_(loop), listener_(std::move(listener)) {
  timer_ = loop_.make([this] { look_at_time(); });
}

RedisConnection::~RedisConnection() {
  if (!wire_) return;
  wire_->owner = nullptr;
  wire_->waiting.clear();
  wire_->free();
}

void RedisConnection::open(const RedisAddress& address, std::chrono::milliseconds timeout) {
  BC_CHECK(!wire_);
  timeout_ = timeout;
  wire_ = std::make_shared<Wire>(*this);
  wire_->connecting_since = loop_.clock().now();
  redisAsyncContext* const context = address.path.empty()
                                         ? redisAsyncConnect(address.host.c_str(), address.port)
                                         : redisAsyncConnectUnix(address.path.c_str());
  BC_CHECK(context != nullptr);  // out of memory
  if (context->err != 0) {
    const std::string why = context->errstr;
    redisAsyncFree(context);
    loop_.post([this, wire = wire_, why] {
      if (wire == wire_) lose(why);
    });
    return;
  }
  wire_->context = context;
  wire_->attach(wire_, loop_);
  wire_->reads = wire_->writes = true;
  wire_->want();
  arm();
}

void RedisConnection::close() {
  if (!wire_) return;
  const std::shared_ptr<Wire> wire = std::exchange(wire_, nullptr);
  timer_->cancel();
  wire->owner = nullptr;
  wire->lose_all();
  wire->free();
}

void RedisConnection::lose(const std::string& why) {
  if (!wire_) return;
  close();
  listener_.down(why);
}

void RedisConnection::ask(const std::vector<std::string>& command, Answer answer) {
  BC_CHECK(wire_ != nullptr);
  if (wire_->context == nullptr) {  // it failed at once, and will be told
    wire_->waiting.push_back({loop_.clock().now(), std::move(answer)});
    return;
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(command.size());
  sizes.reserve(command.size());
  for (const std::string& word : command) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  wire_->waiting.push_back({loop_.clock().now(), std::move(answer)});
  const int asked =
      redisAsyncCommandArgv(wire_->context, Wire::on_reply, nullptr, static_cast<int>(texts.size()),
                            texts.data(), sizes.data());
  if (asked != REDIS_OK) {  // it is about to be freed
    const Answer refused = std::move(wire_->waiting.back().answer);
    wire_->waiting.pop_back();
    if (refused) loop_.post([refused] { refused({}); });
    return;
  }
  if (!timer_->armed()) arm();
}

void RedisConnection::subscribe(const std::string& channel) { subscribe_by("SUBSCRIBE", channel); }

void RedisConnection::subscribe_pattern(const std::string& pattern) {
  subscribe_by("PSUBSCRIBE", pattern);
}

void RedisConnection::subscribe_by(const char* command, const std::string& name) {
  BC_CHECK(wire_ != nullptr);
  if (wire_->context == nullptr) return;
  const char* texts[] = {command, name.data()};
  const std::size_t sizes[] = {std::char_traits<char>::length(command), name.size()};
  const int asked =
      redisAsyncCommandArgv(wire_->context, Wire::on_message, nullptr, 2, texts, sizes);
  if (asked != REDIS_OK) return;
  wire_->subscribes.push_back(loop_.clock().now());
  if (!timer_->armed()) arm();
}

void RedisConnection::pause(bool paused) {
  if (!wire_ || wire_->paused == paused) return;
  wire_->paused = paused;
  wire_->want();
  const base::MonoTime now = loop_.clock().now();
  for (base::MonoTime& since : wire_->subscribes) since = now;
  if (!paused) arm();
}

void RedisConnection::arm() {
  const auto oldest = wire_->oldest();
  if (!oldest) return timer_->cancel();
  const base::Duration left = *oldest + timeout_ - loop_.clock().now();
  timer_->arm(std::max(left, base::Duration::zero()));
}

void RedisConnection::look_at_time() {
  if (!wire_) return;
  const auto oldest = wire_->oldest();
  if (wire_->paused) return;
  const bool late = oldest && loop_.clock().now() - *oldest >= timeout_;
  if (!late) return arm();
  lose("no answer within " + std::to_string(timeout_.count()) + " ms");
}

}  // namespace gateway::backbone
