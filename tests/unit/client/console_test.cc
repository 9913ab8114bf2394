// What a command reads and prints, on descriptors that fail, end or wait.
#include "client/console.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::client {
namespace {

using testing::HasSubstr;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const char* path, int flags) : number_(::open(path, flags | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int get() const { return number_; }

 private:
  int number_;
};

struct Pipe {
  static std::array<int, 2> open(int flags) {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::pipe2(ends.data(), flags | O_CLOEXEC), 0);
    return ends;
  }
  explicit Pipe(int flags = 0) : Pipe(open(flags)) {}
  explicit Pipe(std::array<int, 2> ends) : reader(ends[0]), writer(ends[1]) {}
  Descriptor reader;
  Descriptor writer;
};

Console printing_to(int out) { return Console("test", {-1, out, -1, -1}); }
Console reading_from(int in) { return Console("test", {in, -1, -1, -1}); }

TEST(Console, TellsAFullDiskFromAReaderThatIsGone) {
  signal(SIGPIPE, SIG_IGN);
  const Descriptor full("/dev/full", O_WRONLY);
  Console to_full = printing_to(full.get());
  EXPECT_FALSE(to_full.ended());
  EXPECT_FALSE(to_full.print("text"));
  EXPECT_TRUE(to_full.failed());
  EXPECT_FALSE(to_full.closed());
  EXPECT_TRUE(to_full.ended()) << "nothing can be printed any more";
  EXPECT_THAT(to_full.output_trouble(), HasSubstr("No space left on device"));

  Pipe pipe;
  Console to_nobody = printing_to(pipe.writer.get());
  EXPECT_TRUE(to_nobody.print("text"));
  pipe.reader.close();
  EXPECT_FALSE(to_nobody.print("text"));
  EXPECT_TRUE(to_nobody.closed());
  EXPECT_FALSE(to_nobody.failed());
  EXPECT_EQ(to_nobody.output_trouble(), "standard output was closed");
}

TEST(Console, SaysThatItsInputCannotBeRead) {
  const Descriptor folder("/", O_RDONLY | O_DIRECTORY);
  std::array<char, 16> buffer;
  const auto got = reading_from(folder.get()).read(buffer.data(), buffer.size());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "standard input cannot be read: Is a directory");
}

TEST(Console, WaitsForInputThatDoesNotBlock) {
  Pipe pipe(O_NONBLOCK);
  std::array<char, 16> buffer;
  auto reading = std::async(std::launch::async, [&] {
    return reading_from(pipe.reader.get()).read(buffer.data(), buffer.size());
  });
  EXPECT_EQ(reading.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(::write(pipe.writer.get(), "text", 4), 4);
  EXPECT_EQ(*reading.get(), 4U);
  pipe.writer.close();
  EXPECT_EQ(*reading_from(pipe.reader.get()).read(buffer.data(), buffer.size()), 0U);
}

}  // namespace
}  // namespace gateway::client
