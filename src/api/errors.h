// The one table from ErrorCode to HTTP, and problem details (RFC 9457).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace nexus::api {

struct Problem {
  int status;
  std::string_view name;  // "type" is urn:nexus:problem:NAME, stable
  std::string_view title;
  bool retry;  // trying the same again may help
};

const Problem& ProblemOf(ErrorCode code);

// application/problem+json: type, title, status, detail, and where there is one: field (a JSON
// pointer), remedy, request_id. `x-should-retry: false` when trying again cannot help, Retry-After
// when it can. `status` 0 takes the table's.
http::Response RenderError(const Error& error, std::string_view request_id, int status = 0);

}  // namespace nexus::api
