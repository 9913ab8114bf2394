#include "support/h2_client.h"

#include <algorithm>
#include <cstring>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace gateway::test {

namespace {

struct Upload {
  std::string bytes;
  bool end = false;
};

std::uint8_t* library_bytes(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

struct H2Client::Impl {
  explicit Impl(const H2ClientOptions& client_options);
  ~Impl() { nghttp2_session_del(library); }

  static Impl& of(void* user) { return *static_cast<Impl*>(user); }
  static void install(nghttp2_session_callbacks* callbacks);
  void on_header(std::int32_t id, const std::string& name, const std::string& value);
  void on_data(std::int32_t id, std::string_view bytes);
  void on_frame(const nghttp2_frame& frame);
  static nghttp2_data_provider upload_provider();
  static ssize_t read_upload(Upload& upload, std::uint8_t* to, std::size_t size,
                             std::uint32_t& flags);
  nghttp2_priority_spec priority();

  H2ClientOptions options;
  nghttp2_session* library = nullptr;
  std::map<std::int32_t, H2Answer> answers;
  std::map<std::int32_t, Upload> uploads;
  std::map<std::int32_t, std::size_t> unconsumed;
  std::vector<H2Goaway> goaways;
  std::vector<std::int32_t> data_order;
  std::size_t unconsumed_connection = 0;
  std::size_t complaints = 0;
  std::size_t pings_answered = 0;
  std::size_t pings_received = 0;
  std::int32_t previous_id = 0;
};

H2Client::Impl::Impl(const H2ClientOptions& client_options) : options(client_options) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  install(callbacks);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_auto_ping_ack(option, options.answer_pings ? 0 : 1);
  nghttp2_session_client_new2(&library, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window_bytes},
  };
  nghttp2_submit_settings(library, NGHTTP2_FLAG_NONE, settings, 2);
  nghttp2_session_set_local_window_size(library, NGHTTP2_FLAG_NONE, 0,
                                        options.connection_window_bytes);
}

nghttp2_priority_spec H2Client::Impl::priority() {
  nghttp2_priority_spec spec;
  nghttp2_priority_spec_default_init(&spec);
  constexpr std::int32_t kChromiumLowWeight = 147;
  if (options.chromium_priorities) {
    nghttp2_priority_spec_init(&spec, previous_id, kChromiumLowWeight, 1);
  }
  return spec;
}

