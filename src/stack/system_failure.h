// Failures of the operating system, told with what to do about them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace nexus::stack {

// "cannot make /var/lib/nexus: Permission denied", with the remedy that fits the error number.
// `action` is a verb: "make", "open", "write".
Failure SystemFailure(std::string_view action, const std::filesystem::path& path, int error_number);

// The last lines of a server's log as one line, at most ~1 KB; empty if there are none. If one of
// them has a cause that RemedyFor knows, that one alone.
std::string LastLines(const std::filesystem::path& log);

// A server's last words decide what to advise: disk full, no permission, or: read the log.
std::string RemedyFor(std::string_view last_lines, const std::filesystem::path& log);

}  // namespace nexus::stack
