#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "config/config.h"
#include "config/development.h"
#include "config/node.h"

namespace gateway::config {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

base::Fail<base::Error> cannot_read(const std::string& path, const char* why) {
  return base::Fail{base::Error{path + ": cannot be read: " + why}};
}

}  // namespace

std::string to_string(const Problem& problem) {
  std::string out = problem.file;
  if (problem.line > 0) {
    out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  }
  if (!problem.key.empty()) out += ": " + problem.key;
  return out + ": " + problem.what;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

base::Result<Source> read_source(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return cannot_read(path, std::strerror(errno));
  Source source{path, {}};
  std::array<char, 16 * 1024> part;
  // One byte over the limit is enough for `load` to refuse the text, also of a pipe without end.
  while (source.text.size() <= kSourceBytesMax) {
    errno = 0;
    const std::size_t got = std::fread(part.data(), 1, part.size(), file.get());
    source.text.append(part.data(), got);
    if (std::ferror(file.get()) != 0) return cannot_read(path, std::strerror(errno));
    if (got < part.size()) break;
  }
  return source;
}

Source development_source() { return {"config/dev.yaml", kDevelopmentYaml}; }

}  // namespace gateway::config
