// A line of JSON Lines: an episode as the HTTP interface takes it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace nexus::cli {

// What the server would refuse about it, as "content: must not be blank"; nullopt if nothing. By
// the rules of domain/episode.h, so that a file can be looked through without a server.
std::optional<std::string> FindFault(std::string_view line, Timestamp now);

}  // namespace nexus::cli
