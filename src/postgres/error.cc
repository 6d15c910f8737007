#include "postgres/error.h"

namespace nexus::postgres {
namespace {

std::string RemedyFor(std::string_view message) {
  if (message.contains("No space left on device")) {
    return "free some space on the disk of PostgreSQL, then try again";
  }
  return "try again";
}

}  // namespace

bool PassesByItself(std::string_view sqlstate) {
  if (sqlstate == "08P01") return false;  // a statement of ours that does not fit the protocol
  return sqlstate.starts_with("08") || sqlstate.starts_with("40") || sqlstate.starts_with("53") ||
         sqlstate.starts_with("57") || sqlstate.starts_with("58") || sqlstate == "25006";
}

QueryError::QueryError(std::string sqlstate, std::string constraint, std::string message)
    : Failure(PassesByItself(sqlstate)
                  ? Error{ErrorCode::kUnavailable, "PostgreSQL refused for now: " + message, "",
                          RemedyFor(message)}
                  : Error{ErrorCode::kInternal, message, "", ""}),
      sqlstate_(std::move(sqlstate)),
      constraint_(std::move(constraint)) {}

ConnectionLost::ConnectionLost(std::string message, bool outcome_unknown)
    : Failure(ErrorCode::kUnavailable, message, RemedyFor(message)),
      outcome_unknown_(outcome_unknown) {}

}  // namespace nexus::postgres
