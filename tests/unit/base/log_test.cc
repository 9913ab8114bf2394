#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

using std::chrono::steady_clock;

/// Standard error as a pipe that the test reads.
class StderrPipe {
 public:
  StderrPipe() {
    saved_ = dup(STDERR_FILENO);
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    reader_ = ends[0];
    EXPECT_EQ(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
    previous_ = signal(SIGPIPE, SIG_IGN);
  }
  ~StderrPipe() {
    log_stop();
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close_reader();
    signal(SIGPIPE, previous_);
  }
  StderrPipe(const StderrPipe&) = delete;
  StderrPipe& operator=(const StderrPipe&) = delete;

  void close_reader() {
    if (reader_ >= 0) close(reader_);
    reader_ = -1;
  }
  /// What is in the pipe now.
  std::string read_all() const {
    std::string text;
    pollfd ready{reader_, POLLIN, 0};
    char buffer[4096];
    while (poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
      const ssize_t got = read(reader_, buffer, sizeof buffer);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }
  void make_small() const { EXPECT_GE(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096), 4096); }

 private:
  int saved_ = -1;
  int reader_ = -1;
  void (*previous_)(int) = SIG_DFL;
};

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Log, WritesTextLinesInOrderUntilStop) {
  const StderrPipe err;
  log_start({LogLevel::info, LogFormat::text});
  for (int i = 0; i < 100; ++i) BC_LOG(info, "line", {"i", i});
  BC_LOG(debug, "hidden");
  log_stop();
  const std::string text = err.read_all();
  EXPECT_EQ(count_lines(text), 100U);
  EXPECT_NE(text.find(" info  line i=0\n"), std::string::npos) << text;
  EXPECT_LT(text.find("i=41\n"), text.find("i=42\n"));
  EXPECT_EQ(text.find("hidden"), std::string::npos);
}

TEST(Log, WritesJsonAndHonoursTheLevel) {
  const StderrPipe err;
  log_start({LogLevel::error, LogFormat::json});
  EXPECT_FALSE(log_enabled(LogLevel::warn));
  BC_LOG(warn, "hidden");
  BC_LOG(error, "shown", {"why", "a\nb"});
  log_stop();
  const std::string text = err.read_all();
  EXPECT_EQ(count_lines(text), 1U);
  EXPECT_NE(text.find("\"level\":\"error\",\"message\":\"shown\",\"why\":\"a\\nb\"}"),
            std::string::npos)
      << text;
}

TEST(Log, WritesDirectlyWhenNotStarted) {
  const StderrPipe err;
  log_start({LogLevel::info, LogFormat::text});
  log_stop();
  BC_LOG(info, "after");
  EXPECT_EQ(count_lines(err.read_all()), 1U);
}

TEST(Log, FlushWaitsUntilAllIsWritten) {
  const StderrPipe err;
  err.make_small();  // for some 50 of these lines
  log_start({LogLevel::info, LogFormat::text});
  for (int i = 0; i < 100; ++i) BC_LOG(info, "a line", {"padding", std::string(50, 'x')});
  std::atomic<bool> reading{false};
  std::thread reader([&] {
    // The flush has to be seen waiting for somebody who takes his time.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // lint-allow(sleep): see above
    reading = true;
    for (std::size_t lines = 0; lines < 100;) lines += count_lines(err.read_all());
  });
  log_flush();
  EXPECT_TRUE(reading) << "before it nothing could be written to the end";
  reader.join();
}

TEST(Log, FlushGivesUpOnAPipeThatNobodyReads) {
  const StderrPipe err;
  err.make_small();
  log_start({LogLevel::info, LogFormat::text});
  for (int i = 0; i < 500; ++i) BC_LOG(info, "stuck");
  const auto begin = steady_clock::now();
  log_flush();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(Log, AClosedPipeCostsLinesNotTheProcess) {
  StderrPipe err;
  signal(SIGPIPE, SIG_DFL);  // the log's thread must be safe by itself
  log_start({LogLevel::info, LogFormat::text});
  err.close_reader();
  const std::uint64_t before = log_lines_dropped();
  for (int i = 0; i < 10; ++i) BC_LOG(info, "lost");
  log_stop();
  EXPECT_EQ(log_lines_dropped() - before, 10U);
}

TEST(Log, AFullPipeNeverBlocksAndDropsAreCounted) {
  const StderrPipe err;
  err.make_small();
  log_start({LogLevel::info, LogFormat::text});
  const std::uint64_t before = log_lines_dropped();
  constexpr std::size_t kLines = 20'000;
  const auto start = steady_clock::now();
  for (std::size_t i = 0; i < kLines; ++i) BC_LOG(info, "stuck", {"i", i});
  const auto filled = steady_clock::now();
  EXPECT_LT(filled - start, std::chrono::seconds(5));
  EXPECT_GT(log_lines_dropped() - before, 1000U) << "the queue is bounded";
  log_stop();
  EXPECT_LT(steady_clock::now() - filled, std::chrono::seconds(3));
  EXPECT_EQ(count_lines(err.read_all()) + log_lines_dropped() - before, kLines);
}

TEST(Log, RecoversWhenThePipeDrains) {
  const StderrPipe err;
  err.make_small();
  log_start({LogLevel::info, LogFormat::text});
  for (int i = 0; i < 500; ++i) BC_LOG(info, "waits for its reader");
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  std::string text;
  while (count_lines(text) < 500 && steady_clock::now() < deadline) text += err.read_all();
  EXPECT_EQ(count_lines(text), 500U);
}

TEST(Log, LinesOfManyThreadsStayWhole) {
  const StderrPipe err;
  log_start({LogLevel::info, LogFormat::text});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 100; ++i) BC_LOG(info, "from", {"thread", t}, {"end", "here"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  log_stop();
  const std::string text = err.read_all();
  std::size_t whole = 0;
  for (std::size_t at = 0; (at = text.find(" end=here\n", at)) != std::string::npos; ++at) ++whole;
  EXPECT_EQ(whole, 400U);
  EXPECT_EQ(count_lines(text), 400U);
}

}  // namespace
}  // namespace gateway::base
