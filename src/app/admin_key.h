// The first key: made once, kept in a file that only its owner can read.
#pragma once

#include <filesystem>

#include "base/task.h"
#include "base/time.h"
#include "postgres/pool.h"

namespace nexus::app {

// Makes the file (0600) with a new key if it is missing, and makes sure that the database knows
// the key in it. False if that key opens nothing any more, since it was revoked. Throws
// Failure(kForbidden) if the file cannot be read or written, or the key is too short.
Task<bool> EnsureAdminKey(postgres::Pool& api, const Clock& clock, std::filesystem::path file);

}  // namespace nexus::app
