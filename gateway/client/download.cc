#include "client/download.h"

#include <memory>
#include <utility>

#include <curl/curl.h>

#include "base/check.h"

namespace gateway::client {
namespace {

constexpr long kConnectMs = 5'000;

struct Taken {
  const Download& what;
  const std::atomic<bool>& stop;
  std::string body;
};

std::size_t on_bytes(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& taken = *static_cast<Taken*>(user);
  if (taken.body.size() + size > taken.what.bytes_max) return 0;
  taken.body.append(bytes, size);
  return size;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Taken*>(user)->stop ? 1 : 0;
}

class Easy {
 public:
  Easy() { BC_CHECK(handle_ != nullptr); }

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    BC_CHECK(code == CURLE_OK, option, curl_easy_strerror(code));
  }
  CURLcode perform() { return curl_easy_perform(handle_.get()); }
  long status() {
    long status = 0;
    return curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status
                                                                                         : 0;
  }

 private:
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_{curl_easy_init(), curl_easy_cleanup};
};

void prepare(Easy& easy, Taken& taken, char* error) {
  easy.set(CURLOPT_URL, taken.what.url.c_str());
  easy.set(CURLOPT_PROTOCOLS_STR, "https");
  easy.set(CURLOPT_USERAGENT, "boardcast");
  easy.set(CURLOPT_NOSIGNAL, 1L);
  easy.set(CURLOPT_QUICK_EXIT, 1L);  // does not wait for a name that nobody resolves
  easy.set(CURLOPT_ERRORBUFFER, error);
  easy.set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  easy.set(CURLOPT_TIMEOUT_MS, static_cast<long>(taken.what.time_max.count()));
  easy.set(CURLOPT_WRITEFUNCTION, &on_bytes);
  easy.set(CURLOPT_WRITEDATA, static_cast<void*>(&taken));
  easy.set(CURLOPT_NOPROGRESS, 0L);
  easy.set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  easy.set(CURLOPT_XFERINFODATA, static_cast<void*>(&taken));
  if (!taken.what.ca_file.empty()) {
    easy.set(CURLOPT_CAINFO, taken.what.ca_file.c_str());
    easy.set(CURLOPT_CAPATH, nullptr);
  }
}

}  // namespace

void prepare_downloads() {
  const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  BC_CHECK(code == CURLE_OK, code);
}

base::Result<std::string> download(const Download& what, const std::atomic<bool>& stop) {
  char error[CURL_ERROR_SIZE] = {};
  Taken taken{what, stop, {}};
  Easy easy;
  prepare(easy, taken, error);
  const CURLcode code = easy.perform();
  if (code == CURLE_WRITE_ERROR) {
    return base::Fail{base::Error{"larger than " + std::to_string(what.bytes_max) + " bytes"}};
  }
  if (code != CURLE_OK) {
    return base::Fail{base::Error{error[0] != '\0' ? error : curl_easy_strerror(code)}};
  }
  if (easy.status() != 200) {
    return base::Fail{base::Error{"answered " + std::to_string(easy.status())}};
  }
  return std::move(taken.body);
}

}  // namespace gateway::client
