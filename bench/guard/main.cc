// What `check.py` counts instructions and allocations of: events on their way from the log to the
// last byte of their frames, in one of a few small scenes that are the same at each run.
//   guard SCENE      prints how many deliveries there were within `measured`
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <valgrind/callgrind.h>

#include "guard/world.h"

namespace bench {
namespace {

namespace broker = gateway::broker;

constexpr std::size_t kEventBytes = 256;
constexpr std::size_t kWarmUpRounds = 5;

/// Stream i of each connection reads board i modulo `boards`. `silent`: nothing is published, and
/// what is counted are heartbeats. `events`: how many are counted, or beats; with many a stream's
/// account with the HTTP/2 library is settled, too (http/h2_ledger.h).
struct Scene {
  const char* name;
  std::size_t connections;
  std::size_t streams;  // of each
  std::size_t boards;
  bool silent = false;
  std::size_t events = 20;
};

constexpr Scene kScenes[] = {
    {"gathered", 4, 100, 1},
    {"single", 100, 1, 1},
    {"scattered", 20, 20, 20},
    {"silent", 4, 100, 1, true},
    {"settling", 1, 100, 1, false, 70},
};

std::string board(std::size_t number) { return "board-" + std::to_string(number); }

std::vector<broker::Draft> event_for(std::size_t board_number) {
  std::string text(Connection::kMark);
  text.resize(kEventBytes, 'x');
  std::vector<broker::Draft> batch;
  batch.push_back({{board(board_number)}, "moved", std::move(text), false});
  return batch;
}

void read_all(const World& world) {
  for (const auto& connection : world.connections) connection->carry();
}

void check_read(const World& world, std::string_view mark, std::uint64_t all) {
  std::size_t read = 0;
  for (const auto& connection : world.connections) read += connection->read(mark);
  BC_CHECK(read == all, read, all);
}

/// What is counted: nothing else may happen in here.
void measured(const std::function<void()>& turn) {
  CALLGRIND_START_INSTRUMENTATION;
  turn();
  CALLGRIND_STOP_INSTRUMENTATION;
}

void publish(World& world, const Scene& scene) {
  // A board's first events pay for its history, a stream's for its queue.
  for (std::size_t n = 0; n < kWarmUpRounds * scene.boards; ++n) {
    world.turn(event_for(n % scene.boards));
    read_all(world);
  }
  const std::uint64_t before = world.hub.counters().deliveries.value();
  for (std::size_t n = 0; n < scene.events; ++n) {
    std::vector<broker::Draft> batch = event_for(n % scene.boards);
    measured([&] { world.turn(std::move(batch)); });
    read_all(world);
  }
  const std::uint64_t all = world.hub.counters().deliveries.value();
  check_read(world, Connection::kMark, all);
  std::printf("%llu\n", static_cast<unsigned long long>(all - before));
}

void keep_silent(World& world, const Scene& scene) {
  const auto pause = world.stream_options.heartbeat + world.hub.heartbeat_tick();
  const auto wait = [&] {
    world.clock.advance(pause);
    read_all(world);
  };
  wait();
  world.beat();  // the first one says a position
  const std::uint64_t before = world.hub.counters().heartbeats.value();
  for (std::size_t n = 0; n < scene.events; ++n) {
    wait();
    measured([&] { world.beat(); });
  }
  read_all(world);
  const std::uint64_t all = world.hub.counters().heartbeats.value();
  check_read(world, ": heartbeat\n", all);
  std::printf("%llu\n", static_cast<unsigned long long>(all - before));
}

void run(const Scene& scene) {
  World world;
  for (std::size_t c = 0; c < scene.connections; ++c) {
    world.connect();
    for (std::size_t s = 0; s < scene.streams; ++s) {
      world.connections.back()->open(board(s % scene.boards));
    }
  }
  scene.silent ? keep_silent(world, scene) : publish(world, scene);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::string wanted = argc == 2 ? argv[1] : "";
  for (const bench::Scene& scene : bench::kScenes) {
    if (scene.name != wanted) continue;
    bench::run(scene);
    return 0;
  }
  std::fputs("usage: guard gathered|single|scattered|silent|settling\n", stderr);
  return 2;
}
