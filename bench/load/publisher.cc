#include "load/publisher.h"

#include <algorithm>

#include "load/common.h"

namespace bench {
namespace {

constexpr std::uint64_t kPreloadWindow = 64;

}  // namespace

Publisher::Publisher(const Plan& plan, const Target& target, SSL_CTX* context)
    : plan_(plan), padding_(plan.bytes, 'x'), next_(plan.boards) {
  for (std::uint64_t i = 0; i < plan.publishers; ++i) {
    connections_.push_back(make_connection(target, context, *this, false));
  }
}

void Publisher::start(std::int64_t now, std::int64_t end) {
  begun_ = now;
  end_ = end;
  sent_since_ = 0;
}

void Publisher::preload(std::uint64_t events_each) {
  goal_ = published_ + events_each * plan_.boards;
}

std::int64_t Publisher::tick(std::int64_t now) {
  const std::int64_t later = now + kSecond / 100;
  while (published_ < goal_ && has_room()) publish(now);
  if (plan_.window > 0) {
    while (now < end_ && has_room()) publish(now);
    return later;
  }
  if (plan_.rate == 0 || begun_ >= end_) return later;
  for (;;) {
    const auto due =
        begun_ + static_cast<std::int64_t>(sent_since_ * plan_.batch *
                                           static_cast<std::uint64_t>(kSecond) / plan_.rate);
    if (due > now || due >= end_) return due >= end_ ? later : due;
    publish(due);
    ++sent_since_;
  }
}

std::uint64_t Publisher::waiting() const {
  std::uint64_t delivered = 0;
  for (const Group* group : groups_) {
    delivered += group->checker.tally.delivered + group->checker.tally.skipped;
  }
  return expected_ - std::min(expected_, delivered);
}

/// Bounds both what is not delivered and what is not answered.
bool Publisher::has_room() const {
  const std::uint64_t window = plan_.window > 0 ? plan_.window : kPreloadWindow;
  std::uint64_t readers = 0;
  for (const Group* group : groups_) readers += group->readers(requests_ % plan_.boards);
  const std::uint64_t requests = std::max<std::uint64_t>(1, window / plan_.batch);
  return requests_ - answered() < requests && waiting() <= (window - 1) * readers;
}

/// One request: a batch of events of one board.
void Publisher::publish(std::int64_t due) {
  const std::uint64_t number = requests_++ % plan_.boards;
  const std::string board = "bench-" + std::to_string(number);
  std::string body = plan_.before;
  for (std::uint64_t i = 0; i < plan_.batch; ++i) {
    std::string data = to_string(Stamp{static_cast<std::uint32_t>(number), next_[number]++, due});
    if (data.size() < plan_.bytes) data.append(padding_, data.size());
    if (i > 0) body += plan_.separator;
    body += expand(plan_.item, {board, data, std::to_string(published_ + i), {}});
  }
  body += plan_.after;
  published_ += plan_.batch;
  for (const Group* group : groups_) expected_ += plan_.batch * group->readers(number);
  Connection& connection = *connections_[number % connections_.size()];
  const std::string path =
      expand(plan_.publish_path, {board, {}, std::to_string(requests_ - 1), {}});
  connection.send({plan_.publish_method, path, plan_.publish_fields, body});
  connection.flush();
}

void Publisher::on_status(std::size_t, int status) {
  if (status >= 200 && status < 300) ++good_statuses_;
}

void Publisher::on_end(std::size_t) {
  if (good_statuses_ > 0) {
    --good_statuses_;
    ++accepted;
  } else {
    ++refused;
  }
}

}  // namespace bench
