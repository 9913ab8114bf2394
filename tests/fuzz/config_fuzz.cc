// A configuration: what is taken can be written down and means the same when it is read again;
// what is not is told in bounded lines; and the same file twice changes nothing.
#include "config/config.h"
#include "fuzz/fuzz.h"

namespace gateway::fuzz {
namespace {

using Loaded = base::Result<config::Settings, std::vector<config::Problem>>;

constexpr std::size_t kProblemsMax = 101;  // with the line that says that there are more

std::optional<std::string> variable(const std::string& name) {
  if (name == "EMPTY") return "";
  if (name == "SIZE") return "1MiB";
  return std::nullopt;
}

Loaded load(const std::string& text, std::size_t times = 1) {
  return config::load(std::vector<config::Source>(times, {"f.yaml", text}), variable);
}

void run(std::string_view bytes) {
  constexpr std::size_t kTextBytesMax = 4096;
  const std::string text(bytes.substr(0, kTextBytesMax));
  const Loaded loaded = load(text);
  if (!loaded) {
    BC_CHECK(!loaded.error().empty() && loaded.error().size() <= kProblemsMax);
    for (const config::Problem& problem : loaded.error()) check_line(to_string(problem));
    return;
  }
  const std::string effective = effective_yaml(*loaded);
  const Loaded again = load(effective);
  BC_CHECK(again.ok(), effective, to_string(again.error().front()));
  BC_CHECK(effective_yaml(*again) == effective, effective, effective_yaml(*again));
  const Loaded twice = load(text, 2);
  BC_CHECK(twice.ok() && effective_yaml(*twice) == effective, effective);
}

const Registration kRegistered("config", run);

}  // namespace
}  // namespace gateway::fuzz
