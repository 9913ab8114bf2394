// What: base64url without padding (RFC 7515 §2), for tokens that a test forges. Thread: a pure
// function.
#pragma once

#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace gateway::test {

inline std::string base64url(std::string_view bytes) {
  std::string text(bytes.size() * 4 / 3 + 4, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

}  // namespace gateway::test
