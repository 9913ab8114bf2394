#include "backbone/redis_reader.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <hiredis/read.h>

#include "base/check.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

constexpr int kDepthMax = 8;
constexpr std::string_view kTooLarge = "an answer of more than ";

struct ReaderFree {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

}  // namespace

struct RedisReader::Impl {
  explicit Impl(std::size_t max);

  // What hiredis calls to have a reply made. A null pointer ends the reading.
  static RedisReply* make(const redisReadTask* task, Kind kind, std::size_t bytes);
  static void* make_string(const redisReadTask* task, char* text, std::size_t size);
  static void* make_list(const redisReadTask* task, std::size_t size);
  static void* make_number(const redisReadTask* task, long long number);
  static void* make_nil(const redisReadTask* task);
  static redisReplyObjectFunctions functions_of_ours();

  void look_at_rest();
  void fail(std::string why) {
    if (error.empty()) error = std::move(why);
  }
  void fail_large() { fail(std::string(kTooLarge) + std::to_string(reply_max) + " bytes"); }

  const std::size_t reply_max;
  redisReplyObjectFunctions functions;  // the reader keeps a pointer to it
  std::unique_ptr<redisReader, ReaderFree> reader;
  RedisReply root;        // what is being read
  std::size_t taken = 0;  // by it, in bytes
  std::string error;
};

RedisReader::Impl::Impl(std::size_t max)
    : reply_max(max),
      functions(functions_of_ours()),
      reader(redisReaderCreateWithFunctions(&functions)) {
  BC_CHECK(reader != nullptr);  // out of memory
  reader->privdata = this;
}

RedisReply* RedisReader::Impl::make(const redisReadTask* task, Kind kind, std::size_t bytes) {
  Impl& self = *static_cast<Impl*>(task->privdata);
  if (task->type > REDIS_REPLY_ERROR) {  // of hiredis 1.0 and newer
    self.fail("Protocol error, a reply of RESP3");
    return nullptr;
  }
  const bool is_root = task->parent == nullptr;
  self.taken = bytes + (is_root ? 0 : self.taken);
  if (self.taken > self.reply_max) {
    self.fail_large();
    return nullptr;
  }
  RedisReply* reply = &self.root;
  if (!is_root) {
    auto& list = static_cast<RedisReply*>(task->parent->obj)->list;
    reply = &list[static_cast<std::size_t>(task->idx)];
  }
  reply->kind = kind;
  return reply;
}

void* RedisReader::Impl::make_string(const redisReadTask* task, char* text, std::size_t size) {
  RedisReply* const reply =
      make(task, task->type == REDIS_REPLY_ERROR ? Kind::error : Kind::text, size);
  if (reply != nullptr) reply->text.assign(text, size);
  return reply;
}

// How deep they may be hiredis says itself, but later versions do not.
void* RedisReader::Impl::make_list(const redisReadTask* task, std::size_t size) {
  int depth = 0;
  for (const redisReadTask* in = task->parent; in != nullptr; in = in->parent) ++depth;
  if (depth >= kDepthMax) {
    static_cast<Impl*>(task->privdata)->fail("Protocol error, lists of a depth of more than 8");
    return nullptr;
  }
  constexpr std::size_t kSizeMax = SIZE_MAX / sizeof(RedisReply);
  RedisReply* const reply = make(task, Kind::list, std::min(size, kSizeMax) * sizeof(RedisReply));
  if (reply != nullptr) reply->list.resize(size);
  return reply;
}

void* RedisReader::Impl::make_number(const redisReadTask* task, long long number) {
  RedisReply* const reply = make(task, Kind::number, 0);
  if (reply != nullptr) reply->number = number;
  return reply;
}

void* RedisReader::Impl::make_nil(const redisReadTask* task) { return make(task, Kind::nil, 0); }

// By their names: later versions of hiredis have more of them, for RESP3, which we do not speak.
redisReplyObjectFunctions RedisReader::Impl::functions_of_ours() {
  redisReplyObjectFunctions functions{};
  functions.createString = make_string;
  functions.createArray = [](const redisReadTask* task, auto size) {
    return make_list(task, static_cast<std::size_t>(size));  // an int in 0.14, never negative
  };
  functions.createInteger = make_number;
  functions.createNil = make_nil;
  functions.freeObject = [](void*) {};
  return functions;
}

// hiredis would wait for the rest of anything, however long it is.
void RedisReader::Impl::look_at_rest() {
  const std::string_view rest(reader->buf + reader->pos, reader->len - reader->pos);
  if (rest.size() > reply_max + kLineMax) return fail_large();
  if (rest.size() > kLineMax && rest.substr(0, kLineMax).find("\r\n") == std::string_view::npos) {
    fail("a line of more than " + std::to_string(kLineMax) + " bytes");
  }
}

RedisReader::RedisReader(std::size_t reply_max) : impl_(std::make_unique<Impl>(reply_max)) {}
RedisReader::~RedisReader() = default;

const std::string& RedisReader::error() const { return impl_->error; }

bool RedisReader::is_too_large(std::string_view error) { return error.starts_with(kTooLarge); }

void RedisReader::feed(std::string_view bytes) {
  if (!impl_->error.empty()) return;
  if (redisReaderFeed(impl_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    impl_->fail(impl_->reader->errstr);
  }
}

std::optional<RedisReply> RedisReader::next() {
  if (!impl_->error.empty()) return std::nullopt;
  void* reply = nullptr;
  if (redisReaderGetReply(impl_->reader.get(), &reply) != REDIS_OK) {
    impl_->fail(impl_->reader->errstr);
  } else if (reply != nullptr && impl_->root.is(Kind::lost)) {
    impl_->fail("Protocol error, a reply of RESP3");
  } else if (reply != nullptr) {
    return std::exchange(impl_->root, {});
  } else {
    impl_->look_at_rest();
  }
  if (!impl_->error.empty()) impl_->root = {};
  return std::nullopt;
}

}  // namespace gateway::backbone
