// What: whom an operator has sent away for a time, and how he takes it back: GET and DELETE
// /admin/refusals. They hold in the whole process, so no other worker is asked. Owner: the worker's
// API. Thread: the worker's.
#pragma once

#include "api/kicks.h"
#include "api/reply.h"
#include "base/clock.h"
#include "http/exchange.h"

namespace gateway::api {

class RefusalAdmin {
 public:
  /// Both outlive this object.
  RefusalAdmin(Kicks& kicks, const base::Clock& clock, Reply reply);

  /// GET /admin/refusals.
  void list(http::Exchange& exchange);
  /// DELETE /admin/refusals?subject= or ?address=, as the list says them: 204, or 404 when there is
  /// none.
  void take_back(http::Exchange& exchange);

 private:
  Kicks& kicks_;
  const base::Clock& clock_;
  Reply reply_;
};

}  // namespace gateway::api
