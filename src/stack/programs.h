// Where the servers' programs are installed.
#pragma once

#include <filesystem>
#include <optional>

namespace nexus::stack {

// The folder of PostgreSQL 17's programs: where Debian puts it, what pg_config says, or PATH.
// Throws Failure(kUnavailable) naming the packages if there is none, or only another version.
std::filesystem::path FindPostgresFolder();

// redis-server, else valkey-server, from PATH or /usr/bin.
std::optional<std::filesystem::path> FindRedisServer();

}  // namespace nexus::stack
