// Runs every target over its seeds: `fuzz_replay CORPUS`, where CORPUS/NAME/ holds those of NAME.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/fuzz.h"

namespace gateway::fuzz {
namespace {

constexpr std::size_t kSeedsMax = 40;
constexpr std::size_t kSeedBytesMax = 2048;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  BC_CHECK(in.good(), file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How many there are.
std::size_t replay(const Target& target, const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string seed = read(entry.path());
    BC_CHECK(seed.size() <= kSeedBytesMax, entry.path(), seed.size());
    // Named first: what aborts cannot say it any more.
    std::fprintf(stderr, "%s\n", entry.path().c_str());
    target.run(seed);
    ++count;
  }
  BC_CHECK(count > 0 && count <= kSeedsMax, target.name, count);
  return count;
}

void replay_all(const std::filesystem::path& corpus) {
  std::size_t seeds = 0;
  for (const Target& target : targets()) seeds += replay(target, corpus / target.name);
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    if (entry.is_directory()) ++folders;
  }
  BC_CHECK(folders == targets().size(), folders, targets().size());
  std::printf("%zu targets, %zu seeds\n", targets().size(), seeds);
}

}  // namespace
}  // namespace gateway::fuzz

int main(int argc, char** argv) {
  BC_CHECK(argc == 2, argc);
  gateway::fuzz::replay_all(argv[1]);
  return 0;
}
