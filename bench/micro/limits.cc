// What a request costs at the limits of its client, where one is set: everybody at one bucket is
// the worst that threads can do to each other.
#include <benchmark/benchmark.h>

#include "base/open_counts.h"
#include "base/rate_table.h"
#include "base/sip_hash.h"

namespace bench {
namespace {

namespace base = gateway::base;

constexpr base::Rate kNeverEmpty{1'000'000'000, std::chrono::hours(1)};

base::RateTable& table() {
  static base::RateTable one;
  return one;
}

void BM_RateOfOneClient(benchmark::State& state) {
  const base::SystemClock clock;
  for (auto _ : state) benchmark::DoNotOptimize(table().take(7, kNeverEmpty, clock.now()));
}
BENCHMARK(BM_RateOfOneClient)->Threads(1)->Threads(2);

void BM_RateOfManyClients(benchmark::State& state) {
  const base::SystemClock clock;
  std::uint64_t key = static_cast<std::uint64_t>(state.thread_index()) + 1;
  for (auto _ : state) {
    key = key * 6364136223846793005 + 1442695040888963407;
    benchmark::DoNotOptimize(table().take(key | 1U, kNeverEmpty, clock.now()));
  }
}
BENCHMARK(BM_RateOfManyClients)->Threads(1)->Threads(2);

void BM_KeyOfASubject(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(base::sip_hash({1, 2}, "somebody@example.com"));
}
BENCHMARK(BM_KeyOfASubject);

void BM_StreamOfOneClient(benchmark::State& state) {
  static base::OpenCounts counts;
  for (auto _ : state) {
    counts.open(7);
    counts.close(7);
  }
}
BENCHMARK(BM_StreamOfOneClient)->Threads(1)->Threads(2);

}  // namespace
}  // namespace bench
