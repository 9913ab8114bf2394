#include "http/h1_exchange.h"

#include <utility>

#include "base/check.h"
#include "http/session_common.h"
#include "http/whole_body.h"

namespace gateway::http {

H1Exchange::H1Exchange(const Connection& connection, Request request, Traits traits)
    : connection_(connection),
      request_(std::make_unique<Request>(std::move(request))),
      traits_(traits) {
  BC_CHECK(traits.chunks || !traits.keep_alive);  // what is not chunked ends with the connection
  const SessionContext& context = connection_.context;
  context.counters.exchanges_open.add(1);
  if (context.options.access_log) {
    line_ = std::make_unique<AccessLine>(*request_, context.peer, context.clock);
  }
}

H1Exchange::~H1Exchange() { connection_.context.counters.exchanges_open.add(-1); }

const Request& H1Exchange::request() const {
  BC_CHECK(request_ != nullptr);
  return *request_;
}

void H1Exchange::respond(Response response) {
  begin(response, response.body.size());
  connection_.writer.put(encode_head(response));
  if (has_content(request_->method, response.status)) put_body(std::move(response.body));
  connection_.host.output_ready();
}

void H1Exchange::respond_stream(Response head, std::unique_ptr<BodySource> source) {
  const bool content = has_content(request_->method, head.status);
  begin(head, std::nullopt);
  if (content && traits_.chunks) head.fields.add("transfer-encoding", "chunked");
  connection_.writer.put(encode_head(head));
  if (content) {
    connection_.writer.put_source(
        logged(std::move(source), std::move(line_)),
        traits_.chunks ? H1Writer::Framing::chunked : H1Writer::Framing::none);
  } else {
    unread_ = std::move(source);
  }
  connection_.host.output_ready();
}

// What is logged is pulled, so that only what goes out is counted.
void H1Exchange::put_body(std::string body) {
  if (line_) {
    connection_.writer.put_source(std::make_unique<WholeBody>(std::move(body), std::move(line_)),
                                  H1Writer::Framing::none);
  } else {
    connection_.writer.put_body(std::move(body));
  }
}

void H1Exchange::begin(Response& response, std::optional<std::size_t> length) {
  BC_CHECK(!responded_, response.status);
  responded_ = true;
  if (line_) line_->answered(response.status);
  if (response.ends_connection) close_after();
  const SessionContext& context = connection_.context;
  complete_fields(response, length, connection_.date.text(context.clock.wall_ms()));
  if (!traits_.keep_alive) response.fields.add("connection", "close");
  count_response(context.counters, response.status);
}

void H1Exchange::wake() { connection_.host.output_ready(); }

void H1Exchange::abort() {
  aborted_ = true;
  connection_.host.output_ready();
}

}  // namespace gateway::http