void H2Client::Impl::install(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
        of(user).on_header(frame->hd.stream_id, {reinterpret_cast<const char*>(name), name_size},
                           {reinterpret_cast<const char*>(value), value_size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* user) {
        of(user).on_data(id, {reinterpret_cast<const char*>(data), size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        of(user).on_frame(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        const bool goaway = frame->hd.type == NGHTTP2_GOAWAY;
        if (goaway || frame->hd.type == NGHTTP2_RST_STREAM) {
          const std::uint32_t code =
              goaway ? frame->goaway.error_code : frame->rst_stream.error_code;
          if (code != NGHTTP2_NO_ERROR && code != NGHTTP2_CANCEL) ++of(user).complaints;
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        of(user).answers[id].closed = true;
        return 0;
      });
}

void H2Client::Impl::on_header(std::int32_t id, const std::string& name, const std::string& value) {
  H2Answer& answer = answers[id];
  if (name == ":status") {
    answer.status = std::stoi(value);
  } else {
    answer.fields[name] = value;
  }
}

void H2Client::Impl::on_data(std::int32_t id, std::string_view bytes) {
  answers[id].body += bytes;
  if (options.auto_connection_window) {
    nghttp2_session_consume_connection(library, bytes.size());
  } else {
    unconsumed_connection += bytes.size();
  }
  unconsumed[id] += bytes.size();
  if (options.auto_window) {
    nghttp2_session_consume_stream(library, id, std::exchange(unconsumed[id], 0));
  }
}

void H2Client::Impl::on_frame(const nghttp2_frame& frame) {
  const nghttp2_frame_hd& head = frame.hd;
  H2Answer* answer = head.stream_id > 0 ? &answers[head.stream_id] : nullptr;
  if (head.type == NGHTTP2_HEADERS) answer->head_complete = true;
  if (head.type == NGHTTP2_DATA) {
    ++answer->data_frames;
    data_order.push_back(head.stream_id);
  }
  if ((head.type == NGHTTP2_DATA || head.type == NGHTTP2_HEADERS) &&
      (head.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    answer->complete = true;
  }
  if (head.type == NGHTTP2_RST_STREAM) answer->reset_code = frame.rst_stream.error_code;
  if (head.type == NGHTTP2_GOAWAY) {
    goaways.push_back({frame.goaway.last_stream_id, frame.goaway.error_code});
  }
  if (head.type == NGHTTP2_PING) {
    ((head.flags & NGHTTP2_FLAG_ACK) != 0 ? pings_answered : pings_received) += 1;
  }
}

nghttp2_data_provider H2Client::Impl::upload_provider() {
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*, void* user) {
    return read_upload(of(user).uploads[id], to, size, *flags);
  };
  return provider;
}

ssize_t H2Client::Impl::read_upload(Upload& upload, std::uint8_t* to, std::size_t size,
                                    std::uint32_t& flags) {
  const std::size_t bytes = std::min(size, upload.bytes.size());
  std::memcpy(to, upload.bytes.data(), bytes);
  upload.bytes.erase(0, bytes);
  if (upload.bytes.empty() && upload.end) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
  } else if (bytes == 0) {
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(bytes);
}

H2Client::H2Client(H2ClientOptions options) : impl_(std::make_unique<Impl>(options)) {}
H2Client::~H2Client() = default;

std::int32_t H2Client::get(std::string_view path, const H2FieldList& extra) {
  H2FieldList fields = {{":method", "GET"},
                        {":scheme", "https"},
                        {":authority", "localhost"},
                        {":path", std::string(path)}};
  fields.insert(fields.end(), extra.begin(), extra.end());
  return request(fields);
}

std::int32_t H2Client::get_above_all(std::string_view path) {
  impl_->previous_id = 0;
  return get(path);
}

std::int32_t H2Client::request(const H2FieldList& fields, std::optional<std::string> body,
                               bool keep_open) {
  std::vector<nghttp2_nv> head;
  for (const auto& field : fields) {
    head.push_back({library_bytes(field.first), library_bytes(field.second), field.first.size(),
                    field.second.size(), NGHTTP2_NV_FLAG_NO_INDEX});
  }
  const nghttp2_data_provider provider = Impl::upload_provider();
  const nghttp2_priority_spec priority = impl_->priority();
  const std::int32_t id =
      nghttp2_submit_request(impl_->library, &priority, head.data(), head.size(),
                             body || keep_open ? &provider : nullptr, nullptr);
  BC_CHECK(id > 0, id);
  impl_->uploads[id] = {body.value_or(""), !keep_open};
  impl_->previous_id = id;
  return id;
}

void H2Client::send_more(std::int32_t id, std::string_view bytes, bool end) {
  impl_->uploads[id].bytes += bytes;
  impl_->uploads[id].end = end;
  nghttp2_session_resume_data(impl_->library, id);
}

std::size_t H2Client::unsent(std::int32_t id) const {
  const auto found = impl_->uploads.find(id);
  return found == impl_->uploads.end() ? 0 : found->second.bytes.size();
}

void H2Client::reset(std::int32_t id, std::uint32_t error_code) {
  nghttp2_submit_rst_stream(impl_->library, NGHTTP2_FLAG_NONE, id, error_code);
}

void H2Client::ping() { nghttp2_submit_ping(impl_->library, NGHTTP2_FLAG_NONE, nullptr); }

void H2Client::consume(std::int32_t id) {
  nghttp2_session_consume_stream(impl_->library, id, std::exchange(impl_->unconsumed[id], 0));
}

void H2Client::consume_connection() {
  nghttp2_session_consume_connection(impl_->library,
                                     std::exchange(impl_->unconsumed_connection, 0));
}

void H2Client::change_stream_window(std::uint32_t bytes) {
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, bytes};
  nghttp2_submit_settings(impl_->library, NGHTTP2_FLAG_NONE, &window, 1);
}

std::string H2Client::output() {
  std::string all;
  const std::uint8_t* chunk = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(impl_->library, &chunk)) > 0) {
    all.append(reinterpret_cast<const char*>(chunk), static_cast<std::size_t>(size));
  }
  return all;
}

bool H2Client::receive(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      impl_->library, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return taken == static_cast<ssize_t>(bytes.size());
}

const H2Answer& H2Client::answer(std::int32_t id) const {
  static const H2Answer kNone;
  const auto found = impl_->answers.find(id);
  return found == impl_->answers.end() ? kNone : found->second;
}

const std::vector<H2Goaway>& H2Client::goaways() const { return impl_->goaways; }
std::size_t H2Client::complaints() const { return impl_->complaints; }
std::size_t H2Client::pings_answered() const { return impl_->pings_answered; }
std::size_t H2Client::pings_received() const { return impl_->pings_received; }
const std::vector<std::int32_t>& H2Client::data_order() const { return impl_->data_order; }

std::uint32_t H2Client::server_max_streams() const {
  return nghttp2_session_get_remote_settings(impl_->library,
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace gateway::test
