// What: the page at / that lets people see the gateway work: the files of gateway/api/page/,
// compiled in, so that no path of a request ever meets a file system. Thread: pure functions.
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

/// All of them; the list is made by the build.
std::span<const PageFile> page_files();

/// The file of this name; 404 when there is none. Scripts, styles and frames may come from the
/// page's own origin and from loopback hosts only, and nothing inline runs
/// (content-security-policy).
http::Response page_file(std::string_view name);

/// {"listeners":["https://127.0.0.1:8443",…]}: where the page finds the same gateway by other ways.
http::Response page_listeners(const std::vector<std::string>& addresses);

}  // namespace gateway::api
