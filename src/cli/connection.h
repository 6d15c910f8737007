// Which server, with which key, about which brain.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/flags.h"

namespace nexus::cli {

// The flags that every client command takes. Empty means not given.
struct ConnectionFlags {
  std::string url;
  std::string key_file;
  std::string data_directory;
  std::string brain;
  bool json = false;
};

enum class BrainFlag { kNone, kOne };

void AddConnection(Flags& command, ConnectionFlags& given, BrainFlag brain = BrainFlag::kNone);

// Looks up a variable of the environment; empty if it is not set.
using Environment = std::function<std::string(const char* name)>;
std::string ProcessEnvironment(const char* name);

// Flags, then the environment, then defaults.
struct Connection {
  std::string url;
  std::string brain;
  std::filesystem::path data_directory;
  // kUnauthorized, with what to do, if there is none. Only what needs a key looks at it.
  Result<std::string> key = std::string();
};

// The key: --key-file, NEXUS_KEY, NEXUS_KEY_FILE, then admin.key in the data directory; the last
// is sent to this machine only.
Connection Resolve(const ConnectionFlags& given, const Environment& environment,
                   const std::filesystem::path& default_data_directory);

bool IsThisMachine(const std::string& host);

}  // namespace nexus::cli
