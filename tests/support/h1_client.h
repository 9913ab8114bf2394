// What: an HTTP/1.1 client's view of the bytes that a server sent: responses with their bodies
// unframed, strictly by RFC 9112 §7.1 and written apart from the gateway's own code. Thread: plain
// values.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::test {

struct H1Answer {
  int status = 0;
  std::multimap<std::string, std::string> fields;
  std::string body;
  bool complete = false;  // its end was seen (false too for a body that ends with the connection)
  bool chunked = false;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

/// Reads answer after answer. `methods` are those of the requests, in order; GET beyond them.
class H1Client {
 public:
  explicit H1Client(std::vector<std::string> methods = {}) : methods_(std::move(methods)) {}

  /// All answers in `raw`; the last may be incomplete. Throws when `raw` is no HTTP.
  std::vector<H1Answer> read(std::string_view raw) {
    rest_ = raw;
    std::vector<H1Answer> answers;
    std::size_t request = 0;
    while (!rest_.empty()) {
      answers.push_back(read_one(request < methods_.size() ? methods_[request] : "GET"));
      if (answers.back().status >= 200) ++request;
      if (!answers.back().complete) break;
    }
    if (!rest_.empty()) throw std::runtime_error("bytes behind an incomplete answer");
    return answers;
  }

 private:
  H1Answer read_one(const std::string& method) {
    H1Answer answer;
    std::string line = take_line();
    if (line.rfind("HTTP/1.1 ", 0) != 0 || line.size() < 13) {
      throw std::runtime_error("no status line: " + line);
    }
    answer.status = std::atoi(line.c_str() + 9);
    while (!(line = take_line()).empty()) {
      const std::size_t colon = line.find(": ");
      if (colon == std::string::npos) throw std::runtime_error("no field: " + line);
      answer.fields.emplace(line.substr(0, colon), line.substr(colon + 2));
    }
    answer.chunked = answer.field("transfer-encoding") == "chunked";
    read_body(method, answer);
    return answer;
  }

  void read_body(const std::string& method, H1Answer& answer) {
    const bool none =
        method == "HEAD" || answer.status < 200 || answer.status == 204 || answer.status == 304;
    if (none) {
      answer.complete = true;
    } else if (answer.chunked) {
      read_chunks(answer);
    } else if (!answer.field("content-length").empty()) {
      const auto length =
          static_cast<std::size_t>(std::atoll(answer.field("content-length").c_str()));
      answer.body = take(std::min(length, rest_.size()));
      answer.complete = answer.body.size() == length;
    } else {
      answer.body = take(rest_.size());
    }
  }

  void read_chunks(H1Answer& answer) {
    while (!rest_.empty()) {
      const std::string line = take_line();
      if (line.empty() || line.find_first_not_of("0123456789abcdef") != std::string::npos) {
        throw std::runtime_error("no chunk size: " + line);
      }
      const std::size_t size = std::strtoull(line.c_str(), nullptr, 16);
      if (size > rest_.size()) throw std::runtime_error("a chunk that was not sent whole");
      answer.body += take(size);
      if (!take_line().empty()) throw std::runtime_error("a chunk that does not end in CRLF");
      if (size == 0) {
        answer.complete = true;
        return;
      }
    }
  }

  std::string take(std::size_t bytes) {
    std::string taken(rest_.substr(0, bytes));
    rest_.remove_prefix(bytes);
    return taken;
  }
  std::string take_line() {
    const std::size_t end = rest_.find("\r\n");
    if (end == std::string_view::npos) throw std::runtime_error("no line end");
    std::string line = take(end);
    rest_.remove_prefix(2);
    return line;
  }

  std::vector<std::string> methods_;
  std::string_view rest_;
};

}  // namespace gateway::test
