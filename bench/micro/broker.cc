// Encode, match, append, fan out, replay: what an event costs before it meets HTTP.
#include <benchmark/benchmark.h>

#include "broker/sse.h"
#include "micro/world.h"

namespace bench {
namespace {

namespace broker = gateway::broker;

void BM_EncodePlain(benchmark::State& state) {
  const broker::Draft event = draft("board-1", "moved");
  for (auto _ : state) benchmark::DoNotOptimize(broker::sse::encode_plain(event, {7, 12345}));
}
BENCHMARK(BM_EncodePlain);

void BM_EncodeJson(benchmark::State& state) {
  const broker::Draft event = draft("board-1", "moved");
  for (auto _ : state) {
    benchmark::DoNotOptimize(broker::sse::encode_json(event, {7, 12345}, 1'795'425'532'642, "b"));
  }
}
BENCHMARK(BM_EncodeJson);

/// A filter of so many names, half of them patterns, against a board of the last.
void BM_FilterReads(benchmark::State& state) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    names.push_back("board-" + std::to_string(i) + (i % 2 == 0 ? "" : "-*"));
  }
  names.push_back("board-last");
  const broker::Filter compiled = filter(names);
  for (auto _ : state) benchmark::DoNotOptimize(compiled.reads("board-last"));
}
BENCHMARK(BM_FilterReads)->Arg(0)->Arg(16)->Arg(255);

/// One event into the log of so many boards, none of which anybody reads.
void BM_LogAppend(benchmark::State& state) {
  World world;
  const auto boards = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < boards; ++i) names.push_back("board-" + std::to_string(i));
  std::size_t next = 0;
  for (auto _ : state) world.publish(names[next++ % boards]);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_LogAppend)->Arg(1)->Arg(100)->Arg(100'000);

/// One event to so many streams, each of which pops it at once: append, spread, pop. An item is a
/// delivery.
void BM_HubFanOut(benchmark::State& state) {
  World world;
  std::vector<std::unique_ptr<Stream>> streams;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    streams.push_back(std::make_unique<Stream>(world, std::vector<std::string>{"board"}));
  }
  std::size_t delivered = 0;
  for (auto _ : state) {
    world.publish("board");
    world.hub.spread(64);
    for (const auto& stream : streams) delivered += stream->take();
  }
  BC_CHECK(delivered == streams.size() * static_cast<std::size_t>(state.iterations()), delivered);
  state.SetItemsProcessed(static_cast<std::int64_t>(delivered));
}
BENCHMARK(BM_HubFanOut)->Arg(1)->Arg(100)->Arg(1'000)->Arg(100'000);

/// A hundred streams of one board, while so many others read patterns that do not match it.
void BM_HubFanOutBesidePatterns(benchmark::State& state) {
  World world;
  std::vector<std::unique_ptr<Stream>> streams, others;
  for (std::int64_t i = 0; i < 100; ++i) {
    streams.push_back(std::make_unique<Stream>(world, std::vector<std::string>{"board"}));
  }
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::vector<std::string> names{"team-" + std::to_string(i) + "-*"};
    others.push_back(std::make_unique<Stream>(world, names));
  }
  for (auto _ : state) {
    world.publish("board");
    world.hub.spread(64);
    for (const auto& stream : streams) stream->take();
  }
  state.SetItemsProcessed(100 * state.iterations());
}
BENCHMARK(BM_HubFanOutBesidePatterns)->Arg(0)->Arg(10'000);

/// A stream of so many boards, each with 100 events, reads them all from the log. An item is a
/// delivery.
void BM_Replay(benchmark::State& state) {
  World world;
  const auto boards = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < boards; ++i) names.push_back("board-" + std::to_string(i));
  for (std::size_t n = 0; n < 100 * boards; ++n) world.publish(names[n % boards]);
  std::size_t delivered = 0;
  for (auto _ : state) {
    Stream stream(world, names);
    world.hub.begin(*stream.subscription, {broker::Start::Kind::earliest, {}, 0});
    while (world.hub.replaying()) {
      world.hub.replay(8);
      delivered += stream.take();
    }
  }
  BC_CHECK(delivered == 100 * boards * static_cast<std::size_t>(state.iterations()), delivered);
  state.SetItemsProcessed(static_cast<std::int64_t>(delivered));
}
BENCHMARK(BM_Replay)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace bench

BENCHMARK_MAIN();
