#include "base/log.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <semaphore>
#include <string>
#include <utility>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include "base/clock.h"
#include "base/log_format.h"
#include "base/log_writer.h"
#include "base/thread_annotations.h"

namespace gateway::base {
namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::chrono::milliseconds kFlushPatience{1000};
constexpr std::chrono::milliseconds kStopPatience{1000};
/// How long a line outside of start…stop may wait for a full pipe.
constexpr std::chrono::milliseconds kDirectPatience{100};

/// What tells the journal a line's level (sd-daemon(3)); it takes it off again.
std::string_view journal_prefix(LogLevel level) {
  constexpr std::string_view kPrefixes[] = {"<7>", "<6>", "<4>", "<3>", ""};  // as LogLevel
  return kPrefixes[static_cast<std::size_t>(level)];
}

/// `named` (JOURNAL_STREAM, systemd.exec(5)) is what standard error is: "device:inode".
bool is_journal(const char* named) {
  struct stat is {};
  if (named == nullptr || fstat(STDERR_FILENO, &is) != 0) return false;
  return std::to_string(is.st_dev) + ':' + std::to_string(is.st_ino) == named;
}

/// Lines arrive formatted: formatting depends on fields that spdlog does not know.
class WriterSink final : public spdlog::sinks::sink {
 public:
  WriterSink(LogWriter& writer, std::counting_semaphore<>& flushed)
      : writer_(writer), flushed_(flushed) {}
  void log(const spdlog::details::log_msg& line) override {
    writer_.write({line.payload.data(), line.payload.size()});
  }
  /// Behind all lines that were queued before.
  void flush() override { flushed_.release(); }
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  LogWriter& writer_;
  std::counting_semaphore<>& flushed_;
};

/// The process has one standard error, so it has one log.
class Log {
 public:
  static Log& instance() {
    static Log log;
    return log;
  }
  ~Log() { stop(); }

  void start(const LogOptions& options) BC_EXCLUDES(mutex_);
  void use(const LogOptions& options) {
    level_ = options.level;
    format_ = options.format;
  }
  void flush() BC_EXCLUDES(mutex_);
  void stop() BC_EXCLUDES(mutex_);
  void line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields)
      BC_EXCLUDES(mutex_);
  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() BC_EXCLUDES(mutex_);

 private:
  const bool to_journal_ = is_journal(std::getenv("JOURNAL_STREAM"));
  std::atomic<LogLevel> level_{LogLevel::info};
  std::atomic<LogFormat> format_{LogFormat::text};
  LogWriter writer_{STDERR_FILENO};  // of the log's thread
  LogWriter direct_{STDERR_FILENO};  // of lines outside of start…stop
  std::counting_semaphore<> flushed_{0};
  SystemClock clock_;
  Mutex mutex_;
  std::shared_ptr<spdlog::details::thread_pool> pool_ BC_GUARDED_BY(mutex_);
  std::shared_ptr<spdlog::async_logger> logger_ BC_GUARDED_BY(mutex_);
  std::uint64_t overrun_before_ BC_GUARDED_BY(mutex_) = 0;
};

// Signals are the loops' business; SIGPIPE in particular must not end the process from here.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void Log::start(const LogOptions& options) {
  const MutexLock lock(mutex_);
  BC_CHECK(logger_ == nullptr);
  use(options);
  writer_.wait_forever();
  pool_ = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1, block_signals);
  logger_ =
      std::make_shared<spdlog::async_logger>("", std::make_shared<WriterSink>(writer_, flushed_),
                                             pool_, spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_level(spdlog::level::trace);
}

void Log::flush() {
  while (flushed_.try_acquire()) {  // of one that gave up before
  }
  {
    const MutexLock lock(mutex_);
    if (logger_ == nullptr) return;
    logger_->flush();
  }
  static_cast<void>(flushed_.try_acquire_for(kFlushPatience));
}

void Log::stop() {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  {
    const MutexLock lock(mutex_);
    if (logger_ == nullptr) return;
    pool = std::move(pool_);
    logger = std::move(logger_);
  }
  writer_.give_up_at(clock_.now() + kStopPatience);
  logger.reset();
  const std::uint64_t lost = pool->overrun_counter();
  pool.reset();  // ends and joins the thread, after what is queued
  const MutexLock lock(mutex_);
  overrun_before_ += lost;
}

void Log::line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const LogRecord record{clock_.wall_ms(), level, message, fields};
  std::string text = format_ == LogFormat::json ? format_log_json(record) : format_log_text(record);
  if (to_journal_) text.insert(0, journal_prefix(level));
  const MutexLock lock(mutex_);
  if (logger_ != nullptr) {
    logger_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
  } else {
    direct_.give_up_at(clock_.now() + kDirectPatience);
    direct_.write(text);
  }
}

std::uint64_t Log::dropped() {
  const MutexLock lock(mutex_);
  const std::uint64_t overrun = pool_ == nullptr ? 0 : pool_->overrun_counter();
  return writer_.dropped() + direct_.dropped() + overrun_before_ + overrun;
}

}  // namespace

void log_start(const LogOptions& options) { Log::instance().start(options); }
void log_use(const LogOptions& options) { Log::instance().use(options); }
void log_flush() { Log::instance().flush(); }
void log_stop() { Log::instance().stop(); }
bool log_enabled(LogLevel level) { return Log::instance().enabled(level); }
std::uint64_t log_lines_dropped() { return Log::instance().dropped(); }

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Log::instance().line(level, message, fields);
}

}  // namespace gateway::base
