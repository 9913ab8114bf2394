#include "app/file_marks.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gateway::app {
namespace {

namespace fs = std::filesystem;

class FileMarksTest : public testing::Test {
 protected:
  FileMarksTest() {
    std::string name = (fs::temp_directory_path() / "boardcast-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    write(folder / "a", "1");
  }
  ~FileMarksTest() override { fs::remove_all(folder); }

  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  FileMarks now() const { return FileMarks::of({(folder / "a").string()}); }

  fs::path folder;
};

TEST_F(FileMarksTest, WhatIsLeftAloneLooksTheSame) {
  const FileMarks before = now();
  std::ifstream(folder / "a").get();  // reading is no change
  EXPECT_EQ(now(), before);
  EXPECT_EQ(FileMarks::of({"nowhere"}), FileMarks::of({"nowhere"}));
}

TEST_F(FileMarksTest, EachWayToChangeItShows) {
  FileMarks before = now();
  const auto shows = [&] { return std::exchange(before, now()) != before; };
  const fs::path file = folder / "a";
  write(file, "22");
  EXPECT_TRUE(shows()) << "written";
  write(folder / "b", "22");
  fs::last_write_time(folder / "b", fs::last_write_time(file));
  fs::rename(folder / "b", file);
  EXPECT_TRUE(shows()) << "replaced by one of the same size and time";
  fs::permissions(file, fs::perms::owner_read);
  EXPECT_TRUE(shows()) << "other rights";
  fs::remove(file);
  EXPECT_TRUE(shows()) << "gone";
  fs::create_directory(folder / "one");
  fs::create_directory(folder / "two");
  write(folder / "one" / "a", "3");
  write(folder / "two" / "a", "3");
  fs::create_symlink("one", folder / "link");
  fs::create_symlink("link/a", file);
  EXPECT_TRUE(shows()) << "there again, behind links";
  fs::create_symlink("two", folder / "next");
  fs::rename(folder / "next", folder / "link");
  EXPECT_TRUE(shows()) << "a link on the way leads elsewhere";
}

}  // namespace
}  // namespace gateway::app
