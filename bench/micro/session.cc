// Frame gathering: one event to every stream of an HTTP/2 connection, from the wakes of its streams
// to the last byte of its frames, without TLS and sockets.
#include <algorithm>
#include <array>
#include <cstring>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "http/body_source.h"
#include "micro/world.h"
#include "support/h2_connection.h"
#include "support/h2_frames.h"

namespace bench {
namespace {

namespace http = gateway::http;
namespace test = gateway::test;

/// A body that has one event's text whenever it was told so.
class Event final : public http::BodySource {
 public:
  explicit Event(const std::string& text) : text_(text) {}
  Ready ready(std::size_t max) override {
    const std::size_t left = waiting ? text_.size() - given_ : 0;
    return {std::min(max, left), max < left ? Next::more : Next::later};
  }
  void copy(char* to, std::size_t bytes) override {
    std::memcpy(to, text_.data() + given_, bytes);
    given_ += bytes;
    if (given_ < text_.size()) return;
    waiting = false;
    given_ = 0;
  }
  bool waiting = false;

 private:
  const std::string& text_;
  std::size_t given_ = 0;
};

/// One connection with many streams open, whose client gives back windows once in a long while.
class Gathering {
 public:
  Gathering(std::size_t streams, const test::H2ClientOptions& options) : connection_(options) {
    connection_.options.max_concurrent_streams = 1000;
    connection_.handler.on_handle = [this](http::Exchange& exchange) {
      auto source = std::make_unique<Event>(text_);
      sources_.push_back(source.get());
      exchanges_.push_back(&exchange);
      exchange.respond_stream({}, std::move(source));
    };
    BC_CHECK(connection_.pump());
    for (std::size_t i = 0; i < streams; ++i) ids_.push_back(connection_.client.get("/events"));
    BC_CHECK(connection_.pump());
    BC_CHECK(sources_.size() == streams, sources_.size());
    give_window(0, kWindow / 2);  // beyond the little that the client's library gave
  }

  /// One event to all of them; the bytes that came of it.
  std::size_t turn() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      sources_[i]->waiting = true;
      exchanges_[i]->wake();
    }
    std::size_t sent = 0;
    while (const std::size_t bytes = connection_.session().send(record_.data(), record_.size())) {
      sent += bytes;
    }
    const std::size_t data = text_.size() * sources_.size();
    BC_CHECK(sent > data, sent, data);
    used_ += data;
    if (used_ > kWindow / 4) give_back();
    return sent;
  }

 private:
  static constexpr std::uint32_t kWindow = 0x7fffffff;

  void give_window(std::int32_t stream, std::size_t bytes) {
    std::string size;
    for (int shift = 24; shift >= 0; shift -= 8) size += static_cast<char>(bytes >> shift);
    const std::string frame =
        test::h2_frame(test::kH2WindowUpdate, 0, static_cast<std::uint32_t>(stream), size);
    BC_CHECK(connection_.receive(frame));
  }
  void give_back() {
    give_window(0, used_);
    for (const std::int32_t id : ids_) give_window(id, used_ / ids_.size());
    used_ = 0;
  }

  const std::string text_ = std::string(kDataBytes + 40, 'e');
  std::vector<Event*> sources_;
  std::vector<http::Exchange*> exchanges_;
  std::vector<std::int32_t> ids_;
  test::H2Connection connection_;
  std::array<char, 16 * 1024> record_;
  std::size_t used_ = 0;  // of the windows
};

/// An item is a frame.
void gather(benchmark::State& state, const test::H2ClientOptions& options) {
  Gathering gathering(static_cast<std::size_t>(state.range(0)), options);
  for (auto _ : state) benchmark::DoNotOptimize(gathering.turn());
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

test::H2ClientOptions wide_open() {
  test::H2ClientOptions options;
  options.stream_window_bytes = 0x7fffffff;
  return options;
}

void BM_Gather(benchmark::State& state) { gather(state, wide_open()); }
BENCHMARK(BM_Gather)->Arg(1)->Arg(100)->Arg(250);

void BM_GatherAsChrome(benchmark::State& state) {
  test::H2ClientOptions options = wide_open();
  options.chromium_priorities = true;
  gather(state, options);
}
BENCHMARK(BM_GatherAsChrome)->Arg(100)->Arg(250);

}  // namespace
}  // namespace bench
