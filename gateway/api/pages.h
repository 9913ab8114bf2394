// What: the page at / that lets people see the gateway work, and the operator's dashboard at / of
// the admin listener: the files of gateway/api/page/ and gateway/api/dashboard/, compiled in, so
// that no path of a request ever meets a file system. Thread: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace gateway::api {

struct PageFile {
  std::string_view name;  // "lane.html"
  std::string_view text;
};

/// All of the page, and of the dashboard; the lists are made by the build.
std::span<const PageFile> page_files();
std::span<const PageFile> dashboard_files();

/// The file of this name; 404 when there is none. Scripts, styles and frames may come from the
/// page's own origin and from loopback hosts only, and nothing inline runs
/// (content-security-policy).
http::Response page_file(std::string_view name);

/// Likewise of the dashboard, which shows names that strangers have chosen, and may end streams: it
/// may use its own origin alone, stands in no frame, and its scripts cannot make text into markup
/// (require-trusted-types-for).
http::Response dashboard_file(std::string_view name);

/// {"listeners":["https://127.0.0.1:8443",…]}: where the page finds the same gateway by other ways.
http::Response page_listeners(const std::vector<std::string>& addresses);

}  // namespace gateway::api
