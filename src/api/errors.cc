#include "api/errors.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"

namespace nexus::api {

const Problem& ProblemOf(ErrorCode code) {
  static constexpr Problem kInvalid{422, "invalid", "The request is not valid", false};
  static constexpr Problem kTooLarge{413, "too-large", "A limit is exceeded", false};
  static constexpr Problem kUnauthorized{401, "unauthorized", "A valid key is needed", false};
  static constexpr Problem kForbidden{403, "forbidden", "The key may not do this", false};
  static constexpr Problem kNotFound{404, "not-found", "There is no such thing", false};
  static constexpr Problem kMethod{405, "method-not-allowed", "The method is not served here",
                                   false};
  static constexpr Problem kConflict{409, "conflict", "It cannot be done now", false};
  static constexpr Problem kKeyReused{422, "key-reused", "The idempotency key was used before",
                                      false};
  static constexpr Problem kStillRunning{409, "still-running",
                                         "The first request with this key still runs", true};
  static constexpr Problem kPrecondition{412, "precondition-failed", "The version is another one",
                                         false};
  static constexpr Problem kUnavailable{503, "unavailable", "A needed part is away", true};
  static constexpr Problem kTimeout{504, "timeout", "It took too long", true};
  static constexpr Problem kInternal{500, "internal", "This is a fault of the server", true};
  switch (code) {
    case ErrorCode::kInvalid:
      return kInvalid;
    case ErrorCode::kTooLarge:
      return kTooLarge;
    case ErrorCode::kUnauthorized:
      return kUnauthorized;
    case ErrorCode::kForbidden:
      return kForbidden;
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kMethodNotAllowed:
      return kMethod;
    case ErrorCode::kConflict:
      return kConflict;
    case ErrorCode::kKeyReused:
      return kKeyReused;
    case ErrorCode::kStillRunning:
      return kStillRunning;
    case ErrorCode::kPreconditionFailed:
      return kPrecondition;
    case ErrorCode::kUnavailable:
      return kUnavailable;
    case ErrorCode::kTimeout:
      return kTimeout;
    case ErrorCode::kInternal:
      return kInternal;
  }
  return kInternal;
}

http::Response RenderError(const Error& error, std::string_view request_id, int status) {
  const Problem& problem = ProblemOf(error.code);
  http::Response response;
  response.status = status == 0 ? problem.status : status;
  boost::json::object body{{"type", "urn:nexus:problem:" + std::string(problem.name)},
                           {"title", problem.title},
                           {"status", response.status},
                           {"detail", error.message}};
  if (!error.field.empty()) body["field"] = error.field;
  if (!error.remedy.empty()) body["remedy"] = error.remedy;
  if (!request_id.empty()) body["request_id"] = request_id;
  response.body = SerializeJson(body);
  response.headers.Set("content-type", "application/problem+json");
  if (problem.retry) {
    response.headers.Set("retry-after", "1");
  } else {
    response.headers.Set("x-should-retry", "false");
  }
  if (error.code == ErrorCode::kUnauthorized) {
    response.headers.Set("www-authenticate", "Bearer realm=\"nexus\"");
  }
  return response;
}

}  // namespace nexus::api
