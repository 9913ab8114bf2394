// What: from configuration files to everything that can be checked without opening a port. Shared
// by `serve`, its reload and `check`, so that what passes the check starts. Thread: main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/file_marks.h"
#include "auth/key_source.h"
#include "base/result.h"
#include "config/config.h"
#include "net/tls.h"

namespace gateway::app {

/// What a process runs by. Immutable but for what is published: a reload makes another one.
struct Setup {
  config::Settings settings;
  net::TlsContextRef tls;  // null when no listener speaks TLS
  /// As the files of `tls` were just before all of it was read from them; none when some of it is
  /// not from them.
  FileMarks tls_files;
  config::Changes changes;  // against the setup before
  /// Of tokens; empty when nobody is asked for one.
  std::shared_ptr<auth::KeySource> keys;
};
using SetupRef = std::shared_ptr<const Setup>;

/// Reads, merges and validates `config_files` (none: the development configuration) and loads the
/// certificates and, where tokens are asked for, their keys. The errors are whole lines for the
/// operator. With `running`, for the process that runs by it: what needs a restart stays as it is
/// there, sessions of its clients resume, and certificates whose files have not changed are not
/// read, which this user may not be able to.
base::Result<SetupRef, std::vector<std::string>> prepare(
    const std::vector<std::string>& config_files, const Setup* running = nullptr);

struct Renewal {
  SetupRef setup;  // null: what is good of the files is in use already
  net::TlsProblems problems;
};
/// `running` (with TLS) with what is good of the files of its certificates, which look like `now`.
Renewal renew_tls(const Setup& running, const FileMarks& now);

/// Settings without the certificates: what `boardcast config` needs.
base::Result<config::Settings, std::vector<std::string>> load_settings(
    const std::vector<std::string>& config_files);

/// The files that the TLS side of these settings is read from.
std::vector<std::string> tls_files(const config::Settings& settings);
/// With those that its tokens' keys are, and the configuration's own: all that a reload reads.
std::vector<std::string> all_files(std::vector<std::string> config_files,
                                   const config::Settings& settings);

}  // namespace gateway::app
