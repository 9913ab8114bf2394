// What: the program's commands. Each takes what the command line said and returns the exit code: 0
// done, 1 not (said on standard error, with what to do), 2 is the command line's own. Thread: main.
#pragma once

#include <string>
#include <vector>

namespace gateway::app {

/// `boardcast serve`. No files: the development configuration. `hints`: print addresses and curl
/// lines to standard output (always done for the development configuration).
int serve(const std::vector<std::string>& config_files, bool hints);
/// `boardcast check`: every problem of the configuration and of the files it names; opens no port.
int check(const std::vector<std::string>& config_files);
/// `boardcast config --default`.
int print_default_config();
/// `boardcast config --config F…`: the effective configuration.
int print_config(const std::vector<std::string>& config_files);
/// `boardcast health URL`: 0 when the answer is 200.
int health(const std::string& url);
/// `boardcast --version`: version, commit, libraries.
std::string version_text();

}  // namespace gateway::app
