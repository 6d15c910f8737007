// The schema: brought up to date at start-up, and held against what this program relies on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "base/time.h"
#include "postgres/pool.h"

namespace nexus::store {

struct MigrationReport {
  int from_version = 0;
  int to_version = 0;
};

// Makes the roles, with the rights of the pool's user (roles.sql says which roles and why).
Task<> PrepareRoles(postgres::Pool& administrator);

// Applies what is missing, in one transaction, as nexus_owner. An advisory lock makes two servers
// that start together migrate once. Throws Failure(kConflict) if the database is newer than this
// program, or if an applied migration differs from the one compiled in.
Task<MigrationReport> Migrate(postgres::Pool& owner);

struct MigrationState {
  int version = 0;
  std::string name;
  std::optional<Timestamp> applied_at;
};

// Every migration that this program knows, in order. Changes nothing; `owner` is used only where
// its role is there. Throws as Migrate does.
Task<std::vector<MigrationState>> ListMigrations(postgres::Pool& administrator,
                                                 postgres::Pool& owner);

// Every column that the statements use, with its type; throws Failure(kConflict) naming the first
// that differs.
Task<> CheckSchema(postgres::Pool& owner);

// The lines that CheckSchema compares: "table.column type", sorted. For the file that is compiled
// in (migrations/columns.txt).
Task<std::vector<std::string>> DescribeSchema(postgres::Pool& owner);

}  // namespace nexus::store
