// nexus config check, show, reference: what the settings are, and what is wrong with them.
#pragma once

#include "cli/flags.h"

namespace nexus::app {

void AddConfig(cli::Flags& all);

}  // namespace nexus::app
