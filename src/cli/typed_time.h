// Times as people type them. Pure.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"

namespace nexus::cli {

// What ParseTimestamp takes, in the one form that the server takes. Anything else comes back as it
// is, for the server to refuse by name.
std::string AsRfc3339(const std::string& text);

// When a key ends: such a time, or "12h", "90d" from `now`. kInvalid for anything else.
Result<Timestamp> ReadExpiry(const std::string& text, Timestamp now);

}  // namespace nexus::cli
