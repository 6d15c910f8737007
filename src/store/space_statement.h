// Statements over the table of one embedding space.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/uuid.h"
#include "postgres/statement.h"

namespace nexus::store {

// A statement of vectors.sql with `:space` put in; owns its text. Must outlive its use.
class SpaceStatement {
 public:
  SpaceStatement(const postgres::Statement& pattern, int64_t space);
  postgres::Statement get() const { return {name_.c_str(), sql_.c_str()}; }

 private:
  std::string name_;
  std::string sql_;
};

// A PostgreSQL array literal of ids.
std::string IdArray(std::span<const Uuid> ids);

}  // namespace nexus::store
