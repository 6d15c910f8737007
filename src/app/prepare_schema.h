// The database, brought to where this program needs it.
#pragma once

#include "base/task.h"
#include "postgres/pool.h"
#include "store/schema.h"

namespace nexus::app {

// Roles and migrations. `administrator` is the user of the DSN, `owner` its pool as nexus_owner,
// which need not be able to connect before. What the user of a given database may lack is said with
// everything that it needs. Throws what store/schema.h throws.
Task<store::MigrationReport> PrepareSchema(postgres::Pool& administrator, postgres::Pool& owner);

}  // namespace nexus::app
