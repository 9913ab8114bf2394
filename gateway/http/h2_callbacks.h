// What: translates what the library reports into calls of H2Session. Each callback finds its
// session in `user` and leaves notes only: none enters the library's send or receive, none calls a
// handler. Owner: none, functions only. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>

namespace gateway::http {

struct H2Callbacks {
  static void install(nghttp2_session_callbacks* callbacks);

  /// Pulls a response body: the data source's pointer is the H2Stream.
  static ssize_t read(nghttp2_session* library, std::int32_t id, std::uint8_t* buffer,
                      std::size_t length, std::uint32_t* flags, nghttp2_data_source* source,
                      void* user);

 private:
  static int begin_frame(nghttp2_session* library, const nghttp2_frame_hd* head, void* user);
  static int begin_headers(nghttp2_session* library, const nghttp2_frame* frame, void* user);
  static int header(nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                    nghttp2_rcbuf* value, std::uint8_t flags, void* user);
  static int data_chunk(nghttp2_session* library, std::uint8_t flags, std::int32_t id,
                        const std::uint8_t* data, std::size_t length, void* user);
  static int frame_received(nghttp2_session* library, const nghttp2_frame* frame, void* user);
  static int invalid_frame(nghttp2_session* library, const nghttp2_frame* frame, int error,
                           void* user);
  static int frame_sent(nghttp2_session* library, const nghttp2_frame* frame, void* user);
  static int send_data(nghttp2_session* library, nghttp2_frame* frame, const std::uint8_t* head,
                       std::size_t length, nghttp2_data_source* source, void* user);
  static int stream_closed(nghttp2_session* library, std::int32_t id, std::uint32_t error_code,
                           void* user);
};

}  // namespace gateway::http
