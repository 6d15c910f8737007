// Expected outcomes are values: Result<T>. Broken worlds (a lost connection, a bug) are exceptions
// and end the request; they are caught in dispatch, in the service loop and in main.
#pragma once

#include <expected>
#include <format>
#include <stdexcept>
#include <string>
#include <utility>

namespace nexus {

// Closed: api/errors.cc maps every code to an HTTP status, a problem type and a retry hint.
enum class ErrorCode {
  kInvalid,             // the request can never succeed as it stands
  kTooLarge,            // a named limit is exceeded
  kUnauthorized,        // no key, or one that is not known
  kForbidden,           // the key lacks a scope
  kNotFound,            // absent, or not visible to this caller: the same answer
  kMethodNotAllowed,    // the path exists, the method does not
  kConflict,            // the state of the world forbids it now
  kKeyReused,           // an idempotency key came back with another request
  kStillRunning,        // the first request with an idempotency key has no answer yet
  kPreconditionFailed,  // If-Match did not hold
  kUnavailable,         // a part that is needed is away; trying again helps
  kTimeout,             // the deadline passed; the outcome may be unknown
  kInternal,            // a bug of ours
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // what happened, a whole sentence for the caller
  std::string field;    // JSON pointer of the field at fault; empty if none
  std::string remedy;   // what to do next; empty if there is nothing to do
};

template <typename T>
using Result = std::expected<T, Error>;

template <typename... Args>
std::unexpected<Error> Fail(ErrorCode code, std::format_string<Args...> message, Args&&... args) {
  return std::unexpected(Error{code, std::format(message, std::forward<Args>(args)...), {}, {}});
}

inline std::unexpected<Error> FailField(ErrorCode code, std::string field, std::string message,
                                        std::string remedy = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(field), std::move(remedy)});
}

// An Error that travels as an exception, for places that can only give up (start-up, drivers).
class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  Failure(ErrorCode code, std::string message, std::string remedy = {})
      : Failure(Error{code, std::move(message), {}, std::move(remedy)}) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

}  // namespace nexus
