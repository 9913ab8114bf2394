#include "app/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "net/accepted.h"

namespace gateway::app {
namespace {

using namespace std::chrono_literals;

/// A manager that listens where $NOTIFY_SOCKET says; "@…" is an abstract socket.
class Manager {
 public:
  explicit Manager(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, path.size());
    if (path.front() == '@') at.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), length), 0);
    EXPECT_EQ(::setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  /// The next datagram; empty when there is none.
  std::string told() {
    char room[256];
    const ssize_t size = ::recv(fd_.get(), room, sizeof room, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(room, static_cast<std::size_t>(size));
  }

 private:
  net::Fd fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

std::string abstract_name() { return "@boardcast-test-" + std::to_string(::getpid()); }

TEST(ServiceManager, IsToldEachStateInADatagramOfItsOwn) {
  Manager manager(abstract_name());
  tell_ready();
  tell_reloading(base::MonoTime(1'234'567'890ns));
  tell_stopping(45s);
  EXPECT_EQ(manager.told(), "READY=1");
  EXPECT_EQ(manager.told(), "RELOADING=1\nMONOTONIC_USEC=1234567");
  EXPECT_EQ(manager.told(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000");
  EXPECT_EQ(manager.told(), "");
}

TEST(ServiceManager, MayListenAtAPath) {
  std::string folder = (std::filesystem::temp_directory_path() / "boardcast-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    Manager manager(folder + "/notify");
    tell_ready();
    EXPECT_EQ(manager.told(), "READY=1");
  }
  std::filesystem::remove_all(folder);
}

TEST(ServiceManager, NeedNotBeThere) {
  for (const std::string& path :
       {std::string(), std::string("/no/such/socket"), abstract_name(), std::string(200, 'x')}) {
    ASSERT_EQ(::setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
    tell_ready();
  }
  ::unsetenv("NOTIFY_SOCKET");
  tell_ready();
}

TEST(ServiceManager, ThatDoesNotReadHoldsNobodyUpForLong) {
  Manager manager(abstract_name());
  const base::SystemClock clock;
  const base::MonoTime begun = clock.now();
  while (clock.now() - begun < 500ms) tell_ready();  // the last one meets a full queue and waits
  EXPECT_LT(clock.now() - begun, 5s);
  EXPECT_EQ(manager.told(), "READY=1");
}

}  // namespace
}  // namespace gateway::app
