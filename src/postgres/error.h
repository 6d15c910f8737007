// What PostgreSQL and the way to it can do to a statement.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace nexus::postgres {

// True if the same statement may succeed later: a deadlock, a full disk, a cancelled statement, a
// server that starts, shuts down, or became a replica.
bool PassesByItself(std::string_view sqlstate);

// The server refused the statement; its transaction is aborted. kUnavailable if that passes by
// itself, else kInternal.
class QueryError : public Failure {
 public:
  QueryError(std::string sqlstate, std::string constraint, std::string message);
  const std::string& sqlstate() const { return sqlstate_; }      // "23505"
  const std::string& constraint() const { return constraint_; }  // empty if none

 private:
  std::string sqlstate_;
  std::string constraint_;
};

// The connection is gone (kUnavailable). If the COMMIT had been sent, nobody knows whether it
// happened: an idempotency key decides when the caller tries again.
class ConnectionLost : public Failure {
 public:
  ConnectionLost(std::string message, bool outcome_unknown);
  bool outcome_unknown() const { return outcome_unknown_; }

 private:
  bool outcome_unknown_;
};

}  // namespace nexus::postgres
