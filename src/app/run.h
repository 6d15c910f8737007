// `nexus up` and `nexus serve`: from the configuration to the exit code.
#pragma once

#include "app/config.h"

namespace nexus::app {

enum class Servers { kPrivate, kGiven };

// Serves until SIGTERM or SIGINT, then stops everything in order; the same one again cuts off the
// requests that still run. One that comes before the private servers answer ends the process at
// once, and the kernel tells them to end. Prints `ready http://…` on stdout when it serves, one
// line per step on stderr. Main thread only, once in a process. Throws Failure in one line with a
// remedy when the start fails; everything that was started is stopped then.
void Run(const Config& config, Servers servers);

}  // namespace nexus::app
