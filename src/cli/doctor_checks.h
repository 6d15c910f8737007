// What `nexus doctor` looks at, one check at a time.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/connection.h"

namespace nexus::cli {

struct Check {
  std::string name;
  bool ok = false;
  bool needed = true;  // false: works without it, with less
  std::string detail;
  std::string remedy;  // the next step, if it is not ok
};

// Programs, data directory, sockets and the model of this machine. Starts nothing.
std::vector<Check> CheckMachine(const Connection& connection,
                                const std::filesystem::path& model_directory);

// The port, the server on it, the key, and each brain's coverage.
std::vector<Check> CheckServer(const Connection& connection);

}  // namespace nexus::cli
