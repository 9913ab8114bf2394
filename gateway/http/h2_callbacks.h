// What: translates what the library reports into calls of H2Session. Each callback finds its
// session in `user` and leaves notes only: none enters the library's send or receive, none calls a
// handler. Owner: none, functions only. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nghttp2/nghttp2.h>

namespace gateway::http {

class H2Session;
class H2Stream;

struct H2Callbacks {
  static void install(nghttp2_session_callbacks* callbacks);

  /// Pulls the body of a response from `stream`, which outlives the library's stream.
  static nghttp2_data_provider body_of(H2Stream& stream);

 private:
  struct HeaderField {
    std::string_view name;
    std::string_view value;
  };

  static int begin_frame(nghttp2_session* library, const nghttp2_frame_hd* head, void* user);
  static int begin_headers(nghttp2_session* library, const nghttp2_frame* frame, void* user);
  static int invalid_frame(nghttp2_session* library, const nghttp2_frame* frame, int error,
                           void* user);
  static int header(H2Session& session, H2Stream* stream, HeaderField field);
  static int frame_received(nghttp2_session* library, const nghttp2_frame* frame, void* user);
  static void settings_received(H2Session& session, const nghttp2_settings& settings);
  static int frame_sent(nghttp2_session* library, const nghttp2_frame* frame, void* user);
  static void reset_sent(H2Session& session, const H2Stream* stream, const nghttp2_frame& frame);
};

}  // namespace gateway::http
