#include "postgres/error.h"

namespace nexus::postgres {

bool PassesByItself(std::string_view sqlstate) {
  if (sqlstate == "08P01") return false;  // a statement of ours that does not fit the protocol
  return sqlstate.starts_with("08") || sqlstate.starts_with("40") || sqlstate.starts_with("53") ||
         sqlstate.starts_with("57") || sqlstate.starts_with("58") || sqlstate == "25006";
}

QueryError::QueryError(std::string sqlstate, std::string constraint, std::string message)
    : Failure(PassesByItself(sqlstate)
                  ? Error{ErrorCode::kUnavailable, "PostgreSQL refused for now: " + message, "",
                          "try again"}
                  : Error{ErrorCode::kInternal, message, "", ""}),
      sqlstate_(std::move(sqlstate)),
      constraint_(std::move(constraint)) {}

}  // namespace nexus::postgres
