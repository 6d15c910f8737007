// nexus migrate status, run: the schema of a given PostgreSQL, without starting a server.
#pragma once

#include "cli/flags.h"

namespace nexus::app {

void AddMigrate(cli::Flags& all);

}  // namespace nexus::app
