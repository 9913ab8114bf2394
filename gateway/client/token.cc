#include "client/token.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

namespace gateway::client {
namespace {

/// More than any gateway takes.
constexpr std::size_t kBytesMax = 64 * 1024;
constexpr std::string_view kBlank = " \t\r\n";

base::Fail<base::Error> fail(std::string what) { return base::Fail{base::Error{std::move(what)}}; }

/// `text` without what surrounds it. Nothing else of it may end the field that carries it.
base::Result<std::string> bare(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string::npos) return fail("holds no token");
  const std::string token = text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (token.size() > kBytesMax || !plain) return fail("holds something else than one token");
  return token;
}

base::Result<std::string> read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("cannot be read (" + std::string(std::strerror(errno)) + ")");
  std::string text(kBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail("cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return bare(text);
}

}  // namespace

base::Result<Token> Token::find(const std::string& file, const std::string& text,
                                const std::string& place) {
  Token token;
  if (file.empty() && text.empty()) return token;
  token.file_ = file;
  token.place_ = file.empty() ? place : file;
  auto found = file.empty() ? bare(text) : read(file);
  if (!found) return fail(token.place_ + " " + found.error().message);
  token.text_ = *std::move(found);
  return token;
}

void Token::refresh() {
  if (file_.empty()) return;
  if (auto found = read(file_)) text_ = *std::move(found);
}

}  // namespace gateway::client
